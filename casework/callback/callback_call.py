"""电话回访: what an agent's call of a citizen came to, as seen at a version of the callback."""

from datetime import datetime

from casework.callback.callback import Callback, CallbackState, TryOutcome
from casework.callback.follow_up import note, plan_attempt, refuse_callback
from casework.errors import Conflict, InvalidInput
from casework.events import Actor
from casework.filing import Rules
from casework.ports import CaseworkUnit, Clock

CALL_OUTCOMES = (TryOutcome.NO_ANSWER, TryOutcome.LATER, TryOutcome.WRONG_NUMBER, TryOutcome.REFUSED)
"""What a call comes to that was not answered with a rating."""


def callback_as_seen(unit: CaseworkUnit, callback_id: int, version: int) -> Callback:
    """The callback, which nobody has changed since. Raises: NotFound, Conflict."""
    callback = unit.callbacks.get(callback_id)
    if callback.version != version:
        raise Conflict("这次回访刚刚有新的进展，请刷新后再登记，您填写的内容不会丢失。")
    return callback


def record_call(
    unit: CaseworkUnit,
    callback_id: int,
    version: int,
    outcome: TryOutcome,
    by: Actor,
    rules: Rules,
    clock: Clock,
    again_at: datetime | None = None,
) -> Callback:
    """Write down a call that brought no answers; `again_at` is when the citizen wants to be called (LATER only).

    A call in vain is tried again after the spacing, in polite hours, while attempts are left; a wrong number is not.
    Raises: NotFound, Conflict (stale, answered, expired, not begun), InvalidInput (outcome, time).
    """
    callback = callback_as_seen(unit, callback_id, version)
    now = clock.now()
    callback.check_open(now)
    if callback.state is not CallbackState.DUE:
        raise Conflict("这次回访还没有到时间，请稍后再打。")
    if outcome not in CALL_OUTCOMES:
        raise InvalidInput("请选择通话结果。")
    if outcome is TryOutcome.REFUSED:
        refuse_callback(unit, callback_id, clock, by)
        return unit.callbacks.get(callback_id)
    note(callback, by, outcome, now)
    callback.attempts += 1
    if outcome is TryOutcome.LATER:
        if again_at is None or not now < again_at <= callback.expires_at:
            raise InvalidInput("请选择再次拨打的时间，应晚于现在且在回访截止之前。")
        callback.next_attempt_at = again_at
    elif outcome is TryOutcome.WRONG_NUMBER:
        callback.next_attempt_at = None
    else:
        plan_attempt(callback, rules, now)
    unit.callbacks.save(callback)
    return callback


def show_phone(unit: CaseworkUnit, callback_id: int, by: Actor, clock: Clock) -> str:
    """The number to call, which is masked everywhere else; that it was looked at is kept with the callback.

    Raises: NotFound, Conflict (the callback is over), InvalidInput (no phone was left).
    """
    callback = unit.callbacks.get(callback_id)
    callback.check_open(clock.now())
    phone = unit.work_orders.get(callback.work_order_id).requester.phone
    if not phone:
        raise InvalidInput("市民没有留电话，只能等待市民来电或凭查询码评价。")
    note(callback, by, TryOutcome.PHONE_SHOWN, clock.now())
    unit.callbacks.save(callback)
    return phone
