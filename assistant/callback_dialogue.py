"""回访对话: contacted? resolved? how satisfied? why? in buttons or free words, asked again when unclear."""

import re

from assistant.callback_reading import Reading, read
from assistant.callback_reasons import reasons_in
from assistant.conversation import Conversation, Outcome, Phase
from assistant.finding import HUMAN_OPTION
from assistant.new_demand import offer
from assistant.reply import Option, Reply
from casework.callback.callback import BAD_RATINGS, RATING_NAMES, REASON_TAGS, CallbackState
from knowledge.text import normalize

QUESTIONS = {
    "contacted": "承办单位联系过您吗？",
    "resolved": "您反映的问题解决了吗？",
    "rating": "您对办理结果满意吗？",
}
_ORDINAL = {"contacted": "第一个问题：", "resolved": "第二个问题：", "rating": "第三个问题："}
_YES_NO = [Option("yes", "是"), Option("no", "否")]
_RATINGS = [Option(f"rate:{rating}", name) for rating, name in sorted(RATING_NAMES.items(), reverse=True)]
_TAGS = [Option(f"tag:{tag}", tag) for tag in REASON_TAGS]
_SKIP = Option("skip", "没有了")
MAX_UNCLEAR = 2
"""How often a question is asked again in words before a person is offered."""
_NOTHING = re.compile(
    r"(没有?|没有?了|无|没啥(了|说的)?|没什么(了|要?说的|好说的)?|不用(了)?|就这样(吧)?|好的?|谢谢(您|你)?|[?？])+[。.!！]*"
)
_WHO = re.compile(
    r"你(们)?是(谁|哪)|你谁|什么(工单|单子|事)|啥(工单|单子|事|意思)|哪(个|件|张|家)|工单号|这是哪|我投诉过"
)
THANKS = "已记录您的评价，感谢您的反馈。"
THANKS_BAD = "已记录您的评价。很抱歉没有让您满意，您的工单将退回重办，一个工作日内会有工作人员与您联系。"
THANKS_UNRESOLVED = "已记录您的评价。您说问题还没有解决，您的工单将退回重办，一个工作日内会有工作人员与您联系。"
REFUSED = "好的，不再打扰您。如果问题没有解决，您可以随时在这里告诉我，或拨打12345。"
BY_PHONE = "好的，已转给人工坐席，工作人员会尽快给您打电话，请留意接听。"
BY_CALLING = "好的，已告诉人工坐席。您没有留电话，请拨打12345，报工单号{number}，由工作人员为您办理。"


def begin(
    conversation: Conversation, callback_id: int, number: str, expires: str, about: str = "", phone: bool = True
) -> Reply | None:
    """The first question of a callback, put into the citizen's conversation by the hotline.

    `about` are the first words of the appeal; `phone`: an agent could call. None while another one is being answered, as of
    the parts of one appeal: this one is asked after it.
    """
    told = {"id": callback_id, "number": number, "expires": expires, "about": about, "phone": phone}
    if conversation.phase is Phase.CALLBACK and "callback" in conversation.state:
        conversation.state["callbacks"] = [*conversation.state.get("callbacks", []), told]
        return None
    return _begin(conversation, told)


def remind(conversation: Conversation, callback_id: int) -> Reply | None:
    """A short reminder with the question that is open; None when the conversation asks about another callback first."""
    told = conversation.state.get("callback", {})
    if told.get("id") != callback_id:
        return None
    reply = _question(told)
    reply.text = f"打扰了，工单{told['number']}的回访还没有完成（{told['expires']}前有效）。\n{reply.text}"
    return reply


