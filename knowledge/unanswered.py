"""未答问题: questions that citizens asked in vain, kept until somebody has looked after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class VainOutcome(StrEnum):
    """为何未答: nothing was found, none of what was offered was meant, the answer did not help, or an agent says so."""

    ABSTAINED = "abstained"
    NONE_FITS = "none_fits"
    UNHELPFUL = "unhelpful"
    PROPOSED = "proposed"


class VainState(StrEnum):
    """处理状态."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


VAIN_NAMES = {
    VainOutcome.ABSTAINED: "没有答案",
    VainOutcome.NONE_FITS: "都不是",
    VainOutcome.UNHELPFUL: "没帮助",
    VainOutcome.PROPOSED: "坐席提出",
}


@dataclass(slots=True)
class UnansweredQuestion:
    """未答问题: what a citizen asked in one turn. `id` is 0 until stored."""

    conversation_id: str
    turn: int
    text: str
    outcome: VainOutcome
    at: datetime
    state: VainState = VainState.OPEN
    entry_id: str = ""
    """The entry that answers it by now; while open, the one that did not help or that a wording is proposed for."""
    id: int = 0


class UnansweredQuestions(Protocol):
    """未答问题 repository. A turn has at most one."""

    def put(self, question: UnansweredQuestion) -> None:
        """Add, or replace what was kept of the same turn; fills `id`."""
        ...

    def of_turn(self, conversation_id: str, turn: int) -> UnansweredQuestion | None: ...

    def in_state(self, state: VainState, limit: int) -> Sequence[UnansweredQuestion]:
        """Newest first."""
        ...

    def count(self, state: VainState) -> int: ...

    def of_ids(self, ids: Sequence[int]) -> Sequence[UnansweredQuestion]:
        """In order of id. Raises: NotFound when one is missing."""
        ...

    def settle(self, ids: Sequence[int], state: VainState, entry_id: str = "") -> None:
        """Close the open ones among them. Raises: Conflict when one is not open any more."""
        ...
