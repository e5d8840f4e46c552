"""属地: in which district the matter of an appeal lies, by the places that its text names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from casework.organisation.city import City, PlaceKind
from routing.gazetteer import Gazetteer, Mention, Strength

MAX_TEXT = 5000
"""Characters that are read."""
_BOUNDARY = re.compile(r"[，。,.;；！!？?\n]")
_HOME = re.compile(
    r"(?:住在?|家在|住址[是为:：]?|居住[在于]?|租[住房][在于]?|户[口籍][在是]?|来自|我是|本人是|我系)\S{0,3}$"
)
_MATTER = re.compile(
    r"(?:反映|投诉|举报|求助|咨询|表扬|感谢|建议|位于|地[点址][是在:：]?|发生[在于]|事发|路过|经过|走到|发现|事情在|出在)\S{0,4}$"
)
_COMPARED = re.compile(r"(?:隔壁|别的|不像|不如|比起?|好比|像|学学|人家|参照|相比)\S{0,2}$")
_AS_THERE = re.compile(r"那边?样|一样|同样|似的")
_ELSEWHERE = re.compile(r"(?:老家|以前|之前|原来|原先|曾经?|搬离|离开|嫁到)\S{0,3}$")
_MOVED_FROM = re.compile(r"从\S{0,4}$")
_MOVES = re.compile(r"\S{0,6}?(?:搬|迁|转|调)\S{0,2}?[到至往去]")
_JOINS = frozenset("的（(，,、 ")
_SPECIFIC = {
    PlaceKind.ESTATE: 4,
    PlaceKind.LANDMARK: 4,
    PlaceKind.ROAD: 3,
    PlaceKind.COMMUNITY: 3,
    PlaceKind.STREET: 2,
    PlaceKind.DISTRICT: 1,
}


class Certainty(StrEnum):
    """How the district is known."""

    NONE = ""
    NAMED = "named"
    """The district itself is named."""
    GUESSED = "guessed"
    """From a place in it."""
    MISSPELT = "misspelt"
    """From a misspelt name alone."""


class _Role(IntEnum):
    """What a place has to do with the matter, the most telling last."""

    COMPARED = 0
    ELSEWHERE = 1
    HOME = 2
    PLAIN = 3
    MATTER = 4
    TOLD = 5


@dataclass(frozen=True, slots=True)
class Location:
    """属地. `district` is "" when the text names none, several, or only places that lie in several."""

    district: str = ""
    street: str = ""
    place: str = ""
    """The most specific name found in the district."""
    said: str = ""
    """`place` as the text has it."""
    certainty: Certainty = Certainty.NONE
    told: bool = False
    """Whether it is known from what was told as the place, rather than from the text."""
    ambiguous: list[dict] = field(default_factory=list)
    """[{"place", "districts": [str]}]: named places of which the text does not tell in which district they lie."""
    found: list[dict] = field(default_factory=list)
    """[{"place", "said", "start", "end", "districts": [str], "told": bool}], positions in the text (or, with `told`, in what
    was told as the place), in order."""


@dataclass(frozen=True, slots=True)
class _Clue:
    mention: Mention
    role: _Role

    @property
    def districts(self) -> tuple[str, ...]:
        return self.mention.districts


class Places:
    """属地识别 for a city."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._gazetteer = Gazetteer(city)

    def locate(self, text: str, told: str = "") -> Location:
        """Where the matter lies. `told` is the place as it was told apart from the text, which counts first."""
        clues = [_Clue(mention, _Role.TOLD) for mention in self._gazetteer.find(told[:MAX_TEXT])]
        clues += _with_roles(text, self._gazetteer.find(text[:MAX_TEXT]))
        found = [
            {
                "place": clue.mention.name,
                "said": clue.mention.said,
                "start": clue.mention.start,
                "end": clue.mention.end,
                "districts": list(clue.districts),
                "told": clue.role is _Role.TOLD,
            }
            for clue in clues
        ]
        counted = [clue for clue in clues if clue.role is not _Role.COMPARED]
        district, ambiguous = _settle(counted)
        if not district and not ambiguous:  # what was told names several districts: the text may tell which
            counted = [clue for clue in counted if clue.role is not _Role.TOLD]
            district, ambiguous = _settle(counted)
        if not district:
            return Location(ambiguous=ambiguous, found=found)
        inside = [clue for clue in counted if district in clue.districts]
        best = max(inside, key=lambda clue: (clue.role, _SPECIFIC[clue.mention.places[0].kind], -clue.mention.start))
        place = next(place for place in best.mention.places if place.district == district)
        named = any(clue.mention.name == district and clue.mention.strength is Strength.SURE for clue in inside)
        misspelt = all(clue.mention.misspelt for clue in inside)
        return Location(
            district=district,
            street=place.street,
            place=place.name,
            said=best.mention.said,
            certainty=Certainty.MISSPELT if misspelt else Certainty.NAMED if named else Certainty.GUESSED,
            told=best.role is _Role.TOLD,
            found=found,
        )


def _settle(clues: Sequence[_Clue]) -> tuple[str, list[dict]]:
    """The district, or "" with the places that would have to be asked about."""
    sure = [clue for clue in clues if len(clue.districts) == 1]
    open_ = [clue for clue in clues if len(clue.districts) > 1]
    top = max((clue.role for clue in sure), default=_Role.COMPARED)
    nearest = [clue for clue in sure if clue.role == top]
    if (open_ and max(clue.role for clue in open_) > top) or not sure:
        return _settle_open(open_, {clue.districts[0] for clue in sure})
    strongest = max(clue.mention.strength for clue in nearest)
    districts = {clue.districts[0] for clue in nearest if clue.mention.strength == strongest}
    return (districts.pop(), []) if len(districts) == 1 else ("", [])


def _settle_open(clues: Sequence[_Clue], others: set[str]) -> tuple[str, list[dict]]:
    """A place of several districts lies in the one that the text names beside it, or that two such places share."""
    if not clues:
        return "", []
    shared = set.intersection(*(set(clue.districts) for clue in clues))
    for districts in (shared & others, shared if len(clues) > 1 else set()):
        if len(districts) == 1:
            return districts.pop(), []
    asked = {clue.mention.name: list(clue.districts) for clue in clues}
    return "", [{"place": name, "districts": districts} for name, districts in asked.items()]


def _with_roles(text: str, mentions: Sequence[Mention]) -> list[_Clue]:
    """What each place has to do with the matter, by the words beside it; places told in one go share it."""
    clues: list[_Clue] = []
    for mention in mentions:
        last = clues[-1] if clues else None
        between = text[last.mention.end : mention.start] if last else ""
        role = _role(text, mention)
        if last and not (set(between) - _JOINS) and "，" not in between and role is _Role.PLAIN:
            role = last.role
        clues.append(_Clue(mention, role))
    return clues


def _role(text: str, mention: Mention) -> _Role:
    before = _BOUNDARY.split(text[max(0, mention.start - 14) : mention.start])[-1]
    after = _BOUNDARY.split(text[mention.end : mention.end + 10])[0]
    if after.startswith("老家") or _ELSEWHERE.search(before) or (_MOVED_FROM.search(before) and _MOVES.match(after)):
        return _Role.ELSEWHERE
    if _HOME.search(before) or mention.strength is Strength.HINT:
        return _Role.HOME
    if _COMPARED.search(before) or _AS_THERE.match(after):
        return _Role.COMPARED
    return _Role.MATTER if _MATTER.search(before) else _Role.PLAIN
