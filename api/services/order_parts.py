"""工单附属视图: what staff see of an order's supporting work, supplements and attachments.

Who reported (举报) is the office's to know: of a confidential order departments see no requester, and no text, file name or
number that tells who it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from api.services.staff_names import NO_NAMES, who
from casework.events import Actor
from casework.handling.attachment import Attachment
from casework.handling.supplement import Supplement
from casework.handling.support import outstanding
from casework.masking import mask_name, mask_phone, mask_text
from casework.organisation.department import Department
from casework.transitions import ROLE_NAMES, Role
from casework.work_order import WorkOrder


def shielded(order: WorkOrder, by: Actor) -> bool:
    """保密: whether this reader must not learn whose order it is."""
    return order.confidential and by.role is Role.DEPARTMENT


def requester_view(order: WorkOrder, by: Actor) -> dict:
    """{"name", "phone", "withheld"}: masked; of a confidential order nothing for departments."""
    if shielded(order, by):
        return {"name": "", "phone": "", "withheld": True}
    return {"name": mask_name(order.requester.name), "phone": mask_phone(order.requester.phone), "withheld": False}


def for_department(order: WorkOrder, by: Actor) -> WorkOrder:
    """The order with what tells who reported masked in its texts, where `by` must not know."""
    if not shielded(order, by):
        return order
    names = order.requester.name, order.requester.phone
    told = {name: mask_text(value, names) for name, value in order.elements.as_dict().items()}
    return replace(order, text=mask_text(order.text, names), elements=replace(order.elements, **told))


def support_view(order: WorkOrder, departments: dict[str, Department], now: datetime) -> list[dict]:
    """[{"code", "name", "due_at", "overdue", "opinion", "opined_at"}]."""
    owed = {work.department for work in outstanding(order)}
    return [
        {
            "code": work.department,
            "name": departments[work.department].name if work.department in departments else work.department,
            "due_at": work.due_at,
            "overdue": work.department in owed and work.due_at is not None and now > work.due_at,
            "opinion": work.opinion,
            "opined_at": work.opined_at,
        }
        for work in order.support_work
    ]


def supplement_views(
    order: WorkOrder, supplements: Sequence[Supplement], by: Actor, staff: Mapping[str, str] = NO_NAMES
) -> list[dict]:
    """[{"at", "actor", "actor_name", "role_name", "text"}], oldest first; `staff` are the names by login."""
    names = order.requester.name, order.requester.phone
    return [
        {
            "at": one.at,
            "actor": one.actor,
            "actor_name": who(staff, one.actor),
            "role_name": ROLE_NAMES[one.role],
            "text": mask_text(one.text, names) if shielded(order, by) else one.text,
        }
        for one in supplements
    ]


def attachment_views(order: WorkOrder, attachments: Sequence[Attachment], by: Actor) -> list[dict]:
    """[{"id", "at", "actor", "role_name", "name", "media_type", "size", "image"}], oldest first."""
    return [
        {
            "id": one.id,
            "at": one.at,
            "actor": one.actor,
            "role_name": ROLE_NAMES[one.role],
            "name": shown_name(order, one, by),
            "media_type": one.media_type,
            "size": one.size,
            "image": one.media_type.startswith("image/") and one.media_type != "image/heic",
        }
        for one in attachments
    ]


def shown_name(order: WorkOrder, attachment: Attachment, by: Actor) -> str:
    """The file's name; what a citizen called it may tell who reported."""
    if shielded(order, by) and attachment.role is Role.CITIZEN:
        return f"附件{attachment.id}.{attachment.name.rpartition('.')[2]}"
    return attachment.name
