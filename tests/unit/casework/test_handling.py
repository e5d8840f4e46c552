"""办理: what staff do, checked against the table, the version and what an action needs."""

from datetime import timedelta

import pytest

from casework.callback.callback import CallbackState
from casework.deadline.calendar import CITY_TIME
from casework.errors import Conflict, Forbidden, HotlineError, IllegalTransition, InvalidInput, NotFound
from casework.events import Actor
from casework.handling.direct_answer import directly_answered
from casework.handling.handling import BY_HAND, Action, act, actions_for, check_sight, sight_of, supports
from casework.organisation.department import Department
from casework.ports import WorkOrderFilter
from casework.transitions import TABLE, Role, State
from casework.work_order import MAX_REPLY, ClosingKind, WorkOrder
from tests.unit.casework.desk import (
    ACTORS,
    AGENT,
    DISPATCHER,
    HANDLED,
    OFFICER,
    RULES,
    STRANGER,
    SUPERVISOR,
    Desk,
)


def steps(order: WorkOrder, by: Actor) -> list[str]:
    """The actions shown that change the state."""
    flags = {row.action for row in TABLE if row.target is None}
    return [name for name in actions_for(order, by) if name not in flags]


def refused(desk: Desk, error: type[HotlineError], order: WorkOrder, action: str, **what: object) -> str:
    """The message with which an action is refused; the order and its history must be as before."""
    before, history = desk.order(order.id), desk.events(order.id)
    with pytest.raises(error) as caught:
        desk.act(order, action, **what)
    assert (desk.order(order.id), desk.events(order.id)) == (before, history)
    assert desk.callbacks(order.id) == []
    return caught.value.message


def test_from_dispatch_to_closing(desk: Desk) -> None:
    order = desk.file()
    desk.clock.move(hours=1)
    signed = desk.act(order, "sign")
    assert signed.state is State.PROCESSING and signed.signed_at == desk.clock.now()
    desk.clock.move(hours=1)
    replied = desk.act(order, "reply", reply="  垃圾已经清运。 ")
    assert (replied.reply, replied.replied_at) == ("垃圾已经清运。", desk.clock.now())
    desk.clock.move(hours=1)
    closed = desk.act(order, "close", closing_kind="解释说明")
    assert (closed.state, closed.closing_kind, closed.closed_at) == (
        State.CLOSED,
        ClosingKind.EXPLAINED,
        desk.clock.now(),
    )
    assert desk.order(order.id) == closed
    names = [event.name for event in desk.events(order.id)]
    assert names == [
        "WorkOrderAccepted",
        "DispatchQueued",
        "WorkOrderDispatched",
        "WorkOrderSigned",
        "ProcessingStarted",
        "WorkOrderReplied",
        "WorkOrderClosed",
    ]
    assert [item.state for item in desk.callbacks(order.id)] == [CallbackState.SCHEDULED]


def test_of_two_who_act_on_what_they_saw_one_is_told(desk: Desk) -> None:
    order = desk.file(decision="review")
    seen = desk.order(order.id).version
    first, second = (Action("dispatch", seen, department=code) for code in ("chengguan", "shuiwu"))
    desk.work(act, order.id, first, DISPATCHER, RULES, desk.clock)
    with pytest.raises(Conflict, match="刚刚被其他人处理过"):
        desk.work(act, order.id, second, DISPATCHER, RULES, desk.clock)
    assert desk.order(order.id).lead_department == "chengguan"
    assert [event.name for event in desk.events(order.id)].count("WorkOrderDispatched") == 1


