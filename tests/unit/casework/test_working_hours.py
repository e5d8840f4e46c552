"""工作时间 as people write them, and what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.deadline.working_hours import DAY, DEFAULT_HOURS, WorkingHours, hours_or_default
from casework.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-12:00,13:30-17:30", ((540, 720), (810, 1050))),
        ("9:00—12:00，13：30～17：30", ((540, 720), (810, 1050))),
        ("8:30至12:00、14:00到18:00", ((510, 720), (840, 1080))),
        ("00:00-24:00", ((0, DAY),)),
        ("00:00-12:00,12:00-24:00", ((0, DAY),)),
        ("00:00-06:00,22:00-24:00", ((0, 360), (1320, DAY))),
    ],
)
def test_hours_are_read(text: str, spans: tuple) -> None:
    read = WorkingHours.parse(text)
    assert read.spans == spans
    assert WorkingHours.parse(str(read)) == read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "请填写工作时间"),
        (" ， ", "请填写工作时间"),
        ("工作日全天", "看不懂工作时间“工作日全天”"),
        ("9-17", "看不懂工作时间“9-17”"),
        ("09:00-25:00", "没有这个时刻"),
        ("09:60-12:00", "没有这个时刻"),
        ("24:00-24:00", "没有这个时刻"),
        ("23:00-24:01", "没有这个时刻"),
        ("17:30-09:00", "跨夜的请分成两段"),
        ("09:00-09:00", "结束应晚于开始"),
        ("09:00-12:00,11:00-17:00", "“11:00-17:00”应晚于前一段"),
        ("13:00-17:00,09:00-12:00", "“09:00-12:00”应晚于前一段"),
        ("1:00-2:00,3:00-4:00,5:00-6:00,7:00-8:00,9:00-10:00", "最多分4段"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        WorkingHours.parse(text)


def test_around_the_clock_is_always_and_no_other() -> None:
    assert WorkingHours.parse("00:00-24:00").always and not DEFAULT_HOURS.always
    assert not WorkingHours.parse("00:00-23:59").always


def test_a_department_without_readable_hours_has_the_default_ones() -> None:
    assert hours_or_default("") == hours_or_default("工作日全天") == DEFAULT_HOURS
    assert hours_or_default("08:00-10:00").minutes == 120


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        read = WorkingHours.parse(text)
    except InvalidInput as error:
        assert error.message.endswith(("。", "”"))
    else:
        assert 0 < read.minutes <= DAY
