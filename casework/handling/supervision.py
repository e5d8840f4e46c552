"""催办与督办: reminders, by citizens once a day, and a supervisor's levelled intervention."""

from collections.abc import Iterable
from datetime import datetime

from casework.deadline.calendar import CITY_TIME
from casework.deadline.escalation import HOLDERS, holder
from casework.deadline.notice import Notice
from casework.errors import Conflict, InvalidInput
from casework.events import SYSTEM, Actor, WorkOrderEvent
from casework.handling.action import MAX_LEVEL
from casework.handling.linking import main_of
from casework.ports import CaseworkUnit, Clock
from casework.transitions import Role
from casework.work_order import WorkOrder

URGED = "WorkOrderUrged"
NOTICE = "urged"
"""Kind of the notice that an urged order gives to whose turn it is."""


def urge(unit: CaseworkUnit, order: WorkOrder, by: Actor, clock: Clock, reason: str = "") -> WorkOrder:
    """催办, counted; of an order that waits for its main order the main order is urged too. Nothing is committed here.

    Raises: Conflict (the citizen urged today already), IllegalTransition, Forbidden.
    """
    now = clock.now()
    order.allow("urge", by)
    if by.role is Role.CITIZEN and urged_on(unit.events.of(order.id), now):
        raise Conflict("您今天已经催办过，我们已经记录并转告承办单位。如仍未办理，明天可以再次催办。", "urged_today")
    main = main_of(unit, order)
    order.urges += 1
    unit.events.append(order.apply("urge", by, now, reason, urges=order.urges))
    _tell(unit, main, order, now)
    if main.id != order.id:
        main.urges += 1
        unit.events.append(main.apply("urge", SYSTEM, now, f"并入的工单{order.number}被催办", urges=main.urges))
        unit.work_orders.save(main)
    return order


def _tell(unit: CaseworkUnit, main: WorkOrder, urged: WorkOrder, now: datetime) -> None:
    """Whose turn it is learns of it at once."""
    role = holder(main)
    notice = Notice(
        key=f"{NOTICE}:{urged.id}:{urged.urges}",
        at=now,
        kind=NOTICE,
        role=role,
        text=f"工单{main.number}被催办（第{urged.urges}次），请尽快处理。",
        department=main.lead_department if role is Role.DEPARTMENT else "",
        work_order_id=main.id,
    )
    unit.notices.add(notice)


def settle_urges(unit: CaseworkUnit, order: WorkOrder, now: datetime) -> None:
    """Close the notices of reminders to those whose turn it is no longer."""
    role = HOLDERS.get(order.state)
    for notice in unit.notices.of(order.id):
        if notice.kind != NOTICE or notice.done_at is not None:
            continue
        if notice.role is role and notice.department in ("", order.lead_department):
            continue
        notice.done_at, notice.done_by = now, SYSTEM.id
        unit.notices.save(notice)


def urged_on(events: Iterable[WorkOrderEvent], now: datetime) -> bool:
    """Whether the citizen urged it on this day of the city."""
    today = now.astimezone(CITY_TIME).date()
    return any(
        event.name == URGED and event.actor.role is Role.CITIZEN and event.at.astimezone(CITY_TIME).date() == today
        for event in events
    )


def supervise(order: WorkOrder, level: int, reason: str, by: Actor, now: datetime) -> WorkOrderEvent:
    """督办 at a higher level than before. Raises: InvalidInput, IllegalTransition, Forbidden."""
    if not 1 <= level <= MAX_LEVEL:
        raise InvalidInput(f"督办级别应为1至{MAX_LEVEL}级。")
    if level <= order.supervision_level:
        raise InvalidInput(f"这张工单已是督办{order.supervision_level}级，只能提高级别；需要降低的，请先解除督办。")
    event = order.apply("supervise", by, now, reason, level=level)
    order.supervision_level = level
    return event


def release(order: WorkOrder, reason: str, by: Actor, now: datetime) -> WorkOrderEvent:
    """解除督办. Raises: InvalidInput, IllegalTransition, Forbidden."""
    if not order.supervision_level:
        raise InvalidInput("这张工单没有督办。")
    event = order.apply("release", by, now, reason, level=order.supervision_level)
    order.supervision_level = 0
    return event
