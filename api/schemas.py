"""请求体: what requests must look like; anything else is invalid_input."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from assistant.turn import MAX_TEXT
from casework.appeal import MAX_TEXT as MAX_APPEAL
from casework.callback import MAX_COMMENT

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
    contacted: bool
    resolved: bool
    rating: int
    comment: str = Field("", max_length=LONG, description=f"at most {MAX_COMMENT} characters")


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


class OrderAction(Strict):
    action: str = Field(max_length=40)
    version: int
    reason: str = Field("", max_length=2000)
    department: str = Field("", max_length=40)
    reply: str = Field("", max_length=LONG)
    closing_kind: str = Field("", max_length=20)


class TrainingRequest(Strict):
    since: date | None = None
    trainer: str = Field("light", pattern="^(light|transformer)$")
