"""工单: an accepted appeal on its way through departments. All changes go through `WorkOrder.apply`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casework.appeal import AppealType, FiveElements, Requester, Urgency
from casework.errors import IllegalTransition, InvalidInput
from casework.events import Actor, WorkOrderEvent
from casework.transitions import State, Transition, transition

WHILE_HELD = ("merge", "unmerge", "conclude", "urge", "supplement", "attach")
"""What can happen to an order that waits for its main order."""
MAX_REPLY = 5000
"""Characters of a department's reply."""


class ClosingKind(StrEnum):
    """办结类型."""

    SOLVED = "已解决"
    EXPLAINED = "解释说明"
    NOT_SOLVED = "未解决"


@dataclass(slots=True)
class Dispatching:
    """派单依据: what was decided, by whom or what, kept apart from what the model said."""

    department: str
    decision: str
    """auto | review | person"""
    confidence: float = 0.0
    model_department: str = ""
    model_version: str = ""
    candidates: list[dict] = field(default_factory=list)
    """[{"department": code, "confidence": 0–1}], best first."""
    evidence: dict = field(default_factory=dict)


@dataclass(slots=True)
class SupportWork:
    """协办: what one supporting department owes the lead, by when, and what it gave."""

    department: str
    due_at: datetime | None = None
    opinion: str = ""
    opined_at: datetime | None = None


@dataclass(slots=True)
class WorkOrder:
    """工单. `id` is 0 until stored; `version` is checked on save so that of two writers one is told."""

    type: AppealType
    text: str
    created_at: datetime
    elements: FiveElements = field(default_factory=FiveElements)
    requester: Requester = field(default_factory=Requester)
    id: int = 0
    number: str = ""
    query_code: str = ""
    """Known in clear only to the citizen and while filing; storage keeps a keyed hash."""
    channel: str = "web"
    conversation_id: str | None = None
    district: str = ""
    street: str = ""
    category: str = ""
    urgency: Urgency = Urgency.NORMAL
    confidential: bool = False
    state: State = State.SUBMITTED
    lead_department: str = ""
    supporting_departments: list[str] = field(default_factory=list)
    dispatching: Dispatching | None = None
    dispatched_at: datetime | None = None
    sign_due_at: datetime | None = None
    signed_at: datetime | None = None
    due_at: datetime | None = None
    reply: str = ""
    replied_at: datetime | None = None
    closing_kind: ClosingKind | None = None
    closed_at: datetime | None = None
    returns: int = 0
    reworks: int = 0
    corrected: bool = False
    """A person gave it to another department than the model or a former dispatch said: a corrected label."""
    sentiment: str = ""
    """Of the text, as the model read it; "" = not read."""
    split_from: int | None = None
    """一单多诉: the order (id) whose text this one is a part of."""
    repeat_of: int | None = None
    """重复诉求: an earlier order of the same person about the same matter."""
    duplicate_of: int | None = None
    """重单: the order that says the same, sent twice."""
    merged_into: int | None = None
    """并单: the open order about the same event, which is handled for both."""
    urges: int = 0
    """催办 so far."""
    supervision_level: int = 0
    """督办级别: 0 none, 1 to 3."""
    watch_at: datetime | None = None
    """When the deadlines' watch must look at it next; None once nothing is due any more."""
    steps_done: list[str] = field(default_factory=list)
    """Steps of the watch that were taken, each with the deadline that it was taken for."""
    suspended_at: datetime | None = None
    extension_days: int = 0
    """Working days asked for, until the extension is decided."""
    extensions: int = 0
    """Extensions granted."""
    support_work: list[SupportWork] = field(default_factory=list)
    contact_due_at: datetime | None = None
    """Of a rework: until when a person must have contacted the citizen."""
    contacted_at: datetime | None = None
    version: int = 0

    @property
    def anonymous(self) -> bool:
        """匿名: neither name nor phone was given."""
        return not (self.requester.name or self.requester.phone)

    @property
    def held(self) -> bool:
        """并单中: it waits for its main order, is not offered for dispatch, and is closed with it."""
        waits = self.duplicate_of is not None or self.merged_into is not None
        return waits and self.state is State.PENDING_DISPATCH

    def overdue(self, now: datetime) -> bool:
        """Whether it is late: past `due_at` while open, or closed after it; while suspended its time stands still."""
        if self.due_at is None:
            return False
        return (self.closed_at or self.suspended_at or now) > self.due_at

    def allow(self, action: str, actor: Actor, reason: str | None = None) -> Transition:
        """The row by which `actor` may do this now, with this reason where one is given.

        Raises: IllegalTransition (also of a held order), Forbidden (by the table), InvalidInput (a needed reason is missing).
        """
        if self.held and action not in WHILE_HELD:
            raise IllegalTransition("这张工单已并入主单，随主单办理。需要单独派单的，请先撤销并单。")
        row = transition(action, self.state, actor.role, self.returns)
        if row.needs_reason and reason is not None and not reason.strip():
            raise InvalidInput(f"“{row.name}”须填写原因。")
        return row

    def apply(self, action: str, actor: Actor, at: datetime, reason: str = "", **data: object) -> WorkOrderEvent:
        """Make one transition and return its event; on any error nothing has changed.

        Raises: IllegalTransition (also of a held order), Forbidden (by the table), InvalidInput (a needed reason is missing).
        """
        row = self.allow(action, actor, reason)
        before = self.state
        if row.target is not None:
            self.state = row.target
        return WorkOrderEvent(
            work_order_id=self.id,
            name=row.event,
            at=at,
            actor=actor,
            state_from=before.value,
            state_to=self.state.value,
            reason=reason.strip(),
            data=dict(data) or None,
        )
