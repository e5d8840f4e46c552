"""五要素提取: place, time, subject, event and demand, read from the citizen's own words."""

import re

from casework.appeal import FiveElements
from casework.organisation.city import City

_HAN = r"[\u4e00-\u9fffA-Za-z0-9]"
_PLACE_END = (
    r"(?:小区|花园|家园|新村|新城|公寓|大厦|广场|商场|市场|步行街|工业园|产业园|园区|公园|景区|医院|学校|中学|小学|幼儿园|大学|"
    r"车站|公交站|地铁站|火车站|高铁站|大桥|立交桥|路口|街口|村口|门口|菜场|超市|大道|大街|社区|街道|村|镇|乡|路|街|巷|弄|苑|府|湾|楼盘|工地)"
)
_PLACE = re.compile(
    rf"{_HAN}{{1,10}}?{_PLACE_END}(?:{_HAN}{{0,8}}?(?:号楼?|栋|幢|座|单元|室|门口|旁边?|对面|路口|附近|里面|后面|楼下|交叉口))*"
)
_PLACE_HEAD = re.compile(
    r"^.*(?:反映|投诉|举报|(?:表扬|建议)(?:一下)?|住在|位于|地点是?|地址是?|就在|来自|路过|经过|我们|我家|咱们|你们|他们|家住|从|到|在|住|去|是|有|这个?|那个?|的|了|说|把|和|跟|被|家|我|请|给|要)"
)
_TIME = re.compile(
    r"(?:20\d\d年)?(?:\d{1,2}|十[一二]|[一二三四五六七八九十])月(?:\d{1,2}[日号]|初|中旬|底|份)?(?:[上下]午|晚上?|早上|凌晨|中午)?(?:\d{1,2}(?:[点:：]\d{0,2}半?分?))?"
    r"|(?:今天|昨天|前天|大前天|今早|昨晚|昨夜|今晚|今年|去年|前年|上个?月|这个?月|上周|这周|本周|周[一二三四五六日末]|星期[一二三四五六日天])"
    r"(?:[一二三四五六日末])?(?:\d{1,2}[日号])?(?:以来|开始|起)?(?:[上下]午|晚上?|早上|清晨|凌晨|中午|半夜|夜里)?(?:[\d一二三四五六七八九十两]{1,3}点[多半钟]?)?"
    r"|(?:每天|天天|每晚|每周|每到|一到)(?:[上下]午|晚上?|早上|凌晨|半夜|夜里|周末|下雨天?|夏天|冬天)?(?:[\d一二三四五六七八九十两]{1,3}点[多半钟]?)?"
    r"|(?:最近|近期|这几天|这两天|这段时间|前几天|前段时间|半夜|凌晨|刚才|刚刚|一直|长期|近(?:[一二两三四五六几半\d]{1,3})个?(?:天|周|月|年))"
    r"|(?:已经|持续|都|有|连续|拖了|等了)(?:了|快|将近)?[一二两三四五六七八九十几半\d]{1,4}多?个?(?:多)?(?:小时|天|星期|礼拜|周|月|年)(?:多|了)?"
    r"|[一二两三四五六七八九十几半\d]{1,3}多?个?多?(?:小时|天|星期|礼拜|周|月|年)多?了"
    r"|(?<=了)[一二两三四五六七八九十几半\d]{1,3}多?个?多?(?:小时|天|星期|礼拜|周|月|年)多?(?=[，。,.;；!！\s]|$)"
    r"|(?:春节|国庆|五一|中秋|元旦|端午|暑假|寒假)(?:前后?|期间|以来|后)?"
)
_SUBJECT = re.compile(
    rf"{_HAN}{{0,12}}?(?:有限公司|公司|物业|饭店|餐馆|餐厅|酒店|宾馆|烧烤店|烧烤摊|夜宵摊|大排档|奶茶店|理发店|美容院|健身房|培训班|培训机构|驾校|中介|药店|诊所|"
    r"医院|学校|幼儿园|超市|商店|门店|银行|工厂|加工厂|厂|工地|施工队|开发商|包工头|房东|商家|老板|司机|邻居|(?<![号栋幢座楼院区])楼[上下]|住户|小贩|摊贩|居委会|村委会|营业厅|网吧|KTV|"
    r"棋牌室|洗车店|快递站|驿站|停车场|养老院|小店|店)"
)
_SUBJECT_HEAD = re.compile(
    r"^.*(?:反映|投诉|举报|我们|我家|的|是|在|被|向|找|对|跟|和|让|叫|有[个家]?|一家|这家|那家|给|了|我)"
)
_DEMAND = re.compile(
    r"(?:希望|恳请|请求|请(?!问|假)|要求|强烈要求|盼|想让|想要|麻烦|求|建议|能不能|能否|可不可以|可以.{0,6}吗|要个说法|退(?:款|钱|费|卡|押金)|赔偿|赔我|"
    r"管一?管|查一?查|处理一?下|尽快|赶紧|给个(?:说法|答复|解释)|帮(?:我|忙|帮))"
)
_CLAUSES = re.compile(r"[。！？!?；;\n]+")
_SPLIT = re.compile(r"[，,。！？!?；;\n]+")
MAX_ELEMENT = 200
"""Characters of one element other than the event."""


def read_elements(text: str, city: City) -> FiveElements:
    """The elements that the text tells; "" for what it does not."""
    return FiveElements(
        place=read_place(text, city),
        time=read_time(text),
        subject=read_subject(text),
        event=text.strip() if len(text.strip()) >= 6 else "",
        demand=read_demand(text),
    )


def read_place(text: str, city: City) -> str:
    """District, street or community by the city's names, with the estate, road and number beside it."""
    named = [name for name in city.named if len(name) > 2 and name in text]
    spots: list[str] = []
    # Without the districts: 北苑区 would end a place at its 苑.
    bare = text
    for name in city.districts:
        bare = bare.replace(name, "，")
    for match in _PLACE.finditer(bare):
        told = match.group()
        begins = [told.index(name) for name in named if name in told]  # 和平小区 begins with no 和
        spot = told[min(begins) :] if begins else _PLACE_HEAD.sub("", told)
        if len(spot) >= 3 and not any(spot in other for other in spots):
            spots.append(spot)
    alone = [name for name in named if not any(name in spot for spot in spots)]
    alone = [name for name in alone if not any(name != other and name in other for other in alone)]
    return "".join(alone + spots[:2])[:MAX_ELEMENT]


def read_time(text: str) -> str:
    """The first two expressions of time."""
    found = list(dict.fromkeys(match.group() for match in _TIME.finditer(text)))
    return "，".join(found[:2])[:MAX_ELEMENT]


def read_subject(text: str) -> str:
    """The person, shop, firm or institution complained of."""
    for match in _SUBJECT.finditer(text):
        subject = _SUBJECT_HEAD.sub("", match.group())
        if len(subject) >= 2:
            return subject[:MAX_ELEMENT]
    return ""


def read_demand(text: str) -> str:
    """The clause in which the citizen says what they want."""
    for sentence in reversed(_CLAUSES.split(text)):
        parts = _SPLIT.split(sentence)
        for number, part in enumerate(parts):
            if _DEMAND.search(part):
                return "，".join(parts[number:]).strip()[:MAX_ELEMENT]
    return ""
