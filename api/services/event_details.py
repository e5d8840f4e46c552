"""事件说明: what an event's data say to staff, line by line."""

from collections.abc import Callable
from datetime import datetime

from casework.deadline.deadlines import written
from casework.events import WorkOrderEvent

FACTS = {"type": "诉求类型", "category": "诉求分类", "urgency": "紧急程度", "confidential": "保密"}
LEVELS = {1: "一级", 2: "二级", 3: "三级"}


def details_of(event: WorkOrderEvent, name_of: Callable[[str], str]) -> list[str]:
    """Lines in Chinese, beside the event's name and reason. `name_of`: a department's name from its code."""
    data = event.data or {}
    lines = []
    if "approved" in data:
        lines.append(f"{'同意' if data['approved'] else '不同意'}延期{data['days']}个工作日")
    elif event.name == "ExtensionRequested" and data.get("days"):
        lines.append(f"申请延期{data['days']}个工作日")
    for key, (before, after) in (data.get("changes") or {}).items():
        lines.append(f"{FACTS.get(key, key)}：{_value(before)} → {_value(after)}")
    if data.get("closing_kind"):
        lines.append(f"办结类型：{data['closing_kind']}")
    if data.get("level"):
        lines.append(f"督办级别：{LEVELS.get(data['level'], data['level'])}")
    if missing := data.get("without_support"):
        lines.append(f"未等{'、'.join(map(name_of, missing))}的协办意见")
    if event.name == "SupportOpinionGiven":
        lines.append(name_of(event.actor.department))
    if data.get("due_to"):
        before, after = (written(datetime.fromisoformat(data[key])) for key in ("due_from", "due_to"))
        lines.append(f"办理期限：{before} → {after}")
    return lines


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value) or "无"
