"""工单服务: lists, details, actions, the citizen's query."""

from collections.abc import Sequence
from dataclasses import replace

from api.instance import Instance
from api.services.links import for_reader, links_of, merged_counts
from api.services.order_parts import for_department
from api.services.order_views import row_view, staff_view
from api.services.own_orders import departments_of, history_of, own_order, own_view
from api.services.splitting import split_order
from api.services.staff_names import staff_names, triers
from casework.deadline.rescheduling import due_provisional
from casework.errors import InvalidInput
from casework.events import Actor
from casework.handling.handling import Action, act, check_sight, sight_of, supports
from casework.handling.phone import reveal
from casework.handling.splitting import Part, may_split
from casework.ports import WorkOrderFilter
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork


class OrderService:
    """工单服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def list(self, wanted: WorkOrderFilter, by: Actor, page: int, size: int) -> dict:
        """A page of rows; department staff see the orders that their own department and its units lead or support only."""
        now, rules = self._instance.clock.now(), self._instance.rules
        with self._instance.unit() as work:
            wanted = replace(wanted, sight=sight_of(work, by))
            orders, total = work.work_orders.list(wanted, size, (page - 1) * size)
            departments = departments_of(work)
            merged = merged_counts(work, orders, by)
        items = [
            row_view(
                for_department(order, by), departments, now, merged.get(order.id, 0), supports(order, by, wanted.sight)
            )
            | {"due_provisional": due_provisional(order, rules)}
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
        """Take an action and give the new detail. Raises: see `casework.handling.handling.act`."""
        if action.category:
            self._check_category(action.category)
        with self._instance.unit() as work:
            order = act(work, order_id, action, by, self._instance.rules, self._instance.clock)
            work.commit()
        with self._instance.unit() as work:
            return self._staff_view(work, work.work_orders.get(order.id), by)

    def phone(self, order_id: int, by: Actor) -> dict:
        """The requester's number, once it has been written down who looked. Raises: see `casework.handling.phone.reveal`."""
        with self._instance.unit() as work:
            phone = reveal(work, order_id, by, self._instance.clock)
            work.commit()
        return {"phone": phone}

    def _check_category(self, category: str) -> None:
        known = {node.path for node in self._instance.taxonomy}
        if known and category not in known:
            raise InvalidInput("没有这个诉求分类，请从分类表中选择。")

    def split(self, order_id: int, version: int, parts: Sequence[Part], by: Actor) -> dict:
        """Split an appeal with several demands and give the new detail. Raises: see `casework.handling.splitting.split`."""
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
            order = own_order(work, query_code, phone_last4)
            return self._citizen_view(work, order)

    def _citizen_view(self, work: UnitOfWork, order: WorkOrder) -> dict:
        return own_view(work, order, self._instance.rules, self._instance.clock.now())

    def _staff_view(self, work: UnitOfWork, order: WorkOrder, by: Actor) -> dict:
        events, callbacks = list(work.events.of(order.id)), list(work.callbacks.of(order.id))
        now, departments = self._instance.clock.now(), departments_of(work)
        links = links_of(work, order, by, departments)
        merged = merged_counts(work, [order], by).get(order.id, 0)
        shown = for_reader(order, by)
        added = list(work.supplements.of(order.id)), list(work.attachments.of(order.id))
        actors = [*(event.actor.id for event in events), *(one.actor for one in added[0]), *triers(callbacks)]
        names = staff_names(work, actors)
        view = staff_view(
            shown, events, callbacks, departments, by, now, history_of(work), links, merged, *added, names
        )
        supporting = supports(order, by, sight_of(work, by))
        told = {
            "splittable": may_split(work, order, by),
            "due_provisional": due_provisional(order, self._instance.rules),
        }
        return view | {"supporting": supporting} | told
