"""关联度 and 关联检索: place and matter read apart, vectors remembered, the right earlier orders found and checked again."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from casework.appeal import Appeal, AppealType, Requester
from casework.deadline.calendar import CITY_TIME
from casework.handling.linking import LinkKind, Relation
from casework.organisation.city import City
from casework.organisation.department import Department
from casework.transitions import State
from casework.work_order import WorkOrder
from routing.decision import DispatchDecision
from routing.places import Places
from routing.related import GistReader, Site, Vectors, likeness, shared
from routing.relations import NEWEST, RelatedOrders, related_decision
from tests.fake_encoder import FakeEncoder
from tests.fakes import FakeClock, FakeStore

NOW = datetime(2026, 3, 9, 10, tzinfo=CITY_TIME)
STREETS = [
    {"name": "岭前街道", "communities": ["松涛社区"], "roads": ["岭前大道"], "estates": ["岭秀花园"]},
    {"name": "石桥街道", "communities": ["纺织社区"], "roads": ["纺织路"], "estates": ["纺织新村"]},
]
CITY = City.from_dict(
    {
        "name": "示范市",
        "districts": [
            {"name": "松岭区", "streets": STREETS},
            {"name": "云湖区", "streets": [{"name": "文澜街道", "communities": [], "estates": ["桂花苑"]}]},
        ],
    }
)
READER = GistReader(Places(CITY))
WATER = "桂花苑从早上六点停水到现在，一滴水都没有"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("桂花苑停水", "桂花苑没水了", True),
        ("桂花苑停水", "岭秀花园停水", False),
        ("岭秀花园停电", "岭前大道这边停电了", True),
        ("岭秀花园停电", "纺织新村停电", False),
        ("松岭区停电了", "纺织新村停电", True),
        ("停电了", "纺织新村停电", False),
        ("停电了", "又停电", False),
    ],
)
def test_one_place_or_not(one: str, other: str, same: bool) -> None:
    assert READER.read(one).site.same(READER.read(other).site) is same
    assert READER.read(other).site.same(READER.read(one).site) is same


def test_a_name_in_two_districts_is_two_places() -> None:
    here, there = Site("云湖区", spots=frozenset(["和平小区"])), Site("北苑区", spots=frozenset(["和平小区"]))
    assert not here.same(there)
    assert here.same(Site("", spots=frozenset(["和平小区"])))


def test_the_matter_is_told_without_its_place() -> None:
    gist = READER.read("松岭区纺织新村停电了")
    assert gist.matter == "停电了"
    assert gist.pairs == {"停电", "电了"}
    assert READER.read("纺织新村").matter == "纺织新村", "nothing else was said"
    assert READER.read(" 停电了！！ ").bare == READER.read("停电了").bare


@pytest.mark.parametrize(
    ("text", "again", "thanks"),
    [
        ("上次反映的路灯还是没修", True, False),
        ("路灯修好了，谢谢你们", False, True),
        ("谢谢，但是路灯还没修好", True, False),
        ("路灯坏了", False, False),
    ],
)
def test_what_leans_on_an_earlier_appeal(text: str, again: bool, thanks: bool) -> None:
    gist = READER.read(text)
    assert (gist.again, gist.thanks) == (again, thanks)


def test_vectors_are_encoded_once_and_the_oldest_forgotten() -> None:
    encoder = FakeEncoder()
    vectors = Vectors(encoder, most=2)
    first = vectors.of(["停水", "停电"])
    assert np.array_equal(vectors.of(["停电", "停水"]), first[::-1])
    assert encoder.seen == ["停水", "停电"]
    vectors.of(["噪音"])
    assert (vectors.knows("停电"), vectors.knows("停水"), vectors.knows("噪音")) == (False, True, True)
    assert vectors.of([]).shape == (0, encoder.dimension)


def test_likeness_is_one_for_the_same_and_nothing_for_strangers() -> None:
    vectors = Vectors(FakeEncoder(dimension=4096))
    gist = READER.read("停水一整天了")
    near, far = likeness(gist, [gist, READER.read("孔雀舞比赛")], vectors)
    assert near == pytest.approx(1.0) and far < 0.1
    assert shared(frozenset(), gist.pairs) == 0.0 and shared(gist.pairs, gist.pairs) == 1.0


class House:
    """Orders in a store, and a search over them."""

    def __init__(self) -> None:
        self.store, self.clock, self.encoder = FakeStore(), FakeClock(NOW), FakeEncoder()
        self.related = RelatedOrders(self.store.unit, READER, self.encoder, self.clock)

    def order(
        self,
        text: str = WATER,
        phone: str = "",
        hours_ago: float = 1,
        state: State = State.PENDING_DISPATCH,
        **more: object,
    ) -> WorkOrder:
        at = NOW - timedelta(hours=hours_ago)
        made = WorkOrder(AppealType.COMPLAINT, text, at, requester=Requester("", phone), state=state, **more)
        with self.store.unit() as unit:
            unit.work_orders.add(made)
            unit.commit()
        return made

    def find(self, text: str = WATER, phone: str = "", **more: object) -> list[tuple[str, str]]:
        appeal = Appeal(AppealType.COMPLAINT, text, requester=Requester("", phone), **more)  # type: ignore[arg-type]
        return [(relation.number, relation.kind.value) for relation in self.related.find(appeal)]


@pytest.fixture
def house() -> House:
    return House()


def test_the_same_person_the_same_conversation_and_others(house: House) -> None:
    order = house.order(phone="13900000001", conversation_id="c1")
    assert house.find(phone="13900000001") == [(order.number, "duplicate")]
    assert house.find(conversation_id="c1") == [(order.number, "duplicate")]
    assert house.find() == [(order.number, "event")]
    assert house.find("岭秀花园从早上六点停水到现在，一滴水都没有") == []
    assert house.find("桂花苑快递丢了三件，驿站不赔") == []


def test_the_persons_own_order_counts_before_those_of_others(house: House) -> None:
    house.order(hours_ago=0.5)
    own = house.order(phone="13900000001", hours_ago=2)
    assert house.find(phone="13900000001") == [(own.number, "duplicate")]


def test_a_closed_order_of_ones_own_is_a_repeat_and_of_others_nothing(house: House) -> None:
    order = house.order(phone="13900000001", state=State.ARCHIVED, hours_ago=24 * 30)
    assert house.find(phone="13900000001") == [(order.number, "repeat")]
    assert house.find() == []


def test_what_is_remembered_is_looked_at_again(house: House) -> None:
    order = house.order()
    assert house.find() == [(order.number, "event")]
    with house.store.unit() as unit:
        stored = unit.work_orders.get(order.id)
        stored.state = State.CLOSED
        unit.work_orders.save(stored)
        unit.commit()
    assert house.find() == []


def test_new_orders_are_found_at_once_and_old_ones_no_more(house: House) -> None:
    assert house.find() == []
    order = house.order(hours_ago=0)
    assert house.find() == [(order.number, "event")]
    house.clock.move(hours=73)
    assert house.find() == []


def test_several_people_are_one_proposal_each_and_the_main_stands_for_its_merged(house: House) -> None:
    main, other = house.order(hours_ago=3), house.order(hours_ago=2)
    assert {number for number, _ in house.find()} == {main.number, other.number}
    with house.store.unit() as unit:
        stored = unit.work_orders.get(other.id)
        stored.merged_into = main.id
        unit.work_orders.save(stored)
        unit.commit()
    assert house.find() == [(main.number, "event")]


def test_a_persons_merged_order_is_never_exchanged_for_anothers(house: House) -> None:
    main = house.order(phone="13900000002", hours_ago=3)
    own = house.order(phone="13900000001", hours_ago=2, merged_into=main.id)
    assert house.find(phone="13900000001") == [(own.number, "duplicate")]


def test_vectors_are_remembered_across_appeals(house: House) -> None:
    house.order()
    house.find()
    seen = len(house.encoder.seen)
    house.find("桂花苑的水还没来，做饭都没办法")
    assert len(house.encoder.seen) == seen + 2, "the new text and its matter alone"


def test_warming_goes_on_until_all_is_known(house: House) -> None:
    for number in range(5):
        house.order(f"桂花苑{number}号楼停水了，什么时候来水")
    assert [house.related.warm(2), house.related.warm(2), house.related.warm(2), house.related.warm(2)] == [
        True,
        True,
        True,
        False,
    ]
    seen = len(house.encoder.seen)
    house.find("桂花苑停水了")
    assert len(house.encoder.seen) == seen + 2


def test_only_the_newest_are_kept(house: House) -> None:
    with house.store.unit() as unit:
        for number in range(NEWEST + 20):
            at = NOW - timedelta(minutes=number)
            unit.work_orders.add(WorkOrder(AppealType.COMPLAINT, f"停水{number}", at, state=State.DISPATCHED))
        unit.commit()
    house.find()
    assert len(house.related._recent) == NEWEST
    assert min(order.at for order in house.related._recent.values()) > NOW - timedelta(minutes=NEWEST)


SURE = DispatchDecision("water", 0.9, "auto", evidence={"reason": "置信度高。"}, model_department="water")


def decide(house: House, order: WorkOrder, kind: LinkKind, confidential: bool = False) -> DispatchDecision:
    with house.store.unit() as unit:
        unit.departments.put(Department("street", "城管局"))
        unit.departments.put(Department("old", "旧城办", active=False))
        unit.commit()
    with house.store.unit() as unit:
        return related_decision(SURE, [Relation(order.number, kind, 0.9, "理由。")], unit, confidential)


def test_a_duplicate_is_held_and_an_event_is_shown_first(house: House) -> None:
    order = house.order()
    held, shown = decide(house, order, LinkKind.DUPLICATE), decide(house, order, LinkKind.EVENT)
    assert (held.decision, held.evidence["held_from"]) == ("review", "auto")
    assert "不再派单" in held.evidence["reason"]
    assert (shown.decision, shown.department, shown.evidence["reason"]) == ("review", "water", "置信度高。")
    row = {"number": order.number, "kind": "event", "similarity": 0.9, "reason": "理由。"}
    assert shown.evidence["related"] == [row]
    assert related_decision(SURE, [], None, False) is SURE  # type: ignore[arg-type]


def test_a_repeat_goes_where_the_matter_was_settled(house: House) -> None:
    settled = house.order(lead_department="street", signed_at=NOW, state=State.CLOSED)
    decision = decide(house, settled, LinkKind.REPEAT)
    assert (decision.department, decision.decision, decision.model_department) == ("street", "auto", "water")
    assert "城管局" in decision.evidence["reason"]
    assert decide(house, settled, LinkKind.REPEAT, confidential=True).department == "water"
    for other in (
        house.order(lead_department="street", state=State.DISPATCHED),
        house.order(lead_department="old", signed_at=NOW, state=State.CLOSED),
        house.order(lead_department="gone", signed_at=NOW, state=State.CLOSED),
    ):
        decision = decide(house, other, LinkKind.REPEAT)
        assert replace(decision, evidence={}) == replace(SURE, evidence={})
        assert decision.evidence["related"]
