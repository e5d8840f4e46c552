"""知识缺口: what citizens asked in vain, grouped into what an entry could answer, until an administrator sees to it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np

from casework.errors import InvalidInput
from casework.events import Actor
from casework.masking import mask_text
from casework.transitions import Role
from knowledge.encoder import Encoder
from knowledge.entry import KnowledgeEntry, ReviewState
from knowledge.entry_checks import MAX_QUESTION, question_key
from knowledge.importing import KnowledgeUnit
from knowledge.review import add_similar, publish_new
from knowledge.review_states import EDITORS, check_role
from knowledge.text import has_words
from knowledge.unanswered import UnansweredQuestion, UnansweredQuestions, VainOutcome, VainState

ALIKE = 0.75
"""Cosine to the farthest wording of a group from which on another joins it. Not to the mean, which for many wordings is
near to everything: on the wordings of the demonstration city's entries, at a threshold of 0.7, 38% of the pairs put
together belonged together, by the mean 4%."""
NEWEST = 2000
"""Open questions looked at; older ones come up when these are done."""
MAX_AT_ONCE = 500
"""Questions settled by one request."""


class GapsUnit(KnowledgeUnit, Protocol):
    """工作单元 with the questions in vain."""

    unanswered: UnansweredQuestions


@dataclass(slots=True)
class Wording:
    """问法: one way of asking, as often as it was used."""

    text: str
    questions: list[UnansweredQuestion] = field(default_factory=list)

    @property
    def personal(self) -> bool:
        """Whether it names a person; then it is no question for the base."""
        return mask_text(self.text) != self.text

    @property
    def usable(self) -> bool:
        """Whether it may become a similar question."""
        return not self.personal and len(self.text) <= MAX_QUESTION


@dataclass(slots=True)
class Gap:
    """知识缺口: wordings that ask the same, the most frequent first."""

    text: str
    """The most central wording."""
    wordings: list[Wording]

    @property
    def questions(self) -> list[UnansweredQuestion]:
        """All of them, newest first."""
        every = [question for wording in self.wordings for question in wording.questions]
        return sorted(every, key=lambda question: (question.at, question.id), reverse=True)

    @property
    def outcomes(self) -> Counter[VainOutcome]:
        """How often by which outcome."""
        return Counter(question.outcome for question in self.questions)

    @property
    def proposed_for(self) -> str:
        """The entry that an agent proposes a wording for, "" where none does."""
        named = (q.entry_id for q in self.questions if q.outcome is VainOutcome.PROPOSED)
        return next(named, "")


def keep(unit: GapsUnit, question: UnansweredQuestion) -> None:
    """Keep a question asked in vain; what was seen to already stays so."""
    known = unit.unanswered.of_turn(question.conversation_id, question.turn)
    if has_words(question.text) and (known is None or known.state is not VainState.RESOLVED):
        unit.unanswered.put(question)


def forget(unit: GapsUnit, conversation_id: str, turn: int) -> None:
    """The citizen says that the answer did help after all."""
    known = unit.unanswered.of_turn(conversation_id, turn)
    if known is not None and known.state is VainState.OPEN and known.outcome is VainOutcome.UNHELPFUL:
        unit.unanswered.settle([known.id], VainState.DISMISSED)


def propose(unit: GapsUnit, entry_id: str, texts: Sequence[str], by: Actor, at: datetime) -> int:
    """提出相似问: an agent's wordings for an entry wait among the gaps. How many. Raises: NotFound, Forbidden."""
    check_role(by.role, EDITORS[ReviewState.DRAFT], "提出相似问")
    unit.knowledge.get(entry_id)
    proposed = {question_key(text): text.strip() for text in texts if has_words(text)}
    for key, text in proposed.items():
        mark = hashlib.sha256(f"{entry_id}|{key}".encode()).hexdigest()[:16]
        keep(unit, UnansweredQuestion(f"staff:{by.id}:{mark}", 0, text, VainOutcome.PROPOSED, at, entry_id=entry_id))
    return len(proposed)


