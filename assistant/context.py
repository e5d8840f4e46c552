"""上下文: what a follow-up such as 「那需要什么材料？」 leaves out, filled from the last answer."""

import re
from dataclasses import dataclass

from knowledge.facets import facet_of
from knowledge.text import normalize

_LEANING = re.compile(
    r"^(那|那么|那样|那这|这个|这种|它|这|那个|然后|还|还有|另外|如果|要是|是不是|需不需要|需要|要|大概|一般|最多|能不能|可以|"
    r"在哪|去哪|多久|几天|什么|怎么|咋|带|有没有|必须|本人|网上)"
)
_CORRECTION = re.compile(
    r"^((不是这个|错了|我说的?是|我问的?是|我是问|是说)[的啦呀啊,，。 ]*|(不是|不对)+([的啦呀啊,，。 ]+|(?=我(说|问|是问))))+"
)
_SWITCH = re.compile(r"^(那|那么|还有)?(.{1,12}?)(呢|咋样|怎么样|也一样吗|也是吗|行吗)[?？。 ]*$")
_PARTICLES = re.compile(r"[?？。!！,， ~啊呀吧呢嘛哦]+")
MAX_LEANING = 18
"""Characters (without punctuation) up to which a question may lean on the last turn."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """What the last answer was about."""

    item: str
    facet: str
    item_class: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read the question: the query to search, and the item it must stay within ("" = any)."""

    query: str
    item: str = ""
    facet: str = ""


def readings(text: str, last: Leaning | None) -> list[Reading]:
    """How the text may be read, most likely first; the plain reading always among them."""
    plain = Reading(text)
    corrected = _CORRECTION.sub("", normalize(text))
    told = _PARTICLES.sub("", corrected)
    if last is None or not told:
        return [plain]
    if corrected != normalize(text):
        return [Reading(f"{told}{_asks(last.facet)}"), Reading(told), plain]
    if len(told) > MAX_LEANING:
        return [plain]
    facet = facet_of(told)
    switch = _SWITCH.match(corrected)
    if switch and not facet:
        topic = switch.group(2)
        return [Reading(f"{topic}{last.item_class}{_asks(last.facet)}"), Reading(f"{topic}{_asks(last.facet)}"), plain]
    if _LEANING.match(told) and last.item:
        return [Reading(f"{last.item} {told}", last.item, facet), plain]
    if facet and last.item:
        return [plain, Reading(f"{last.item} {told}", last.item, facet)]
    return [plain]


def _asks(facet: str) -> str:
    """Words that ask for a facet, to complete a topic that was switched."""
    return {
        "材料": "需要什么材料",
        "时限": "要多久",
        "额度": "额度是多少",
        "费用": "要收费吗",
        "渠道": "在哪里办",
        "流程": "怎么办理",
        "后果": "有什么后果",
        "条件": "需要什么条件",
    }.get(facet, "怎么规定的")
