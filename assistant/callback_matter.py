"""新诉求识别: whether an answer brings another matter than the closed one, and its words."""

import re

_ADDS = re.compile(
    r"另外(一?件事)?|还有一?(个|件)(事|问题)|(我)?还有个(事|问题)|顺(便|带|道)(一?提|问|说|提一?嘴|反映)?|对了|先不说这个|"
    r"(我)?还?想(再)?(反映|问一?下|说一?下)(?!的是)|再(问|报|反映|麻烦|请|提|说)(一?下|一?个|一?件|你们)|这次是|没别的|(我)?还要(再)?(反映|投诉|举报|说一?个)|(我)?想(再)?(投诉|举报|咨询|问问)(一?下|一?个)?|捎带|新(的)?(问题|情况)(是)?"
)
"""What introduces another matter outright."""
_ASKS_TOO = re.compile(
    r"也(麻烦|帮|请|给)?(看看|报|管|处理|记|反映)|帮我也报|一(块|起|并|道)(儿)?(给我)?(记|报|处理)|能(不能)?管(管|一管)?(吗|么)?|管不管|也不管"
)
"""What asks for another matter at its end."""
_TURNS = re.compile(r"[，,。！!；; ]*(?:不过|但是?|可是|还有就是|再就是|再有|就是(?!说)|只是|而且|还有|现在)")
_SUBJECT = re.compile(
    r"(楼(下|上|道|顶|梯)|隔壁|旁边|邻居|对面|门口|[东南西北后前](门|边|街|头)|路口|巷|村(口|里|头)|河边|公园|广场|地铁|公交|站台|学校|幼儿园|超市|菜场|"
    r"市场|工地|围墙|井盖|电梯|公厕|厕所|快递柜|停车|路灯|声控灯|红绿灯|护栏|流浪|烧烤|饭店|变压器|绿化|树枝|健身|共享单车|车库|电动车|单元|阳台|医院|夜市|充电桩|车站|摊)"
)
_WRONG = re.compile(
    r"(不亮|不灵|不通|没水|没电|停了|坏了|丢了|倒了|断了|塌|掉|满了|呛|吵|挡|占|堆|堵|漏|臭|脏|乱|咬|飙|冒|积水|打鸣|嗡嗡|没人(管|倒|清|修)|没法走|黑车|过期|裂)"
)
_SAME = re.compile(
    r"^(那(里|个|边)?|它|这个|问题|水|灯|路|人|师傅|态度|速度|时间|处理|电话)?(又|还是?|太|有点|比较|没|也没)"
)
_SETTLED = re.compile(r"好了|解决|修好|通了|亮了|弄好|联系|满意|还行|还可以|挺好|不错|打过|打了|有|没|都还好")
MIN = 5
"""Characters of a matter."""


def split_demand(told: str) -> tuple[str, str]:
    """The answer, and the other matter that it brings ("" when it brings none)."""
    if found := _ADDS.search(told):
        demand = _trim(told[found.end() :])
        if len(demand) >= MIN or _WRONG.search(demand):
            return told[: found.start()], demand
    parts = [part for part in re.split(r"(?<=[，,。！!；;])", told) if part.strip("，,。！!；; ")]
    if len(parts) > 1 and _ASKS_TOO.search(parts[-1]) and len(told) - len(parts[0]) >= MIN:
        return parts[0], _trim("".join(parts[1:]))
    for found in _TURNS.finditer(told):
        before, demand = told[: found.start()], _trim(told[found.end() :])
        apart = _SUBJECT.search(demand[:12]) and (_WRONG.search(demand) or _ASKS_TOO.search(demand))
        if apart and _SETTLED.search(before) and not _SAME.search(demand):
            return before, demand
    return told, ""


def _trim(demand: str) -> str:
    """Without what only leads over to the matter."""
    demand = demand.strip("，,。！!；;、：: ")
    return re.sub(
        r"^(一?下|一?嘴|你们|现在|我?(想|要)(问|说|反映)(一?下)?|一件事|一?个[，,]|[，,])+", "", demand
    ).strip("，,。 ")
