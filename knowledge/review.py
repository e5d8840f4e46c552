"""知识审核: entries are made, edited, reviewed, published and withdrawn, each step checked and kept in the history."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from casework.errors import Conflict, HotlineError, InvalidInput
from casework.events import Actor
from casework.transitions import Role
from knowledge.entry import (
    EntryAction,
    EntryChange,
    EntryKind,
    KnowledgeEntries,
    KnowledgeEntry,
    ReviewState,
)
from knowledge.entry_checks import check_form, check_publishable, distinct_questions, question_key, version_of
from knowledge.review_states import EDITORS, TABLE, Step, check_editable, check_role, step
from knowledge.text import has_words

ORIGIN = "console"
"""Of entries that were not imported."""


@dataclass(slots=True)
class BulkReview:
    """批量审核结果."""

    done: int = 0
    refused: list[tuple[KnowledgeEntry, str]] = field(default_factory=list)
    """What was left as it was, and why."""


def create(knowledge: KnowledgeEntries, entry: KnowledgeEntry, by: Actor, at: datetime) -> KnowledgeEntry:
    """A new draft; its id is given here. Raises: Forbidden, InvalidInput."""
    check_role(by.role, EDITORS[ReviewState.DRAFT], "新建条目")
    made = replace(_tidy(entry), id=_new_id(), review_state=ReviewState.DRAFT, origin=ORIGIN, generated=False)
    check_form(made)
    knowledge.put_all([made])
    knowledge.record([EntryChange(made.id, 0, at, by.id, EntryAction.CREATED)])
    return made


def publish_new(
    knowledge: KnowledgeEntries, entry: KnowledgeEntry, by: Actor, at: datetime, note: str
) -> KnowledgeEntry:
    """A new entry that answers at once. Raises: Forbidden, InvalidInput."""
    check_role(by.role, (Role.ADMINISTRATOR,), "新建并发布条目")
    made = replace(_tidy(entry), id=_new_id(), review_state=ReviewState.PUBLISHED, origin=ORIGIN, generated=False)
    check_publishable(knowledge, made)
    draft = replace(made, review_state=ReviewState.DRAFT)
    knowledge.put_all([made])
    knowledge.record(
        [
            EntryChange(made.id, 0, at, by.id, EntryAction.CREATED, note),
            EntryChange(made.id, 0, at, by.id, EntryAction.PUBLISHED, note, draft),
        ]
    )
    return made


def edit(
    knowledge: KnowledgeEntries, fresh: KnowledgeEntry, version: str, by: Actor, at: datetime, note: str = ""
) -> KnowledgeEntry:
    """Replace the words of the entry with `fresh.id`; its state, origin and kind stay.

    `version` is that of the entry as it was read. A published entry stays published, its former text is in the history.
    Raises: NotFound, Forbidden, InvalidInput; Conflict when it was changed meanwhile, or is withdrawn.
    """
    knowledge.lock()
    stored = knowledge.get(fresh.id)
    check_editable(stored.review_state, by.role)
    if version_of(stored) != version:
        raise Conflict("这条知识刚刚被其他人修改过，请刷新后重试。")
    made = replace(
        _tidy(fresh),
        kind=stored.kind,
        review_state=stored.review_state,
        origin=stored.origin,
        generated=stored.generated,
    )
    if made == stored:
        return stored
    if stored.review_state is ReviewState.PUBLISHED:
        check_publishable(knowledge, made)
    else:
        check_form(made)
    knowledge.put_all([made])
    knowledge.record([EntryChange(made.id, 0, at, by.id, EntryAction.EDITED, note, stored)])
    return made


def add_similar(
    knowledge: KnowledgeEntries, entry_id: str, questions: Sequence[str], by: Actor, at: datetime, note: str = ""
) -> tuple[KnowledgeEntry, int]:
    """Give an entry more similar questions; what it has already is passed over. The entry, and how many were new.

    Raises: NotFound, Forbidden, Conflict (withdrawn), InvalidInput (a regulation has none; too many; no words).
    """
    knowledge.lock()
    stored = knowledge.get(entry_id)
    check_editable(stored.review_state, by.role)
    if stored.kind is EntryKind.REGULATION:
        raise InvalidInput("法规条文不能添加相似问：请新建一条问答，并把这一条文写作依据。")
    known = {question_key(text) for text in (stored.title, *stored.similar_questions)}
    fresh = distinct_questions(questions, known)
    made = replace(stored, similar_questions=[*stored.similar_questions, *fresh])
    if fresh:
        check_form(made)
        knowledge.put_all([made])
        knowledge.record([EntryChange(made.id, 0, at, by.id, EntryAction.EDITED, note, stored)])
    return made, len(fresh)


def move(
    knowledge: KnowledgeEntries, entry_id: str, to: ReviewState, by: Actor, at: datetime, note: str = ""
) -> KnowledgeEntry:
    """One step of the review. Raises: NotFound; Conflict, Forbidden by the table; InvalidInput by the checks."""
    knowledge.lock()
    stored = knowledge.get(entry_id)
    row = step(stored.review_state, to, by.role)
    moved, change = _moved(knowledge, stored, row, by, at, note)
    knowledge.put_all([moved])
    knowledge.record([change])
    return moved


def move_all(
    knowledge: KnowledgeEntries,
    entries: Sequence[KnowledgeEntry],
    to: ReviewState,
    by: Actor,
    at: datetime,
    note: str = "",
) -> BulkReview:
    """批量审核: what may go there goes in one write, the rest stays and is named. Call `knowledge.lock` before reading.

    Whoever may both review and publish takes drafts through both. Raises: Forbidden when the role may do no such step.
    """
    allowed = frozenset(role for row in TABLE if row.target is to for role in row.roles)
    check_role(by.role, allowed, "批量审核")
    result, written, changes = BulkReview(), [], []
    for entry in entries:
        try:
            moved, told = entry, []
            if (entry.review_state, to) == (ReviewState.DRAFT, ReviewState.PUBLISHED):
                row = step(ReviewState.DRAFT, ReviewState.REVIEWED, by.role)
                moved, change = _moved(knowledge, entry, row, by, at, note)
                told.append(change)
            moved, change = _moved(knowledge, moved, step(moved.review_state, to, by.role), by, at, note)
        except HotlineError as error:
            result.refused.append((entry, error.message))
            continue
        written.append(moved)
        changes += [*told, change]
    knowledge.put_all(written)
    knowledge.record(changes)
    result.done = len(written)
    return result


def _moved(
    knowledge: KnowledgeEntries, stored: KnowledgeEntry, row: Step, by: Actor, at: datetime, note: str
) -> tuple[KnowledgeEntry, EntryChange]:
    if row.needs_note and not note.strip():
        raise InvalidInput(f"“{row.name}”须填写原因。")
    if row.target is ReviewState.PUBLISHED:
        check_publishable(knowledge, stored)
    moved = replace(stored, review_state=row.target)
    return moved, EntryChange(stored.id, 0, at, by.id, row.action, note.strip() or row.name, stored)


def _tidy(entry: KnowledgeEntry) -> KnowledgeEntry:
    """Without blanks around words, and each question once."""
    title = entry.title.strip()
    return replace(
        entry,
        title=title,
        answer=entry.answer.strip(),
        similar_questions=distinct_questions(entry.similar_questions, {question_key(title)}),
        superseded_by=entry.superseded_by.strip(),
        library=entry.library.strip(),
        sources=[source for source in entry.sources if has_words(source.title)],
    )


def _new_id() -> str:
    return f"kb-{secrets.token_hex(6)}"
