"""闭环: after an order is closed its callback is due, answered or expired, and the order archived or reopened."""

from datetime import timedelta

from casework.callback import Callback, CallbackState
from casework.events import SYSTEM, WorkOrderEvent
from casework.filing import Rules
from casework.job import Job
from casework.ports import CaseworkUnit, Clock
from casework.transitions import State
from casework.work_order import WorkOrder

BEGIN, EXPIRE = "callback_begin", "callback_expire"
"""Kinds of job: a callback becomes due, a callback's window ends."""


def schedule_callback(unit: CaseworkUnit, order: WorkOrder, rules: Rules, clock: Clock) -> Callback:
    """One callback per closing, and the jobs that begin and end it."""
    now = clock.now()
    due = now + timedelta(minutes=rules.callback_delay_minutes)
    callback = Callback(
        work_order_id=order.id,
        scheduled_at=due,
        expires_at=due + timedelta(days=rules.callback_window_days),
        round=order.reworks,
    )
    unit.callbacks.add(callback)
    for kind, at in ((BEGIN, callback.scheduled_at), (EXPIRE, callback.expires_at)):
        unit.jobs.add(Job(kind=kind, key=f"{kind}:{callback.id}", due_at=at, payload={"callback": callback.id}))
    return callback


def begin_callback(unit: CaseworkUnit, callback_id: int, clock: Clock) -> tuple[WorkOrder, Callback] | None:
    """The callback becomes due and its order 回访中; None when that was done before (a job may run twice)."""
    callback = unit.callbacks.get(callback_id)
    order = unit.work_orders.get(callback.work_order_id)
    if callback.state is not CallbackState.SCHEDULED:
        return None
    callback.state = CallbackState.DUE
    callback.attempts += 1
    unit.callbacks.save(callback)
    unit.events.append(order.apply("call_back", SYSTEM, clock.now()))
    unit.work_orders.save(order)
    return order, callback


def answer_callback(
    unit: CaseworkUnit,
    callback_id: int,
    contacted: bool,
    resolved: bool,
    rating: int,
    comment: str,
    rules: Rules,
    clock: Clock,
) -> tuple[WorkOrder, Callback]:
    """Store the answers; a 差评 reopens the order as rework, for a dispatcher who contacts the citizen; else it is archived.

    Raises: Conflict (answered before or expired), InvalidInput (rating).
    """
    callback = unit.callbacks.get(callback_id)
    order = unit.work_orders.get(callback.work_order_id)
    now = clock.now()
    callback.answer(contacted, resolved, rating, comment, now)
    unit.callbacks.save(callback)
    for event in _after(order, callback, rules, clock):
        unit.events.append(event)
    unit.work_orders.save(order)
    return order, callback


def _after(order: WorkOrder, callback: Callback, rules: Rules, clock: Clock) -> list[WorkOrderEvent]:
    now = clock.now()
    events = []
    if order.state in (State.CLOSED, State.ANSWERED):
        events.append(order.apply("call_back", SYSTEM, now))
    if not callback.bad:
        return [*events, order.apply("archive", SYSTEM, now, "回访已完成", rating=callback.rating)]
    events.append(order.apply("reopen", SYSTEM, now, "回访为差评，退回重办", rating=callback.rating))
    order.reworks += 1
    order.closed_at, order.closing_kind = None, None
    order.due_at = rules.deadlines.rework_due_at(now, rules.time)
    return events


def expire_callback(unit: CaseworkUnit, callback_id: int, clock: Clock) -> WorkOrder | None:
    """Past its window an unanswered callback counts as unreached and its order is archived; None when answered."""
    callback = unit.callbacks.get(callback_id)
    if callback.state in (CallbackState.ANSWERED, CallbackState.UNREACHED):
        return None
    order = unit.work_orders.get(callback.work_order_id)
    now = clock.now()
    callback.state = CallbackState.UNREACHED
    unit.callbacks.save(callback)
    if order.state in (State.CLOSED, State.ANSWERED):
        unit.events.append(order.apply("call_back", SYSTEM, now))
    unit.events.append(order.apply("archive", SYSTEM, now, "回访期满未联系到市民"))
    unit.work_orders.save(order)
    return order
