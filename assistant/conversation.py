"""会话: one citizen's conversation, its turns and what it has understood so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What a turn came to; the first seven are the CLI contract's, the rest occur within a conversation."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    ABSTAINED = "abstained"
    EMERGENCY = "emergency"
    REFUSED = "refused"
    SMALLTALK = "smalltalk"
    INTAKE = "intake"
    FILED = "filed"
    STATUS = "status"
    CALLBACK = "callback"
    INVALID = "invalid"


class Phase(StrEnum):
    """Where a conversation stands: free questions, a clarifying choice, an intake, a callback."""

    OPEN = "open"
    CLARIFYING = "clarifying"
    INTAKE = "intake"
    CALLBACK = "callback"


@dataclass(slots=True)
class Turn:
    """一轮: what the citizen said and what was answered. `reply` is the whole `Reply` as plain JSON."""

    number: int
    at: datetime
    text: str
    outcome: Outcome
    reply: dict
    helpful: bool | None = None


@dataclass(slots=True)
class Conversation:
    """会话. `state` is plain JSON owned by `assistant` (last item, options, draft of the appeal …)."""

    id: str
    """Unguessable: who holds it may go on with the conversation."""
    created_at: datetime
    channel: str = "web"
    phase: Phase = Phase.OPEN
    state: dict = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    version: int = 0


class Conversations(Protocol):
    """会话 repository."""

    def add(self, conversation: Conversation) -> None: ...

    def get(self, conversation_id: str) -> Conversation:
        """With its turns in order. Raises: NotFound."""
        ...

    def save(self, conversation: Conversation) -> None:
        """Write phase, state, changed `helpful` marks and new turns. Raises: Conflict when another wrote first."""
        ...

    def versions(self, conversation_ids: Sequence[str]) -> dict[str, int]:
        """The version of each of these that there is; it rises with every change."""
        ...

    def recent(self, limit: int = 50) -> Sequence[Conversation]:
        """Newest first, with their turns."""
        ...
