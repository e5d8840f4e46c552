"""安全: emergencies and matters 12345 does not accept, recognised before anything else and shown the right door."""

import re
from dataclasses import dataclass

from assistant.classifier import SHIPPED, LinearClassifier
from knowledge.encoder import Encoder
from knowledge.text import normalize


@dataclass(frozen=True, slots=True)
class Door:
    """去处: what to tell, where `pattern` matches and `unless` does not."""

    name: str
    pattern: re.Pattern[str]
    message: str
    unless: re.Pattern[str] | None = None

    def matches(self, told: str) -> bool:
        """Whether the words (normalised, without spaces) are those of this door."""
        return bool(self.pattern.search(told)) and not (self.unless and self.unless.search(told))


def _door(name: str, pattern: str, message: str, unless: str = "") -> Door:
    return Door(name, re.compile(pattern), message, re.compile(unless) if unless else None)


_NOT_NOW = (
    r"怎么(办证|申请|办理|报名|预防|报销)|培训|演练|讲座|灭火器|消防(证|栓|通道|验收|设施|演习|车道)|烟花|过期|报装|报销|"
    r"如果.*(以后|将来)|去年|前年|上个月|上周|前几天|已经(扑灭|处理|出院)|小说|电影|作文|游戏"
)

EMERGENCIES = (
    _door(
        "self_harm",
        r"不想活|活不下去|活着没(意思|意义|劲)|想死(?!你|我了你)|自杀|轻生|寻短见|结束(自己的?|我的?)(生命|一切)|跳(楼|河|江|桥|湖)|"
        r"割腕|上吊|喝(了)?(农药|百草枯|敌敌畏)|吞(了)?(安眠药|一瓶药|药)|想(一了百了|解脱)|(死了|走了)(算了|一了百了|大家都轻松)|"
        r"不如死了|没有我.{0,6}(更好|轻松)|遗书|(站|坐)在(楼顶|天台|桥栏|桥边).{0,12}(跳|不想|下去)",
        "您现在的安全最重要，请先不要一个人待着。如果您或身边的人正有危险，请立即拨打 110 或 120；"
        "想找人说说话，可以随时拨打全国统一心理援助热线 12356，会有专业人员倾听和帮助您。",
        r"小说|电影|电视剧|跳楼(价|机|大甩卖|甩卖|促销)|蹦极|自杀式(促销|降价)|跳河游泳比赛|笑(死|得想死)",
    ),
    _door(
        "fire",
        r"着火|起火|失火|火灾了|发生火灾|烧起来|冒(出)?(浓烟|黑烟|大烟|好多烟)|火(势|苗).{0,8}(大|窜|蔓延)|"
        r"(有|闻到|飘来).{0,4}(烧焦味).{0,10}(冒烟|起火)|爆炸了|正在(烧|燃烧)|困在(火|楼|屋).{0,6}(火|烟)",
        "请立即撤离到安全的地方并拨打火警电话 119，说清地址和火势；有人受伤同时拨打 120。不要乘坐电梯，不要返回取物品。",
        _NOT_NOW
        + r"|着火点|火锅|生意火|烧烤|(烟囱|工厂|厂里|锅炉|车间|排气管).{0,14}冒.{0,2}烟|冒黑烟的?(车|货车|渣土车|公交)",
    ),
    _door(
        "gas",
        r"(燃气|煤气|天然气|液化气|煤气罐|管道气).{0,10}(泄漏|泄露|漏气|漏了|在漏|嗤嗤|喷)|(漏|泄漏|泄露).{0,4}(燃气|煤气|天然气)|"
        r"(闻到|闻见|有|一股|好大|很重|很浓|全是|都是).{0,6}(燃气|煤气|天然气|瓦斯).{0,3}(味|气味)|煤气中毒|一氧化碳中毒",
        "可能是燃气泄漏：请不要开关电器、不要点火，马上关阀、开窗、撤到室外，再拨打 119 和燃气抢修电话；有人头晕昏迷请拨打 120。",
        _NOT_NOW + r"|漏气检测|安检(什么时候|收费)|报警器|担心以后",
    ),
    _door(
        "crime",
        r"(正在|现在|刚刚|刚才|又在).{0,10}(打人|打我|砍|捅|持刀|拿刀|抢劫|抢(我|了我)|绑架|入室|撬(门|锁)|砸门|性侵|强奸|猥亵|偷|家暴)|"
        r"救命|拿(着)?(刀|斧|砍刀|菜刀).{0,10}(人|我|追|闹|砍)|持刀|被(绑架|劫持|抢劫|强奸|捅|砍|软禁|非法拘禁|关在.{0,8}(不让|出不))|"
        r"要(杀|砍|弄死|打死)(了)?(我|人|他|她|我们)|杀人(了)?|砍人|有人(闯进|撬|翻窗|尾随|跟踪)|(孩子|小孩|娃|女儿|儿子|孙子|孙女).{0,8}(不见了|走丢|丢了|被抱走|被拐)|"
        r"(老公|丈夫|男朋友|前夫|老婆|爸爸|我爸|我妈|他|邻居|包工头|一伙人|几个人).{0,12}(在打我|往死里打|掐我|打我.{0,6}(流血|满脸|头破))|"
        r"打起来了|打群架|聚众斗殴|被(人)?打(了|得|伤).{0,14}(还|现在|流血|不让|正|跑|出血|头|满)|(炸弹|爆炸物|开枪|枪声)",
        "请先保护好自己，立即拨打 110 报警，说清位置和情况；不便说话可以发送短信 12110。有人受伤请同时拨打 120。",
        r"小说|电影|游戏|电视剧|(广告|短信|骗).{0,4}救命|(救命|杀人)(恩|钱|稻草|的(房价|价格|热|学费))|热死|去年|前年|几年前|"
        r"怎么(申请|办理|查|预防)|案(件|子).{0,8}(进展|多久|立案)|偷(税|排|倒|工|逃|漏|拍|懒|换|卖|采)|疫苗|价格",
    ),
    _door(
        "traffic",
        r"(车祸|交通事故|撞(车|人|倒|了人|到人|飞)|被.{0,8}车.{0,3}撞|追尾|翻车|连环撞).{0,30}(受伤|伤|流血|出血|动不了|昏|躺|腿|死|救|压|卡|困|不能动|刚刚|刚才|现在|起不来|疼)|"
        r"(刚刚|刚才|现在|正).{0,12}(车祸|撞(车|人|倒|了)|翻车|追尾)|(受伤|流血|躺).{0,16}(车祸|车撞|撞)",
        "请先撤到安全地带并开启双闪、放置警示牌，立即拨打 122（或 110）报警；有人受伤请马上拨打 120，不要随意移动伤者。",
        r"去年|前年|上个月|上周|理赔|保险|认定书|赔偿|车损险|年检|伤残鉴定|报销|怎么(处理|定责|认定).{0,6}(以前|之前)",
    ),
    _door(
        "medical",
        r"(昏|晕)(倒|过去|迷)(?!.{0,6}(以前|病史))|没(有)?(了)?(呼吸|心跳)|喘不(过|上)(来)?气|呼吸困难|口吐白沫|抽搐|大出血|血(流|止)不(止|住)|心(脏病|梗).{0,6}(发作|犯了|快)|"
        r"胸口.{0,6}(剧痛|压|疼得|痛得)|(要|快)(生了|临产)|羊水(破|已)|突然(不省人事|倒地|不会说话|半边)|触电(?!保护|器)|溺水|落水|掉(进|到)(河|水|井|湖|塘|江)|"
        r"误(喝|食|服).{0,10}(农药|药|清洁|消毒|洁厕|电池|老鼠药)|(中风|脑梗).{0,6}(了|发作)|被(蛇|毒蛇)咬|卡住(喉咙|气管)|噎(住|着)了",
        "请立即拨打急救电话 120，说清地点、病情和联系电话，在救护车到来前听从调度员指导，不要随意移动病人。",
        _NOT_NOW
        + r"|昏(了头|头)|电梯.{0,6}(经常|老是|总)|防溺水|被吓得|笑(得|到)|病史|气得.{0,4}(晕|昏)|热(得|晕)|触电隐患|学费|物价|房价",
    ),
)

