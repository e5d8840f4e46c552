"""回访回答识读: what one message says about the three questions, and whether the citizen wants something else.

Rules over clauses; what they cannot tell stays None and is asked again, because a wrong reading is worse than a question
(measured by benchmarks/callback.py).
"""

import re
from dataclasses import dataclass

from assistant.callback_matter import split_demand
from assistant.callback_rating import read_rating
from knowledge.text import normalize

_SPLIT = re.compile(r"[，。！？；,.!?;~…、\s]+|但是?|不过|可是|然而|只是|而且")
_BARE_YES = re.compile(r"(嗯+|恩|哦|是的?|有(的|过|啊|呀|呢|了)?|对(的|啊|呀)?|没错|行|好的?|y(es)?|ok|当然|必须的?)+")
_BARE_NO = re.compile(
    r"(还|都|并|根本|从来|压根|真|也)*(没有?|木有|冇|莫得|无|否|不是|未|没得|并没有?|n(o)?)(的|呢|啊|呀|哦|过|了|哈|吧|咯|哇)*"
)
_BARE_DONE = re.compile(
    r"(已经?|都|现在|基本|应该|算是?|差不多|终于|总算)*(可以|行|成|好使|妥|妥妥|搞掂|利索|齐活|完事|没事|没得问题|正常|解决|修好|弄好|办好)(了|啦|咯|的|哈|呀)*"
)
_CONTACT = re.compile(
    r"联系|连系|联糸|联络|打(过|了(?!折)|来|通)|电话|来电|找(过|了)?(我|俺|咱)|上门|来(过|了).{0,5}(人|师傅|个|趟|次)|"
    r"人(也|都)?来(过|了|看|得)|师傅(来|说|讲)|接到过|通知(过|了)?(我|俺)|(跟|和|同)(我|俺|咱).{0,3}(讲|说|谈|联系|沟通|对接)|"
    r"微信|短信|约(了|过)(我|俺)|打(个|过|声)?招呼|见(了|过)面|当面|沟通(过|了)|回(复|访)(了|过)(我|俺)|上来过|来过|"
    r"接(到|着)|收到.{0,4}(短信|消息|电话)|打给(我|俺)|^打的|(上午|下午|昨天|前天|早上|晚上|当天)打的|加了(我|俺)|^(人)?来了$"
)
_SILENCE = re.compile(
    r"(没|冇|无|杳无|毫无|全无).{0,2}(动静|音信|音讯|回音|消息|信儿|反应|回应)|石沉大海|音讯全无|人影都"
)
_NEVER = re.compile(r"没|冇|莫得|木有|未|无人|哪有|谁(.{0,3})(联系|打|找)|做梦|不曾|木得|啥时候|什么时候")
_NOBODY = re.compile(r"(没|冇|莫得|木有|无).{0,2}(人|谁)(来|管|理|问)|没见.{0,2}人|(人影|鬼影|影子).{0,3}(没|冇|无)")
_NOT_ONE = re.compile(r"(电话|短信|消息|联系|人影)(都|也)?(没|冇|莫得|木有|无)(?!下文|说|讲|用|结果|解决)")
_CALLED = re.compile(r"联系|连系|联络|电话|打过|来电|(找|通知)(过|了)(我|俺)|人来(过|了|看)")
"""In answer to what was not well, 没跟我说一声 says nothing of the contact."""
_SAID_BY = re.compile(r"(他们|师傅|物业|街道|社区|城管|工作人员|那边|单位|村里|人家).{0,2}(说|讲|答应)")
_TWICE_NO = re.compile(r"(不能说|不是说?|没有|并非|不算|也不是|谈不上)(没有?|未|不).{1,3}")
_TWICE_NO_CONTACT = re.compile(r"(不是|没有|并非)(没|不)(有)?(联系|打|来|接)")
_UNSURE_CONTACT = re.compile(
    r"好像|可能|也许|大概|似乎|应该(是|有)?(吧)?|不晓得|不知道|不清楚|不确定|不记得|记不|忘了|没注意|响了一"
)
_UNSURE = re.compile(
    r"不晓得|不知道|不清楚|不确定|没(去|回去|来得及|空|时间)(看|瞧|管|验|住)|没看(过|呢|到)?|才知道|再说|再看|看看再|没注意|没住|在外地|"
    r"看情况|说不好|说不准|不好说|过阵子|要问|得问|没试"
)
_DONE = re.compile(
    r"(解决|接决|处理|整改|搞定|修复|恢复|疏通|清理|整治|落实)(了|啦|咯|好|完了|干净|到位|得(很|挺|蛮|不错))|(搞|弄|摆|办|拿)(定|妥|成)(了|啦|咯)?|"
    r"(修|弄|办|搞|补|治|清|整|装|换|改|拆|搬|填|铺|焊|刷)(好|掉|走|通|妥|平|干净|完了|上)(?!不)|(亮|通|退|好|搬|拆|撤)(了|啦|咯)|"
    r"(到账|到手|拿到|退到|来水|来电|消停|挪走|运走|拉走|睡着|能用|正常)(了|啦)|没(啥|什么)?(毛病|问题)了|^ok了?|"
    r"(不再|没再|没有再)(臭|漏|吵|响|堵|发生|出现|犯|闹)|已(经)?(解决|修复|处理|清理|整改|恢复)(?!中)|"
    r"(不|没)(再)?(臭|漏|吵|响|堵|滴|晃|冒|积水|跳闸|有味)了|(味|音|声|事|水)(确实|也|都)?没了|都好|(事|活).{0,2}(办|干|做)了|没有?问题$|差不多解决"
)
_LIVES_ON = re.compile(
    r"(?<!有完)(没|没有|未|冇|莫得|木有|不曾)(有)?(给|人)?(我)?(完全|彻底|怎么|真正?|全|能|把.{1,5})?(解决|解绝|接决|弄|修|办|处理|搞|动|完(?!没)|好|到账|退|清|"
    r"干|做|通|亮|见效|来人|人来|下文|消息|改|变|谈拢|管|赔|整|落实|结果|恢复|换|装|拆)|(解决|修|办|弄|搞|处理|治)不(了|好|成|掉)|"
    r"又(坏|堵|漏|黑|烂|吵|响|臭|停|掉|摆|开始|不|来|犯|反弹|是|塌|裂|断|回|冒|积|出|脏|满|乱|那)|"
    r"还(在|没|有|漏|堵|吵|臭|那样|大|得等|差|不(?!错)|是(?!.{0,4}(满意|挺|不错|很好|可以|行|解决了)))|老样子|一点(都|也)?(没|不)|照(样|旧)|依(然|旧)|仍|"
    r"一半|只(修|刷|管|弄|清|处理|做|补|解决|给|换)|半边|要等|得等|走流程|协调|在(弄|修|办|走|整)|下(周|个?月|个?礼拜|个?星期).{0,4}(来|动|弄|修|开|过)|"
    r"(归|推给|找)别的|跟(以前|原来|之前|没报).{0,2}(一样|样)|没(啥|什么|任何|个)?(用$|效果|动静|进展|改善|下文)|放鸽子|反弹|复发|白(等|跑|修|弄)|"
    r"不(灵|亮|热|通)(?!了.{0,2}现在)|啥(也|都)没|什么(也|都)没|没.{0,2}(干净|彻底|到位|成功)|拖着|"
    r"没(有)?(人(管|理|问)|反应|后续|动静|音信)|石沉大海|不了了之|原样|扯皮|一个(鬼)?样|老毛病|等(通知|消息)"
)
_AT_LAST = re.compile(r"现在|终于|后来|最后|今天|昨天|这次|总算|确实|倒")
_IRONY = re.compile(r"呵呵|\[微笑|佩服|做梦|真(行|能|会)(啊|哦|呀)|你(觉得|猜)|送你们|谢谢.{0,4}八辈")
_SAID_DONE = re.compile(r"(说|讲|声称|告诉我|写着?|显示)(是|都|已|已经)?.{0,4}(好|解决|完|处理|办结)")
_PERSON = (
    r"(个|一?位|一个|你们|你|那个|会讲.{0,5}的|坐班的|办事的|能管事的|真|活)*"
    r"(人|领导|主任|负责人|工作人员|同志|姑娘|小姑娘|接线员|话务员|经理|科长|局长|客服|师傅)"
)
_HANDOVER = re.compile(
    r"(转|接|要|找|换|叫|喊)(个|一个|到)?人工|人工(客服|服务|坐席|电话|台)|^人工|真人|活人|换(个)?人|"
    rf"(?<!没)(?<!没有)(?<!未)(找|叫|让|派|喊|安排|约|请|麻烦|要|给我接){_PERSON}.{{0,8}}"
    r"(来|打|说|讲|听|回|谈|通话|联系|跟|和|找我|聊|$)|"
    rf"(我)?要(和|跟|找|同){_PERSON}.{{0,2}}(讲|说|谈|聊|反映|$)|(你们|派人|让.{{0,6}}|麻烦.{{0,8}}|能不能|可以)(给我)?(回|打|来)(个|一个)?电话(?!了|过|的)|"
    r"让.{0,10}打(给我|一个|过来)|你们打电话来|机器.{0,6}(听不懂|不懂|不会)|(不跟|别整|不想跟|不要)(机器|自动)|语音跟人|跟人(讲|说|聊)|当面(反映|说|讲|谈)(?!了)|"
    r"打我(的)?(电话|手机)|(转|接|找)(个)?(客服|话务|接线|坐席)|(有没有|来个)(真|活)?人|"
    r"(^|[，。,!！ ])(请|麻烦|直接|你们|快|要)*(给|跟)我(打|回)(个|一个)?电话(吧|呗|行吗|好吗)?$"
)
_REFUSES = re.compile(
    r"(别|不要|勿|甭|莫|少)(再|来|给我|跟我|老)*(打|问|发|烦|来|回访|扰|联系|骚扰)(?!.{0,3}人)|不想(再)?(回答|说|评|理|聊|答|填|谈)|"
    r"不(愿意?|肯|方便)?(参加|接受|参与|配合)|拒(绝|访|评|答)|懒得(?!打字)|骚扰|拉黑|不(回?答|评(了|价)|填|理|说了|谈了)(?!复)|别(发|再)|退订|不(用|需要|必)(再)?(回访|评价)|^免了|没兴趣|不想(理|搭理|多说)|别找我|拒接|不方便(回答|评价)|(?<!打)没(空|兴趣|工夫).{0,3}(别|不|理|回答|搭理)"
)
_NOT_NOW = re.compile(r"别(再)?(来|发|打|问)(?=.{0,4}(推|踢))")


