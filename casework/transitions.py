"""状态转换表: the states of a work order, and who may do what in which of them. One table, nothing else decides."""

from dataclasses import dataclass
from enum import StrEnum

from casework.errors import Forbidden, IllegalTransition


class State(StrEnum):
    """工单状态."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EMERGENCY_TRANSFERRED = "emergency_transferred"
    ANSWERED = "answered"
    PENDING_DISPATCH = "pending_dispatch"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    RETURNED = "returned"
    ADJUDICATED = "adjudicated"
    PROCESSING = "processing"
    EXTENSION_PENDING = "extension_pending"
    SUSPENDED = "suspended"
    REPLIED = "replied"
    CLOSED = "closed"
    CALLBACK = "callback"
    ARCHIVED = "archived"
    REWORK = "rework"


class Role(StrEnum):
    """角色."""

    CITIZEN = "citizen"
    AGENT = "agent"
    DISPATCHER = "dispatcher"
    DEPARTMENT = "department"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


STATE_NAMES = {
    State.SUBMITTED: "已提交",
    State.ACCEPTED: "已受理",
    State.REJECTED: "不予受理",
    State.EMERGENCY_TRANSFERRED: "已转紧急渠道",
    State.ANSWERED: "已直接答复",
    State.PENDING_DISPATCH: "待派单",
    State.DISPATCHED: "已派单",
    State.SIGNED: "已签收",
    State.RETURNED: "已退单",
    State.ADJUDICATED: "已裁定",
    State.PROCESSING: "办理中",
    State.EXTENSION_PENDING: "延期审批中",
    State.SUSPENDED: "已挂起",
    State.REPLIED: "已答复待审核",
    State.CLOSED: "已办结",
    State.CALLBACK: "回访中",
    State.ARCHIVED: "已归档",
    State.REWORK: "重办",
}
ROLE_NAMES = {
    Role.CITIZEN: "市民",
    Role.AGENT: "话务员",
    Role.DISPATCHER: "派单员",
    Role.DEPARTMENT: "承办单位",
    Role.SUPERVISOR: "督办员",
    Role.ADMINISTRATOR: "管理员",
    Role.SYSTEM: "系统",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """转换: `action` is the verb, `event` the past-tense name that is stored; `target` None leaves the state as it is."""

    action: str
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]
    event: str
    name: str
    needs_reason: bool = False


def _row(action: str, sources: str, target: str, roles: str, event: str, name: str, reason: bool = False) -> Transition:
    return Transition(
        action,
        frozenset(map(State, sources.split())),
        State(target) if target else None,
        frozenset(map(Role, roles.split())),
        event,
        name,
        reason,
    )


_OFFICE = "agent dispatcher supervisor"
_OPEN = "pending_dispatch dispatched signed returned adjudicated processing extension_pending suspended replied rework"
_HANDLING = "dispatched signed processing extension_pending suspended replied"
TABLE = (
    _row("accept", "submitted", "accepted", f"system {_OFFICE}", "WorkOrderAccepted", "受理"),
    _row("reject", "submitted", "rejected", f"system {_OFFICE}", "WorkOrderRejected", "不予受理", True),
    _row("transfer", "submitted", "emergency_transferred", f"system {_OFFICE}", "EmergencyTransferred", "转紧急渠道", True),
    _row("answer", "submitted", "answered", "agent supervisor", "WorkOrderAnswered", "直接答复"),
    _row("queue", "accepted", "pending_dispatch", f"system {_OFFICE}", "DispatchQueued", "转入派单"),
    _row("dispatch", "pending_dispatch rework adjudicated", "dispatched", "system dispatcher supervisor", "WorkOrderDispatched", "派单"),
    _row("reassign", "dispatched signed processing", "dispatched", "dispatcher supervisor", "WorkOrderReassigned", "改派", True),
    _row("merge", "pending_dispatch", "pending_dispatch", "system dispatcher supervisor", "WorkOrderMerged", "并单"),
    _row("unmerge", "pending_dispatch", "pending_dispatch", "citizen system dispatcher supervisor", "WorkOrderUnmerged", "撤销并单"),
    _row("split", "pending_dispatch", "pending_dispatch", _OFFICE, "WorkOrderSplit", "拆分"),
    _row("conclude", "pending_dispatch", "closed", "system", "WorkOrderConcluded", "随主单办结"),
    _row("sign", "dispatched", "signed", "department agent supervisor", "WorkOrderSigned", "签收"),
    _row("return", "dispatched", "returned", "department agent supervisor", "WorkOrderReturned", "退单", True),
    _row("requeue", "returned", "pending_dispatch", "system dispatcher supervisor", "ReturnAccepted", "退单受理"),
    _row("adjudicate", "returned", "adjudicated", "supervisor", "WorkOrderAdjudicated", "裁定", True),
    _row("start", "signed", "processing", "department agent supervisor", "ProcessingStarted", "开始办理"),
    _row("request_extension", "processing", "extension_pending", "department agent", "ExtensionRequested", "申请延期", True),
    _row("decide_extension", "extension_pending", "processing", "supervisor", "ExtensionDecided", "审批延期", True),
    _row("suspend", "processing", "suspended", "department supervisor", "WorkOrderSuspended", "挂起", True),
    _row("resume", "suspended", "processing", "department supervisor system", "WorkOrderResumed", "恢复办理"),
    _row("reply", "processing", "replied", "department agent supervisor", "WorkOrderReplied", "答复"),
    _row("reject_reply", "replied", "processing", "agent supervisor", "ReplyRejected", "退回重新答复", True),
    _row("close", "replied", "closed", "agent supervisor", "WorkOrderClosed", "办结"),
    _row("call_back", "closed answered", "callback", "system agent", "CallbackStarted", "开始回访"),
    _row("archive", "callback", "archived", "system agent supervisor", "WorkOrderArchived", "归档"),
    _row("reopen", "callback", "rework", "system agent supervisor", "ReworkOrdered", "重办", True),
    # What changes no state: flags, records and additions.
    _row("urge", _OPEN, "", f"citizen system {_OFFICE}", "WorkOrderUrged", "催办"),
    _row("warn", _OPEN, "", "system", "DeadlineWarned", "时限预警"),
    _row("supervise", _OPEN, "", "system supervisor", "SupervisionRaised", "督办", True),
    _row("release", _OPEN, "", "supervisor", "SupervisionReleased", "解除督办", True),
    _row("reclassify", _OPEN, "", _OFFICE, "WorkOrderReclassified", "更正分类", True),
    _row("supplement", f"submitted accepted {_OPEN}", "", f"citizen {_OFFICE}", "WorkOrderSupplemented", "补充诉求"),
    _row("attach", f"submitted accepted closed callback {_OPEN}", "", f"citizen department {_OFFICE}", "AttachmentAdded", "添加附件"),
    _row("opine", _HANDLING, "", "department", "SupportOpinionGiven", "协办意见"),
    _row("contact", f"rework {_HANDLING}", "", f"department {_OFFICE}", "RequesterContacted", "联系诉求人", True),
    _row("reveal", f"rework closed callback {_HANDLING}", "", f"department {_OFFICE}", "PhoneShown", "查看联系电话"),
    _row("follow_up", "archived", "", "citizen", "FollowUpCommented", "追评"),
)  # fmt: skip

MAX_RETURNS = 2
"""Returns a work order may take; the next one can only be adjudicated (Shandong 2020)."""


def transition(action: str, state: State, role: Role, returns: int = 0) -> Transition:
    """The row that applies.

    Raises: IllegalTransition naming what would be legal; Forbidden when the role may not.
    """
    row = next((row for row in TABLE if row.action == action and state in row.sources), None)
    if row is None or (action == "requeue" and returns > MAX_RETURNS):
        steps = [row.name for row in legal_transitions(state, None, returns) if row.target is not None]
        legal = "、".join(steps) or "无（流程已结束）"
        raise IllegalTransition(f"工单当前为“{STATE_NAMES[state]}”，不能执行该操作。可以执行的操作：{legal}。")
    if role not in row.roles:
        allowed = "、".join(ROLE_NAMES[item] for item in sorted(row.roles))
        raise Forbidden(f"“{row.name}”须由{allowed}执行。")
    return row


def legal_transitions(state: State, role: Role | None = None, returns: int = 0) -> list[Transition]:
    """Rows legal from `state` (for `role`, or for anyone when None)."""
    return [
        row
        for row in TABLE
        if state in row.sources
        and (role is None or role in row.roles)
        and not (row.action == "requeue" and returns > MAX_RETURNS)
    ]
