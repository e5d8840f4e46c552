"""催办与督办: counted, once a day by citizens, told to whose turn it is; levels that only rise until released."""

import pytest

from casework.deadline.notice import Notice
from casework.errors import Conflict, Forbidden, IllegalTransition, InvalidInput
from casework.events import CITIZEN
from casework.handling.handling import actions_for
from casework.handling.supervision import urge
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, OFFICER, SUPERVISOR, Desk


def urged_by_citizen(desk: Desk, order: WorkOrder) -> WorkOrder:
    def work(unit: object) -> WorkOrder:
        stored = unit.work_orders.get(order.id)
        urge(unit, stored, CITIZEN, desk.clock)
        unit.work_orders.save(stored)
        return stored

    return desk.work(work)


def notices(desk: Desk, order: WorkOrder) -> list[Notice]:
    return [one for one in desk.work(lambda unit: unit.notices.of(order.id)) if one.kind == "urged"]


def test_a_citizen_urges_once_a_day(desk: Desk) -> None:
    order = desk.file()
    assert urged_by_citizen(desk, order).urges == 1
    desk.clock.move(hours=13)  # 23:00 in the city
    with pytest.raises(Conflict, match="今天已经催办过"):
        urged_by_citizen(desk, order)
    assert desk.order(order.id).urges == 1
    desk.clock.move(hours=2)
    assert urged_by_citizen(desk, order).urges == 2, "a new day of the city, not twenty-four hours"


def test_staff_urge_as_often_as_they_must(desk: Desk) -> None:
    order = desk.file()
    for by in (AGENT, DISPATCHER, SUPERVISOR):
        desk.act(order, "urge", by=by, reason="")
    assert desk.order(order.id).urges == 3
    with pytest.raises(Forbidden):
        desk.act(order, "urge", by=OFFICER)
    event = desk.events(order.id)[-1]
    assert (event.name, event.data) == ("WorkOrderUrged", {"urges": 3})


def test_whose_turn_it_is_is_told_until_it_is_theirs_no_longer(desk: Desk) -> None:
    order = desk.file()
    urged_by_citizen(desk, order)
    (told,) = notices(desk, order)
    assert (told.role, told.department, told.done_at) == (Role.DEPARTMENT, "chengguan", None)
    assert "第1次" in told.text
    desk.act(order, "sign")
    assert notices(desk, order)[0].done_at is None, "still the department's turn"
    desk.act(order, "reply")
    assert notices(desk, order)[0].done_at == desk.clock.now()


def test_an_order_merged_into_another_urges_that_one(desk: Desk) -> None:
    main = desk.file()
    order = desk.file(decision="review")
    desk.act(order, "merge", main=main.number)
    assert desk.order(order.id).held
    assert set(actions_for(desk.order(order.id), SUPERVISOR)) == {"unmerge", "urge"}
    urged_by_citizen(desk, order)
    assert (desk.order(order.id).urges, desk.order(main.id).urges) == (1, 1)
    event = desk.events(main.id)[-1]
    assert (event.name, event.actor.role) == ("WorkOrderUrged", Role.SYSTEM)
    assert notices(desk, main)[0].department == "chengguan"


@pytest.mark.parametrize("way", [("sign", "reply", "close")])
def test_what_is_over_is_not_urged(desk: Desk, way: tuple) -> None:
    order = desk.go(desk.file(), *way)
    with pytest.raises(IllegalTransition):
        urged_by_citizen(desk, order)
    assert desk.order(order.id).urges == 0


def test_levels_rise_and_are_released(desk: Desk) -> None:
    order = desk.file()
    raised = desk.act(order, "supervise", level=2, reason="群众反映强烈")
    assert raised.supervision_level == 2
    assert desk.events(order.id)[-1].data == {"level": 2}
    for level, message in ((1, "只能提高"), (2, "已是督办2级"), (0, "1至3级"), (4, "1至3级")):
        with pytest.raises(InvalidInput, match=message):
            desk.act(order, "supervise", level=level)
    assert desk.act(order, "supervise", level=3).supervision_level == 3
    assert "supervise" not in actions_for(desk.order(order.id), SUPERVISOR)
    released = desk.act(order, "release", reason="已办理")
    assert released.supervision_level == 0 and released.state is State.DISPATCHED
    with pytest.raises(InvalidInput, match="没有督办"):
        desk.act(order, "release")


def test_supervision_is_the_supervisors(desk: Desk) -> None:
    order = desk.file()
    for by in (AGENT, DISPATCHER, OFFICER):
        with pytest.raises(Forbidden):
            desk.act(order, "supervise", by=by, level=1)
    with pytest.raises(InvalidInput, match="须填写原因"):
        desk.act(order, "supervise", level=1, reason="")


def test_contact_is_kept_without_phones_and_names(desk: Desk) -> None:
    def rework(stored: WorkOrder) -> None:
        stored.state, stored.reworks = State.REWORK, 1
        stored.requester.name, stored.requester.phone = "王小明", "13800001234"

    order = desk.put(rework, desk.file())
    done = desk.act(order, "contact", by=OFFICER, reason="王小明（13800001234）说垃圾还没清")
    assert done.contacted_at == desk.clock.now() and done.state is State.REWORK
    assert desk.events(order.id)[-1].reason == "王**（138****1234）说垃圾还没清"
    with pytest.raises(InvalidInput, match="须填写原因"):
        desk.act(order, "contact", by=OFFICER, reason=" ")
