"""多问: several questions in one message, told apart, each with what it leaves to the others to say."""

import re
from dataclasses import dataclass

from knowledge.text import normalize

MAX_PARTS = 4
MAX_SPLIT = 90
"""Characters up to which a message is taken apart; a longer one is a story."""
_HELLO = re.compile(r"^(你好|您好|请问|请教一下|麻烦问一下|问一下|想问一下|在吗)+[啊呀吗]?[,，。!！ ]*")
_ENDS = re.compile(r"[?？。;；!！\n]+")
_PAUSES = re.compile(r"[,，、]+")
_SPACED = re.compile(r"(?<=[\u4e00-\u9fff]{3})[ \u3000]+(?=[\u4e00-\u9fff]{3})")
"""A blank in place of a comma; 公 积 金 is one word."""
_JOINS = re.compile(
    r"^(另外|此外|还有|顺便|顺带|同时|以及|再(就是|者)?|对了|最后)*(我?(还|再)?(想|要)?(问|咨询|请教|了解)(一?个|一?下|下)?(问题)?)?"
    r"(就是|那|的是)?[,，:： ]*"
)
_JOINED = re.compile(r"^(另外|此外|还有|顺便|顺带|以及|再问|还想问|还要问|对了|最后问)")
_INNER_JOIN = re.compile(r"(?<=[\u4e00-\u9fff])(?=(另外|此外|顺便问|顺带问|还有就是))")
_EACH = re.compile(
    r"^(?P<one>[^,，。?？和跟与]{2,14})(和|跟|与|还有|以及|、)(?P<other>[^,，。?？和跟与]{2,14}?)"
    r"(?P<frame>(一个月|每个月|每月|一年|最多|最高|最少|住院|现在|今年|都|申请|办理)*)(分别|各自|各)(?P<asked>(是|都|能|要|得|需要|报|交|提|带|收|领|办|扣)?.{2,20})$"
)
ASKS = re.compile(
    r"吗|么(?!样的人)|呢|谁|几(?!乎|经)|多少|什么|啥|哪|怎|咋|如何|能不能|可不可以|是不是|有没有|要不要|用不用|会不会|收不收|行不行|算不算|"
    r"多久|多长|多大|多高|是.{1,10}还是|不$|没$|得不得"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """多问 of a message. `sure` where its marks or words say outright that they are several."""

    texts: tuple[str, ...]
    context: str = ""
    """What is told before and asks nothing (父亲去世了)."""
    sure: bool = False
    apart: bool = False
    """Whether the parts were made of one sentence about two matters (A和B分别…)."""


def parts_of(text: str) -> Parts | None:
    """The questions of a message in their order; None where it asks one thing only."""
    told = _HELLO.sub("", normalize(_SPACED.sub("，", text))).strip("。.,，!！?？~ ")
    if len(told) > MAX_SPLIT:
        return None
    each = _EACH.match(told)
    if each:
        asked = f"{each['frame']}{each['asked']}"
        one, other = each["one"], each["other"]
        whose = one.rfind("的")
        shared = one[: whose + 1] if whose > 0 else ""
        return Parts((f"{one}{asked}", f"{shared}{other}{asked}"), sure=True, apart=True)
    return _parts_by_marks(told)


def _parts_by_marks(told: str) -> Parts | None:
    questions: list[str] = []
    waiting: list[str] = []
    context, joined = "", 0
    for sentence in _ENDS.split(told):
        for piece in _INNER_JOIN.split(sentence):
            for clause in _PAUSES.split(piece or ""):
                clause = clause.strip()
                if not clause or clause in ("另外", "此外", "顺便问", "顺带问", "还有就是"):
                    joined += bool(clause) and bool(questions)
                    continue
                join = _JOINED.match(clause)
                body = _JOINS.sub("", clause) if join or questions else clause
                joined += bool(join and questions)
                waiting.append(body or clause)
                if ASKS.search(clause):
                    questions.append("，".join(waiting))
                    waiting = []
        if waiting and not questions:
            context = "，".join(waiting)
            waiting = []
    if waiting and questions:
        questions[-1] += "，" + "，".join(waiting)
    if not 2 <= len(questions) <= MAX_PARTS:
        return None
    marks = len([part for part in re.split(r"[?？]", told) if part.strip()])
    return Parts(tuple(questions), context, sure=bool(joined) or marks >= len(questions))
