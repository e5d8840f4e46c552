"""答复规则: what can be looked up in a reply: people's data, and documents that no longer hold."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from casework.quality.repealed_laws import REPEALED

MAX_CHARS = 6000
"""Characters that are looked at."""


@dataclass(frozen=True, slots=True)
class Spotted:
    """发现: a rule and the passage (an exact substring) that breaks it."""

    rule: str
    passage: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Expired:
    """失效依据 of the city's own knowledge base: from when it no longer holds, and what replaced it ("" = nothing)."""

    since: date
    successor: str = ""


_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])\d{6}(?:19|20)\d{9}[\dXx](?![0-9A-Za-z])|身份证(?:号码?|号)?(?:尾号|末[四4]位)\D{0,3}\d{4}"
)
_MOBILE = re.compile(
    r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|1[3-9]\d开头尾号\d{4}|尾号\d{4}(?:的)?(?:手机|用户|号码)"
)
_WECHAT = re.compile(r"微信(?:号|同号)?\D{0,4}[A-Za-z][\w-]{5,}")
_OFFICE = re.compile(
    r"(?:科|办|股|大队|中队|支队|窗口|值班|服务|咨询|监督|投诉|举报|社区|所|站|局|中心|街道|客服|热线|维修|抢修|公司|物业|公开|派出所|网格员|工作人员|客户经理|经办)[^，。；]{0,6}(?:电话|手机|微信|热线)"
)
"""A telephone is an office's where the words before it say so."""
_SURNAME = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒"
    "屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左"
    "石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符"
    "刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀"
    "郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚"
    "那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公佟岳庹鄢粟蹇"
)
_NO_GIVEN = (
    "的了不在是有为和与及应须可将把到从其该此因于会同等家局所区街道路社镇村市县们向均已未要则又都还就但或若如被由以对经按据门号楼层元单部署"
    "登记务关管满意全工作者方员户主人本您我他她位处时间日月年前后内外上下中一二三四五六七八九十两每各多少个名次场种类所说称表示反映核实查系"
    "水电气费款金额价钱元公司车辆房屋环境卫执法队站院校园店铺厂商品货质量服维修施理办受提供求助投诉举报答复通知联约见谈看望找来去进出过没"
)
_GIVEN = rf"[^\W\da-zA-Z_{_NO_GIVEN}]"
_NAME = rf"(?:[{_SURNAME}]{_GIVEN}{{1,2}}|[{_SURNAME}]某[{_SURNAME}某]?)"
"""A surname and one or two characters that names are made of; what stands around it must bear it out."""
_ROLE = (
    r"(?:经营者|经营人|业主|房东|当事人|车主|狗主|饲养人|作坊主|店主|摊主|居民|住户|村民|职工|护工|领队|教师|学员|纳税人|会计|邻居|女儿|儿子|"
    r"侄子|侄女|爱人|妻子|丈夫|监护人|收件人|收货人|付款人|代表|老人|患者|学生|乘客|司机|驾驶员|老师|男子|女子|被举报人|上锁人|登记人|责任人|"
    r"户主|租户|租客|承租人|承包人|养殖户|肇事人|涉事人|带头人|当事方|负责人|工人|员工|家属|母亲|父亲|儿媳|孙子|亲属|买家|卖家|信息)"
)
_HOME = (
    r"(?:\d+(?:号楼|栋|幢|座)(?:[东西南北中]|\d+)?(?:单元|门)?\d{2,4}|\d+(?:号楼|栋|幢)\d+(?:单元|门)|\d单元\d{2,4}|\d{3,4}(?:室|户)|号院\d+门\d*|"
    r"住(?:址|在|于)?[^，。；]{0,14}(?:\d+(?:号|栋|幢|楼)|小区|新村|花园|家园|公馆|雅苑|雅居|社区))"
)
_HOUSED = re.compile(
    rf"{_NAME}(?:女士|先生|等[^，。；]{{1,3}}户)?[（(，、：:\s][^。；]{{0,24}}?{_HOME}|{_HOME}(?:室|号|户)?(?:住户|业主|居民|的|租户|房客)*(?:职工|退休职工|老人)?{_NAME}"
)
_LIVING = re.compile(
    rf"(?:{_ROLE}|系|为|是|由|叫)(?:[^，。；]{{0,4}}[：:（(，])?{_NAME}[^。；]{{0,24}}?{_HOME}|{_HOME}[^。；]{{0,6}}{_ROLE}{_NAME}"
)
_BORN = re.compile(
    rf"{_NAME}[（(，、][^。；]{{0,10}}(?:19|20)\d\d年(?:\d+月)?(?:出)?生|{_NAME}[（(]\d\d岁|年级\d*班?\s*{_NAME}[）)，]"
)
_YOURS = re.compile(
    r"(?<!提供)(?<!携带)(?<!持)您的?(?:本?人?的?)(?:姓名|身份证|住址|手机号|电话|车牌|实名|来电内容|联系方式)[^。；]{0,50}"
    r"(?:发给|告知|转告|提供给|交由|交给|留存|查阅|核对|公开|告诉|透露|转至|转发|抄送)"
)
_INFORMER = r"(?:举报人|投诉人|投诉者|举报者|来电人|反映人|诉求人|来信人|线索)"
_REPORTER = re.compile(
    rf"{_INFORMER}(?:系|为|是|[：:，（(]|的?姓名[为是：:])?[^。；，]{{0,12}}?{_NAME}(?:女士|先生|同志)?(?=[，。；、（()）的可于在提系已以，,及]|$)|"
    rf"{_INFORMER}(?:与[^，。；]{{1,8}})?(?:系|为|的是|是)(?!贵|您)[^，。；]{{0,20}}(?:楼|室|栋|姑|叔|侄|亲|员工|职工|邻居|同事|业主|家长|保洁|会计|老师|大姐|大爷|女士|先生)|"
    rf"(?:线索|投诉|举报|来电|反映)[^。；]{{0,6}}(?:系|由|是)[^。；]{{2,26}}(?:提供|反映|来电|举报|投诉|拨打)|"
    r"(?:告知|转告|透露|说明|知悉|告诉)[^。；]{0,16}(?:系|是|为)(?:您|贵)[^。；]{0,26}|"
    rf"系[^，。；]{{0,12}}{_NAME}(?:来电|反映|举报|投诉)"
)
_TITLE = re.compile(r"《([^》]{2,40})》")
_BARE = re.compile("|".join(sorted((re.escape(one) for one in REPEALED if len(one) >= 4), key=len, reverse=True)))
_AS_FORMER = re.compile(
    r"已?(?:被|由|于)[^。；]{0,22}(?:取代|代替|废止|替代|失效|吸收|废除)|废止|失效|不再(?:适用|有效|施行)|原《|旧《|以前的《|当时(?:的|有效|施行)|取代|此前的《|修订前|不再作为|已并入|现为"
)


