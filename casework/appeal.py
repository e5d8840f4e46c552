"""诉求: what a citizen brings, with its type, text and five elements."""

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum

from casework.errors import InvalidInput

MAX_TEXT = 5000
"""Characters of an appeal's text; longer ones are refused with a message, never cut silently."""


class AppealType(StrEnum):
    """诉求类型."""

    CONSULTATION = "咨询"
    HELP = "求助"
    COMPLAINT = "投诉"
    REPORT = "举报"
    SUGGESTION = "建议"
    PRAISE = "表扬"


class Urgency(StrEnum):
    """紧急程度."""

    NORMAL = "一般"
    URGENT = "紧急"
    CRITICAL = "特急"
    HARD = "疑难"


@dataclass(slots=True)
class FiveElements:
    """五要素: 地点、时间、被反映对象、事件、诉求目的. Empty string = not told yet."""

    place: str = ""
    time: str = ""
    subject: str = ""
    event: str = ""
    demand: str = ""

    def missing(self) -> list[str]:
        """Names of the fields that are still empty, in the order they are asked."""
        return [item.name for item in fields(self) if not getattr(self, item.name)]

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


ELEMENT_NAMES = {"place": "地点", "time": "时间", "subject": "被反映对象", "event": "事件经过", "demand": "诉求目的"}
"""What each of the five elements is called to a citizen."""


@dataclass(slots=True)
class Requester:
    """诉求人: all may be withheld; encrypted at rest, masked everywhere."""

    name: str = ""
    phone: str = ""


@dataclass(slots=True)
class Appeal:
    """诉求 before it is accepted as a work order. A 举报 is confidential by default."""

    type: AppealType
    text: str
    elements: FiveElements = field(default_factory=FiveElements)
    requester: Requester = field(default_factory=Requester)
    district: str = ""
    street: str = ""
    """街道（镇） of the district, where the text or the place told names it."""
    channel: str = "web"
    urgency: Urgency = Urgency.NORMAL
    sentiment: str = ""
    """As the model read it; "" = not read."""
    confidential: bool | None = None
    conversation_id: str | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidInput("请填写诉求内容。")
        if len(self.text) > MAX_TEXT:
            raise InvalidInput(f"诉求内容超过{MAX_TEXT}字，请精简后再提交。")
        phone = self.requester.phone
        if phone and not (phone.isascii() and phone.isdigit() and 7 <= len(phone) <= 12):
            raise InvalidInput("联系电话应为7至12位数字，请检查后重新填写；不愿留电话可以留空。")
        if self.confidential is None:
            self.confidential = self.type is AppealType.REPORT
