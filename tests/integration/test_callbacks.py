"""回访 over HTTP on a small instance: asked in the conversation, by phone, under the query code; rates with their rows."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.instance import Instance
from api.jobs import HANDLERS
from api.services.conversations import ConversationService
from api.settings import Settings
from assistant import callback_dialogue
from assistant.conversation import Conversation
from assistant.turn import TurnResult, append
from casework.appeal import Appeal, AppealType, Requester
from casework.callback.callback import CallbackState
from casework.callback.satisfaction import ClosingFilter
from casework.deadline.calendar import CITY_TIME
from casework.events import Actor
from casework.filing import file_appeal
from casework.handling.handling import Action, act
from casework.organisation.staff import Staff
from casework.transitions import Role, State
from casework.work_order import Dispatching, WorkOrder
from tests.fakes import FakeClock
from tests.small_instance import PASSWORD, small_instance

NOW = datetime(2026, 3, 9, 10, 0, tzinfo=CITY_TIME)
PHONE = "13900001234"
OFFICER, AGENT = Actor("street-officer", Role.DEPARTMENT, "street"), Actor("agent", Role.AGENT)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small city with officers of two departments, made once."""
    folder = tmp_path_factory.mktemp("small") / "data"
    made = small_instance(folder)
    with made.unit() as work:
        password = work.staff.by_username("agent").password_hash
        for name, department in (("street-officer", "street"), ("east-officer", "street-east")):
            work.staff.put(Staff(name, name, Role.DEPARTMENT, password, department))
        work.commit()
    made.engine.dispose()
    return folder


@pytest.fixture
def instance(template: Path, tmp_path: Path) -> Iterator[Instance]:
    folder = tmp_path / "data"
    shutil.copytree(template, folder)
    settings = {"callback_delay_minutes": 0, "turns_per_minute": 1000, "worker_in_serve": False}
    made = Instance(Settings(data_dir=folder, encoder_threads=1, **settings))
    made.clock = FakeClock(NOW)
    yield made
    made.engine.dispose()


@pytest.fixture
def client(instance: Instance) -> TestClient:
    return TestClient(create_app(instance))


def sign_in(client: TestClient, name: str = "agent") -> None:
    assert client.post("/api/session", json={"username": name, "password": PASSWORD}).status_code == 200


def work_off(instance: Instance) -> list[str]:
    """Do every due job of the callbacks twice over, as a worker killed in between would."""
    done = []
    while True:
        with instance.unit() as work:
            job = work.jobs.claim(
                "w", instance.clock.now(), 60, ("callback_begin", "callback_attempt", "callback_expire")
            )
            work.commit()
        if job is None:
            return done
        for _ in range(2):
            HANDLERS[job.kind](instance, job)
        with instance.unit() as work:
            work.jobs.finish(job, "w")
            work.commit()
        done.append(job.kind)


def closed(
    instance: Instance, phone: str = "", talk: str = "", department: str = "street", closing: str = "已解决"
) -> WorkOrder:
    """An order filed, handled and closed now."""
    with instance.unit() as work:
        if talk:
            work.conversations.add(Conversation(talk, instance.clock.now()))
        appeal = Appeal(AppealType.COMPLAINT, "纺织社区楼下的垃圾没人清运", requester=Requester("", phone))
        appeal.conversation_id, appeal.district = talk or None, "东区"
        order = file_appeal(work, appeal, Dispatching(department, "auto"), "市容", instance.rules, instance.clock)
        code, officer = order.query_code, Actor("officer", Role.DEPARTMENT, department)
        steps = (
            ("sign", officer, {}),
            ("reply", officer, {"reply": "已经清运。"}),
            ("close", AGENT, {"closing_kind": closing}),
        )
        for name, by, more in steps:
            action = Action(name, work.work_orders.get(order.id).version, **more)
            order = act(work, order.id, action, by, instance.rules, instance.clock)
        work.commit()
    order.query_code = code
    return order


def callback_of(instance: Instance, order: WorkOrder):
    with instance.unit() as work:
        return work.callbacks.of(order.id)[-1]


def state_of(instance: Instance, order: WorkOrder) -> State:
    with instance.unit() as work:
        return work.work_orders.get(order.id).state


def said(instance: Instance, talk: str) -> list[str]:
    """What the hotline said by itself."""
    with instance.unit() as work:
        return [turn.reply["text"] for turn in work.conversations.get(talk).turns if not turn.text]


def answers(order: WorkOrder, phone: str = "", **more: object) -> dict:
    body = {"query_code": order.query_code, "phone_last4": phone[-4:], "contacted": True, "resolved": True, "rating": 5}
    return body | more