def step(conversation: Conversation, text: str, option: str | None) -> tuple[Reply, dict | None]:
    """The next question; or what the callback came to: {id, contacted, resolved, rating, comment, reason_tags} when it is
    finished, {id, refused} or {id, handover, contacted, resolved} when the citizen wants it otherwise."""
    told = conversation.state["callback"]
    asked = _open(told)
    if option is not None:
        reading, comment, tags = _of_option(asked, option)
    else:
        reading, comment, tags = read(asked, text), text.strip(), []
        if reading.new_demand:
            told["demand"] = reading.new_demand
    if reading.handover:
        _take(told, reading)
        return _handed_over(conversation)
    if asked == "reason":
        return _finish(conversation, comment, tags)
    known = set(told)
    _take(told, reading)
    if reading.refuses:
        return _finish(conversation, comment, tags) if _open(told) == "reason" else _refused(conversation)
    if asked not in told:
        if any(name in told and name not in known for name in QUESTIONS):
            return _noted(told, asked), None
        told["unclear"] = told.get("unclear", 0) + 1
        return _again(told, asked, text), None
    told.pop("unclear", None)
    return _question(told), None


def _open(told: dict) -> str:
    """The question that is asked now."""
    return next((name for name in QUESTIONS if name not in told), "reason")


def _of_option(asked: str, option: str) -> tuple[Reading, str, list[str]]:
    """What a button says; one of another question says nothing."""
    if option == HUMAN_OPTION.id:
        return Reading(handover=True), "", []
    if option in ("yes", "no") and asked in ("contacted", "resolved"):
        yes = option == "yes"
        return Reading(contacted=yes) if asked == "contacted" else Reading(resolved=yes), "", []
    if asked == "rating" and re.fullmatch(r"rate:[1-5]", option):
        return Reading(rating=int(option[-1])), "", []
    tag = option.removeprefix("tag:")
    return Reading(), "", [tag] if asked == "reason" and tag in REASON_TAGS else []


def _take(told: dict, reading: Reading) -> None:
    """Several answers may stand in one message; what was answered before stays."""
    for name in QUESTIONS:
        value = getattr(reading, name)
        if value is not None and name not in told:
            told[name] = value


def _question(told: dict) -> Reply:
    asked = _open(told)
    if asked == "reason":
        if told["rating"] in BAD_RATINGS:
            words = "哪里没有办好？请说一说，我们会转给承办单位重新办理。"
            return Reply(Outcome.CALLBACK, words, options=[*_TAGS, _SKIP], expects="text")
        return Reply(Outcome.CALLBACK, "还有什么想说的吗？", options=[_SKIP], expects="text")
    return Reply(Outcome.CALLBACK, _ORDINAL[asked] + QUESTIONS[asked], options=_options(asked), expects=_expects(asked))


def _noted(told: dict, asked: str) -> Reply:
    """Something else was answered than what is asked: that is taken, and the question stays."""
    reply = _question(told)
    reply.text = f"好的，您说的已经记下。还想请问：{QUESTIONS[asked]}"
    return reply


def _again(told: dict, asked: str, text: str) -> Reply:
    """Asked once more; after MAX_UNCLEAR times by buttons alone, with a person offered."""
    lead = "没听明白。"
    if _WHO.search(normalize(text)):
        about = f"，您反映的是“{told['about']}”" if told.get("about") else ""
        lead = f"这里是12345热线，正在回访工单{told['number']}{about}。"
    elif told.get("demand"):
        lead = "您说的新情况，回访后可以为您登记。先请您回答："
    options = _options(asked)
    if told["unclear"] > MAX_UNCLEAR:
        words = f"还是没听明白。请点选下面的按钮，或者转人工，由工作人员与您联系。{QUESTIONS[asked]}"
        return Reply(Outcome.CALLBACK, words, options=[*options, HUMAN_OPTION], expects="option")
    how = "请选择一个满意程度：" if asked == "rating" else "请告诉我“是”或“否”："
    return Reply(Outcome.CALLBACK, f"{lead}{how}{QUESTIONS[asked]}", options=options, expects=_expects(asked))


def _options(asked: str) -> list[Option]:
    return list(_RATINGS if asked == "rating" else _YES_NO)


def _expects(asked: str) -> str:
    return "rating" if asked == "rating" else "option"


