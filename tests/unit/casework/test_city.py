"""城市: which district a text names."""

import pytest

from casework.city import City

CITY = City.from_dict(
    {
        "name": "示范市",
        "districts": [
            {"name": "云湖区", "streets": [{"name": "湖滨街道", "communities": ["望湖社区", "柳堤社区"]}]},
            {"name": "松岭区", "streets": [{"name": "石桥街道"}, {"name": "茶山镇", "communities": ["茶山村"]}]},
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
        ("云湖区和松岭区交界处", ""),
        ("湖滨街道到石桥街道的公交", ""),
        ("我家门口", ""),
        ("石桥上有个洞", ""),
        ("", ""),
    ],
)
def test_the_district_of_a_text(text: str, district: str) -> None:
    assert CITY.district_of(text) == district


def test_a_city_may_have_no_districts() -> None:
    city = City.from_dict({"name": "小城"})
    assert (city.hotline, city.districts, city.district_of("云湖区")) == ("12345", (), "")
