"""工单服务: lists, details, actions, the citizen's query, and the callback answered under the query code."""

import secrets

from api.instance import Instance
from api.services.order_views import citizen_view, row_view, staff_view
from assistant import callback_dialogue
from casework.callback import CallbackState
from casework.department import Department
from casework.errors import Conflict, NotFound
from casework.events import Actor
from casework.follow_up import answer_callback
from casework.handling import Action, act, check_sight
from casework.ports import WorkOrderFilter
from casework.transitions import Role
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

UNKNOWN = "没有找到这个工单。请检查查询码和电话后四位是否正确（没有留电话的，后四位不用填）。"


class OrderService:
    """工单服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def list(self, wanted: WorkOrderFilter, by: Actor, page: int, size: int) -> dict:
        """A page of rows; department staff see their own orders only."""
        if by.role is Role.DEPARTMENT:
            wanted = WorkOrderFilter(wanted.states, by.department, wanted.text, wanted.created_from, wanted.created_to)
        now = self._instance.clock.now()
        with self._instance.unit() as work:
            orders, total = work.work_orders.list(wanted, size, (page - 1) * size)
            departments = _departments(work)
        return {"items": [row_view(order, departments, now) for order in orders], "total": total}

    def detail(self, order_id: int, by: Actor) -> dict:
        """Raises: NotFound, Forbidden."""
        with self._instance.unit() as work:
            order = work.work_orders.get(order_id)
            check_sight(order, by)
            return self._staff_view(work, order, by)

    def act(self, order_id: int, action: Action, by: Actor) -> dict:
        """Take an action and give the new detail. Raises: see `casework.handling.act`."""
        with self._instance.unit() as work:
            order = act(work, order_id, action, by, self._instance.rules, self._instance.clock)
            work.commit()
        with self._instance.unit() as work:
            return self._staff_view(work, work.work_orders.get(order.id), by)

    def query(self, query_code: str, phone_last4: str) -> dict:
        """The citizen's own view. Raises: NotFound, the same for a wrong code and wrong digits."""
        with self._instance.unit() as work:
            order = _own(work, query_code, phone_last4)
            return self._citizen_view(work, order)

    def answer_callback(
        self, query_code: str, phone_last4: str, contacted: bool, resolved: bool, rating: int, comment: str
    ) -> dict:
        """Answer the order's latest callback. Raises: NotFound, Conflict (none due, answered, expired), InvalidInput."""
        with self._instance.unit() as work:
            order = _own(work, query_code, phone_last4)
            callbacks = work.callbacks.of(order.id)
            if not callbacks or callbacks[-1].state is CallbackState.SCHEDULED:
                raise Conflict("这张工单现在没有需要评价的回访。")
            answer_callback(
                work,
                callbacks[-1].id,
                contacted,
                resolved,
                rating,
                comment,
                self._instance.rules,
                self._instance.clock,
            )
            _end_dialogue(work, order, callbacks[-1].id)
            work.commit()
        with self._instance.unit() as work:
            return self._citizen_view(work, work.work_orders.get(order.id))

    def _citizen_view(self, work: UnitOfWork, order: WorkOrder) -> dict:
        events, callbacks = list(work.events.of(order.id)), list(work.callbacks.of(order.id))
        return citizen_view(order, events, callbacks, _departments(work), self._instance.clock.now())

    def _staff_view(self, work: UnitOfWork, order: WorkOrder, by: Actor) -> dict:
        events, callbacks = list(work.events.of(order.id)), list(work.callbacks.of(order.id))
        return staff_view(order, events, callbacks, _departments(work), by, self._instance.clock.now())


def _departments(work: UnitOfWork) -> dict[str, Department]:
    return {department.code: department for department in work.departments.all(active_only=False)}


def _own(work: UnitOfWork, query_code: str, phone_last4: str) -> WorkOrder:
    order = work.work_orders.by_query_code(query_code)
    expected = order.requester.phone[-4:] if order else "----"
    if not secrets.compare_digest(phone_last4.strip().encode(), expected.encode()) or order is None:
        raise NotFound(UNKNOWN)
    return order


def _end_dialogue(work: UnitOfWork, order: WorkOrder, callback_id: int) -> None:
    """The callback was answered here: the conversation must not go on asking."""
    if not order.conversation_id:
        return
    conversation = work.conversations.get(order.conversation_id)
    if conversation.state.get("callback", {}).get("id") == callback_id:
        callback_dialogue.drop(conversation)
        work.conversations.save(conversation)
