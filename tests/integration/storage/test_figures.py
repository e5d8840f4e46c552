"""Contract of the figures: what is counted is what is listed, alike in memory and on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from casework.appeal import AppealType, FiveElements, Requester
from casework.events import SYSTEM, WorkOrderEvent
from casework.insight.figures import Dimension, Period, Slice
from casework.insight.league import LeagueMeasure
from casework.quality.quality import Finding, FindingVerdict, Inspection, Severity
from casework.work_order import Dispatching, WorkOrder
from tests.integration.storage.conftest import Backend

NewOrder = Callable[..., WorkOrder]
SUNDAY = datetime(2026, 3, 8, 15, 30, tzinfo=UTC)
"""Half past eleven at night in the city; half an hour later is Monday there."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = SUNDAY + 30 * DAY
PERIOD = Period(SUNDAY - DAY, SUNDAY + 20 * DAY, NOW)


def put(backend: Backend, *orders: WorkOrder) -> None:
    with backend.unit() as unit:
        for order in orders:
            unit.work_orders.add(order)
        unit.commit()


def happened(backend: Backend, order: WorkOrder, *steps: tuple[str, str, str]) -> None:
    """Events of an order: name, from and to which department."""
    with backend.unit() as unit:
        for name, former, department in steps:
            event = WorkOrderEvent(order.id, name, NOW, SYSTEM, order.state.value, order.state.value)
            unit.events.append(event.moved(former, department))
        unit.commit()


@pytest.fixture
def orders(backend: Backend, new_order: NewOrder) -> list[WorkOrder]:
    made = [
        new_order(
            created_at=SUNDAY,
            category="城建/供水/停水/计划停水/通知",
            district="东区",
            street="桥头街道",
            lead_department="a",
        ),
        new_order(created_at=SUNDAY + HOUR, category="城建/供水", district="东区", lead_department="a"),
        new_order(
            created_at=SUNDAY + 2 * DAY, category="城建", district="西区", lead_department="b", type=AppealType.HELP
        ),
        new_order(created_at=SUNDAY + 40 * DAY, category="", district="", supporting_departments=["a"]),
    ]
    put(backend, *made)
    return made


@pytest.mark.parametrize(
    ("dimension", "wanted"),
    [
        (Dimension.CATEGORY_1, {"城建": 3, "": 1}),
        (Dimension.CATEGORY_2, {"城建/供水": 2, "城建": 1, "": 1}),
        (Dimension.CATEGORY_3, {"城建/供水/停水": 1, "城建/供水": 1, "城建": 1, "": 1}),
        (Dimension.CATEGORY_4, {"城建/供水/停水/计划停水": 1, "城建/供水": 1, "城建": 1, "": 1}),
        (Dimension.DISTRICT, {"东区": 2, "西区": 1, "": 1}),
        (Dimension.STREET, {"桥头街道": 1, "": 3}),
        (Dimension.TYPE, {"投诉": 3, "求助": 1}),
        (Dimension.DEPARTMENT, {"a": 2, "b": 1, "": 1}),
        (Dimension.DAY, {"2026-03-08": 1, "2026-03-09": 1, "2026-03-10": 1, "2026-04-17": 1}),
        (Dimension.WEEK, {"2026-03-02": 1, "2026-03-09": 2, "2026-04-13": 1}),
        (Dimension.MONTH, {"2026-03": 3, "2026-04": 1}),
    ],
)
def test_every_cell_lists_what_it_counts(
    backend: Backend, orders: list[WorkOrder], dimension: Dimension, wanted: dict
) -> None:
    with backend.unit() as unit:
        counted = {key: count for (key,), count in unit.figures.counts(Slice(), [dimension])}
        listed = {key: list(unit.figures.orders(Slice(values=((dimension, key),)), 100)) for key in counted}
    assert counted == wanted
    assert {key: len(ids) for key, ids in listed.items()} == wanted
    assert sorted(number for ids in listed.values() for number in ids) == [order.id for order in orders]


def test_two_dimensions_a_period_and_the_readers_sight(backend: Backend, orders: list[WorkOrder]) -> None:
    march = Slice(SUNDAY, SUNDAY + 20 * DAY)
    with backend.unit() as unit:
        crossed = dict(unit.figures.counts(march, [Dimension.DISTRICT, Dimension.TYPE]))
        assert dict(unit.figures.counts(march, [])) == {(): 3}
        assert dict(unit.figures.counts(Slice(NOW + 90 * DAY), [])) == {(): 0}
        assert list(unit.figures.counts(Slice(NOW + 90 * DAY), [Dimension.TYPE])) == []
        seen = dict(unit.figures.counts(Slice(sight=("a",)), [Dimension.DEPARTMENT]))
        assert list(unit.figures.orders(Slice(), 2, 1)) == [orders[2].id, orders[1].id]
    assert crossed == {("东区", "投诉"): 2, ("西区", "求助"): 1}
    assert seen == {("a",): 2, ("",): 1}


