"""方面: what of a service item a question asks for: 材料, 时限, 额度 …, read from its words."""

import re

from knowledge.text import normalize

FACET_WORDS = (
    ("材料", re.compile(r"材料|资料|证件|手续|带(什么|啥|哪些|些)|准备(什么|啥|哪些)|证明|要啥|要哪些|复印件|原件")),
    ("时限", re.compile(r"多久|多长时间|几天|几时|什么时候|啥时候|多少天|时间|到账|几个(月|工作日)|要等")),
    ("额度", re.compile(r"多少钱|额度|最高|最多|上限|能(提|取|贷)多少|能.{0,4}多少|多少")),
    ("费用", re.compile(r"收费|手续费|费用|要钱|违约金|利息|花钱|个税|免费")),
    ("渠道", re.compile(r"在哪|哪里|哪儿|去哪|网上|手机|app|柜台|窗口|线上|渠道|本人去|亲自|代办")),
    ("流程", re.compile(r"怎么办|怎么(弄|操作|申请|提|取|还|转|走)|咋(办|弄|整|操作)|流程|步骤|如何|程序|办理")),
    ("后果", re.compile(r"后果|处罚|罚|会怎么样|会怎样|影响|不(交|缴|还|办).{0,4}(会|怎)")),
    ("条件", re.compile(r"条件|要求|资格|可以吗|行吗|能(不能|吗|行)|可不可以|够不够|符合")),
)
"""Facet and the words that ask for it; the first that matches wins."""


def facet_of(text: str) -> str:
    """The facet a question asks for, "" when it names none."""
    told = normalize(text)
    return next((facet for facet, words in FACET_WORDS if words.search(told)), "")
