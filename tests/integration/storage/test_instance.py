"""A whole instance over either database: every page of the console answers, and an order goes its way to the archive."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.instance import Instance
from api.worker import Worker
from casework.callback.callback import CallbackState
from tests.fakes import FakeClock
from tests.integration.storage.conftest import Database
from tests.small_instance import FIRST, PASSWORD, small_instance


@pytest.fixture
def instance(database: Database, tmp_path: Path) -> Instance:
    made = small_instance(
        tmp_path, database_url=database.url, callback_delay_minutes=0, callback_hours="", turns_per_minute=10_000
    )
    made.clock = FakeClock(FIRST + timedelta(days=45, hours=2))  # type: ignore[assignment]
    return made


@pytest.fixture
def client(instance: Instance):
    with TestClient(create_app(instance)) as client:
        yield client


def sign_in(client: TestClient, username: str) -> None:
    given = client.post("/api/session", json={"username": username, "password": PASSWORD})
    assert given.status_code == 200, given.text


def work_off(instance: Instance) -> None:
    worker = Worker(instance)
    for _ in range(200):
        if not worker.run_once():
            return
    raise AssertionError("the worker never comes to rest")


@pytest.mark.parametrize("role", ["administrator", "supervisor", "agent"])
def test_every_list_of_the_console_answers(client: TestClient, role: str) -> None:
    sign_in(client, role)
    described = client.get("/api/openapi.json").json()["paths"]
    paths = [path for path, methods in described.items() if "get" in methods and "{" not in path]
    lists = sorted(path for path in paths if path.startswith(("/api/console/", "/api/statistics/")))
    assert len(lists) > 12
    broken = {path: given.text for path in lists if (given := client.get(path)).status_code not in (200, 403, 422, 503)}
    assert broken == {}
    assert client.get("/api/console/work-orders").json()["total"] == 40


def test_an_order_goes_its_way(instance: Instance, client: TestClient) -> None:
    sign_in(client, "supervisor")
    new = {"type": "投诉", "text": "路灯坏了三天，东区石桥路晚上全黑", "phone": "13900001234", "name": "赵晓岚"}
    filed = client.post("/api/console/work-orders", json=new).json()

    def act(action: str, **more: object) -> dict:
        order = client.get(f"/api/console/work-orders/{filed['id']}").json()
        body = {"action": action, "version": order["version"], **more}
        given = client.post(f"/api/console/work-orders/{filed['id']}/actions", json=body)
        assert given.status_code == 200, given.text
        return given.json()

    def rate(rating: int) -> dict:
        answer = {"contacted": True, "resolved": rating > 2, "rating": rating, "comment": ""}
        whose = {"query_code": filed["query_code"], "phone_last4": "1234"}
        given = client.post("/api/callbacks/answer", json=whose | answer)
        assert given.status_code == 200, given.text
        return given.json()

    act("dispatch", department="street")
    for rating in (1, 5):
        for action, more in (
            ("sign", {}),
            ("reply", {"reply": "经核查，石桥路12盏路灯因电缆老化熄灭，已于当日更换电缆并全部亮灯。"}),
            ("close", {"closing_kind": "已解决"}),
        ):
            act(action, **more)
        instance.clock.move(minutes=5)  # type: ignore[attr-defined]
        work_off(instance)
        rate(rating)
        if rating == 1:
            act("contact", reason="已致电诉求人，说明复查安排")
            act("dispatch", department="street")
    work_off(instance)
    order = client.get(f"/api/console/work-orders/{filed['id']}").json()
    assert order["state"] == "archived"
    assert [one["rating"] for one in order["callbacks"]] == [1, 5]
    with instance.unit() as work:
        callbacks = work.callbacks.of(filed["id"])
        events = work.events.of(filed["id"])
    assert [one.state for one in callbacks] == [CallbackState.ANSWERED] * 2
    assert events[-1].state_to == "archived"
    rates = client.get("/api/statistics/satisfaction").json()
    assert rates["satisfaction_rate"]["denominator"] == 2
