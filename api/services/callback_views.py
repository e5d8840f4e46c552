"""回访视图: a callback as staff see it, as the citizen sees it, and as an agent needs it for a call."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from api.services.staff_names import NO_NAMES, who
from casework.callback.callback import (
    CALLBACK_STATE_NAMES,
    CHANNEL_NAMES,
    OUTCOME_NAMES,
    RATING_NAMES,
    Callback,
    CallbackChannel,
    CallbackState,
    TryOutcome,
)
from casework.callback.callback_exclusion import NAMES
from casework.callback.callback_priority import reasons_of
from casework.callback.follow_up_comment import follow_up_on
from casework.masking import mask_name, mask_phone
from casework.organisation.department import Department
from casework.work_order import WorkOrder

EXCERPT = 60


def callback_view(callback: Callback, names: Mapping[str, str] = NO_NAMES) -> dict:
    """Callback of docs/api.md, for staff; `names` are theirs by login."""
    return {
        "id": callback.id,
        "version": callback.version,
        "state": callback.state.value,
        "state_name": CALLBACK_STATE_NAMES[callback.state],
        "round": callback.round,
        "channel": callback.channel,
        "channel_name": CHANNEL_NAMES[CallbackChannel(callback.channel)] if callback.channel else "",
        "scheduled_at": callback.scheduled_at,
        "expires_at": callback.expires_at,
        "next_attempt_at": callback.next_attempt_at,
        "attempts": callback.attempts,
        "tries": [
            one | {"name": OUTCOME_NAMES[TryOutcome(one["outcome"])], "actor_name": who(names, one["actor"])}
            for one in callback.tries
        ],
        "handover": callback.handover,
        "excluded": NAMES.get(callback.excluded, callback.excluded),
    } | _answers(callback)


def _answers(callback: Callback) -> dict:
    return {
        "contacted": callback.contacted,
        "resolved": callback.resolved,
        "rating": callback.rating,
        "rating_name": RATING_NAMES.get(callback.rating or 0, ""),
        "reason_tags": callback.reason_tags,
        "comment": callback.comment,
        "answered_at": callback.answered_at,
        "follow_up": callback.follow_up,
        "followed_up_at": callback.followed_up_at,
    }


def call_view(
    callback: Callback, order: WorkOrder, departments: dict[str, Department], names: Mapping[str, str] = NO_NAMES
) -> dict:
    """CallTask of docs/api.md: what an agent must know before calling; the number itself is asked for apart."""
    department = departments.get(order.lead_department)
    return callback_view(callback, names) | {
        "priority": callback.priority,
        "reasons": reasons_of(callback.priority),
        "order_id": order.id,
        "number": order.number,
        "type": order.type.value,
        "text": order.text,
        "reply": order.reply,
        "closing_kind": order.closing_kind.value if order.closing_kind else "",
        "closed_at": callback.closed_at,
        "department_name": department.name if department else order.lead_department,
        "requester": {"name": mask_name(order.requester.name), "phone": mask_phone(order.requester.phone)},
    }


def ratings_view(order: WorkOrder, callbacks: Sequence[Callback], now: datetime) -> dict:
    """What the citizen sees of the ratings: every round's, and whether a 追评 can be given now."""
    answered = [callback for callback in callbacks if callback.state is CallbackState.ANSWERED]
    return {
        "ratings": [{"round": callback.round} | _answers(callback) for callback in answered],
        "may_follow_up": follow_up_on(order, list(callbacks), now) is not None,
    }


def counted_view(
    callback: Callback, order: WorkOrder, departments: dict[str, Department], sight: Sequence[str] = ()
) -> dict:
    """One row behind a figure: the closing that is counted, with what was answered. Of an order that went to a department out
    of `sight` since, the words are not shown."""
    department = departments.get(callback.department)
    return {
        "order_id": order.id,
        "number": order.number,
        "excerpt": order.text[:EXCERPT] if not sight or order.lead_department in sight else "",
        "department_name": department.name if department else callback.department,
        "district": callback.district,
        "type": callback.order_type,
        "channel": callback.order_channel,
        "closed_at": callback.closed_at,
        "round": callback.round,
        "state": callback.state.value,
        "state_name": CALLBACK_STATE_NAMES[callback.state],
        "attempts": callback.attempts,
        "excluded": NAMES.get(callback.excluded, callback.excluded),
        "contacted": callback.contacted,
        "resolved": callback.resolved,
        "rating": callback.rating,
        "rating_name": RATING_NAMES.get(callback.rating or 0, ""),
    }
