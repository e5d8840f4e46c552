"""办理进展: which events of an order its citizen may see, and what each is called; queries, streams and notices all use it."""

from datetime import datetime

from casework.deadline.deadlines import written
from casework.events import WorkOrderEvent
from casework.transitions import Role

STEP_NAMES = {
    "WorkOrderAccepted": "已受理",
    "WorkOrderRejected": "不予受理",
    "EmergencyTransferred": "已转紧急渠道",
    "WorkOrderAnswered": "已直接答复",
    "WorkOrderSplit": "诉求分件办理",
    "WorkOrderDispatched": "已派单",
    "WorkOrderReassigned": "已改派",
    "DepartmentSucceeded": "承办单位调整",
    "WorkOrderSigned": "承办单位已签收",
    "WorkOrderReturned": "重新确认承办单位",
    "ExtensionRequested": "承办单位申请延期",
    "ExtensionDecided": "延期审批结果",
    "WorkOrderSuspended": "暂时挂起",
    "WorkOrderResumed": "恢复办理",
    "WorkOrderReplied": "承办单位已答复",
    "WorkOrderClosed": "已办结",
    "WorkOrderConcluded": "已办结",
    "CallbackStarted": "回访中",
    "WorkOrderArchived": "已归档",
    "ReworkOrdered": "已退回重办",
    "RequesterContacted": "已与您联系",
    "WorkOrderReclassified": "诉求信息更正",
    "WorkOrderUrged": "催办已记录",
    "WorkOrderSupplemented": "补充已收到",
    "AttachmentAdded": "附件已收到",
    "FollowUpCommented": "追评已收到",
}
"""What a citizen reads of each event; an event that is not here stays inside."""
WITH_DEPARTMENT = ("WorkOrderDispatched", "WorkOrderReassigned", "DepartmentSucceeded")
"""Steps that name the department the order went to."""


def shown(event: WorkOrderEvent) -> bool:
    """Whether the citizen may know of it."""
    return step_of(event) is not None


def step_of(event: WorkOrderEvent, department: str = "") -> tuple[str, str] | None:
    """(name, note) of the step as its citizen reads it, None where it stays inside. `department`: the new one's name then.

    No names of staff and no internal reasons; of reminders and files what the citizen sent, or was told of by the hotline.
    """
    if event.name not in STEP_NAMES:
        return None
    name, data = STEP_NAMES[event.name], event.data or {}
    if event.name in WITH_DEPARTMENT:
        return name, department
    if event.name == "ExtensionDecided":
        return ("同意延期", _until(data)) if data.get("approved") else ("未同意延期", "仍按原期限办理")
    if event.name == "WorkOrderSuspended":
        return name, "暂不计算办理时限，恢复办理后继续计算"
    if event.name == "WorkOrderResumed":
        return name, _until(data)
    if event.name == "WorkOrderReclassified":
        return _reclassified(data)
    if event.name == "WorkOrderUrged" and event.actor.role is not Role.CITIZEN:
        return None if event.actor.role is Role.SYSTEM else ("热线已催办", "")
    if event.name == "AttachmentAdded" and event.actor.role is not Role.CITIZEN:
        return None
    return name, ""


def _reclassified(data: dict) -> tuple[str, str] | None:
    """The type and the deadline alone: category, urgency and protection are how the hotline sorts."""
    changed, until = (data.get("changes") or {}).get("type"), _until(data)
    if changed:
        return "诉求类型更正", "，".join(part for part in (f"由{changed[0]}更正为{changed[1]}", until) if part)
    return ("办理期限调整", until) if until else None


def _until(data: dict) -> str:
    """The new deadline that an event brought, "" when it brought none."""
    return f"办理期限调整为{written(datetime.fromisoformat(data['due_to']))}" if data.get("due_to") else ""
