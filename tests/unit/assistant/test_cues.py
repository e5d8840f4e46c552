"""线索: corrections, changes of topic and leanings, told by the wording."""

import pytest

from assistant.cues import cues_of


@pytest.mark.parametrize(
    ("text", "meant", "denied"),
    [
        ("不是，我说的是租房", "租房", ""),
        ("哎不是，我问的是身份证", "身份证", ""),
        ("我问的是二手房不是新房", "二手房", "新房"),
        ("搞混了，我要问的是正常买房申请贷款", "正常买房申请贷款", ""),
        ("不是公积金，是养老保险", "养老保险", "公积金"),
        ("不是盖房，就是屋里装修一下", "屋里装修一下", "盖房"),
        ("我说的是去台湾的，不是港澳", "去台湾", "港澳"),
        ("打错了，是失业金", "失业金", ""),
        ("我没说清楚，我说的是门诊慢特病", "门诊慢特病", ""),
        ("不对不对，我问的是装修", "装修", ""),
        ("我买的是新车，刚打错了", "我买的是新车", ""),
    ],
)
def test_a_correction_names_what_is_meant_and_what_is_not(text: str, meant: str, denied: str) -> None:
    cues = cues_of(text)
    assert (cues.corrects, cues.meant, cues.denied) == (True, meant, denied)


@pytest.mark.parametrize(
    "text",
    [
        "不是本地户口能提取吗",
        "不是首套房还能贷吗",
        "我没买房，就是租的房子",
        "我这车是前年买的，不是新国标",
        "那贷款呢",
    ],
)
def test_a_condition_is_no_correction(text: str) -> None:
    assert not cues_of(text).corrects


@pytest.mark.parametrize(
    ("text", "topic"),
    [("那贷款呢", "贷款"), ("港澳通行证呢", "港澳通行证"), ("租房的呢？", "租房"), ("那提前还款的呢", "提前还款")],
)
def test_a_switch_names_a_matter_alone(text: str, topic: str) -> None:
    cues = cues_of(text)
    assert cues.switches and cues.meant == topic


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("另外公积金余额在哪儿查", "公积金余额在哪儿查"),
        ("再问个别的，居民医保住院报几成", "居民医保住院报几成"),
        ("对了还有个事，外省的身份证能换吗", "外省的身份证能换吗"),
        ("换个话题，小孩医保到几号截止", "小孩医保到几号截止"),
    ],
)
def test_another_matter_is_announced(text: str, meant: str) -> None:
    cues = cues_of(text)
    assert cues.opens and cues.meant == meant


@pytest.mark.parametrize("text", ["那要带什么", "多久能下来", "需要本人去吗", "网上能弄不", "一个月最少交多少"])
def test_a_short_question_without_a_matter_leans(text: str) -> None:
    cues = cues_of(text)
    assert cues.leans and not cues.switches and not cues.opens


@pytest.mark.parametrize("text", ["我是外地户口", "我这是第三套了", "我只交了十一年"])
def test_a_circumstance_asks_nothing(text: str) -> None:
    assert cues_of(text).detail


def test_marks_alone_say_nothing() -> None:
    cues = cues_of("？？")
    assert not (cues.corrects or cues.switches or cues.opens or cues.detail)
