"""属地识别: short forms, misspelt names, names in two districts, and which of several places the matter is about."""

import json
import time
from pathlib import Path

import pytest

import demo
from casework.organisation.city import City
from routing.places import Certainty, Location, Places

PLACES = Places(City.from_dict(json.loads(demo.CITY.read_text(encoding="utf-8"))))


def locate(text: str, told: str = "") -> Location:
    return PLACES.locate(text, told)


@pytest.mark.parametrize(
    ("text", "district", "place"),
    [
        ("云湖区的路灯坏了", "云湖区", "云湖区"),
        ("我们云湖这边的路灯坏了", "云湖区", "云湖区"),
        ("松岭段的绿化带", "松岭区", "松岭区"),
        ("渡口那边修路", "云湖区", "渡口街道"),
        ("石桥派出所", "松岭区", "石桥街道"),
        ("在石桥，天天堵车", "松岭区", "石桥街道"),
        ("新塘工业园冒黑烟", "南汀区", "新塘工业园"),
        ("万汇广场的停车费", "南汀区", "南汀万汇广场"),
        ("县人民医院急诊", "青溪县", "青溪县人民医院"),
        ("青溪县城停电", "青溪县", "青溪县"),
        ("县里让我去市里盖章", "青溪县", "青溪县"),
        ("云湖区湖滨街道望湖社区", "云湖区", "望湖社区"),
        ("在东街摆摊", "青溪县", "东街"),
        ("苑东街道的市场", "北苑区", "苑东街道"),
    ],
)
def test_names_and_short_forms(text: str, district: str, place: str) -> None:
    found = locate(text)
    assert (found.district, found.place) == (district, place)


@pytest.mark.parametrize(
    "text",
    [
        "全心全意为人民服务",
        "人民群众走的路",
        "山东街坊",
        "我家桃园里的桃子",
        "后面有片竹林",
        "那座石桥裂了",
        "桥上有个洞",
        "大学生创业贷款",
        "创业路上遇到困难",
        "科技创新达到国际水平",
        "科创板",
        "外县来的车",
        "邻县医院",
        "医院北院区",
        "观澜苑东门",
        "书院式装修",
        "环山路的坑",
        "学院路的站牌",
        "滨江路的树",
        "我家门口",
        "",
        "👍",
    ],
)
def test_words_that_are_no_places(text: str) -> None:
    assert locate(text) == Location()


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("望胡社区三号楼", "望湖社区", "望胡社区"),
        ("我住岭绣花园", "岭秀花园", "岭绣花园"),
        ("汀澜路的灯", "汀兰路", "汀澜路"),
        ("南丁万汇广场", "南汀万汇广场", "万汇广场"),
        ("新糖街道", "新塘街道", "新糖街道"),
        ("清溪县的水管", "青溪县", "清溪县"),
        ("创新大到有车", "创新大道", "创新大到"),
    ],
)
def test_misspelt_names(text: str, place: str, said: str) -> None:
    found = locate(text)
    assert (found.place, found.said) == (place, said)


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("云湖区望湖社区", Certainty.NAMED),
        ("望湖社区", Certainty.GUESSED),
        ("望胡社区", Certainty.MISSPELT),
        ("云湖区望胡社区", Certainty.NAMED),
        ("没有地方", Certainty.NONE),
    ],
)
def test_how_the_district_is_known(text: str, certainty: Certainty) -> None:
    assert locate(text).certainty is certainty


@pytest.mark.parametrize("other", ["桃园东街二号", "桃园中街二号"])
def test_another_direction_is_another_street(other: str) -> None:
    assert locate(other).place != "桃园南街"


def test_a_name_in_two_districts_is_ambiguous() -> None:
    found = locate("和平小区的门禁坏了")
    assert found.district == "" and found.ambiguous == [{"place": "和平小区", "districts": ["云湖区", "北苑区"]}]


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("和平小区（云湖这边的）", "云湖区"),
        ("北苑区和平小区", "北苑区"),
        ("人民路和书院路交叉口", "云湖区"),
        ("人民路上的和平小区", "云湖区"),
        ("我家在渡口新村，要说的是人民路那家店", "云湖区"),
    ],
)
def test_what_stands_beside_it_settles_an_ambiguous_name(text: str, district: str) -> None:
    found = locate(text)
    assert (found.district, found.ambiguous) == (district, [])


