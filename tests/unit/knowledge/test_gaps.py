"""Gaps: what is kept, how it is grouped, and what an administrator makes of it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from casework.errors import Conflict, Forbidden, InvalidInput, NotFound
from casework.events import Actor
from casework.transitions import Role
from knowledge import gaps
from knowledge.entry import ReviewState
from knowledge.unanswered import UnansweredQuestion, VainOutcome, VainState
from tests.fake_encoder import FakeEncoder
from tests.fakes import FakeStore, FakeUnitOfWork
from tests.unit.knowledge.entries import faq, law

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
AGENT, SUPERVISOR, ADMIN = (Actor(role.value, role) for role in (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR))
ENCODER = FakeEncoder()
ASKED = [
    "养犬证怎么办理",
    "养犬证怎么办理？",
    "养犬证怎么办理呀",
    "图书馆几点关门",
    "　养犬证怎么办理",
    "图书馆几点关门呢",
]


@pytest.fixture
def unit() -> Iterator[FakeUnitOfWork]:
    with FakeStore().unit() as unit:
        yield unit


def question(text: str, number: int = 1, **values: object) -> UnansweredQuestion:
    fields = {"outcome": VainOutcome.ABSTAINED, "at": NOW + timedelta(minutes=number)} | values
    return UnansweredQuestion(f"c{number}", 2, text, **fields)


def kept(unit: FakeUnitOfWork, *texts: str) -> list[int]:
    questions = [question(text, number) for number, text in enumerate(texts)]
    for item in questions:
        gaps.keep(unit, item)
    return [item.id for item in questions]


def grouped(unit: FakeUnitOfWork) -> list[gaps.Gap]:
    return gaps.group(unit.unanswered.in_state(VainState.OPEN, gaps.NEWEST), ENCODER)


def test_the_same_words_and_near_ones_are_one_gap(unit: FakeUnitOfWork) -> None:
    kept(unit, *ASKED)
    dogs, library = grouped(unit)
    assert (dogs.text, len(dogs.questions)) == ("养犬证怎么办理", 4)
    assert [(wording.text, len(wording.questions)) for wording in dogs.wordings] == [
        ("养犬证怎么办理", 3),
        ("养犬证怎么办理呀", 1),
    ]
    assert (library.text, len(library.questions)) == ("图书馆几点关门", 2)
    assert [item.at for item in dogs.questions] == sorted((item.at for item in dogs.questions), reverse=True)


def test_the_order_of_the_questions_does_not_matter(unit: FakeUnitOfWork) -> None:
    kept(unit, *ASKED)
    questions = list(unit.unanswered.in_state(VainState.OPEN, 100))
    wanted = gaps.group(questions, ENCODER)
    for seed in range(5):
        random.Random(seed).shuffle(questions)
        assert gaps.group(questions, ENCODER) == wanted
    assert gaps.group([], ENCODER) == []


def test_a_chain_of_near_ones_does_not_join_its_ends() -> None:
    chain = ["甲乙丙丁戊己庚辛", "甲乙丙丁戊己庚壬癸", "甲乙丙丁戊子丑壬癸", "寅卯辰丁戊子丑壬癸"]
    groups = gaps.group([question(text, number) for number, text in enumerate(chain)], ENCODER)
    together = [{wording.text for wording in gap.wordings} for gap in groups]
    assert not any({chain[0], chain[3]} <= texts for texts in together)


def test_what_was_seen_to_stays_so(unit: FakeUnitOfWork) -> None:
    (number,) = kept(unit, "养犬证怎么办理")
    unit.unanswered.settle([number], VainState.RESOLVED, "a")
    gaps.keep(unit, question("养犬证怎么办理", 0))
    assert unit.unanswered.of_ids([number])[0].state is VainState.RESOLVED
    gaps.keep(unit, question("？？", 7))
    assert unit.unanswered.of_turn("c7", 2) is None


def test_an_answer_that_helped_after_all_is_no_gap(unit: FakeUnitOfWork) -> None:
    gaps.keep(unit, question("问", 1, outcome=VainOutcome.UNHELPFUL, entry_id="a"))
    gaps.keep(unit, question("问", 2))
    for number in (1, 2, 3):
        gaps.forget(unit, f"c{number}", 2)
    assert [item.conversation_id for item in unit.unanswered.in_state(VainState.OPEN, 9)] == ["c2"]
    gaps.keep(unit, question("问", 1, outcome=VainOutcome.UNHELPFUL, entry_id="a"))
    assert unit.unanswered.count(VainState.OPEN) == 2


def test_a_gap_becomes_an_entry(unit: FakeUnitOfWork) -> None:
    ids = kept(unit, "养犬证怎么办理", "养犬证怎么办理呀", "我叫司马青，养犬证怎么办", "问" * 201)
    entry = faq("", "养犬证如何办理", "带犬只到派出所。", similar=("狗证",))
    made, added, left_out = gaps.answer_with_new(unit, [*ids, ids[0]], entry, ADMIN, NOW)
    assert made.similar_questions == ["狗证", "养犬证怎么办理", "养犬证怎么办理呀"]
    assert (added, left_out, made.review_state) == (2, 2, ReviewState.PUBLISHED)
    assert {(item.state, item.entry_id) for item in unit.unanswered.of_ids(ids)} == {(VainState.RESOLVED, made.id)}
    newest = unit.knowledge.history(made.id)[0]
    assert (newest.actor, newest.note) == ("administrator", "由4个未答问题新建")
    with pytest.raises(Conflict):
        gaps.answer_with_new(unit, ids[:1], entry, ADMIN, NOW)


def test_a_gap_joins_an_entry(unit: FakeUnitOfWork) -> None:
    unit.knowledge.put_all([faq("a", "养犬证怎么办理？", "答"), law("law-1", "条例", "第一条", "内容")])
    ids = kept(unit, "养犬证怎么办理", "狗证去哪办")
    with pytest.raises(InvalidInput, match="法规条文"):
        gaps.answer_with_known(unit, ids, "law-1", ADMIN, NOW)
    made, added, left_out = gaps.answer_with_known(unit, ids, "a", ADMIN, NOW)
    assert (made.similar_questions, added, left_out) == (["狗证去哪办"], 1, 0)
    assert unit.unanswered.count(VainState.OPEN) == 0


def test_a_gap_is_dismissed(unit: FakeUnitOfWork) -> None:
    ids = kept(unit, "今天天气如何", "养犬证怎么办理")
    gaps.dismiss(unit, ids[:1], SUPERVISOR)
    assert [item.id for item in unit.unanswered.in_state(VainState.OPEN, 9)] == ids[1:]


def test_only_who_may_sees_to_gaps(unit: FakeUnitOfWork) -> None:
    ids = kept(unit, "养犬证怎么办理")
    unit.knowledge.put_all([faq("a", "问", "答")])
    with pytest.raises(Forbidden):
        gaps.answer_with_new(unit, ids, faq("", "问", "答"), SUPERVISOR, NOW)
    with pytest.raises(Forbidden):
        gaps.answer_with_known(unit, ids, "a", AGENT, NOW)
    with pytest.raises(Forbidden):
        gaps.dismiss(unit, ids, AGENT)


@pytest.mark.parametrize(("ids", "error"), [([], InvalidInput), (list(range(501)), InvalidInput), ([99], NotFound)])
def test_bad_choices_are_refused(unit: FakeUnitOfWork, ids: list[int], error: type[Exception]) -> None:
    with pytest.raises(error):
        gaps.dismiss(unit, ids, ADMIN)


def test_an_unfit_entry_leaves_the_questions_open(unit: FakeUnitOfWork) -> None:
    ids = kept(unit, "养犬证怎么办理")
    with pytest.raises(InvalidInput, match="来源"):
        gaps.answer_with_new(unit, ids, replace(faq("", "问什么", "答"), sources=[]), ADMIN, NOW)
    assert unit.unanswered.count(VainState.OPEN) == 1


def test_an_agent_proposes_wordings_once(unit: FakeUnitOfWork) -> None:
    unit.knowledge.put_all([faq("a", "养犬证怎么办理", "答")])
    for _ in range(2):
        assert gaps.propose(unit, "a", ["狗证去哪办", "狗证去哪办？", "！"], AGENT, NOW) == 1
    (gap,) = grouped(unit)
    assert (gap.proposed_for, dict(gap.outcomes)) == ("a", {VainOutcome.PROPOSED: 1})
    with pytest.raises(NotFound):
        gaps.propose(unit, "b", ["狗证去哪办"], AGENT, NOW)
