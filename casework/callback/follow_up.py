"""闭环: after an order is closed its callback is due, answered, refused or expired, and the order archived or reopened."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from casework.callback.callback import Callback, CallbackChannel, CallbackState, TryOutcome
from casework.callback.callback_exclusion import NAMES, exclusion_of
from casework.callback.callback_priority import priority_of
from casework.deadline.calendar import CITY_TIME
from casework.deadline.notice import Notice
from casework.deadline.watch import rearm
from casework.events import SYSTEM, Actor, WorkOrderEvent
from casework.filing import Rules
from casework.job import Job
from casework.ports import CaseworkUnit, Clock
from casework.quality.inspection import request_inspection
from casework.transitions import Role, State
from casework.work_order import ClosingKind, WorkOrder

BEGIN, ATTEMPT, EXPIRE = "callback_begin", "callback_attempt", "callback_expire"
"""Kinds of job: a callback becomes due, the citizen is reminded, a callback's window ends."""
HANDOVER = "callback_handover"
"""Kind of notice: a citizen wants a person."""


def schedule_callback(unit: CaseworkUnit, order: WorkOrder, rules: Rules, clock: Clock) -> Callback:
    """One callback per closing, and the jobs that begin and end it; an excluded closing is recorded as such.

    Every closing is inspected too (质检): its job is added here, so that none can be forgotten."""
    now = clock.now()
    request_inspection(unit, order, clock)
    due = rules.polite_hours.next(now + timedelta(minutes=rules.callback_delay_minutes))
    former = unit.callbacks.of(order.id) if order.id else ()
    callback = Callback(
        work_order_id=order.id,
        scheduled_at=due,
        expires_at=due + timedelta(days=rules.callback_window_days),
        round=order.reworks,
        channel=_channel(order),
        priority=priority_of(order, former),
        next_attempt_at=due,
        closed_at=order.closed_at or now,
        department=order.lead_department,
        district=order.district,
        order_type=order.type.value,
        order_channel=order.channel,
    )
    if reason := exclusion_of(order):
        callback.excluded = reason
        callback.end(CallbackState.EXCLUDED)
    unit.callbacks.add(callback)
    jobs = [(BEGIN, callback.scheduled_at)]
    if not reason:
        jobs.append((EXPIRE, callback.expires_at))
    for kind, at in jobs:
        unit.jobs.add(Job(kind=kind, key=f"{kind}:{callback.id}", due_at=at, payload={"callback": callback.id}))
    return callback


def _channel(order: WorkOrder) -> CallbackChannel:
    if order.conversation_id:
        return CallbackChannel.WEB
    return CallbackChannel.PHONE if order.requester.phone else CallbackChannel.CODE


def begin_callback(
    unit: CaseworkUnit, callback_id: int, rules: Rules, clock: Clock
) -> tuple[WorkOrder, Callback] | None:
    """The callback becomes due and its order 回访中; None when that was done before (a job may run twice), or where the
    closing is excluded, whose order is archived.

    By phone it is a task for agents from now on; under the query code alone nothing else can be tried; in a conversation
    the caller puts the question and tells `attempted`.
    """
    callback = unit.callbacks.get(callback_id)
    order = unit.work_orders.get(callback.work_order_id)
    now = clock.now()
    if callback.state is CallbackState.EXCLUDED:
        _archive_excluded(unit, order, callback, now)
        return None
    if callback.state is not CallbackState.SCHEDULED:
        return None
    callback.state, callback.next_attempt_at = CallbackState.DUE, None
    if callback.channel == CallbackChannel.PHONE:
        callback.next_attempt_at = now
    elif callback.channel == CallbackChannel.CODE:
        _tried(callback, SYSTEM, TryOutcome.OPENED, now)
    unit.callbacks.save(callback)
    unit.events.append(order.apply("call_back", SYSTEM, now))
    unit.work_orders.save(order)
    return order, callback


def _archive_excluded(unit: CaseworkUnit, order: WorkOrder, callback: Callback, now: datetime) -> None:
    if order.state not in (State.CLOSED, State.ANSWERED) or order.reworks != callback.round:
        return
    unit.events.append(order.apply("call_back", SYSTEM, now))
    unit.events.append(order.apply("archive", SYSTEM, now, f"不回访：{NAMES[callback.excluded]}"))
    unit.work_orders.save(order)


