"""回访: the follow-up conversation after an order is closed, its three questions, its rating."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casework.errors import Conflict, InvalidInput

MAX_COMMENT = 2000
RATING_NAMES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
BAD_RATINGS = frozenset({1, 2})
"""差评: these reopen the order."""
REASON_TAGS = ("未联系", "超期", "未解决", "态度", "推诿", "答复不清", "其他")
"""不满意的原因: what a citizen may name besides the comment."""
ENDED = "这次回访已过期。如果问题仍未解决，您可以重新提交诉求。"


class CallbackState(StrEnum):
    """回访状态. A callback ends in one of the last four."""

    SCHEDULED = "scheduled"
    DUE = "due"
    ANSWERED = "answered"
    REFUSED = "refused"
    UNREACHED = "unreached"
    EXCLUDED = "excluded"


CALLBACK_STATE_NAMES = {
    CallbackState.SCHEDULED: "待回访",
    CallbackState.DUE: "回访中",
    CallbackState.ANSWERED: "已评价",
    CallbackState.REFUSED: "谢绝回访",
    CallbackState.UNREACHED: "未联系上",
    CallbackState.EXCLUDED: "不回访",
}


class CallbackChannel(StrEnum):
    """回访渠道: in the citizen's conversation, by an agent's call, or under the query code alone."""

    WEB = "web"
    PHONE = "phone"
    CODE = "code"


CHANNEL_NAMES = {
    CallbackChannel.WEB: "在线会话",
    CallbackChannel.PHONE: "电话",
    CallbackChannel.CODE: "凭查询码",
}


class TryOutcome(StrEnum):
    """一次尝试的结果. The first four are the system's, the others an agent's."""

    ASKED = "asked"
    REMINDED = "reminded"
    BUSY = "busy"
    OPENED = "opened"
    NO_ANSWER = "no_answer"
    LATER = "later"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    ANSWERED = "answered"
    PHONE_SHOWN = "phone_shown"


OUTCOME_NAMES = {
    TryOutcome.ASKED: "已发出回访问题",
    TryOutcome.REMINDED: "已提醒",
    TryOutcome.BUSY: "市民正在办理其他事项，稍后再问",
    TryOutcome.OPENED: "已开放凭查询码评价",
    TryOutcome.NO_ANSWER: "无人接听",
    TryOutcome.LATER: "稍后再打",
    TryOutcome.WRONG_NUMBER: "号码错误",
    TryOutcome.REFUSED: "拒访",
    TryOutcome.ANSWERED: "接通并回答",
    TryOutcome.PHONE_SHOWN: "查看电话号码",
}


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
    """How often the citizen was asked: in the conversation, by a call, or under the query code."""
    contacted: bool | None = None
    resolved: bool | None = None
    rating: int | None = None
    reason_tags: list[str] = field(default_factory=list)
    comment: str = ""
    answered_at: datetime | None = None
    channel: str = ""
    """A CallbackChannel."""
    priority: int = 0
    """The higher the earlier: see `casework.callback.callback_priority`."""
    next_attempt_at: datetime | None = None
    """None: nothing is to be done before the window ends."""
    tries: list[dict] = field(default_factory=list)
    """[{"at": ISO time, "actor", "outcome"}], oldest first."""
    handover: bool = False
    """The citizen wants a person."""
    excluded: str = ""
    """Why it is not made (a code of `casework.callback.callback_exclusion`); "" = it is."""
    closed_at: datetime | None = None
    """Of the closing that it follows: the order's own time is gone once it is reopened."""
    department: str = ""
    """Who led the order when it was closed; "" = answered directly. With the next three kept for the statistics."""
    district: str = ""
    order_type: str = ""
    order_channel: str = ""
    follow_up: str = ""
    """追评: one more comment after the rating; encrypted at rest."""
    followed_up_at: datetime | None = None
    version: int = 0

    def __post_init__(self) -> None:
        if self.closed_at is None:
            self.closed_at = self.scheduled_at

    @property
    def bad(self) -> bool:
        """差评."""
        return self.rating in BAD_RATINGS

    @property
    def open(self) -> bool:
        """Whether it can still be answered, but for its window."""
        return self.state in (CallbackState.SCHEDULED, CallbackState.DUE)

    def check_open(self, at: datetime) -> None:
        """Raises: Conflict when it was answered, refused or excluded, or is past its window."""
        if self.state is CallbackState.ANSWERED:
            raise Conflict("这次回访您已经评价过了，感谢您的反馈。")
        if self.state is CallbackState.REFUSED:
            raise Conflict("这次回访已按您的意愿结束。如果问题仍未解决，您可以重新提交诉求。")
        if not self.open or at > self.expires_at:
            raise Conflict(ENDED)

    def answer(
        self, contacted: bool, resolved: bool, rating: int, comment: str, at: datetime, tags: Sequence[str] = ()
    ) -> None:
        """Take the citizen's answer, once and within the window.

        Raises: Conflict when already answered or expired; InvalidInput for a rating outside 1–5, an unknown reason.
        """
        self.check_open(at)
        if rating not in RATING_NAMES:
            raise InvalidInput("满意度应为1至5分：5非常满意，4满意，3基本满意，2不满意，1非常不满意。")
        check_comment(comment)
        if not set(tags) <= set(REASON_TAGS):
            raise InvalidInput("原因应为：" + "、".join(REASON_TAGS) + "。")
        self.contacted, self.resolved, self.rating = contacted, resolved, rating
        self.reason_tags = [tag for tag in REASON_TAGS if tag in tags]
        self.comment, self.answered_at, self.state = comment.strip(), at, CallbackState.ANSWERED
        self.next_attempt_at = None

    def end(self, state: CallbackState) -> None:
        """It is over without an answer."""
        self.state, self.next_attempt_at = state, None


def check_comment(comment: str) -> None:
    """Raises: InvalidInput."""
    if len(comment) > MAX_COMMENT:
        raise InvalidInput(f"评价内容请控制在{MAX_COMMENT}字以内。")
