import pytest

from tests.small_city import train_small
from training.routing_training import Trained


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small model, trained once for all tests of the package; never changed by a test."""
    return train_small(tmp_path_factory.mktemp("training"))