def test_a_home_elsewhere_does_not_settle_it() -> None:
    found = locate("住在渔港新村，投诉人民路一家健身房")
    assert found.district == "" and found.ambiguous[0]["place"] == "人民路"


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("我住云湖区，来反映松岭区石桥路的摊贩", "松岭区"),
        ("我是北苑区的，投诉南汀万汇广场一家店", "南汀区"),
        ("家住科园公馆，今天路过槐荫路，电线垂到地上", "北苑区"),
        ("我户口在松岭区，反映汀兰社区租的房子漏水", "南汀区"),
        ("住苑东社区，孩子户口在青溪县老家", "北苑区"),
        ("人家云湖区早就有夜市了，我们岭前街道什么时候搞", "松岭区"),
        ("隔壁北苑区的公园有直饮水，滨河公园没有", "南汀区"),
        ("从松岭区搬到科创区，转学要什么", "科创区"),
        ("老家在青溪县，现在在科园社区租房", "科创区"),
        ("我住望湖社区，楼下太吵", "云湖区"),
        ("我是高庄镇的，县医院说做不了", "北苑区"),
        ("不像云湖区那么干净", ""),
        ("云湖区和松岭区交界处", ""),
        ("湖滨街道到石桥街道的公交", ""),
    ],
)
def test_the_place_of_the_matter_counts_more_than_the_home(text: str, district: str) -> None:
    assert locate(text).district == district


def test_what_was_told_as_the_place_counts_first() -> None:
    found = locate("云湖区的朋友让我打这个电话", "石桥路十号")
    assert (found.district, found.street, found.place, found.told) == ("松岭区", "石桥街道", "石桥路", True)
    assert not locate("石桥路十号").told


def test_the_text_settles_what_was_told_ambiguously() -> None:
    assert locate("我们苑东这边天天停电", "和平小区三栋").district == "北苑区"
    assert locate("我住云湖区，来反映松岭区石桥路", "云湖区松岭区石桥路").district == "松岭区"


def test_what_was_found_tells_its_position() -> None:
    text = "我住云湖区，反映人名路的坑"
    found = locate(text, "石桥路").found
    assert [(row["place"], row["said"], row["told"]) for row in found] == [
        ("石桥路", "石桥路", True),
        ("云湖区", "云湖区", False),
        ("人民路", "人名路", False),
    ]
    assert all(text[row["start"] : row["end"]] == row["said"] for row in found if not row["told"])
    assert found[2]["districts"] == ["云湖区", "松岭区"]


def test_a_city_without_places_has_none() -> None:
    assert Places(City("小城")).locate("县里的云湖区") == Location()


def test_with_two_counties_the_county_is_neither() -> None:
    city = City.from_dict({"name": "小城", "districts": [{"name": "青溪县"}, {"name": "白河县"}]})
    assert Places(city).locate("县里没有").district == ""
    assert Places(city).locate("白河县里没有").district == "白河县"


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


@pytest.mark.parametrize(("name", "recall"), [("places-tune.jsonl", 0.95), ("places-test.jsonl", 0.85)])
def test_on_misspelt_and_ambiguous_names(name: str, recall: float) -> None:
    """The second file was written apart and never tuned on."""
    told = [(row, locate(row["text"])) for row in rows(demo.DATA / name)]
    assert len(told) >= 60
    named = [(row, found) for row, found in told if found.district]
    right = sum(found.district == row["district"] for row, found in named)
    assert right / len(named) >= 0.98
    assert right / sum(bool(row["district"]) for row, _ in told) >= recall
    asked = [(row["ambiguous"], [place["place"] for place in found.ambiguous]) for row, found in told]
    assert all(found in ([], places) for places, found in asked)
    assert sum(places == found for places, found in asked if places) >= 0.8 * sum(bool(places) for places, _ in asked)


def test_on_the_demonstration_citys_appeals() -> None:
    told = [(row["district"], locate(row["text"]).district) for path in demo.appeals() for row in rows(path)]
    named = [(district, found) for district, found in told if found]
    assert len(named) > 200
    assert sum(district == found for district, found in named) / len(named) >= 0.98


def test_no_name_is_taken_for_misspelt_in_the_demonstration_citys_appeals() -> None:
    for path in demo.appeals():
        for row in rows(path):
            found = locate(row["text"])
            assert found.certainty is not Certainty.MISSPELT, row["text"]


def test_a_long_text_is_read_quickly() -> None:
    text = "".join(row["text"] for row in rows(demo.appeals()[0])[:20])[:300]
    locate(text)
    best = min(_seconds(text) for _ in range(20))
    assert best < 0.002, "half a millisecond here; the bound leaves room for a busy machine"


def _seconds(text: str) -> float:
    start = time.perf_counter()
    locate(text)
    return time.perf_counter() - start