def _finish(conversation: Conversation, comment: str, tags: list[str]) -> tuple[Reply, dict]:
    told = conversation.state["callback"]
    comment = "" if _NOTHING.fullmatch(normalize(comment)) else comment
    if told["rating"] in BAD_RATINGS:
        tags = tags or reasons_in(comment, told["contacted"], told["resolved"])
    answer = {name: told[name] for name in ("id", "number", *QUESTIONS)} | {"comment": comment, "reason_tags": tags}
    thanks = THANKS_BAD if told["rating"] in BAD_RATINGS else THANKS
    return _thank(conversation, thanks), answer


def _refused(conversation: Conversation) -> tuple[Reply, dict]:
    ended = {"id": conversation.state["callback"]["id"], "refused": True}
    conversation.state.pop("callbacks", None)  # who will not be asked is not asked about the next order either
    return _thank(conversation, REFUSED), ended


def _handed_over(conversation: Conversation) -> tuple[Reply, dict]:
    told = conversation.state["callback"]
    answers = {name: told.get(name) for name in ("contacted", "resolved")}
    words = BY_PHONE if told.get("phone", True) else BY_CALLING.format(number=told["number"])
    return _thank(conversation, words), {"id": told["id"], "handover": True, **answers}


def _thank(conversation: Conversation, words: str) -> Reply:
    """The last words of this callback, and the first of what comes next: another callback, or the new matter."""
    if demand := conversation.state["callback"].get("demand"):
        conversation.state["new_demand"] = demand
    following = _end(conversation)
    if following is not None:
        following.text = f"{words}\n{following.text}"
        return following
    return offer(conversation, Reply(Outcome.CALLBACK, words))


def asks_about(conversation: Conversation, callback_id: int) -> bool:
    """Whether the conversation is asking about this callback, or will."""
    told = [conversation.state.get("callback", {}), *conversation.state.get("callbacks", [])]
    return any(one.get("id") == callback_id for one in told)


def asks_now(conversation: Conversation, callback_id: int) -> bool:
    """Whether the question that stands open in the conversation is this callback's."""
    return bool(conversation.state.get("callback", {}).get("id") == callback_id)


def ended_elsewhere(number: str, state: CallbackState) -> Reply:
    """Where the question stood: nobody waits for an answer to it any more."""
    if state is CallbackState.UNREACHED:
        words = "回访已经到期，不再需要回答。如果问题没有解决，您可以随时在这里告诉我，或拨打12345。"
    else:
        words = "回访已经完成，不用再在这里回答，谢谢您。"
    return Reply(Outcome.CALLBACK, f"工单{number}的{words}")


def drop(conversation: Conversation, callback_id: int) -> Reply | None:
    """The callback ended elsewhere (answered under the query code or by phone, or expired): forget it.

    The first question of the next one, if the citizen was being asked about this one and another waits.
    """
    if conversation.state.get("callback", {}).get("id") == callback_id:
        return _end(conversation)
    waiting = conversation.state.pop("callbacks", [])
    if left := [one for one in waiting if one["id"] != callback_id]:
        conversation.state["callbacks"] = left
    return None


def _end(conversation: Conversation) -> Reply | None:
    """The callback is over; the first question of the one that waited longest."""
    del conversation.state["callback"]
    conversation.phase = Phase.OPEN
    waiting = conversation.state.pop("callbacks", [])
    if not waiting:
        return None
    if waiting[1:]:
        conversation.state["callbacks"] = waiting[1:]
    return _begin(conversation, waiting[0])


def _begin(conversation: Conversation, told: dict) -> Reply:
    conversation.phase = Phase.CALLBACK
    conversation.state["callback"] = dict(told)
    about = f"（{told['about']}）" if told.get("about") else ""
    reply = _question(conversation.state["callback"])
    reply.text = f"您好，您的工单{told['number']}{about}已经办结，占用您一分钟做个回访（{told['expires']}前有效）。\n{reply.text}"
    return reply
