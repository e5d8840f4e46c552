"""回访: the follow-up conversation after an order is closed, its three questions, its rating."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casework.errors import Conflict, InvalidInput

MAX_COMMENT = 2000
RATING_NAMES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
BAD_RATINGS = frozenset({1, 2})
"""差评: these reopen the order."""


class CallbackState(StrEnum):
    """回访状态."""

    SCHEDULED = "scheduled"
    DUE = "due"
    ANSWERED = "answered"
    UNREACHED = "unreached"


@dataclass(slots=True)
class Callback:
    """回访. Three answers are kept apart: contacted (联系), resolved (解决), rating (满意)."""

    work_order_id: int
    scheduled_at: datetime
    expires_at: datetime
    round: int = 0
    """0 for the first closing, 1 after the first rework, …: one callback per closing."""
    id: int = 0
    state: CallbackState = CallbackState.SCHEDULED
    attempts: int = 0
    contacted: bool | None = None
    resolved: bool | None = None
    rating: int | None = None
    reason_tags: list[str] = field(default_factory=list)
    comment: str = ""
    answered_at: datetime | None = None
    channel: str = ""
    """web (in the citizen's conversation and under the query code) | phone (an agent calls)."""
    priority: int = 0
    """The higher the earlier: 不满意、重复、紧急、疑难."""
    next_attempt_at: datetime | None = None
    tries: list[dict] = field(default_factory=list)
    """[{"at": ISO time, "actor", "outcome"}], oldest first."""
    handover: bool = False
    """The citizen wants a person."""
    refused: bool = False
    """The citizen does not want to answer."""
    follow_up: str = ""
    """追评: one more comment after the rating; encrypted at rest."""
    followed_up_at: datetime | None = None
    version: int = 0

    @property
    def bad(self) -> bool:
        """差评."""
        return self.rating in BAD_RATINGS

    def answer(self, contacted: bool, resolved: bool, rating: int, comment: str, at: datetime) -> None:
        """Take the citizen's answer, once and within the window.

        Raises: Conflict when already answered or expired; InvalidInput for a rating outside 1–5.
        """
        if self.state is CallbackState.ANSWERED:
            raise Conflict("这次回访您已经评价过了，感谢您的反馈。")
        if self.state is CallbackState.UNREACHED or at > self.expires_at:
            raise Conflict("这次回访已过期。如果问题仍未解决，您可以重新提交诉求。")
        if rating not in RATING_NAMES:
            raise InvalidInput("满意度应为1至5分：5非常满意，4满意，3基本满意，2不满意，1非常不满意。")
        if len(comment) > MAX_COMMENT:
            raise InvalidInput(f"评价内容请控制在{MAX_COMMENT}字以内。")
        self.contacted, self.resolved, self.rating = contacted, resolved, rating
        self.comment, self.answered_at, self.state = comment.strip(), at, CallbackState.ANSWERED
