"""拆分: one order for each demand, each with its department, deadline and callback; what must not be split."""

from dataclasses import replace

import pytest

from casework.appeal import MAX_TEXT, Appeal, AppealType, FiveElements, Requester
from casework.errors import Forbidden, HotlineError, IllegalTransition, InvalidInput, NotFound
from casework.events import Actor
from casework.filing import file_appeal
from casework.handling.linking import attach
from casework.handling.splitting import MOST, Part, may_split, own_text, parts_of, split
from casework.transitions import State
from casework.work_order import Dispatching, WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, HANDLED, OFFICER, RULES, STRANGER, SUPERVISOR, Desk

WHOLE = "楼下垃圾三天没人清运。另外自来水发黄，有铁锈味。"
RUBBISH, WATER = Part("楼下垃圾三天没人清运。", "chengguan"), Part("自来水发黄，有铁锈味。", "shuiwu", category="供水")


def file(desk: Desk, kind: AppealType = AppealType.COMPLAINT, text: str = WHOLE) -> WorkOrder:
    appeal = Appeal(
        kind,
        text,
        FiveElements(place="桂花苑"),
        Requester("陈某某", "13900000001"),
        district="北苑区",
        conversation_id="c1",
    )
    demands = [{"text": part.text, "department": part.department} for part in (RUBBISH, WATER)]
    told = Dispatching(
        "chengguan", "review", 0.6, "chengguan", "m1", evidence={"reason": "两件事。", "demands": demands}
    )
    return desk.work(file_appeal, appeal, told, "市容环境", RULES, desk.clock)


def cut(desk: Desk, order: WorkOrder, *parts: Part, by: Actor = DISPATCHER) -> list[WorkOrder]:
    return desk.work(
        lambda unit: split(unit, unit.work_orders.get(order.id), parts or (RUBBISH, WATER), by, RULES, desk.clock)
    )


def refused(desk: Desk, error: type[HotlineError], order: WorkOrder, *parts: Part, by: Actor = DISPATCHER) -> str:
    """The message; nothing has changed."""
    before, history = desk.order(order.id), desk.events(order.id)
    count = desk.work(lambda unit: len(unit.work_orders.linked_to(order.id)))
    with pytest.raises(error) as caught:
        cut(desk, order, *parts, by=by)
    assert (desk.order(order.id), desk.events(order.id)) == (before, history)
    assert desk.work(lambda unit: len(unit.work_orders.linked_to(order.id))) == count
    return caught.value.message


def test_each_demand_has_its_order_and_department(desk: Desk) -> None:
    order = file(desk)
    desk.clock.move(days=1)
    first, second = (desk.order(one.id) for one in cut(desk, order))
    assert (first.id, first.text, first.split_from) == (order.id, WHOLE, None), "nothing of the citizen's words is lost"
    assert (second.text, second.split_from, second.category) == (WATER.text, order.id, "供水")
    for one, department in ((first, "chengguan"), (second, "shuiwu")):
        assert (one.state, one.lead_department) == (State.DISPATCHED, department)
        assert (one.dispatching.decision, one.dispatched_at) == ("person", desk.clock.now())
    for name in ("requester", "elements", "district", "channel", "conversation_id", "type", "urgency", "confidential"):
        assert getattr(second, name) == getattr(first, name), name
    assert (second.created_at, second.due_at) == (order.created_at, order.due_at), "the citizen has waited since then"
    assert (own_text(first), own_text(second)) == (RUBBISH.text, WATER.text)
    assert first.dispatching.evidence["demands"], "what the model found stays"
    assert desk.work(parts_of, first) == [second] and desk.work(parts_of, second) == []


def test_the_histories_name_each_other(desk: Desk) -> None:
    order = file(desk)
    third = Part("路灯也不亮。")
    first, *others = cut(desk, order, RUBBISH, WATER, third, by=SUPERVISOR)
    numbers = [other.number for other in others]
    told = [(event.name, event.data) for event in desk.events(order.id)]
    assert told[2:] == [
        ("WorkOrderSplit", {"parts": numbers}),
        ("WorkOrderDispatched", {"confidence": 0.6}),
    ]
    assert all(number in desk.events(order.id)[2].reason for number in numbers)
    for other in others:
        accepted = desk.events(other.id)[0]
        assert (accepted.name, accepted.data) == ("WorkOrderAccepted", {"split_from": first.number})
        assert first.number in accepted.reason and accepted.actor == SUPERVISOR
    assert others[1].state is State.PENDING_DISPATCH, "no department was chosen for it"
    assert others[1].dispatching.evidence["part"] == {"number": 3, "of": 3, "text": third.text}


def test_each_is_handled_closed_and_called_back_by_itself(desk: Desk) -> None:
    first, second = cut(desk, file(desk))
    desk.go(first, *HANDLED)
    assert (desk.order(first.id).state, desk.order(second.id).state) == (State.CLOSED, State.DISPATCHED)
    desk.act(second, "sign", STRANGER)
    with pytest.raises(Forbidden):
        desk.act(second, "reply", OFFICER)
    desk.act(second, "reply", STRANGER, reply="管网已冲洗，水质恢复。")
    desk.act(second, "close")
    assert len(desk.callbacks(first.id)) == len(desk.callbacks(second.id)) == 1
    assert desk.order(first.id).reply != desk.order(second.id).reply


