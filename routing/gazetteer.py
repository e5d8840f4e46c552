"""地名录: where a text names a place of the city, by its name, for short, or misspelt."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import jieba
from rapidfuzz import fuzz, process

from casework.organisation.city import City, Place, PlaceKind
from knowledge.sounds import near_sound, syllables
from knowledge.text import warm_up

UNUSUAL, EVERYDAY = 100, 1000
"""Occurrences in jieba's dictionary (of sixty million): a short form below the first is a name wherever it stands, from
the first on it needs words beside it that speak of a place, from the second on such as belong to names alone."""
UNUSUAL_DISTRICT = 200
"""The first for districts, which are named more often than any other place."""
_YOUNG_WORDS = frozenset(["科创", "文创", "双创", "智慧", "数智"])
"""Everyday words younger than jieba's dictionary."""
ALIKE = 84
"""rapidfuzz ratio (0–100) of the spelled sounds from which a name is taken for misspelt; see docs/decisions/0014."""
_TAIL = re.compile(
    r"街道办事处|街道办|街道|街办|办事处|社区|居委会|村委会|派出所|[镇乡村](?![上里办])|镇[上里办]|乡[上里办]|村[里口委民]"
)
"""What makes a place of whatever stands before it."""
_THERE = re.compile(r"[那这](?:[边儿里片块头]|一[片带块])|一带")
_BESIDE = re.compile(
    r"[那这][家条个排所座栋间处些]|某|一[家处位名所间]|的?(?:小学|中学|初中|高中|幼儿园|卫生院|卫生所|营业厅|菜市?场|便民|市场监管|市场所|政务|收费站)|段|大桥|水库|[东西南北中]?(?:[路街巷]|大道)"
)
_TOWARDS = re.compile(r"(?:[在到去从往至于住回跑]|我们|咱们?|俺们?|[全整半]个?|夸|表扬|投诉|举报|反映|称)$")
_STOP = re.compile(r"[，。,.;；！!？?、（）()\s]|的|$|某|一家|下游|上游")
_COUNTED = re.compile(r"(?:[座条片棵株块老旧古毛]|那个|这个)$")
"""Before a word that only happens to be a name: 那座石桥, 毛竹林."""
_ON_THE_WAY = re.compile(r"上(?:遇|碰|走|行|第|最|我|不|也|的(?:第|困|酸|艰|每))|见不平")
"""创业路上遇到的困难 happen on no road."""
_SIDE = re.compile(r"[东西南北前后]$")
_OF_SIDE = re.compile(r"[门侧边面部方区头]")
"""观澜苑|东门 is not 苑东."""
_COUNTY = re.compile(r"(?<![外邻壁的个各区市省哪几两老家某])县(?:里|城|中?医院|人民医院|政务|政府|殡仪馆|一中|二中)")
_ENDING = re.compile(
    r"(?:街道|社区|大道|大街|小区|花园|家园|新村|新居|新城|公寓|公馆|大厦|广场|农贸市场|批发市场|海鲜市场|市场|体育馆|体育公园|公园|工业园|风景区|医院|中学|小学|"
    r"客运站|汽车站|地铁站|水库|水电站|湿地|码头|古镇|文化街|雅苑|雅居|水岸|体育中心|会展中心|南街|北街|东街|西街|区|县|镇|乡|村|路|街|苑|里)$"
)
_NO_SLIP = frozenset("东西南北中上下前后新老大小一二三四五六七八九十")
"""Never taken for a slip: 桃园北街 is another street than 桃园南街."""


class Strength(IntEnum):
    """How sure it is that a place is meant."""

    HINT = 0
    """县里, where the city has one county."""
    CUED = 1
    """A short form that is a word too, with a place-like neighbour; a misspelt name."""
    SURE = 2


@dataclass(frozen=True, slots=True)
class Mention:
    """提到的地点: `text[start:end]` names one of `places`, all of one name."""

    start: int
    end: int
    said: str
    places: tuple[Place, ...]
    strength: Strength
    misspelt: bool = False

    @property
    def name(self) -> str:
        return self.places[0].name

    @property
    def districts(self) -> tuple[str, ...]:
        """In the city's order, each once."""
        return tuple(dict.fromkeys(place.district for place in self.places))


