"""Which question a turn left without an answer."""

from assistant.clarification import NONE_OF_THESE
from assistant.conversation import Conversation, Outcome, Phase
from assistant.reply import Citation, Option, Reply
from assistant.turn import append
from assistant.vain import answered_by, declines, question_of, vain_question
from knowledge.unanswered import VainOutcome
from tests.unit.assistant.desk import NOW, conversation

OPTIONS = [Option("entry:a", "租房提取"), Option("entry:b", "装修提取"), NONE_OF_THESE]


def clarifying() -> Conversation:
    talk = conversation()
    append(talk, "公积金怎么提取", Reply(Outcome.CLARIFY, "是哪一种？", options=OPTIONS), NOW)
    rows = [{"id": item.id, "label": item.label} for item in OPTIONS]
    talk.state = {"question": "公积金怎么提取", "clarify": {"question": "公积金怎么提取", "options": rows}}
    talk.phase = Phase.CLARIFYING
    return talk


def test_none_of_these_is_a_refusal_however_it_is_said() -> None:
    for text, option in [("都不是", "none"), ("都不是", None), ("3", None), ("第三个", None)]:
        assert declines(clarifying(), text, option)
    for text, option in [("租房提取", "entry:a"), ("1", None), ("那养犬证怎么办理呢", None)]:
        assert not declines(clarifying(), text, option)
    talk = clarifying()
    talk.phase = Phase.OPEN
    assert not declines(talk, "都不是", None)


def test_the_question_behind_a_refusal_is_kept() -> None:
    talk = clarifying()
    turn = append(talk, "都不是", Reply(Outcome.ABSTAINED, "好的。"), NOW)
    assert vain_question(talk, turn, True) == ("公积金怎么提取", VainOutcome.NONE_FITS)
    assert vain_question(talk, turn, False) == ("公积金怎么提取", VainOutcome.ABSTAINED)


def test_a_turn_that_was_answered_is_not_in_vain() -> None:
    talk = clarifying()
    for outcome in set(Outcome) - {Outcome.ABSTAINED}:
        assert vain_question(talk, append(talk, "x", Reply(outcome, "好的。"), NOW), False) is None


def test_a_choice_leads_back_to_its_question() -> None:
    talk = clarifying()
    reply = Reply(Outcome.ANSWERED, "答", citations=[Citation("a", "", "", "")])
    turn = append(talk, "租房提取", reply, NOW)
    assert question_of(talk, turn.number) == "公积金怎么提取"
    assert answered_by(turn) == "a"
    new = append(talk, "养犬证怎么办理", Reply(Outcome.ABSTAINED, "没有"), NOW)
    assert question_of(talk, new.number) == "养犬证怎么办理"
    assert answered_by(new) == ""
    assert question_of(talk, 99) == ""
