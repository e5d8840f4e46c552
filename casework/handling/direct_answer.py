"""直接答复: an appeal that the hotline answers itself: it goes to no department, and the citizen is asked afterwards."""

from collections.abc import Iterable

from casework.appeal import Appeal
from casework.callback.follow_up import schedule_callback
from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules, order_of
from casework.handling.reply import check_reply
from casework.ports import CaseworkUnit, Clock
from casework.transitions import State
from casework.work_order import ClosingKind, Dispatching, WorkOrder


def answer_appeal(
    unit: CaseworkUnit,
    appeal: Appeal,
    reply: str,
    dispatching: Dispatching,
    category: str,
    rules: Rules,
    clock: Clock,
    by: Actor,
) -> WorkOrder:
    """Store the order as answered at intake, with its event and its callback; `dispatching` is kept as what was read of it.

    Returns the stored order with number and query code. Nothing is committed here. Raises: InvalidInput, Forbidden.
    """
    check_reply(reply)
    now = clock.now()
    order = order_of(appeal, dispatching, category, rules, now)
    order.allow("answer", by)
    unit.work_orders.add(order)
    unit.events.append(order.apply("answer", by, now))
    answer(unit, order, reply, rules, clock)
    unit.work_orders.save(order)
    return order


def answer(unit: CaseworkUnit, order: WorkOrder, reply: str, rules: Rules, clock: Clock) -> None:
    """What follows for an order that was just answered: it is over, and its callback is due."""
    now = clock.now()
    order.reply, order.replied_at, order.closed_at = reply.strip(), now, now
    order.closing_kind = ClosingKind.EXPLAINED
    schedule_callback(unit, order, rules, clock)


def directly_answered(order: WorkOrder, events: Iterable[WorkOrderEvent]) -> bool:
    """Whether the hotline's own answer is what the citizen got; no more once it is to be handled by a department (重办)."""
    if order.lead_department or order.state not in (State.ANSWERED, State.CALLBACK, State.ARCHIVED):
        return False
    return any(event.name == "WorkOrderAnswered" for event in events)
