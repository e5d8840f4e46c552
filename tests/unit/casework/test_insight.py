"""Hot topics that go on, periods of reports, cells that no table program runs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput
from casework.insight.export import harmless
from casework.insight.hot_topic import HotTopic, successor_of, told_before
from casework.insight.periodic_report import ReportKind, kind_of, period_before, period_name, period_of

NOW = datetime(2026, 3, 9, 2, tzinfo=UTC)


def topic(key: str, members: list[int], number: int = 1, alerted: bool = False) -> HotTopic:
    at = NOW + timedelta(hours=number)
    return HotTopic(
        key, "停水", ["停水"], at, NOW, at, len(members), members, alerted_at=at if alerted else None, id=number
    )


def test_a_topic_goes_on_in_those_that_share_its_members() -> None:
    old, other = topic("old", [1, 2, 3, 4, 5]), topic("other", [7, 8, 9], 2)
    assert successor_of([3, 4, 5, 6, 7], [old, other], set()) is old
    assert successor_of([10, 11], [old, other], set()) is None
    assert successor_of([3, 4, 5], [old, other], {"old"}) is None
    assert successor_of(range(1, 50), [other], set()) is other, "a topic that grew is the same"
    assert successor_of([1, 7], [topic("b", [7, 20], 2), topic("a", [1, 21], 1)], set()).key == "a"
    assert successor_of([], [topic("empty", [])], set()) is None


def test_a_topic_that_fell_apart_is_not_told_again() -> None:
    told = topic("old", [1, 2, 3, 4, 5, 6], alerted=True)
    assert told_before([4, 5, 6], [told])
    assert told_before([5, 6, 7, 8], [told])
    assert not told_before([6, 7, 8], [told])
    assert not told_before([4, 5, 6], [topic("quiet", [4, 5, 6])])


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "name"),
    [
        ("day", date(2026, 3, 9), "2026-03-09", "2026-03-10", "2026年3月9日"),
        ("week", date(2026, 3, 15), "2026-03-09", "2026-03-16", "2026年3月9日至3月15日"),
        ("week", date(2026, 1, 1), "2025-12-29", "2026-01-05", "2025年12月29日至2026年1月4日"),
        ("month", date(2026, 2, 28), "2026-02-01", "2026-03-01", "2026年2月"),
        ("month", date(2025, 12, 31), "2025-12-01", "2026-01-01", "2025年12月"),
    ],
)
def test_periods(kind: str, day: date, first: str, last: str, name: str) -> None:
    begin, end = period_of(kind_of(kind), day)
    assert (f"{begin:%Y-%m-%d}", f"{end:%Y-%m-%d}") == (first, last)
    assert period_name(ReportKind(kind), begin.astimezone(UTC), end.astimezone(UTC)) == name


@given(st.sampled_from(ReportKind), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_periods_follow_each_other_without_a_gap(kind: ReportKind, day: date) -> None:
    begin, end = period_of(kind, day)
    assert begin <= datetime.combine(day, datetime.min.time(), CITY_TIME) < end
    assert period_before(kind, begin)[1] == begin
    assert period_of(kind, end.date())[0] == end


@pytest.mark.parametrize("kind", ReportKind)
def test_no_period_at_the_end_of_time(kind: ReportKind) -> None:
    with pytest.raises(InvalidInput):
        period_of(kind, date.max)
    with pytest.raises(InvalidInput):
        period_before(kind, datetime(1, 1, 1, tzinfo=CITY_TIME))
    with pytest.raises(InvalidInput, match="月报"):
        kind_of("year")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u3000=cmd", "＝1", "\n=1", '=HYPERLINK("http://x")'],
)
def test_formulas_become_texts(text: str) -> None:
    assert str(harmless(text)).startswith("'")


def test_other_cells_stay_as_they_are() -> None:
    assert [harmless(value) for value in ("停水 3-5 天", 3, 0.5, None, True, -2)] == [
        "停水 3-5 天",
        3,
        0.5,
        "",
        "是",
        -2,
    ]
    assert harmless("坏\x00\x0b字") == "坏字"


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    cell = str(harmless(text))
    assert not cell.strip().startswith(("=", "+", "-", "@"))