def test_what_is_told_leaves_out_the_same_sent_twice_and_reads_a_part_alone(
    backend: Backend, new_order: NewOrder
) -> None:
    part = Dispatching("a", "review", evidence={"part": {"number": 1, "of": 2, "text": "路灯不亮"}})
    first = new_order(created_at=SUNDAY, text="路灯不亮，还有垃圾没人收", dispatching=part, confidential=True)
    other = new_order(created_at=SUNDAY + HOUR, elements=FiveElements(place="桥头"), requester=Requester())
    put(backend, first, other)
    put(backend, new_order(created_at=SUNDAY + HOUR, duplicate_of=first.id), new_order(created_at=SUNDAY + DAY))
    with backend.unit() as unit:
        told = list(unit.figures.told(SUNDAY, SUNDAY + DAY))
    assert [row.id for row in told] == [first.id, other.id]
    assert (told[0].text, told[0].confidential, told[0].person != "") == ("路灯不亮", True, True)
    assert (told[1].place, told[1].person, told[1].at) == ("桥头", "", SUNDAY + HOUR)


@pytest.fixture
def handled(backend: Backend, new_order: NewOrder) -> list[WorkOrder]:
    """Well handled; returned by a and then b's; late; not due yet; of another time."""
    due = SUNDAY + 5 * DAY
    well = new_order(
        created_at=SUNDAY,
        lead_department="a",
        sign_due_at=SUNDAY + HOUR,
        signed_at=SUNDAY + HOUR,
        due_at=due,
        closed_at=due,
    )
    moved = new_order(
        created_at=SUNDAY, lead_department="b", sign_due_at=due, signed_at=due + HOUR, due_at=due, extensions=1
    )
    late = new_order(
        created_at=SUNDAY, lead_department="a", sign_due_at=SUNDAY + HOUR, due_at=due, suspended_at=due - HOUR
    )
    fresh = new_order(created_at=SUNDAY, lead_department="a", sign_due_at=NOW + HOUR, due_at=NOW + DAY)
    other = new_order(created_at=SUNDAY + 30 * DAY, lead_department="a", due_at=due)
    made = [well, moved, late, fresh, other]
    put(backend, *made)
    given = "WorkOrderDispatched"
    happened(backend, well, (given, "", "a"))
    happened(
        backend,
        moved,
        (given, "", "a"),
        ("WorkOrderReturned", "a", ""),
        (given, "", "b"),
        ("SupervisionRaised", "", ""),
    )
    happened(backend, late, (given, "", "b"), ("WorkOrderReassigned", "b", "a"))
    happened(backend, fresh, (given, "", "a"))
    with backend.unit() as unit:
        bad = Finding(well.id, "missing", Severity.MINOR, "……", "缺要素", NOW, "a")
        unit.quality.add(Inspection(well.id, NOW, 90, department="a"), [bad])
        unit.quality.add(Inspection(late.id, NOW, 100, department="a"), [])
        bad.verdict = FindingVerdict.UPHELD
        unit.quality.save_finding(bad)
        unit.commit()
    return made


WANTED = {
    (LeagueMeasure.FIRST_RIGHT, "a"): ([0, 3], [0, 1, 3]),
    (LeagueMeasure.FIRST_RIGHT, "b"): ([], [2]),
    (LeagueMeasure.RETURNED, "a"): ([1], [0, 1, 2, 3]),
    (LeagueMeasure.RETURNED, "b"): ([], [1, 2]),
    (LeagueMeasure.SIGNED_IN_TIME, "a"): ([0], [0, 2]),
    (LeagueMeasure.SIGNED_IN_TIME, "b"): ([], [1]),
    (LeagueMeasure.CLOSED_IN_TIME, "a"): ([0], [0]),
    (LeagueMeasure.CLOSED_IN_TIME, "b"): ([], [1]),
    (LeagueMeasure.FAULTY, "a"): ([0], [0, 2]),
    (LeagueMeasure.EXTENDED, "a"): ([], [0, 2, 3]),
    (LeagueMeasure.EXTENDED, "b"): ([1], [1]),
    (LeagueMeasure.SUPERVISED, "a"): ([], [0, 2, 3]),
    (LeagueMeasure.SUPERVISED, "b"): ([1], [1]),
}
"""Places in `handled` above and below the line."""


def test_measures_count_exactly_what_they_list(backend: Backend, handled: list[WorkOrder]) -> None:
    with backend.unit() as unit:
        tallies = {(LeagueMeasure(row.measure), row.department): row for row in unit.figures.tallies(PERIOD)}
        assert set(tallies) == set(WANTED)
        for (measure, code), (above, below) in WANTED.items():
            for numerator, places in ((True, above), (False, below)):
                ids, total = unit.figures.tallied(PERIOD, measure.value, [code], numerator, 100)
                assert sorted(ids) == [handled[place].id for place in places], (measure, code, numerator)
                assert total == len(places)
            row = tallies[measure, code]
            assert (row.numerator, row.denominator) == (len(above), len(below)), (measure, code)
        both, total = unit.figures.tallied(PERIOD, LeagueMeasure.RETURNED.value, ["a", "b"], False, 2, 1)
    assert (list(both), total) == ([handled[2].id, handled[1].id], 4)


def test_an_empty_period_has_no_tallies(backend: Backend, handled: list[WorkOrder]) -> None:
    with backend.unit() as unit:
        assert list(unit.figures.tallies(Period(NOW + DAY, NOW + 2 * DAY, NOW))) == []
