"""Contract of 质检: findings listed and counted, coverage of closings, what a special inspection selects and keeps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from casework.callback.callback import Callback
from casework.errors import Conflict, InvalidInput, NotFound
from casework.quality.quality import (
    ClosingQuery,
    Finding,
    FindingFilter,
    FindingVerdict,
    Inspection,
    Severity,
    SpecialInspection,
)
from casework.work_order import ClosingKind, WorkOrder
from tests.integration.storage.conftest import NOW, Backend, Database

NewOrder = Callable[..., WorkOrder]
DAY = timedelta(days=1)


@pytest.fixture
def orders(backend: Backend, new_order: NewOrder) -> list[int]:
    """Three closings: two of CGJ (one day apart), one of GAJ; the first is inspected with two findings."""
    made = []
    rows = (
        ("CGJ", "东区", "环境/垃圾", "楼下垃圾没人清运", 0),
        ("CGJ", "西区", "环境/垃圾分类", "路灯不亮", 1),
        ("GAJ", "东区", "治安", "夜里有人敲鼓", 2),
    )
    with backend.unit() as unit:
        for department, district, category, text, day in rows:
            order = new_order(text=text, category=category, district=district)
            order.reply, order.closing_kind, order.lead_department = f"已处理{text}", ClosingKind.SOLVED, department
            unit.work_orders.add(order)
            at = NOW + DAY * day
            callback = Callback(
                order.id, at, at + DAY, closed_at=at, department=department, district=district, order_type="投诉"
            )
            callback.rating = day + 1
            unit.callbacks.add(callback)
            made.append(order.id)
        findings = [
            Finding(made[0], "buck_passing", Severity.SERIOUS, "请自行联系", "推诿", NOW, "CGJ"),
            Finding(
                made[0],
                "no_date",
                Severity.MINOR,
                "尽快维修",
                "无期限",
                NOW + DAY,
                "CGJ",
                verdict=FindingVerdict.UPHELD,
            ),
        ]
        unit.quality.add(Inspection(made[0], NOW, 50, 0, "CGJ", "rules-1"), findings)
        unit.quality.add(
            Inspection(made[2], NOW, 90, 0, "GAJ", "rules-1"),
            [
                Finding(
                    made[2], "no_date", Severity.MINOR, "择日", "无期限", NOW, "GAJ", verdict=FindingVerdict.REJECTED
                )
            ],
        )
        unit.commit()
    return made


@pytest.mark.parametrize(
    ("wanted", "rules"),
    [
        (FindingFilter(), ["no_date", "no_date", "buck_passing"]),
        (FindingFilter(rule="buck_passing"), ["buck_passing"]),
        (FindingFilter(severity="轻微", department="CGJ"), ["no_date"]),
        (FindingFilter(verdict="rejected"), ["no_date"]),
        (FindingFilter(start=NOW + timedelta(hours=1)), ["no_date"]),
        (FindingFilter(end=NOW + timedelta(hours=1)), ["no_date", "buck_passing"]),
        (FindingFilter(departments=("GAJ", "JYJ")), ["no_date"]),
        (FindingFilter(departments=("JYJ",)), []),
    ],
)
def test_findings_are_listed_by_what_is_asked(
    backend: Backend, orders, wanted: FindingFilter, rules: list[str]
) -> None:
    with backend.unit() as unit:
        found, total = unit.quality.findings(wanted)
        assert ([one.rule for one in found], total) == (rules, len(rules))
        assert sum(unit.quality.tally(wanted).values()) == len(rules)


def test_findings_come_in_pages_and_counts_by_verdict(backend: Backend, orders) -> None:
    with backend.unit() as unit:
        page, total = unit.quality.findings(FindingFilter(), 1, 1)
        assert (len(page), total) == (1, 3)
        assert unit.quality.tally(FindingFilter()) == {
            ("buck_passing", "open"): 1,
            ("no_date", "upheld"): 1,
            ("no_date", "rejected"): 1,
        }


def test_coverage_counts_closings_and_what_is_left_is_named(backend: Backend, orders) -> None:
    with backend.unit() as unit:
        assert unit.quality.coverage(None, None) == (2, 3)
        assert unit.quality.coverage(NOW, NOW + DAY) == (1, 1)
        assert unit.quality.coverage(NOW + DAY, None, ("CGJ",)) == (0, 1)
        assert unit.quality.uninspected(NOW + DAY * 9) == [(orders[1], 0)]
        assert unit.quality.uninspected(NOW + DAY) == []


def test_a_former_closing_is_not_asked_for_again(backend: Backend, orders) -> None:
    with backend.unit() as unit:
        order = unit.work_orders.get(orders[1])
        order.reworks = 1
        unit.work_orders.save(order)
        unit.commit()
    with backend.unit() as unit:
        assert unit.quality.uninspected(NOW + DAY * 9) == []
        assert unit.quality.coverage(None, None) == (2, 3)


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (ClosingQuery(), [0, 1, 2]),
        (ClosingQuery(start=NOW + DAY, end=NOW + DAY * 2), [1]),
        (ClosingQuery(departments=("CGJ",), districts=("西区",)), [1]),
        (ClosingQuery(category="环境/垃圾"), [0]),
        (ClosingQuery(category="环境"), [0, 1]),
        (ClosingQuery(text="路灯"), [1]),
        (ClosingQuery(ratings=(1, 3)), [0, 2]),
        (ClosingQuery(rules=("buck_passing",)), [0]),
        (ClosingQuery(closing_kind="未解决"), []),
        (ClosingQuery(types=("咨询",)), []),
    ],
)
def test_closings_are_selected(backend: Backend, orders: list[int], wanted: ClosingQuery, places: list[int]) -> None:
    with backend.unit() as unit:
        assert [order_id for order_id, _ in unit.quality.closings(wanted)] == [orders[place] for place in places]


def test_a_query_that_is_too_long_is_refused(backend: Backend) -> None:
    with backend.unit() as unit, pytest.raises(InvalidInput):
        unit.quality.closings(ClosingQuery(text="长" * 5000))


def test_special_inspections_come_back_and_one_writer_wins(backend: Backend) -> None:
    one = SpecialInspection("垃圾专项", NOW, "du", {"text": "垃圾"}, 5, 7, [3, 1], {"3": {"verdict": "ok"}})
    with backend.unit() as unit:
        unit.quality.add_special(one)
        unit.quality.add_special(replace(one, name="第二次", id=0))
        unit.commit()
    with backend.unit() as unit:
        assert unit.quality.special(one.id) == one
        assert [row.name for row in unit.quality.specials()] == ["第二次", "垃圾专项"]
        with pytest.raises(NotFound):
            unit.quality.special(99)
    with backend.unit() as first, backend.unit() as second:
        mine, theirs = first.quality.special(one.id), second.quality.special(one.id)
        mine.closed = True
        first.quality.save_special(mine)
        first.commit()
        with pytest.raises(Conflict):
            second.quality.save_special(theirs)


def test_an_objection_is_encrypted(database: Database, new_order: NewOrder) -> None:
    with database.unit() as unit:
        order = new_order()
        unit.work_orders.add(order)
        finding = Finding(order.id, "tone", Severity.MEDIUM, "您自己也有责任", "", NOW, objection="市民赵晓岚骂人在先")
        unit.quality.add(Inspection(order.id, NOW, 80), [finding])
        unit.commit()
    assert "赵晓岚骂人" not in database.raw()
    assert "您自己也有责任" not in database.raw()


def test_history_is_not_inspected_and_lowers_no_coverage(backend: Backend, orders) -> None:
    with backend.unit() as unit:
        (callback,) = unit.callbacks.of(orders[1])
        callback.excluded = "history"
        unit.callbacks.save(callback)
        unit.commit()
    with backend.unit() as unit:
        assert unit.quality.coverage(None, None) == (2, 2)
        assert unit.quality.uninspected(NOW + DAY * 9) == []
