"""派单与改派 by hand: which departments an order may go to, and what changes when it goes there."""

from collections.abc import Sequence

from casework.errors import InvalidInput
from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules, dispatch, hours_of
from casework.ports import CaseworkUnit, Clock
from casework.transitions import State
from casework.work_order import WorkOrder

MAX_SUPPORTING = 5
"""协办单位 of one order."""


def give(
    unit: CaseworkUnit,
    order: WorkOrder,
    department: str,
    supporting: Sequence[str] | None,
    reason: str,
    by: Actor,
    rules: Rules,
    clock: Clock,
) -> WorkOrderEvent:
    """派单. Raises: InvalidInput, NotFound (an unknown code), IllegalTransition, Forbidden."""
    check_departments(unit, department, supporting or ())
    if order.state is State.REWORK:
        order.due_at = rules.deadlines.rework_due_at(clock.now(), rules.time)
        order.support_work = []  # a rework is answered anew, by its supporting departments too
    hours = hours_of(unit, department)
    return dispatch(order, department, by, rules, clock, reason, supporting=supporting, hours=hours)


def reassign(
    unit: CaseworkUnit,
    order: WorkOrder,
    department: str,
    supporting: Sequence[str] | None,
    reason: str,
    by: Actor,
    rules: Rules,
    clock: Clock,
) -> WorkOrderEvent:
    """改派: the former department's unfinished reply is not shown as the new one's; the deadline stays.

    Raises: InvalidInput, NotFound (an unknown code), IllegalTransition, Forbidden.
    """
    check_departments(unit, department, supporting or ())
    if department == order.lead_department:
        raise InvalidInput("工单已由该单位承办，请选择其他单位。")
    hours = hours_of(unit, department)
    event = dispatch(order, department, by, rules, clock, reason, "reassign", supporting, hours)
    order.corrected = True
    order.reply, order.replied_at = "", None
    return event


def check_departments(unit: CaseworkUnit, lead: str, supporting: Sequence[str]) -> None:
    """An order may go to this lead with these supporting departments. Raises: InvalidInput, NotFound (an unknown code)."""
    if not lead:
        raise InvalidInput("请选择承办单位。")
    if not unit.departments.get(lead).active:
        raise InvalidInput("该承办单位已停用，请另选一个。")
    check_supporting(unit, lead, supporting)


def check_supporting(unit: CaseworkUnit, lead: str, codes: Sequence[str]) -> None:
    """These departments may support `lead` ("" = not chosen yet). Raises: InvalidInput, NotFound (an unknown code)."""
    if len(set(codes)) > MAX_SUPPORTING:
        raise InvalidInput(f"协办单位最多{MAX_SUPPORTING}个，请减少后再提交。")
    if lead and lead in codes:
        raise InvalidInput("主办单位不能同时是协办单位，请去掉其中一个。")
    for code in codes:
        department = unit.departments.get(code)
        if not department.active:
            raise InvalidInput(f"协办单位“{department.name}”已停用，请去掉或另选一个。")
