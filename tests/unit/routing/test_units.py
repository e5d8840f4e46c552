"""属地单位: which unit of a department handles what happens in a district, and why."""

import json

import pytest

import demo
from casework.organisation.city import City
from casework.organisation.department import Department, with_units
from routing.places import Location, Places
from routing.units import Placement, Units

CGJ = Department("cgj", "市城市管理局")
NORTH = Department("cgj-b", "北苑区城市管理局", jurisdiction="北苑区", parent="cgj")
SOUTH = Department("cgj-n", "南汀区城市管理局", jurisdiction="南汀区", parent="cgj")
GONE = Department("cgj-s", "松岭区城市管理局", jurisdiction="松岭区", parent="cgj", active=False)
GJJ = Department("gjj", "市公积金中心")
UNITS = Units([CGJ, NORTH, SOUTH, GONE, GJJ])
PLACES = Places(City.from_dict(json.loads(demo.CITY.read_text(encoding="utf-8"))))


def placed(text: str, code: str = "cgj", told: str = "") -> Placement:
    return UNITS.placed(code, PLACES.locate(text, told))


@pytest.mark.parametrize("code", ["cgj", "cgj-b", "cgj-n"])
def test_the_unit_is_found_from_the_parent_or_another_unit(code: str) -> None:
    assert UNITS.unit_of(code, "北苑区") is NORTH
    assert UNITS.parent_of(code) == "cgj"


@pytest.mark.parametrize(
    ("code", "district"), [("gjj", "北苑区"), ("cgj", "青溪县"), ("cgj", "松岭区"), ("x", "北苑区"), ("cgj", "")]
)
def test_where_there_is_no_unit(code: str, district: str) -> None:
    assert UNITS.unit_of(code, district) is None


def test_a_department_without_a_parent_is_its_own() -> None:
    assert UNITS.parent_of("gjj") == "gjj" and UNITS.parent_of("unknown") == "unknown"


@pytest.mark.parametrize(
    ("text", "told", "reason"),
    [
        ("北苑区路灯坏了", "", "文中提到北苑区，由北苑区城市管理局办理。"),
        ("槐荫路路灯坏了", "", "文中提到“槐荫路”，在北苑区，由北苑区城市管理局办理。"),
        ("怀荫路路灯坏了", "", "文中提到“怀荫路”（应为“槐荫路”），在北苑区，由北苑区城市管理局办理。"),
        ("路灯坏了", "槐荫路", "登记的地点是“槐荫路”，在北苑区，由北苑区城市管理局办理。"),
        ("路灯坏了", "北苑区", "登记的地点是北苑区，由北苑区城市管理局办理。"),
    ],
)
def test_the_place_chooses_the_unit_and_says_so(text: str, told: str, reason: str) -> None:
    assert placed(text, told=told) == Placement("cgj-b", reason)


def test_a_unit_that_was_chosen_gives_way_to_that_of_the_place() -> None:
    assert placed("滨河公园的灯", "cgj-b").department == "cgj-n"


def test_without_a_district_the_parent_keeps_it_and_asks() -> None:
    found = placed("路灯坏了")
    assert (found.department, found.ask) == ("cgj", True)
    assert found.reason == "文中没有说明在哪个区县，区县未定，先由市城市管理局承办，请核实地点。"


def test_an_ambiguous_place_is_named_in_the_reason() -> None:
    found = placed("建设路的路灯坏了")
    assert (found.department, found.ask) == ("cgj", True)
    assert found.reason == "“建设路”在南汀区和北苑区都有，区县未定，先由市城市管理局承办，请核实地点。"


def test_places_in_two_districts_are_both_named() -> None:
    found = placed("南汀区和北苑区交界处的路灯坏了")
    assert found.ask and "文中提到的地点分属南汀区和北苑区" in found.reason


def test_a_district_without_a_unit_leaves_it_to_the_parent_without_asking() -> None:
    found = placed("青溪县的路灯坏了")
    assert (found.department, found.ask) == ("cgj", False) and "没有下属单位" in found.reason


def test_a_department_without_units_has_nothing_to_say() -> None:
    assert placed("路灯坏了", "gjj") == Placement("gjj")
    assert UNITS.placed("unknown", Location()) == Placement("unknown")


def test_whose_orders_a_departments_staff_may_read() -> None:
    departments = [CGJ, NORTH, SOUTH, GJJ]
    assert with_units("cgj", departments) == ("cgj", "cgj-b", "cgj-n")
    assert with_units("cgj-b", departments) == ("cgj-b",)
    assert with_units("", departments) == ("",)


def test_the_demonstration_citys_units_hang_together() -> None:
    rows = [json.loads(line) for path in demo.departments() for line in path.read_text(encoding="utf-8").splitlines()]
    departments = {row["code"]: Department(**row) for row in rows}
    assert len(departments) == len(rows)
    units = [one for one in departments.values() if one.parent]
    assert {unit.parent for unit in units} == {"cgj", "sthj", "jyj", "scjg", "mzj", "zjj", "wjw", "nyj"}
    assert all(not departments[unit.parent].parent and not unit.duties for unit in units)
    assert {unit.jurisdiction for unit in units} == set(PLACES.city.districts)
    names = [name for one in departments.values() for name in (one.name, one.short_name)]
    assert len({one.name for one in departments.values()}) == len(departments)
    assert all(names.count(unit.short_name) == 1 for unit in units if unit.short_name != unit.name)
    assert {unit.jurisdiction for unit in units if unit.parent == "nyj"} == set(PLACES.city.districts) - {"科创区"}
