"""意图: what a citizen wants besides an answer, read from their words; and what type an appeal is."""

import re
from dataclasses import dataclass
from enum import StrEnum

from assistant.classifier import SHIPPED, LinearClassifier
from casework.appeal import AppealType
from knowledge.encoder import Encoder
from knowledge.text import normalize


class Intent(StrEnum):
    """意图."""

    QUESTION = "question"
    SMALLTALK = "smalltalk"
    STATUS = "status"
    HUMAN = "human"
    INTAKE = "intake"


_HUMAN = re.compile(r"(转|要|找|接)(人工|坐席|话务员|客服)|人工(客服|服务|坐席)|真人|^人工$|找个(人|活人)")
_STATUS = re.compile(
    r"(我(的|反映的|投诉的|提交的|上次).{0,12}|查(一?下|询)?.{0,6})(工单|投诉|诉求|单子).{0,10}(进度|进展|怎么样|处理|到哪|办到|结果|查)"
    r"|工单(进度|查询|状态|号)|查(询)?(进度|工单|办理进度)|查询码"
)
_INTAKE = re.compile(
    r"^.{0,12}(我要|我想|要|想|帮我|给我|请帮我|我来|现在|准备)(去|来|再)?(投诉|举报|反映|提个?建议|提意见|报修|登记|建议|表扬|求助|下单|立单|提交诉求)"
    r"|^(投诉|举报|反映|建议|表扬|登记工单|登记诉求|提交工单)(一下|工单|诉求)?[。!！,，]?$|登记(一?个)?(工单|诉求)"
)
_GREETING = re.compile(
    r"^(你好|您好|在吗|在不在|有人吗|哈喽|hello|hi|嗨|早上好|上午好|下午好|晚上好|早|喂|你是谁|你叫什么(名字)?|你是(机器人|人工|真人|ai)吗?|"
    r"你(能|会|可以)(做|干|帮我做)(什么|啥|些什么)|你有什么功能)([啊呀呢吧哦嘛,，。!！?？~ ]|您好|你好|请问在吗|在吗)*$"
)
_THANKS = re.compile(
    r"^(好的?|行|嗯+|哦+|ok|知道了|明白了?|懂了|了解了?|可以了|没事了?|没有了|不用了)?[,，。 !！]*"
    r"(谢谢|多谢|感谢|谢了|谢啦|辛苦了|太感谢了|非常感谢|麻烦(你|您)了|再见|拜拜|88|回头见|好的|知道了|明白了)"
    r"(你|您|啦|了|哈|啊|呀|哦)*[,，。!！~ ]*(再见|拜拜|谢谢)?[。!！~]*$"
)

GREETING = "您好，这里是12345政务服务便民热线智能助手。您可以用自己的话提问，也可以告诉我您要投诉、求助或建议的事情，我来帮您登记。"
THANKS = "不客气。还有其他问题可以继续问我，祝您生活愉快。"


def intent_of(text: str) -> tuple[Intent, str]:
    """The intent that the words state outright, and what to answer for small talk ("" else)."""
    told = normalize(text)
    if _THANKS.match(told):
        return Intent.SMALLTALK, THANKS
    if _GREETING.match(told):
        return Intent.SMALLTALK, GREETING
    if _HUMAN.search(told) and len(told) <= 30:
        return Intent.HUMAN, ""
    if _STATUS.search(told) and len(told) <= 40:
        return Intent.STATUS, ""
    if _INTAKE.search(told):
        return Intent.INTAKE, ""
    return Intent.QUESTION, ""


_ASKS = re.compile(r"(吗|么|呢|几|多少|什么|啥|哪|怎么|咋|如何|能不能|可不可以|是不是|有没有|多久)")
MAX_ASKING = 30
"""Characters of a text that may count as a short question."""


def asks(text: str) -> bool:
    """Whether the text has the form of a short question."""
    told = normalize(text)
    return len(told) <= MAX_ASKING and bool(_ASKS.search(told) or told.endswith(("?", "？")))


_TYPE_WORDS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"我要投诉|我想投诉|要投诉|^投诉", AppealType.COMPLAINT),
        (r"我要举报|想举报|要举报|^举报", AppealType.REPORT),
        (r"(提|有)(一?个|点|条)?(建议|意见)|^建议|我建议|能否增设", AppealType.SUGGESTION),
        (r"(提出|点名|想|要)表扬|^表扬|感谢信|点个?赞", AppealType.PRAISE),
        (r"求助|我要报修|^报修", AppealType.HELP),
    )
)


def stated_type(text: str) -> AppealType | None:
    """The appeal type that the citizen names."""
    told = normalize(text)
    return next((kind for pattern, kind in _TYPE_WORDS if pattern.search(told)), None)


@dataclass(frozen=True, slots=True)
class TypeClassifier:
    """诉求类型识别. Questions for the knowledge base are 咨询; everything else is for an intake."""

    classifier: LinearClassifier

    @classmethod
    def load(cls, encoder: Encoder) -> "TypeClassifier":
        """The shipped one. Raises: Unavailable."""
        return cls(LinearClassifier.load(encoder, SHIPPED / "types.json"))

    def appeal_share(self, text: str) -> float:
        """Probability (0–1) that the text is an appeal rather than a question."""
        return 1.0 - self.classifier.probabilities(text).get(AppealType.CONSULTATION.value, 0.0)

    def type_of(self, text: str) -> AppealType:
        """The stated type, else the likeliest."""
        stated = stated_type(text)
        if stated is not None:
            return stated
        shares = self.classifier.probabilities(text)
        return AppealType(max(shares, key=shares.__getitem__))
