"""立单: an appeal becomes a work order, is accepted, and is dispatched or waits for a dispatcher."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from casework.appeal import Appeal
from casework.callback.polite_hours import PoliteHours
from casework.deadline.calendar import WorkingTime
from casework.deadline.deadlines import DeadlineProfile
from casework.deadline.limits import Limits
from casework.deadline.watch import rearm
from casework.deadline.working_hours import DEFAULT_HOURS, WorkingHours, hours_or_default
from casework.errors import NotFound
from casework.events import CITIZEN, SYSTEM, Actor, WorkOrderEvent
from casework.handling.support import assign
from casework.ports import CaseworkUnit, Clock
from casework.transitions import Role
from casework.work_order import Dispatching, WorkOrder


@dataclass(frozen=True, slots=True)
class Rules:
    """办理规则: deadlines on a calendar, and when callbacks are due."""

    deadlines: DeadlineProfile
    time: WorkingTime
    callback_delay_minutes: float = 60
    callback_window_days: float = 7
    callback_attempts: int = 3
    callback_spacing_hours: float = 24
    polite_hours: PoliteHours = field(default_factory=PoliteHours)
    reopen_unresolved: str = "solved"
    """Whether "not resolved" with a rating of 3 or more reopens: solved (where it was closed as 已解决) | always | never."""
    limits: Limits = field(default_factory=Limits)


def order_of(appeal: Appeal, dispatching: Dispatching, category: str, rules: Rules, now: datetime) -> WorkOrder:
    """The order that an appeal becomes at this moment, with its deadline; not stored yet."""
    return WorkOrder(
        type=appeal.type,
        text=appeal.text,
        created_at=now,
        elements=appeal.elements,
        requester=appeal.requester,
        channel=appeal.channel,
        conversation_id=appeal.conversation_id,
        district=appeal.district,
        street=appeal.street,
        category=category,
        urgency=appeal.urgency,
        sentiment=appeal.sentiment,
        confidential=bool(appeal.confidential),
        dispatching=dispatching,
        due_at=rules.deadlines.due_at(now, appeal.type, rules.time, appeal.urgency),
    )


def file_appeal(
    unit: CaseworkUnit,
    appeal: Appeal,
    dispatching: Dispatching,
    category: str,
    rules: Rules,
    clock: Clock,
    by: Actor = CITIZEN,
) -> WorkOrder:
    """Store the order and its first events; on `auto` it is dispatched at once, else it waits (待派单).

    Returns the stored order with number and query code. Nothing is committed here.
    """
    now = clock.now()
    order = order_of(appeal, dispatching, category, rules, now)
    unit.work_orders.add(order)
    actor = by if by.role is not Role.CITIZEN else SYSTEM
    events = [order.apply("accept", actor, now), order.apply("queue", actor, now)]
    if dispatching.decision == "auto":
        hours = hours_of(unit, dispatching.department)
        events.append(dispatch(order, dispatching.department, SYSTEM, rules, clock, hours=hours))
    for event in events:
        unit.events.append(event)
    rearm(order, rules, now)
    unit.work_orders.save(order)
    return order


def dispatch(
    order: WorkOrder,
    department: str,
    by: Actor,
    rules: Rules,
    clock: Clock,
    reason: str = "",
    action: str = "dispatch",
    supporting: Sequence[str] | None = None,
    hours: WorkingHours = DEFAULT_HOURS,
) -> WorkOrderEvent:
    """Give the order to its lead department; a person's choice other than the model's is a corrected label.

    `supporting` are the 协办单位; None leaves them as they are, or, of an automatic dispatch, as its rule has them.
    `hours` are the department's, in which it must sign.
    """
    now = clock.now()
    former = order.lead_department
    if supporting is None and by.role is Role.SYSTEM:
        supporting = proposed_supporting(order) or None
    helpers = order.supporting_departments if supporting is None else supporting
    helpers = [code for code in dict.fromkeys(helpers) if code != department]
    data = {"confidence": order.dispatching.confidence if order.dispatching else 0.0}
    event = order.apply(action, by, now, reason, **data | ({"supporting": helpers} if helpers else {}))
    order.supporting_departments = helpers
    assign(order, rules.limits.support_share, rules.time, now)
    if order.dispatching is not None and by.role is not Role.SYSTEM:
        order.dispatching.department, order.dispatching.decision = department, "person"
        order.corrected = order.corrected or department != order.dispatching.model_department
    order.lead_department = department
    order.dispatched_at = now
    order.sign_due_at = rules.deadlines.sign_due_at(now, rules.time, hours, order.due_at)
    order.signed_at = None
    return event.moved(former, department)


def hours_of(unit: CaseworkUnit, department: str) -> WorkingHours:
    """工作时间 of a department; the default hours of one that is not known any more."""
    try:
        return hours_or_default(unit.departments.get(department).working_hours)
    except NotFound:
        return DEFAULT_HOURS


def proposed_supporting(order: WorkOrder) -> list[str]:
    """协办建议: the supporting departments that the rule named, or whoever split the order, before it is dispatched."""
    return list(order.dispatching.evidence.get("supporting", [])) if order.dispatching else []
