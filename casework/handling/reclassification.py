"""更正分类: type, category, urgency and protection of an order as a person corrects them, with what follows for its deadline."""

from datetime import datetime

from casework.appeal import AppealType, Urgency
from casework.errors import Forbidden, InvalidInput
from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules
from casework.transitions import Role
from casework.work_order import WorkOrder

MAX_CATEGORY = 200


def reclassify(
    order: WorkOrder,
    kind: str,
    category: str,
    urgency: str,
    confidential: bool | None,
    reason: str,
    by: Actor,
    rules: Rules,
    now: datetime,
) -> WorkOrderEvent:
    """Correct what differs; "" and None leave things as they are. A change of type gives the deadline of the new type.

    A type with a later deadline, and lifting a protection, are a supervisor's decision: nobody gains time by renaming.
    Raises: InvalidInput (nothing to change, no such type), IllegalTransition, Forbidden.
    """
    order.allow("reclassify", by)
    before = _facts(order)
    wanted = _wanted(order, kind, category.strip(), urgency, confidential)
    changes = {name: [before[name], value] for name, value in wanted.items() if before[name] != value}
    if not changes:
        raise InvalidInput("没有需要更正的内容，请修改类型、分类、紧急程度或保密后再提交。")
    supervisor = by.role is Role.SUPERVISOR
    if changes.get("confidential", [None, None])[1] is False and not supervisor:
        raise Forbidden("取消保密须由督办员执行。")
    due = order.due_at
    if {"type", "urgency"} & changes.keys():
        due = _due_at(order, AppealType(wanted["type"]), Urgency(wanted["urgency"]), rules)
    moved = {}
    if order.due_at is not None and due is not None and due != order.due_at:
        if due > order.due_at and not supervisor:
            raise Forbidden("更正后的办理期限比原来晚，须由督办员执行。")
        moved = {"due_from": order.due_at.isoformat(), "due_to": due.isoformat()}
    event = order.apply("reclassify", by, now, reason, changes=changes, **moved)
    order.type, order.urgency = AppealType(wanted["type"]), Urgency(wanted["urgency"])
    order.category, order.confidential = str(wanted["category"]), bool(wanted["confidential"])
    order.due_at = due
    return event


def _facts(order: WorkOrder) -> dict:
    return {
        "type": order.type.value,
        "category": order.category,
        "urgency": order.urgency.value,
        "confidential": order.confidential,
    }


def _wanted(order: WorkOrder, kind: str, category: str, urgency: str, confidential: bool | None) -> dict:
    """As it is to be; what becomes a report (举报) is protected unless that is said otherwise."""
    if kind and kind not in set(AppealType):
        raise InvalidInput("诉求类型应为：" + "、".join(AppealType) + "。")
    if urgency and urgency not in set(Urgency):
        raise InvalidInput("紧急程度应为：" + "、".join(Urgency) + "。")
    if len(category) > MAX_CATEGORY:
        raise InvalidInput(f"诉求分类超过{MAX_CATEGORY}字，请重新选择。")
    now = _facts(order)
    becomes_report = kind == AppealType.REPORT and order.type is not AppealType.REPORT
    protected = (order.confidential or becomes_report) if confidential is None else confidential
    return {
        "type": kind or now["type"],
        "category": category or now["category"],
        "urgency": urgency or now["urgency"],
        "confidential": protected,
    }


def _due_at(order: WorkOrder, kind: AppealType, urgency: Urgency, rules: Rules) -> datetime | None:
    """By the new type from acceptance, with what was granted since (延期、挂起) on top; of a rework as it is."""
    if order.due_at is None or order.reworks:
        return order.due_at
    former = _as_accepted(order, order.type, order.urgency, rules)
    due = _as_accepted(order, kind, urgency, rules)
    if order.due_at <= former:
        return due
    return rules.time.add(due, rules.time.between(former, order.due_at))


def _as_accepted(order: WorkOrder, kind: AppealType, urgency: Urgency, rules: Rules) -> datetime:
    return rules.deadlines.due_at(order.created_at, kind, rules.time, urgency)
