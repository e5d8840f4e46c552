"""闭环: one callback per closing, answered once in its window; a 差评 reopens, silence is counted."""

from datetime import timedelta

import pytest

from casework.callback.callback import MAX_COMMENT, CallbackState
from casework.callback.follow_up import (
    BEGIN,
    EXPIRE,
    answer_callback,
    begin_callback,
    expire_callback,
    schedule_callback,
)
from casework.callback.satisfaction import Measure, tally
from casework.errors import Conflict, InvalidInput
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import HANDLED, RULES, Desk


@pytest.fixture
def closed(desk: Desk) -> WorkOrder:
    return desk.go(desk.file(), *HANDLED)


def answer(desk: Desk, callback_id: int, rating: int, comment: str = "") -> WorkOrder:
    order, _ = desk.work(answer_callback, callback_id, True, rating > 2, rating, comment, RULES, desk.clock, ["态度"])
    return order


def test_closing_schedules_one_callback_and_its_two_jobs(desk: Desk, closed: WorkOrder) -> None:
    (callback,) = desk.callbacks(closed.id)
    assert (callback.round, callback.state) == (0, CallbackState.SCHEDULED)
    assert callback.scheduled_at == desk.clock.now() + timedelta(minutes=60)
    assert callback.expires_at == callback.scheduled_at + timedelta(days=7)
    jobs = {job.key: job for job in desk.work(lambda unit: unit.jobs.list(kinds=(BEGIN, EXPIRE)))}
    assert {key: job.due_at for key, job in jobs.items()} == {
        f"{BEGIN}:{callback.id}": callback.scheduled_at,
        f"{EXPIRE}:{callback.id}": callback.expires_at,
    }
    assert all(job.payload == {"callback": callback.id} for job in jobs.values())


def test_a_closing_cannot_get_a_second_callback(desk: Desk, closed: WorkOrder) -> None:
    with pytest.raises(Conflict):
        desk.work(schedule_callback, closed, RULES, desk.clock)
    assert len(desk.callbacks(closed.id)) == 1


def test_beginning_twice_begins_once(desk: Desk, closed: WorkOrder) -> None:
    (callback,) = desk.callbacks(closed.id)
    order, begun = desk.work(begin_callback, callback.id, RULES, desk.clock)
    assert (order.state, begun.state, begun.attempts) == (State.CALLBACK, CallbackState.DUE, 1)
    history = desk.events(closed.id)
    assert desk.work(begin_callback, callback.id, RULES, desk.clock) is None
    assert desk.events(closed.id) == history and desk.callbacks(closed.id) == [begun]


@pytest.mark.parametrize("rating", [3, 4, 5])
def test_a_good_answer_archives(desk: Desk, closed: WorkOrder, rating: int) -> None:
    (callback,) = desk.callbacks(closed.id)
    desk.work(begin_callback, callback.id, RULES, desk.clock)
    desk.clock.move(hours=2)
    order = answer(desk, callback.id, rating, "  谢谢  ")
    assert desk.order(closed.id).state is order.state is State.ARCHIVED
    (stored,) = desk.callbacks(closed.id)
    assert (stored.contacted, stored.resolved, stored.rating) == (True, True, rating)
    assert (stored.comment, stored.answered_at, stored.bad) == ("谢谢", desk.clock.now(), False)
    assert desk.events(closed.id)[-1].data == {"rating": rating}


@pytest.mark.parametrize("rating", [1, 2])
def test_a_bad_rating_reopens_for_rework(desk: Desk, closed: WorkOrder, rating: int) -> None:
    (callback,) = desk.callbacks(closed.id)
    desk.work(begin_callback, callback.id, RULES, desk.clock)
    answer(desk, callback.id, rating, "根本没来人")
    order = desk.order(closed.id)
    assert (order.state, order.reworks, order.closed_at, order.closing_kind) == (State.REWORK, 1, None, None)
    assert order.due_at == RULES.time.add_days(desk.clock.now(), 15)
    event = desk.events(closed.id)[-1]
    assert (event.name, event.actor.role) == ("ReworkOrdered", Role.SYSTEM) and event.reason
    assert "根本没来人" not in str(desk.events(closed.id)), "an event never holds a citizen's words"


