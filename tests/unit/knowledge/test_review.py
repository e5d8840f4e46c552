"""The review of entries: every step of the table, every step that is not in it, checks, history, bulk."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product

import pytest

from casework.errors import Conflict, Forbidden, InvalidInput, NotFound
from casework.events import Actor
from casework.transitions import Role
from knowledge import review
from knowledge.entry import EntryAction, EntryKind, KnowledgeEntry, ReviewState, Source
from knowledge.entry_checks import MAX_SIMILAR, version_of
from knowledge.review_states import EDITORS, TABLE, steps_from
from tests.fakes import FakeStore, FakeUnitOfWork
from tests.unit.knowledge.entries import faq, law

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
AGENT, SUPERVISOR, ADMIN = (Actor(role.value, role) for role in (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR))
STAFF = {role: Actor(role.value, role) for role in Role}


@pytest.fixture
def unit() -> Iterator[FakeUnitOfWork]:
    with FakeStore().unit() as unit:
        yield unit


def put(unit: FakeUnitOfWork, entry: KnowledgeEntry, state: ReviewState = ReviewState.PUBLISHED) -> KnowledgeEntry:
    kept = replace(entry, review_state=state)
    unit.knowledge.put_all([kept])
    return kept


def actions(unit: FakeUnitOfWork, entry_id: str) -> list[tuple[str, str]]:
    return [(change.action.value, change.actor) for change in unit.knowledge.history(entry_id)]


@pytest.mark.parametrize(("source", "target", "role"), list(product(ReviewState, ReviewState, Role)))
def test_the_table_alone_decides(unit: FakeUnitOfWork, source: ReviewState, target: ReviewState, role: Role) -> None:
    stored = put(unit, faq("a", "问什么", "答什么"), source)
    row = next((row for row in TABLE if (row.source, row.target) == (source, target)), None)

    def move() -> KnowledgeEntry:
        return review.move(unit.knowledge, "a", target, STAFF[role], NOW, "说明")

    if row is None:
        with pytest.raises(Conflict) as raised:
            move()
        assert all(legal.name in raised.value.message for legal in steps_from(source))
    elif role not in row.roles:
        with pytest.raises(Forbidden):
            move()
    else:
        assert move() == replace(stored, review_state=target)
        (change,) = unit.knowledge.history("a")
        assert (change.actor, change.action, change.note, change.before) == (role.value, row.action, "说明", stored)
        return
    assert unit.knowledge.get("a") == stored
    assert unit.knowledge.history("a") == []


def test_a_draft_goes_through_the_review_to_the_public(unit: FakeUnitOfWork) -> None:
    made = review.create(unit.knowledge, faq("any", " 养犬证怎么办？ ", "带犬只到派出所。 "), AGENT, NOW)
    assert made.id.startswith("kb-")
    assert (made.title, made.answer, made.review_state) == ("养犬证怎么办？", "带犬只到派出所。", ReviewState.DRAFT)
    review.move(unit.knowledge, made.id, ReviewState.REVIEWED, SUPERVISOR, NOW)
    published = review.move(unit.knowledge, made.id, ReviewState.PUBLISHED, ADMIN, NOW)
    assert published.in_force(NOW.date())
    assert actions(unit, made.id) == [("published", "administrator"), ("reviewed", "supervisor"), ("created", "agent")]


def test_a_step_that_needs_a_note_says_so(unit: FakeUnitOfWork) -> None:
    put(unit, faq("a", "问", "答"))
    with pytest.raises(InvalidInput, match="原因"):
        review.move(unit.knowledge, "a", ReviewState.WITHDRAWN, ADMIN, NOW, "  ")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("state", list(ReviewState))
def test_who_may_edit_depends_on_the_state(unit: FakeUnitOfWork, state: ReviewState, role: Role) -> None:
    stored = put(unit, faq("a", "问什么", "答什么"), state)
    changed = replace(stored, answer="改了", review_state=ReviewState.PUBLISHED, origin="x", generated=True)

    def edit() -> KnowledgeEntry:
        return review.edit(unit.knowledge, changed, version_of(stored), STAFF[role], NOW, "改正")

    if not EDITORS[state]:
        with pytest.raises(Conflict, match="恢复为草稿"):
            edit()
    elif role not in EDITORS[state]:
        with pytest.raises(Forbidden):
            edit()
    else:
        assert edit() == replace(stored, answer="改了"), "state, origin and generated are not an editor's to change"
        (change,) = unit.knowledge.history("a")
        assert (change.action, change.actor, change.note) == (EntryAction.EDITED, role.value, "改正")
        assert change.before == stored


def test_the_second_of_two_editors_is_told(unit: FakeUnitOfWork) -> None:
    stored = put(unit, faq("a", "问什么", "答什么"))
    review.edit(unit.knowledge, replace(stored, answer="甲"), version_of(stored), ADMIN, NOW)
    with pytest.raises(Conflict, match="刷新"):
        review.edit(unit.knowledge, replace(stored, answer="乙"), version_of(stored), ADMIN, NOW)
    with pytest.raises(NotFound):
        review.edit(unit.knowledge, replace(stored, id="b"), version_of(stored), ADMIN, NOW)


def test_an_edit_without_a_change_is_no_version(unit: FakeUnitOfWork) -> None:
    stored = put(unit, faq("a", "问什么", "答什么"))
    before = unit.knowledge.revision()
    assert review.edit(unit.knowledge, stored, version_of(stored), ADMIN, NOW) == stored
    assert unit.knowledge.revision() == before


UNFIT: dict[str, tuple[Callable[[KnowledgeEntry], KnowledgeEntry], str]] = {
    "no question": (lambda entry: replace(entry, title="？！"), "不能为空"),
    "no answer": (lambda entry: replace(entry, answer=" "), "不能为空"),
    "no source": (lambda entry: replace(entry, sources=[Source("  ")]), "来源"),
    "ends before it begins": (
        lambda entry: replace(entry, effective_from=date(2026, 2, 1), effective_to=date(2026, 1, 31)),
        "早于生效日期",
    ),
    "replaced by nothing known": (lambda entry: replace(entry, superseded_by="没有"), "没有找到替代它的条目"),
    "replaced by itself": (lambda entry: replace(entry, superseded_by="a"), "成了一个圈"),
    "a very long question": (lambda entry: replace(entry, title="问" * 201), "最多200字"),
    "too many questions": (
        lambda entry: replace(entry, similar_questions=[f"问{number}" for number in range(MAX_SIMILAR + 1)]),
        "请拆成几条",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_unfit_does_not_answer(unit: FakeUnitOfWork, name: str) -> None:
    spoil, message = UNFIT[name]
    good = put(unit, faq("a", "问什么", "答什么"))
    with pytest.raises(InvalidInput, match=message):
        review.edit(unit.knowledge, spoil(good), version_of(good), ADMIN, NOW)
    put(unit, spoil(good), ReviewState.REVIEWED)
    with pytest.raises(InvalidInput, match=message):
        review.move(unit.knowledge, "a", ReviewState.PUBLISHED, ADMIN, NOW)
    with pytest.raises(InvalidInput, match=message):
        review.publish_new(unit.knowledge, spoil(good), ADMIN, NOW, "") if name != "replaced by itself" else (
            review.move(unit.knowledge, "a", ReviewState.PUBLISHED, ADMIN, NOW)
        )


def test_a_draft_may_lack_its_source_and_an_article_is_its_own(unit: FakeUnitOfWork) -> None:
    made = review.create(unit.knowledge, replace(faq("", "问什么", "答什么"), sources=[]), AGENT, NOW)
    assert made.sources == []
    put(unit, law("law-1", "条例", "第一条", "内容"), ReviewState.REVIEWED)
    assert review.move(unit.knowledge, "law-1", ReviewState.PUBLISHED, ADMIN, NOW).in_force(NOW.date())
    with pytest.raises(Forbidden):
        review.create(unit.knowledge, faq("", "问什么", "答什么"), STAFF[Role.DEPARTMENT], NOW)


def test_a_circle_is_named_over_ids_and_titles(unit: FakeUnitOfWork) -> None:
    put(unit, replace(faq("b", "乙问", "答"), superseded_by="老条例"))
    put(unit, replace(law("law-1", "老条例", "第一条", "内容"), superseded_by="c"))
    put(unit, law("law-2", "老条例", "第二条", "内容"))
    put(unit, replace(faq("c", "丙问", "答"), superseded_by="a"))
    good = put(unit, faq("a", "甲问", "答"))
    with pytest.raises(InvalidInput, match="“甲问” → “乙问” → “老条例” → “丙问” → “甲问”"):
        review.edit(unit.knowledge, replace(good, superseded_by="b"), version_of(good), ADMIN, NOW)
    put(unit, faq("c", "丙问", "答"))
    assert review.edit(unit.knowledge, replace(good, superseded_by="b"), version_of(good), ADMIN, NOW)


def test_a_circle_of_others_is_left_to_them(unit: FakeUnitOfWork) -> None:
    put(unit, replace(faq("b", "乙问", "答"), superseded_by="c"))
    put(unit, replace(faq("c", "丙问", "答"), superseded_by="b"))
    good = put(unit, faq("a", "甲问", "答"))
    assert review.edit(unit.knowledge, replace(good, superseded_by="b"), version_of(good), ADMIN, NOW)


def test_similar_questions_are_added_once(unit: FakeUnitOfWork) -> None:
    put(unit, faq("a", "养犬证怎么办？", "答", similar=("狗证怎么办",)))
    made, added = review.add_similar(
        unit.knowledge, "a", ["养犬证怎么办", "狗证怎么办！", "办狗证去哪", "办狗证去哪？", "？"], ADMIN, NOW, "缺口"
    )
    assert (made.similar_questions, added) == (["狗证怎么办", "办狗证去哪"], 1)
    assert actions(unit, "a") == [("edited", "administrator")]
    put(unit, law("law-1", "条例", "第一条", "内容"))
    with pytest.raises(InvalidInput, match="法规条文"):
        review.add_similar(unit.knowledge, "law-1", ["问"], ADMIN, NOW)


def test_generated_entries_are_reviewed_in_one_go(unit: FakeUnitOfWork) -> None:
    entries = [
        put(unit, replace(faq(f"g{number}", f"问{number}", "答"), generated=True), ReviewState.DRAFT)
        for number in range(3)
    ]
    bare = put(unit, replace(faq("bare", "没有来源", "答"), sources=[]), ReviewState.DRAFT)
    gone = put(unit, faq("gone", "下架的", "答"), ReviewState.WITHDRAWN)
    before = unit.knowledge.revision()
    result = review.move_all(unit.knowledge, [*entries, bare, gone], ReviewState.PUBLISHED, ADMIN, NOW, "批量")
    assert result.done == 3
    assert [(entry.id, message[:2]) for entry, message in result.refused] == [("bare", "发布"), ("gone", "条目")]
    assert actions(unit, "g0") == [("published", "administrator"), ("reviewed", "administrator")]
    assert unit.knowledge.get("bare") == bare
    changes = unit.knowledge.changes_since(before)
    assert len(changes.entries) == 3
    assert int(changes.revision.split("-")[0]) == int(before.split("-")[0]) + 1, "in one write"


def test_a_supervisor_reviews_and_does_not_publish(unit: FakeUnitOfWork) -> None:
    draft = put(unit, faq("a", "问什么", "答什么"), ReviewState.DRAFT)
    assert review.move_all(unit.knowledge, [draft], ReviewState.REVIEWED, SUPERVISOR, NOW).done == 1
    with pytest.raises(Forbidden):
        review.move_all(unit.knowledge, [draft], ReviewState.PUBLISHED, SUPERVISOR, NOW)


def test_the_version_names_the_whole_entry() -> None:
    entry = faq("a", "问什么", "答什么")
    assert version_of(entry) == version_of(replace(entry))
    assert version_of(entry) != version_of(replace(entry, library="子库"))
    assert version_of(replace(entry, kind=EntryKind.GUIDE)) != version_of(entry)
