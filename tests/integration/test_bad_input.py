"""What people and machines send by mistake or on purpose: far too long, too late, with a clock set back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from casework.appeal import Appeal, AppealType, Requester
from casework.audit import audit
from casework.callback.callback import CallbackState
from casework.filing import file_appeal
from casework.organisation.staff import Staff
from casework.transitions import Role, State
from casework.work_order import Dispatching
from tests.fakes import FakeClock
from tests.integration.test_callbacks import NOW, PHONE, answers, callback_of, closed, said, state_of, work_off
from tests.small_instance import PASSWORD, small_instance

if TYPE_CHECKING:
    from api.instance import Instance

ENDLESS = "长" * 100_000


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Instance"]:
    made = small_instance(
        tmp_path_factory.mktemp("bad") / "data",
        callback_delay_minutes=0,
        callback_hours="",
        query_attempts=1000,
        turns_per_minute=1000,
    )
    with made.unit() as work:
        password = work.staff.by_username("agent").password_hash
        work.staff.put(Staff("street-officer", "street-officer", Role.DEPARTMENT, password, "street"))
        work.commit()
    yield made
    made.engine.dispose()


@pytest.fixture(autouse=True)
def clock(instance: "Instance") -> FakeClock:
    clock = FakeClock(NOW)
    instance.clock = clock
    return clock


@pytest.fixture
def client(instance: "Instance") -> TestClient:
    from api.app import create_app

    return TestClient(create_app(instance))


def sign_in(client: TestClient, name: str) -> None:
    assert client.post("/api/session", json={"username": name, "password": PASSWORD}).status_code == 200


def message(answer, status: int) -> str:
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]


def test_a_department_replies_with_a_hundred_thousand_characters(instance: "Instance", client: TestClient) -> None:
    with instance.unit() as work:
        appeal = Appeal(AppealType.COMPLAINT, "楼道灯坏了没人修", requester=Requester("", "13900004321"))
        order = file_appeal(work, appeal, Dispatching("street", "auto"), "", instance.rules, instance.clock)
        work.commit()
    sign_in(client, "street-officer")
    path = f"/api/console/work-orders/{order.id}"

    def act(action: str, **what: str):
        version = client.get(path).json()["version"]
        return client.post(f"{path}/actions", json={"action": action, "version": version, **what})

    assert message(act("return", reason=ENDLESS), 422) == "理由最多2000字，请精简后再提交。"
    assert act("sign").status_code == 200
    before = client.get(path).json()
    assert message(act("reply", reply=ENDLESS), 422) == "答复内容超过5000字，请精简后再提交。"
    assert client.get(path).json() == before, "nothing is changed"
    assert act("reply", reply="长" * 5000).json()["state"] == "replied", "the longest one is taken"


def test_an_agent_files_a_hundred_thousand_characters(client: TestClient) -> None:
    sign_in(client, "agent")
    for field, words in (("text", "诉求内容超过5000字"), ("answer", "答复内容超过5000字")):
        body = {"type": "投诉", "text": "路灯坏了", "elements": {}, "name": "", "phone": ""} | {field: ENDLESS}
        assert words in message(client.post("/api/console/work-orders", json=body), 422)


def test_what_is_no_json_is_refused_in_the_one_shape(client: TestClient) -> None:
    for content in (b"", b"\xff\xfe{", b"[]", b'"text"', b"{" * 10_000):
        answer = client.post("/api/callbacks/answer", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422) and answer.json()["error"]["code"] == "invalid_input"
        assert answer.json()["error"]["message"].startswith("请求")


def test_a_clock_set_back_between_question_and_answer(
    instance: "Instance", client: TestClient, clock: FakeClock
) -> None:
    """It was asked, so it may be answered, whatever the clock says now; the chain is by order and not by time."""
    order = closed(instance, phone=PHONE, talk="back")
    work_off(instance)
    assert callback_of(instance, order).state is CallbackState.DUE
    clock.move(hours=-5)
    assert work_off(instance) == [], "nothing is due again"
    assert len(said(instance, "back")) == 1
    assert client.post("/api/callbacks/answer", json=answers(order, PHONE)).status_code == 200
    assert "已经评价过" in message(client.post("/api/callbacks/answer", json=answers(order, PHONE, rating=1)), 409)
    clock.move(hours=5)
    clock.move(days=8)
    work_off(instance)
    told = callback_of(instance, order)
    assert (told.state, told.rating) == (CallbackState.ANSWERED, 5) and state_of(instance, order) is State.ARCHIVED
    with instance.unit() as work:
        assert audit(work).broken is None


def test_a_clock_set_back_neither_reopens_a_window_nor_loses_a_reminder(
    instance: "Instance", client: TestClient, clock: FakeClock
) -> None:
    order = closed(instance, phone="13900005678")
    work_off(instance)
    clock.move(days=7, minutes=1)
    work_off(instance)
    assert callback_of(instance, order).state is CallbackState.UNREACHED
    clock.move(days=-5)
    told = message(client.post("/api/callbacks/answer", json=answers(order, "13900005678")), 409)
    assert "已过期" in told and "重新提交" in told, "what to do instead"
    assert state_of(instance, order) is State.ARCHIVED
