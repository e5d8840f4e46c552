"""操作: one thing that a person does with an order, what it needs, and which ones a person may take now."""

from dataclasses import dataclass

from casework.events import Actor
from casework.handling.sight import is_own
from casework.handling.support import owes
from casework.transitions import legal_transitions
from casework.work_order import WorkOrder

NEEDS = {
    "dispatch": ("department",),
    "reassign": ("department",),
    "merge": ("main",),
    "request_extension": ("days",),
    "decide_extension": ("approved",),
    "reply": ("reply",),
    "answer": ("reply",),
    "close": ("closing_kind",),
    "supervise": ("level",),
    "reclassify": ("classification",),
    "opine": ("opinion",),
}
"""What an action needs besides a reason, by name of the field; `classification` is type, category, urgency, confidential."""
BY_HAND = frozenset(
    [
        "reject",
        "transfer",
        "answer",
        "dispatch",
        "reassign",
        "merge",
        "unmerge",
        "sign",
        "return",
        "requeue",
        "adjudicate",
        "start",
        "request_extension",
        "decide_extension",
        "suspend",
        "resume",
        "reply",
        "reject_reply",
        "close",
        "urge",
        "supervise",
        "release",
        "reclassify",
        "opine",
        "contact",
    ]
)
"""Actions that staff may take; the others are the system's steps, or come with a text or a file of their own."""
MAX_LEVEL = 3
"""督办: the highest level."""
WHILE_MERGED = ("unmerge", "urge")
"""Of these, what can be done with an order that waits for its main order."""


@dataclass(frozen=True, slots=True)
class Action:
    """操作: what to do and with what; `version` is the order's as the person saw it."""

    name: str
    version: int
    reason: str = ""
    department: str = ""
    reply: str = ""
    closing_kind: str = ""
    main: str = ""
    """并单: number of the order that this one is merged into."""
    supporting: tuple[str, ...] | None = None
    """协办单位 (codes) of a dispatch or reassignment; None leaves them as they are."""
    days: int = 0
    """延期: working days asked for."""
    approved: bool | None = None
    """延期审批: None = not decided."""
    level: int = 0
    """督办级别, 1 to 3."""
    opinion: str = ""
    """协办意见."""
    without_support: bool = False
    """答复: although supporting departments have not given their opinion."""
    type: str = ""
    """更正分类: the new type, category, urgency and protection; "" and None leave them as they are."""
    category: str = ""
    urgency: str = ""
    confidential: bool | None = None


def actions_for(order: WorkOrder, by: Actor) -> list[str]:
    """Names of the actions that `by` may take now; on an order of another department an opinion owed to its lead alone."""
    names = [row.action for row in legal_transitions(order.state, by.role, order.returns) if row.action in BY_HAND]
    if not is_own(order, by):
        return [name for name in names if name == "opine" and owes(order, by)]
    if order.held:
        return [name for name in names if name in WHILE_MERGED]
    return [name for name in names if _makes_sense(name, order, by)]


def _makes_sense(name: str, order: WorkOrder, by: Actor) -> bool:
    """Whether a legal action has something to act on."""
    if name == "unmerge":
        return False
    if name == "release":
        return order.supervision_level > 0
    if name == "supervise":
        return order.supervision_level < MAX_LEVEL
    return name != "opine" or owes(order, by)


def additions_for(order: WorkOrder, by: Actor) -> list[str]:
    """What `by` may add to the order now: `supplement`, `attach`; supporting departments nothing."""
    if not is_own(order, by):
        return []
    names = [row.action for row in legal_transitions(order.state, by.role, order.returns)]
    return [name for name in names if name in ("supplement", "attach")]