def group(questions: Sequence[UnansweredQuestion], encoder: Encoder) -> list[Gap]:
    """The same words first, then each wording, the most frequent first, to the group whose farthest wording is nearest.
    The most asked first; the order of `questions` does not matter."""
    wordings = _wordings(questions)
    if not wordings:
        return []
    # One by one: the encoder remembers single texts, and most were encoded when they were asked.
    vectors = np.concatenate([encoder.encode([wording.text]) for wording in wordings])
    counts = np.array([len(wording.questions) for wording in wordings], dtype=np.float32)
    places = np.zeros(len(wordings), dtype=np.int64)
    found = 0
    for number, vector in enumerate(vectors):
        farthest = np.full(found + 1, ALIKE, dtype=np.float32)  # the last one stands for a new group
        farthest[:found] = 1.0
        np.minimum.at(farthest, places[:number], vectors[:number] @ vector)
        places[number] = place = int(np.argmax(farthest))
        found = max(found, place + 1)
    gaps = []
    for place in range(found):
        own = np.flatnonzero(places == place)
        nearness = np.round(vectors[own] @ (counts[own] @ vectors[own]), 5)
        central = wordings[own[int(np.argmax(nearness))]]
        gaps.append(Gap(central.text, [wordings[number] for number in own]))
    return sorted(gaps, key=lambda gap: (-len(gap.questions), -gap.questions[0].at.timestamp(), gap.text))


def _wordings(questions: Sequence[UnansweredQuestion]) -> list[Wording]:
    """The most frequent first; of what differs in punctuation only, the first asked gives the words."""
    found: dict[str, Wording] = {}
    for question in sorted(questions, key=lambda question: (question.at, question.id)):
        wording = found.setdefault(question_key(question.text), Wording(question.text))
        wording.questions.append(question)
    return sorted(found.values(), key=lambda wording: -len(wording.questions))


def answer_with_new(
    unit: GapsUnit, ids: Sequence[int], entry: KnowledgeEntry, by: Actor, at: datetime
) -> tuple[KnowledgeEntry, int, int]:
    """由缺口新建条目: publish an entry that has the wordings as similar questions; the questions are resolved.

    The entry, wordings added, wordings left out (personal or too long). Raises: Forbidden, NotFound, Conflict,
    InvalidInput.
    """
    check_role(by.role, (Role.ADMINISTRATOR,), "由缺口新建条目")
    usable, left_out = _usable(unit, ids)
    entry.similar_questions = [*entry.similar_questions, *usable]
    made = publish_new(unit.knowledge, entry, by, at, f"由{len(set(ids))}个未答问题新建")
    unit.unanswered.settle(_distinct(ids), VainState.RESOLVED, made.id)
    return made, len(usable), left_out


def answer_with_known(
    unit: GapsUnit, ids: Sequence[int], entry_id: str, by: Actor, at: datetime
) -> tuple[KnowledgeEntry, int, int]:
    """补充相似问: an entry that exists takes the wordings; the questions are resolved.

    Returns and raises as `answer_with_new`.
    """
    check_role(by.role, (Role.ADMINISTRATOR,), "由缺口补充相似问")
    usable, left_out = _usable(unit, ids)
    made, added = add_similar(unit.knowledge, entry_id, usable, by, at, f"由{len(set(ids))}个未答问题补充相似问")
    unit.unanswered.settle(_distinct(ids), VainState.RESOLVED, made.id)
    return made, added, left_out


def dismiss(unit: GapsUnit, ids: Sequence[int], by: Actor) -> None:
    """忽略: nothing for the base. Raises: Forbidden, NotFound, Conflict, InvalidInput."""
    check_role(by.role, (Role.SUPERVISOR, Role.ADMINISTRATOR), "忽略未答问题")
    _usable(unit, ids)
    unit.unanswered.settle(_distinct(ids), VainState.DISMISSED)


def _usable(unit: GapsUnit, ids: Sequence[int]) -> tuple[list[str], int]:
    """The wordings that may become similar questions, and how many may not."""
    if not ids or len(set(ids)) > MAX_AT_ONCE:
        raise InvalidInput(f"请选择1到{MAX_AT_ONCE}个未答问题。")
    unit.knowledge.lock()
    wordings = _wordings(unit.unanswered.of_ids(_distinct(ids)))
    usable = [wording.text for wording in wordings if wording.usable]
    return usable, len(wordings) - len(usable)


def _distinct(ids: Sequence[int]) -> list[int]:
    return sorted(set(ids))
