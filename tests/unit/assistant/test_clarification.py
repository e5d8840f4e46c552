"""澄清: which option was meant, and which items compete."""

from dataclasses import replace

import pytest

from assistant.clarification import (
    ALIKE,
    CLARIFY_ENTRY,
    CLARIFY_FACET,
    CLARIFY_ITEM,
    CLOSE,
    MAX_OPTIONS,
    NONE_OF_THESE,
    UNDIVIDED,
    chosen,
    clarify,
    competing_items,
    entry_options,
    item_options,
)
from assistant.reply import Option
from knowledge.scoring import FEATURES, Hit
from tests.unit.knowledge.entries import base, faq, weights

OPTIONS = [
    Option("item:租房提取", "租房提取"),
    Option("item:装修提取", "装修提取"),
    Option("item:离职提取", "离职提取公积金"),
    NONE_OF_THESE,
]


def hit(item: str, share: float, cosine: float) -> Hit:
    """A hit on an entry of `item` whose question is this near."""
    return Hit(faq(f"{item}{share}{cosine}", "问", "答", item), share, weights(FEATURES, dense_question=cosine))


def hits(*scores: float) -> list[Hit]:
    return [Hit(entry, score, ()) for entry, score in zip(base(), scores, strict=False)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1", "租房提取"),
        ("２", "装修提取"),
        ("3.", "离职提取公积金"),
        (" 4 ", "都不是"),
        ("租房提取", "租房提取"),
        ("租房提取。", "租房提取"),
        ("装修", "装修提取"),
        ("离职", "离职提取公积金"),
        ("都不是", "都不是"),
        ("租房题取", "租房提取"),
        ("离职提取公积", "离职提取公积金"),
        ("离职提取公级金", "离职提取公积金"),
        ("第一个", "租房提取"),
        ("第二个", "装修提取"),
        ("第2个。", "装修提取"),
        ("第三种情况", "离职提取公积金"),
        ("我选第二个吧", "装修提取"),
        ("就是第三个", "离职提取公积金"),
        ("我问的是第二种", "装修提取"),
        ("选1", "租房提取"),
        ("3号", "离职提取公积金"),
        ("二", "装修提取"),
        ("第四个", "都不是"),
    ],
)
def test_a_choice_may_be_typed(text: str, label: str) -> None:
    assert chosen(text, None, OPTIONS).label == label


@pytest.mark.parametrize(
    "text",
    [
        "0", "5", "第五个", "第0个", "一个", "不是第一个", "第一个月要交多少", "第二套房能贷吗", "፩", "9" * 900,
        "提取", "修", "", "。", "退休以后还能贷款吗", "你好",
    ],
)  # fmt: skip
def test_what_is_no_choice_is_a_new_question(text: str) -> None:
    assert chosen(text, None, OPTIONS) is None


def test_a_tapped_option_wins_over_the_text() -> None:
    assert chosen("装修提取", "item:租房提取", OPTIONS).label == "租房提取"
    assert chosen("装修提取", "item:没有", OPTIONS).label == "装修提取"
    assert chosen("你好", "item:没有", OPTIONS) is None
    assert chosen("1", None, []) is None


def test_a_number_among_the_labels_words_is_read_as_words() -> None:
    """Out of the list's range it is no place in the list."""
    years = [Option("item:a", "2023年度基数"), Option("item:b", "2024年度基数")]
    assert chosen("2024", None, years).id == "item:b" and chosen("2", None, years).id == "item:b"


def test_items_whose_questions_are_alike_compete_though_one_takes_the_whole_share() -> None:
    told = [hit("甲", 0.98, 0.9), hit("乙", 0.01, 0.89), hit("丙", 0.01, 0.9 - ALIKE + 0.001)]
    assert competing_items(told) == ["甲", "乙", "丙"]
    told[2] = hit("丙", 0.01, 0.9 - ALIKE - 0.001)
    assert competing_items(told) == []


@pytest.mark.parametrize(
    ("first_share", "third_cosine", "asked"),
    [
        (UNDIVIDED - 0.01, 0.9 - CLOSE + 0.001, True),
        (UNDIVIDED + 0.01, 0.9 - CLOSE + 0.001, False),
        (UNDIVIDED - 0.01, 0.9 - CLOSE - 0.001, False),
    ],
)
def test_close_items_compete_where_the_share_is_divided(first_share: float, third_cosine: float, asked: bool) -> None:
    told = [hit("甲", first_share, 0.9), hit("乙", 0.001, 0.89), hit("丙", 0.001, third_cosine)]
    assert competing_items(told) == (["甲", "乙", "丙"] if asked else [])


def test_shares_count_by_item_not_by_hit() -> None:
    """Two hits of one item take the whole share together, so it is the one that is meant."""
    close = [hit("乙", 0.01, 0.89), hit("丙", 0.01, 0.85)]
    assert competing_items([hit("甲", 0.49, 0.9), hit("甲", 0.49, 0.9), *close]) == []
    assert competing_items([hit("甲", 0.49, 0.9), hit("丁", 0.49, 0.9), *close]) == ["甲", "丁", "乙", "丙"]


