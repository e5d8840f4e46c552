"""建议记录: what was suggested to an agent, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class SubjectKind(StrEnum):
    """建议的对象."""

    ORDER = "order"
    CONVERSATION = "conversation"


class Verdict(StrEnum):
    """采纳情况."""

    SHOWN = "shown"
    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"


@dataclass(slots=True)
class SuggestionRecord:
    """建议记录. `id` is 0 until stored; `subject` is a work order's number or a conversation's id."""

    subject_kind: SubjectKind
    subject: str
    at: datetime
    actor: str
    query: str
    offered: list[str] = field(default_factory=list)
    """Ids of the entries, best first."""
    verdict: Verdict = Verdict.SHOWN
    decided_at: datetime | None = None
    entry_id: str = ""
    """The entry that was taken."""
    final_text: str = ""
    """What the agent sent in the end."""
    id: int = 0


class SuggestionRecords(Protocol):
    """建议记录 repository."""

    def add(self, record: SuggestionRecord) -> None:
        """Fills `id`."""
        ...

    def get(self, record_id: int) -> SuggestionRecord:
        """Raises: NotFound."""
        ...

    def decide(self, record: SuggestionRecord) -> None:
        """Write the verdict. Raises: Conflict when there is one already."""
        ...

    def undecided(self, kind: SubjectKind, subject: str, actor: str) -> SuggestionRecord | None:
        """The latest that this person was shown of the subject, unless it is decided."""
        ...

    def counts(self, start: datetime | None, end: datetime | None) -> dict[Verdict, int]:
        """How many of those shown in [start, end) came to each verdict; SHOWN: still undecided."""
        ...

    def of_subject(self, kind: SubjectKind, subject: str) -> Sequence[SuggestionRecord]:
        """Newest first."""
        ...
