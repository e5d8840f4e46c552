"""协办: sub-deadlines, opinions, and the lead that does not wait for them."""

from datetime import datetime

import pytest

from casework.deadline.calendar import CITY_TIME
from casework.errors import Forbidden, IllegalTransition, InvalidInput
from casework.events import Actor
from casework.handling.handling import actions_for
from casework.handling.support import MAX_OPINION, outstanding, succeed, support_due_at
from casework.organisation.department import Department
from casework.transitions import Role, State
from casework.work_order import SupportWork, WorkOrder
from tests.unit.casework.desk import AGENT, MONDAY, OFFICER, RULES, STRANGER, SUPERVISOR, Desk


def city(month: int, day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_TIME)


@pytest.fixture
def order(desk: Desk) -> WorkOrder:
    """Led by 城管, supported by 水务, in processing."""
    return desk.go(desk.act(desk.file(decision="review"), "dispatch", supporting=("shuiwu",)), "sign")


def opine(desk: Desk, order: WorkOrder, text: str = "管道已检查，无漏点。", by: Actor = STRANGER) -> WorkOrder:
    return desk.act(order, "opine", by=by, opinion=text, reason="")


@pytest.mark.parametrize(
    ("due", "share", "expected"),
    [
        (city(3, 30), 0.5, city(3, 18)),  # 15 working days left: seven
        (city(3, 30), 1, city(3, 30)),
        (city(3, 11), 0.5, city(3, 10)),
        (city(3, 10), 0.5, city(3, 10)),
        (city(3, 9), 0.5, city(3, 9)),  # due today: not after the lead's own deadline
        (city(3, 6), 0.5, city(3, 10)),  # past: a working day all the same
    ],
)
def test_half_of_the_working_days_left_and_at_least_one(due: datetime, share: float, expected: datetime) -> None:
    assert support_due_at(due, share, RULES.time, MONDAY) == expected


def test_without_a_deadline_there_is_no_sub_deadline() -> None:
    assert support_due_at(None, 0.5, RULES.time, MONDAY) is None


def test_the_time_is_set_at_dispatch_and_kept_at_a_reassignment(desk: Desk, order: WorkOrder) -> None:
    assert order.support_work == [SupportWork("shuiwu", city(3, 18))]
    assert order.watch_at is not None
    opine(desk, order)
    desk.work(lambda unit: unit.departments.put(Department("jiaotong", "交通局")))
    desk.work(lambda unit: unit.departments.put(Department("huanbao", "环保局")))
    desk.clock.move(days=1)
    moved = desk.act(order, "reassign", department="jiaotong", supporting=("shuiwu", "huanbao"), reason="由交通局牵头")
    first, second = moved.support_work
    assert (first.department, first.opinion) == ("shuiwu", "管道已检查，无漏点。"), "what was said is not lost"
    assert second.department == "huanbao" and second.due_at is not None and second.opined_at is None


def test_an_opinion_is_for_the_lead_and_changes_nothing_else(desk: Desk, order: WorkOrder) -> None:
    given = opine(desk, order, "  管道已检查。 ")
    assert given.state is State.PROCESSING and given.due_at == order.due_at
    assert (given.support_work[0].opinion, given.support_work[0].opined_at) == ("管道已检查。", desk.clock.now())
    event = desk.events(order.id)[-1]
    assert (event.name, event.actor, event.data) == ("SupportOpinionGiven", STRANGER, {"department": "shuiwu"})
    assert "管道" not in event.reason
    assert outstanding(given) == []
    again = opine(desk, order, "补充：阀门已更换。")
    assert again.support_work[0].opinion == "管道已检查。\n补充：阀门已更换。"


@pytest.mark.parametrize(("text", "message"), [(" ", "请填写协办意见"), ("好" * (MAX_OPINION + 1), "超过5000字")])
def test_an_opinion_needs_words_but_not_too_many(desk: Desk, order: WorkOrder, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        opine(desk, order, text)
    assert desk.order(order.id).support_work[0].opined_at is None


def test_only_the_supporting_department_gives_it_and_nothing_else(desk: Desk, order: WorkOrder) -> None:
    with pytest.raises(Forbidden, match="不是这张工单的协办单位"):
        opine(desk, order, by=OFFICER)
    with pytest.raises(Forbidden, match="承办单位执行"):
        opine(desk, order, by=AGENT)
    desk.work(lambda unit: unit.departments.put(Department("jiaotong", "交通局")))
    with pytest.raises(Forbidden, match="不是本单位"):
        opine(desk, order, by=Actor("wang", Role.DEPARTMENT, "jiaotong"))
    assert actions_for(desk.order(order.id), STRANGER) == ["opine"]
    assert "opine" not in actions_for(desk.order(order.id), OFFICER)
    for action in ("reply", "suspend", "contact", "request_extension"):
        with pytest.raises(Forbidden, match="不是本单位"):
            desk.act(order, action, by=STRANGER, reply="x", reason="x", days=1)
    closed = desk.go(opine(desk, order), "reply", "close")
    with pytest.raises(IllegalTransition):
        opine(desk, closed)
    assert actions_for(closed, STRANGER) == []


def test_the_lead_waits_for_opinions_or_says_why_not(desk: Desk, order: WorkOrder) -> None:
    with pytest.raises(InvalidInput, match="协办单位（水务局）还没有反馈意见") as caught:
        desk.act(order, "reply")
    assert caught.value.code == "support_outstanding"
    with pytest.raises(InvalidInput, match="须填写原因"):
        desk.act(order, "reply", without_support=True, reason=" ")
    assert desk.order(order.id).reply == ""
    replied = desk.act(order, "reply", without_support=True, reason="与水务无关")
    assert replied.state is State.REPLIED
    event = desk.events(order.id)[-1]
    assert event.data == {"without_support": ["shuiwu"]} and event.reason == "与水务无关"


def test_once_all_have_spoken_the_lead_replies_as_ever(desk: Desk, order: WorkOrder) -> None:
    opine(desk, order)
    assert desk.act(order, "reply").state is State.REPLIED
    assert desk.events(order.id)[-1].data is None


def test_a_rework_asks_supporting_departments_anew(desk: Desk, order: WorkOrder) -> None:
    opine(desk, order)

    def reopened(stored: WorkOrder) -> None:
        stored.state, stored.reworks = State.REWORK, 1

    desk.put(reopened, order)
    again = desk.act(order, "dispatch", by=SUPERVISOR, supporting=("shuiwu",))
    assert [work.opined_at for work in again.support_work] == [None]


def test_what_a_former_department_gave_or_owes_is_its_successors(desk: Desk, order: WorkOrder) -> None:
    order.support_work = [
        SupportWork("a", MONDAY),
        SupportWork("b", MONDAY, "看过了", MONDAY),
        SupportWork("c", MONDAY),
    ]
    order.supporting_departments = ["neu", "c"]
    succeed(order, [("a", "neu"), ("b", "neu"), ("c", "c")])
    assert order.support_work == [SupportWork("neu", MONDAY, "看过了", MONDAY), SupportWork("c", MONDAY)]
