"""Whatever is done with an order, the watch knows when to look at it next."""

from collections.abc import Callable

import pytest

from casework.callback.callback import CallbackState
from casework.callback.follow_up import answer_callback
from casework.deadline.escalation import steps_to_come
from casework.handling.splitting import Part, split
from casework.transitions import State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import DISPATCHER, OFFICER, RULES, SUPERVISOR, Desk

EXTEND = {"by": OFFICER, "reason": "需要现场勘察", "days": 5}


def armed(desk: Desk, order: WorkOrder) -> None:
    stored = desk.order(order.id)
    wanted = next((due.moment for due in steps_to_come(stored, RULES)), None)
    assert stored.watch_at == wanted, stored.state


def granted(desk: Desk, order: WorkOrder) -> None:
    desk.act(order, "request_extension", **EXTEND)
    armed(desk, order)
    desk.act(order, "decide_extension", reason="同意", approved=True)


WALKS: dict[str, Callable[[Desk, WorkOrder], object]] = {
    "filed": lambda desk, order: None,
    "signed": lambda desk, order: desk.go(order, "sign"),
    "reassigned": lambda desk, order: desk.act(order, "reassign", reason="职责", department="shuiwu"),
    "extended": lambda desk, order: (desk.go(order, "sign"), granted(desk, order)),
    "asked for more time": lambda desk, order: (desk.go(order, "sign"), desk.act(order, "request_extension", **EXTEND)),
    "suspended": lambda desk, order: desk.go(order, "sign", "suspend"),
    "resumed": lambda desk, order: desk.go(order, "sign", "suspend", "resume"),
    "replied": lambda desk, order: desk.go(order, "sign", "reply"),
    "closed": lambda desk, order: desk.go(order, "sign", "reply", "close"),
    "returned": lambda desk, order: desk.go(order, "return"),
    "requeued": lambda desk, order: desk.go(order, "return", "requeue"),
}


@pytest.mark.parametrize("walk", WALKS)
def test_an_order_is_armed_after_each_action(walk: str) -> None:
    desk = Desk()
    order = desk.file()
    desk.clock.move(hours=1)
    WALKS[walk](desk, order)
    armed(desk, order)
    assert (desk.order(order.id).watch_at is None) == (walk in ("suspended", "closed", "asked for more time"))


def test_parts_merged_and_reopened_orders_are_armed() -> None:
    desk = Desk()
    order = desk.file(decision="review")
    made = desk.work(
        split, desk.order(order.id), [Part("路灯坏了", "chengguan"), Part("停水")], DISPATCHER, RULES, desk.clock
    )
    for part in made:
        armed(desk, part)
    other, main = desk.file(decision="review"), desk.file()
    desk.act(other, "merge", main=main.number)
    assert desk.order(other.id).watch_at is None
    desk.act(other, "unmerge")
    armed(desk, other)
    assert desk.order(other.id).watch_at is not None


def test_a_bad_rating_arms_the_rework_and_its_contact() -> None:
    desk = Desk()
    order = desk.go(desk.file(), "sign", "reply", "close")
    (callback,) = desk.callbacks(order.id)
    assert callback.state is CallbackState.SCHEDULED
    desk.clock.move(hours=24)
    desk.work(answer_callback, callback.id, True, False, 1, "没有解决", RULES, desk.clock)
    stored = desk.order(order.id)
    armed(desk, order)
    assert stored.state is State.REWORK and stored.watch_at == stored.contact_due_at
    desk.act(order, "dispatch", DISPATCHER)
    armed(desk, order)
    desk.act(order, "contact", SUPERVISOR, reason="已电话联系")
    armed(desk, order)
