"""纠错."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.colloquial import plain_wording
from knowledge.spelling import SpellingCorrector, vocabulary_of
from knowledge.text import normalize

VOCABULARY = {
    **{"公积金": 500, "贷款": 200, "提取": 150, "材料": 120, "身份证": 80, "居住证": 60, "养老保险": 60, "社保卡": 40},
    **{
        "工伤认定": 20,
        "仲裁": 40,
        "启封": 20,
        "封存": 30,
        "驾驶证": 50,
        "租赁合同": 20,
        "投诉": 40,
        "护照": 60,
        "备案": 40,
    },
    **{"退休": 90, "利率": 30, "户口": 90, "余额": 40, "账户": 60, "银行": 60, "申请": 90, "异地就医": 30, "条件": 60},
}


@pytest.fixture(scope="module")
def corrector() -> SpellingCorrector:
    return SpellingCorrector(VOCABULARY)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("公鸡金怎么查", "公积金怎么查"),  # a word inside
        ("住房公基金的余额", "住房公积金的余额"),
        ("现在申请贷宽能过不", "现在申请贷款能过不"),
        ("老板不给钱去哪投素", "老板不给钱去哪投诉"),
        ("劳动种裁要钱吗", "劳动仲裁要钱吗"),  # zh and z
        ("去报工商认定要哪些东西", "去报工伤认定要哪些东西"),  # ang and an are told apart by the rest
        ("调件是什么", "条件是什么"),  # a second reading of what was typed
        ("因行怎么说", "银行怎么说"),  # a second reading of what was meant
        ("退休休要多大", "退休要多大"),
        ("异就医怎么办", "异地就医怎么办"),
        ("没有签过租凭合同", "没有签过租赁合同"),
        ("gjj怎么取", "公积金怎么取"),
        ("GJJ dk要什么材料", "公积金 贷款要什么材料"),
        ("jzz丢了", "居住证丢了"),
        ("gongjijin怎么取", "公积金怎么取"),
        ("身份證怎麼辦", "身份证怎么办"),
    ],
)
def test_a_slip_is_read_as_it_was_meant(corrector: SpellingCorrector, typed: str, meant: str) -> None:
    readings = corrector.readings(typed)
    assert readings[0] == typed
    assert meant in (*readings[1:], normalize(typed))


@pytest.mark.parametrize(
    "text",
    [
        "公积金怎么取",
        "工商登记在哪里办",  # a common word that sounds like 工伤
        "带宽不够怎么办",
        "公积金交了四个月",
        "我查查月月扣的钱",
        "著作权登记",
        "我的app打不开，wifi也没有",
        "sb",
        "a.b@gjj.cn",
        "材料",
        "？！",
        "",
    ],
)
def test_what_is_written_rightly_has_one_reading(corrector: SpellingCorrector, text: str) -> None:
    assert corrector.readings(text) == (text,)


def test_words_of_the_vocabulary_stand(corrector: SpellingCorrector) -> None:
    assert all(corrector.readings(term) == (term,) for term in VOCABULARY)


@pytest.mark.parametrize(
    ("spoken", "plain"),
    [
        ("公积金取出来咋整", "公积金取出来怎么办"),
        ("装修提取嘎办", "装修提取怎么办"),
        ("护照点样办呀", "护照怎么办呀"),
        ("居住证啷个办嘛", "居住证怎么办嘛"),
        ("要么子材料", "要什么材料"),
        ("这么子不行", "这么子不行"),
        ("啥子时候", "什么时候"),
        ("俺厂子不给俺签", "我们厂子不给我签"),
        ("可以伐？", "可以吗？"),
        ("砍伐", "砍伐"),
        ("木有发票", "没有发票"),
        ("红木有限公司", "红木有限公司"),
        ("阿拉小囡", "我们小孩"),
        ("阿拉伯语", "阿拉伯语"),
        ("要几多钱", "要多少钱"),
        ("2手房", "二手房"),
        ("能给父母用马", "能给父母用吗"),
        ("不了了之", "不了了之"),
    ],
)
def test_plain_wording(spoken: str, plain: str) -> None:
    assert plain_wording(spoken) == plain


@settings(max_examples=80, deadline=None)
@given(st.text("公积鸡金贷宽款怎么咋俺gj12 ，。？👍请\ud800", max_size=24))
def test_any_text_has_one_to_three_different_readings(text: str) -> None:
    readings = _SHARED.readings(text)
    assert readings[0] == text
    assert 1 <= len(readings) <= 3 and len(set(readings)) == len(readings)
    assert _SHARED.readings(text) == readings


_SHARED = SpellingCorrector(VOCABULARY)


def test_an_empty_vocabulary_still_reads_dialect() -> None:
    assert SpellingCorrector({}).readings("咋整") == ("咋整", "怎么办")


def test_what_citizens_misspell_in_the_base_is_no_word_of_it() -> None:
    told = vocabulary_of(["公积金开户", "APP"], ["公积金怎么取"] * 200 + ["公积今怎么取"] * 3)
    assert told["公积金"] == 200
    assert told["公积金开户"] == 1
    assert "公积" not in told and "app" not in told


def test_a_question_costs_less_than_milliseconds(corrector: SpellingCorrector) -> None:
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        corrector.readings("公积金刚交了四个月，现在申请贷宽能过不")
        best = min(best, time.perf_counter() - start)
    assert best < 0.01
