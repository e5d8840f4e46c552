"""延期: a department asks for more working days, a supervisor decides."""

from datetime import datetime

from casework.errors import InvalidInput
from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules
from casework.work_order import WorkOrder


def request(order: WorkOrder, days: int, reason: str, by: Actor, rules: Rules, now: datetime) -> WorkOrderEvent:
    """Ask, before the deadline has passed. Raises: InvalidInput, IllegalTransition, Forbidden."""
    _check(order, days, rules, now)
    event = order.apply("request_extension", by, now, reason, days=days)
    order.extension_days = days
    return event


def _check(order: WorkOrder, days: int, rules: Rules, now: datetime) -> None:
    most = min(rules.limits.extension_days, rules.deadlines.max_extension_days)
    if order.extensions >= rules.limits.extensions:
        raise InvalidInput(f"这张工单已经延期{order.extensions}次，不能再次申请延期。")
    if order.due_at is None or now > order.due_at:
        raise InvalidInput("办理期限已过，不能再申请延期，请尽快办理答复。")
    if not 1 <= days <= most:
        raise InvalidInput(f"申请延期的天数应为1至{most}个工作日。")


def decide(
    order: WorkOrder, approved: bool | None, reason: str, by: Actor, rules: Rules, now: datetime
) -> WorkOrderEvent:
    """Grant it, which moves the deadline by the working days asked for, or refuse it, which leaves everything as it was.

    Raises: InvalidInput (not decided, no reason), IllegalTransition, Forbidden.
    """
    if approved is None:
        raise InvalidInput("请选择同意延期或不同意延期。")
    days, before = order.extension_days, order.due_at
    if not approved or before is None:
        event = order.apply("decide_extension", by, now, reason, approved=False, days=days)
        order.extension_days = 0
        return event
    due = rules.time.add_days(before, days)
    moved = {"due_from": before.isoformat(), "due_to": due.isoformat()}
    event = order.apply("decide_extension", by, now, reason, approved=True, days=days, **moved)
    order.due_at = due
    order.extension_days, order.extensions = 0, order.extensions + 1
    return event
