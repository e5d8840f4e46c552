"""放假安排表: what a city imports for a year that the library does not know."""

from datetime import date

import pytest

from casework.deadline.calendar import OfficialCalendar
from casework.deadline.calendar_table import CalendarDay, CalendarTable, read_table
from casework.errors import InvalidInput
from tests.holidays import HOLIDAYS_2027, rows_2027


def test_the_table_comes_before_the_guess_and_before_the_library() -> None:
    table = read_table(rows_2027())
    calendar = OfficialCalendar(table)
    assert calendar.knows(2027) and table.years == {2027}
    assert not calendar.is_working_day(date(2027, 2, 8)), "Monday in Spring Festival"
    assert calendar.is_working_day(date(2027, 2, 14)), "an exchanged Sunday"
    assert calendar.is_working_day(date(2027, 3, 8)) and not calendar.is_working_day(date(2027, 3, 7))
    assert calendar.is_working_day(date(2026, 2, 14)), "2026 stays the library's"
    local = OfficialCalendar(CalendarTable.of([CalendarDay(date(2026, 3, 9), False, "本地节日")]))
    assert not local.is_working_day(date(2026, 3, 9))


def test_a_year_comes_out_with_the_statutory_number_of_working_days() -> None:
    assert read_table(rows_2027()).working_days(2027) == 248


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"day": "2027-02-30"}, "第2行：“2027-02-30”不是日期"),
        ({"day": ""}, "第2行：“”不是日期"),
        ({"day": "春节"}, "“春节”不是日期"),
        ({"day": "1999-01-01"}, "1999年超出了2000年至2100年的范围"),
        ({"worked": "也许"}, "应填是或否，不能是“也许”"),
        ({"name": "节" * 21}, "名称请控制在20字以内"),
        ({"day": "2027-10-01"}, "2027-10-01与第2行重复"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_taken(change: dict, words: str) -> None:
    rows = rows_2027()
    rows[0] = (rows[0][0], rows[0][1] | change)
    with pytest.raises(InvalidInput, match=words):
        read_table(rows)


def test_dates_may_be_written_with_strokes_and_without_zeros() -> None:
    rows = [(place, row | {"day": row["day"].replace("-0", "-").replace("-", "/")}) for place, row in rows_2027()]
    assert read_table(rows).years == {2027}


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (lambda day: (day.month, day.day) != (10, 1), "10月1日（国庆节）应放假"),
        (lambda day: day.month != 2, "要上班252天，按法定节假日应在248天左右，可能漏了节日"),
        (lambda day: False, "文件里没有放假安排"),
    ],
)
def test_a_year_that_is_not_told_whole_is_refused(kept, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_table([row for row in rows_2027() if kept(date.fromisoformat(row[1]["day"]))])


def test_years_are_taken_over_whole() -> None:
    first = CalendarTable.of([CalendarDay(date(2027, 5, 4), False), CalendarDay(date(2028, 1, 1), False)])
    both = first.with_years_of(read_table(rows_2027()))
    assert both.years == {2027, 2028}
    assert both.worked(date(2027, 5, 4)) is not None and len(both.of_year(2027)) == len(HOLIDAYS_2027)
    assert both.worked(date(2029, 1, 1)) is None


def test_many_problems_are_cut_short() -> None:
    with pytest.raises(InvalidInput, match="有30处问题") as told:
        read_table([(f"第{n}行", {"day": "x", "worked": "是"}) for n in range(30)])
    assert told.value.message.endswith("……另有10处。") and told.value.message.count("\n") == 21
