"""过程规则: what the course of an order tells about its quality: a type changed to dodge a deadline, a 差评 nobody called about."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from casework.events import WorkOrderEvent
from casework.quality.reply_rules import Spotted
from casework.work_order import WorkOrder

LITTLE_SHARE = 0.2
"""Of the time for handling: with no more than that left, a later deadline is suspicious."""
LITTLE = timedelta(hours=24)
"""Or with no more than this left."""


def type_changed(order: WorkOrder, events: Iterable[WorkOrderEvent]) -> list[Spotted]:
    """The first change of type or urgency by which a deadline moved back when little time was left or none."""
    for event in events:
        data = event.data or {}
        if event.name != "WorkOrderReclassified" or not (data.get("due_from") and data.get("due_to")):
            continue
        before, after = datetime.fromisoformat(data["due_from"]), datetime.fromisoformat(data["due_to"])
        left = before - event.at
        if after <= before or left > max(LITTLE, LITTLE_SHARE * (before - order.created_at)):
            continue
        when = "期限已过" if left < timedelta(0) else f"期限只剩{left.total_seconds() / 3600:.0f}小时"
        told = f"更正分类时{when}，办理期限推后{(after - before).total_seconds() / 86400:.1f}天。"
        return [Spotted("type_changed", event.reason, told)]
    return []


def late_contact(order: WorkOrder) -> list[Spotted]:
    """Of a rework: nobody contacted the citizen until the deadline for it."""
    due, contacted = order.contact_due_at, order.contacted_at
    if due is None or (contacted is not None and contacted <= due):
        return []
    if contacted is None and (order.closed_at is None or order.closed_at <= due):
        return []
    told = "到办结时没有联系记录" if contacted is None else f"晚了{(contacted - due).total_seconds() / 3600:.1f}小时"
    return [Spotted("late_contact", "", f"差评后应在一个工作日内联系市民，{told}。")]