class Gazetteer:
    """地名录 of a city. Built once; a text is read in well under a millisecond."""

    def __init__(self, city: City) -> None:
        warm_up()
        self._names, self._districts = city.named, frozenset(city.districts)
        forms: dict[str, tuple[Place, ...]] = dict(city.named)
        for name, places in city.named.items():
            for short in _short_forms(name, places[0], city.districts):
                forms[short] = forms.get(short, ()) + places
        self._stems = {form for form in forms if form not in city.named}
        self._forms = forms
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for form in sorted(forms, key=len, reverse=True):
            self._by_first[form[0]].append(form)
        counties = [name for name in city.districts if name.endswith("县")]
        self._county = city.named[counties[0]] if len(counties) == 1 else ()
        self._learn_sounds()

    def find(self, text: str) -> list[Mention]:
        """The places that a text names, in its order; none overlaps another."""
        found = list(self._written(text))
        taken = [False] * len(text)
        for mention in found:
            taken[mention.start : mention.end] = [True] * (mention.end - mention.start)
        for match in _COUNTY.finditer(text) if self._county else ():
            if not any(taken[match.start() : match.end()]):
                found.append(Mention(match.start(), match.end(), match.group(), self._county, Strength.HINT))
                taken[match.start() : match.end()] = [True] * len(match.group())
        found += self._misspelt(text, taken)
        return sorted(found, key=lambda mention: mention.start)

    def _written(self, text: str) -> Iterator[Mention]:
        """Names and short forms as they are written, the longest first."""
        at = 0
        while at < len(text):
            for form in self._by_first.get(text[at], ()):
                if not text.startswith(form, at):
                    continue
                told = self._judge(text, at, form)
                if told is not None:
                    end, strength = told
                    yield Mention(at, end, text[at:end], self._forms[form], strength)
                    at = end - 1
                    break
            at += 1

    def _judge(self, text: str, at: int, form: str) -> tuple[int, Strength] | None:
        """Where what is said ends and how sure it is; None when it is no place here."""
        end = at + len(form)
        before, after = text[max(0, at - 4) : at], text[end : end + 6]
        if form not in self._stems:
            if len(form) > 2:
                said_so = form.endswith("路") and self._usual(form[:-1]) >= EVERYDAY and _ON_THE_WAY.match(after)
                return None if said_so else (end, Strength.SURE)
            alone = not before or not _is_han(before[-1]) or _TOWARDS.search(before) or before[-1] in "镇城条谢"
            return (end, Strength.CUED) if alone else None
        tail = _TAIL.match(after)
        if tail:
            return end + len(tail.group().rstrip("上里口民")), Strength.SURE
        if _SIDE.search(form) and _OF_SIDE.match(after) and before and _is_han(before[-1]):
            return None
        usual = self._usual(form)
        if usual < (UNUSUAL_DISTRICT if self._is_district(form) else UNUSUAL) or (len(form) > 2 and usual < EVERYDAY):
            return end, Strength.SURE
        if _THERE.match(after):
            return end, Strength.CUED
        if usual >= EVERYDAY or _COUNTED.search(before):
            return None
        if _BESIDE.match(after) or (_TOWARDS.search(before) and _STOP.match(after)):
            return end, Strength.CUED
        return None

    def _is_district(self, form: str) -> bool:
        return any(place.kind is PlaceKind.DISTRICT for place in self._forms[form])

    @staticmethod
    def _usual(word: str) -> int:
        return EVERYDAY if word in _YOUNG_WORDS else jieba.dt.FREQ.get(word, 0)

    def _learn_sounds(self) -> None:
        """Names by how they sound, and by ending with how their other part is spelled."""
        readings = syllables()
        letters: dict[str, str] = {}
        for told in readings.values():
            letters.setdefault(near_sound(told), chr(0xE000 + len(letters)))
        self._near = str.maketrans({char: letters[near_sound(told)] for char, told in readings.items()})
        self._spelled = str.maketrans(dict(readings))
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._by_ending: dict[str, dict[str, str]] = defaultdict(dict)
        self._cores: dict[str, int] = {}
        for name in self._names:
            match = _ENDING.search(name)
            if match is None or match.start() < 2:
                continue
            self._cores[name] = match.start()
            self._by_sound[name.translate(self._near)].append(name)
            self._by_ending[match.group()][name] = name[: match.start()].translate(self._spelled)
        self._lengths = sorted({len(name) for names in self._by_sound.values() for name in names}, reverse=True)
        self._last = frozenset(name[-1] for names in self._by_sound.values() for name in names)
        self._last_sounds = frozenset(key[-1] for key in self._by_sound)

    def _misspelt(self, text: str, taken: list[bool]) -> Iterator[Mention]:
        """What sounds like a name first, then what resembles one: 新糖街道 is 新塘街道 before 新糖街 might be 新矿街."""
        near = text.translate(self._near)
        for finder, ends in ((self._sounding, self._last_sounds), (self._resembling, self._last)):
            told = near if ends is self._last_sounds else text
            for end in range(3, len(text) + 1):
                if told[end - 1] not in ends or taken[end - 1]:
                    continue
                name, start = finder(text, told, end, taken)
                if name and not (name in self._districts and _is_inside_a_word(text, start)):
                    taken[start:end] = [True] * (end - start)
                    yield Mention(start, end, text[start:end], self._names[name], Strength.CUED, misspelt=True)

    def _sounding(self, text: str, near: str, end: int, taken: list[bool]) -> tuple[str, int]:
        """A name that sounds like the characters before `end`."""
        for length in self._lengths:
            start = end - length
            if start < 0:
                continue
            for name in self._by_sound.get(near[start:end], ()):
                if not any(taken[start:end]) and self._is_slip(text[start:end], name):
                    return name, start
        return "", 0

    def _resembling(self, text: str, told: str, end: int, taken: list[bool]) -> tuple[str, int]:
        """A name with the ending that stands before `end` whose other part sounds much like what stands before it."""
        for width in (4, 3, 2, 1):
            names = self._by_ending.get(text[end - width : end], {}) if end > width else {}
            for size in (5, 4, 3, 2) if names else ():
                start = end - width - size
                if start < 0 or any(taken[start:end]) or not all(map(_is_han, text[start:end])):
                    continue
                spelled = text[start : end - width].translate(self._spelled)
                best = process.extractOne(spelled, names, scorer=fuzz.ratio, score_cutoff=ALIKE)
                if best is not None and self._is_slip(text[start:end], best[2]):
                    return best[2], start
        return "", 0

    def _is_slip(self, said: str, name: str) -> bool:
        """Whether `said` may be `name` written wrongly, and not a word or another name by itself."""
        ending = name[self._cores[name] :]
        core, told, told_ending = name[: -len(ending)], said[: -len(ending)], said[-len(ending) :]
        changed = set(said) - set(name)
        if not changed or not _NO_SLIP.isdisjoint(changed) or abs(len(told) - len(core)) > (len(core) > 2):
            return False
        if told_ending != ending:  # 花圆 for 花园 once the rest is right, but 达到 is no 大道
            return told == core and len(name) > 3 and self._usual(said[-2:]) < UNUSUAL
        return self._usual(told) < UNUSUAL and len(set(told) & set(core)) * 2 >= len(core)


def _short_forms(name: str, place: Place, districts: tuple[str, ...]) -> Iterator[str]:
    """What people say instead of the whole name."""
    if place.stem != name:
        yield place.stem
    if place.kind is not PlaceKind.LANDMARK:
        return
    for district in districts:
        rest = name.removeprefix(district[:-1])
        new = rest[:2] and jieba.dt.FREQ.get(rest[:2], 0) < UNUSUAL
        if rest != name and len(rest) >= 4 and new and not rest.startswith("区"):
            yield rest  # 万汇广场 for 南汀万汇广场, 县人民医院 for 青溪县人民医院


def _is_inside_a_word(text: str, start: int) -> bool:
    """医院|北院区 is no 北苑区: a misspelt district begins where something new is said."""
    before = text[max(0, start - 4) : start]
    return bool(before) and _is_han(before[-1]) and not _TOWARDS.search(before)


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"