def test_in_the_conversation_it_asks_once_reminds_twice_and_expires(instance: Instance) -> None:
    order = closed(instance, talk="t1")
    assert work_off(instance) == ["callback_begin"]
    assert state_of(instance, order) is State.CALLBACK and len(said(instance, "t1")) == 1
    for _ in range(2):
        instance.clock.move(hours=24)
        assert work_off(instance) == ["callback_attempt"]
    texts = said(instance, "t1")
    assert len(texts) == 3 and texts[0].startswith("您好") and all("还没有完成" in text for text in texts[1:])
    instance.clock.move(hours=24)
    assert work_off(instance) == [], "three times are enough"
    instance.clock.move(days=5)
    assert work_off(instance) == ["callback_expire"]
    told = callback_of(instance, order)
    assert (told.state, told.attempts) == (CallbackState.UNREACHED, 3)
    assert [one["outcome"] for one in told.tries] == ["asked", "reminded", "reminded"]
    assert state_of(instance, order) is State.ARCHIVED
    assert "已经到期" in said(instance, "t1")[-1] and len(said(instance, "t1")) == 4


def test_closed_in_the_evening_it_is_asked_in_the_morning(instance: Instance) -> None:
    instance.clock.move(hours=11)
    order = closed(instance, talk="t1")
    assert work_off(instance) == []
    instance.clock.move(hours=12)
    assert work_off(instance) == ["callback_begin"]
    assert callback_of(instance, order).scheduled_at == datetime(2026, 3, 10, 9, 0, tzinfo=CITY_TIME)


def test_a_conversation_that_is_gone_leaves_the_call_to_an_agent(instance: Instance) -> None:
    order = closed(instance, phone=PHONE, talk="t1")
    with instance.unit() as work:
        stored = work.work_orders.get(order.id)
        stored.conversation_id = "gone"
        work.work_orders.save(stored)
        work.commit()
    work_off(instance)
    assert callback_of(instance, order).channel == "phone"


def test_an_agent_calls_records_and_answers(instance: Instance, client: TestClient) -> None:
    orders = [closed(instance, phone=PHONE) for _ in range(2)]
    work_off(instance)
    with instance.unit() as work:
        work.staff.put(replace(work.staff.by_username("agent"), name="陈丽"))
        work.commit()
    assert client.get("/api/console/callbacks").status_code == 401
    sign_in(client)
    listed = client.get("/api/console/callbacks", params={"kind": "phone"}).json()
    assert listed["total"] == 2 and listed["items"][0]["requester"]["phone"] == "139****1234"
    task = listed["items"][0]
    assert task["number"] == orders[0].number and "清运" in task["text"] and PHONE not in str(listed)
    path = f"/api/console/callbacks/{task['id']}"
    shown = client.post(f"{path}/phone").json()
    assert shown["phone"] == PHONE
    body = {"version": task["version"], "outcome": "no_answer"}
    assert client.post(f"{path}/attempts", json=body).status_code == 409, "the version that was seen"
    told = client.post(f"{path}/attempts", json=body | {"version": shown["version"]}).json()
    assert told["attempts"] == 1 and [one["name"] for one in told["tries"]] == ["查看电话号码", "无人接听"]
    assert client.get("/api/console/callbacks").json()["total"] == 1, "the other one; this one tomorrow"
    instance.clock.move(hours=24)
    heard = {"version": told["version"], "contacted": False, "resolved": False, "rating": 1, "reason_tags": ["推诿"]}
    for wrong in ({"rating": 0}, {"rating": 6}, {"comment": "好" * 2001}, {"reason_tags": ["贵"]}, {"version": 0}):
        assert client.post(f"{path}/answer", json=heard | wrong).status_code in (409, 422), wrong
    told = client.post(f"{path}/answer", json=heard).json()
    assert (told["state"], told["rating"], told["reason_tags"]) == ("answered", 1, ["推诿"])
    assert state_of(instance, orders[0]) is State.REWORK
    assert client.post(f"{path}/answer", json=heard | {"version": told["version"]}).status_code == 409
    assert client.get("/api/console/callbacks", params={"kind": "nonsense"}).status_code == 422
    assert client.post("/api/console/callbacks/999/attempts", json=body).status_code == 404
    detail = client.get(f"/api/console/work-orders/{orders[0].id}").json()
    last = detail["callbacks"][0]["tries"][-1]
    assert (last["actor"], last["actor_name"]) == ("agent", "陈丽")


@pytest.mark.parametrize("name", ["street-officer", "administrator"])
def test_only_agents_and_supervisors_call(instance: Instance, client: TestClient, name: str) -> None:
    order = closed(instance, phone=PHONE)
    work_off(instance)
    sign_in(client, name)
    path = f"/api/console/callbacks/{callback_of(instance, order).id}"
    assert client.post(f"{path}/phone").status_code == 403
    assert client.post(f"{path}/attempts", json={"version": 0, "outcome": "refused"}).status_code == 403


