"""公开: what everybody may know of orders through an open interface; confidential ones never, and no text unmasked."""

import re
from dataclasses import dataclass
from datetime import datetime

from casework.masking import mask_text
from casework.transitions import State
from casework.work_order import WorkOrder

_HOME = re.compile(
    r"[ ,，-]*(?<![A-Za-z0-9一二三四五六七八九十])"
    r"(?:[A-Za-z0-9]{1,6}(?:号?楼|栋|幢|座|单元|室|房|户|层)|[一二三四五六七八九十]{1,3}(?:栋|幢|单元|室))"
)
"""The part of an address that leads to a home's door."""


@dataclass(frozen=True, slots=True)
class PublishedFilter:
    """What is asked for; of what is not confidential. Times are of creation, [from, to)."""

    created_from: datetime
    created_to: datetime
    states: tuple[State, ...] = ()
    channel: str = ""
    """Only orders that came this way; "" = any."""
    categories: tuple[str, ...] | None = None
    """Paths from the first level down, each with all below it; None = any."""


def public_text(order: WorkOrder) -> str:
    """The citizen's words without phones, numbers and names, and without the door of a home."""
    return public_place(mask_text(order.text, (order.requester.name, order.requester.phone)))


def public_place(text: str) -> str:
    """The text with buildings, floors and rooms left out."""
    return mask_text(_HOME.sub("", text))
