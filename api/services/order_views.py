"""工单视图: a work order as a citizen may see it, and as staff may; phones and names masked."""

from collections.abc import Sequence
from datetime import datetime

from casework.callback import RATING_NAMES, Callback, CallbackState
from casework.department import Department
from casework.department_change import DepartmentHistory
from casework.events import Actor, WorkOrderEvent
from casework.handling import NEEDS, actions_for
from casework.masking import mask_name, mask_phone
from casework.succession import SUCCEEDED, SUCCEEDED_NAME
from casework.transitions import ROLE_NAMES, STATE_NAMES, TABLE, State
from casework.work_order import WorkOrder

EXCERPT = 60
NO_CHANGES = DepartmentHistory()
_NAMES = {row.event: row.name for row in TABLE} | {SUCCEEDED: SUCCEEDED_NAME}
_SHOWN_TO_CITIZENS = {
    "WorkOrderAccepted": "已受理",
    "WorkOrderRejected": "不予受理",
    "EmergencyTransferred": "已转紧急渠道",
    "WorkOrderAnswered": "已直接答复",
    "WorkOrderSplit": "诉求分件办理",
    "WorkOrderDispatched": "已派单",
    "WorkOrderReassigned": "已改派",
    SUCCEEDED: "承办单位调整",
    "WorkOrderSigned": "承办单位已签收",
    "WorkOrderReturned": "重新确认承办单位",
    "ExtensionRequested": "申请延期",
    "WorkOrderSuspended": "挂起",
    "WorkOrderResumed": "恢复办理",
    "WorkOrderReplied": "承办单位已答复",
    "WorkOrderClosed": "已办结",
    "WorkOrderConcluded": "已办结",
    "CallbackStarted": "回访中",
    "WorkOrderArchived": "已归档",
    "ReworkOrdered": "已退回重办",
}
_WITH_DEPARTMENT = ("WorkOrderDispatched", "WorkOrderReassigned", SUCCEEDED)


def citizen_view(
    order: WorkOrder,
    events: list[WorkOrderEvent],
    callbacks: list[Callback],
    departments: dict[str, Department],
    now: datetime,
    history: DepartmentHistory = NO_CHANGES,
) -> dict:
    """OrderView of docs/api.md: no staff names, no internal reasons."""
    steps = [
        {
            "at": event.at,
            "name": _SHOWN_TO_CITIZENS[event.name],
            "note": _name_then(departments, history, event, event.department_to)
            if event.name in _WITH_DEPARTMENT
            else "",
        }
        for event in events
        if event.name in _SHOWN_TO_CITIZENS
    ]
    due = next((c for c in callbacks if c.state in (CallbackState.SCHEDULED, CallbackState.DUE)), None)
    if due is not None and (due.state is CallbackState.SCHEDULED or now > due.expires_at):
        due = None
    return {
        "number": order.number,
        "type": order.type.value,
        "state": order.state.value,
        "state_name": _citizens_state(order),
        "created_at": order.created_at,
        "due_at": order.due_at,
        "overdue": order.overdue(now),
        "department": _name(departments, order.lead_department),
        "reply": order.reply if order.state not in (State.REPLIED, State.PROCESSING) else "",
        "steps": steps,
        "callback": {"state": "due", "expires_at": due.expires_at} if due else None,
        "elements": order.elements.as_dict(),
        "text": order.text,
    }


def _citizens_state(order: WorkOrder) -> str:
    """Of a merged order only that it is being handled: of others' orders a citizen never learns."""
    if not order.held:
        return STATE_NAMES[order.state]
    return "办理中" if order.merged_into is not None else "随原工单办理"


