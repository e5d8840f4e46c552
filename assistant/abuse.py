"""辱骂: insults in a message, what is left of it without them, and the calm boundary that is said once."""

import re

from assistant.conversation import Outcome
from assistant.reply import Reply
from knowledge.text import has_words, normalize

BOUNDARY = "我理解您着急的心情，也请使用文明用语，我会继续为您办理。"
ONLY_ABUSE = "我理解您现在很着急，也请使用文明用语，我会继续为您服务。请告诉我您遇到的事情，我来查找规定；也可以登记诉求，由工作人员为您办理。"
_YOU = r"(你们?|您|你们?(这|这些|这帮|这群)?|这(个|些|帮|群)|那帮|这破)"
_INSULT = re.compile(
    r"[他你特]妈的(?!户|名|身|医|养|公|社|房|账|退)|(?<![当是做])妈的(?=[,，!！])|[操艹草日肏]你(妈|大爷|全家|祖宗)[的逼比]?|(去|滚)你(妈|大爷|奶奶)的|(你|尼)(妈|玛)(的|逼|比|了个)|"
    r"妈(了个)?(卖)?[逼批屄]|[傻煞沙]([逼比屄叉缺]|子都不如)|脑残|智障|弱智|白痴|蠢(货|猪|驴|蛋)|混(蛋|账|帐)(东西)?|王八(蛋|羔子)|狗(东西|屁不通|日的|娘养的|杂种|官)|"
    r"畜[生牲]|杂种|贱(人|货)|垃圾(人|货|东西)|死全家|(?<![我他她们人])滚(蛋|远点|开)|饭桶|一群(废物|猪|蠢|饭桶|骗子)|蠢得像猪|不要脸的东西|没脑子的东西|你仙人板板|[烂破](机器人?|玩意)|有病吧你|(^|[,，])(废物|垃圾)(一个|垃圾)|去你的吧|(都是|全是)?(吃屎|吃干饭)(的|长大的)?|不得好死|"
    r"s[bB](?![a-z])|nmsl|cnm|tmd(?![a-z])|(?<![a-z])wcnm"
    rf"|{_YOU}(就是|真是|都是|全是|是)?(一群|一帮|个)?(废物|垃圾|蠢|骗子|人渣|猪)(东西|货|玩意)?(吗|吧|啊|机器人|热线)?(?!袋|处理|分类|清运|费|桶|站|场|车|堆|房|满|短信|电话)"
)
_EDGES = "，,。.!！~、 ：:"


def is_abusive(text: str) -> bool:
    """Whether the text insults. Complaints in strong words (太差了, 垃圾没人清) are none."""
    return bool(_INSULT.search(normalize(text)))


def without_abuse(text: str) -> str:
    """What the text says besides its insults; "" where that is nothing that can be read as a request."""
    rest = _INSULT.sub("，", normalize(text)).strip(_EDGES)
    rest = re.sub(r"[，,]{2,}", "，", rest)
    return rest if has_words(rest) and len(rest) >= 4 else ""


def with_boundary(reply: Reply) -> None:
    """Say the boundary before what is said of knowledge; an intake is left as it is."""
    if reply.outcome in (Outcome.ANSWERED, Outcome.CLARIFY, Outcome.ABSTAINED):
        reply.text = f"{BOUNDARY}\n{reply.text}"
