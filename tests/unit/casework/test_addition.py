"""补充材料: supplements and attachments: who, how many, while the order is handled; nothing personal in events."""

import pytest

from casework.appeal import Appeal, AppealType
from casework.callback.callback import CallbackState
from casework.errors import Forbidden, HotlineError, IllegalTransition, InvalidInput
from casework.events import CITIZEN, Actor
from casework.handling.addition import attach, supplement
from casework.handling.attachment import Attachment
from casework.handling.direct_answer import answer_appeal
from casework.transitions import Role, State
from casework.work_order import ClosingKind, Dispatching, WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, HANDLED, OFFICER, RULES, STRANGER, SUPERVISOR, Desk


def add(desk: Desk, order: WorkOrder, text: str = "楼道里也有", by: Actor = CITIZEN) -> None:
    desk.work(lambda unit: supplement(unit, unit.work_orders.get(order.id), text, by, RULES, desk.clock))


def put(desk: Desk, order: WorkOrder, by: Actor = CITIZEN) -> None:
    row = Attachment(order.id, desk.clock.now(), by.id, by.role, "照片.jpg", "image/jpeg", 9, "ab" * 32)
    desk.work(lambda unit: attach(unit, unit.work_orders.get(order.id), row, by, RULES))


def test_a_supplement_is_kept_and_the_event_names_only_its_row(desk: Desk) -> None:
    order = desk.file()
    add(desk, order, "  我叫王小明，电话13800001234，楼道里也有 ")
    (kept,) = desk.work(lambda unit: unit.supplements.of(order.id))
    assert (kept.text, kept.role, kept.at) == (
        "我叫王小明，电话13800001234，楼道里也有",
        Role.CITIZEN,
        desk.clock.now(),
    )
    event = desk.events(order.id)[-1]
    assert (event.name, event.reason, event.data) == ("WorkOrderSupplemented", "", {"supplement": kept.id})
    assert desk.order(order.id).version == order.version + 1, "who had the order open reads it first"


@pytest.mark.parametrize(("text", "message"), [("", "请填写"), (" \n", "请填写"), ("长" * 2001, "超过2000字")])
def test_a_supplement_needs_words_but_not_too_many(desk: Desk, text: str, message: str) -> None:
    order = desk.file()
    with pytest.raises(InvalidInput, match=message):
        add(desk, order, text)


def test_ten_supplements_and_no_more(desk: Desk) -> None:
    order = desk.file()
    for number in range(10):
        add(desk, order, f"补充{number}")
    with pytest.raises(InvalidInput, match="已经补充10次"):
        add(desk, order)
    assert len(desk.work(lambda unit: unit.supplements.of(order.id))) == 10


@pytest.mark.parametrize("by", [AGENT, DISPATCHER, SUPERVISOR])
def test_the_office_supplements_for_a_caller(desk: Desk, by: Actor) -> None:
    order = desk.file()
    add(desk, order, by=by)
    assert desk.work(lambda unit: unit.supplements.of(order.id))[0].actor == by.id


def test_departments_supplement_nothing_and_supporting_ones_attach_nothing(desk: Desk) -> None:
    order = desk.act(desk.file(decision="review"), "dispatch", supporting=("shuiwu",))
    for by, error, what in ((OFFICER, Forbidden, add), (STRANGER, Forbidden, add), (STRANGER, Forbidden, put)):
        with pytest.raises(error):
            what(desk, order, by=by)
    put(desk, order, by=OFFICER)


def test_what_is_over_takes_no_supplement(desk: Desk) -> None:
    order = desk.go(desk.file(), *HANDLED)
    with pytest.raises(IllegalTransition):
        add(desk, order)
    put(desk, order, by=OFFICER)  # evidence of what was done may still come
    desk.put(lambda stored: setattr(stored, "state", State.ARCHIVED), order)
    with pytest.raises(IllegalTransition):
        put(desk, order, by=OFFICER)


def test_an_attachment_is_kept_and_its_hash_is_in_the_chain(desk: Desk) -> None:
    order = desk.file()
    put(desk, order)
    (kept,) = desk.work(lambda unit: unit.attachments.of(order.id))
    event = desk.events(order.id)[-1]
    assert event.data == {"attachment": kept.id, "sha256": "ab" * 32} and "照片" not in event.reason
    for _ in range(9):
        put(desk, order)
    with pytest.raises(InvalidInput, match="最多10个附件"):
        put(desk, order)


def answered(desk: Desk, reply: str = "可以凭身份证办理。", by: Actor = AGENT) -> WorkOrder:
    appeal = Appeal(AppealType.CONSULTATION, "社保卡怎么补办")
    return desk.work(answer_appeal, appeal, reply, Dispatching("chengguan", "review"), "社保", RULES, desk.clock, by)


def test_an_agent_answers_at_intake_and_the_callback_follows(desk: Desk) -> None:
    order = answered(desk)
    assert order.query_code and order.number
    stored = desk.order(order.id)
    assert (stored.state, stored.reply, stored.closing_kind) == (
        State.ANSWERED,
        "可以凭身份证办理。",
        ClosingKind.EXPLAINED,
    )
    assert (stored.lead_department, stored.watch_at) == ("", None)
    assert [(event.name, event.actor) for event in desk.events(order.id)] == [("WorkOrderAnswered", AGENT)]
    assert [callback.state for callback in desk.callbacks(order.id)] == [CallbackState.SCHEDULED]


@pytest.mark.parametrize(
    ("reply", "by", "error"),
    [
        (" ", AGENT, InvalidInput),
        ("长" * 5001, AGENT, InvalidInput),
        ("好", DISPATCHER, Forbidden),
        ("好", OFFICER, Forbidden),
    ],
)
def test_a_direct_answer_that_is_refused_files_nothing(
    desk: Desk, reply: str, by: Actor, error: type[HotlineError]
) -> None:
    with pytest.raises(error):
        answered(desk, reply, by)
    assert not desk.store.tables["orders"] and not desk.store.tables["events"]
