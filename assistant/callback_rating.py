"""满意度识读: 1–5 from free words; the explicit degree of 满意 first, then praise and blame."""

import re

_DEGREES = (
    (
        1,
        re.compile(
            r"(非常|很|极(其|度)?|太|特别|十分|相当|超级?|完全)(的)?不(满意|满义|爽)|非常不满|极不满意|一点(都|也)不满意"
        ),
    ),
    (2, re.compile(r"不(太|怎么|大|是很|咋|够|算)?满(意|义)|满意(啥|什么|个|不起来)|哪里?满意|谈何满意")),
    (3, re.compile(r"基本(上)?满意|(勉强|还算|马马虎虎|凑合)满意")),
    (
        5,
        re.compile(
            r"(非常|特别|太|十分|超级?|相当|极其|百分百|完全|不要太)满意(?!啥)|满意满意|满意得(很|不得了)|满意极了|(满意|漫意)!{2,}"
        ),
    ),
    (4, re.compile(r"满意|漫意")),
)
_BLAME = (
    (
        1,
        re.compile(
            r"(很|太|真|好|最|极|极其|极度|非常|特别|相当)差(?!评|别|距|不多|不离|强人意|一?点)|差(得很|极了|死了|到家|到极点)|差劲|"
            r"糟糕|垃圾(?!桶|房|站|堆|车|箱|清|没|袋|分|满)|气(死|愤|炸)|(?<!\d)[01]分|[零一]分(?!钟)|一星|^差评|[^没有很]差评|太失望|(一肚子|满肚子)(火|气)|恶心|坑人|无语|(太|很|真|好)烂|烂(透|死)|负分|最低分|(非常|极其|十分)失望"
        ),
    ),
    (
        2,
        re.compile(
            r"失望|不(咋|怎么)(地|样|的|行)|(?<!\d)2分|[两二]分(?!钟)|很差评|(?<!说)不好$|不行|不可以|不太好|不够好|有待(改进|提高|加强)|差点意思|一般般?偏差"
        ),
    ),
)
_MIDDLE = re.compile(
    r"还(行|可以|好|过得去|凑合)|一般|凑合|马马虎虎|将就|(?<!\d)3分|三分(?!钟)|过得去|就那样|中规中矩|不好不坏|凑活|马虎|中等|说得过去|及格|还成|阔以|差强人意"
)
_PRAISE = (
    (
        5,
        re.compile(
            r"点(个)?赞|好评|(?<!\d)5分|五分(?!钟)|五(颗)?星|完美|(非常|特别|超级?|极其)(好|棒)|(?<!不)太(好|棒|赞)了?|满分|(?<!\d)100分|"
            r"巴适|大大的赞|(\[(大拇指|赞|强|鲜花|玫瑰)\]\s*){2,}|棒极了|好极了|一级棒|真棒|给力|没得说|无可挑剔|杠杠|优秀"
        ),
    ),
    (
        4,
        re.compile(
            r"不错|挺(好|不错|棒|中)|蛮(好|不错)|(?<!\d)4分|四分(?!钟)|很(好|不错|棒)|(?<!还)算好|^好(的|啊|呀)?$|真好"
        ),
    ),
)
_KIND = re.compile(r"客气|利索|热心|认真|负责任|周到|耐心|尽心|上心")
_WORSE = re.compile(r"(?<![误时温反落出])差(?!别|距|异|额|不多|不离|强人意|了?一?点|些|评)")
_NOTHING_BAD = re.compile(
    r"没(有|什么|啥|任何|人|觉得|感到|感觉|哪里|地方|一点)*(不满意?|不好|不行|不可以|差评|失望|糟糕)(的地方)?"
)
"""没有不满意: two negations, read as 满意."""
_NOT_SO_BAD = re.compile(
    r"(不|不是|不算|没|没有|谈不上|说不上)(很|太|那么|怎么|特别|非常)?(差劲?|糟糕|失望)(?!评|别|距)|"
    r"(不是|没有?)(很|太|那么|特别|非常)不(满意?|好|行)"
)
"""不算很差: neither good nor bad, so it is asked again."""
_NOT_UNHAPPY = re.compile(r"(不是|不能说|也?不算|说不上|谈不上)不(满意|好|行)")
"""不是不满意，就是慢: in the middle."""
_QUESTION = re.compile(r"满不满意|满意不满意|满意吗|满意度|分怎么打")


def read_rating(told: str, asked: str = "rating") -> int | None:
    """1–5, or None when it cannot be told; of `told` as `knowledge.text.normalize` gives it.

    What might be said of something else (差, 好, 可以) counts only in answer to the question how satisfied they are.
    """
    if re.fullmatch(r"(给|打)?[1-5]分?(吧|呗|哈)?", told):
        return int(re.sub(r"\D", "", told)) if asked == "rating" else None
    if stars := re.search(r"(?<!\d)([1-5一二两三四五])(颗)?星(?!期)", told):
        return {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}.get(stars[1]) or int(stars[1])
    told = _QUESTION.sub(" ", _NOTHING_BAD.sub("满意", told))
    if match := _NOT_UNHAPPY.search(told):
        rest = told[: match.start()] + told[match.end() :]
        return 1 if "非常不满" in rest else 3
    told = _NOT_SO_BAD.sub("", told)
    degrees = [rating for rating, words in _DEGREES if words.search(told)]
    if degrees:
        blamed = min(degrees) >= 4 and any(words.search(told) for _, words in _BLAME)
        return None if blamed else min(degrees[:1])
    direct = asked == "rating"
    if asked == "reason":  # the reason speaks of the work, not of how satisfied they are
        overall = re.search(r"(整体|总体|总的来说).{0,3}(还行|可以|不错|一般)|一般般|垃圾$", told)
        return None if overall is None else 1 if overall[0] == "垃圾" else 4 if "不错" in overall[0] else 3
    blame = next((rating for rating, words in _BLAME if words.search(told)), None)
    middle = bool(_MIDDLE.search(told)) or (direct and bool(re.search(r"(?<!不)可以", told)))
    if middle and blame is None:
        return 3
    praise = next((rating for rating, words in _PRAISE if words.search(told)), None)
    if praise is None and direct and re.search(r"人(很|挺|真|蛮|不错)(好|不错)?|" + _KIND.pattern, told):
        praise = None if re.search(r"不(太|怎么|够)?(" + _KIND.pattern + ")", told) else 4
    if blame is None and direct and _WORSE.search(told):
        blame = 2
    if blame is not None and (praise is not None or middle):
        return None
    return blame if blame is not None else praise
