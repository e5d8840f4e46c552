"""定期报告: 日报、周报、月报, made once for each period from figures that can be traced to rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput


class ReportKind(StrEnum):
    """报告种类."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


KIND_NAMES = {ReportKind.DAY: "日报", ReportKind.WEEK: "周报", ReportKind.MONTH: "月报"}


def kind_of(name: str) -> ReportKind:
    """Raises: InvalidInput."""
    try:
        return ReportKind(name)
    except ValueError:
        raise InvalidInput("报告种类应为 day（日报）、week（周报）或 month（月报）。") from None


def period_of(kind: ReportKind, day: date) -> tuple[datetime, datetime]:
    """The period that the day lies in, [from, to) in the city's time; weeks begin on Monday. Raises: InvalidInput."""
    try:
        if kind is ReportKind.DAY:
            first, last = day, day + timedelta(days=1)
        elif kind is ReportKind.WEEK:
            first = day - timedelta(days=day.weekday())
            last = first + timedelta(days=7)
        else:
            first = day.replace(day=1)
            last = (first + timedelta(days=31)).replace(day=1)
    except OverflowError:
        raise InvalidInput("报告日期超出范围，请重新选择。") from None
    return datetime.combine(first, time.min, CITY_TIME), datetime.combine(last, time.min, CITY_TIME)


def period_before(kind: ReportKind, begin: datetime) -> tuple[datetime, datetime]:
    """The period before the one that begins then. Raises: InvalidInput."""
    day = begin.astimezone(CITY_TIME).date()
    if day == date.min:
        raise InvalidInput("报告日期超出范围，请重新选择。")
    return period_of(kind, day - timedelta(days=1))


def period_name(kind: ReportKind, begin: datetime, end: datetime) -> str:
    """2026年3月9日, 2026年3月9日至3月15日, 2026年3月."""
    first, last = begin.astimezone(CITY_TIME), end.astimezone(CITY_TIME) - timedelta(days=1)
    if kind is ReportKind.MONTH:
        return f"{first.year}年{first.month}月"
    told = f"{first.year}年{first.month}月{first.day}日"
    if kind is ReportKind.DAY:
        return told
    year = f"{last.year}年" if last.year != first.year else ""
    return f"{told}至{year}{last.month}月{last.day}日"


@dataclass(slots=True)
class PeriodicReport:
    """定期报告 on [period_from, period_to); `content` is plain JSON that both forms (HTML, docx) are made of."""

    kind: ReportKind
    period_from: datetime
    period_to: datetime
    made_at: datetime
    content: dict = field(default_factory=dict)
    id: int = 0


class PeriodicReports(Protocol):
    """定期报告 repository."""

    def add(self, report: PeriodicReport) -> bool:
        """Fills `id`; False when there is one of this kind and period already."""
        ...

    def get(self, report_id: int) -> PeriodicReport:
        """Raises: NotFound."""
        ...

    def of_period(self, kind: ReportKind, period_from: datetime) -> PeriodicReport | None: ...

    def list(self, kind: ReportKind | None = None, limit: int = 50) -> Sequence[PeriodicReport]:
        """Newest period first."""
        ...


def change_words(change: float | None) -> str:
    """How a number stands to that of the period before (share of change), as reports say it; "" where there was none."""
    if change is None:
        return ""
    if abs(change) < 0.0005:
        return "，与上期持平"
    return f"，比上期{'增加' if change > 0 else '减少'}{abs(change):.1%}"
