"""追评: one more comment of the citizen on an archived order, some time after the rating."""

from datetime import datetime, timedelta

from casework.callback.callback import Callback, CallbackState, check_comment
from casework.errors import Conflict, InvalidInput
from casework.events import CITIZEN
from casework.ports import CaseworkUnit, Clock
from casework.transitions import State
from casework.work_order import WorkOrder

DAYS = timedelta(days=30)
"""After the answer."""


def follow_up_on(order: WorkOrder, callbacks: list[Callback], now: datetime) -> Callback | None:
    """The answered callback that may be commented on now: the latest, once per order; None when there is none."""
    answered = [callback for callback in callbacks if callback.state is CallbackState.ANSWERED]
    if order.state is not State.ARCHIVED or not answered or any(callback.followed_up_at for callback in answered):
        return None
    latest = answered[-1]
    return latest if latest.answered_at is not None and now <= latest.answered_at + DAYS else None


def add_follow_up(unit: CaseworkUnit, order: WorkOrder, text: str, clock: Clock) -> Callback:
    """Store it. Raises: InvalidInput (empty, too long), Conflict (there is one, no rating, too late, not archived)."""
    if not text.strip():
        raise InvalidInput("请填写追评内容。")
    check_comment(text)
    callbacks, now = list(unit.callbacks.of(order.id)), clock.now()
    if any(callback.followed_up_at for callback in callbacks):
        raise Conflict("这张工单您已经追评过了，感谢您的反馈。")
    callback = follow_up_on(order, callbacks, now)
    if callback is None:
        raise Conflict("现在不能追评：工单归档并评价后30天内可以追评一次。如有新的问题，请重新提交诉求。")
    callback.follow_up, callback.followed_up_at = text.strip(), now
    unit.callbacks.save(callback)
    unit.events.append(order.apply("follow_up", CITIZEN, now, round=callback.round))
    unit.work_orders.save(order)
    return callback
