"""工作日历: the official calendar of 2026 with its 调休, and properties of the arithmetic."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.deadline.calendar import CITY_TIME, CLOSES, OPENS, OfficialCalendar, WorkingTime
from casework.deadline.deadlines import DEFAULT_PROFILE

OFFICIAL = OfficialCalendar()
TIME = WorkingTime(OFFICIAL)


def at(day: date, clock: str = "10:00") -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), CITY_TIME)


def day(month: int, number: int) -> date:
    return date(2026, month, number)


@pytest.mark.parametrize(
    ("month", "worked", "free"),
    [
        (10, [8, 9, 10, 12], [1, 2, 3, 4, 5, 6, 7, 11]),
        (9, [20, 21, 24, 30], [19, 25, 26, 27]),
        (2, [13, 14, 24, 28], [15, 16, 17, 18, 19, 20, 21, 22, 23]),
    ],
)
def test_the_holidays_of_2026_with_their_exchanged_days(month: int, worked: list[int], free: list[int]) -> None:
    assert [number for number in worked if not OFFICIAL.is_working_day(day(month, number))] == []
    assert [number for number in free if OFFICIAL.is_working_day(day(month, number))] == []


@pytest.mark.parametrize("year", [1990, 2035])
def test_a_year_the_calendar_does_not_know_works_monday_to_friday(year: int) -> None:
    first = date(year, 1, 1)
    week = [first + timedelta(days=n) for n in range(7)]
    assert [OFFICIAL.is_working_day(d) for d in week] == [d.weekday() < 5 for d in week]


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (day(9, 30), 1, day(10, 8)),
        (day(9, 30), 2, day(10, 9)),
        (day(9, 30), 3, day(10, 10)),  # the exchanged Saturday is worked
        (day(9, 30), 4, day(10, 12)),
        (day(10, 3), 1, day(10, 8)),  # told on a holiday
        (day(9, 19), 1, day(9, 20)),  # the exchanged Sunday before
        (day(2, 13), 1, day(2, 14)),
        (day(2, 13), 2, day(2, 24)),  # over Spring Festival
        (day(2, 13), 6, day(2, 28)),
        (day(2, 13), 7, day(3, 2)),
        (day(2, 13), 15, day(3, 12)),
    ],
)
def test_deadlines_over_the_holidays(start: date, days: int, end: date) -> None:
    assert TIME.add_days(at(start), days) == at(end, "17:30")


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(day(3, 9), "09:00"), 4, at(day(3, 9), "13:00")),
        (at(day(3, 9), "13:30"), 4, at(day(3, 9), "17:30")),
        (at(day(3, 9), "14:00"), 4, at(day(3, 10), "09:30")),
        (at(day(3, 9), "06:15"), 4, at(day(3, 9), "13:00")),
        (at(day(3, 9), "17:30"), 4, at(day(3, 10), "13:00")),
        (at(day(3, 9), "23:59"), 4, at(day(3, 10), "13:00")),
        (at(day(3, 13), "16:30"), 4, at(day(3, 16), "12:00")),
        (at(day(9, 30), "16:30"), 4, at(day(10, 8), "12:00")),
        (at(day(2, 14), "17:00"), 4, at(day(2, 24), "12:30")),
        (at(day(3, 9), "10:00"), 8.5, at(day(3, 10), "10:00")),
    ],
)
def test_working_hours(start: datetime, hours: float, end: datetime) -> None:
    assert TIME.add_hours(start, hours) == end


def test_the_day_is_the_citys_wherever_the_time_was_taken() -> None:
    late = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)  # one o'clock on Tuesday in the city
    assert TIME.add_days(late, 1) == at(day(3, 11), "17:30")
    assert TIME.add_hours(late, 1) == at(day(3, 10), "10:00")


def test_a_rework_has_fifteen_working_days() -> None:
    assert DEFAULT_PROFILE.rework_due_at(at(day(9, 18)), TIME) == at(day(10, 15), "17:30")


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31)).map(lambda told: told.replace(tzinfo=CITY_TIME))


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, days=st.integers(1, 40))
def test_days_end_at_closing_of_a_working_day_after_exactly_so_many(start: datetime, days: int) -> None:
    end = TIME.add_days(start, days)
    assert OFFICIAL.is_working_day(end.date()) and end.time() == CLOSES and end > start
    between = ((end.date() - timedelta(days=n)) for n in range((end.date() - start.date()).days))
    assert sum(OFFICIAL.is_working_day(d) for d in between) == days


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=20)), days=st.integers(1, 20))
def test_who_starts_later_or_has_more_days_ends_no_earlier(start: datetime, later: timedelta, days: int) -> None:
    assert TIME.add_days(start, days) <= TIME.add_days(start + later, days)
    assert TIME.add_days(start, days) < TIME.add_days(start, days + 1)


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=9)), hours=st.floats(0.25, 30))
def test_hours_end_within_working_time_and_in_order(start: datetime, later: timedelta, hours: float) -> None:
    end = TIME.add_hours(start, hours)
    assert OFFICIAL.is_working_day(end.date()) and OPENS <= end.time() <= CLOSES
    assert end >= start + timedelta(hours=hours) - timedelta(milliseconds=1)
    assert end <= TIME.add_hours(start + later, hours)


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, first=st.integers(1, 40), second=st.integers(1, 40))
def test_hours_add_up(start: datetime, first: int, second: int) -> None:
    both = TIME.add_hours(start, (first + second) / 4)
    stepped = TIME.add_hours(TIME.add_hours(start, first / 4), second / 4)
    assert both == stepped
