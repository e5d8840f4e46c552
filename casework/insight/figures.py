"""统计口径: counts of orders by what they are grouped by, and measures of departments; what is counted can be listed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Told:
    """诉求原文: what is read of an order to find hot topics; a 重单 is left out."""

    id: int
    at: datetime
    text: str
    district: str
    place: str
    """As it was told apart from the text."""
    person: str
    """A keyed hash of the phone; "" where none was left."""
    category: str
    confidential: bool


class Dimension(StrEnum):
    """统计维度."""

    CATEGORY_1 = "category_1"
    CATEGORY_2 = "category_2"
    CATEGORY_3 = "category_3"
    CATEGORY_4 = "category_4"
    DISTRICT = "district"
    STREET = "street"
    TYPE = "type"
    DEPARTMENT = "department"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


DIMENSION_NAMES = {
    Dimension.CATEGORY_1: "一级分类",
    Dimension.CATEGORY_2: "二级分类",
    Dimension.CATEGORY_3: "三级分类",
    Dimension.CATEGORY_4: "四级分类",
    Dimension.DISTRICT: "区县",
    Dimension.STREET: "街道（镇）",
    Dimension.TYPE: "诉求类型",
    Dimension.DEPARTMENT: "承办单位",
    Dimension.DAY: "日",
    Dimension.WEEK: "周",
    Dimension.MONTH: "月",
}


@dataclass(frozen=True, slots=True)
class Slice:
    """统计范围: the orders that are counted; empty = all. `day` values are days of the city, as 2026-03-09."""

    created_from: datetime | None = None
    created_to: datetime | None = None
    sight: tuple[str, ...] = ()
    """Of the reader: orders that these departments lead or support; empty = all."""
    values: tuple[tuple[Dimension, str], ...] = ()
    """What the orders have in common, as told by `counts`; "" is what has none."""


@dataclass(frozen=True, slots=True)
class Period:
    """统计期间: orders created in [start, end), as they stand `now`."""

    start: datetime
    end: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """计数 of one measure (`casework.insight.league`) for one department."""

    department: str
    measure: str
    numerator: int
    denominator: int


class Figures(Protocol):
    """统计 repository: reads only."""

    def told(self, start: datetime, end: datetime) -> Iterable[Told]:
        """Orders created in [start, end), oldest first; streamed: to be read within the unit of work."""
        ...

    def counts(self, wanted: Slice, by: Sequence[Dimension]) -> Sequence[tuple[tuple[str, ...], int]]:
        """How many orders of the slice have each combination of values, the most first."""
        ...

    def orders(self, wanted: Slice, limit: int, offset: int = 0) -> Sequence[int]:
        """Ids of the orders of a slice, newest first: what was counted."""
        ...

    def tallies(self, wanted: Period) -> Sequence[Counted]:
        """Every counted measure of every department over the orders of a period, where there is anything to count."""
        ...

    def tallied(
        self, wanted: Period, measure: str, departments: Sequence[str], numerator: bool, limit: int, offset: int = 0
    ) -> tuple[Sequence[int], int]:
        """Ids of the orders behind a measure's numerator or denominator, newest first, with their number: exactly those
        that `tallies` counts."""
        ...
