"""所问之日: the day whose rules a question is about. Nearly always today; 「2025年的时候…有要求吗」 is about then.

A day that is only part of a story (我2019年交的公积金，现在能不能取) is not one: the rules asked for are today's.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.text import normalize


@dataclass(frozen=True, slots=True)
class AskedDay:
    """所问之日. `question` is the text without the words that tell the day."""

    question: str
    day: date | None = None
    """None with `former`: the last day before the rules now in force."""
    former: bool = False

    @property
    def is_past(self) -> bool:
        return self.former or self.day is not None


_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_YEAR = r"(?P<year>(?<!\d)(?:19[5-9]|20[0-3])\d|二[〇零][〇零一二三]\D)年"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(份)?(?P<of>(?P<date>3[01]|[12]\d|0?[1-9])[日号])?"
_TIME = re.compile(
    rf"(在|从)?(({_YEAR}|(?P<relative>今年|去年|前年|大前年))(的?{_MONTH}|(?P<part>年?[初底末]|上半年|下半年))?"
    r"|(?P<ago>[一二两三四五六七八九十]|\d{1,2})年(以前|之前|前)|(?P<last_month>上个月))"
    r"(?P<before>(以|之)前)?"
)
_FORMER = re.compile(
    r"(在)?(新(规|规定|政|政策|条例|办法|法|标准|文件)(出台|实施|施行|出来|生效|下来)?|(修订|修改|改革|调整|改版|变化|新规定改)(了)?)(之前|以前|前)(的(时候|规定|政策)?)?"
    r"|(按|照|根据)?(以前|之前|过去|原来|原先|早先|旧|老|上一版|修订前)的?(老|旧)?(?P<kept>规定|政策|条例|办法|标准|规则|版本)(?!的(?!时|话))(里|中|下|上)?"
)
_APPLIES = re.compile(r"(还|能|可以|还能|是不是|能不能)(按|用|照|执行|享受)")
"""还能按老规定…吗 asks for today's rules."""
_THEN = re.compile(
    r"^(的|那)?(时候?|那时候?|那会儿?|那阵子?|当时|那年|期间)(的)?|^(的|那时的?)(?=(规定|政策|标准|要求|办法|条例|利率|比例|额度|基数|上限|下限|条件))"
)
_NOW = re.compile(
    r"现在|目前|如今|现行|眼下|当前|今年|今天|还(能|可以|要|需要|让|给|有|来得及|算|用)|补(交|缴|办|报|领|贴|登|开|填|得|上|吗|不)|能补|才(能|可以|到)|到(现在|今天)|至今|以后|之后|接着|继续"
)
_STORY = re.compile(
    r"我|俺|咱|他|她|爸|妈|老公|老婆|爱人|父|母|单位(没|给我)|公司(没|给我)|(买|交|缴|办|领|毕业|入职|离职|辞职|退休|参加|签|登记|结婚|离婚|出生|生|贷|提取|提|取|"
    r"考|拿|建|装修|租|搬|来|开|注册|评|报|漏|断|没|忘|欠|封存|转|发生|住院|看病|花|挣|赚)(到|完|过|下来?|上)*(了|的(?!时候|规定|要求|条件|材料|标准)|过(?!户)|没)|"
    r"^(没|忘|漏|断|欠|错过)|的(收入|所得|工资|发票|费用|医药费|医疗费|住院费|票据|汇算|个税|账|钱|保费|年终奖|奖金)"
)
_ASKS = re.compile(
    r"吗|么|呢|几|多少|什么|啥|哪|怎|咋|如何|能不能|可不可以|是不是|有没有|要不要|用不用|多久|不$|[?？]|规定|要求|政策"
)
_CLAUSES = re.compile(r"[,，。;；!！?？]+")


def asked_day(text: str, today: date) -> AskedDay:
    """The day that the question is about; neither a day nor `former` where it is today's rules that are asked for."""
    told = normalize(text)
    former = _FORMER.search(told)
    if former and _ASKS.search(told):
        if _NOW.search(told) or _APPLIES.search(told):
            return AskedDay(text)
        return AskedDay(_without(told, former.span(), former["kept"] or ""), former=True)
    for found in _TIME.finditer(told):
        rest = _CLAUSES.split(told[found.end() :], maxsplit=1)[0]
        frame = _THEN.match(rest)
        if _NOW.search(told[: found.start()] + told[found.end() :]):
            continue
        if found["before"] and rest.startswith("的") and not frame:
            continue  # 2020年以前的老房子: a thing of that time
        before = _CLAUSES.split(told[: found.start()])[-1]
        if not frame and (not _ASKS.search(rest) or _STORY.search(rest) or _STORY.search(before)):
            continue
        if frame and _STORY.search(rest[frame.end() :]) and not _ASKS.search(rest):
            continue
        day = _day_of(found, today)
        if day is not None and day < today:
            end = found.end() + (frame.end() if frame else 0)
            return AskedDay(_without(told, (found.start(), end)), day)
    return AskedDay(text)


def _without(told: str, span: tuple[int, int], kept: str = "") -> str:
    rest = (told[: span[0]] + kept + told[span[1] :]).lstrip("的,，。 ").rstrip(",，。 ")
    return rest or told


def _number(told: str) -> int:
    if told.isdigit():
        return int(told)
    if told.startswith("十"):
        return 10 + (int(told[1:].translate(_DIGITS)) if told[1:] else 0)
    return int(told.replace("两", "二").translate(_DIGITS))


def _day_of(found: re.Match[str], today: date) -> date | None:
    """The last day of the time that is told, or the day before it where it says 以前; None when there is no such day."""
    if found["last_month"]:
        return today.replace(day=1) - timedelta(days=1)
    if found["ago"]:
        year = today.year - _number(found["ago"])
        return date(year, today.month, min(today.day, 28))
    relative = {"今年": 0, "去年": 1, "前年": 2, "大前年": 3}
    year = _number(found["year"]) if found["year"] else today.year - relative[found["relative"]]
    first, last = date(year, 1, 1), date(year, 12, 31)
    if found["month"]:
        month = _number(found["month"])
        first = date(year, month, 1)
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        if found["date"]:
            try:
                first = last = date(year, month, int(found["date"]))
            except ValueError:
                return None
    elif found["part"] and ("初" in found["part"] or "上" in found["part"]):
        last = date(year, 3, 31) if "初" in found["part"] else date(year, 6, 30)
    return first - timedelta(days=1) if found["before"] else last
