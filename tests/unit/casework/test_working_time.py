"""Properties of the arithmetic of working time, over several hours of work and years with and without a calendar."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.deadline.calendar import CITY_TIME, OfficialCalendar, WorkingTime
from casework.deadline.working_hours import DEFAULT_HOURS, WorkingHours
from casework.errors import InvalidInput

CALENDAR = OfficialCalendar()
TIMES = [
    WorkingTime(CALENDAR, hours)
    for hours in (
        DEFAULT_HOURS,
        WorkingHours.parse("09:00-12:00,13:30-17:30"),
        WorkingHours.parse("00:00-24:00"),
        WorkingHours.parse("00:00-06:00,22:00-24:00"),
    )
]
FIRST, LAST = datetime(2026, 1, 1), datetime(2027, 6, 1)
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(CITY_TIME))
SPANS = st.timedeltas(timedelta(0), timedelta(hours=90))
TIME = st.sampled_from(TIMES)
NOTHING, MINUTE = timedelta(0), timedelta(minutes=1)
ZONES = st.sampled_from([UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=-11)), ZoneInfo("Asia/Kolkata")])
quick = settings(max_examples=25, deadline=None)


def works(time: WorkingTime, moment: datetime) -> bool:
    """Whether the moment is within work, its first and last moment included."""
    for day in (moment, moment - timedelta(microseconds=1)):  # midnight ends the day before
        if time.worked(day.date()):
            passed = (moment - datetime.combine(day.date(), datetime.min.time(), CITY_TIME)) / MINUTE
            if any(start <= passed <= end for start, end in time.hours.spans):
                return True
    return False


@quick
@given(TIME, MOMENTS, SPANS)
def test_no_deadline_lies_outside_working_time(time: WorkingTime, start: datetime, span: timedelta) -> None:
    assert works(time, time.add(start, span)) and works(time, time.add(start, -span))
    assert works(time, time.add_days(start, span.days + 1))


@quick
@given(TIME, MOMENTS, SPANS, SPANS)
def test_spans_add_up(time: WorkingTime, start: datetime, first: timedelta, second: timedelta) -> None:
    assert time.add(time.add(start, first), second) == time.add(start, first + second)


@quick
@given(TIME, MOMENTS, SPANS, SPANS)
def test_later_or_longer_ends_no_earlier(time: WorkingTime, start: datetime, later: timedelta, span: timedelta) -> None:
    assert time.add(start, span) <= time.add(start + later, span)
    assert time.add(start, span) <= time.add(start, span + later)
    assert time.add(start, span) >= start and time.add(start, -span) <= start + timedelta(days=30)


@quick
@given(TIME, MOMENTS, SPANS)
def test_add_and_between_are_inverse(time: WorkingTime, start: datetime, span: timedelta) -> None:
    assert time.between(start, time.add(start, span)) == span
    back = time.add(start, -span)
    assert time.between(back, start) == span or span == NOTHING
    end = start + span
    assert time.between(time.add(start, time.between(start, end)), end) == NOTHING


@quick
@given(TIME, MOMENTS, SPANS, SPANS)
def test_between_adds_up_and_has_no_negative(
    time: WorkingTime, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second
    assert time.between(start, end) == time.between(start, middle) + time.between(middle, end)
    assert time.between(end, start) == NOTHING
    assert NOTHING <= time.between(start, end) <= end - start


@quick
@given(TIME, MOMENTS, SPANS, ZONES)
def test_the_zone_of_the_input_changes_nothing(
    time: WorkingTime, start: datetime, span: timedelta, zone: timezone
) -> None:
    elsewhere = start.astimezone(zone)
    assert time.add(elsewhere, span) == time.add(start, span)
    assert time.add_days(elsewhere, 3) == time.add_days(start, 3)
    assert time.between(elsewhere, start + span) == time.between(start, (start + span).astimezone(zone))
    assert time.add(elsewhere, span).tzinfo is CITY_TIME


@quick
@given(TIME, MOMENTS, SPANS, SPANS)
def test_a_pause_shifts_a_deadline_by_exactly_its_working_time(
    time: WorkingTime, start: datetime, span: timedelta, pause: timedelta
) -> None:
    due = time.add(start, span)
    resumed = start + pause
    shifted = time.add(due, time.between(start, resumed))
    assert time.between(resumed, shifted) == span or shifted <= resumed
    assert time.between(start, shifted) == span + time.between(start, resumed)


@quick
@given(MOMENTS, st.integers(1, 40), st.integers(1, 40))
def test_days_add_up_and_are_days_of_hours(start: datetime, first: int, second: int) -> None:
    time = TIMES[0]
    assert time.add_days(time.add_days(start, first), second) == time.add_days(start, first + second)
    assert time.add(time.add_days(start, first), second * time.day) == time.add_days(start, first + second)


def test_around_the_clock_holidays_count() -> None:
    night = datetime(2026, 10, 2, 23, 0, tzinfo=CITY_TIME)
    assert TIMES[2].add_hours(night, 4) == night + timedelta(hours=4)
    assert TIMES[0].add_hours(night, 4) == datetime(2026, 10, 8, 13, 0, tzinfo=CITY_TIME)


def test_lunch_is_no_working_time() -> None:
    start = datetime(2026, 3, 9, 11, 0, tzinfo=CITY_TIME)
    assert TIMES[1].add_hours(start, 4) == datetime(2026, 3, 9, 16, 30, tzinfo=CITY_TIME)
    assert TIMES[1].between(start, start + timedelta(hours=4)) == timedelta(hours=2, minutes=30)


def test_an_unknown_year_works_monday_to_friday_and_never_raises() -> None:
    due = TIMES[0].add_days(datetime(2026, 12, 31, 10, 0, tzinfo=CITY_TIME), 3)
    assert due.date() == date(2027, 1, 5), "1 January is not known as a holiday yet"
    assert CALENDAR.knows(2026) and not CALENDAR.knows(2027)
    assert not any(CALENDAR.knows(year) for year in (0, 1, 9999, 10_000))
    far = TIMES[0].add_days(datetime(9998, 1, 1, tzinfo=UTC), 5)
    assert far.year == 9998


@pytest.mark.parametrize("hours", TIMES)
def test_the_ends_of_the_calendar_are_told(hours: WorkingTime) -> None:
    last = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)
    for ask in (
        lambda: hours.add_days(last, 1),
        lambda: hours.add(last - timedelta(days=1), timedelta(days=90)),
        lambda: hours.add(datetime(1, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=14))), NOTHING),
        lambda: hours.add(datetime(1, 1, 3, tzinfo=UTC), -timedelta(days=9)),
        lambda: hours.between(last, datetime.max.replace(tzinfo=UTC)),
    ):
        with pytest.raises(InvalidInput, match="超出了日历的范围"):
            ask()


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 9, 10, 0)
    for ask in (
        lambda: TIMES[0].add_days(naive, 1),
        lambda: TIMES[0].add(naive, NOTHING),
        lambda: TIMES[0].between(naive, naive),
    ):
        with pytest.raises(InvalidInput, match="没有注明时区"):
            ask()
