"""承办单位名录: added, edited and imported; nothing is saved when one line is wrong."""

from dataclasses import replace

import pytest

from casework.errors import Conflict, InvalidInput, NotFound
from casework.organisation.department import Department
from casework.organisation.department_change import ChangeKind
from casework.organisation.department_register import (
    MAX_TOLD,
    add_department,
    edit_department,
    fingerprint,
    import_departments,
)
from casework.organisation.reorganisation import Reorganisation
from casework.organisation.succession import reorganise
from casework.transitions import Role
from tests.unit.casework.desk import ACTORS, HANDLED, Desk


def all_of(desk: Desk) -> dict[str, Department]:
    return {one.code: one for one in desk.work(lambda unit: unit.departments.all(active_only=False))}


def edit(desk: Desk, code: str, **changes: object) -> Department:
    stored = all_of(desk)[code]
    return desk.work(edit_department, replace(stored, **changes), fingerprint(stored))


def refused(desk: Desk, use_case, *arguments: object) -> str:
    before = desk.store.tables
    with pytest.raises(InvalidInput) as caught:
        desk.work(use_case, *arguments)
    assert desk.store.tables == before
    return caught.value.message


def test_duties_hours_and_contact_are_edited(desk: Desk) -> None:
    made = edit(desk, "chengguan", duties=[" 清运垃圾 ", "", "边界：河道由水务局负责", "清运垃圾"], contact=" 12319 ")
    assert made == all_of(desk)["chengguan"]
    assert (made.duties, made.contact) == (["清运垃圾", "边界：河道由水务局负责"], "12319")


def test_of_two_who_edit_one_is_told(desk: Desk) -> None:
    stored = all_of(desk)["chengguan"]
    edit(desk, "chengguan", contact="12319")
    with pytest.raises(Conflict, match="刚刚被其他人修改过"):
        desk.work(edit_department, replace(stored, contact="0"), fingerprint(stored))
    with pytest.raises(NotFound):
        desk.work(edit_department, Department("neu", "新"), "")


def test_a_department_at_work_is_not_switched_off(desk: Desk) -> None:
    order, stored = desk.file(), all_of(desk)["chengguan"]
    off = replace(stored, active=False)
    assert "还有1张在办工单" in refused(desk, edit_department, off, fingerprint(stored))
    desk.work(add_department, Department("donghu", "东湖区城管局", parent="chengguan"))
    desk.go(order, *HANDLED)
    assert "下属单位“东湖区城管局”" in refused(desk, edit_department, off, fingerprint(stored))
    edit(desk, "donghu", active=False)
    assert not edit(desk, "chengguan", active=False).active
    assert edit(desk, "chengguan", active=True).active, "nothing has taken its place"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "综合执法局"}, "请用“更名”"),
        ({"short_name": "水务局"}, "已是单位“水务局”"),
        ({"parent": "keine"}, "上级单位"),
        ({"parent": "chengguan"}, "上级"),
        ({"parent": "jiu"}, "已停用"),
        ({"duties": ["责" * 501]}, "过长"),
        ({"duties": [f"责{i}" for i in range(301)]}, "301条"),
        ({"contact": "1" * 201}, "联系方式"),
    ],
)
def test_an_edit_that_cannot_be(desk: Desk, changes: dict, message: str) -> None:
    stored = all_of(desk)["chengguan"]
    assert message in refused(desk, edit_department, replace(stored, **changes), fingerprint(stored))


def test_a_unit_has_no_units(desk: Desk) -> None:
    desk.work(add_department, Department("donghu", "东湖区城管局", parent="chengguan"))
    below = Department("jie", "石桥街道", parent="donghu")
    assert "应是市级单位" in refused(desk, add_department, below)
    stored = all_of(desk)["chengguan"]
    upper = replace(stored, parent="shuiwu")
    assert "已有下属单位" in refused(desk, edit_department, upper, fingerprint(stored))


def test_a_code_is_given_once(desk: Desk) -> None:
    assert "已是“水务局”的代码" in refused(desk, add_department, Department("shuiwu", "排水局"))
    assert "曾是“旧城办”的代码" in refused(desk, add_department, Department("jiu", "新城办"))
    merged = Reorganisation(ChangeKind.MERGE, ("shuiwu",), (Department("chengguan", ""),), note="依据")
    desk.work(reorganise, merged, 0, ACTORS[Role.ADMINISTRATOR], desk.clock)
    stored = all_of(desk)["shuiwu"]
    assert "合并" in refused(desk, edit_department, replace(stored, active=True), fingerprint(stored))
    assert "合并" in refused(desk, import_departments, [("第1行", {"code": "shuiwu", "active": "是"})])


def test_an_import_adds_and_updates_what_it_names(desk: Desk) -> None:
    edit(desk, "chengguan", contact="12319")
    rows = [
        ("第2行", {"code": "donghu", "name": "东湖区城管局", "parent": "neu", "jurisdiction": "东湖区"}),
        (
            "第3行",
            {"code": "neu", "name": "新局", "duties": "修路灯；清垃圾\n边界：停电由供电公司负责", "active": "是"},
        ),
        ("第4行", {"code": "chengguan", "name": "", "duties": ["清运垃圾"]}),
        ("第5行", {"code": "shuiwu", "name": "水务局"}),
    ]
    done = desk.work(import_departments, rows)
    assert (done.added, done.changed, done.unchanged) == (2, 1, 1)
    after = all_of(desk)
    assert after["neu"].duties == ["修路灯", "清垃圾", "边界：停电由供电公司负责"]
    assert after["chengguan"] == Department("chengguan", "城市管理局", duties=["清运垃圾"], contact="12319")
    assert after["donghu"].parent == "neu", "a unit may stand before its parent"
    assert desk.work(import_departments, rows).unchanged == 4


def test_with_one_wrong_line_nothing_is_saved_and_each_is_named(desk: Desk) -> None:
    rows = [
        ("第1行", {"code": "gut", "name": "好局"}),
        ("第2行", {"name": "没有代码"}),
        ("第3行", {"code": "x"}),
        ("第4行", {"code": "gut", "name": "又一个"}),
        ("第5行", {"code": "shuiwu", "name": "排水局"}),
        ("第6行", {"code": "y", "name": "甲局", "active": "也许"}),
        ("第7行", {"code": "z", "name": "乙局", "duties": {"a": 1}}),
        ("第8行", {"code": "w", "name": "好局"}),
        ("第9行", {"code": "v", "name": ["丙局"]}),
    ]
    message = refused(desk, import_departments, rows)
    assert message.startswith("名录中有9处问题，没有保存任何内容")
    places = [line.partition("：")[0] for line in message.splitlines()[1:]]
    assert places == [f"第{i}行" for i in range(1, 10)], "in the order of the file; of one name twice, both"
    for place, told in (
        ("第2行", "缺少单位代码"),
        ("第3行", "缺少单位名称"),
        ("第4行", "与第1行重复"),
        ("第5行", "更名"),
        ("第6行", "不能是“也许”"),
        ("第7行", "权责清单"),
        ("第8行", "“好局”"),
        ("第9行", "name 应为文字"),
    ):
        assert told in next(line for line in message.splitlines() if line.startswith(place))
    many = [(f"第{i}行", {"code": ""}) for i in range(1, MAX_TOLD + 6)]
    assert refused(desk, import_departments, many).endswith("……另有5处。")
    assert refused(desk, import_departments, []) == "名录中没有单位。"
