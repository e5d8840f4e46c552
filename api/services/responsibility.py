"""经办情况: who is responsible for a citizen's order now, for what and until when, and what the citizen can add to it."""

from casework.deadline.limits import Limits
from casework.transitions import TABLE, Role, State
from casework.work_order import WorkOrder

HOTLINE = "12345热线"
RESPONSIBLE: dict[State, tuple[bool, str, str]] = {
    State.SUBMITTED: (False, "正在受理", ""),
    State.ACCEPTED: (False, "正在确定承办单位", "due_at"),
    State.PENDING_DISPATCH: (False, "正在确定承办单位", "due_at"),
    State.RETURNED: (False, "正在重新确定承办单位", "due_at"),
    State.ADJUDICATED: (False, "正在重新派单", "due_at"),
    State.DISPATCHED: (True, "等待承办单位签收", "sign_due_at"),
    State.SIGNED: (True, "正在办理", "due_at"),
    State.PROCESSING: (True, "正在办理", "due_at"),
    State.EXTENSION_PENDING: (True, "正在办理，延期申请等待审批", "due_at"),
    State.SUSPENDED: (True, "已暂时挂起，条件具备后恢复办理", ""),
    State.REPLIED: (False, "正在审核答复", "due_at"),
    State.REWORK: (False, "正在安排重新办理", "due_at"),
}
"""State → whether the lead department has it (else the hotline), what is being done, by which deadline."""


def responsible(order: WorkOrder, department: str) -> dict | None:
    """{"name", "task", "until"}: who has the order now, for what, until when; None once the handling is over."""
    row = RESPONSIBLE.get(order.state)
    if row is None:
        return None
    theirs, task, deadline = row
    if order.held:
        return {"name": HOTLINE, "task": "正在办理", "until": order.due_at}
    name = department if theirs and department else HOTLINE
    return {"name": name, "task": task, "until": getattr(order, deadline) if deadline else None}


def may_add(order: WorkOrder, urged: bool, supplements: int, attachments: int, limits: Limits) -> dict:
    """What the citizen can do with the order now: {"urge", "supplement", "attach"}."""
    legal = {row.action for row in TABLE if order.state in row.sources and Role.CITIZEN in row.roles}
    return {
        "urge": "urge" in legal and not urged,
        "supplement": "supplement" in legal and supplements < limits.supplements,
        "attach": "attach" in legal and attachments < limits.attachments,
    }
