"""Every error class has its HTTP status, and the documentation says the same."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

from api.errors import STATUS, install, status_of
from casework.errors import HotlineError

PACKAGES = ("casework", "knowledge", "routing", "assistant", "storage", "api")


def every_error() -> list[type[HotlineError]]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found, waiting = [], [HotlineError]
    while waiting:
        kind = waiting.pop()
        found += kind.__subclasses__()
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_class_has_a_status(kind):
    assert any(base in STATUS for base in kind.__mro__), f"{kind.__name__} has no status in api.errors.STATUS"
    assert 400 <= status_of(kind.__new__(kind)) < 600


def test_the_documented_statuses_are_the_real_ones():
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| (\w+) \| (\d{3}) \|", page, re.M))
    for kind, status in STATUS.items():
        assert documented[kind.code] == str(status)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"reason": "长" * 100_000, "main": "1"}, "理由最多20字，请精简后再提交。"),
        ({"reason": "长" * 100_000, "main": 7}, "请求内容有误，请检查：理由、main。"),
        ({"main": "1"}, "请求内容有误，请检查：理由。"),
        ({"reason": "短", "main": "长" * 50}, "请求内容有误，请检查：main。"),
    ],
)
def test_a_field_is_called_what_the_pages_call_it(body: dict, words: str):
    class Given(BaseModel):
        reason: str = Field(max_length=20)
        main: str = Field(max_length=20)

    app = FastAPI()
    install(app)

    @app.post("/")
    def take(given: Given) -> dict:
        return given.model_dump()

    answer = TestClient(app).post("/", json=body)
    assert answer.status_code == 422 and answer.json()["error"]["message"] == words