REFUSALS = (
    _door(
        "litigation",
        r"(法院|法官|一审|二审|再审|判决|裁定|开庭|执行局|强制执行|上诉|起诉状?|打官司|诉讼).{0,30}(不公|不服|判错|改判|立案|不执行|拖着|没执行|干预|帮我|管一?管|过问|撤|能不能|怎么|投诉|催|推翻|协调|材料|打招呼|久)|"
        r"(不服|推翻|改判|撤销).{0,8}(判决|裁定|一审|二审)|(劳动|商事)?仲裁(委|庭|裁决|结果|员).{0,20}(不服|不公|改|推翻|偏|帮|撤|管|投诉|催)|(不服|推翻|撤销).{0,6}仲裁",
        "诉讼、仲裁事项须由人民法院或仲裁机构依法处理，12345 热线不予受理。您可以拨打人民法院诉讼服务热线 12368 咨询，"
        "需要法律帮助可以拨打公共法律服务热线 12348。",
        r"公积金.{0,16}(强制执行|法院)|离婚|丧失|继承|查封|(提取|贷款).{0,10}(判决|法院|裁定)",
    ),
    _door(
        "discipline",
        r"(举报|反映|检举|揭发|告).{0,24}(贪污|受贿|行贿|索贿|收(了)?(钱|红包|好处|礼|回扣)|腐败|以权谋私|公款|违纪|作风问题|包养|权钱|吃拿卡要|买官|挪用)|"
        r"(局长|书记|镇长|乡长|科长|处长|主任|村支书|干部|领导|公务员|民警|法官).{0,20}(贪污|受贿|索贿|收(了)?(我.{0,4})?(钱|红包|好处费|礼|回扣|购物卡)|腐败|以权谋私|公款(吃喝|旅游)|包养|权钱交易|吃回扣)|(纪委|监委|巡视组|纪检)",
        "涉及党员干部和公职人员违纪、职务违法的问题，由纪检监察机关受理，12345 热线不予受理。"
        "请拨打纪检监察举报电话 12388，或登录 12388 举报网站。",
    ),
    _door(
        "review",
        r"行政复议|(不服|撤销).{0,12}(处罚决定|行政处罚|罚款决定|许可决定|征收决定).{0,20}(复议|撤销|改)|复议(申请|决定|机关|局)",
        "行政复议事项由行政复议机关依法办理，12345 热线不予受理。您可以自知道该行政行为之日起六十日内向有管辖权的行政复议机关提出申请，"
        "具体可以拨打公共法律服务热线 12348 咨询。",
    ),
    _door(
        "petition",
        r"信访|上访|(国家|省|市|区|县)信访局|访民|信访件|复查复核",
        "已经进入信访程序的事项，请向受理该事项的信访机构查询或提出复查复核，12345 热线不重复受理。您可以通过国家信访局网上信访平台查询办理进度。",
    ),
    _door(
        "disclosure",
        r"(政府)?信息公开(申请)?|依申请公开|申请公开.{0,20}(文件|信息|批文|合同|预算|规划|记录|明细|材料)|公开.{0,12}(会议纪要|财政明细|内部文件)",
        "政府信息公开申请请向掌握该信息的行政机关的政府信息公开工作机构提出，12345 热线不予受理。申请方式可以在该机关网站的“政府信息公开指南”中查看。",
    ),
    _door(
        "secrets",
        r"国家秘密|国家机密|机密文件|绝密|涉密|泄密|间谍|境外.{0,10}(刺探|收买|情报)|军事(禁区|基地|部署|秘密)|部队.{0,10}(部署|番号|驻地|调动)|(导弹|军舰|战机).{0,10}(位置|部署|参数|在哪)",
        "涉及国家秘密和国家安全的内容请不要在这里讲述或发送，12345 热线不予受理。发现危害国家安全的线索，请拨打国家安全机关举报电话 12339。",
    ),
)