def test_under_the_query_code_answered_once_and_commented_once_more(instance: Instance, client: TestClient) -> None:
    order = closed(instance, phone=PHONE, closing="解释说明")
    ask = lambda **more: client.post("/api/callbacks/answer", json=answers(order, PHONE, **more))  # noqa: E731
    assert ask().status_code == 409, "not due yet"
    work_off(instance)
    own = {"query_code": order.query_code, "phone_last4": PHONE[-4:]}
    for wrong in ({"rating": 0}, {"rating": 6}, {"comment": "好" * 2001}, {"comment": "好" * 100_000}):
        assert ask(**wrong).status_code == 422, wrong
    unknown = client.post("/api/callbacks/answer", json=answers(order, "13900009999"))
    others = client.post("/api/callbacks/answer", json=answers(order, PHONE, number="20260309000001"))
    nobody = client.post("/api/callbacks/answer", json=answers(order, PHONE, query_code="AAAA-AAAA-AAAA"))
    assert [one.status_code for one in (unknown, others, nobody)] == [404] * 3
    assert unknown.json() == others.json() == nobody.json(), "whose it is nobody learns"
    late = client.post("/api/callbacks/follow-up", json=own | {"text": "先说一句"})
    assert late.status_code == 409, "not rated yet"
    view = ask(resolved=False, rating=3, reason_tags=["未解决"]).json()
    assert view["state"] == "archived" and view["ratings"][0]["reason_tags"] == ["未解决"] and view["may_follow_up"]
    assert ask().status_code == 409
    view = client.post("/api/callbacks/follow-up", json=own | {"text": "又坏了"}).json()
    assert view["ratings"][0]["follow_up"] == "又坏了" and not view["may_follow_up"]
    assert client.post("/api/callbacks/follow-up", json=own | {"text": "再说"}).status_code == 409
    sign_in(client)
    (shown,) = client.get(f"/api/console/work-orders/{order.id}").json()["callbacks"]
    assert (shown["rating"], shown["follow_up"]) == (3, "又坏了"), "the history shows both"


def test_after_its_window_it_is_too_late(instance: Instance, client: TestClient) -> None:
    order = closed(instance, phone=PHONE)
    work_off(instance)
    instance.clock.move(days=7, minutes=1)
    late = client.post("/api/callbacks/answer", json=answers(order, PHONE))
    assert late.status_code == 409 and "已过期" in late.json()["error"]["message"]


class Chat:
    """A conversation whose turns go by the real service, with an assistant that only knows callbacks."""

    def __init__(self, instance: Instance, talk: str) -> None:
        self.instance, self.talk = instance, talk

    def say(self, text: str, option: str | None = None) -> dict:
        with self.instance.unit() as work:
            conversation = work.conversations.get(self.talk)
            reply, told = callback_dialogue.step(conversation, text, option)
            result = TurnResult(reply, callback=told)
            if told is not None:
                reply = ConversationService(self.instance)._answer_callback(work, result)
            append(conversation, text or option or "", reply, self.instance.clock.now())
            work.conversations.save(conversation)
            work.commit()
        return reply.as_dict()


def test_said_in_the_conversation(instance: Instance) -> None:
    order = closed(instance, talk="t1")
    work_off(instance)
    chat = Chat(instance, "t1")
    chat.say("联系过，但没解决")
    chat.say("还行吧")
    reply = chat.say("没有了")
    assert "问题还没有解决" in reply["text"] and state_of(instance, order) is State.REWORK
    told = callback_of(instance, order)
    assert (told.contacted, told.resolved, told.rating) == (True, False, 3)


def test_asked_for_in_the_conversation_a_person_calls(instance: Instance, client: TestClient) -> None:
    order = closed(instance, phone=PHONE, talk="t1")
    work_off(instance)
    assert "人工坐席" in Chat(instance, "t1").say("转人工")["text"]
    sign_in(client)
    (task,) = client.get("/api/console/callbacks", params={"kind": "handover"}).json()["items"]
    assert task["number"] == order.number and task["handover"]
    instance.clock.move(hours=24)
    assert work_off(instance) == ["callback_attempt"] and len(said(instance, "t1")) == 1, "nobody is reminded meanwhile"
    told = {"version": task["version"], "outcome": "refused"}
    assert client.post(f"/api/console/callbacks/{task['id']}/attempts", json=told).json()["state"] == "refused"
    assert state_of(instance, order) is State.ARCHIVED


