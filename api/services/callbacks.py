"""回访服务: the agents' list of calls and what they come to; the citizen's answer and 追评 under the query code."""

from datetime import datetime

from api.instance import Instance
from api.jobs.callbacks import end_dialogue
from api.services.callback_views import call_view, callback_view
from api.services.own_orders import departments_of, own_order, own_part, own_view
from api.services.staff_names import staff_names, triers
from casework.callback.callback import Callback, CallbackState, TryOutcome
from casework.callback.callback_call import CALL_OUTCOMES, callback_as_seen, record_call, show_phone
from casework.callback.callback_task import TaskFilter, TaskKind
from casework.callback.follow_up import answer_callback
from casework.callback.follow_up_comment import add_follow_up
from casework.errors import Conflict, InvalidInput
from casework.events import Actor
from storage.unit_of_work import UnitOfWork


class CallbackService:
    """回访服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def tasks(self, kind: str, page: int, size: int) -> dict:
        """What agents must do now, the most pressing first. Raises: InvalidInput (kind)."""
        if kind not in set(TaskKind):
            raise InvalidInput("没有这类回访任务。")
        now = self._instance.clock.now()
        with self._instance.unit() as work:
            found, total = work.callbacks.tasks(TaskFilter(TaskKind(kind)), now, size, (page - 1) * size)
            departments = departments_of(work)
            names = staff_names(work, triers(found))
            items = [call_view(one, work.work_orders.get(one.work_order_id), departments, names) for one in found]
        return {"items": items, "total": total}

    def record(self, callback_id: int, version: int, outcome: str, by: Actor, again_at: datetime | None = None) -> dict:
        """Write down a call without answers. Raises: see `casework.callback.callback_call.record_call`."""
        if outcome not in set(CALL_OUTCOMES):
            raise InvalidInput("请选择通话结果。")
        rules, clock = self._instance.rules, self._instance.clock
        with self._instance.unit() as work:
            called = record_call(work, callback_id, version, TryOutcome(outcome), by, rules, clock, again_at)
            if called.state is CallbackState.REFUSED:
                self._end_dialogue(work, called)
            work.commit()
            names = staff_names(work, triers([called]))
        return callback_view(called, names)

    def answer(
        self,
        callback_id: int,
        version: int,
        contacted: bool,
        resolved: bool,
        rating: int,
        comment: str,
        tags: list[str],
        by: Actor,
    ) -> dict:
        """Store what a citizen answered by phone. Raises: NotFound, Conflict (stale, over), InvalidInput."""
        rules, clock = self._instance.rules, self._instance.clock
        with self._instance.unit() as work:
            if callback_as_seen(work, callback_id, version).state is CallbackState.SCHEDULED:
                raise Conflict("这次回访还没有到时间，请稍后再打。")
            told = contacted, resolved, rating, comment
            _, callback = answer_callback(work, callback_id, *told, rules, clock, tags, by)
            self._end_dialogue(work, callback)
            work.commit()
            names = staff_names(work, triers([callback]))
        return callback_view(callback, names)

    def phone(self, callback_id: int, by: Actor) -> dict:
        """The number to call, once it has been written down who looked. Raises: see `show_phone`."""
        with self._instance.unit() as work:
            phone = show_phone(work, callback_id, by, self._instance.clock)
            work.commit()
            version = work.callbacks.get(callback_id).version
        return {"phone": phone, "version": version}

    def answer_own(
        self,
        query_code: str,
        phone_last4: str,
        contacted: bool,
        resolved: bool,
        rating: int,
        comment: str,
        number: str = "",
        tags: list[str] | None = None,
    ) -> dict:
        """Answer the latest callback of the order, or of its part with this number; the citizen's new view.

        Raises: NotFound, Conflict (none due, answered, expired), InvalidInput.
        """
        rules, clock = self._instance.rules, self._instance.clock
        with self._instance.unit() as work:
            main = own_order(work, query_code, phone_last4)
            order = own_part(work, main, number)
            callbacks = work.callbacks.of(order.id)
            if not callbacks or callbacks[-1].state in (CallbackState.SCHEDULED, CallbackState.EXCLUDED):
                raise Conflict("这张工单现在没有需要评价的回访。")
            told = contacted, resolved, rating, comment
            answer_callback(work, callbacks[-1].id, *told, rules, clock, tags or ())
            self._end_dialogue(work, callbacks[-1])
            work.commit()
        return self._own(query_code, phone_last4)

    def follow_up_own(self, query_code: str, phone_last4: str, text: str, number: str = "") -> dict:
        """追评. Raises: NotFound, Conflict (not now, not twice), InvalidInput."""
        with self._instance.unit() as work:
            order = own_part(work, own_order(work, query_code, phone_last4), number)
            add_follow_up(work, order, text, self._instance.clock)
            work.commit()
        return self._own(query_code, phone_last4)

    def _own(self, query_code: str, phone_last4: str) -> dict:
        with self._instance.unit() as work:
            main = own_order(work, query_code, phone_last4)
            return own_view(work, main, self._instance.rules, self._instance.clock.now())

    def _end_dialogue(self, work: UnitOfWork, callback: Callback) -> None:
        end_dialogue(self._instance, work, work.work_orders.get(callback.work_order_id), callback.id)