ABUSE = _door(
    "abuse",
    r"(?!)",
    "我理解您现在很着急。请把遇到的事情告诉我，我会尽力帮您；也可以登记诉求，由工作人员为您办理。",
)
_SAID_SO = re.compile(
    r"(那|先|就|这个|这题|我)*(跳过|略过)(吧|了|它|这个|这题|这项|这一项|这一题)?|"
    r"(真的?|真是|简直|快|都|要|天天|我|把我|可)*(气|累|烦|吵|热|冻|急|忙|困|饿|愁|恨)死(我|人|个人)?(了|啦|咯)?"
)
"""Whole messages that are a way of speaking, or the hotline's own word for going on; alone they have no door."""
_URGENT = frozenset(door.name for door in EMERGENCIES)
OVERRULED = 0.95
"""Share of "none" from which on the classifier overrules even an emergency's words."""
CERTAIN = 0.6
"""Share of "none" from which on the classifier overrules a refusal's words (not an emergency's)."""


@dataclass(frozen=True, slots=True)
class Guard:
    """守门: words first, then a classifier for what is said without the words."""

    classifier: LinearClassifier

    @classmethod
    def load(cls, encoder: Encoder) -> "Guard":
        """The shipped one. Raises: Unavailable."""
        return cls(LinearClassifier.load(encoder, SHIPPED / "doors.json"))

    def door(self, text: str) -> Door | None:
        """The door to show, None for an ordinary text. `is_emergency` tells the two sorts apart."""
        told = normalize(text).replace(" ", "")
        if _SAID_SO.fullmatch(told.strip("，。,.!！~…？?")):
            return None
        shares = self.classifier.probabilities(text)
        ordinary = shares.get("none", 0.0)
        for doors, group, overruled in ((EMERGENCIES, "emergency", OVERRULED), (REFUSALS, "refusal", CERTAIN)):
            worded = next((door for door in doors if door.matches(told)), None)
            if worded is not None and ordinary < overruled:
                return worded
            if self._group_share(shares, doors) >= self.classifier.thresholds[group]:
                return max(doors, key=lambda door: shares.get(door.name, 0.0))
        return ABUSE if shares.get(ABUSE.name, 0.0) >= self.classifier.thresholds["abuse"] else None

    def small_talk(self, text: str) -> bool:
        """Whether the text is small talk, by the classifier."""
        return self.classifier.probabilities(text).get("smalltalk", 0.0) >= self.classifier.thresholds["smalltalk"]

    @staticmethod
    def _group_share(shares: dict[str, float], doors: tuple[Door, ...]) -> float:
        return sum(shares.get(door.name, 0.0) for door in doors)


def is_emergency(door: Door) -> bool:
    """Whether the door is one of life and safety."""
    return door.name in _URGENT