def test_a_refusal_in_the_conversation_and_an_answer_that_came_before(instance: Instance, client: TestClient) -> None:
    order = closed(instance, phone=PHONE, talk="t1")
    work_off(instance)
    with instance.unit() as work:
        stale = work.conversations.get("t1")
    assert client.post("/api/callbacks/answer", json=answers(order, PHONE)).status_code == 200
    with instance.unit() as work:
        assert work.conversations.get("t1").phase.value == "open", "the conversation does not go on asking"
    assert "已经完成，不用再在这里回答" in said(instance, "t1")[-1], "nor leaves its question standing"
    assert stale.state["callback"]["id"] == callback_of(instance, order).id
    other = closed(instance, phone=PHONE, talk="t2")
    work_off(instance)
    Chat(instance, "t2").say("别再问了")
    assert callback_of(instance, other).state is CallbackState.REFUSED


def test_days_and_months_stand_newest_first(instance: Instance, client: TestClient) -> None:
    for _ in range(3):
        closed(instance, phone=PHONE)
        work_off(instance)
        instance.clock.move(days=15)
    sign_in(client, "supervisor")
    keys = {
        group: [
            row["key"] for row in client.get("/api/statistics/satisfaction", params={"group": group}).json()["groups"]
        ]
        for group in ("day", "month")
    }
    assert keys == {"day": ["2026-04-08", "2026-03-24", "2026-03-09"], "month": ["2026-04", "2026-03"]}


def test_figures_and_their_rows(instance: Instance, client: TestClient) -> None:
    for number, department in enumerate(("street", "street-east", "power", "street")):
        order = closed(instance, phone=PHONE, department=department)
        work_off(instance)
        if number < 3:
            client.post(
                "/api/callbacks/answer", json=answers(order, PHONE, rating=5 - 2 * number, resolved=number == 0)
            )
    sign_in(client, "supervisor")
    path = "/api/statistics/satisfaction"
    told = client.get(path, params={"group": "department"}).json()
    assert told["satisfaction_rate"] == {"numerator": 2, "denominator": 3, "share": 0.6667}
    assert (told["waiting"], told["closings"]) == (1, 4)
    groups = {row["key"]: row for row in told["groups"]}
    assert groups["street"]["closings"] == 3, "its district's unit included"
    assert groups["street-east"]["closings"] == 1 and groups["street-east"]["parent"] == "street"
    measures = {"response": "response_rate", "resolution": "resolution_rate", "satisfaction": "satisfaction_rate", "coverage": "callback_coverage"}  # fmt: skip
    for key, row in [("", told), *groups.items()]:
        for measure, name in measures.items():
            for part in ("numerator", "denominator", "unreached", "waiting", "refused"):
                figure = row[name][part] if part in row[name] else row[part]
                rows = client.get(f"{path}/rows", params={"measure": measure, "part": part, "department": key}).json()
                assert rows["total"] == len(rows["items"]) == figure, (key, measure, part)
    today, tomorrow = "2026-03-09", "2026-03-10"
    assert client.get(path, params={"from": today, "to": today}).json()["closings"] == 4
    assert client.get(path, params={"from": tomorrow}).json()["closings"] == 0
    assert client.get(path, params={"type": "投诉", "district": "东区", "channel": "web"}).json()["closings"] == 4
    assert client.get(path, params={"group": "nonsense"}).status_code == 422
    assert client.get(f"{path}/rows", params={"measure": "response", "part": "all"}).status_code == 422
    assert client.get(path, params={"to": "9999-12-31"}).status_code == 422


@pytest.mark.parametrize(("name", "count"), [("street-officer", 2), ("east-officer", 1)])
def test_department_staff_see_their_own_and_their_units(
    instance: Instance, client: TestClient, name: str, count: int
) -> None:
    for department in ("street", "street-east", "power"):
        closed(instance, phone=PHONE, department=department)
    sign_in(client, name)
    path = "/api/statistics/satisfaction"
    told = client.get(path, params={"group": "department"}).json()
    assert told["closings"] == count and {row["key"] for row in told["groups"]} <= {"street", "street-east"}
    assert client.get(path, params={"department": "power"}).json()["closings"] == 0
    assert client.get(path, params={"department": "-"}).json()["closings"] == 0
    asked = {"measure": "coverage", "part": "denominator"}
    rows = client.get(f"{path}/rows", params=asked).json()
    assert rows["total"] == count and all(row["excerpt"] for row in rows["items"])
    assert client.get(f"{path}/rows", params=asked | {"department": "power"}).json() == {"items": [], "total": 0}


def test_every_closing_has_its_callback(instance: Instance) -> None:
    """The statistics count callbacks as closings: by the events there are as many."""
    for phone in ("", PHONE):
        closed(instance, phone=phone)
    with instance.unit() as work:
        events, _ = work.events.chain()
        closings = sum(event.name in ("WorkOrderClosed", "WorkOrderAnswered", "WorkOrderConcluded") for event in events)
        assert closings == work.callbacks.tally(ClosingFilter())[""].closings == 2
