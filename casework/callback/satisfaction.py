"""满意度: the rates that callbacks yield, always with their denominators, and which callbacks stand behind each figure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casework.callback.callback import Callback, CallbackState
from casework.deadline.calendar import CITY_TIME

SATISFIED_FROM = 3
"""A rating of 基本满意 or better counts as satisfied."""
EMPTY = "-"
"""Stands for "none" where an empty value means "any": no district told, answered directly by an agent."""


class Measure(StrEnum):
    """指标."""

    RESPONSE = "response"
    RESOLUTION = "resolution"
    SATISFACTION = "satisfaction"
    COVERAGE = "coverage"


MEASURE_NAMES = {
    Measure.RESPONSE: "响应率",
    Measure.RESOLUTION: "解决率",
    Measure.SATISFACTION: "满意率",
    Measure.COVERAGE: "回访覆盖率",
}


class Part(StrEnum):
    """What a figure counts: of a rate its two numbers, and beside them those that no rate speaks of."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    UNREACHED = "unreached"
    WAITING = "waiting"
    REFUSED = "refused"
    EXCLUDED = "excluded"


class Group(StrEnum):
    """分组."""

    NONE = ""
    DEPARTMENT = "department"
    DISTRICT = "district"
    TYPE = "type"
    CHANNEL = "channel"
    DAY = "day"
    MONTH = "month"


STATES = {
    Part.UNREACHED: (CallbackState.UNREACHED,),
    Part.WAITING: (CallbackState.SCHEDULED, CallbackState.DUE),
    Part.REFUSED: (CallbackState.REFUSED,),
    Part.EXCLUDED: (CallbackState.EXCLUDED,),
}


@dataclass(frozen=True, slots=True)
class ClosingFilter:
    """Which closings are counted; empty = any, EMPTY = those without. The period is of the closing: [start, end)."""

    start: datetime | None = None
    end: datetime | None = None
    departments: tuple[str, ...] = ()
    district: str = ""
    type: str = ""
    channel: str = ""

    def holds(self, callback: Callback) -> bool:
        """As the database filters."""
        at = callback.closed_at or callback.scheduled_at
        wanted = (
            (self.district, callback.district),
            (self.type, callback.order_type),
            (self.channel, callback.order_channel),
        )
        return (
            (self.start is None or at >= self.start)
            and (self.end is None or at < self.end)
            and (not self.departments or (callback.department or EMPTY) in self.departments)
            and all(value in ("", told or EMPTY) for value, told in wanted)
        )


def counts(callback: Callback, measure: Measure, part: Part) -> bool:
    """Whether the callback is one of those that this figure counts."""
    if part in STATES:
        return callback.state in STATES[part]
    answered = callback.state is CallbackState.ANSWERED
    if measure is Measure.COVERAGE:
        made = callback.state is not CallbackState.EXCLUDED
        return made and (part is Part.DENOMINATOR or answered or callback.attempts > 0)
    if part is Part.DENOMINATOR:
        return answered
    told = {
        Measure.RESPONSE: bool(callback.contacted),
        Measure.RESOLUTION: bool(callback.resolved),
        Measure.SATISFACTION: (callback.rating or 0) >= SATISFIED_FROM,
    }
    return answered and told[measure]


def group_key(callback: Callback, group: Group) -> str:
    """The group that the callback belongs to; "" where it has none."""
    if group in (Group.DAY, Group.MONTH):
        at = (callback.closed_at or callback.scheduled_at).astimezone(CITY_TIME)
        return f"{at:%Y-%m-%d}" if group is Group.DAY else f"{at:%Y-%m}"
    told = {
        Group.NONE: "",
        Group.DEPARTMENT: callback.department,
        Group.DISTRICT: callback.district,
        Group.TYPE: callback.order_type,
        Group.CHANNEL: callback.order_channel,
    }
    return told[group]


@dataclass(frozen=True, slots=True)
class Rate:
    """比率: `share` is None where the denominator is 0."""

    numerator: int
    denominator: int

    @property
    def share(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    def as_dict(self) -> dict:
        share = None if self.share is None else round(self.share, 4)
        return {"numerator": self.numerator, "denominator": self.denominator, "share": share}


@dataclass(slots=True)
class Tally:
    """计数 of closings: each is answered, unreached, waiting, refused or excluded."""

    answered: int = 0
    contacted: int = 0
    resolved: int = 0
    satisfied: int = 0
    called: int = 0
    """Those that were asked at all, or answered."""
    unreached: int = 0
    waiting: int = 0
    refused: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    """By reason."""

    @property
    def closings(self) -> int:
        """办结次数: every closing has one callback, made or excluded."""
        return self.made + self.excluded.total()

    @property
    def made(self) -> int:
        return self.answered + self.unreached + self.waiting + self.refused

    def rate(self, measure: Measure) -> Rate:
        if measure is Measure.COVERAGE:
            return Rate(self.called, self.made)
        told = {
            Measure.RESPONSE: self.contacted,
            Measure.RESOLUTION: self.resolved,
            Measure.SATISFACTION: self.satisfied,
        }
        return Rate(told[measure], self.answered)

    def figure(self, measure: Measure, part: Part) -> int:
        """The figure that `counts` lists the callbacks of."""
        if part is Part.EXCLUDED:
            return self.excluded.total()
        if part in STATES:
            return int(getattr(self, part.value))
        rate = self.rate(measure)
        return rate.numerator if part is Part.NUMERATOR else rate.denominator

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.answered + other.answered,
            self.contacted + other.contacted,
            self.resolved + other.resolved,
            self.satisfied + other.satisfied,
            self.called + other.called,
            self.unreached + other.unreached,
            self.waiting + other.waiting,
            self.refused + other.refused,
            self.excluded + other.excluded,
        )

    def as_dict(self) -> dict:
        return {
            "response_rate": self.rate(Measure.RESPONSE).as_dict(),
            "resolution_rate": self.rate(Measure.RESOLUTION).as_dict(),
            "satisfaction_rate": self.rate(Measure.SATISFACTION).as_dict(),
            "callback_coverage": self.rate(Measure.COVERAGE).as_dict(),
            "closings": self.closings,
            "unreached": self.unreached,
            "waiting": self.waiting,
            "refused": self.refused,
            "excluded": dict(sorted(self.excluded.items())),
        }


def tally(callbacks: Iterable[Callback]) -> Tally:
    """Counted one by one; a database counts by groups (`Callbacks.tally`)."""
    told = Tally()
    for callback in callbacks:
        for part in (Part.UNREACHED, Part.WAITING, Part.REFUSED):
            if callback.state in STATES[part]:
                setattr(told, part.value, getattr(told, part.value) + 1)
        if callback.state is CallbackState.EXCLUDED:
            told.excluded[callback.excluded] += 1
        told.answered += callback.state is CallbackState.ANSWERED
        told.contacted += counts(callback, Measure.RESPONSE, Part.NUMERATOR)
        told.resolved += counts(callback, Measure.RESOLUTION, Part.NUMERATOR)
        told.satisfied += counts(callback, Measure.SATISFACTION, Part.NUMERATOR)
        told.called += counts(callback, Measure.COVERAGE, Part.NUMERATOR)
    return told
