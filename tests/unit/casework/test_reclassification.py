"""更正分类: what may be corrected, by whom, and what follows for the deadline."""

from datetime import datetime

import pytest

from casework.appeal import AppealType, Urgency
from casework.deadline.calendar import CITY_TIME
from casework.errors import Forbidden, IllegalTransition, InvalidInput
from casework.work_order import WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, OFFICER, SUPERVISOR, Desk


def city(month: int, day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_TIME)


def correct(
    desk: Desk, order: WorkOrder, by: object = SUPERVISOR, reason: str = "受理时选错", **what: object
) -> WorkOrder:
    return desk.act(order, "reclassify", by=by, reason=reason, **what)


def test_every_fact_is_kept_with_what_it_was_before(desk: Desk) -> None:
    order = desk.file(AppealType.HELP)
    after = correct(desk, order, type="投诉", category="市容/垃圾", urgency="紧急", confidential=True)
    assert (after.type, after.category, after.urgency) == (AppealType.COMPLAINT, "市容/垃圾", Urgency.URGENT)
    assert after.confidential and after.due_at == city(3, 30)
    event = desk.events(order.id)[-1]
    assert event.data["changes"] == {
        "type": ["求助", "投诉"],
        "category": ["市容环境", "市容/垃圾"],
        "urgency": ["一般", "紧急"],
        "confidential": [False, True],
    }
    assert datetime.fromisoformat(event.data["due_from"]) == city(3, 23)
    assert datetime.fromisoformat(event.data["due_to"]) == city(3, 30)
    assert event.state_from == event.state_to == "dispatched"


def test_an_earlier_deadline_by_anybody_a_later_one_by_the_supervisor_alone(desk: Desk) -> None:
    order = desk.file(AppealType.COMPLAINT)
    sooner = correct(desk, order, by=AGENT, type="咨询")
    assert sooner.due_at == city(3, 11)
    for by in (AGENT, DISPATCHER):
        with pytest.raises(Forbidden, match="督办员"):
            correct(desk, order, by=by, type="投诉")
    assert desk.order(order.id).type is AppealType.CONSULTATION
    assert correct(desk, order, type="投诉").due_at == city(3, 30)
    with pytest.raises(Forbidden):
        correct(desk, order, by=OFFICER, type="咨询")


def test_what_was_granted_since_is_kept_on_top(desk: Desk) -> None:
    order = desk.go(desk.file(AppealType.COMPLAINT), "sign")
    desk.act(order, "request_extension", by=OFFICER, days=2, reason="x")
    desk.act(order, "decide_extension", approved=True)
    assert desk.order(order.id).due_at == city(4, 1)
    assert correct(desk, order, by=AGENT, type="求助").due_at == city(3, 25)


def test_a_rework_keeps_its_deadline(desk: Desk) -> None:
    def reopened(stored: WorkOrder) -> None:
        stored.reworks, stored.due_at = 1, city(4, 20)

    order = desk.put(reopened, desk.file(AppealType.COMPLAINT))
    assert correct(desk, order, by=AGENT, type="咨询").due_at == city(4, 20)


def test_what_becomes_a_report_is_protected_and_only_a_supervisor_lifts_that(desk: Desk) -> None:
    order = correct(desk, desk.file(AppealType.COMPLAINT), by=AGENT, type="举报")
    assert order.confidential
    with pytest.raises(Forbidden, match="取消保密"):
        correct(desk, order, by=AGENT, confidential=False)
    assert not correct(desk, order, confidential=False).confidential


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "没有需要更正"),
        ({"type": "投诉", "urgency": "一般", "confidential": False}, "没有需要更正"),
        ({"type": "吐槽"}, "诉求类型应为"),
        ({"urgency": "很急"}, "紧急程度应为"),
        ({"category": "长" * 201}, "超过200字"),
        ({"type": "咨询", "reason": " "}, "须填写原因"),
    ],
)
def test_what_is_refused(desk: Desk, given: dict, message: str) -> None:
    order = desk.file(AppealType.COMPLAINT)
    with pytest.raises(InvalidInput, match=message):
        correct(desk, order, **given)
    assert desk.order(order.id) == order or desk.order(order.id).version == order.version


def test_a_closed_order_is_history(desk: Desk) -> None:
    order = desk.go(desk.file(), "sign", "reply", "close")
    with pytest.raises(IllegalTransition):
        correct(desk, order, type="咨询")