def attempted(unit: CaseworkUnit, callback: Callback, outcome: TryOutcome, rules: Rules, clock: Clock) -> None:
    """The citizen was asked or reminded in the conversation: count it, and plan the next reminder while there is one left."""
    _tried(callback, SYSTEM, outcome, clock.now())
    plan_attempt(callback, rules, clock.now())
    if callback.next_attempt_at is not None:
        number = callback.attempts + 1
        job = Job(
            kind=ATTEMPT,
            key=f"{ATTEMPT}:{callback.id}:{number}",
            due_at=callback.next_attempt_at,
            payload={"callback": callback.id, "number": number},
        )
        unit.jobs.add(job)
    unit.callbacks.save(callback)


def due_attempt(unit: CaseworkUnit, callback_id: int, number: int, clock: Clock) -> tuple[WorkOrder, Callback] | None:
    """The callback whose attempt of this number is to be made now; None when it was made, or nobody is to be asked any more."""
    callback = unit.callbacks.get(callback_id)
    stopped = callback.state is not CallbackState.DUE or callback.handover or clock.now() > callback.expires_at
    if stopped or callback.attempts != number - 1 or callback.channel != CallbackChannel.WEB:
        return None
    return unit.work_orders.get(callback.work_order_id), callback


def plan_attempt(callback: Callback, rules: Rules, now: datetime) -> None:
    """The next attempt: after the spacing, in polite hours, within the window and the number of attempts; else none."""
    callback.next_attempt_at = None
    if callback.attempts < rules.callback_attempts:
        at = rules.polite_hours.next(now + timedelta(hours=rules.callback_spacing_hours))
        callback.next_attempt_at = at if at < callback.expires_at else None


def without_conversation(unit: CaseworkUnit, order: WorkOrder, callback: Callback, clock: Clock) -> None:
    """The conversation is gone: an agent calls where there is a phone, else the query code is all there is."""
    if order.requester.phone:
        callback.channel, callback.next_attempt_at = CallbackChannel.PHONE, clock.now()
    else:
        callback.channel, callback.next_attempt_at = CallbackChannel.CODE, None
        _tried(callback, SYSTEM, TryOutcome.OPENED, clock.now())
    unit.callbacks.save(callback)


def hand_over(
    unit: CaseworkUnit,
    callback_id: int,
    rules: Rules,
    clock: Clock,
    contacted: bool | None = None,
    resolved: bool | None = None,
) -> Callback:
    """The citizen wants a person: agents are told, and the order stays 回访中 until one of them has called. What was answered
    so far is kept for the call. Raises: Conflict (answered before, or past its window)."""
    callback = unit.callbacks.get(callback_id)
    now = clock.now()
    callback.check_open(now)
    order = unit.work_orders.get(callback.work_order_id)
    callback.contacted, callback.resolved, callback.handover = contacted, resolved, True
    callback.next_attempt_at = rules.polite_hours.next(now)
    unit.callbacks.save(callback)
    how = "请电话回访。" if order.requester.phone else "市民未留电话，来电时请完成回访。"
    text = f"工单{order.number}的回访中，市民要求人工服务。{how}"
    unit.notices.add(Notice(f"{HANDOVER}:{callback.id}", now, HANDOVER, Role.AGENT, text, work_order_id=order.id))
    return callback


def refuse_callback(unit: CaseworkUnit, callback_id: int, clock: Clock, by: Actor = SYSTEM) -> WorkOrder:
    """The citizen does not want to answer: that is counted apart, and the order archived. Raises: Conflict (it is over)."""
    callback = unit.callbacks.get(callback_id)
    now = clock.now()
    callback.check_open(now)
    order = unit.work_orders.get(callback.work_order_id)
    callback.end(CallbackState.REFUSED)
    if by is not SYSTEM:
        _tried(callback, by, TryOutcome.REFUSED, now)
    unit.callbacks.save(callback)
    _close_notice(unit, callback, by, now)
    for event in [*_called_back(order, now), order.apply("archive", by, now, "市民谢绝回访")]:
        unit.events.append(event)
    unit.work_orders.save(order)
    return order


