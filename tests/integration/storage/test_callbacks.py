"""Contract of the callbacks: one per closing, versions, periods."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest

from casework.callback import Callback, CallbackState
from casework.errors import Conflict, NotFound
from casework.events import SYSTEM, WorkOrderEvent
from casework.work_order import WorkOrder
from tests.integration.storage.conftest import NOW, Backend

NewOrder = Callable[..., WorkOrder]
DAY = timedelta(days=1)


def add_order(backend: Backend, order: WorkOrder) -> int:
    with backend.unit() as unit:
        unit.work_orders.add(order)
        unit.commit()
    return order.id


def add(backend: Backend, *callbacks: Callback) -> None:
    with backend.unit() as unit:
        for callback in callbacks:
            unit.callbacks.add(callback)
        unit.commit()


def scheduled(order_id: int, day: int = 0, **values: object) -> Callback:
    return Callback(order_id, NOW + day * DAY, NOW + (day + 7) * DAY, **values)


def test_every_field_comes_back(backend: Backend, new_order: NewOrder) -> None:
    order_id = add_order(backend, new_order())
    callback = Callback(
        order_id,
        NOW,
        NOW + DAY,
        round=1,
        state=CallbackState.ANSWERED,
        attempts=2,
        contacted=True,
        resolved=False,
        rating=2,
        reason_tags=["推诿", "超时"],
        comment="还没解决，'; DROP TABLE callbacks; --",
        answered_at=NOW + timedelta(hours=3),
    )
    assert all(getattr(callback, f.name) is not None for f in fields(callback)), "the test must try every field"
    add(backend, callback)
    with backend.unit() as unit:
        assert unit.callbacks.get(callback.id) == callback
        assert unit.callbacks.of(order_id) == [callback]
        changed = replace(callback, state=CallbackState.DUE, rating=None, contacted=None, comment="", answered_at=None)
        unit.callbacks.save(changed)
        unit.commit()
    assert changed.version == 1
    with backend.unit() as unit:
        assert unit.callbacks.get(callback.id) == changed


def test_one_callback_for_each_closing(backend: Backend, new_order: NewOrder) -> None:
    order_id = add_order(backend, new_order())
    add(backend, scheduled(order_id))
    with backend.unit() as unit:
        with pytest.raises(Conflict):
            unit.callbacks.add(scheduled(order_id, day=9))
        unit.callbacks.add(scheduled(order_id, day=2, round=1))
        unit.commit()
    with backend.unit() as unit:
        assert [item.round for item in unit.callbacks.of(order_id)] == [0, 1]


def test_what_is_not_there_is_not_found(backend: Backend) -> None:
    with backend.unit() as unit:
        for callback_id in (0, 5, 10**30):
            with pytest.raises(NotFound):
                unit.callbacks.get(callback_id)
        with pytest.raises(NotFound):
            unit.callbacks.add(scheduled(99))
        with pytest.raises(NotFound):
            unit.callbacks.save(scheduled(99, id=5))


def test_second_of_two_writers_is_told(backend: Backend, new_order: NewOrder) -> None:
    callback = scheduled(add_order(backend, new_order()))
    add(backend, callback)
    with backend.unit() as first, backend.unit() as second:
        mine, theirs = first.callbacks.get(callback.id), second.callbacks.get(callback.id)
        mine.answer(True, True, 5, "", NOW)
        theirs.answer(True, False, 1, "", NOW)
        first.callbacks.save(mine)
        first.commit()
        with pytest.raises(Conflict):
            second.callbacks.save(theirs)
    with backend.unit() as unit:
        assert unit.callbacks.get(callback.id).rating == 5


def test_states_periods_and_departments(backend: Backend, new_order: NewOrder) -> None:
    ours = add_order(backend, new_order(lead_department="A"))
    others = add_order(backend, new_order(lead_department="B"))
    add(
        backend,
        scheduled(ours, day=2, round=1, state=CallbackState.DUE),
        scheduled(ours, day=0),
        scheduled(others, day=1),
        scheduled(others, day=3, round=1, state=CallbackState.UNREACHED),
    )

    def days(found: list[Callback]) -> list[int]:
        return [(item.scheduled_at - NOW) // DAY for item in found]

    with backend.unit() as unit:
        callbacks = unit.callbacks
        assert days(callbacks.in_state([CallbackState.SCHEDULED, CallbackState.DUE])) == [0, 1, 2]
        assert days(callbacks.in_state([CallbackState.SCHEDULED, CallbackState.DUE], limit=2)) == [0, 1]
        assert days(callbacks.in_state([])) == []
        assert days(callbacks.between(None, None)) == [0, 1, 2, 3]
        assert days(callbacks.between(NOW + DAY, NOW + 3 * DAY)) == [1, 2], "the end is not part of the period"
        assert days(callbacks.between(None, NOW + 3 * DAY, department="B")) == [1]
        assert days(callbacks.between(NOW, None, department="C")) == []


def test_closings_are_counted_from_events(backend: Backend, new_order: NewOrder) -> None:
    ours = add_order(backend, new_order(lead_department="A"))
    answered = add_order(backend, new_order())
    with backend.unit() as unit:
        for order_id, name, day in (
            (ours, "WorkOrderClosed", 0),
            (ours, "ReworkOrdered", 1),
            (ours, "WorkOrderClosed", 2),
            (answered, "WorkOrderAnswered", 2),
            (answered, "WorkOrderArchived", 3),
        ):
            unit.events.append(WorkOrderEvent(order_id, name, NOW + day * DAY, SYSTEM))
        unit.commit()
        count = unit.callbacks.closings_between
        assert count(None, None) == 3
        assert count(NOW, NOW + 2 * DAY) == 1, "the end is not part of the period"
        assert count(None, None, department="A") == 2
        assert count(NOW + DAY, None, department="A") == 1
        assert count(None, None, department="B") == 0


def test_naive_times_are_refused(backend: Backend, new_order: NewOrder) -> None:
    order_id = add_order(backend, new_order())
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.callbacks.add(Callback(order_id, datetime(2025, 1, 1), NOW))
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.callbacks.between(datetime(2025, 1, 1), None)
