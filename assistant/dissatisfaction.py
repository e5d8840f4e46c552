"""没帮助: when two answers in a row did not help, the next reply offers a person or an order."""

from assistant.conversation import Conversation, Outcome
from assistant.finding import FILE_OPTION, HUMAN_OPTION
from assistant.reply import Reply

STILL_UNHELPFUL = "前面的回答没有帮到您，很抱歉。您也可以转人工，或者登记诉求，由工作人员为您办理。"


def unhelpful_twice(conversation: Conversation) -> bool:
    """Whether the last two answers, one right after the other, were marked 没帮助."""
    rated = [turn for turn in conversation.turns if turn.reply.get("feedback")][-2:]
    return len(rated) == 2 and rated[-1] is conversation.turns[-1] and all(turn.helpful is False for turn in rated)


def offer_person(reply: Reply) -> None:
    """Add the ways to a person to a reply about knowledge."""
    if reply.outcome not in (Outcome.ANSWERED, Outcome.CLARIFY, Outcome.ABSTAINED):
        return
    reply.text = f"{reply.text}\n\n{STILL_UNHELPFUL}"
    known = {option.id for option in reply.options}
    reply.options = [*reply.options, *(o for o in (HUMAN_OPTION, FILE_OPTION) if o.id not in known)]
