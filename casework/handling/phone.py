"""查看联系电话: whoever must contact the citizen sees the number, which is masked everywhere else; who looked is kept."""

from casework.errors import Forbidden, InvalidInput
from casework.events import Actor
from casework.ports import CaseworkUnit, Clock
from casework.transitions import Role, legal_transitions
from casework.work_order import WorkOrder


def reveal(unit: CaseworkUnit, order_id: int, by: Actor, clock: Clock) -> str:
    """The requester's number. The event names who looked and never the number; the order itself stays as it is, so that
    what others are doing with it is not disturbed. Nothing is committed here.

    Raises: NotFound, Forbidden, IllegalTransition, InvalidInput (no phone was left).
    """
    order = unit.work_orders.get(order_id)
    if refused := _refusal(order, by):
        raise Forbidden(refused)
    order.allow("reveal", by)
    phone = order.requester.phone
    if not phone:
        raise InvalidInput("诉求人没有留电话，无法电话联系。")
    unit.events.append(order.apply("reveal", by, clock.now()))
    return phone


def may_reveal(order: WorkOrder, by: Actor) -> bool:
    """Whether there is a number and `by` may see it now."""
    if not order.requester.phone or _refusal(order, by):
        return False
    return any(row.action == "reveal" for row in legal_transitions(order.state, by.role, order.returns))


def _refusal(order: WorkOrder, by: Actor) -> str:
    """Why `by` must not see whose order it is, "" for no reason: of departments the lead alone, and of nobody's report."""
    if by.role is not Role.DEPARTMENT:
        return ""
    if not order.lead_department or order.lead_department != by.department:
        return "只有承办这张工单的主办单位可以查看诉求人的电话。"
    if order.confidential:
        return "这是保密工单，诉求人的电话不提供给承办单位。需要联系诉求人的，请通过热线转达。"
    return ""
