"""本人工单: the order that a citizen reaches by query code and second factor, with its parts, as the citizen sees it."""

import secrets
from datetime import datetime

from api.services.order_views import citizen_view
from casework.deadline.rescheduling import due_provisional
from casework.errors import NotFound
from casework.filing import Rules
from casework.handling.splitting import parts_of
from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentHistory
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

UNKNOWN = "没有找到这个工单。请检查查询码和电话后四位是否正确（没有留电话的，后四位不用填）。"


def own_order(work: UnitOfWork, query_code: str, phone_last4: str) -> WorkOrder:
    """Raises: NotFound, the same for a wrong code and wrong digits."""
    order = work.work_orders.by_query_code(query_code)
    expected = order.requester.phone[-4:] if order else "----"
    if not secrets.compare_digest(phone_last4.strip().encode(), expected.encode()) or order is None:
        raise NotFound(UNKNOWN)
    return order


def own_part(work: UnitOfWork, main: WorkOrder, number: str) -> WorkOrder:
    """The part with this number of an order; without a number the order itself. Raises: NotFound."""
    for order in (main, *parts_of(work, main)):
        if number in ("", order.number):
            return order
    raise NotFound(UNKNOWN)


def own_view(work: UnitOfWork, order: WorkOrder, rules: Rules, now: datetime) -> dict:
    """OrderView of docs/api.md: the order with what was split from it: the citizen knows one query code."""
    departments, history = departments_of(work), history_of(work)
    views = []
    for one in (order, *parts_of(work, order)):
        events, callbacks = list(work.events.of(one.id)), list(work.callbacks.of(one.id))
        supplements, attachments = list(work.supplements.of(one.id)), list(work.attachments.of(one.id))
        views.append(
            citizen_view(one, events, callbacks, departments, now, history, supplements, attachments, rules.limits)
            | {"due_provisional": due_provisional(one, rules)}
        )
    return views[0] | {"parts": views[1:]}


def departments_of(work: UnitOfWork) -> dict[str, Department]:
    """All departments by code, those that are no more too."""
    return {department.code: department for department in work.departments.all(active_only=False)}


def history_of(work: UnitOfWork) -> DepartmentHistory:
    """What departments were called when."""
    return DepartmentHistory(work.department_changes.all())
