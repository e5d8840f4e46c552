"""延期: asked for once within the time, decided by a supervisor, in working days."""

from datetime import datetime

import pytest

from casework.deadline.calendar import CITY_TIME
from casework.errors import Forbidden, IllegalTransition, InvalidInput
from casework.handling.handling import actions_for
from casework.transitions import State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, OFFICER, STRANGER, SUPERVISOR, Desk


def city(month: int, day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_TIME)


@pytest.fixture
def order(desk: Desk) -> WorkOrder:
    """A complaint in processing, due on Monday the 30th of March."""
    return desk.go(desk.file(), "sign")


def ask(desk: Desk, order: WorkOrder, days: int = 5, **what: object) -> WorkOrder:
    given = {"by": OFFICER, "reason": "需要招标", **what}
    return desk.act(order, "request_extension", days=days, **given)


def test_approval_moves_the_deadline_by_working_days_and_is_counted(desk: Desk, order: WorkOrder) -> None:
    asked = ask(desk, order, days=5)
    assert (asked.state, asked.extension_days, asked.due_at) == (State.EXTENSION_PENDING, 5, city(3, 30))
    assert desk.events(order.id)[-1].data == {"days": 5}
    granted = desk.act(order, "decide_extension", approved=True, reason="情况属实")
    # Five working days from Monday the 30th: the 6th of April is a holiday (清明, moved from Sunday).
    assert (granted.state, granted.due_at) == (State.PROCESSING, city(4, 7))
    assert (granted.extension_days, granted.extensions) == (0, 1)
    event = desk.events(order.id)[-1]
    assert event.data["approved"] is True and event.reason == "情况属实" and event.actor == SUPERVISOR
    assert datetime.fromisoformat(event.data["due_to"]) == city(4, 7)
    assert granted.watch_at is not None and granted.watch_at > city(3, 30), "the former deadline escalates no more"


def test_refusal_leaves_everything_as_it_was(desk: Desk, order: WorkOrder) -> None:
    ask(desk, order)
    refused = desk.act(order, "decide_extension", approved=False, reason="期限内可以办完")
    assert (refused.state, refused.due_at, refused.extensions) == (State.PROCESSING, city(3, 30), 0)
    assert desk.events(order.id)[-1].data == {"approved": False, "days": 5}
    assert ask(desk, order, days=3).extension_days == 3, "a refused one does not count"


def test_one_extension_and_no_more(desk: Desk, order: WorkOrder) -> None:
    ask(desk, order)
    desk.act(order, "decide_extension", approved=True)
    with pytest.raises(InvalidInput, match="已经延期1次"):
        ask(desk, order)
    assert desk.order(order.id).state is State.PROCESSING


@pytest.mark.parametrize("days", [0, -3, 11, 1000])
def test_days_out_of_bounds(desk: Desk, order: WorkOrder, days: int) -> None:
    with pytest.raises(InvalidInput, match="1至10个工作日"):
        ask(desk, order, days=days)


def test_after_the_deadline_it_is_too_late_to_ask(desk: Desk, order: WorkOrder) -> None:
    desk.clock.move(days=40)
    with pytest.raises(InvalidInput, match="期限已过"):
        ask(desk, order)
    assert desk.order(order.id).extension_days == 0


def test_who_may_ask_and_who_decides(desk: Desk, order: WorkOrder) -> None:
    for by in (DISPATCHER, SUPERVISOR):
        with pytest.raises(Forbidden):
            ask(desk, order, by=by)
    with pytest.raises(Forbidden, match="不是本单位"):
        ask(desk, order, by=STRANGER)
    with pytest.raises(InvalidInput, match="须填写原因"):
        ask(desk, order, reason=" ")
    with pytest.raises(IllegalTransition, match="办理中"):
        desk.act(order, "decide_extension", approved=True)
    ask(desk, order)
    for by in (OFFICER, AGENT, DISPATCHER):
        with pytest.raises(Forbidden, match="督办员"):
            desk.act(order, "decide_extension", by=by, approved=True)
    with pytest.raises(InvalidInput, match="同意延期或不同意"):
        desk.act(order, "decide_extension")
    with pytest.raises(InvalidInput, match="须填写原因"):
        desk.act(order, "decide_extension", approved=True, reason="")
    assert "decide_extension" in actions_for(desk.order(order.id), SUPERVISOR)
    assert "decide_extension" not in actions_for(desk.order(order.id), OFFICER)
