"""时限监控: each open order is looked at when its next step is due; steps are taken once, in order, by the table of `escalation`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from casework.deadline.deadlines import written
from casework.deadline.escalation import BY_NAME, DueStep, holder, marked_at, markers, steps_to_come
from casework.deadline.notice import Notice
from casework.errors import NotFound
from casework.events import SYSTEM, WorkOrderEvent
from casework.ports import CaseworkUnit, Clock
from casework.transitions import ROLE_NAMES, Role
from casework.work_order import WorkOrder

if TYPE_CHECKING:  # filing arms what it files
    from casework.filing import Rules

LATE = timedelta(minutes=10)
"""A step taken later than this says when it should have been taken."""
FORGOTTEN = timedelta(days=30)
"""How long after a former deadline its steps are remembered, should the deadline come back."""


def rearm(order: WorkOrder, rules: "Rules", now: datetime) -> None:
    """Set `watch_at` to the next moment at which something is due, which may have passed; None when nothing is.

    To be called before an order is saved whose state, deadlines, supporting work or contact has changed.
    """
    standing = markers(order)
    order.steps_done = [
        marker for marker in order.steps_done if marker in standing or marked_at(marker) > now - FORGOTTEN
    ]
    order.watch_at = next((due.moment for due in steps_to_come(order, rules)), None)


def settle(unit: CaseworkUnit, order: WorkOrder, now: datetime) -> None:
    """Close the deadlines' notices of this order that nobody need act on any more: signed, replied, closed, moved, put off."""
    for notice in unit.notices.of(order.id):
        if notice.done_at is None and moot(notice, order):
            notice.done_at, notice.done_by = now, SYSTEM.id
            unit.notices.save(notice)


def inherit(unit: CaseworkUnit, order: WorkOrder, heirs: Mapping[str, str]) -> None:
    """机构调整: what a former department had to see to is its successor's. `heirs`: former code → code of now."""
    for notice in unit.notices.of(order.id):
        heir = heirs.get(notice.department, notice.department)
        if notice.done_at is None and heir != notice.department:
            notice.department = heir
            unit.notices.save(notice)


def moot(notice: Notice, order: WorkOrder) -> bool:
    """Whether a notice of a deadline speaks of what is no more; of notices of other kinds nothing is said."""
    step = BY_NAME.get(notice.kind)
    if step is None:
        return False
    if not any(notice.key.startswith(_key(order, marker)) for marker in markers(order)):
        return True
    if step.level > order.supervision_level:
        return True
    concerned = {order.lead_department, *order.supporting_departments}
    return notice.role is Role.DEPARTMENT and notice.department not in concerned


def look(unit: CaseworkUnit, order_id: int, rules: "Rules", clock: Clock) -> list[WorkOrderEvent]:
    """Take the steps of one order that are due, in order. Looked at again at once, nothing more happens.

    Nothing is committed here. Raises: NotFound; Conflict (another acted meanwhile: it is looked at again).
    """
    order, now = unit.work_orders.get(order_id), clock.now()
    former = order.watch_at, list(order.steps_done)
    events = []
    for due in steps_to_come(order, rules):
        if due.moment > now:
            break
        event = _take(unit, order, due, now)
        if event is not None:
            events.append(unit.events.append(event))
    rearm(order, rules, now)
    if former != (order.watch_at, order.steps_done):
        unit.work_orders.save(order)
    return events


def _take(unit: CaseworkUnit, order: WorkOrder, due: DueStep, now: datetime) -> WorkOrderEvent | None:
    """None when the order has been raised to that level of supervision before."""
    step = due.step
    order.steps_done.append(due.marker)
    if step.level and step.level <= order.supervision_level:
        return None
    told = f"{step.title}：{_told(unit, order, due, now)}"
    data: dict[str, object] = {
        "step": step.name,
        "due": due.running.at.isoformat(timespec="seconds"),
        "moment": due.moment.isoformat(timespec="seconds"),
    }
    if step.level:
        data["level"] = step.level
    if due.running.department:
        data["department"] = due.running.department
    event = order.apply(step.action, SYSTEM, now, told, **data)
    order.supervision_level = max(order.supervision_level, step.level)
    order.urges += step.action == "urge"
    for role in dict.fromkeys(holder(order) if role is None else role for role in step.roles):
        department = (due.running.department or order.lead_department) if role is Role.DEPARTMENT else ""
        unit.notices.add(
            Notice(
                key=f"{_key(order, due.marker)}{role.value}:{department}",
                at=now,
                kind=step.name,
                role=role,
                text=f"工单{order.number}{_told(unit, order, due, now)}",
                department=department,
                work_order_id=order.id,
            )
        )
    return event


def _told(unit: CaseworkUnit, order: WorkOrder, due: DueStep, now: datetime) -> str:
    """What to do until when; with the true time where the step comes late."""
    text = due.step.text.format(due=written(due.running.at), holder=_holder_name(unit, order))
    if now - due.moment > LATE:
        text += f"（本步骤应于{written(due.moment)}进行，于{written(now)}补办）"
    return f"{text}。"


def _holder_name(unit: CaseworkUnit, order: WorkOrder) -> str:
    role = holder(order)
    if role is not Role.DEPARTMENT:
        return ROLE_NAMES[role]
    try:
        return unit.departments.get(order.lead_department).name
    except NotFound:
        return ROLE_NAMES[role]


def _key(order: WorkOrder, marker: str) -> str:
    return f"deadline:{order.id}:{marker}:"
