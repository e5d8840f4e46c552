"""The file that the stored orders are trained on: what is chosen, under which department, and what is left out."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from api.instance import Instance
from api.training_data import Selection, Written, write_departments, write_orders
from casework.errors import InvalidInput
from casework.organisation.department import Department
from casework.organisation.department_change import ChangeKind, DepartmentChange
from tests.small_city import DEPARTMENTS, TEXTS
from tests.small_instance import FIRST, UNIT, small_instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return small_instance(tmp_path / "data")


def written(instance: Instance, folder: Path, *chosen: object) -> tuple[Written, list[dict]]:
    path = folder / "orders.jsonl"
    told = write_orders(instance, path, Selection.of(*chosen))  # type: ignore[arg-type]
    return told, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_everything_by_default_with_all_that_the_order_tells(instance: Instance, tmp_path: Path) -> None:
    told, rows = written(instance, tmp_path)
    assert (told.rows, told.corrected, told.unresolved, told.closed) == (40, 2, 0, 0)
    assert rows[0] == {
        "text": TEXTS["water"][0],
        "department": "water",
        "category": "water/故障",
        "created_at": FIRST.isoformat(),
        "type": "投诉",
        "urgency": rows[0]["urgency"],
        "sentiment": "不满",
        "supporting": ["power"],
    }
    assert rows[0]["urgency"]
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)


def test_a_district_unit_is_taught_as_its_parent(instance: Instance, tmp_path: Path) -> None:
    told, rows = written(instance, tmp_path)
    assert told.counts == {"water": 10, "power": 10, "school": 10, "street": 10}
    assert rows[-1]["text"] == TEXTS["street"][-1] and rows[-1]["department"] == "street"
    assert written(instance, tmp_path, "", "", ["street"])[0].rows == 10
    assert written(instance, tmp_path, "", "", [UNIT.code])[0].rows == 10


def test_a_period_includes_both_its_days_in_the_city_s_time(instance: Instance, tmp_path: Path) -> None:
    told, rows = written(instance, tmp_path, "2026-01-03", "2026-01-05")
    assert told.rows == 3
    assert [row["created_at"][:10] for row in rows] == ["2026-01-03", "2026-01-04", "2026-01-05"]
    with instance.unit() as work:
        order = work.work_orders.get(1)
        order.id = 0
        order.created_at = FIRST.replace(day=6, hour=0, minute=10)  # the fifth, in UTC
        work.work_orders.add(order)
        work.commit()
    assert written(instance, tmp_path, "2026-01-03", "2026-01-05")[0].rows == 3
    assert written(instance, tmp_path, "2026-01-06", "2026-01-06")[0].rows == 2


def test_departments_are_chosen_by_code(instance: Instance, tmp_path: Path) -> None:
    told, rows = written(instance, tmp_path, "", "", ["water", "power"])
    assert told.counts == {"water": 10, "power": 10} and {row["department"] for row in rows} == {"water", "power"}
    with pytest.raises(InvalidInput, match="没有代码为“nobody”"):
        written(instance, tmp_path, "", "", ["nobody"])


@pytest.mark.parametrize(("days", "told"), [(("2026-1", ""), "不是日期"), (("2026-02-01", "2026-01-01"), "晚于")])
def test_days_that_are_none_are_refused(days: tuple[str, str], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        Selection.of(*days)


def test_what_was_chosen_can_be_kept_and_read_again() -> None:
    chosen = Selection.of("2026-01-01", "", ["a", "b", "a"])
    assert Selection.from_dict(json.loads(json.dumps(chosen.as_dict()))) == chosen
    assert chosen.departments == ("a", "b")
    assert Selection.from_dict({"since": "2026-01-01", "trainer": "light"}) == Selection.of("2026-01-01")


def test_history_stays_usable_when_departments_change(instance: Instance, tmp_path: Path) -> None:
    """water is merged into power; school is split by category, and its mapping is silent about these orders."""
    later = FIRST + timedelta(days=100)
    with instance.unit() as work:
        for one in (DEPARTMENTS[0], DEPARTMENTS[2]):
            work.departments.put(Department(one.code, one.name, active=False))
        work.departments.put(Department("s1", "学前教育局"))
        work.departments.put(Department("s2", "基础教育局"))
        work.department_changes.add(DepartmentChange(ChangeKind.MERGE, ("water",), ("power",), later, "admin"))
        split = DepartmentChange(ChangeKind.SPLIT, ("school",), ("s1", "s2"), later, "admin", {"幼儿园": "s1"})
        work.department_changes.add(split)
        work.commit()
    told, rows = written(instance, tmp_path)
    assert told.counts == {"power": 20, "street": 10} and told.unresolved == 10
    assert rows[0]["department"] == "power"
    assert written(instance, tmp_path, "", "", ["water"])[0].counts == {"power": 20}


def test_orders_of_a_closed_department_are_left_out_and_counted(instance: Instance, tmp_path: Path) -> None:
    with instance.unit() as work:
        work.departments.put(Department("school", "市教育局", active=False))
        work.commit()
    told, _ = written(instance, tmp_path)
    assert told.rows == 30 and told.closed == 10


def test_departments_are_written_with_all_that_training_uses(instance: Instance, tmp_path: Path) -> None:
    write_departments(instance, tmp_path / "d.jsonl")
    rows = {row["code"]: row for row in map(json.loads, (tmp_path / "d.jsonl").read_text("utf-8").splitlines())}
    assert rows["water"]["short_name"] == "水务集团" and rows["water"]["duties"]
    assert (rows[UNIT.code]["parent"], rows[UNIT.code]["jurisdiction"]) == ("street", "东区")
