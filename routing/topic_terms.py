"""热点词: by which words a group of appeals differs from what is usually told; its name is made of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log

import jieba

from knowledge.text import normalize

SHARE = 0.3
"""Of the group's appeals hold a word, at least."""
MOST = 6
_PLAIN = frozenset(
    [
        "我们",
        "你们",
        "他们",
        "自己",
        "现在",
        "已经",
        "没有",
        "问题",
        "情况",
        "反映",
        "投诉",
        "举报",
        "建议",
        "希望",
        "请问",
        "要求",
        "诉求",
        "来电",
        "来电人",
        "市民",
        "部门",
        "有关",
        "相关",
        "处理",
        "解决",
        "什么",
        "怎么",
        "为什么",
        "是不是",
        "能不能",
        "有没有",
        "可以",
        "不能",
        "应该",
        "还是",
        "就是",
        "但是",
        "因为",
        "所以",
        "如果",
        "而且",
        "以及",
        "这个",
        "那个",
        "这边",
        "那边",
        "这里",
        "那里",
        "一个",
        "一下",
        "一直",
        "今天",
        "昨天",
        "昨晚",
        "早上",
        "晚上",
        "上午",
        "下午",
        "中午",
        "凌晨",
        "时候",
        "时间",
        "小时",
        "分钟",
        "天天",
        "每天",
        "今年",
        "去年",
        "最近",
        "目前",
        "至今",
        "到现在",
        "附近",
        "旁边",
        "门口",
        "这么",
        "那么",
        "非常",
        "特别",
        "很多",
        "多次",
        "不到",
        "不了",
        "不知",
        "知道",
        "觉得",
        "家里",
        "麻烦",
        "尽快",
        "回复",
        "核实",
        "工作人员",
        "办理",
        "居民",
        "小区",
        "还有",
        "都是",
        "不是",
        "只能",
        "这样",
        "那样",
        "左右",
        "开始",
        "出来",
        "起来",
        "下来",
        "过来",
        "回来",
        "到底",
        "已经",
        "整个",
        "全部",
        "几个",
        "两个",
        "三个",
        "感谢",
        "谢谢",
        "您好",
        "你好",
        "热线",
        "打电话",
        "电话",
        "有人",
        "没人",
        "人家",
        "大家",
        "老人",
        "孩子",
        "东西",
        "地方",
        "突然",
        "根本",
        "一样",
        "一点",
        "不敢",
        "影响",
    ]
)


def words(text: str) -> list[str]:
    """The words of a text that can name a matter, in order, each once."""
    told = jieba.cut(normalize(text))
    kept = (word for word in told if len(word) >= 2 and word not in _PLAIN and not any(c.isdigit() for c in word))
    return list(dict.fromkeys(word for word in kept if all("\u3400" <= char <= "\u9fff" for char in word)))


class Usual:
    """常用词: in how many of the usual appeals each word stands."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._counts: Counter[str] = Counter()
        self._texts = 0
        for text in texts:
            self._counts.update(words(text))
            self._texts += 1

    def terms(self, texts: Sequence[str], most: int = MOST) -> list[str]:
        """The words of `texts` that tell them from the usual ones, the most telling first; the first one that is met
        stands before others of its weight."""
        held: Counter[str] = Counter()
        for text in texts:
            held.update(words(text))
        least = max(2, SHARE * len(texts)) if len(texts) > 2 else 1
        weights = {
            word: count / len(texts) * log((self._texts + 1) / (self._counts[word] + 0.5))
            for word, count in held.items()
            if count >= least
        }
        ranked = sorted(weights, key=lambda word: -weights[word])
        found: list[str] = []
        for word in ranked:
            if not any(word in other or other in word for other in found):
                found.append(word)
        return found[:most]
