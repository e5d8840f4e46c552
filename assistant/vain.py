"""未答: which question of a conversation was asked in vain, and why."""

from assistant.clarification import NONE_OF_THESE, chosen
from assistant.conversation import Conversation, Outcome, Phase, Turn
from assistant.reply import Option
from knowledge.unanswered import VainOutcome


def declines(conversation: Conversation, text: str, option: str | None) -> bool:
    """Whether this text says 都不是 to what the last turn offered. To be asked before the turn is taken."""
    pending = conversation.state.get("clarify")
    if conversation.phase is not Phase.CLARIFYING or not pending:
        return False
    picked = chosen(text, option, [Option(**row) for row in pending["options"]])
    return picked is not None and picked.id == NONE_OF_THESE.id


def vain_question(conversation: Conversation, turn: Turn, declined: bool) -> tuple[str, VainOutcome] | None:
    """The question that this turn, just taken, left without an answer, and why; None where it did not."""
    if turn.outcome is not Outcome.ABSTAINED:
        return None
    return conversation.state.get("question") or turn.text, VainOutcome.NONE_FITS if declined else VainOutcome.ABSTAINED


def question_of(conversation: Conversation, number: int) -> str:
    """What was asked in a turn: where an option was chosen, the question that led to it."""
    turns = {turn.number: turn for turn in conversation.turns}
    turn = turns.get(number)
    while turn is not None:
        former = turns.get(turn.number - 1)
        labels = [row.get("label") for row in former.reply.get("options", [])] if former else []
        if former is None or former.outcome is not Outcome.CLARIFY or turn.text not in labels:
            return turn.text
        turn = former
    return ""


def answered_by(turn: Turn) -> str:
    """Id of the entry that a turn answered with, "" where none did."""
    citations = turn.reply.get("citations") or [{}]
    return citations[0].get("entry_id", "") if turn.outcome is Outcome.ANSWERED else ""
