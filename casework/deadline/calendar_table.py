"""放假安排表: the city's own table of days off and exchanged days, for years that the library does not know yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from casework.errors import InvalidInput

FIRST_YEAR, LAST_YEAR = 2000, 2100
FIXED = {(1, 1): "元旦", (5, 1): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}
"""Holidays that lie on the same day in every year; a year in which one of them is worked is not told whole."""
HOLIDAYS = 13
"""法定节假日 of a year since 2025 (国务院令第795号); 调休 moves days but makes no more days off."""
SPARE = 2
"""Working days that a year may have more than that; with more a holiday is missing."""
MAX_NAME = 20
MAX_TOLD = 20
"""Problems of a file that are told at once."""
_YES, _NO = ("是", "班", "上班", "1", "true", "yes"), ("否", "休", "放假", "0", "false", "no")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """一天的安排."""

    day: date
    worked: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class CalendarTable:
    """放假安排表. Days that are not in it are worked Monday to Friday."""

    days: Mapping[date, CalendarDay] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    @classmethod
    def of(cls, days: Iterable[CalendarDay]) -> "CalendarTable":
        known = {one.day: one for one in sorted(days, key=lambda one: one.day)}
        return cls(known, frozenset(day.year for day in known))

    def worked(self, day: date) -> bool | None:
        """None of a year that the table does not speak of."""
        if day.year not in self.years:
            return None
        told = self.days.get(day)
        return day.weekday() < 5 if told is None else told.worked

    def of_year(self, year: int) -> list[CalendarDay]:
        """In order."""
        return [one for one in self.days.values() if one.day.year == year]

    def with_years_of(self, other: "CalendarTable") -> "CalendarTable":
        """The years that `other` tells are taken from it whole."""
        kept = [one for one in self.days.values() if one.day.year not in other.years]
        return CalendarTable.of([*kept, *other.days.values()])

    def working_days(self, year: int) -> int:
        """How many days of that year are worked."""
        first = date(year, 1, 1)
        days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
        return sum(bool(self.worked(day)) for day in days)


def read_table(rows: Iterable[tuple[str, Mapping[str, str]]]) -> CalendarTable:
    """The table of rows (place, {"day", "worked", "name"}); each year in it is told whole.

    Raises: InvalidInput that names each problem by its place.
    """
    days: dict[date, tuple[str, CalendarDay]] = {}
    problems: list[str] = []
    for place, row in rows:
        try:
            told = _day(row)
            if told.day in days:
                raise InvalidInput(f"{told.day.isoformat()}与{days[told.day][0]}重复")
            days[told.day] = place, told
        except InvalidInput as error:
            problems.append(f"{place}：{error.message}")
    table = CalendarTable.of(day for _, day in days.values())
    if not problems:
        for year in sorted(table.years):
            problems += _missing(table, year)
    if problems:
        told_all = "\n".join(problems[:MAX_TOLD])
        more = f"\n……另有{len(problems) - MAX_TOLD}处。" if len(problems) > MAX_TOLD else ""
        raise InvalidInput(f"放假安排有{len(problems)}处问题，没有导入任何内容，请改正后重新导入：\n{told_all}{more}")
    if not days:
        raise InvalidInput("文件里没有放假安排：要有“日期”“是否上班”“名称”三列，下面每行一天。")
    return table


def _day(row: Mapping[str, str]) -> CalendarDay:
    written, worked, name = (str(row.get(key) or "").strip() for key in ("day", "worked", "name"))
    try:
        year, month, number = (int(part) for part in written.replace("/", "-").split("-"))
        day = date(year, month, number)
    except ValueError:
        raise InvalidInput(f"“{written}”不是日期，请写成2027-01-01的样子") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInput(f"{day.year}年超出了{FIRST_YEAR}年至{LAST_YEAR}年的范围")
    if worked.lower() not in (*_YES, *_NO):
        raise InvalidInput(f"“是否上班”应填是或否，不能是“{worked}”")
    if len(name) > MAX_NAME:
        raise InvalidInput(f"名称请控制在{MAX_NAME}字以内")
    return CalendarDay(day, worked.lower() in _YES, name)


def _missing(table: CalendarTable, year: int) -> list[str]:
    worked = [date(year, *day) for day in FIXED if table.worked(date(year, *day))]
    if worked:
        named = "、".join(f"{day.month}月{day.day}日（{FIXED[day.month, day.day]}）" for day in worked)
        return [f"{year}年：{named}应放假，安排不完整"]
    week = CalendarTable({}, frozenset((year,))).working_days(year)
    expected, found = week - HOLIDAYS, table.working_days(year)
    if found > expected + SPARE:
        return [f"{year}年：算下来要上班{found}天，按法定节假日应在{expected}天左右，可能漏了节日，请核对国务院通知"]
    return []
