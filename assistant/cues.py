"""线索: what the wording of a follow-up says about the last turn: a correction, a change of topic, a leaning."""

import re
from dataclasses import dataclass

from knowledge.text import normalize

_MARKS = re.compile(r"[,，。;；!！~]+")
_CRY = r"(哎呀?|诶|哦|噢|喔|嗯|呃|啊|额|唉)*"
_SORRY = re.compile(
    rf"^{_CRY}(不是|不对|不对不对|不是不是|错了|不是这个(意思)?|对不起|不好意思|抱歉|我?(刚才?|刚刚|上面)?(可能|好像)?"
    r"(打|搞|弄|说|问|写|输|看|记)(错|混|岔|反)(了|啦)?(字|话)?|我?(刚才?)?(没|没有)(说|讲|问|写)(清楚|明白|对)|口误|(你)?(理解|听|搞)错(我的意思)?了|"
    r"(你)?答非所问|不是问(你)?这个|我?(问|说)的不是这个|等等|等一下)(了|啦|呀|啊|哈|的)*$"
)
"""A clause that only takes back what was said."""
_MEANT = re.compile(
    r"^(而?是|就是|其实是?|应该是)?(我)?(其实|就|本来|刚才?|刚刚)*((想|要|是想|是要)?(说|问|讲|指|咨询|了解|办)的(其实|就|应该|才)?是?|"
    r"(是|想|要|是想|是要)+(说|问|讲|咨询)(一下|下)?的?是?)(那个|那|的)?"
)
"""我说的是, 我要问的是, 我是想问: what is meant follows."""
_NOT = re.compile(r"^(我|我这|这|那|可)?(说|问|买|办)?的?(并)?不是(说|问)?")
_ISNT = re.compile(r"(?<=.)[,，]?(并)?不是")
_IS = re.compile(r"^(而是|就是|是)")
_OPENS = re.compile(
    r"^(对了|另外|此外|(还|再)?有(一?个|件)(事情?|问题)|还有|哦对|那个|换个(话题|问题|事)|顺便|顺带|再|还|最后|我?(还|再)?(想|要)?(问|咨询|请教|打听|了解)(一?个|一?下|你|您)*(别的|其他的?|另一?个)?(事|问题)?|"
    r"(一?个)?(别的|其他)(事情?|问题)?|[,，:：。 ])+"
)
_OPENING = re.compile(r"另外|此外|换个|顺便|顺带|别的|其他|对了|还有个|(再|还)(想)?(问|咨询|请教|打听)|问个|^还有")
_SWITCH = re.compile(
    r"^(那|那么|还有|要是|如果|换成|改成)*(?P<topic>.{1,16}?)(的)?(呢|咋样|怎么样|也一样吗?|也是吗|也是这样吗?)([,，]?(?P<rest>.{0,16}))$"
)
_LEANS = re.compile(
    r"^(那|那么|那样|那这|这|它|然后|还|如果|要是|是不是|需不需要|需要|要|大概|一般|最多|最少|最晚|最长|能不能|可以|能|得|"
    r"在哪|去哪|上哪|哪|多久|多长|多少|几|什么|啥|怎么|咋|带|有没有|必须|本人|网上|手机|我|一年|一个月|每|谁|扣|收|交|罚)"
)
_DETAIL = re.compile(r"^(可是|但是|不过)?(我|我们|我家|他|她|俺|咱|本人|老婆|老公|爱人|孩子|单位|公司)")
_ASKS = re.compile(
    r"吗|么|呢|几|多少|什么|啥|哪|怎|咋|如何|谁|不$|没$|能不能|可不可以|是不是|有没有|要不要|多久|多长|多大|[?？]"
)
_PARTICLES = re.compile(r"[?？。!！,，、;；:：~ ]+|[啊呀吧嘛哦呢]+$")
_THEN = re.compile(r"^(那么?|然后|可是|但是|不过)")


@dataclass(frozen=True, slots=True)
class Cues:
    """线索 of one message. `meant` is the matter it names, bare of all that only refers; `denied` what it takes back."""

    meant: str
    denied: str = ""
    corrects: bool = False
    opens: bool = False
    """Whether it announces another matter (另外, 再问个别的)."""
    switches: bool = False
    """Whether it names a matter and leaves the question out (那贷款呢)."""
    leans: bool = False
    """Whether its first word asks or points without naming a matter (多久能到账, 那要带什么)."""
    detail: bool = False
    """Whether it tells a circumstance and asks nothing (我是外地户口)."""


def cues_of(text: str) -> Cues:
    """Read the cues. The text need not be normalised."""
    told = normalize(text).strip("。.,，!！~ ")
    corrected = _corrected(told)
    meant, denied = corrected if corrected else (told, "")
    rest = _OPENS.sub("", meant) if _OPENING.search(meant) else meant
    opens = corrected is None and rest != meant and bool(rest)
    meant = rest or meant
    body = _THEN.sub("", meant) or meant
    switch = _SWITCH.match(body if body != meant else meant)
    topic = _PARTICLES.sub("", switch["topic"] + switch["rest"]) if switch else ""
    switches = bool(topic) and len(_PARTICLES.sub("", body)) <= 20 and not _ASKS.search(switch["topic"])  # type: ignore[index]
    bare = topic if switches else _PARTICLES.sub("", body)
    return Cues(
        meant=bare or told,
        denied=denied,
        corrects=corrected is not None,
        opens=opens,
        switches=switches,
        leans=bool(_LEANS.match(_PARTICLES.sub("", meant))),
        detail=bool(_DETAIL.match(meant)) and not _ASKS.search(meant),
    )


def _corrected(told: str) -> tuple[str, str] | None:
    """What is meant and what is denied, where the text takes something back; None where it does not."""
    clauses = [clause for clause in _MARKS.split(told) if clause]
    meant: list[str] = []
    denied: list[str] = []
    sorry = stated = False
    for number, clause in enumerate(clauses):
        if _SORRY.match(clause):
            sorry = True
            continue
        head = _MEANT.match(clause)
        body = clause[head.end() :] if head and head.end() < len(clause) else clause
        stated = stated or bool(head and head.group().endswith("是"))
        inner = _ISNT.search(body)
        if head and inner:  # 我问的是新房不是二手房
            denied.append(body[inner.end() :])
            body = body[: inner.start()]
            sorry = True
        elif _NOT.match(clause) and (len(clauses) > 1):
            later = [c for c in clauses[number + 1 :] if _MEANT.match(c) or _IS.match(c)]
            earlier = bool(meant and stated)
            if later or earlier:
                denied.append(clause[_NOT.match(clause).end() :])  # type: ignore[union-attr]
                sorry = True
                continue
        elif sorry or denied:
            body = _IS.sub("", body)
        meant.append(body)
    if not sorry and not (stated and len(clauses) == 1 and _MEANT.match(told) and len(told) <= 24):
        return None
    words = "，".join(part.strip("的那个") if len(part) > 3 else part for part in meant if part)
    return (words, "，".join(denied)) if words else None
