"""有效期: the newest version in force answers, what is replaced ends, and only what is published counts."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.entry import KnowledgeEntry, ReviewState
from knowledge.segment import family_of, key_of
from knowledge.validity import last_days
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import faq, index_of, law

OLD, NEW, NEXT = date(2010, 1, 1), date(2020, 6, 1), date(2030, 1, 1)
VERSIONS = [
    law("old", "示范法", "第一条", "旧", OLD),
    law("new", "示范法", "第一条", "新", NEW),
    law("next", "示范法", "第一条", "将来", NEXT),
    law("other", "别的法", "第一条", "别的", OLD),
]


def ends(entries: list[KnowledgeEntry], dead: frozenset[str] = frozenset()) -> dict[str, int]:
    """Id → the last day (ordinal) on which the entry answers."""
    last = last_days(
        np.array([key_of(family_of(entry)) for entry in entries], dtype=np.uint64),
        np.array([key_of(entry.superseded_by) for entry in entries], dtype=np.uint64),
        np.array([key_of(entry.id) for entry in entries], dtype=np.uint64),
        np.array([(entry.effective_from or date.min).toordinal() for entry in entries], dtype=np.int32),
        np.array([(entry.effective_to or date.max).toordinal() for entry in entries], dtype=np.int32),
        np.array([entry.id not in dead for entry in entries], dtype=bool),
    )
    return {entry.id: int(day) for entry, day in zip(entries, last, strict=True)}


def end(day: date) -> int:
    return day.toordinal()


def before(day: date) -> int:
    return day.toordinal() - 1


@pytest.mark.parametrize(
    ("today", "answers"),
    [
        (date(2009, 12, 31), set()),
        (OLD, {"old", "other"}),
        (date(2020, 5, 31), {"old", "other"}),
        (NEW, {"new", "other"}),
        (date(2029, 12, 31), {"new", "other"}),
        (NEXT, {"next", "other"}),
        (None, {"old", "new", "next", "other"}),
    ],
)
def test_one_version_answers_on_a_day(tmp_path: Path, today: date | None, answers: set[str]) -> None:
    index = index_of(tmp_path / "i", VERSIONS, FakeEncoder(dimension=16))
    assert {VERSIONS[row].id for row in np.flatnonzero(index.in_force(today))} == answers


def test_articles_of_one_version_do_not_end_each_other() -> None:
    told = ends([law("a", "法", "第一条", "甲", NEW), law("b", "法", "第二条", "乙", NEW)])
    assert told == {"a": end(date.max), "b": end(date.max)}


def test_an_undated_version_ends_before_the_dated_one() -> None:
    assert ends([law("b", "法", "第一条", "乙", NEW), law("a", "法", "第一条", "甲")])["a"] == before(NEW)


def test_an_end_of_its_own_is_kept() -> None:
    ended = replace(law("a", "法", "第一条", "甲", OLD), effective_to=date(2015, 1, 1))
    assert ends([ended, law("b", "法", "第一条", "乙", NEW)])["a"] == end(date(2015, 1, 1))


def test_a_question_does_not_end_another_of_the_same_title() -> None:
    one, other = (replace(faq(i, "怎么办", "这样办"), effective_from=day) for i, day in (("a", OLD), ("b", NEW)))
    assert ends([one, other]) == {"a": end(date.max), "b": end(date.max)}


def test_what_is_replaced_ends_before_the_entry_that_replaces_it() -> None:
    old = replace(faq("a", "怎么办", "这样办"), superseded_by="b")
    assert ends([old, replace(faq("b", "如何办", "那样办"), effective_from=NEW)])["a"] == before(NEW)
    assert ends([old, faq("c", "别的", "别的")])["a"] == end(date.max), "what replaces it is not there (yet)"


def test_a_replaced_regulation_ends_with_the_first_version_of_the_other() -> None:
    old = replace(law("a", "暂行办法", "第一条", "甲", OLD), superseded_by="示范条例")
    others = [law(f"b{day.year}", "示范条例", "第一条", "乙", day) for day in (NEXT, NEW)]
    assert ends([old, *others]) == {"a": before(NEW), "b2030": end(date.max), "b2020": before(NEXT)}
    assert ends([old, *others], dead=frozenset({"b2020"}))["a"] == before(NEXT)


@pytest.mark.parametrize("superseder", ["a", "法"])
def test_nothing_is_replaced_by_itself(superseder: str) -> None:
    alone = replace(law("a", "法", "第一条", "甲", OLD), superseded_by=superseder)
    assert ends([alone])["a"] == end(date.max)
    assert ends([alone, law("b", "法", "第一条", "乙", NEW)])["a"] == before(NEW), "its next version does so"


def test_dropped_rows_end_nothing() -> None:
    assert ends(VERSIONS, dead=frozenset({"new", "next"}))["old"] == end(date.max)
    assert ends(VERSIONS, dead=frozenset({"new"}))["old"] == before(NEXT)


DAYS = [date(2020, 1, 1) + timedelta(days=n) for n in range(6)]
rows = st.tuples(
    st.sampled_from(["", "法", "条例", "办法"]),
    st.sampled_from(["", "0", "1", "2", "法", "条例", "办法", "没有"]),
    st.sampled_from([None, *DAYS]),
    st.sampled_from([None, *DAYS]),
    st.booleans(),
)


def plain_end(entries: list[KnowledgeEntry], entry: KnowledgeEntry) -> int:
    """The last day of `entry` among `entries` (those that count), one rule after the other."""
    first = entry.effective_from or date.min
    days = [(entry.effective_to or date.max).toordinal()]
    for other in entries:
        begins = other.effective_from or date.min
        same = family_of(entry) != "" and family_of(other) == family_of(entry)
        if same and begins > first:
            days.append(before(begins))
        by_id = other.id == entry.superseded_by and other.id != entry.id
        if entry.superseded_by and (by_id or (family_of(other) == entry.superseded_by and not same)):
            days.append(before(begins))
    return min(days)


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, max_size=8))
def test_the_last_day_is_that_of_a_plain_model(told: list) -> None:
    entries = [
        replace(
            law(str(i), family, "第一条", "文", first) if family else faq(str(i), "问", "答"),
            superseded_by=superseder,
            effective_from=first,
            effective_to=last,
        )
        for i, (family, superseder, first, last, _) in enumerate(told)
    ]
    alive = [entry for entry, row in zip(entries, told, strict=True) if row[4]]
    found = ends(entries, frozenset(entry.id for entry in entries) - {entry.id for entry in alive})
    assert {entry.id: found[entry.id] for entry in alive} == {entry.id: plain_end(alive, entry) for entry in alive}


@pytest.mark.parametrize("state", [ReviewState.DRAFT, ReviewState.REVIEWED, ReviewState.WITHDRAWN])
def test_only_what_is_published_answers_or_ends_another(tmp_path: Path, state: ReviewState) -> None:
    hidden = replace(law("new", "示范法", "第一条", "新", NEW), review_state=state)
    index = index_of(tmp_path / "i", [VERSIONS[0], hidden], FakeEncoder(dimension=16))
    assert len(index) == 1 and index.get("new") is None
    assert index.window(0) == (OLD, date.max)
    assert not hidden.in_force(date(2026, 1, 1)) and VERSIONS[0].in_force(OLD)