@dataclass(frozen=True, slots=True)
class Reading:
    """识读: None = not said, or not clearly."""

    contacted: bool | None = None
    resolved: bool | None = None
    rating: int | None = None
    new_demand: str = ""
    """Another matter than the closed one, in the citizen's words."""
    handover: bool = False
    refuses: bool = False


def read(asked: str, text: str) -> Reading:
    """What the text says in answer to the question `asked`: contacted | resolved | rating | reason."""
    told = normalize(text)
    told, demand = split_demand(told)
    contacted = _contacted(asked, told)
    resolved = _resolved(asked, told)
    rating = read_rating(told, asked)
    if _IRONY.search(told):
        rating = rating if rating in (1, 2) else None
        contacted = None if contacted and not _CONTACT.search(told) else contacted
        resolved = False if resolved is False else None
    if resolved is False and rating is not None and rating >= 4:
        rating = None  # it says both: ask
    handover = bool(_HANDOVER.search(told))
    refuses = not handover and bool(_REFUSES.search(_NOT_NOW.sub("", told)))
    return Reading(contacted, resolved, rating, demand, handover, refuses)


def _contacted(asked: str, told: str) -> bool | None:
    if _TWICE_NO_CONTACT.search(told):
        return True
    if _UNSURE_CONTACT.search(told):
        return None
    clauses = [clause for clause in _clauses(told) if not (_HANDOVER.search(clause) or _REFUSES.search(clause))]
    found: list[bool] = []
    for clause in clauses:
        if asked == "contacted" and (bare := _bare(clause)) is not None:
            found.append(bare)
        elif match := (_CALLED if asked == "reason" else _CONTACT).search(clause):
            found.append(not (_NEVER.search(clause[: match.end()]) or _NOT_ONE.search(clause)))
        elif asked == "contacted" and (_NOBODY.search(clause) or _SILENCE.search(clause)):
            found.append(False)
        elif asked == "contacted" and _SAID_BY.search(clause):
            found.append(True)
    # 没有，就打过一次电话: the one and the other, so it is asked again.
    return found[0] if found and all(one == found[0] for one in found) else None


