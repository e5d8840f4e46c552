"""工作日历: working days with their 调休, and deadline arithmetic in working days and working time."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from casework.deadline.calendar_table import CalendarTable
from casework.deadline.working_hours import DEFAULT_HOURS, WorkingHours
from casework.errors import InvalidInput

CITY_TIME = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = time(9, 0), time(17, 30)
_NOTHING = timedelta(0)
_A_DAY = timedelta(days=1)


class Calendar(Protocol):
    """Which days are worked."""

    def is_working_day(self, day: date) -> bool: ...

    def knows(self, year: int) -> bool:
        """Whether the holidays of that year are known; else its days are a guess, Monday to Friday."""
        ...


@dataclass(frozen=True, slots=True)
class OfficialCalendar:
    """The city's own table first, then the State Council's calendar by the library chinesecalendar; Monday to Friday in years
    that neither knows yet."""

    table: CalendarTable = field(default_factory=CalendarTable)

    def is_working_day(self, day: date) -> bool:
        worked = self.table.worked(day)
        if worked is None:
            worked = _published(day)
        return day.weekday() < 5 if worked is None else worked

    def knows(self, year: int) -> bool:
        if year in self.table.years:
            return True
        return MINYEAR <= year <= MAXYEAR and _published(date(year, 1, 1)) is not None


@lru_cache(maxsize=4000)
def _published(day: date) -> bool | None:
    """As the State Council has it; None of a year that the library does not know. It looks through all its days for each
    question, so that answers are kept."""
    import chinese_calendar

    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return None


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Arithmetic over a calendar and a day's hours. Times are aware; results are in the city's time.

    Every method raises InvalidInput for a naive time and where the calendar (year 9999) ends.
    """

    calendar: Calendar
    hours: WorkingHours = DEFAULT_HOURS

    def during(self, hours: WorkingHours) -> "WorkingTime":
        """The same calendar with a department's hours."""
        return replace(self, hours=hours)

    @property
    def day(self) -> timedelta:
        """The working time of one day of work."""
        return timedelta(minutes=self.hours.minutes)

    def worked(self, day: date) -> bool:
        """Whether any work is done on that day: who is there around the clock is there on holidays too."""
        return self.hours.always or self.calendar.is_working_day(day)

    def add_days(self, start: datetime, days: int) -> datetime:
        """End of work on the `days`-th working day after the day of `start` (that day does not count)."""
        day, left = local(start).date(), days
        while left > 0:
            day = _next(day, 1)
            left -= self.worked(day)
        return _at(day, self.hours.spans[-1][1])

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """The moment when `hours` working hours have passed since `start`."""
        return self.add(start, timedelta(hours=hours))

    def add(self, start: datetime, span: timedelta) -> datetime:
        """The moment when so much working time has passed since `start`, or, of a negative span, will pass until `start`.

        No time at all leads to the nearest moment of work.
        """
        now = local(start)
        if span < _NOTHING:
            return self._back(now, -span)
        left = span
        for opens, closes in self._spans(now.date(), 1):
            begin = max(now, opens)
            if begin < closes or (begin == closes and not left):
                if left <= closes - begin:
                    return begin + left
                left -= closes - begin
        raise AssertionError("days do not end")

    def _back(self, now: datetime, left: timedelta) -> datetime:
        for opens, closes in self._spans(now.date(), -1):
            end = min(now, closes)
            if end > opens:
                if left <= end - opens:
                    return end - left
                left -= end - opens
        raise AssertionError("days do not end")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; none when `end` is not later."""
        first, last = local(start), local(end)
        total = _NOTHING
        if last <= first:
            return total
        for opens, closes in self._spans(first.date(), 1):
            if opens >= last:
                break
            total += max(min(last, closes) - max(first, opens), _NOTHING)
            if closes >= last:
                break
        return total

    def _spans(self, day: date, step: int) -> Iterator[tuple[datetime, datetime]]:
        """Spans of work from that day on, or, with step -1, from it backwards."""
        while True:
            if self.worked(day):
                for begin, end in self.hours.spans[::step]:
                    yield _at(day, begin), _at(day, end)
            day = _next(day, step)


def local(moment: datetime) -> datetime:
    """In the city's time. Raises: InvalidInput for a naive time."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidInput("时间没有注明时区，无法计算时限。")
    try:
        return moment.astimezone(CITY_TIME)
    except OverflowError:
        raise InvalidInput("时间超出了日历的范围（公元1年至9999年），无法计算时限。") from None


def _next(day: date, step: int) -> date:
    try:
        return day + timedelta(days=step)
    except OverflowError:
        raise InvalidInput("时限超出了日历的范围（公元1年至9999年），请检查天数。") from None


def _at(day: date, minutes: int) -> datetime:
    """So many minutes after midnight; 1440 is the next day's midnight."""
    hours, rest = divmod(minutes, 60)
    return datetime.combine(day if hours < 24 else _next(day, 1), time(hours % 24, rest), CITY_TIME)
