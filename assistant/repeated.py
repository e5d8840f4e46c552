"""重复提交: what a citizen is told who sends the same again, and the choice to have it handled by itself all the same."""

from assistant.conversation import Conversation, Outcome
from assistant.reply import Option, Reply

INSIST = Option("insist", "仍要单独办理")
KEY = "duplicate"
"""In the conversation's state: number of the order that may still be insisted on."""


def registered_already(conversation: Conversation, reply: Reply, number: str, first: str) -> Reply:
    """In place of `reply`, which says that order `number` was filed: it says the same as the order `first`."""
    conversation.state[KEY] = number
    text = (
        f"您反映的这件事已经登记过了，工单号{first}，正在办理中，不用重复提交。这次说的内容已补充进去，会随原工单一并办理和答复。\n"
        f"如果这是另一件事，或者您希望单独再办一次，请选择“{INSIST.label}”。"
    )
    order = (reply.order or {}) | {"state_name": "随原工单办理"}
    return Reply(Outcome.FILED, text, 1.0, options=[INSIST], order=order)


def insisted(conversation: Conversation, text: str, option: str | None) -> str:
    """Number of the order that the citizen wants handled by itself, "" when that is not what was said."""
    number = conversation.state.get(KEY, "")
    return number if number and (option == INSIST.id or text.strip() == INSIST.label) else ""


def handled_by_itself(conversation: Conversation, number: str, department: str) -> Reply:
    """Once it is done."""
    conversation.state.pop(KEY, None)
    where = f"已派给{department}办理" if department else "正在等待派单员确认承办单位"
    return Reply(
        Outcome.FILED, f"好的，工单{number}已作为重复诉求单独办理，{where}。办理情况可以在“查询进度”里查看。", 1.0
    )


def too_late(conversation: Conversation, message: str) -> Reply:
    """It was closed or dispatched meanwhile."""
    conversation.state.pop(KEY, None)
    return Reply(Outcome.STATUS, message, 1.0)