def _resolved(asked: str, told: str) -> bool | None:
    if _UNSURE.search(told):
        return None
    if re.search(r"(其他|其它|其余|别的|剩下).{0,2}(都|全|也)", told):
        return None
    plain = re.sub(r"(肯定|会|怕|恐怕|早晚|迟早)又", " ", _TWICE_NO.sub(" ", told))
    clauses = _clauses(plain)
    if asked == "resolved" and clauses:
        bare = _bare(clauses[0])
        if bare is not None and len(clauses) == 1:
            return bare if plain == told else None
        if bare is False:
            return None if any(_DONE.search(clause) for clause in clauses[1:]) else False
    if asked != "resolved" and any(_bare(clause) is not None for clause in clauses):
        plain = "，".join(clause for clause in clauses if _bare(clause) is None)  # yes or no to another question
    if asked == "resolved" and len(clauses) == 1 and _BARE_DONE.fullmatch(clauses[0]):
        return True
    done, lives_on = _last(_DONE, _LIVES_ON, plain), _last(_LIVES_ON, None, plain)
    if asked in ("resolved", "reason") and lives_on < 0 and _NOBODY.search(plain):
        return False
    if lives_on >= 0:
        if done > lives_on and not _SAID_DONE.search(plain):
            return True if _AT_LAST.search(plain[lives_on:]) else None
        return False
    return True if done >= 0 and not _SAID_DONE.search(plain) and not plain.endswith(("吗", "么")) else None


def _last(pattern: re.Pattern[str], but: re.Pattern[str] | None, told: str) -> int:
    """Where the pattern last begins; those within a match of `but` do not count. -1 when nowhere."""
    taken = [match.span() for match in but.finditer(told)] if but else []
    places = [
        match.start()
        for match in pattern.finditer(told)
        if not any(begin < match.end() and match.start() < end for begin, end in taken)
    ]
    return places[-1] if places else -1


def _bare(clause: str) -> bool | None:
    """Of a clause that is nothing but yes or no."""
    if _BARE_NO.fullmatch(clause):
        return False
    return True if _BARE_YES.fullmatch(clause) else None


def _clauses(told: str) -> list[str]:
    return [part for part in _SPLIT.split(told) if part]
