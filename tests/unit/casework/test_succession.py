"""机构承继: departments renamed, merged and split, with their staff and open orders."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from casework.errors import Conflict, InvalidInput
from casework.organisation.department import Department
from casework.organisation.department_change import ChangeKind, DepartmentHistory
from casework.organisation.reorganisation import MAX_NOTE, Reorganisation
from casework.organisation.staff import Staff
from casework.organisation.succession import Impact, preview, reorganise
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import ACTORS, DISPATCHER, HANDLED, OFFICER, Desk

ADMIN = ACTORS[Role.ADMINISTRATOR]
NOTE = "示府发〔2026〕3号"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    with desk.store.unit() as unit:
        unit.departments.put(
            Department("chengguan", "城市管理局", "城管局", ["查处占道经营", "清运垃圾"], contact="12319")
        )
        unit.departments.put(Department("donghu", "东湖区城管局", parent="chengguan", jurisdiction="东湖区"))
        unit.staff.put(Staff("cheng", "程", Role.DEPARTMENT, "x", "chengguan"))
        unit.staff.put(Staff("shui", "税", Role.DEPARTMENT, "x", "shuiwu"))
        unit.commit()
    return desk


def merge(*sources: str, into: Department, **more: object) -> Reorganisation:
    return Reorganisation(ChangeKind.MERGE, sources, (into,), note=NOTE, **more)  # type: ignore[arg-type]


def rename(code: str, target: Department) -> Reorganisation:
    return Reorganisation(ChangeKind.RENAME, (code,), (target,), note=NOTE)


def split(code: str, *targets: Department, staff: dict | None = None, **mapping: str) -> Reorganisation:
    told = {"" if prefix == "rest" else prefix.replace("_", "/"): code for prefix, code in mapping.items()}
    return Reorganisation(ChangeKind.SPLIT, (code,), targets, told, staff or {}, NOTE)


RULES = [
    {"id": "r1", "then": {"department": "shuiwu"}},
    {"id": "r2", "when": {"department": "chengguan"}, "then": {"review": True}},
    {"id": "r3", "then": {"department": "jiu", "supporting": ["shuiwu"]}},
    {"id": "r4", "then": {"department": "jiu"}},
    {"id": "r5"},
    "broken",
]
MERGED = merge("chengguan", "shuiwu", into=Department("zonghe", "综合执法局"))
SHIRONG, PAISHUI = Department("shirong", "市容局", duties=["市容"]), Department("paishui", "排水局")


def carry_out(desk: Desk, wanted: Reorganisation, version: int | None = None) -> Impact:
    known = desk.work(lambda unit: len(unit.department_changes.all()))
    return desk.work(reorganise, wanted, known if version is None else version, ADMIN, desk.clock)


def refusal(desk: Desk, wanted: Reorganisation) -> str:
    tables = desk.store.tables
    for use_case in (lambda: desk.work(preview, wanted, ADMIN, desk.clock), lambda: carry_out(desk, wanted)):
        with pytest.raises(InvalidInput) as caught:
            use_case()
        assert desk.store.tables == tables
    return caught.value.message


def departments(desk: Desk) -> dict[str, Department]:
    return {one.code: one for one in desk.work(lambda unit: unit.departments.all(active_only=False))}


def staff(desk: Desk, username: str) -> Staff:
    return desk.work(lambda unit: unit.staff.by_username(username))


def of_category(desk: Desk, category: str, change: Callable[[WorkOrder], None] = lambda order: None) -> WorkOrder:
    def set_up(order: WorkOrder) -> None:
        order.category = category
        change(order)

    return desk.put(set_up, desk.file())


def test_a_merge_moves_departments_staff_and_open_orders(desk: Desk) -> None:
    waiting, working = desk.file(), desk.go(desk.file(), "sign")
    archived = desk.put(lambda order: setattr(order, "state", State.ARCHIVED), desk.file())
    helped = desk.put(lambda order: setattr(order, "supporting_departments", ["chengguan"]), desk.file())
    desk.put(lambda order: setattr(order, "lead_department", "jiu"), helped)
    seen = desk.work(preview, MERGED, ADMIN, desk.clock, RULES)
    assert (seen.moved, seen.supporting, seen.pending, seen.history, seen.rules) == (
        {"zonghe": 2},
        1,
        [],
        1,
        ["r1", "r2", "r3"],
    )
    assert departments(desk)["chengguan"].active, "a preview writes nothing"
    done = carry_out(desk, MERGED)
    assert (done.moved, done.supporting, done.history) == ({"zonghe": 2}, 1, 1)
    after = departments(desk)
    assert [after[code].active for code in ("chengguan", "shuiwu", "zonghe")] == [False, False, True]
    assert after["zonghe"].duties == ["查处占道经营", "清运垃圾"], "the duties come along"
    assert after["donghu"].parent == "zonghe"
    assert (staff(desk, "cheng").department, staff(desk, "shui").department) == ("zonghe", "zonghe")
    for order, state in ((waiting, State.DISPATCHED), (working, State.PROCESSING)):
        moved, event = desk.order(order.id), desk.events(order.id)[-1]
        assert (moved.lead_department, moved.state, moved.corrected) == ("zonghe", state, False)
        assert (event.name, event.reason, event.actor) == ("DepartmentSucceeded", NOTE, ADMIN)
        assert (event.state_from, event.state_to) == (state.value, state.value)
        assert (event.department_from, event.department_to) == ("chengguan", "zonghe")
        assert moved.dispatching.department == "chengguan", "what was decided then is history"
    assert desk.order(archived.id) == archived
    assert desk.order(helped.id).supporting_departments == ["zonghe"]
    new_officer = replace(OFFICER, department="zonghe")
    assert desk.act(waiting, "sign", by=new_officer).state is State.PROCESSING


def test_merging_into_a_department_that_exists_and_helped_already(desk: Desk) -> None:
    helped = desk.put(lambda order: setattr(order, "supporting_departments", ["shuiwu"]), desk.file())
    carry_out(desk, merge("chengguan", into=Department("shuiwu", "")))
    order = desk.order(helped.id)
    assert (order.lead_department, order.supporting_departments) == ("shuiwu", [])
    assert departments(desk)["shuiwu"].name == "水务局"
    assert departments(desk)["shuiwu"].duties == ["查处占道经营", "清运垃圾"]


def test_a_new_name_changes_nothing_else(desk: Desk) -> None:
    order = desk.file()
    done = carry_out(desk, rename("chengguan", Department("chengguan", "综合执法局", "综执局")))
    assert (done.moved, done.plan.staff, done.plan.former["chengguan"].name) == ({}, [], "城市管理局")
    after = departments(desk)["chengguan"]
    assert (after.name, after.short_name, after.contact, after.active) == ("综合执法局", "综执局", "12319", True)
    assert desk.order(order.id).version == order.version and len(desk.events(order.id)) == 3
    history = DepartmentHistory(desk.work(lambda unit: unit.department_changes.all()))
    assert history.name_then("chengguan", desk.events(order.id)[0].at.replace(year=2025), "综合执法局") == "城市管理局"


def test_a_new_code_succeeds_the_old_one(desk: Desk) -> None:
    order = desk.file()
    carry_out(desk, rename("chengguan", Department("zhifa", "综合执法局")))
    after = departments(desk)
    assert (after["zhifa"].duties, after["zhifa"].contact) == (after["chengguan"].duties, "12319")
    assert not after["chengguan"].active and after["chengguan"].name == "城市管理局"
    assert (desk.order(order.id).lead_department, staff(desk, "cheng").department) == ("zhifa", "zhifa")


def test_a_split_goes_by_category_and_the_rest_waits_for_a_dispatcher(desk: Desk) -> None:
    street, drain = of_category(desk, "市容/占道"), of_category(desk, "市容/排水/堵塞")
    noise = of_category(desk, "噪声")
    wanted = split("chengguan", SHIRONG, PAISHUI, 市容="shirong", 市容_排水="paishui")
    seen = desk.work(preview, wanted, ADMIN, desk.clock)
    done = carry_out(desk, wanted)
    for impact in (seen, done):
        assert impact.moved == {"shirong": 1, "paishui": 1}
        assert [order.id for order in impact.pending] == [noise.id]
        assert [(account.username, target) for account, target in impact.plan.staff] == [("cheng", "")]
        assert [one.code for one in impact.plan.orphans] == ["donghu"]
    assert desk.order(street.id).lead_department == "shirong" and desk.order(drain.id).lead_department == "paishui"
    assert desk.order(noise.id) == noise and not departments(desk)["chengguan"].active
    carry_out(desk, rename("donghu", Department("donghu", "东湖分局")))
    given = desk.act(noise, "reassign", DISPATCHER, department="shirong", reason="拆分后由市容局承办")
    assert (given.lead_department, given.state) == ("shirong", State.DISPATCHED)


def test_a_split_department_that_lives_on_keeps_what_nobody_else_takes(desk: Desk) -> None:
    drain, noise = of_category(desk, "排水"), of_category(desk, "噪声")
    done = carry_out(desk, split("chengguan", Department("chengguan", ""), PAISHUI, 排水="paishui"))
    assert (done.moved, done.pending) == ({"paishui": 1}, [])
    assert desk.order(drain.id).lead_department == "paishui" and desk.order(noise.id) == noise
    after = departments(desk)
    assert after["chengguan"].active and after["donghu"].parent == "chengguan"
    assert staff(desk, "cheng").department == "chengguan"


def test_in_a_split_accounts_and_units_go_with_the_rest_or_as_said(desk: Desk) -> None:
    wanted = split("chengguan", SHIRONG, PAISHUI, rest="shirong", staff={"cheng": "paishui"})
    carry_out(desk, wanted)
    assert staff(desk, "cheng").department == "paishui" and departments(desk)["donghu"].parent == "shirong"


def test_of_two_administrators_one_is_told(desk: Desk) -> None:
    carry_out(desk, MERGED, version=0)
    with pytest.raises(Conflict, match="重新预览"):
        carry_out(desk, rename("jiu", Department("jiu", "新城办")), version=0)
    assert len(desk.work(lambda unit: unit.department_changes.all())) == 1


def test_a_change_is_put_right_by_another(desk: Desk) -> None:
    order = desk.file()
    carry_out(desk, MERGED)
    assert "曾是“城市管理局”的代码" in refusal(desk, rename("zonghe", Department("chengguan", "城市管理局")))
    carry_out(desk, split("zonghe", Department("cheng2", "城市管理局"), Department("shui2", "水务局"), rest="cheng2"))
    assert desk.order(order.id).lead_department == "cheng2"
    history = DepartmentHistory(desk.work(lambda unit: unit.department_changes.all()))
    assert history.now("chengguan") == history.now("shuiwu") == ("cheng2",)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (replace(MERGED, note=" "), "调整依据"),
        (replace(MERGED, note="依" * (MAX_NOTE + 1)), "以内"),
        (merge(into=SHIRONG), "请选择要合并的单位"),
        (merge("chengguan", "chengguan", into=SHIRONG), "重复"),
        (merge("chengguan", "shuiwu", into=Department("shuiwu", "")), "不用列在"),
        (merge("keine", into=SHIRONG), "没有代码为“keine”"),
        (merge("jiu", into=SHIRONG), "“旧城办”已停用"),
        (merge("chengguan", into=Department("neu", "")), "新单位请填写名称"),
        (merge("chengguan", into=Department("a b", "新局")), "单位代码“a b”"),
        (merge("chengguan", into=Department("jiu", "新局")), "曾是“旧城办”的代码"),
        (merge("chengguan", into=Department("shuiwu", "排水局")), "已是“水务局”的代码"),
        (merge("chengguan", into=Department("neu", "水务局")), "已是单位“水务局”"),
        (merge("chengguan", into=Department("neu", "新局", "水务局")), "已是单位“水务局”"),
        (merge("chengguan", into=Department("neu", "新局", parent="chengguan")), "不能作新单位的上级"),
        (merge("chengguan", into=Department("neu", "新局", parent="keine")), "上级单位"),
        (merge("chengguan", into=SHIRONG, mapping={"a": "shirong"}), "只有拆分"),
        (rename("chengguan", Department("chengguan", "城市管理局")), "新的单位名称"),
        (rename("chengguan", Department("shuiwu", "")), "已是“水务局”的代码"),
        (rename("chengguan", Department("chengguan", "水务局")), "已是单位“水务局”"),
        (split("chengguan", SHIRONG), "至少要有两个"),
        (split("chengguan", SHIRONG, SHIRONG), "重复"),
        (split("chengguan", SHIRONG, PAISHUI, 市容="shuiwu"), "不在拆分后的单位里"),
        (split("chengguan", SHIRONG, replace(PAISHUI, name="市容局")), "已是单位“市容局”"),
        (split("chengguan", SHIRONG, PAISHUI, staff={"shui": "shirong"}), "不属于被拆分的单位"),
        (split("chengguan", SHIRONG, PAISHUI, staff={"cheng": "shuiwu"}), "人员去向"),
        (
            replace(split("chengguan", SHIRONG, PAISHUI), mapping={"市容": "shirong", "市容/": "paishui"}),
            "写了两个去向",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(desk: Desk, wanted: Reorganisation, message: str) -> None:
    assert message in refusal(desk, wanted)


def test_a_source_is_gone_for_good(desk: Desk) -> None:
    carry_out(desk, MERGED)
    assert "已于2026-03-09合并" in refusal(desk, merge("chengguan", into=Department("zonghe", "")))
    assert "曾是“城市管理局”的代码" in refusal(desk, merge("zonghe", into=Department("chengguan", "")))


def test_closed_orders_are_not_touched(desk: Desk) -> None:
    closed = desk.go(desk.file(), *HANDLED)
    done = carry_out(desk, MERGED)
    assert (done.moved, done.history) == ({}, 1) and desk.order(closed.id) == closed
