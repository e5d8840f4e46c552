"""有效期: the newest version in force answers, and only what is published."""

from dataclasses import replace
from datetime import date

import pytest

from knowledge.entry import ReviewState
from knowledge.validity import validity_windows
from tests.unit.knowledge.entries import faq, law

OLD, NEW, NEXT = date(2010, 1, 1), date(2020, 6, 1), date(2030, 1, 1)
VERSIONS = [
    law("old", "示范法", "第一条", "旧", OLD),
    law("new", "示范法", "第一条", "新", NEW),
    law("next", "示范法", "第一条", "将来", NEXT),
    law("other", "别的法", "第一条", "别的", OLD),
]


@pytest.mark.parametrize(
    ("today", "answers"),
    [
        (date(2009, 12, 31), set()),
        (OLD, {"old", "other"}),
        (date(2020, 5, 31), {"old", "other"}),
        (NEW, {"new", "other"}),
        (date(2029, 12, 31), {"new", "other"}),
        (NEXT, {"next", "other"}),
    ],
)
def test_one_version_answers_on_a_day(today: date, answers: set[str]) -> None:
    windows = validity_windows(VERSIONS)
    assert {entry_id for entry_id, (first, last) in windows.items() if first <= today <= last} == answers


def test_articles_of_one_version_do_not_end_each_other() -> None:
    windows = validity_windows([law("a", "法", "第一条", "甲", NEW), law("b", "法", "第二条", "乙", NEW)])
    assert windows == {"a": (NEW, date.max), "b": (NEW, date.max)}


def test_an_undated_version_ends_before_the_dated_one() -> None:
    windows = validity_windows([law("a", "法", "第一条", "甲"), law("b", "法", "第一条", "乙", NEW)])
    assert windows["a"] == (date.min, date(2020, 5, 31))


def test_an_end_of_its_own_is_kept() -> None:
    ended = replace(law("a", "法", "第一条", "甲", OLD), effective_to=date(2015, 1, 1))
    assert validity_windows([ended, law("b", "法", "第一条", "乙", NEW)])["a"] == (OLD, date(2015, 1, 1))


def test_a_question_does_not_end_another_of_the_same_title() -> None:
    one, other = (replace(faq(i, "怎么办", "这样办"), effective_from=day) for i, day in (("a", OLD), ("b", NEW)))
    assert validity_windows([one, other])["a"] == (OLD, date.max)


@pytest.mark.parametrize("state", [ReviewState.DRAFT, ReviewState.REVIEWED, ReviewState.WITHDRAWN])
def test_only_what_is_published_answers_or_ends_another(state: ReviewState) -> None:
    hidden = replace(law("new", "示范法", "第一条", "新", NEW), review_state=state)
    windows = validity_windows([VERSIONS[0], hidden])
    assert windows == {"old": (OLD, date.max)}
    assert not hidden.in_force(date(2026, 1, 1)) and VERSIONS[0].in_force(OLD)
