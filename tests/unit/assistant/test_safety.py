"""安全: the right door, by words and by the classifier."""

import numpy as np
import pytest

from assistant.classifier import LinearClassifier
from assistant.safety import CERTAIN, OVERRULED, Guard, is_emergency
from tests.fake_encoder import FakeEncoder
from tests.unit.assistant.desk import GUARD


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("我家着火了", "fire", "119"),
        ("厨房里有一股很重的煤气味", "gas", "119"),
        ("我不想活了", "self_harm", "12356"),
        ("有人拿刀追着人砍", "crime", "110"),
        ("刚刚发生车祸有人受伤", "traffic", "122"),
        ("老人突然晕倒没呼吸了", "medical", "120"),
        ("着 火 了", "fire", "119"),
    ],
)
def test_an_emergency_is_shown_its_number(text: str, name: str, number: str) -> None:
    door = GUARD.door(text)
    assert door is not None and door.name == name and is_emergency(door) and number in door.message


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("法院判决不公，帮我改判", "litigation", "12368"),
        ("举报局长受贿", "discipline", "12388"),
        ("我要申请行政复议", "review", "12348"),
        ("上访件一直没有答复", "petition", "信访"),
        ("我要申请政府信息公开", "disclosure", "信息公开"),
        ("发现间谍怎么办", "secrets", "12339"),
    ],
)
def test_what_is_not_accepted_is_shown_the_right_door(text: str, name: str, number: str) -> None:
    door = GUARD.door(text)
    assert door is not None and door.name == name and not is_emergency(door) and number in door.message


@pytest.mark.parametrize(
    "text",
    [
        "公积金怎么提取",
        "消防证怎么办理",
        "路灯坏了",
        "跳楼价促销是不是骗人",
        "昨天看的小说里有人自杀",
        "火锅店油烟大",
        "",
    ],
)
def test_ordinary_texts_pass(text: str) -> None:
    assert GUARD.door(text) is None


def test_what_is_said_without_the_words_is_found_by_the_classifier() -> None:
    door = GUARD.door("我真的撑不住了想离开这个世界")
    assert door is not None and door.name == "self_harm" and is_emergency(door)
    assert GUARD.door("一群饭桶都是废物").name == "abuse"


def test_small_talk_by_the_classifier() -> None:
    assert GUARD.small_talk("今天天气真不错呀") and not GUARD.small_talk("公积金怎么提取")
    assert GUARD.door("今天天气真不错呀") is None


@pytest.mark.parametrize("text", ["跳过", "先跳过吧。", "气死我了！", "真的热死了", "我快累死了", "烦死人了"])
def test_a_way_of_speaking_alone_has_no_door(text: str) -> None:
    """Short words lie anywhere in the encoder's space: 跳过, which the intake itself offers, was answered with 120."""
    alarmed = guard_with(none=0.1, medical=0.5, self_harm=0.4)
    assert alarmed.door(text) is None


@pytest.mark.parametrize("text", ["我跳了", "我想跳楼", "气死我了不想活了", "热死人了快救命"])
def test_what_says_more_than_that_keeps_its_door(text: str) -> None:
    alarmed = guard_with(none=0.1, medical=0.5, self_harm=0.4)
    assert is_emergency(alarmed.door(text))


THRESHOLDS = dict.fromkeys(("emergency", "refusal", "smalltalk", "abuse"), 0.5)


def guard_with(thresholds: dict[str, float] = THRESHOLDS, **shares: float) -> Guard:
    """A guard whose classifier gives every text these shares (of 1)."""
    bias = np.log([list(shares.values())])
    weights = np.vstack([np.zeros((4, len(shares))), bias]).astype(np.float32)
    return Guard(LinearClassifier(FakeEncoder(dimension=4), tuple(shares), weights, thresholds))


@pytest.mark.parametrize(
    ("none", "fire", "refusal"),
    [(CERTAIN - 0.05, True, True), (CERTAIN + 0.05, True, False), (OVERRULED + 0.02, False, False)],
)
def test_the_classifier_overrules_a_refusal_sooner_than_an_emergency(none: float, fire: bool, refusal: bool) -> None:
    guard = guard_with(none=none, smalltalk=1 - none)
    assert (guard.door("我家着火了") is not None) is fire
    assert (guard.door("举报局长受贿") is not None) is refusal


def test_the_doors_of_one_group_add_up_and_the_likeliest_is_shown() -> None:
    """No door alone reaches the threshold; which of them it is matters less than that it is one of them."""
    guard = guard_with(none=0.48, fire=0.22, gas=0.3)
    assert guard.door("随便说说").name == "gas"
    assert guard_with(none=0.48, petition=0.22, litigation=0.3).door("随便说说").name == "litigation"
    assert guard_with(none=0.52, fire=0.22, gas=0.26).door("随便说说") is None


def test_shares_of_other_groups_do_not_count() -> None:
    guard = guard_with(none=0.1, fire=0.2, petition=0.2, abuse=0.25, smalltalk=0.25)
    assert guard.door("随便说说") is None and not guard.small_talk("随便说说")


@pytest.mark.parametrize(
    ("group", "label"), [("emergency", "fire"), ("refusal", "petition"), ("abuse", "abuse"), ("smalltalk", "smalltalk")]
)
def test_each_group_has_its_own_threshold(group: str, label: str) -> None:
    shares = {"none": 0.7, label: 0.3}

    def found(thresholds: dict[str, float]) -> bool:
        guard = guard_with(thresholds, **shares)
        return guard.small_talk("随便说说") if group == "smalltalk" else guard.door("随便说说") is not None

    lowered = THRESHOLDS | {group: 0.25}
    raised = dict.fromkeys(THRESHOLDS, 0.25) | {group: 0.5}
    assert found(lowered) and not found(raised)


def test_the_graver_group_is_shown_first() -> None:
    low = dict.fromkeys(THRESHOLDS, 0.2)
    assert guard_with(low, none=0.1, abuse=0.35, petition=0.3, fire=0.25).door("随便说说").name == "fire"
    assert guard_with(low, none=0.1, abuse=0.6, petition=0.3).door("随便说说").name == "petition"
    assert guard_with(low, none=0.1, abuse=0.9).door("随便说说").name == "abuse"
