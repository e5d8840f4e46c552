"""回访中的新诉求: what the citizen mentioned besides the closed matter, offered to be filed once the callback is done."""

import re

from assistant.conversation import Conversation, Outcome
from assistant.finding import FILE_OPTION
from assistant.reply import Option, Reply
from knowledge.text import normalize

DECLINE = Option("no_demand", "不用登记")
QUOTED = 40
_YES = re.compile(
    r"(要|需要|嗯+|是的?|好的?|对|行|可以|登记|帮我登记|麻烦(了|您|你)?|那就|吧|啊|呀|下|一下|谢谢|[,，。.!！])+"
)
_NO = re.compile(r"(不(用|要|需要|必|了|登记)|算了|没有了?|没事|了|登记|谢谢|吧|[,，。.!！])+")


def offer(conversation: Conversation, reply: Reply) -> Reply:
    """The reply with the offer behind it, where something is noted."""
    demand = conversation.state.get("new_demand", "")
    if demand:
        quoted = demand if len(demand) <= QUOTED else demand[:QUOTED] + "…"
        reply.text += f"\n您刚才还提到“{quoted}”，要作为新的诉求登记吗？"
        reply.options, reply.expects = [FILE_OPTION, DECLINE], "option"
    return reply


def taken_up(conversation: Conversation, text: str, option: str | None) -> tuple[str, Reply | None]:
    """The noted matter if the citizen wants it filed now, or the reply when they do not; neither when they speak of something
    else. It is offered once."""
    demand = conversation.state.pop("new_demand", "")
    if not demand:
        return "", None
    told = normalize(text)
    if option == FILE_OPTION.id or (option is None and _YES.fullmatch(told)):
        return demand, None
    if option == DECLINE.id or (option is None and _NO.fullmatch(told)):
        return "", Reply(Outcome.SMALLTALK, "好的，没有登记。还有什么可以帮您？", 1.0)
    return "", None