def row_view(
    order: WorkOrder, departments: dict[str, Department], now: datetime, merged: int = 0, supporting: bool = False
) -> dict:
    """OrderRow of docs/api.md; `merged` counts the orders that were merged into it, `supporting` says that the reader's
    department only supports it."""
    return {
        "id": order.id,
        "number": order.number,
        "type": order.type.value,
        "urgency": order.urgency.value,
        "state": order.state.value,
        "state_name": STATE_NAMES[order.state],
        "district": order.district,
        "category": order.category,
        "lead_department": order.lead_department,
        "lead_department_name": _name(departments, order.lead_department),
        "confidence": order.dispatching.confidence if order.dispatching else None,
        "created_at": order.created_at,
        "due_at": order.due_at,
        "overdue": order.overdue(now),
        "excerpt": order.text[:EXCERPT],
        "returns": order.returns,
        "reworks": order.reworks,
        "held": order.held,
        "repeat": order.repeat_of is not None,
        "merged": merged,
        "supporting": supporting,
    }


def staff_view(
    order: WorkOrder,
    events: list[WorkOrderEvent],
    callbacks: list[Callback],
    departments: dict[str, Department],
    by: Actor,
    now: datetime,
    history: DepartmentHistory = NO_CHANGES,
    links: Sequence[dict] = (),
    merged: int = 0,
) -> dict:
    """The detail of docs/api.md, with what `by` may do now."""
    may = {row.action: row for row in TABLE if order.state in row.sources}
    return row_view(order, departments, now, merged) | {
        "links": list(links),
        "supporting_departments": [
            {"code": code, "name": _name(departments, code)} for code in order.supporting_departments
        ],
        "version": order.version,
        "text": order.text,
        "elements": order.elements.as_dict(),
        "requester": {"name": mask_name(order.requester.name), "phone": mask_phone(order.requester.phone)},
        "dispatching": _dispatching_view(order, departments),
        "reply": order.reply,
        "events": [_event_view(event, departments, history) for event in events],
        "callbacks": [_callback_view(callback) for callback in callbacks],
        "actions": [
            {
                "action": name,
                "name": may[name].name,
                "needs_reason": may[name].needs_reason,
                "needs": list(NEEDS.get(name, ())),
            }
            for name in actions_for(order, by)
        ],
    }


def _dispatching_view(order: WorkOrder, departments: dict[str, Department]) -> dict | None:
    told = order.dispatching
    if told is None:
        return None
    return {
        "decision": told.decision,
        "department": told.department,
        "department_name": _name(departments, told.department),
        "confidence": told.confidence,
        "model_version": told.model_version,
        "candidates": [row | {"name": _name(departments, row["department"])} for row in told.candidates],
        "evidence": told.evidence,
    }


def _event_view(event: WorkOrderEvent, departments: dict[str, Department], history: DepartmentHistory) -> dict:
    return {
        "at": event.at,
        "name": _NAMES.get(event.name, event.name),
        "actor": event.actor.id,
        "role_name": ROLE_NAMES[event.actor.role],
        "reason": event.reason,
        "state_from": STATE_NAMES[State(event.state_from)] if event.state_from else "",
        "state_to": STATE_NAMES[State(event.state_to)] if event.state_to else "",
        "department_from": _name_then(departments, history, event, event.department_from),
        "department_to": _name_then(departments, history, event, event.department_to),
        "supporting": [
            _name_then(departments, history, event, code) for code in (event.data or {}).get("supporting", [])
        ],
    }


def _callback_view(callback: Callback) -> dict:
    return {
        "state": callback.state.value,
        "round": callback.round,
        "contacted": callback.contacted,
        "resolved": callback.resolved,
        "rating": callback.rating,
        "rating_name": RATING_NAMES.get(callback.rating or 0, ""),
        "comment": callback.comment,
        "answered_at": callback.answered_at,
    }


def _name_then(departments: dict[str, Department], history: DepartmentHistory, event: WorkOrderEvent, code: str) -> str:
    """What the department was called when it happened."""
    return history.name_then(code, event.at, _name(departments, code))


def _name(departments: dict[str, Department], code: str) -> str:
    return departments[code].name if code in departments else code
