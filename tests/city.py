"""The demonstration city, seeded once a test run by the real command's code, copied for every module that writes.

Loaded for every test run, so `api` is imported inside the fixtures: unit tests run without it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from api.instance import Instance


@pytest.fixture(scope="session")
def seeded_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `hotline serve --demo` leaves it. Do not write to it: use `city_copy`."""
    from api.instance import Instance
    from api.seeding import seed
    from api.settings import Settings

    folder = tmp_path_factory.mktemp("city") / "data"
    instance = Instance(Settings(data_dir=folder, env="demo"))
    seed(instance)
    instance.engine.dispose()
    return folder


@pytest.fixture(scope="module")
def city_copy(seeded_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the seeded city for one module."""
    folder = tmp_path_factory.mktemp("copy") / "data"
    shutil.copytree(seeded_city, folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def make_instance(city_copy: Path) -> "Callable[..., Instance]":
    """Instances over the module's copy; callbacks are due at once."""
    from api.instance import Instance
    from api.settings import Settings

    def make(**more: object) -> Instance:
        given = {
            "data_dir": city_copy,
            "env": "demo",
            "callback_delay_minutes": 0,
            "callback_hours": "",
            "worker_in_serve": False,
        }
        return Instance(Settings(**(given | more)))

    return make
