"""口语: dialect and spoken wordings, and the initials people type, with what they mean in plain words."""

import re

_END = r"(?=[啊呀呢嘛哦喔嘞咯哈]?(?:[，。？！；、,?!; ]|$))"

_WORDINGS = (
    # how: 怎么
    (
        r"(?:咋个|咋子|咋|啷个|啷|朗个|郎个|点样|点解样|怎个|哪能(?=办|弄|交|取|查|领|缴|申请|登记|开))(?:整|治|搞|弄|办)"
        + _END,
        "怎么办",
    ),
    (r"[嘎噶尬]办" + _END, "怎么办"),
    (r"哪能(?=办|弄|交|取|查|领|缴|申请|登记|开)|[啷朗郎]个(?!人)|咋个|点样|甚样|咋的(?!了)", "怎么"),
    (r"(?<![啊惊])咋(?![呼舌])", "怎么"),
    (r"点解", "为什么"),
    (r"[怎咋]地" + _END, "怎么样"),
    # what: 什么
    (r"(?<![这那怎多])么子|啥子|乜[嘢野]|咩[嘢野]|甚么|什莫|神马(?!股份|集团|实业)", "什么"),
    (r"为啥", "为什么"),
    (r"啥", "什么"),
    # how much, when, where, who
    (r"要好多(?=钱|时间|天|久|年|个月|岁)|要几多(?=钱|时间|天|久|年)", "要多少"),
    (r"几多", "多少"),
    (r"好久(?=能|可以|到账|到帐|办好|办得|拿得|下来)", "多久"),
    (r"几时", "什么时候"),
    (r"边度|哪旮旯|哪疙瘩|哪块儿|哪[哈搭]儿?(?=办|去|交|领|弄|取)", "哪里"),
    (r"边个", "谁"),
    # who is meant
    (r"俺们?(?=家|厂|公司|单位|店|村|小区|这边|老板)|俺们|阿拉(?![伯善斯木])|我哋", "我们"),
    (r"俺", "我"),
    (r"佢哋", "他们"),
    (r"佢", "他"),
    (r"侬(?=[好有讲晓能帮们])", "你"),
    (r"小囡|囡囡|细路仔?|娃儿|娃子|伢子|伢儿|崽崽", "小孩"),
    (r"自个儿|自家个", "自己"),
    # not, cannot, may it
    (r"(?<![红树林积原实苗土草花软硬])木有(?!限)|木得(?!感)|冇得|冇|莫得|么得|没得(?=[钱人办法用])", "没有"),
    (r"唔使|唔驶", "不用"),
    (r"唔该", "麻烦"),
    (r"唔系", "不是"),
    (r"唔", "不"),
    (r"系咪|系唔系", "是不是"),
    (r"得行不|得不得行|中不中|中不|管不管用不", "可以吗"),
    (r"(?<=[以好行能对是要到有])伐" + _END, "吗"),
    (r"(?<![车人上下骑罗木斑养司兵赛立卖买头匹河白黑小老大海宝千])马(?=[？?。]|$)", "吗"),
    (r"晓不晓得", "知不知道"),
    (r"晓得", "知道"),
    # particles and verbs
    (r"嘅", "的"),
    (r"咗", "了"),
    (r"搞丢|整丢", "弄丢"),
    (r"搞不来|整不来|弄不来", "不会弄"),
    (r"搁(?=手|家|自己|单位|这|那)", "放在"),
    (r"手里头", "手里"),
    (r"(?<=[丢掉完好坏没])咯", "了"),
    (r"(?<=[\u4e00-\u9fff])咯(?=[，。？！,?!]|$)", ""),
    (r"(?<!不)了了(?![解之然])", "了"),
    (r"吗吗", "吗"),
    # things
    (r"(?<![0-9])2 ?手(?=房|车)", "二手"),
    (r"房本儿?", "房产证"),
    (r"户头", "账户"),
    (r"辞工", "辞职"),
    (r"薪水", "工资"),
)
"""Pattern and plain wording, applied in this order: the longer wording stands before the shorter one it contains."""

_PLAIN = tuple((re.compile(pattern), told) for pattern, told in _WORDINGS)

INITIALS = {
    "gjj": "公积金",
    "zfgjj": "住房公积金",
    "sfz": "身份证",
    "sb": "社保",
    "sbk": "社保卡",
    "shbx": "社会保险",
    "yb": "医保",
    "ybk": "医保卡",
    "ylbx": "养老保险",
    "yanglaobx": "养老保险",
    "ylj": "养老金",
    "syj": "失业金",
    "sybx": "失业保险",
    "gs": "工伤",
    "gsbx": "工伤保险",
    "jzz": "居住证",
    "jsz": "驾驶证",
    "xsz": "行驶证",
    "hkb": "户口本",
    "hk": "户口",
    "hz": "护照",
    "fcz": "房产证",
    "bdcz": "不动产证",
    "yyzz": "营业执照",
    "jhz": "结婚证",
    "dk": "贷款",
    "fd": "房贷",
    "ddc": "电动车",
    "ldht": "劳动合同",
    "ldzc": "劳动仲裁",
    "grsds": "个人所得税",
    "txz": "通行证",
}
"""Initials as they are typed; those of two letters are read only beside Chinese words or other initials."""

NAMES = frozenset(
    [
        "app",
        "atm",
        "pos",
        "wifi",
        "vip",
        "ktv",
        "pdf",
        "pc",
        "qq",
        "wx",
        "wb",
        "ai",
        "cpu",
        "gps",
        "etc",
        "usb",
        "nfc",
        "hr",
        "ceo",
        "ppt",
        "mba",
        "hpv",
        "pcr",
        "ct",
        "it",
        "id",
        "ok",
        "kfc",
    ]
)
"""Latin words that mean themselves."""


def plain_wording(text: str) -> str:
    """Normalised `text` with dialect and spoken wordings in plain words."""
    for pattern, told in _PLAIN:
        text = pattern.sub(told, text)
    return text
