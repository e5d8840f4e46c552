"""工作日历: working days with their 调休, and deadline arithmetic in working days and working hours."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

CITY_TIME = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = time(9, 0), time(17, 30)


class Calendar(Protocol):
    """Which days are worked."""

    def is_working_day(self, day: date) -> bool: ...


class OfficialCalendar:
    """The State Council's calendar by the library chinesecalendar; Monday to Friday in years it does not know yet."""

    def is_working_day(self, day: date) -> bool:
        import chinese_calendar

        try:
            return chinese_calendar.is_workday(day)
        except NotImplementedError:
            return day.weekday() < 5


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Arithmetic over a calendar. Times are aware; results are in the city's time."""

    calendar: Calendar

    def add_days(self, start: datetime, days: int) -> datetime:
        """End of work on the `days`-th working day after the day of `start` (that day does not count)."""
        day = start.astimezone(CITY_TIME).date()
        left = days
        while left > 0:
            day += timedelta(days=1)
            left -= self.calendar.is_working_day(day)
        return datetime.combine(day, CLOSES, CITY_TIME)

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """The moment when `hours` working hours have passed since `start`."""
        now, left = start.astimezone(CITY_TIME), timedelta(hours=hours)
        while True:
            opens = datetime.combine(now.date(), OPENS, CITY_TIME)
            closes = datetime.combine(now.date(), CLOSES, CITY_TIME)
            begin = max(now, opens)
            if self.calendar.is_working_day(now.date()) and begin < closes:
                if begin + left <= closes:
                    return begin + left
                left -= closes - begin
            now = datetime.combine(now.date() + timedelta(days=1), time(0), CITY_TIME)
