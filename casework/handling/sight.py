"""查看范围: which orders a person may see, and which of them are the person's own to handle."""

from collections.abc import Collection

from casework.errors import Conflict, Forbidden
from casework.events import Actor
from casework.organisation.department import with_units
from casework.ports import CaseworkUnit
from casework.transitions import Role
from casework.work_order import WorkOrder


def sight_of(unit: CaseworkUnit, by: Actor) -> tuple[str, ...]:
    """Codes of the departments whose orders `by` may see: department staff their own and its units'; empty = all."""
    if by.role is not Role.DEPARTMENT:
        return ()
    return with_units(by.department, unit.departments.all(active_only=False))


def check_sight(order: WorkOrder, by: Actor, sight: Collection[str] = ()) -> None:
    """Department staff handle the orders led by their own department alone, and see those that a department of its
    `sight` leads or supports as well. Raises: Forbidden."""
    if is_own(order, by) or order.lead_department in sight or supports(order, by, sight):
        return
    raise Forbidden("这不是本单位承办的工单。")


def supports(order: WorkOrder, by: Actor, sight: Collection[str]) -> bool:
    """协办: whether `by` sees the order only because a department of its `sight` supports the lead."""
    if by.role is not Role.DEPARTMENT or order.lead_department in sight:
        return False
    return any(code in sight for code in order.supporting_departments)


def is_own(order: WorkOrder, by: Actor) -> bool:
    """Whether the order is handled where `by` works: by the office any, by department staff their own department's."""
    return by.role is not Role.DEPARTMENT or (bool(by.department) and order.lead_department == by.department)


def as_seen(unit: CaseworkUnit, order_id: int, version: int, by: Actor, sight: Collection[str] = ()) -> WorkOrder:
    """The order, which `by` handles (or sees, by `sight`) and which nobody has changed since `by` saw it.

    Raises: NotFound, Forbidden, Conflict.
    """
    order = unit.work_orders.get(order_id)
    check_sight(order, by, sight)
    if order.version != version:
        raise Conflict("这张工单刚刚被其他人处理过，请查看最新状态后再操作，您填写的内容不会丢失。")
    return order