def test_an_order_that_does_not_exist(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.work(act, 99, Action("sign", 0), OFFICER, RULES, desk.clock)


@pytest.mark.parametrize("action", ["accept", "queue", "call_back", "archive", "reopen", "", "删除"])
def test_the_systems_steps_are_not_for_hands(desk: Desk, action: str) -> None:
    assert action not in BY_HAND
    order = desk.file()
    assert refused(desk, InvalidInput, order, action) == "没有这个操作。"


@pytest.mark.parametrize(
    ("given", "message"),
    [({"department": ""}, "请选择承办单位"), ({"department": "jiu"}, "已停用")],
)
def test_dispatch_needs_a_department_that_works(desk: Desk, given: dict, message: str) -> None:
    order = desk.file(decision="review")
    assert message in refused(desk, InvalidInput, order, "dispatch", **given)
    assert "没有代码" in refused(desk, NotFound, order, "dispatch", department="nirgendwo")


@pytest.mark.parametrize(("reply", "message"), [("", "请填写答复内容"), (" \n", "请填写"), ("好" * 5001, "超过5000字")])
def test_a_reply_needs_words_but_not_too_many(desk: Desk, reply: str, message: str) -> None:
    order = desk.go(desk.file(), "sign")
    assert message in refused(desk, InvalidInput, order, "reply", reply=reply)
    desk.act(order, "reply", reply="好" * MAX_REPLY)


@pytest.mark.parametrize("kind", ["", "solved", "已解决 ", "办结"])
def test_closing_needs_one_of_the_kinds(desk: Desk, kind: str) -> None:
    order = desk.go(desk.file(), "sign", "reply")
    assert (
        refused(desk, InvalidInput, order, "close", closing_kind=kind) == "请选择办结类型：已解决、解释说明、未解决。"
    )


@pytest.mark.parametrize("action", ["return", "adjudicate", "suspend", "request_extension", "reject_reply"])
def test_what_needs_a_reason_is_refused_without(desk: Desk, action: str) -> None:
    way = {"return": (), "adjudicate": ("return",), "reject_reply": ("sign", "reply")}.get(action, ("sign",))
    order = desk.go(desk.file(), *way)
    by = OFFICER if action == "request_extension" else None
    assert "须填写原因" in refused(desk, InvalidInput, order, action, by=by, reason="  ")


def test_department_staff_handle_only_their_own_orders(desk: Desk) -> None:
    order = desk.file()
    assert "不是本单位" in refused(desk, Forbidden, order, "sign", by=STRANGER)
    assert desk.act(order, "sign", by=OFFICER).state is State.PROCESSING
    waiting = desk.file(decision="review")
    assert "不是本单位" in refused(desk, Forbidden, waiting, "dispatch", by=OFFICER)
    nobody = Actor("wu", Role.DEPARTMENT)
    assert desk.order(order.id).lead_department != nobody.department
    refused(desk, Forbidden, order, "reply", by=nobody)


def test_a_departments_staff_see_its_units_orders_and_leave_them_to_the_unit(desk: Desk) -> None:
    north = Department("chengguan-bei", "北苑区城市管理局", jurisdiction="北苑区", parent="chengguan")
    desk.work(lambda unit: unit.departments.put(north))
    of_unit, of_parent = desk.file(department=north.code), desk.file()
    local = Actor("bei", Role.DEPARTMENT, north.code)

    def sight(by: Actor) -> tuple[str, ...]:
        return desk.work(lambda unit: sight_of(unit, by))

    assert sight(OFFICER) == ("chengguan", "chengguan-bei") and sight(local) == ("chengguan-bei",)
    assert sight(DISPATCHER) == ()
    check_sight(of_unit, OFFICER, sight(OFFICER))
    check_sight(of_unit, DISPATCHER, sight(DISPATCHER))
    for by in (local, STRANGER):
        with pytest.raises(Forbidden):
            check_sight(of_parent, by, sight(by))
    assert actions_for(of_unit, OFFICER) == [] and actions_for(of_unit, local) == ["sign", "return", "contact"]
    refused(desk, Forbidden, of_unit, "sign", by=OFFICER)
    assert desk.act(of_unit, "sign", by=local).state is State.PROCESSING


def test_a_returned_order_belongs_to_nobody_and_keeps_its_history(desk: Desk) -> None:
    order = desk.file()
    returned = desk.act(order, "return")
    assert (returned.state, returned.returns, returned.lead_department) == (State.RETURNED, 1, "")
    event = desk.events(order.id)[-1]
    assert (event.department_from, event.department_to, event.reason) == ("chengguan", "", "不属于本单位职责")
    refused(desk, Forbidden, order, "adjudicate", by=OFFICER)


def test_two_returns_then_only_adjudication(desk: Desk) -> None:
    order = desk.file()
    for _ in range(2):
        order = desk.go(order, "return", "requeue", "dispatch")
    order = desk.act(order, "return")
    assert order.returns == 3
    assert refused(desk, IllegalTransition, order, "requeue").endswith("可以执行的操作：裁定。")
    assert steps(order, DISPATCHER) == [] and steps(order, SUPERVISOR) == ["adjudicate"]
    assert desk.go(order, "adjudicate", "dispatch").state is State.DISPATCHED


def test_a_dispatchers_other_choice_is_a_corrected_label(desk: Desk) -> None:
    agreed = desk.act(desk.file(decision="review"), "dispatch", department="chengguan")
    assert not agreed.corrected and agreed.dispatching.decision == "person"
    other = desk.act(desk.file(decision="review"), "dispatch", department="shuiwu")
    assert other.corrected
    assert (other.lead_department, other.dispatching.department) == ("shuiwu", "shuiwu")
    assert other.dispatching.model_department == "chengguan", "what the model said must stay"
    assert desk.events(other.id)[-1].department_to == "shuiwu"


def test_a_returned_automatic_dispatch_that_goes_elsewhere_is_a_corrected_label(desk: Desk) -> None:
    order = desk.go(desk.file(), "return", "requeue")
    assert not order.corrected
    moved = desk.act(order, "dispatch", department="shuiwu")
    assert moved.corrected
    desk.act(order, "return", by=STRANGER)
    back = desk.act(desk.act(order, "requeue"), "dispatch", department="chengguan")
    assert back.corrected, "once corrected, it stays so"


@pytest.mark.parametrize("way", [(), ("sign",), ("sign", "reply", "reject_reply")])
def test_reassigning_takes_the_order_from_one_department_and_gives_it_to_another(desk: Desk, way: tuple) -> None:
    order = desk.go(desk.file(), *way)
    first = order.due_at
    desk.clock.move(hours=1)
    moved = desk.act(order, "reassign", DISPATCHER, department="shuiwu", reason="属供水问题")
    assert (moved.state, moved.lead_department, moved.corrected) == (State.DISPATCHED, "shuiwu", True)
    assert (moved.dispatched_at, moved.signed_at, moved.due_at) == (desk.clock.now(), None, first)
    assert (moved.reply, moved.replied_at) == ("", None), (
        "the former department's words must not be shown to the citizen"
    )
    assert (moved.dispatching.decision, moved.dispatching.model_department) == ("person", "chengguan")
    event = desk.events(order.id)[-1]
    assert (event.name, event.department_from, event.department_to) == ("WorkOrderReassigned", "chengguan", "shuiwu")
    refused(desk, Forbidden, order, "reply", by=OFFICER)
    assert desk.act(order, "sign", by=STRANGER).state is State.PROCESSING


def test_reassigning_needs_a_reason_and_another_department_that_works(desk: Desk) -> None:
    order = desk.file()
    for given, message in (
        ({"department": ""}, "请选择承办单位"),
        ({"department": "jiu"}, "已停用"),
        ({"department": "chengguan"}, "其他单位"),
        ({"department": "shuiwu", "reason": " "}, "须填写原因"),
    ):
        assert message in refused(desk, InvalidInput, order, "reassign", **given)
    assert "须由" in refused(desk, Forbidden, order, "reassign", by=OFFICER, department="shuiwu")
    replied = desk.go(order, "sign", "reply")
    refused(desk, IllegalTransition, replied, "reassign", department="shuiwu")


def test_supporting_departments_are_told_and_kept(desk: Desk) -> None:
    for code in "abcdef":
        desk.work(lambda unit, code=code: unit.departments.put(Department(code, f"单位{code}")))
    order = desk.file(decision="review")
    sent = desk.act(order, "dispatch", supporting=("shuiwu", "a", "shuiwu"))
    assert sent.supporting_departments == desk.order(order.id).supporting_departments == ["shuiwu", "a"]
    event = desk.events(order.id)[-1]
    assert (event.department_to, event.data["supporting"]) == ("chengguan", ["shuiwu", "a"])
    # Who supports becomes the lead; nothing is said of the others, who stay.
    moved = desk.act(order, "reassign", DISPATCHER, department="a", reason="由其牵头")
    assert (moved.lead_department, moved.supporting_departments) == ("a", ["shuiwu"])
    moved = desk.act(order, "reassign", DISPATCHER, department="chengguan", reason="由其牵头", supporting=())
    assert moved.supporting_departments == []
    assert "supporting" not in desk.events(order.id)[-1].data
    for codes, error, message in (
        (("jiu",), InvalidInput, "“旧城办”已停用"),
        (("b", "shuiwu"), InvalidInput, "不能同时"),
        (tuple("abcdef"), InvalidInput, "最多5个"),
        (("nowhere",), NotFound, "nowhere"),
    ):
        given = {"department": "b", "reason": "x", "supporting": codes}
        assert message in refused(desk, error, order, "reassign", by=DISPATCHER, **given)


def test_supporting_departments_see_an_order_and_leave_it_to_the_lead(desk: Desk) -> None:
    order = desk.act(desk.file(decision="review"), "dispatch", supporting=("shuiwu",))
    unit = Department("shuiwu-bei", "北苑区水务所", jurisdiction="北苑区", parent="shuiwu")
    desk.work(lambda work: work.departments.put(unit))
    local = Actor("bei", Role.DEPARTMENT, unit.code)

    def sight(by: Actor) -> tuple[str, ...]:
        return desk.work(lambda work: sight_of(work, by))

    check_sight(order, STRANGER, sight(STRANGER))
    assert supports(order, STRANGER, sight(STRANGER)) and not supports(order, OFFICER, sight(OFFICER))
    assert not supports(order, DISPATCHER, sight(DISPATCHER))
    with pytest.raises(Forbidden):
        check_sight(order, local, sight(local))
    assert actions_for(order, STRANGER) == ["opine"]
    assert "不是本单位" in refused(desk, Forbidden, order, "sign", by=STRANGER)
    listed = desk.work(lambda work: work.work_orders.list(WorkOrderFilter(sight=sight(STRANGER)))[0])
    assert [row.id for row in listed] == [order.id]


def test_dispatching_anew_starts_the_time_to_sign_anew(desk: Desk) -> None:
    order = desk.file()
    first = order.sign_due_at
    desk.clock.move(days=1)
    again = desk.go(order, "return", "requeue", "dispatch")
    assert again.dispatched_at == desk.clock.now() and again.sign_due_at > first
    assert again.signed_at is None and again.due_at == order.due_at


def test_a_direct_answer_is_closed_and_called_back(desk: Desk) -> None:
    order = desk.put(lambda stored: setattr(stored, "state", State.SUBMITTED), desk.file(decision="review"))
    assert "请填写答复" in refused(desk, InvalidInput, order, "answer", by=AGENT, reply="")
    answered = desk.act(order, "answer", by=AGENT, reply="可以凭身份证办理。")
    assert (answered.state, answered.closing_kind) == (State.ANSWERED, ClosingKind.EXPLAINED)
    assert answered.reply == "可以凭身份证办理。" and answered.closed_at == answered.replied_at == desk.clock.now()
    assert len(desk.callbacks(order.id)) == 1
    history = desk.events(order.id)
    assert directly_answered(answered, history)
    assert not directly_answered(order, desk.events(desk.file().id)), "not before it is answered"
    over = [
        desk.put(lambda stored, state=state: setattr(stored, "state", state), answered)
        for state in (State.CALLBACK, State.ARCHIVED, State.REWORK)
    ]
    assert [directly_answered(one, history) for one in over] == [True, True, False], "a rework goes to a department"
    given = desk.put(lambda stored: setattr(stored, "lead_department", "chengguan"), answered)
    assert not directly_answered(given, history)


def test_extension_suspension_and_a_rejected_reply_come_back_to_processing(desk: Desk) -> None:
    order = desk.go(desk.file(), "sign")
    desk.act(order, "request_extension", by=OFFICER, reason="需要招标", days=5)
    assert desk.act(order, "decide_extension", approved=False).state is State.PROCESSING
    assert desk.act(order, "suspend").state is State.SUSPENDED
    assert desk.act(order, "resume").state is State.PROCESSING
    assert desk.go(order, "reply", "reject_reply").state is State.PROCESSING
    assert desk.callbacks(order.id) == []


def test_the_actions_shown_are_the_actions_that_work(desk: Desk) -> None:
    order = desk.file()
    shown = {role: steps(order, actor) for role, actor in ACTORS.items()}
    assert shown[Role.DEPARTMENT] == shown[Role.AGENT] == ["sign", "return"]
    assert shown[Role.SUPERVISOR] == ["reassign", "sign", "return"] and shown[Role.DISPATCHER] == ["reassign"]
    assert shown[Role.CITIZEN] == shown[Role.ADMINISTRATOR] == shown[Role.SYSTEM] == []
    flags = {role: actions_for(order, actor)[len(shown[role]) :] for role, actor in ACTORS.items()}
    assert flags[Role.AGENT] == flags[Role.DISPATCHER] == ["urge", "reclassify", "contact"]
    assert flags[Role.SUPERVISOR] == ["urge", "supervise", "reclassify", "contact"]
    assert flags[Role.DEPARTMENT] == ["contact"] and flags[Role.ADMINISTRATOR] == []
    for role in (Role.DISPATCHER, Role.CITIZEN, Role.ADMINISTRATOR):
        assert "须由" in refused(desk, Forbidden, order, "sign", by=ACTORS[role])


def test_an_order_is_overdue_past_its_day_and_stays_so_when_closed_late(desk: Desk) -> None:
    order = desk.file()
    late = desk.put(lambda stored: setattr(stored, "due_at", desk.clock.now()), order)
    assert not late.overdue(desk.clock.now())
    desk.clock.move(seconds=1)
    assert late.overdue(desk.clock.now())
    closed = desk.go(late, *HANDLED)
    assert closed.overdue(desk.clock.now())
    assert closed.closed_at.astimezone(CITY_TIME).hour == 10


def test_staff_of_no_department_own_no_order_without_a_lead(desk: Desk) -> None:
    order = desk.file(decision="review", department="")
    assert order.lead_department == ""
    with pytest.raises(Forbidden):
        desk.act(order, "sign", by=Actor("nobody", Role.DEPARTMENT))


@pytest.mark.parametrize("action", ["reject", "transfer"])
def test_nothing_is_due_of_an_order_that_was_turned_away(desk: Desk, action: str) -> None:
    order = desk.file()
    desk.put(lambda stored: setattr(stored, "state", State.SUBMITTED), order)
    order = desk.act(order, action, by=AGENT, reason="请向人民法院提出")
    assert order.due_at is None and not order.overdue(order.created_at + timedelta(days=400))