def answer_callback(
    unit: CaseworkUnit,
    callback_id: int,
    contacted: bool,
    resolved: bool,
    rating: int,
    comment: str,
    rules: Rules,
    clock: Clock,
    tags: Sequence[str] = (),
    by: Actor = SYSTEM,
) -> tuple[WorkOrder, Callback]:
    """Store the answers; a 差评 reopens the order as rework, for a dispatcher who contacts the citizen; else it is archived.

    `by` is the agent who heard them, the system where the citizen gave them.
    Raises: Conflict (answered before or expired), InvalidInput (rating, comment, reasons).
    """
    callback = unit.callbacks.get(callback_id)
    order = unit.work_orders.get(callback.work_order_id)
    now = clock.now()
    callback.answer(contacted, resolved, rating, comment, now, tags)
    if by is not SYSTEM:
        _tried(callback, by, TryOutcome.ANSWERED, now)
    unit.callbacks.save(callback)
    _close_notice(unit, callback, by, now)
    for event in [*_called_back(order, now), _settled(order, callback, rules, now, by)]:
        unit.events.append(event)
    unit.work_orders.save(order)
    return order, callback


def _settled(order: WorkOrder, callback: Callback, rules: Rules, now: datetime, by: Actor) -> WorkOrderEvent:
    reason = _why_reopened(order, callback, rules)
    if not reason:
        return order.apply("archive", by, now, "回访已完成", rating=callback.rating)
    event = order.apply("reopen", by, now, reason, rating=callback.rating)
    order.reworks += 1
    order.closed_at, order.closing_kind = None, None
    order.due_at = rules.deadlines.rework_due_at(now, rules.time)
    order.contact_due_at, order.contacted_at = rules.deadlines.contact_due_at(now, rules.time), None
    rearm(order, rules, now)
    return event


def _why_reopened(order: WorkOrder, callback: Callback, rules: Rules) -> str:
    """The reason why the order is handled again; "" when it is not."""
    if callback.bad:
        return "回访为差评，退回重办"
    said_solved = order.closing_kind is ClosingKind.SOLVED
    reopens = rules.reopen_unresolved == "always" or (rules.reopen_unresolved == "solved" and said_solved)
    return "市民反映问题未解决，退回重办" if reopens and callback.resolved is False else ""


def expire_callback(unit: CaseworkUnit, callback_id: int, clock: Clock) -> WorkOrder | None:
    """Past its window an unanswered callback counts as unreached and its order is archived; None when it was over before."""
    callback = unit.callbacks.get(callback_id)
    if not callback.open:
        return None
    order = unit.work_orders.get(callback.work_order_id)
    now = clock.now()
    callback.end(CallbackState.UNREACHED)
    unit.callbacks.save(callback)
    _close_notice(unit, callback, SYSTEM, now)
    for event in [*_called_back(order, now), order.apply("archive", SYSTEM, now, "回访期满未联系到市民")]:
        unit.events.append(event)
    unit.work_orders.save(order)
    return order


def _called_back(order: WorkOrder, now: datetime) -> list[WorkOrderEvent]:
    """An answer may come before the callback has begun."""
    return [order.apply("call_back", SYSTEM, now)] if order.state in (State.CLOSED, State.ANSWERED) else []


def _close_notice(unit: CaseworkUnit, callback: Callback, by: Actor, now: datetime) -> None:
    """Nobody needs to call any more."""
    for notice in unit.notices.of(callback.work_order_id) if callback.handover else ():
        if notice.key == f"{HANDOVER}:{callback.id}" and notice.done_at is None:
            notice.done_at, notice.done_by = now, by.id
            unit.notices.save(notice)


def _tried(callback: Callback, by: Actor, outcome: TryOutcome, now: datetime) -> None:
    note(callback, by, outcome, now)
    callback.attempts += 1


def note(callback: Callback, by: Actor, outcome: TryOutcome, now: datetime) -> None:
    """Write down what was done, without counting it as an attempt."""
    at = now.astimezone(CITY_TIME).isoformat(timespec="seconds")
    callback.tries = [*callback.tries, {"at": at, "actor": by.id, "outcome": outcome.value}]
