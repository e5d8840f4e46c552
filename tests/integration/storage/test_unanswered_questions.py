"""Contract of the questions in vain and of the suggestions to agents; what citizens say is encrypted at rest."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.suggestion_log import SubjectKind, SuggestionRecord, Verdict
from casework.errors import Conflict, InvalidInput, NotFound
from knowledge.unanswered import UnansweredQuestion, VainOutcome, VainState
from tests.integration.storage.conftest import NOW, Backend, Database

SAID = "我叫司马青衫，电话13712345678，问一下养犬证"


def question(turn: int = 2, conversation: str = "c", **values: object) -> UnansweredQuestion:
    fields = {"text": SAID, "outcome": VainOutcome.ABSTAINED, "at": NOW} | values
    return UnansweredQuestion(conversation, turn, **fields)


def shown(subject: str = "20250314000001", **values: object) -> SuggestionRecord:
    fields = {"at": NOW, "actor": "hua", "query": SAID, "offered": ["b", "a"]} | values
    return SuggestionRecord(SubjectKind.ORDER, subject, **fields)


def keep(backend: Backend, *questions: UnansweredQuestion) -> None:
    with backend.unit() as unit:
        for item in questions:
            unit.unanswered.put(item)
        unit.commit()


def test_a_question_comes_back(backend: Backend) -> None:
    kept = question(outcome=VainOutcome.UNHELPFUL, entry_id="faq-1")
    keep(backend, kept)
    assert kept.id
    with backend.unit() as unit:
        assert unit.unanswered.of_ids([kept.id]) == [kept]
        assert unit.unanswered.of_turn("c", 2) == kept
        assert unit.unanswered.of_turn("c", 3) is None
        with pytest.raises(NotFound):
            unit.unanswered.of_ids([kept.id, kept.id + 1])
        with pytest.raises(NotFound):
            unit.unanswered.of_ids([2**70])
        with pytest.raises(InvalidInput):
            unit.unanswered.put(question(text="\x00"))


def test_a_turn_has_one_question(backend: Backend) -> None:
    first, again = question(), question(text="改口", state=VainState.DISMISSED)
    keep(backend, first, question(3))
    keep(backend, again)
    assert again.id == first.id
    with backend.unit() as unit:
        assert unit.unanswered.of_turn("c", 2) == again
        assert unit.unanswered.count(VainState.OPEN) == 1
        assert unit.unanswered.count(VainState.DISMISSED) == 1


def test_the_newest_come_first(backend: Backend) -> None:
    keep(
        backend, *(question(number, at=NOW + timedelta(minutes=minutes)) for number, minutes in enumerate([1, 3, 2, 3]))
    )
    with backend.unit() as unit:
        turns = [item.turn for item in unit.unanswered.in_state(VainState.OPEN, 3)]
        assert turns == [3, 1, 2]
        assert unit.unanswered.in_state(VainState.RESOLVED, 3) == []


def test_only_open_ones_are_settled(backend: Backend) -> None:
    kept = [question(number) for number in range(3)]
    keep(backend, *kept)
    with backend.unit() as unit:
        unit.unanswered.settle([kept[0].id, kept[1].id], VainState.RESOLVED, "faq-9")
        unit.commit()
    for ids in ([kept[1].id, kept[2].id], [2**70], [kept[2].id + 1]):
        with backend.unit() as unit, pytest.raises(Conflict):
            unit.unanswered.settle(ids, VainState.DISMISSED)
    with backend.unit() as unit:
        assert unit.unanswered.of_ids([item.id for item in kept]) == [
            replace(kept[0], state=VainState.RESOLVED, entry_id="faq-9"),
            replace(kept[1], state=VainState.RESOLVED, entry_id="faq-9"),
            kept[2],
        ]


def test_a_suggestion_comes_back_and_is_decided_once(backend: Backend) -> None:
    record = shown()
    with backend.unit() as unit:
        unit.suggestions.add(record)
        unit.commit()
        assert unit.suggestions.get(record.id) == record
        assert unit.suggestions.undecided(SubjectKind.ORDER, record.subject, "hua") == record
        assert unit.suggestions.undecided(SubjectKind.ORDER, record.subject, "pai") is None
        assert unit.suggestions.undecided(SubjectKind.CONVERSATION, record.subject, "hua") is None
    decided = replace(record, verdict=Verdict.EDITED, decided_at=NOW, entry_id="a", final_text=SAID)
    with backend.unit() as unit:
        unit.suggestions.decide(decided)
        unit.commit()
        assert unit.suggestions.get(record.id) == decided
        assert unit.suggestions.undecided(SubjectKind.ORDER, record.subject, "hua") is None
        with pytest.raises(Conflict):
            unit.suggestions.decide(replace(decided, verdict=Verdict.REJECTED))
        with pytest.raises(NotFound):
            unit.suggestions.get(2**70)


def test_suggestions_are_counted_by_their_verdict(backend: Backend) -> None:
    verdicts = [Verdict.SHOWN, Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REJECTED]
    with backend.unit() as unit:
        for days, verdict in enumerate(verdicts):
            unit.suggestions.add(shown(f"2025031400000{days}", at=NOW + timedelta(days=days), verdict=verdict))
        unit.commit()
    with backend.unit() as unit:
        assert unit.suggestions.counts(None, None) == {Verdict.SHOWN: 1, Verdict.ACCEPTED: 2, Verdict.REJECTED: 1}
        late = unit.suggestions.counts(NOW + timedelta(days=1), NOW + timedelta(days=3))
        assert late == {Verdict.ACCEPTED: 2}


def test_rows_hold_nothing_that_was_said(database: Database) -> None:
    with database.unit() as unit:
        unit.unanswered.put(question())
        unit.suggestions.add(shown(final_text=SAID))
        unit.commit()
    raw = database.raw()
    assert "20250314000001" in raw, "the rows were really read"
    for hidden in ("司马青衫", "13712345678", "养犬证"):
        assert hidden not in raw
