"""请求体: what requests must look like; anything else is invalid_input."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from assistant.turn import MAX_TEXT
from casework.appeal import MAX_TEXT as MAX_APPEAL
from casework.appeal import AppealType
from casework.callback.callback import MAX_COMMENT
from casework.handling.supplement import MAX_SUPPLEMENT
from casework.handling.support import MAX_OPINION

LONG = 100_000
"""Characters a field may have at all; shorter limits with their own messages stand in the domain."""


class Strict(BaseModel):
    """Unknown fields are refused, so that a misspelt one is not lost silently."""

    model_config = ConfigDict(extra="forbid")


class NewConversation(Strict):
    channel: str = Field("web", pattern=r"^[a-z]{1,20}$")


class NewTurn(Strict):
    text: str = Field("", max_length=LONG, description=f"at most {MAX_TEXT} characters")
    option: str | None = Field(None, max_length=300)


class Helpful(Strict):
    helpful: bool


class OrderQuery(Strict):
    query_code: str = Field(max_length=40)
    phone_last4: str = Field("", max_length=8)


class CallbackAnswer(OrderQuery):
    number: str = Field("", max_length=40, description="of the part that is answered for; the queried order when empty")
    contacted: bool
    resolved: bool
    rating: int
    comment: str = Field("", max_length=LONG, description=f"at most {MAX_COMMENT} characters")
    reason_tags: list[Annotated[str, Field(max_length=20)]] = Field([], max_length=20)


class FollowUpIn(OrderQuery):
    number: str = Field("", max_length=40, description="of the part that is meant; the queried order when empty")
    text: str = Field(max_length=LONG, description=f"at most {MAX_COMMENT} characters")


class CallIn(Strict):
    version: int
    outcome: str = Field(max_length=20)
    again_at: AwareDatetime | None = Field(None, description="of the outcome later")


class CalledAnswer(Strict):
    version: int
    contacted: bool
    resolved: bool
    rating: int
    comment: str = Field("", max_length=LONG, description=f"at most {MAX_COMMENT} characters")
    reason_tags: list[Annotated[str, Field(max_length=20)]] = Field([], max_length=20)


class OwnOrder(OrderQuery):
    number: str = Field("", max_length=40, description="of the part that is meant; the queried order when empty")


class OwnSupplement(OwnOrder):
    text: str = Field(max_length=LONG, description=f"at most {MAX_SUPPLEMENT} characters")


class SupplementIn(Strict):
    text: str = Field(max_length=LONG, description=f"at most {MAX_SUPPLEMENT} characters")


class SignIn(Strict):
    username: str = Field(max_length=100)
    password: str = Field(max_length=200)


class ElementsIn(Strict):
    place: str = Field("", max_length=500)
    time: str = Field("", max_length=500)
    subject: str = Field("", max_length=500)
    event: str = Field("", max_length=MAX_APPEAL)
    demand: str = Field("", max_length=500)


class NewOrder(Strict):
    type: str
    text: str = Field(max_length=LONG)
    elements: ElementsIn = Field(default_factory=lambda: ElementsIn.model_validate({}))
    name: str = Field("", max_length=50)
    phone: str = Field("", max_length=20)
    district: str = Field("", max_length=50)
    answer: str = Field("", max_length=LONG, description="直接答复: the agent answers at once, nothing is dispatched")
    confidential: bool | None = Field(None, description="by the type (举报) when not given")


class OrderAction(Strict):
    action: str = Field(max_length=40)
    version: int
    reason: str = Field("", max_length=2000)
    department: str = Field("", max_length=40)
    reply: str = Field("", max_length=LONG)
    closing_kind: str = Field("", max_length=20)
    main: str = Field("", max_length=40)
    supporting: list[Annotated[str, Field(max_length=40)]] | None = Field(
        None, max_length=100, description="of a dispatch or reassignment; null leaves them as they are"
    )
    days: int = Field(0, description="延期: working days asked for")
    approved: bool | None = Field(None, description="延期审批")
    level: int = Field(0, description="督办级别, 1 to 3")
    opinion: str = Field("", max_length=LONG, description=f"协办意见, at most {MAX_OPINION} characters")
    without_support: bool = Field(False, description="答复 although 协办意见 are outstanding; needs a reason")
    type: str = Field("", max_length=20, description="更正分类; empty and null leave things as they are")
    category: str = Field("", max_length=500)
    urgency: str = Field("", max_length=20)
    confidential: bool | None = None


class PartIn(Strict):
    text: str = Field(max_length=LONG)
    department: str = Field("", max_length=40)
    supporting: list[Annotated[str, Field(max_length=40)]] = Field([], max_length=100)
    category: str = Field("", max_length=500)
    type: AppealType | None = Field(None, description="of the whole appeal when not given")


class SplitIn(Strict):
    version: int
    parts: list[PartIn] = Field(max_length=100)


class SelectionIn(Strict):
    """选取范围: the period, both days included, and the departments (codes) whose orders are meant; null, [] = all."""

    start: date | None = Field(None, alias="from")
    end: date | None = Field(None, alias="to")
    departments: list[Annotated[str, Field(max_length=40)]] = Field([], max_length=2000)


class TrainingRequest(SelectionIn):
    trainer: str = Field("light", pattern="^(light|transformer)$")
    promote: bool = Field(True, description="let it serve at once if it passes the gate")


class Promotion(Strict):
    reason: str = Field("", max_length=500, description="needed where there were too few orders to compare on")


class ReportIn(Strict):
    """定期报告 of the period that the day lies in."""

    kind: str = Field(max_length=10)
    start: date = Field(alias="from")
