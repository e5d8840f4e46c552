"""办理: what staff do with a work order, one action at a time, checked against the table and the order's version."""

from dataclasses import dataclass

from casework.errors import Conflict, Forbidden, InvalidInput
from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules, dispatch
from casework.follow_up import schedule_callback
from casework.ports import CaseworkUnit, Clock
from casework.transitions import Role, State, legal_transitions
from casework.work_order import MAX_REPLY, ClosingKind, WorkOrder

NEEDS = {
    "dispatch": ("department",),
    "reply": ("reply",),
    "answer": ("reply",),
    "close": ("closing_kind",),
}
"""What an action needs besides a reason, by name of the field."""
BY_HAND = frozenset(
    [
        "reject",
        "transfer",
        "answer",
        "dispatch",
        "sign",
        "return",
        "requeue",
        "adjudicate",
        "start",
        "request_extension",
        "decide_extension",
        "suspend",
        "resume",
        "reply",
        "reject_reply",
        "close",
    ]
)
"""Actions that staff may take; the others are the system's steps."""


@dataclass(frozen=True, slots=True)
class Action:
    """操作: what to do and with what; `version` is the order's as the person saw it."""

    name: str
    version: int
    reason: str = ""
    department: str = ""
    reply: str = ""
    closing_kind: str = ""


def check_sight(order: WorkOrder, by: Actor) -> None:
    """Department staff see and handle the orders led by their own department. Raises: Forbidden."""
    if by.role is Role.DEPARTMENT and order.lead_department != by.department:
        raise Forbidden("这不是本单位承办的工单。")


def actions_for(order: WorkOrder, by: Actor) -> list[str]:
    """Names of the actions that `by` may take now."""
    return [row.action for row in legal_transitions(order.state, by.role, order.returns) if row.action in BY_HAND]


def act(unit: CaseworkUnit, order_id: int, action: Action, by: Actor, rules: Rules, clock: Clock) -> WorkOrder:
    """Do it: check, change, store order and events. Nothing is committed here.

    Raises: NotFound, Forbidden, Conflict (another acted since), IllegalTransition, InvalidInput.
    """
    order = unit.work_orders.get(order_id)
    check_sight(order, by)
    if order.version != action.version:
        raise Conflict("这张工单刚刚被其他人处理过，请查看最新状态后再操作，您填写的内容不会丢失。")
    if action.name not in BY_HAND:
        raise InvalidInput("没有这个操作。")
    events = _do(unit, order, action, by, rules, clock)
    for event in events:
        unit.events.append(event)
    unit.work_orders.save(order)
    return order


def _do(
    unit: CaseworkUnit, order: WorkOrder, action: Action, by: Actor, rules: Rules, clock: Clock
) -> list[WorkOrderEvent]:
    now = clock.now()
    if action.name == "dispatch":
        return [_dispatch(unit, order, action, by, rules, clock)]
    if action.name in ("reply", "answer"):
        _check_reply(action.reply)
    if action.name == "close":
        _check_closing(action.closing_kind)
    event = order.apply(action.name, by, now, action.reason)
    if action.name == "sign":
        order.signed_at = now
        return [event, order.apply("start", by, now)]
    if action.name == "return":
        order.returns += 1
        event = event.moved(order.lead_department, "")
        order.lead_department = ""
    elif action.name == "reply":
        order.reply, order.replied_at = action.reply.strip(), now
    elif action.name == "answer":
        order.reply, order.replied_at, order.closed_at = action.reply.strip(), now, now
        order.closing_kind = ClosingKind.EXPLAINED
        schedule_callback(unit, order, rules, clock)
    elif action.name == "close":
        order.closing_kind, order.closed_at = ClosingKind(action.closing_kind), now
        schedule_callback(unit, order, rules, clock)
    return [event]


def _dispatch(
    unit: CaseworkUnit, order: WorkOrder, action: Action, by: Actor, rules: Rules, clock: Clock
) -> WorkOrderEvent:
    if not action.department:
        raise InvalidInput("请选择承办单位。")
    if not unit.departments.get(action.department).active:
        raise InvalidInput("该承办单位已停用，请另选一个。")
    if order.state is State.REWORK:
        order.due_at = rules.deadlines.rework_due_at(clock.now(), rules.time)
    return dispatch(order, action.department, by, rules, clock, action.reason)


def _check_reply(reply: str) -> None:
    if not reply.strip():
        raise InvalidInput("请填写答复内容。")
    if len(reply) > MAX_REPLY:
        raise InvalidInput(f"答复内容超过{MAX_REPLY}字，请精简后再提交。")


def _check_closing(kind: str) -> None:
    if kind not in set(ClosingKind):
        raise InvalidInput("请选择办结类型：" + "、".join(ClosingKind) + "。")
