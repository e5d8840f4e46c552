"""上下文: what a follow-up leans on."""

import pytest

from assistant.context import Leaning, Reading, facet_of, readings

RENT = Leaning("租房提取", "条件")


def test_a_follow_up_stays_within_the_last_item() -> None:
    first, plain = readings("那需要什么材料？", RENT)
    assert (first.item, first.facet) == ("租房提取", "材料")
    assert "租房提取" in first.query and "需要什么材料" in first.query
    assert plain == Reading("那需要什么材料？")


@pytest.mark.parametrize("text", ["多久能到账", "在哪里办", "最多能提多少", "本人必须去吗", "网上可以办吗？"])
def test_short_questions_without_a_matter_lean_on_the_last(text: str) -> None:
    assert readings(text, RENT)[0].item == "租房提取"


def test_a_switch_of_matter_asks_the_same_facet_of_the_new_one() -> None:
    """First of the same class of items (离职 after 租房提取 is 离职提取), then of whatever it may be, then as it was said."""
    within_class, anywhere, plain = readings("那离职呢", Leaning("租房提取", "材料", "提取"))
    assert within_class == Reading("离职提取需要什么材料")
    assert anywhere == Reading("离职需要什么材料") and plain == Reading("那离职呢")
    assert [reading.query for reading in readings("那贷款呢", RENT)][-2:] == ["贷款需要什么条件", "那贷款呢"]


def test_a_correction_replaces_the_matter_and_keeps_the_facet() -> None:
    first, second, plain = readings("不是，我说的是装修", RENT)
    assert first == Reading("装修需要什么条件") and second == Reading("装修")
    assert plain == Reading("不是，我说的是装修")
    assert readings("不对不对，我问的是装修", RENT)[0] == first
    assert readings("我说的是装修", RENT)[0] == first


@pytest.mark.parametrize("text", ["不是本地户口能提取吗", "不是首套房还能贷吗"])
def test_a_condition_is_no_correction(text: str) -> None:
    assert all("不是" in reading.query for reading in readings(text, RENT))


@pytest.mark.parametrize(
    "text",
    [
        "离职以后提取公积金一般要等多长时间才可以办理呢",
        "我们单位一直不给职工缴存住房公积金应该找谁",
        "单位欠缴",
    ],
)
def test_a_question_of_its_own_is_read_as_it_is(text: str) -> None:
    assert readings(text, RENT) == [Reading(text)]


@pytest.mark.parametrize("text", ["公积金贷款最高能贷多少", "提取需要什么材料"])
def test_a_question_that_names_a_facet_is_first_read_as_it_is(text: str) -> None:
    assert readings(text, RENT)[0] == Reading(text)


@pytest.mark.parametrize("text", ["那需要什么材料？", "那贷款呢", "不是，我说的是装修", "？？", ""])
def test_without_a_last_answer_nothing_is_filled_in(text: str) -> None:
    assert readings(text, None) == [Reading(text)]


@pytest.mark.parametrize("text", ["？？", "呢", "啊？"])
def test_particles_alone_lean_on_nothing(text: str) -> None:
    assert readings(text, RENT) == [Reading(text)]


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("要带什么", "材料"),
        ("几天到账", "时限"),
        ("最高多少", "额度"),
        ("要收费吗", "费用"),
        ("去哪里办", "渠道"),
        ("怎么申请", "流程"),
        ("不交会怎么样", "后果"),
        ("有什么条件", "条件"),
        ("你好", ""),
    ],
)
def test_the_facet_that_is_asked(text: str, facet: str) -> None:
    assert facet_of(text) == facet
