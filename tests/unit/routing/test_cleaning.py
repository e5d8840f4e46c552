import time

import pytest

from routing.cleaning import Cleaner

NAMES = ("市教育局", "市水务集团", "水务集团", "市公安局交通警察支队", "公积金中心")
CLEANER = Cleaner(NAMES)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("路灯坏了三天。请市城管局尽快核实处理并回复市民。", "路灯坏了三天。"),
        ("【市教育局】孩子入学问题", "孩子入学问题"),
        ("[转：市水务集团]水压太低", "水压太低"),
        ("市民反映小区停水，转市水务集团办理。", "市民反映小区停水"),
        ("承办单位：市公安局交通警察支队，路口红灯太长", "路口红灯太长"),
        ("楼上装修太吵，已转派青溪县人民政府调查核实。", "楼上装修太吵"),
        ("水管爆了，请水务集团、市住建局核实，", "水管爆了"),
        ("请城管局处理占道经营", "请处理占道经营"),
        ("井盖没了，请有关部门予以核查处理为盼。", "井盖没了"),
    ],
)
def test_operators_phrases_are_cut(text: str, left: str) -> None:
    cleaned = CLEANER.clean(text)
    assert cleaned.text == left
    assert cleaned.cuts


@pytest.mark.parametrize(
    "text",
    [
        "转移单位那栏要填现在的单位",
        "垃圾转运站太臭",
        "请问公积金中心几点上班",
        "我请了物业公司来修，没人管",
        "转公交换乘站在哪",
        "我们打了环保局电话也没人来",
        "转让店铺，预付卡公司不退",
        "请你们帮忙处理",
        "",
        "😀😀",
    ],
)
def test_citizens_own_words_stay(text: str) -> None:
    assert CLEANER.clean(text).text == text
    assert CLEANER.clean(text).cuts == ()


def test_switched_off_nothing_is_cut() -> None:
    text = "路灯坏了。请市教育局核实处理。"
    assert Cleaner(NAMES, enabled=False).clean(text).text == text


def test_stored_and_read_again_it_cuts_the_same() -> None:
    text = "停水了，请市水务集团核实处理。"
    assert Cleaner.from_dict(CLEANER.as_dict()).clean(text) == CLEANER.clean(text)


@pytest.mark.parametrize(
    "text", ["请转派" * 1700, "请" + "处理" * 2500, "请局" + "、局" * 2500, "转公交局办" * 1000, "局" * 5000]
)
def test_hostile_repetition_is_cleaned_in_no_time(text: str) -> None:
    start = time.perf_counter()
    CLEANER.clean(text)
    assert time.perf_counter() - start < 1
