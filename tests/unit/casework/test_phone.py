"""查看联系电话: who may see the number in which state, and that looking is kept without the number."""

import pytest

from casework.appeal import Requester
from casework.errors import Forbidden, HotlineError, IllegalTransition, InvalidInput, NotFound
from casework.events import Actor
from casework.handling.phone import may_reveal, reveal
from casework.notification.progress import shown
from casework.organisation.department import Department
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import ACTORS, AGENT, DISPATCHER, OFFICER, STRANGER, SUPERVISOR, Desk

PHONE = "13800001234"
SEEN_IN = {
    State.DISPATCHED,
    State.SIGNED,
    State.PROCESSING,
    State.EXTENSION_PENDING,
    State.SUSPENDED,
    State.REPLIED,
    State.REWORK,
    State.CLOSED,
    State.CALLBACK,
}


@pytest.fixture
def order(desk: Desk) -> WorkOrder:
    """Dispatched to chengguan, of somebody who left a phone."""
    return desk.put(lambda stored: setattr(stored, "requester", Requester("王小明", PHONE)), desk.file())


def look(desk: Desk, order: WorkOrder, by: Actor) -> str:
    return desk.work(reveal, order.id, by, desk.clock)


def refused(desk: Desk, order: WorkOrder, by: Actor, error: type[HotlineError]) -> str:
    """The message; nothing is written, and the button is not shown."""
    before = desk.events(order.id)
    with pytest.raises(error) as caught:
        look(desk, order, by)
    assert desk.events(order.id) == before
    assert not may_reveal(desk.order(order.id), by)
    return caught.value.message


@pytest.mark.parametrize("by", [OFFICER, AGENT, DISPATCHER, SUPERVISOR])
def test_the_lead_and_the_office_see_it_and_it_is_kept_who_looked(desk: Desk, order: WorkOrder, by: Actor) -> None:
    assert may_reveal(order, by)
    assert look(desk, order, by) == PHONE
    event = desk.events(order.id)[-1]
    assert (event.name, event.actor, event.state_from, event.state_to) == ("PhoneShown", by, "dispatched", "dispatched")
    assert PHONE not in repr(event) and "1234" not in repr(event)
    assert not shown(event), "no step of the citizen's"
    assert desk.order(order.id) == order, "nobody who is acting on it is disturbed"


@pytest.mark.parametrize("state", State)
def test_in_which_states(desk: Desk, order: WorkOrder, state: State) -> None:
    order = desk.put(lambda stored: setattr(stored, "state", state), order)
    for by in (OFFICER, AGENT):
        if state in SEEN_IN:
            assert may_reveal(order, by) and look(desk, order, by) == PHONE
        else:
            refused(desk, order, by, IllegalTransition)


def test_neither_other_departments_nor_supporting_ones_nor_a_parent(desk: Desk, order: WorkOrder) -> None:
    desk.work(
        lambda unit: unit.departments.put(Department("bei", "北区城管局", parent="chengguan", jurisdiction="北区"))
    )
    order = desk.put(lambda stored: setattr(stored, "supporting_departments", ["shuiwu"]), order)
    assert "主办单位" in refused(desk, order, STRANGER, Forbidden)
    order = desk.put(lambda stored: setattr(stored, "lead_department", "bei"), order)
    assert "主办单位" in refused(desk, order, OFFICER, Forbidden)
    assert look(desk, order, Actor("bei", Role.DEPARTMENT, "bei")) == PHONE


def test_of_an_order_without_a_lead_nobody_of_no_department(desk: Desk, order: WorkOrder) -> None:
    order = desk.put(lambda stored: setattr(stored, "lead_department", ""), order)
    refused(desk, order, Actor("nobody", Role.DEPARTMENT, ""), Forbidden)


def test_who_reported_is_told_to_no_department(desk: Desk, order: WorkOrder) -> None:
    order = desk.put(lambda stored: setattr(stored, "confidential", True), order)
    assert "保密工单" in refused(desk, order, OFFICER, Forbidden)
    assert look(desk, order, AGENT) == PHONE


def test_where_none_was_left_it_says_so(desk: Desk, order: WorkOrder) -> None:
    order = desk.put(lambda stored: setattr(stored, "requester", Requester("王小明", "")), order)
    assert refused(desk, order, OFFICER, InvalidInput) == "诉求人没有留电话，无法电话联系。"


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.ADMINISTRATOR, Role.SYSTEM])
def test_nobody_else(desk: Desk, order: WorkOrder, role: Role) -> None:
    refused(desk, order, ACTORS[role], Forbidden)


def test_an_order_that_does_not_exist(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.work(reveal, 999, AGENT, desk.clock)
