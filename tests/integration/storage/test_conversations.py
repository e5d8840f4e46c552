"""Contract of the conversations: turns in order, only what may change changes, nothing in clear at rest."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from assistant.conversation import Conversation, Outcome, Phase, Turn
from casework.errors import Conflict, NotFound
from tests.integration.storage.conftest import NOW, Backend

REPLY = {"text": "请问您想了解哪一项？", "options": ["提取", "贷款"], "confidence": 0.42, "citations": []}


def turn(number: int, text: str = "公积金", **values: object) -> Turn:
    return Turn(number, NOW + timedelta(seconds=number), text, Outcome.CLARIFY, REPLY, **values)


def started(conversation_id: str = "c-1", *turns: Turn, **values: object) -> Conversation:
    return Conversation(conversation_id, NOW, turns=list(turns), **values)


def add(backend: Backend, *conversations: Conversation) -> None:
    with backend.unit() as unit:
        for conversation in conversations:
            unit.conversations.add(conversation)
        unit.commit()


def read(backend: Backend, conversation_id: str = "c-1") -> Conversation:
    with backend.unit() as unit:
        return unit.conversations.get(conversation_id)


def test_every_field_comes_back(backend: Backend) -> None:
    state = {"item": "'; DROP TABLE turns; --", "draft": {"phone": "13900001234"}, "rounds": 2, "left": None}
    conversation = started(
        "c-1", turn(1, helpful=True), turn(2, helpful=False), turn(3), channel="wechat", phase=Phase.INTAKE, state=state
    )
    add(backend, conversation)
    assert read(backend) == conversation


def test_saving_writes_state_marks_and_new_turns(backend: Backend) -> None:
    add(backend, started("c-1", turn(1), turn(2)))
    conversation = read(backend)
    conversation.phase, conversation.state = Phase.CLARIFYING, {"rounds": 1}
    conversation.turns[0].helpful = True
    conversation.turns += [turn(3, "提取"), turn(4, "要什么材料")]
    with backend.unit() as unit:
        unit.conversations.save(conversation)
        unit.commit()
    assert conversation.version == 1
    assert read(backend) == conversation
    conversation.turns[0].helpful = None
    with backend.unit() as unit:
        unit.conversations.save(conversation)
        unit.commit()
    assert read(backend).turns[0].helpful is None


def test_what_was_said_does_not_change(backend: Backend) -> None:
    add(backend, started("c-1", turn(1, "原话")))
    conversation = read(backend)
    conversation.turns[0].text, conversation.channel = "改过的话", "other"
    with backend.unit() as unit:
        unit.conversations.save(conversation)
        unit.commit()
    assert read(backend).turns[0].text == "原话"
    assert read(backend).channel == "web"


def test_second_of_two_writers_is_told(backend: Backend) -> None:
    add(backend, started())
    with backend.unit() as first, backend.unit() as second:
        mine, theirs = first.conversations.get("c-1"), second.conversations.get("c-1")
        mine.turns.append(turn(1, "一"))
        theirs.turns.append(turn(1, "二"))
        first.conversations.save(mine)
        first.commit()
        with pytest.raises(Conflict):
            second.conversations.save(theirs)
    assert [item.text for item in read(backend).turns] == ["一"]


def test_unknown_and_known_ids(backend: Backend) -> None:
    add(backend, started())
    with backend.unit() as unit:
        with pytest.raises(NotFound, match="会话"):
            unit.conversations.get("c-2")
        with pytest.raises(NotFound):
            unit.conversations.save(started("c-2"))
        with pytest.raises(Conflict):
            unit.conversations.add(started())


def test_recent_are_newest_first_with_their_turns(backend: Backend) -> None:
    every = [replace(started(f"c-{n}", turn(1), turn(2, str(n))), created_at=NOW + timedelta(n)) for n in (2, 0, 1)]
    add(backend, *every)
    with backend.unit() as unit:
        assert [item.id for item in unit.conversations.recent()] == ["c-2", "c-1", "c-0"]
        assert unit.conversations.recent(limit=1) == [every[0]]
        assert unit.conversations.recent(limit=0) == []


def test_naive_times_are_refused(backend: Backend) -> None:
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.conversations.add(Conversation("c-9", datetime(2025, 1, 1)))