def test_an_item_is_as_near_as_its_nearest_question() -> None:
    told = [hit("甲", 0.5, 0.9), hit("乙", 0.3, 0.3), hit("丙", 0.1, 0.9), hit("乙", 0.05, 0.9)]
    assert competing_items(told) == ["甲", "乙", "丙"]
    assert competing_items(told[:3]) == []
    assert competing_items([*told[:3], hit("甲", 0.05, 0.9)]) == [], "a second hit of one item is no third item"


def test_competing_items_come_by_their_summed_share_and_far_ones_not_at_all() -> None:
    told = [hit("甲", 0.4, 0.9), hit("乙", 0.25, 0.89), hit("丙", 0.1, 0.9), hit("乙", 0.2, 0.5)]
    far, near = hit("远", 0.05, 0.9 - CLOSE - 0.001), hit("近", 0.05, 0.9 - CLOSE + 0.001)
    assert competing_items([*told, far, near]) == ["乙", "甲", "丙", "近"]
    tied = [hit("甲", 0.2, 0.88), hit("乙", 0.2, 0.9), hit("丙", 0.2, 0.89)]
    assert competing_items(tied) == ["乙", "丙", "甲"], "of equal shares the nearest first"


def test_less_than_three_items_never_compete() -> None:
    assert competing_items([]) == []
    assert competing_items([hit("甲", 0.5, 0.9), hit("乙", 0.5, 0.9)]) == []


def test_a_statute_competes_with_no_item() -> None:
    law = Hit(base()[-1], 0.4, weights(FEATURES, regulation=1.0))
    items = [hit("甲", 0.2, 0.9), hit("乙", 0.2, 0.9), hit("丙", 0.2, 0.9)]
    assert competing_items([law, *items]) == []
    assert competing_items([items[0], law, *items[1:]]) == ["甲", "乙", "丙"]
    assert competing_items([*items[:2], law]) == [], "nor is it the third item"


def test_options_end_with_none_of_these() -> None:
    assert item_options([f"事项{n}" for n in range(9)])[-1] == NONE_OF_THESE
    assert len(item_options([f"事项{n}" for n in range(9)])) == MAX_OPTIONS + 1


def test_the_nearest_questions_are_offered_once_each() -> None:
    twin = Hit(replace(base()[0], id="twin"), 0.9, ())
    offered = entry_options([*hits(0.9), twin, *hits(0.9, 0.8, 0.7, 0.6)])
    assert [option.id for option in offered] == ["entry:zf-tj", "entry:zf-cl", "entry:zx-tj", "none"]
    assert entry_options([Hit(base()[-1], 0.5, ())])[0].label == "《住房公积金管理条例》第二十四条"


def placed(item: str, facet: str, item_class: str = "提取") -> Hit:
    """A hit on the entry of this item and facet, whose question is far from the asked one."""
    entry = replace(faq(f"{item}-{facet}", f"{item}{facet}", "答", item, facet), item_class=item_class)
    return Hit(entry, 0.3, weights(FEATURES))


FACETS = [placed("租房提取", "条件"), placed("租房提取", "材料"), placed("租房提取", "时限"), placed("贷款", "额度")]
ITEMS = [placed("租房提取", "材料"), placed("购房提取", "材料"), placed("退休提取", "材料"), placed("租房提取", "条件")]


def test_entries_of_one_item_are_told_apart_by_their_facet() -> None:
    told = clarify(FACETS, False, True)
    assert told is not None and told[0] == CLARIFY_FACET.format(item="租房提取") == "请问您要问“租房提取”的哪方面？"
    assert [(option.id, option.label) for option in told[1]] == [
        ("entry:租房提取-条件", "条件"),
        ("entry:租房提取-材料", "材料"),
        ("entry:租房提取-时限", "时限"),
        ("none", "都不是"),
    ]


def test_entries_of_one_facet_and_class_are_told_apart_by_their_item() -> None:
    told = clarify(ITEMS, False, False)
    assert told is not None and told[0] == CLARIFY_ITEM
    assert [option.label for option in told[1]] == ["租房提取", "购房提取", "退休提取", "都不是"]
    assert told[1][0].id == "entry:租房提取-材料"


@pytest.mark.parametrize(
    "told",
    [
        FACETS[:2],
        [*FACETS[:2], FACETS[3]],
        [*ITEMS[:2], placed("贷款", "材料", "贷款")],
        [*ITEMS[:2], placed("租房提取", "材料")],
        [*ITEMS[:2], Hit(base()[-1], 0.3, weights(FEATURES))],
        [placed(name, "材料", "") for name in ("甲", "乙", "丙")],
    ],
)
def test_entries_that_differ_otherwise_are_offered_as_questions(told: list[Hit]) -> None:
    asked = clarify(told, False, False)
    assert asked is not None and asked[0] == CLARIFY_ENTRY


def test_who_is_sure_asks_nothing_but_for_competing_items() -> None:
    assert clarify(FACETS, True, True) is None
    alike = [hit("甲", 0.5, 0.9), hit("乙", 0.3, 0.9), hit("丙", 0.2, 0.9)]
    assert clarify(alike, True, False) is None
    told = clarify(alike, True, True)
    assert told is not None and [option.id for option in told[1]] == ["item:甲", "item:乙", "item:丙", "none"]


def test_a_facet_is_chosen_by_its_word() -> None:
    told = clarify(FACETS, False, False)
    assert told is not None
    assert [chosen(text, None, told[1]).label for text in ("材料", "第二个", "2")] == ["材料"] * 3
