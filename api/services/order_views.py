"""工单视图: a work order as a citizen may see it, and as staff may; phones and names masked."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from api.services.callback_views import callback_view, ratings_view
from api.services.event_details import details_of
from api.services.order_parts import (
    attachment_views,
    for_department,
    requester_view,
    supplement_views,
    support_view,
)
from api.services.responsibility import may_add, responsible
from api.services.staff_names import NO_NAMES, who
from casework.callback.callback import Callback, CallbackState
from casework.deadline.limits import Limits
from casework.deadline.rescheduling import RESCHEDULED, RESCHEDULED_NAME
from casework.events import Actor, WorkOrderEvent
from casework.handling.action import NEEDS, actions_for, additions_for
from casework.handling.attachment import Attachment
from casework.handling.direct_answer import directly_answered
from casework.handling.phone import may_reveal
from casework.handling.supervision import URGED, urged_on
from casework.handling.supplement import Supplement
from casework.notification.progress import step_of
from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentHistory
from casework.organisation.succession import SUCCEEDED, SUCCEEDED_NAME
from casework.transitions import ROLE_NAMES, STATE_NAMES, TABLE, Role, State
from casework.work_order import WorkOrder

EXCERPT = 60
NO_CHANGES = DepartmentHistory()
_NAMES = {row.event: row.name for row in TABLE} | {SUCCEEDED: SUCCEEDED_NAME, RESCHEDULED: RESCHEDULED_NAME}


def citizen_view(
    order: WorkOrder,
    events: list[WorkOrderEvent],
    callbacks: list[Callback],
    departments: dict[str, Department],
    now: datetime,
    history: DepartmentHistory = NO_CHANGES,
    supplements: Sequence[Supplement] = (),
    attachments: Sequence[Attachment] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> dict:
    """OrderView of docs/api.md: no staff names, no internal reasons."""
    told = ((event, step_of(event, _name_then(departments, history, event, event.department_to))) for event in events)
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
        "steps": [{"at": event.at, "name": step[0], "note": step[1]} for event, step in told if step is not None],
        "responsible": responsible(order, _name(departments, order.lead_department)),
        "suspended": order.state is State.SUSPENDED,
        "urges": sum(event.name == URGED and event.actor.role is Role.CITIZEN for event in events),
        "may": may_add(order, urged_on(events, now), len(supplements), len(attachments), limits),
        "attachment_megabytes": round(limits.attachment_bytes / 1024 / 1024, 2),
        "supplements": [{"at": one.at, "text": one.text} for one in supplements],
        "attachments": [
            {"at": one.at, "name": one.name, "size": one.size} for one in attachments if one.role is Role.CITIZEN
        ],
        "callback": {"state": "due", "expires_at": due.expires_at} if due else None,
        **ratings_view(order, callbacks, now),
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
        "confidential": order.confidential,
        "anonymous": order.anonymous,
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
        "urges": order.urges,
        "supervision_level": order.supervision_level,
        "suspended": order.state is State.SUSPENDED,
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
    supplements: Sequence[Supplement] = (),
    attachments: Sequence[Attachment] = (),
    names: Mapping[str, str] = NO_NAMES,
) -> dict:
    """The detail of docs/api.md, with what `by` may do now; `names` are the staff's by login."""
    may = {row.action: row for row in TABLE if order.state in row.sources}
    requester = requester_view(order, by)
    order = for_department(order, by)
    return row_view(order, departments, now, merged) | {
        "links": list(links),
        "supporting_departments": [
            {"code": code, "name": _name(departments, code)} for code in order.supporting_departments
        ],
        "version": order.version,
        "text": order.text,
        "elements": order.elements.as_dict(),
        "requester": requester,
        "dispatching": _dispatching_view(order, departments),
        "reply": order.reply,
        "support_work": support_view(order, departments, now),
        "supplements": supplement_views(order, supplements, by, names),
        "attachments": attachment_views(order, attachments, by),
        "may_supplement": "supplement" in additions_for(order, by),
        "may_attach": "attach" in additions_for(order, by),
        "may_reveal": may_reveal(order, by),
        "directly_answered": directly_answered(order, events),
        "extension_days": order.extension_days,
        "extensions": order.extensions,
        "suspended_at": order.suspended_at,
        "contact_due_at": order.contact_due_at,
        "contacted_at": order.contacted_at,
        "sign_due_at": order.sign_due_at,
        "events": [_event_view(event, departments, history, names) for event in events],
        "callbacks": [callback_view(callback, names) for callback in callbacks],
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


def _event_view(
    event: WorkOrderEvent, departments: dict[str, Department], history: DepartmentHistory, names: Mapping[str, str]
) -> dict:
    return {
        "at": event.at,
        "name": _NAMES.get(event.name, event.name),
        "actor": event.actor.id,
        "actor_name": who(names, event.actor.id),
        "role_name": ROLE_NAMES[event.actor.role],
        "reason": event.reason,
        "details": details_of(event, lambda code: _name_then(departments, history, event, code)),
        "state_from": STATE_NAMES[State(event.state_from)] if event.state_from else "",
        "state_to": STATE_NAMES[State(event.state_to)] if event.state_to else "",
        "department_from": _name_then(departments, history, event, event.department_from),
        "department_to": _name_then(departments, history, event, event.department_to),
        "supporting": [
            _name_then(departments, history, event, code) for code in (event.data or {}).get("supporting", [])
        ],
    }


def _name_then(departments: dict[str, Department], history: DepartmentHistory, event: WorkOrderEvent, code: str) -> str:
    """What the department was called when it happened."""
    return history.name_then(code, event.at, _name(departments, code))


def _name(departments: dict[str, Department], code: str) -> str:
    return departments[code].name if code in departments else code
