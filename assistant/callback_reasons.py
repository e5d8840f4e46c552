"""不满意原因识读: which of the reasons a comment names, by their words."""

import re

from casework.callback.callback import REASON_TAGS
from knowledge.text import normalize

OTHER = "其他"
_WORDS = {
    "未联系": r"没.{0,2}(联系|通知|打招呼|电话)|联系不上|打不通|没人理",
    "超期": r"慢|拖|久|超期|超时|逾期|等了|(天|星期|礼拜|个?月|年)了?还|才(来|修|弄|处理|解决)|效率",
    "未解决": r"没.{0,2}(解决|处理|修好|弄好|办好|用|效果)|又(坏|堵|漏|吵|臭)|还(在|是|没)|一半|老样子|治标|反弹|照旧",
    "态度": r"态度|凶|不耐烦|骂|吼|冷冰冰|爱答不理|挂(我|了).{0,2}电话|服务差",
    "推诿": r"推(来|脱|给|诿|卸)|踢皮球|皮球|归别|不归|不是(我们|他们)管|互相|谁也不管|扯皮",
    "答复不清": r"答复|说不清|没(说|讲)清|准话|官腔|套话|一问三不知|含糊|看不懂|听不懂|敷衍|糊弄|没解释",
}
_PATTERNS = {tag: re.compile(words) for tag, words in _WORDS.items()}


def reasons_in(comment: str, contacted: bool, resolved: bool) -> list[str]:
    """The tags of an unsatisfied answer: what the comment names, and what the first two answers say; 其他 for words that
    name none of them."""
    told = normalize(comment)
    named = {tag for tag, words in _PATTERNS.items() if words.search(told)}
    if comment and not named:
        named.add(OTHER)
    named |= {tag for tag, answer in (("未联系", contacted), ("未解决", resolved)) if not answer}
    return [tag for tag in REASON_TAGS if tag in named]
