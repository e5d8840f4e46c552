"""城市: its places, and which district a text names."""

import json

import pytest

import demo
from casework.organisation.city import City, Place, PlaceKind

CITY = City.from_dict(
    {
        "name": "示范市",
        "districts": [
            {
                "name": "云湖区",
                "streets": [
                    {"name": "湖滨街道", "communities": ["望湖社区", "柳堤社区"], "roads": ["湖滨路", "人民路", "东街"]}
                ],
            },
            {
                "name": "松岭区",
                "streets": [
                    {"name": "石桥街道", "roads": ["人民路"], "landmarks": ["石桥批发市场"]},
                    {"name": "茶山镇", "communities": ["茶山村"], "estates": ["岭秀花园"]},
                ],
            },
        ],
    }
)


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("云湖区的路灯坏了", "云湖区"),
        ("湖滨街道垃圾没人管", "云湖区"),
        ("望湖社区停水了", "云湖区"),
        ("茶山村的路没修", "松岭区"),
        ("石桥那边在堵车", "松岭区"),
        ("石桥村口在修路", "松岭区"),
        ("云湖区湖滨街道望湖社区", "云湖区"),
        ("石桥批发市场门口", "松岭区"),
        ("岭秀花园二栋", "松岭区"),
        ("人民路上有个坑", ""),
        ("松岭区人民路", "松岭区"),
        ("山东街坊", ""),
        ("云湖区和松岭区交界处", ""),
        ("湖滨街道到石桥街道的公交", ""),
        ("我家门口", ""),
        ("石桥上有个洞", ""),
        ("", ""),
    ],
)
def test_the_district_of_a_text(text: str, district: str) -> None:
    assert CITY.district_of(text) == district


def test_a_name_may_stand_for_several_places() -> None:
    assert CITY.named["人民路"] == (
        Place("人民路", PlaceKind.ROAD, "云湖区", "湖滨街道"),
        Place("人民路", PlaceKind.ROAD, "松岭区", "石桥街道"),
    )
    assert CITY.named["云湖区"] == (Place("云湖区", PlaceKind.DISTRICT, "云湖区"),)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("云湖区", "云湖"),
        ("石桥街道", "石桥"),
        ("茶山镇", "茶山"),
        ("茶山村", "茶山"),
        ("人民路", "人民路"),
        ("岭秀花园", "岭秀花园"),
    ],
)
def test_what_a_place_is_called_for_short(name: str, stem: str) -> None:
    assert CITY.named[name][0].stem == stem


def test_a_city_may_have_no_districts_and_streets_no_lists() -> None:
    city = City.from_dict({"name": "小城"})
    assert (city.hotline, city.districts, city.named, city.district_of("云湖区")) == ("12345", (), {}, "")
    bare = City.from_dict(
        {"name": "小城", "districts": [{"name": "东区"}, {"name": "西区", "streets": [{"name": "河街"}]}]}
    )
    assert bare.places == (Place("河街", PlaceKind.STREET, "西区", "河街"),)


def test_the_demonstration_city_has_names_in_two_districts() -> None:
    city = City.from_dict(json.loads(demo.CITY.read_text(encoding="utf-8")))
    twice = {name for name, places in city.named.items() if len({place.district for place in places}) > 1}
    assert twice == {"人民路", "建设路", "和平小区", "阳光花园"}
