"""挂起: the clock stands still, and the deadlines move by what was paused."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from casework.appeal import Urgency
from casework.deadline.calendar import CITY_TIME
from casework.errors import Forbidden, InvalidInput
from casework.handling.handling import Action, act
from casework.transitions import State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, MONDAY, OFFICER, RULES, Desk


def city(month: int, day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_TIME)


@pytest.fixture
def order(desk: Desk) -> WorkOrder:
    return desk.go(desk.file(), "sign")


def test_the_deadline_moves_by_the_working_time_that_was_paused(desk: Desk, order: WorkOrder) -> None:
    paused = desk.act(order, "suspend", by=OFFICER, reason="等待产权方出具证明")
    assert (paused.state, paused.suspended_at) == (State.SUSPENDED, desk.clock.now())
    desk.clock.move(days=2, hours=3)  # Monday 10:00 to Wednesday 13:00
    went_on = desk.act(order, "resume", by=OFFICER, reason="")
    assert (went_on.state, went_on.suspended_at) == (State.PROCESSING, None)
    assert desk_time(desk, order, went_on) == timedelta(0)
    event = desk.events(order.id)[-1]
    assert datetime.fromisoformat(event.data["due_from"]) == city(3, 30)
    assert datetime.fromisoformat(event.data["due_to"]) == went_on.due_at > city(3, 31)


def desk_time(desk: Desk, before: WorkOrder, after: WorkOrder) -> timedelta:
    """What the working time left differs by, before and after the pause."""
    given = RULES.time.between(MONDAY, before.due_at)
    return RULES.time.between(desk.clock.now(), after.due_at) - given


def test_a_weekend_is_no_working_time(desk: Desk, order: WorkOrder) -> None:
    desk.clock.move(days=4, hours=8)  # Friday evening
    desk.act(order, "suspend", by=OFFICER, reason="等待")
    desk.clock.move(days=2)
    went_on = desk.act(order, "resume", by=OFFICER, reason="")
    assert went_on.due_at == city(3, 30)
    assert desk.events(order.id)[-1].data is None, "nothing moved"


def test_an_order_does_not_become_late_while_its_time_stands_still(desk: Desk, order: WorkOrder) -> None:
    desk.act(order, "suspend", by=OFFICER, reason="等待")
    desk.clock.move(days=60)
    assert not desk.order(order.id).overdue(desk.clock.now())
    went_on = desk.act(order, "resume", by=OFFICER, reason="")
    assert not went_on.overdue(desk.clock.now()) and went_on.due_at > desk.clock.now()


def test_a_deadline_that_had_passed_stays_passed(desk: Desk, order: WorkOrder) -> None:
    desk.clock.move(days=30)
    late = desk.act(order, "suspend", by=OFFICER, reason="等待")
    assert late.overdue(desk.clock.now())
    desk.clock.move(days=10)
    assert desk.act(order, "resume", by=OFFICER, reason="").due_at == city(3, 30)


def test_opinions_still_owed_have_their_time_moved_too(desk: Desk) -> None:
    order = desk.go(desk.act(desk.file(decision="review"), "dispatch", supporting=("shuiwu",)), "sign")
    owed = order.support_work[0].due_at
    desk.act(order, "suspend", by=OFFICER, reason="等待")
    desk.clock.move(days=1)
    moved = desk.act(order, "resume", by=OFFICER, reason="").support_work[0].due_at
    assert moved > owed and moved.astimezone(CITY_TIME).date() == owed.astimezone(CITY_TIME).date() + timedelta(days=1)


def test_who_may_and_why(desk: Desk, order: WorkOrder) -> None:
    for by in (AGENT, DISPATCHER):
        with pytest.raises(Forbidden):
            desk.act(order, "suspend", by=by)
    with pytest.raises(InvalidInput, match="须填写原因"):
        desk.act(order, "suspend", by=OFFICER, reason="")
    assert desk.order(order.id).suspended_at is None


def test_a_deadline_in_natural_time_moves_by_natural_time(desk: Desk, order: WorkOrder) -> None:
    beijing = replace(RULES, deadlines=replace(RULES.deadlines, by_urgency={Urgency.NORMAL: timedelta(days=7)}))
    desk.put(lambda stored: setattr(stored, "due_at", MONDAY + timedelta(days=7)), order)
    desk.act(order, "suspend", by=OFFICER, reason="等待")
    desk.clock.move(days=6)  # over a weekend
    resumed = Action("resume", desk.order(order.id).version)
    went_on = desk.work(act, order.id, resumed, OFFICER, beijing, desk.clock)
    assert went_on.due_at == MONDAY + timedelta(days=13)
