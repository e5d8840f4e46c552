"""Hot topics: where a matter is more than usual, in a street or all over the city; the same input gives the same topics."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from casework.deadline.calendar import CITY_TIME
from casework.insight.figures import Told
from casework.organisation.city import City
from routing.matters import Matters
from routing.places import Places
from routing.related import GistReader
from routing.topic_terms import Usual, words
from routing.topics import CITY, FoundTopic, find_topics, gather
from tests.fake_encoder import FakeEncoder

NOW = datetime(2026, 3, 31, 12, tzinfo=CITY_TIME)
WINDOW = timedelta(hours=72)
CITY_ROW = {
    "name": "示范市",
    "districts": [
        {"name": "东区", "streets": [{"name": "桥头街道", "estates": ["柳岸花园"]}, {"name": "河东街道"}]},
        {"name": "西区", "streets": [{"name": "山前街道"}]},
    ],
}
OUTAGE = "自来水停水了，龙头一滴水都没有"
EVERYDAY = (
    "路灯不亮，晚上看不见路",
    "公园长椅坏了",
    "门诊报销怎么办",
    "宠物狗没有拴绳",
    "公交车等了很久",
    "孩子转学要什么材料",
)


def told(number: int, hours_ago: float, text: str, district: str = "", **more: object) -> Told:
    values = {"place": "", "person": "", "category": "城建/供水/停水", "confidential": False} | more
    return Told(number, NOW - timedelta(hours=hours_ago), text, district, **values)


def everyday(days: int = 31, daily: int = 4) -> list[Told]:
    rows = []
    for number in range(days * daily):
        text, district = EVERYDAY[number % len(EVERYDAY)], ("东区", "西区")[number % 2]
        rows.append(told(1000 + number, days * 24 - number * 24 / daily - 0.5, text, district, category="其他"))
    return rows


@pytest.fixture
def matters(tmp_path: Path) -> Matters:
    return Matters(GistReader(Places(City.from_dict(CITY_ROW))), FakeEncoder(), tmp_path / "topics")


def find(matters: Matters, rows: list[Told], least: int = 5) -> list[FoundTopic]:
    matters.learn(rows, NOW - timedelta(days=31))
    known_from = matters.encode(60)
    assert known_from is not None
    return find_topics(*matters.ready(), NOW, WINDOW, least, known_from)


def street(count: int = 7, first: int = 1, **more: object) -> list[Told]:
    return [told(first + n, 3 + n * 0.3, f"桥头街道{OUTAGE}，第{n}天", "东区", **more) for n in range(count)]


def test_an_outage_in_one_street_is_that_streets(matters: Matters) -> None:
    (topic,) = find(matters, everyday() + street())
    assert topic.scope == ("东区", "桥头街道")
    assert [row.id for row in topic.members] == [7, 6, 5, 4, 3, 2, 1], "oldest first"
    assert topic.spike
    assert topic.usual is not None and topic.usual < 1
    assert topic.title.endswith("· 东区桥头街道") and "水" in topic.title
    figures = topic.figures()
    assert figures["districts"] == [{"name": "东区", "count": 7}]
    assert figures["streets"] == [{"district": "东区", "name": "桥头街道", "count": 7}]
    assert figures["categories"] == [{"category": "城建/供水/停水", "count": 7}]
    assert figures["times"] > 5


def test_the_same_all_over_the_city_is_the_citys(matters: Matters) -> None:
    places = [("东区", "桥头街道"), ("东区", "河东街道"), ("西区", "山前街道"), ("西区", "")]
    rows = [told(1 + n, 2 + n * 0.2, f"{places[n % 4][1]}{OUTAGE}", places[n % 4][0]) for n in range(16)]
    (topic,) = find(matters, everyday() + rows)
    assert topic.scope == CITY
    assert len(topic.members) == 16
    assert topic.title.endswith("· 全市")


def test_two_matters_in_one_street_are_two_topics(matters: Matters) -> None:
    noise = [told(50 + n, 4 + n * 0.1, f"桥头街道夜里施工打桩，吵得睡不着{n}", "东区") for n in range(6)]
    found = find(matters, everyday() + street() + noise)
    assert sorted(len(topic.members) for topic in found) == [6, 7]
    assert {topic.scope for topic in found} == {("东区", "桥头街道")}


def test_what_is_usual_is_no_topic(matters: Matters) -> None:
    before = [told(200 + n, 73 + n * 8, f"桥头街道{OUTAGE}", "东区") for n in range(80)]
    assert find(matters, everyday() + before + street()) == []
    assert find(matters, everyday()) == []


def test_one_person_is_one(matters: Matters) -> None:
    assert find(matters, everyday() + street(9, person="same")) == []
    (topic,) = find(matters, everyday() + street(9, person="same") + street(5, 60))
    assert (topic.persons, len(topic.members)) == (6, 14)


def test_without_a_week_of_history_nothing_is_an_alarm(matters: Matters) -> None:
    (topic,) = find(matters, everyday(days=6) + street())
    assert topic.usual is None
    assert not topic.spike
    assert topic.figures()["times"] is None


def test_fewer_than_asked_for_are_no_topic(matters: Matters) -> None:
    assert find(matters, everyday() + street(4)) == []
    assert len(find(matters, everyday() + street(4), least=3)) == 1


def test_confidential_appeals_count_but_name_nothing(matters: Matters) -> None:
    (topic,) = find(matters, everyday() + street(6, confidential=True))
    assert (len(topic.members), topic.terms) == (6, [])
    assert topic.title == "停水 · 东区桥头街道", "by the category's leaf alone"
    assert topic.figures()["confidential"] == 6


def test_the_order_in_which_they_are_told_changes_nothing(tmp_path: Path) -> None:
    rows = everyday() + street()
    places = Places(City.from_dict(CITY_ROW))
    told_ = [Matters(GistReader(places), FakeEncoder(), tmp_path / name) for name in "ab"]
    first, second = find(told_[0], rows), find(told_[1], rows[::-1])
    assert [(t.title, t.surprise, [r.id for r in t.members]) for t in first] == [
        (t.title, t.surprise, [r.id for r in t.members]) for t in second
    ]


def test_nothing_told_is_no_topic(matters: Matters) -> None:
    assert matters.encode(1) is None
    rows, vectors = matters.ready()
    assert (rows, vectors.shape) == ([], (0, 512))
    assert find_topics(rows, vectors, NOW, WINDOW, 5, NOW) == []


def test_vectors_are_kept_and_read_again(matters: Matters, tmp_path: Path) -> None:
    rows = everyday(12) + street()
    find(matters, rows)
    again = FakeEncoder()
    second = Matters(GistReader(Places(City.from_dict(CITY_ROW))), again, tmp_path / "topics")
    assert [row.id for row in find(second, rows)[0].members] == [7, 6, 5, 4, 3, 2, 1]
    assert again.seen == []
    for path in (tmp_path / "topics").glob("*.npz"):
        path.write_bytes(b"broken")
    third = Matters(GistReader(Places(City.from_dict(CITY_ROW))), again, tmp_path / "topics")
    assert len(find(third, rows)) == 1
    assert again.seen != []
    other = FakeEncoder(name="another")
    assert len(find(Matters(GistReader(Places(City.from_dict(CITY_ROW))), other, tmp_path / "topics"), rows)) == 1
    assert other.seen != []


def test_what_is_old_is_forgotten_with_its_files(matters: Matters, tmp_path: Path) -> None:
    find(matters, everyday(20))
    had = len(list((tmp_path / "topics").glob("*.npz")))
    matters.learn([], NOW - timedelta(days=2))
    matters.encode(60)
    assert 0 < len(list((tmp_path / "topics").glob("*.npz"))) <= 3 < had
    assert all(row.at >= NOW - timedelta(days=2) for row in matters.ready()[0])


def test_too_little_time_takes_the_newest_first(matters: Matters) -> None:
    rows = [told(n, n, f"第{n}号井盖丢失{chr(0x4E00 + n)}") for n in range(1, 200)]
    matters.learn(rows, NOW - timedelta(days=31), NOW)
    known_from = matters.encode(0)
    assert known_from == NOW - timedelta(hours=64)
    assert len(matters.ready()[0]) == 64
    assert matters.encode(60) == NOW - timedelta(hours=199)
    oldest, begin = NOW - timedelta(days=31), NOW - WINDOW
    assert matters.to_read(oldest, begin) == begin
    assert matters.to_read(oldest, NOW + WINDOW) == NOW, "what was missed is read"


def test_groups_do_not_overlap() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(300, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    groups = gather(vectors, 0.6, 4)
    rows = [row for group in groups for row in group]
    assert groups and len(rows) == len(set(rows)) and min(map(len, groups)) >= 4


def test_terms_are_what_others_do_not_say() -> None:
    usual = Usual(["小区停车难，车位不够", "停车收费太高", "路灯坏了"] * 20)
    terms = usual.terms(["小区停水一天了，没法做饭", "又停水，停车也难", "停水没有通知"])
    assert terms[0] == "停水"
    assert "停车" not in terms[:1]
    assert words("我们家停水3天了！！") == ["停水"]
