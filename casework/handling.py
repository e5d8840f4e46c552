"""办理: what staff do with a work order, one action at a time, checked against the table and the order's version."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from casework.department import with_units
from casework.errors import Conflict, Forbidden, InvalidInput
from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules, dispatch
from casework.follow_up import schedule_callback
from casework.linking import conclude, merge, unmerge
from casework.ports import CaseworkUnit, Clock
from casework.transitions import Role, State, legal_transitions
from casework.work_order import MAX_REPLY, ClosingKind, WorkOrder

MAX_SUPPORTING = 5
"""协办单位 of one order."""
NEEDS = {
    "dispatch": ("department",),
    "reassign": ("department",),
    "merge": ("main",),
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
        "reassign",
        "merge",
        "unmerge",
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
    main: str = ""
    """并单: number of the order that this one is merged into."""
    supporting: tuple[str, ...] | None = None
    """协办单位 (codes) of a dispatch or reassignment; None leaves them as they are."""


def sight_of(unit: CaseworkUnit, by: Actor) -> tuple[str, ...]:
    """Codes of the departments whose orders `by` may see: department staff their own and its units'; empty = all."""
    if by.role is not Role.DEPARTMENT:
        return ()
    return with_units(by.department, unit.departments.all(active_only=False))


def check_sight(order: WorkOrder, by: Actor, sight: Collection[str] = ()) -> None:
    """Department staff handle the orders led by their own department alone, and see those that a department of its
    `sight` leads or supports as well. Raises: Forbidden."""
    if _is_own(order, by) or order.lead_department in sight or supports(order, by, sight):
        return
    raise Forbidden("这不是本单位承办的工单。")


def supports(order: WorkOrder, by: Actor, sight: Collection[str]) -> bool:
    """协办: whether `by` sees the order only because a department of its `sight` supports the lead."""
    if by.role is not Role.DEPARTMENT or order.lead_department in sight:
        return False
    return any(code in sight for code in order.supporting_departments)


def _is_own(order: WorkOrder, by: Actor) -> bool:
    return by.role is not Role.DEPARTMENT or order.lead_department == by.department


def actions_for(order: WorkOrder, by: Actor) -> list[str]:
    """Names of the actions that `by` may take now; none on an order that is only seen, a unit's."""
    if not _is_own(order, by):
        return []
    names = [row.action for row in legal_transitions(order.state, by.role, order.returns) if row.action in BY_HAND]
    return (
        [name for name in names if (name == "unmerge") == order.held]
        if order.state is State.PENDING_DISPATCH
        else names
    )


def act(unit: CaseworkUnit, order_id: int, action: Action, by: Actor, rules: Rules, clock: Clock) -> WorkOrder:
    """Do it: check, change, store order and events. Nothing is committed here.

    Raises: NotFound, Forbidden, Conflict (another acted since), IllegalTransition, InvalidInput.
    """
    order = as_seen(unit, order_id, action.version, by)
    if action.name not in BY_HAND:
        raise InvalidInput("没有这个操作。")
    events = _do(unit, order, action, by, rules, clock)
    for event in events:
        unit.events.append(event)
    if action.name in ("close", "answer"):
        conclude(unit, order, rules, clock)
    unit.work_orders.save(order)
    return order


def as_seen(unit: CaseworkUnit, order_id: int, version: int, by: Actor) -> WorkOrder:
    """The order, which `by` handles and which nobody has changed since `by` saw it. Raises: NotFound, Forbidden, Conflict."""
    order = unit.work_orders.get(order_id)
    check_sight(order, by)
    if order.version != version:
        raise Conflict("这张工单刚刚被其他人处理过，请查看最新状态后再操作，您填写的内容不会丢失。")
    return order


def _do(
    unit: CaseworkUnit, order: WorkOrder, action: Action, by: Actor, rules: Rules, clock: Clock
) -> list[WorkOrderEvent]:
    now = clock.now()
    if action.name == "dispatch":
        return [_dispatch(unit, order, action, by, rules, clock)]
    if action.name == "reassign":
        return [_reassign(unit, order, action, by, rules, clock)]
    if action.name == "merge":
        merge(unit, order, action.main, by, clock, action.reason)
        return []
    if action.name == "unmerge":
        unmerge(unit, order, by, clock, action.reason)
        return []
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
    check_departments(unit, action.department, action.supporting or ())
    if order.state is State.REWORK:
        order.due_at = rules.deadlines.rework_due_at(clock.now(), rules.time)
    return dispatch(order, action.department, by, rules, clock, action.reason, supporting=action.supporting)


def _reassign(
    unit: CaseworkUnit, order: WorkOrder, action: Action, by: Actor, rules: Rules, clock: Clock
) -> WorkOrderEvent:
    """改派: the former department's unfinished reply is not shown as the new one's; the deadline stays."""
    check_departments(unit, action.department, action.supporting or ())
    if action.department == order.lead_department:
        raise InvalidInput("工单已由该单位承办，请选择其他单位。")
    event = dispatch(order, action.department, by, rules, clock, action.reason, "reassign", action.supporting)
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


def _check_reply(reply: str) -> None:
    if not reply.strip():
        raise InvalidInput("请填写答复内容。")
    if len(reply) > MAX_REPLY:
        raise InvalidInput(f"答复内容超过{MAX_REPLY}字，请精简后再提交。")


def _check_closing(kind: str) -> None:
    if kind not in set(ClosingKind):
        raise InvalidInput("请选择办结类型：" + "、".join(ClosingKind) + "。")
