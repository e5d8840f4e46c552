"""所问之日: questions about the past, and stories that only mention it."""

from datetime import date

import pytest

from assistant.asked_day import asked_day

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "day", "question"),
    [
        ("2025年的时候租房提取有收入比例要求吗", date(2025, 12, 31), "租房提取有收入比例要求吗"),
        ("2025年租房提取公积金有什么条件", date(2025, 12, 31), "租房提取公积金有什么条件"),
        ("去年租房提取最多能提多少", date(2025, 12, 31), "租房提取最多能提多少"),
        ("2026年9月以前租房提取要什么条件", date(2026, 8, 31), "租房提取要什么条件"),
        ("2019年3月24日的时候怎么规定的", date(2019, 3, 24), "怎么规定的"),
        ("前年贷款利率是多少", date(2024, 12, 31), "贷款利率是多少"),
        ("1995年职工的缴存比例是多少", date(1995, 12, 31), "职工的缴存比例是多少"),
        ("三年前离职提取要等多久", date(2023, 11, 21), "离职提取要等多久"),
        ("上个月租房提取额度是多少", date(2026, 10, 31), "租房提取额度是多少"),
    ],
)
def test_a_question_about_a_day(text: str, day: date, question: str) -> None:
    asked = asked_day(text, TODAY)
    assert (asked.day, asked.question, asked.former) == (day, question, False)


@pytest.mark.parametrize(
    "text",
    [
        "新规之前租房提取有收入比例要求吗",
        "以前的规定里离职多久能提取",
        "按照旧条例单位不缴存怎么处罚",
        "新条例出台以前要几个月",
    ],
)
def test_a_question_about_what_held_before(text: str) -> None:
    asked = asked_day(text, TODAY)
    assert asked.former and asked.day is None and asked.is_past


@pytest.mark.parametrize(
    "text",
    [
        "我2019年交的公积金，现在能不能取",
        "去年没交的能补吗",
        "我去年买的房能提取吗",
        "去年的医药费今年还能报吗",
        "2019年买的房现在还能提取吗",
        "我2015年参加工作，退休金怎么算",
        "去年离职的，失业金怎么领",
        "我老公三年前去世了，公积金怎么取",
        "以前在深圳交的公积金怎么转",
        "2020年以前的老房子能提取吗",
        "今年租房提取最多多少",
        "2027年起有什么变化",
        "2026年的缴存基数上限是多少",
        "年限够了，能按老规定60就退不",
        "旧标准的电动车还能接着骑吗",
        "现行规定：租房提取有收入比例要求吗",
        "租房提取需要什么材料",
        "2月30日以前",
    ],
)
def test_a_story_or_the_present_asks_for_todays_rules(text: str) -> None:
    asked = asked_day(text, TODAY)
    assert not asked.is_past and asked.question == text
