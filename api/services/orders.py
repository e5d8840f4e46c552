"""工单服务: lists, details, actions, the citizen's query, and the callback answered under the query code."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from api.instance import Instance
from api.services.links import for_reader, links_of, merged_counts
from api.services.order_views import citizen_view, row_view, staff_view
from api.services.splitting import split_order
from assistant import callback_dialogue
from assistant.turn import append
from casework.callback import CallbackState
from casework.department import Department
from casework.department_change import DepartmentHistory
from casework.errors import Conflict, NotFound
from casework.events import Actor
from casework.follow_up import answer_callback
from casework.handling import Action, act, check_sight, sight_of, supports
from casework.ports import WorkOrderFilter
from casework.splitting import Part, may_split, parts_of
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

UNKNOWN = "没有找到这个工单。请检查查询码和电话后四位是否正确（没有留电话的，后四位不用填）。"


class OrderService:
    """工单服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def list(self, wanted: WorkOrderFilter, by: Actor, page: int, size: int) -> dict:
        """A page of rows; department staff see the orders that their own department and its units lead or support only."""
        now = self._instance.clock.now()
        with self._instance.unit() as work:
            wanted = replace(wanted, sight=sight_of(work, by))
            orders, total = work.work_orders.list(wanted, size, (page - 1) * size)
            departments = _departments(work)
            merged = merged_counts(work, orders, by)
        items = [
            row_view(order, departments, now, merged.get(order.id, 0), supports(order, by, wanted.sight))
            for order in orders
        ]
        return {"items": items, "total": total}

    def detail(self, order_id: int, by: Actor) -> dict:
        """Raises: NotFound, Forbidden."""
        with self._instance.unit() as work:
            order = work.work_orders.get(order_id)
            check_sight(order, by, sight_of(work, by))
            return self._staff_view(work, order, by)

    def act(self, order_id: int, action: Action, by: Actor) -> dict:
        """Take an action and give the new detail. Raises: see `casework.handling.act`."""
        with self._instance.unit() as work:
            order = act(work, order_id, action, by, self._instance.rules, self._instance.clock)
            work.commit()
        with self._instance.unit() as work:
            return self._staff_view(work, work.work_orders.get(order.id), by)

    def split(self, order_id: int, version: int, parts: Sequence[Part], by: Actor) -> dict:
        """Split an appeal with several demands and give the new detail. Raises: see `casework.splitting.split`."""
        order = split_order(self._instance, order_id, version, parts, by)
        with self._instance.unit() as work:
            return self._staff_view(work, work.work_orders.get(order.id), by)

    def earlier(self, order: WorkOrder) -> dict:
        """Numbers of the orders of the same person that an order just filed belongs to, "" for none."""
        with self._instance.unit() as work:
            flags = {"duplicate_of": order.duplicate_of, "repeat_of": order.repeat_of}
            return {name: work.work_orders.get(other).number if other else "" for name, other in flags.items()}

    def query(self, query_code: str, phone_last4: str) -> dict:
        """The citizen's own view. Raises: NotFound, the same for a wrong code and wrong digits."""
        with self._instance.unit() as work:
            order = _own(work, query_code, phone_last4)
            return self._citizen_view(work, order)

    def answer_callback(
        self,
        query_code: str,
        phone_last4: str,
        contacted: bool,
        resolved: bool,
        rating: int,
        comment: str,
        number: str = "",
    ) -> dict:
        """Answer the latest callback of the order, or of its part with this number.

        Raises: NotFound, Conflict (none due, answered, expired), InvalidInput.
        """
        with self._instance.unit() as work:
            main = _own(work, query_code, phone_last4)
            order = _part(work, main, number)
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
            self._end_dialogue(work, order, callbacks[-1].id)
            work.commit()
        with self._instance.unit() as work:
            return self._citizen_view(work, work.work_orders.get(main.id))

    def _end_dialogue(self, work: UnitOfWork, order: WorkOrder, callback_id: int) -> None:
        """The callback was answered here: the conversation must not go on asking about it."""
        if not order.conversation_id:
            return
        conversation = work.conversations.get(order.conversation_id)
        if not callback_dialogue.asks_about(conversation, callback_id):
            return
        following = callback_dialogue.drop(conversation, callback_id)
        if following is not None:
            append(conversation, "", following, self._instance.clock.now())
        work.conversations.save(conversation)

    def _citizen_view(self, work: UnitOfWork, order: WorkOrder) -> dict:
        """The order, with what was split from it: the citizen knows one query code."""
        now, departments, history = self._instance.clock.now(), _departments(work), _history(work)
        views = [
            citizen_view(one, list(work.events.of(one.id)), list(work.callbacks.of(one.id)), departments, now, history)
            for one in (order, *parts_of(work, order))
        ]
        return views[0] | {"parts": views[1:]}

    def _staff_view(self, work: UnitOfWork, order: WorkOrder, by: Actor) -> dict:
        events, callbacks = list(work.events.of(order.id)), list(work.callbacks.of(order.id))
        now, departments = self._instance.clock.now(), _departments(work)
        links = links_of(work, order, by, departments)
        merged = merged_counts(work, [order], by).get(order.id, 0)
        shown = for_reader(order, by)
        view = staff_view(shown, events, callbacks, departments, by, now, _history(work), links, merged)
        supporting = supports(order, by, sight_of(work, by))
        return view | {"supporting": supporting, "splittable": may_split(work, order, by)}


def _departments(work: UnitOfWork) -> dict[str, Department]:
    return {department.code: department for department in work.departments.all(active_only=False)}


def _history(work: UnitOfWork) -> DepartmentHistory:
    return DepartmentHistory(work.department_changes.all())


def _own(work: UnitOfWork, query_code: str, phone_last4: str) -> WorkOrder:
    order = work.work_orders.by_query_code(query_code)
    expected = order.requester.phone[-4:] if order else "----"
    if not secrets.compare_digest(phone_last4.strip().encode(), expected.encode()) or order is None:
        raise NotFound(UNKNOWN)
    return order


def _part(work: UnitOfWork, main: WorkOrder, number: str) -> WorkOrder:
    """The part with this number of an order; without a number the order itself. Raises: NotFound."""
    for order in (main, *parts_of(work, main)):
        if number in ("", order.number):
            return order
    raise NotFound(UNKNOWN)
