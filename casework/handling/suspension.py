"""挂起: handling waits for something outside (承诺办理); the clock stands still and the deadlines move when it goes on."""

from dataclasses import dataclass
from datetime import datetime

from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules
from casework.handling.support import outstanding
from casework.work_order import WorkOrder


@dataclass(frozen=True, slots=True)
class _Shift:
    """顺延: by the time that a suspension took."""

    rules: Rules
    since: datetime
    until: datetime

    def of(self, due: datetime | None, natural: bool = False) -> datetime | None:
        """A deadline that had passed before the suspension stays as it was; one in natural time moves by natural time."""
        if due is None or due <= self.since:
            return due
        if natural:
            return due + (self.until - self.since)
        return self.rules.time.add(due, self.rules.time.between(self.since, self.until))


def suspend(order: WorkOrder, reason: str, by: Actor, now: datetime) -> WorkOrderEvent:
    """Raises: InvalidInput (no reason), IllegalTransition, Forbidden."""
    event = order.apply("suspend", by, now, reason)
    order.suspended_at = now
    return event


def resume(order: WorkOrder, reason: str, by: Actor, rules: Rules, now: datetime) -> WorkOrderEvent:
    """Go on: the order's deadline and those of the opinions still owed move by the time that was paused.

    Raises: IllegalTransition, Forbidden.
    """
    order.allow("resume", by)
    shift = _Shift(rules, order.suspended_at or now, now)
    due = shift.of(order.due_at, rules.deadlines.natural(order.urgency, order.reworks > 0))
    moved = {}
    if order.due_at is not None and due is not None and due != order.due_at:
        moved = {"due_from": order.due_at.isoformat(), "due_to": due.isoformat()}
    event = order.apply("resume", by, now, reason, **moved)
    order.due_at, order.suspended_at = due, None
    for work in outstanding(order):
        work.due_at = shift.of(work.due_at)
    return event