def test_a_rework_is_dispatched_closed_and_called_back_once_more(desk: Desk, closed: WorkOrder) -> None:
    answer(desk, desk.callbacks(closed.id)[0].id, 1)
    desk.clock.move(days=1)
    again = desk.go(closed, "dispatch")
    assert again.due_at == RULES.time.add_days(desk.clock.now(), 15)
    assert again.signed_at is None, "the former signature does not count for the rework"
    desk.go(again, *HANDLED)
    first, second = desk.callbacks(closed.id)
    assert (first.round, second.round, second.state) == (0, 1, CallbackState.SCHEDULED)
    order = answer(desk, second.id, 5)
    assert (order.state, order.reworks) == (State.ARCHIVED, 1)


def test_it_may_be_answered_before_it_is_due(desk: Desk, closed: WorkOrder) -> None:
    (callback,) = desk.callbacks(closed.id)
    assert answer(desk, callback.id, 4).state is State.ARCHIVED
    assert [event.name for event in desk.events(closed.id)][-2:] == ["CallbackStarted", "WorkOrderArchived"]
    assert desk.work(begin_callback, callback.id, RULES, desk.clock) is None


def test_a_second_answer_is_refused_and_changes_nothing(desk: Desk, closed: WorkOrder) -> None:
    (callback,) = desk.callbacks(closed.id)
    answer(desk, callback.id, 5)
    before = desk.callbacks(closed.id), desk.order(closed.id), desk.events(closed.id)
    with pytest.raises(Conflict, match="已经评价过"):
        answer(desk, callback.id, 1)
    assert (desk.callbacks(closed.id), desk.order(closed.id), desk.events(closed.id)) == before


def test_the_window_ends_to_the_second(desk: Desk, closed: WorkOrder) -> None:
    (callback,) = desk.callbacks(closed.id)
    desk.clock.move(days=7, minutes=60, seconds=1)
    with pytest.raises(Conflict, match="已过期"):
        answer(desk, callback.id, 5)
    assert desk.callbacks(closed.id) == [callback]
    desk.clock.move(seconds=-1)
    assert answer(desk, callback.id, 5).state is State.ARCHIVED


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_a_rating_is_one_to_five(desk: Desk, closed: WorkOrder, rating: int) -> None:
    (callback,) = desk.callbacks(closed.id)
    with pytest.raises(InvalidInput, match="1至5分"):
        answer(desk, callback.id, rating)
    with pytest.raises(InvalidInput, match="2000字"):
        answer(desk, callback.id, 5, "好" * (MAX_COMMENT + 1))
    assert desk.callbacks(closed.id) == [callback] and desk.order(closed.id).state is State.CLOSED


@pytest.mark.parametrize("begun", [True, False])
def test_an_unanswered_callback_is_unreached_and_counted(desk: Desk, closed: WorkOrder, begun: bool) -> None:
    (callback,) = desk.callbacks(closed.id)
    if begun:
        desk.work(begin_callback, callback.id, RULES, desk.clock)
    desk.clock.move(days=8)
    assert desk.work(expire_callback, callback.id, desk.clock).state is State.ARCHIVED
    (stored,) = desk.callbacks(closed.id)
    assert stored.state is CallbackState.UNREACHED
    counted = tally([stored])
    assert (counted.unreached, counted.rate(Measure.SATISFACTION).denominator) == (1, 0)
    assert counted.rate(Measure.COVERAGE).share == float(begun), "what was never begun was never asked"
    assert desk.work(expire_callback, callback.id, desk.clock) is None
    with pytest.raises(Conflict, match="已过期"):
        answer(desk, callback.id, 5)


def test_an_answered_callback_does_not_expire(desk: Desk, closed: WorkOrder) -> None:
    (callback,) = desk.callbacks(closed.id)
    answer(desk, callback.id, 1)
    assert desk.work(expire_callback, callback.id, desk.clock) is None
    assert desk.order(closed.id).state is State.REWORK