def personal_data(text: str, names: Iterable[str] = ()) -> list[Spotted]:
    """The sentence that tells most of a private person: an identity number, a mobile phone, a name with a home or a phone, who
    reported. `names` are those of the order's requester. An office's telephone, a surname with a title are none."""
    known = [name for name in names if len(name) >= 2]
    best: tuple[int, str, str] | None = None
    for match in _SENTENCE.finditer(text[:MAX_CHARS]):
        sentence = match[0].strip()
        weight, what = _private(sentence, known)
        if weight and (best is None or weight > best[0]):
            best = (weight, sentence, what)
    if best is None:
        return []
    return [Spotted("personal_data", best[1], f"这句话写出了{best[2]}，答复里应删除或隐去。")]


def _private(sentence: str, known: list[str]) -> tuple[int, str]:
    """How much the sentence tells of a person (0 = nothing), and what."""
    if _IDENTITY.search(sentence):
        return 5, "身份证号"
    mobile = _MOBILE.search(sentence) or _WECHAT.search(sentence)
    if mobile and not _OFFICE.search(sentence[max(0, mobile.start() - 14) : mobile.start()] + "电话"):
        return 4, "个人的电话"
    if _YOURS.search(sentence) or _REPORTER.search(sentence):
        return 4, "诉求人的身份"
    if any(name in sentence for name in known):
        return 4, "诉求人的姓名"
    if _HOUSED.search(sentence) or _LIVING.search(sentence) or _BORN.search(sentence):
        return 3, "个人的姓名和住址"
    return 0, ""


def expired_policy(text: str, day: date, own: Mapping[str, Expired] | None = None) -> list[Spotted]:
    """The first document that is cited as if in force although it had ceased to hold before `day`."""
    for match in _SENTENCE.finditer(text[:MAX_CHARS]):
        sentence = match[0].strip()
        if _AS_FORMER.search(sentence):
            continue
        for title in _cited(sentence):
            since, successor = _end_of(title, own or {})
            if since is not None and since <= day:
                instead = f"，现行规定为《{successor}》" if successor else ""
                told = f"《{title}》自{since:%Y年%m月%d日}起失效{instead}。"
                return [Spotted("expired_policy", sentence, told)]
    return []


def titles_in(text: str) -> set[str]:
    """The documents a text cites in 《》, as they are written."""
    return set(_TITLE.findall(text[:MAX_CHARS]))


def _cited(sentence: str) -> list[str]:
    """Titles in 《》, and the repealed ones that are named without."""
    return [*_TITLE.findall(sentence), *_BARE.findall(_TITLE.sub("", sentence))]


def _end_of(title: str, own: Mapping[str, Expired]) -> tuple[date | None, str]:
    plain = plain_title(title)
    if plain in own:
        return own[plain].since, own[plain].successor
    return REPEALED.get(plain, (None, ""))


def plain_title(title: str) -> str:
    """A title as it is compared: without 《》, the nation's name, what stands in brackets, spaces."""
    told = re.sub(r"[《》\s]", "", title)
    told = re.sub(r"[（(〔\[][^）)〕\]]*[）)〕\]]", "", told)
    return told.removeprefix("中华人民共和国")