def test_an_agents_choice_is_a_proposal(desk: Desk) -> None:
    first, second = cut(desk, file(desk), RUBBISH, replace(WATER, supporting=("chengguan",)), by=AGENT)
    for one, department in ((first, "chengguan"), (second, "shuiwu")):
        assert (one.state, one.lead_department) == (State.PENDING_DISPATCH, "")
        assert (one.dispatching.department, one.dispatching.decision) == (department, "review")
    assert "建议由水务局承办" in second.dispatching.evidence["reason"]
    assert second.supporting_departments == [] and second.dispatching.evidence["supporting"] == ["chengguan"]


def test_what_the_model_says_of_a_part_is_kept_apart_from_the_choice(desk: Desk) -> None:
    read = Dispatching(
        "shuiwu", "auto", 0.9, "shuiwu", "m1", [{"department": "shuiwu", "confidence": 0.9}], {"reason": "像供水。"}
    )
    _, second, third = cut(
        desk, file(desk), RUBBISH, replace(WATER, proposed=read), Part("水费", "chengguan", proposed=read)
    )
    assert (second.dispatching.model_department, second.dispatching.decision, second.corrected) == (
        "shuiwu",
        "person",
        False,
    )
    assert third.corrected and third.dispatching.candidates == read.candidates
    assert second.dispatching.evidence["reason"].endswith("像供水。")
    _, waiting = cut(desk, file(desk), RUBBISH, Part("水费", proposed=read))
    assert (waiting.state, waiting.dispatching.department) == (State.PENDING_DISPATCH, "shuiwu"), (
        "a person splits, a person sends"
    )


def test_a_part_may_be_of_another_type(desk: Desk) -> None:
    order = file(desk, AppealType.HELP)
    asks = replace(WATER, type=AppealType.CONSULTATION)
    reports = Part("有人偷倒垃圾", type=AppealType.REPORT)
    first, second, third = cut(desk, order, replace(RUBBISH, type=AppealType.COMPLAINT), asks, reports)
    due = [RULES.deadlines.due_at(order.created_at, one.type, RULES.time) for one in (first, second, third)]
    assert [one.due_at for one in (first, second, third)] == due and len(set(due)) == 2
    assert (first.type, second.type, third.type) == (AppealType.COMPLAINT, AppealType.CONSULTATION, AppealType.REPORT)
    assert (first.confidential, second.confidential, third.confidential) == (False, False, True)
    report = cut(desk, file(desk, AppealType.REPORT), RUBBISH, asks)
    assert all(one.confidential for one in report), "who reported stays protected in every part"


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ((RUBBISH,), InvalidInput, "2至5件"),
        (tuple(Part(f"第{n}件") for n in range(MOST + 1)), InvalidInput, "2至5件"),
        ((RUBBISH, Part("  \n")), InvalidInput, "第2件没有内容"),
        ((RUBBISH, Part("字" * (MAX_TEXT + 1))), InvalidInput, "第2件超过5000字"),
        ((RUBBISH, Part(f" {RUBBISH.text}")), InvalidInput, "第2件与第1件内容相同"),
        ((RUBBISH, replace(WATER, department="nowhere")), NotFound, "第2件：没有代码为“nowhere”"),
        ((replace(RUBBISH, department="jiu"), WATER), InvalidInput, "第1件：该承办单位已停用"),
        ((RUBBISH, replace(WATER, supporting=("jiu",))), InvalidInput, "“旧城办”已停用"),
        ((RUBBISH, replace(WATER, supporting=("shuiwu",))), InvalidInput, "不能同时是协办"),
        ((RUBBISH, Part("水费", supporting=("nowhere",))), NotFound, "nowhere"),
    ],
)
def test_parts_that_cannot_be_are_refused(desk: Desk, parts: tuple, error: type, message: str) -> None:
    assert message in refused(desk, error, file(desk), *parts)


def test_only_the_office_splits_and_only_what_waits(desk: Desk) -> None:
    order = file(desk)
    assert "须由" in refused(desk, Forbidden, order, by=OFFICER)
    may = {by.id: desk.work(may_split, order, by) for by in (AGENT, DISPATCHER, SUPERVISOR, OFFICER)}
    assert may == {AGENT.id: True, DISPATCHER.id: True, SUPERVISOR.id: True, OFFICER.id: False}
    desk.act(order, "dispatch")
    assert "已派单" in refused(desk, IllegalTransition, order)
    assert not desk.work(may_split, desk.order(order.id), DISPATCHER)


def test_nothing_is_split_twice(desk: Desk) -> None:
    first, second = cut(desk, file(desk), by=AGENT)
    assert second.number in refused(desk, InvalidInput, first)
    assert first.number in refused(desk, InvalidInput, second)
    assert not any(desk.work(may_split, one, DISPATCHER) for one in (first, second))


def test_merged_orders_are_not_split(desk: Desk) -> None:
    main, other, again = file(desk), file(desk, text="桂花苑垃圾没人清"), file(desk)
    desk.put(lambda stored: setattr(stored.requester, "phone", "13900000002"), other)
    related = [{"number": main.number, "kind": "duplicate"}]
    desk.work(lambda unit: attach(unit, unit.work_orders.get(again.id), related, desk.clock))
    assert "撤销并单" in refused(desk, IllegalTransition, again)
    assert not desk.work(may_split, desk.order(again.id), DISPATCHER)
    desk.act(other, "merge", DISPATCHER, main=main.number)
    assert "撤销并单" in refused(desk, InvalidInput, main), "the others would get one part's answer to both"
    desk.act(other, "unmerge", DISPATCHER)
    assert len(cut(desk, main)) == 2, "the person's own copy is closed with the first part"
