"""回访对话: contacted? resolved? how satisfied? in buttons or free words, asked again when unclear."""

import re

from assistant.conversation import Conversation, Outcome, Phase
from assistant.reply import Option, Reply
from casework.callback import BAD_RATINGS, RATING_NAMES
from knowledge.text import normalize

_YES_NO = [Option("yes", "是"), Option("no", "否")]
_RATINGS = [Option(f"rate:{rating}", name) for rating, name in sorted(RATING_NAMES.items(), reverse=True)]
_NO = re.compile(
    r"没(?!问题|错|毛病)|(?<!差)不(?!错|久|清楚|知道|好说|确定)|否|还在等|从来|哪有|谁都没|无人|又坏|白(说|等|跑)|^n(o)?$|敷衍|反弹|复发"
)
_YES = re.compile(
    r"是|有|联系(了|过)|打(了|过)电话|来过|解决了|好了|修好|处理好|已经|对|嗯|行|没问题|没错|差不多|y(es)?$|可以|搞定|弄好|办好|退了|通了"
)
_RATING_WORDS = (
    (
        1,
        re.compile(
            r"非常不满|很不满意|极(其|度)不满|(很|太|真|好|最|极|极其|极度|非常|特别|相当)差(?!评|别|距|不多|不离|强人意|一?点)|"
            r"差(得很|极了|死了|到家|到极点)|差劲|糟糕|垃圾|气(死|愤)|(?<!\d)1分|一分|一星"
        ),
    ),
    (2, re.compile(r"不(太|怎么|大|是很)?满意|不行|不好|不可以|没.{0,4}好|失望|差评|一般般?偏差|(?<!\d)2分|两分|二分")),
    (3, re.compile(r"基本满意|还行|还可以|一般|凑合|马马虎虎|还好|将就|(?<!\d)3分|三分|过得去")),
    (
        5,
        re.compile(
            r"非常满意|很满意|特别满意|太(好|满意|棒)|十分满意|超级?满意|点赞|好评|(?<!\d)5分|五分|五星|完美|非常好|特别好"
        ),
    ),
    (4, re.compile(r"满意|不错|挺好|蛮好|可以|(?<!\d)4分|四分|好")),
    (2, re.compile(r"(?<![误时温反落出])差(?!别|距|异|额|不多|不离|强人意|了?一?点)")),
)
"""The first that matches wins; plain 差 comes last, because 「还行，就是速度差了些」 is no bad rating."""
_NOTHING_BAD = re.compile(
    r"没(有|什么|啥|任何|人|觉得|感到|感觉|哪里|地方|一点)*(不满意?|不好|不行|不可以|差评|失望|糟糕)"
)
"""没有不满意: two negations, read as 满意."""
_NOT_SO_BAD = re.compile(
    r"(不|不是|不算|没|没有|谈不上|说不上)(很|太|那么|怎么|特别|非常)?(差劲?|糟糕|失望)(?!评|别|距)|"
    r"不是不(满意|好|行)|(不是|没有?)(很|太|那么|特别|非常)不(满意?|好|行)"
)
"""不算很差, 不是不满意: neither good nor bad, so it is asked again."""


def read_yes_no(text: str, option: str | None) -> bool | None:
    """True, False, or None when it cannot be told."""
    if option in ("yes", "no"):
        return option == "yes"
    told = normalize(text)
    if _NO.search(told):
        return False
    return True if _YES.search(told) else None


def read_rating(text: str, option: str | None) -> int | None:
    """1–5, or None when it cannot be told."""
    told = normalize(text)
    if option and re.fullmatch(r"rate:[1-5]", option):
        return int(option[-1])
    if re.fullmatch(r"[1-5]分?", told):
        return int(told[0])
    told = _NOT_SO_BAD.sub("", _NOTHING_BAD.sub("满意", told))
    return next((rating for rating, words in _RATING_WORDS if words.search(told)), None)


def begin(conversation: Conversation, callback_id: int, number: str, expires: str) -> Reply | None:
    """The first question of a callback, put into the citizen's conversation by the hotline.

    None while another one is being answered, as of the parts of one appeal: this one is asked after it.
    """
    if conversation.phase is Phase.CALLBACK and "callback" in conversation.state:
        waiting = {"id": callback_id, "number": number, "expires": expires}
        conversation.state["callbacks"] = [*conversation.state.get("callbacks", []), waiting]
        return None
    return _ask(conversation, callback_id, number, expires)


def _ask(conversation: Conversation, callback_id: int, number: str, expires: str) -> Reply:
    conversation.phase = Phase.CALLBACK
    conversation.state["callback"] = {"id": callback_id, "number": number}
    return Reply(
        Outcome.CALLBACK,
        f"您好，您的工单{number}已经办结，占用您一分钟做个回访（{expires}前有效）。\n第一个问题：承办单位联系过您吗？",
        options=_YES_NO,
        expects="option",
    )


def step(conversation: Conversation, text: str, option: str | None) -> tuple[Reply, dict | None]:
    """The next question, or the thanks with the finished answers {id, contacted, resolved, rating, comment}."""
    told = conversation.state["callback"]
    if "contacted" not in told:
        return _yes_no(
            told, "contacted", text, option, "承办单位联系过您吗？", "第二个问题：您反映的问题解决了吗？"
        ), None
    if "resolved" not in told:
        reply = _yes_no(told, "resolved", text, option, "您反映的问题解决了吗？", "第三个问题：您对办理结果满意吗？")
        if "resolved" in told:
            reply.options, reply.expects = _RATINGS, "rating"
        return reply, None
    if "rating" not in told:
        rating = read_rating(text, option)
        if rating is None:
            return Reply(Outcome.CALLBACK, "没听明白，请选择一个满意程度。", options=_RATINGS, expects="rating"), None
        told["rating"] = rating
        question = (
            "哪里没有办好？请说一说，我们会转给承办单位重新办理。" if rating in BAD_RATINGS else "还有什么想说的吗？"
        )
        return Reply(Outcome.CALLBACK, question, options=[Option("skip", "没有了")], expects="text"), None
    comment = "" if option == "skip" or normalize(text) in ("没有", "没有了", "没了", "无", "没") else text.strip()
    answer = {**told, "comment": comment}
    thanks = (
        "已记录您的评价。很抱歉没有让您满意，您的工单将退回重办，一个工作日内会有工作人员与您联系。"
        if answer["rating"] in BAD_RATINGS
        else "已记录您的评价，感谢您的反馈。"
    )
    following = _end(conversation)
    if following is not None:
        following.text = f"{thanks}\n{following.text}"
    return following or Reply(Outcome.CALLBACK, thanks), answer


def asks_about(conversation: Conversation, callback_id: int) -> bool:
    """Whether the conversation is asking about this callback, or will."""
    told = [conversation.state.get("callback", {}), *conversation.state.get("callbacks", [])]
    return any(one.get("id") == callback_id for one in told)


def drop(conversation: Conversation, callback_id: int) -> Reply | None:
    """The callback ended elsewhere (answered under the query code, or expired): forget it.

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
    following = waiting[0]
    return _ask(conversation, following["id"], following["number"], following["expires"])


def _yes_no(told: dict, name: str, text: str, option: str | None, question: str, following: str) -> Reply:
    answer = read_yes_no(text, option)
    if answer is None:
        return Reply(Outcome.CALLBACK, f"没听明白，请告诉我“是”或“否”：{question}", options=_YES_NO, expects="option")
    told[name] = answer
    return Reply(Outcome.CALLBACK, following, options=_YES_NO, expects="option")
