"""工单关联: the table of limits, and what links do to orders: held, concluded, undone, insisted on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from casework.appeal import Appeal, AppealType, Requester
from casework.errors import Conflict, Forbidden, IllegalTransition, InvalidInput
from casework.filing import file_appeal
from casework.handling.linking import TABLE, Comparison, LinkKind, attach, insist, kind_of, settled_department
from casework.transitions import State
from casework.work_order import Dispatching, WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, RULES, Desk

CHEN, LIN = Requester("陈某某", "13900000001"), Requester("林某某", "13900000002")
SAME = Comparison(
    likeness=0.97,
    same_person=True,
    same_text=False,
    same_place=True,
    refers=False,
    thanks=False,
    asks=False,
    apart=timedelta(hours=2),
    type=AppealType.COMPLAINT,
    open=True,
)
OTHERS = replace(SAME, same_person=False, likeness=0.7)


def file(
    desk: Desk,
    who: Requester = CHEN,
    text: str = "桂花苑停水了",
    decision: str = "review",
    related: tuple[tuple[str, str], ...] = (),
    **more: object,
) -> WorkOrder:
    """An order as it is filed, with (number, kind) of what was found."""
    rows = [{"number": number, "kind": kind, "similarity": 0.9, "reason": ""} for number, kind in related]
    appeal = Appeal(AppealType.COMPLAINT, text, requester=who, **more)  # type: ignore[arg-type]
    given = Dispatching("chengguan", decision, evidence={"related": rows, "held_from": "auto"})

    def filed(unit):
        order = file_appeal(unit, appeal, given, "供水", RULES, desk.clock)
        attach(unit, order, rows, desk.clock)
        return order

    return desk.work(filed)


def test_the_table_is_asked_from_the_surest_kind_on() -> None:
    order = list(LinkKind)
    assert [order.index(rule.kind) for rule in TABLE] == sorted(order.index(rule.kind) for rule in TABLE)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (SAME, LinkKind.DUPLICATE),
        (replace(SAME, same_text=True, likeness=0.1), LinkKind.DUPLICATE),
        (replace(SAME, open=False), LinkKind.REPEAT),
        (replace(SAME, apart=timedelta(days=8)), LinkKind.REPEAT),
        (replace(SAME, likeness=0.6), None),
        (replace(SAME, likeness=0.6, refers=True), LinkKind.REPEAT),
        (replace(SAME, likeness=0.6, refers=True, thanks=True), None),
        (replace(SAME, apart=timedelta(days=181)), None),
        (OTHERS, LinkKind.EVENT),
        (replace(OTHERS, same_place=False), None),
        (replace(OTHERS, open=False), None),
        (replace(OTHERS, apart=timedelta(hours=73)), None),
        (replace(OTHERS, apart=timedelta(hours=73), type=AppealType.SUGGESTION), LinkKind.EVENT),
        (replace(OTHERS, type=AppealType.PRAISE), None),
        (replace(OTHERS, asks=True), None),
        (replace(OTHERS, same_text=True, likeness=0.2), None),
    ],
)
def test_what_two_appeals_are_to_each_other(told: Comparison, kind: LinkKind | None) -> None:
    assert kind_of(told) is kind


def test_the_same_sent_twice_waits_and_is_closed_with_the_first(desk: Desk) -> None:
    main = file(desk)
    again = file(desk, related=((main.number, "duplicate"),))
    assert desk.order(again.id).held and desk.order(again.id).duplicate_of == main.id
    assert [event.name for event in desk.events(again.id)][-1] == "WorkOrderMerged"
    desk.act(main, "dispatch")
    closed = desk.go(main, "sign", "reply", "close")
    done = desk.order(again.id)
    assert (done.state, done.reply, done.closing_kind) == (State.CLOSED, closed.reply, closed.closing_kind)
    assert (done.lead_department, done.closed_at, done.held) == ("chengguan", closed.closed_at, False)
    last = desk.events(again.id)[-1]
    assert (last.name, last.data) == ("WorkOrderConcluded", {"main": main.number})
    assert len(desk.callbacks(main.id)) == len(desk.callbacks(again.id)) == 1


def test_a_held_order_is_not_dispatched_until_it_is_undone(desk: Desk) -> None:
    main = file(desk)
    again = file(desk, related=((main.number, "duplicate"),))
    with pytest.raises(IllegalTransition, match="撤销并单"):
        desk.act(again, "dispatch")
    alone = desk.act(again, "unmerge", DISPATCHER)
    assert (alone.duplicate_of, alone.held) == (None, False)
    assert desk.act(again, "dispatch").state is State.DISPATCHED
    with pytest.raises(InvalidInput, match="没有并单"):
        desk.act(file(desk), "unmerge", DISPATCHER)


def test_a_repeat_is_linked_and_dispatched(desk: Desk) -> None:
    earlier = desk.go(file(desk, decision="auto"), "sign", "reply", "close")
    again = desk.order(file(desk, decision="auto", related=((earlier.number, "repeat"),)).id)
    assert (again.repeat_of, again.held, again.state) == (earlier.id, False, State.DISPATCHED)


def test_a_duplicate_of_what_was_closed_meanwhile_is_a_repeat(desk: Desk) -> None:
    earlier = desk.go(file(desk, decision="auto"), "sign", "reply", "close")
    again = desk.order(file(desk, related=((earlier.number, "duplicate"),)).id)
    assert (again.repeat_of, again.duplicate_of, again.held) == (earlier.id, None, False)


def test_what_others_told_is_not_linked_by_itself(desk: Desk) -> None:
    one = file(desk)
    other = desk.order(file(desk, LIN, related=((one.number, "event"),)).id)
    assert (other.held, other.repeat_of, other.duplicate_of, other.merged_into) == (False, None, None, None)


def test_a_dispatcher_merges_and_nobody_reads_of_another(desk: Desk) -> None:
    main, other = file(desk, CHEN), file(desk, LIN, "桂花苑没水")
    merged = desk.act(other, "merge", DISPATCHER, main=main.number, reason="同一次停水")
    assert (merged.merged_into, merged.duplicate_of) == (main.id, None)
    event = desk.events(other.id)[-1]
    assert (event.reason, event.data) == ("同一次停水", {"main": main.number, "kind": "event"})
    desk.go(main, "dispatch", "sign")
    desk.act(main, "reply", reply="陈女士您好，陈某某反映的停水已恢复，您的电话13900000001已记录。")
    desk.act(main, "close")
    told = desk.order(other.id).reply
    assert "停水已恢复" in told
    assert "陈某某" not in told and "陈女士" not in told and "13900000001" not in told


def test_what_waited_for_a_merged_order_comes_along(desk: Desk) -> None:
    main, other = file(desk, CHEN), file(desk, LIN)
    twice = file(desk, LIN, related=((other.number, "duplicate"),))
    desk.act(other, "merge", DISPATCHER, main=main.number)
    moved = desk.order(twice.id)
    assert (moved.duplicate_of, moved.merged_into) == (other.id, main.id)
    third = desk.order(file(desk, LIN, related=((other.number, "duplicate"),)).id)
    assert (third.duplicate_of, third.merged_into) == (other.id, main.id), (
        "linked to the person's own, waits for the main"
    )
    desk.go(main, "dispatch", "sign", "reply", "close")
    assert {desk.order(order.id).state for order in (other, twice, third)} == {State.CLOSED}
    counts = desk.work(lambda unit: unit.work_orders.merged_counts([main.id, other.id]))
    assert counts == {main.id: 1}, "one other person"


def test_merging_into_a_merged_order_goes_to_its_main(desk: Desk) -> None:
    main, other, third = file(desk, CHEN), file(desk, LIN), file(desk, Requester("", ""))
    desk.act(other, "merge", DISPATCHER, main=main.number)
    assert desk.act(third, "merge", DISPATCHER, main=other.number).merged_into == main.id


@pytest.mark.parametrize(("main", "words"), [("", "请填写"), ("20260309999999", "没有找到"), ("own", "工单自己")])
def test_a_main_order_must_be_another_open_one(desk: Desk, main: str, words: str) -> None:
    order = file(desk)
    with pytest.raises(InvalidInput, match=words):
        desk.act(order, "merge", DISPATCHER, main=order.number if main == "own" else main)
    closed = desk.go(file(desk, LIN, decision="auto"), "sign", "reply", "close")
    with pytest.raises(InvalidInput, match="已经办结"):
        desk.act(order, "merge", DISPATCHER, main=closed.number)
    assert not desk.order(order.id).held and len(desk.events(order.id)) == 2


def test_only_the_dispatching_roles_merge(desk: Desk) -> None:
    main, other = file(desk), file(desk, LIN)
    with pytest.raises(Forbidden):
        desk.act(other, "merge", AGENT, main=main.number)
    merged = desk.act(other, "merge", DISPATCHER, main=main.number)
    with pytest.raises(InvalidInput, match="已经并单"):
        desk.act(merged, "merge", DISPATCHER, main=main.number)


def test_a_main_that_is_closed_at_the_same_moment_takes_nothing_in(desk: Desk) -> None:
    """The second look at the main order, after the first write, is what decides."""
    main = desk.go(file(desk, decision="auto"), "sign", "reply")
    other = file(desk, LIN)
    stale = desk.order(main.id)
    desk.act(main, "close")

    class Late:
        """Reads by number what was true a moment ago."""

        def __init__(self, inner: object) -> None:
            self._inner = inner

        def by_number(self, number: str) -> WorkOrder:
            return stale

        def __getattr__(self, name: str) -> object:
            return getattr(self._inner, name)

    from casework.handling.linking import merge

    def merging(unit):
        unit.work_orders = Late(unit.work_orders)
        merge(unit, unit.work_orders.get(other.id), main.number, DISPATCHER, desk.clock)

    with pytest.raises(Conflict, match="刚刚办结"):
        desk.work(merging)


def test_a_citizen_insists_and_the_order_goes_its_own_way(desk: Desk) -> None:
    main = file(desk)
    again = file(desk, related=((main.number, "duplicate"),))
    desk.work(lambda unit: insist(unit, unit.work_orders.get(again.id), RULES, desk.clock))
    order = desk.order(again.id)
    assert (order.repeat_of, order.duplicate_of, order.state) == (main.id, None, State.DISPATCHED)
    with pytest.raises(InvalidInput, match="单独办理"):
        desk.work(lambda unit: insist(unit, unit.work_orders.get(again.id), RULES, desk.clock))


def test_a_report_and_an_open_complaint_do_not_tell_of_each_other(desk: Desk) -> None:
    report = desk.go(file(desk, decision="auto", confidential=True), "sign", "reply", "close")
    complaint = desk.order(file(desk, related=((report.number, "repeat"),)).id)
    assert complaint.repeat_of is None
    assert settled_department(report, confidential=False) == ""
    assert settled_department(report, confidential=True) == "chengguan"


def test_a_merged_reports_department_stays_unnamed(desk: Desk) -> None:
    main, report = file(desk), file(desk, LIN, confidential=True)
    desk.act(report, "merge", DISPATCHER, main=main.number)
    desk.go(main, "dispatch", "sign", "reply", "close")
    assert (desk.order(report.id).state, desk.order(report.id).lead_department) == (State.CLOSED, "")
    counts = lambda told: desk.work(lambda unit: unit.work_orders.merged_counts([main.id], told))  # noqa: E731
    assert (counts(True), counts(False)) == ({main.id: 1}, {})
