"""Each step that citizens may see becomes one delivery per subscription that wants it, in the same transaction."""

import pytest

from casework.events import WorkOrderEvent
from casework.job import Job
from casework.notification.outbox import NOTIFY
from casework.notification.progress import STEP_NAMES
from casework.notification.subscription import Subscription
from casework.organisation.department import Department
from casework.transitions import TABLE
from casework.work_order import WorkOrder
from tests.unit.casework.desk import DISPATCHER, MONDAY, Desk


def follow(desk: Desk, order: WorkOrder | None = None, department: str = "", **fields: object) -> Subscription:
    subscription = Subscription("webhook", "https://example.com/", MONDAY, "guan", department=department, **fields)
    subscription.work_order_id = order.id if order else None
    desk.work(lambda unit: unit.subscriptions.add(subscription))
    return subscription


def jobs(desk: Desk) -> list[Job]:
    found = desk.work(lambda unit: unit.jobs.list(200, (NOTIFY,)))
    return list(reversed(found))


def steps(desk: Desk, subscription: Subscription) -> list[str]:
    return [job.payload["event"] for job in jobs(desk) if job.payload["subscription"] == subscription.id]


def test_every_name_is_the_name_of_an_event():
    assert set(STEP_NAMES) - {row.event for row in TABLE} == {"DepartmentSucceeded"}


def test_without_a_subscription_nothing_is_added(desk: Desk):
    desk.go(desk.file(), "sign", "reply", "close")
    assert jobs(desk) == []


def test_a_citizen_is_told_of_the_own_order_alone(desk: Desk):
    mine, other = desk.file(decision="review"), desk.file(decision="review")
    following = follow(desk, mine)
    desk.act(other, "dispatch")
    assert jobs(desk) == []
    desk.go(mine, "dispatch", "sign", "reply")
    assert steps(desk, following) == ["WorkOrderDispatched", "WorkOrderSigned", "WorkOrderReplied"]


def test_what_stays_inside_is_not_told(desk: Desk):
    order = desk.file(decision="review")
    following = follow(desk)
    desk.go(order, "dispatch", "sign", "reply")
    assert "ProcessingStarted" in [event.name for event in desk.events(order.id)]
    assert "ProcessingStarted" not in steps(desk, following)


def test_the_delivery_is_told_once_and_holds_nothing_of_the_requester(desk: Desk):
    order = desk.file(decision="review", text="我叫赵晓岚，电话13900001234，楼下垃圾没人清运")
    following = follow(desk, order)
    desk.act(order, "dispatch")
    (job,) = jobs(desk)
    event = next(one for one in desk.events(order.id) if one.name == "WorkOrderDispatched")
    assert job.key == f"notify:{event.sequence}:{following.id}"
    assert job.payload == {
        "subscription": following.id,
        "order": order.id,
        "event": "WorkOrderDispatched",
        "step": "已派单",
        "note": "",
        "sequence": event.sequence,
        "at": event.at.isoformat(),
        "department": "chengguan",
    }


def test_only_the_wanted_events(desk: Desk):
    order = desk.file(decision="review")
    following = follow(desk, events=["WorkOrderReplied"])
    desk.go(order, "dispatch", "sign", "reply")
    assert steps(desk, following) == ["WorkOrderReplied"]


def test_a_department_is_told_of_its_own_orders(desk: Desk):
    order = desk.file(decision="review")
    theirs, others = follow(desk, department="chengguan"), follow(desk, department="shuiwu")
    desk.go(order, "dispatch", "sign")
    assert steps(desk, theirs) == ["WorkOrderDispatched", "WorkOrderSigned"]
    assert steps(desk, others) == []
    desk.act(order, "reassign", department="shuiwu")
    assert steps(desk, theirs)[-1] == steps(desk, others)[-1] == "WorkOrderReassigned"


def test_a_department_is_told_of_its_units_orders(desk: Desk):
    desk.work(lambda unit: unit.departments.put(Department("chengguan-east", "东区城管大队", parent="chengguan")))
    following = follow(desk, department="chengguan")
    desk.file(department="chengguan-east")
    assert steps(desk, following) == ["WorkOrderDispatched"]


def test_the_parts_of_a_split_appeal_are_told_to_who_follows_the_first(desk: Desk):
    first, second = desk.file(decision="review"), desk.file(decision="review")
    following = follow(desk, first)
    desk.put(lambda order: setattr(order, "split_from", first.id), second)
    desk.act(second, "dispatch")
    assert steps(desk, following) == ["WorkOrderDispatched"]


def test_an_inactive_one_is_not_told(desk: Desk):
    follow(desk, active=False)
    desk.file()
    assert jobs(desk) == []


def test_what_is_rolled_back_is_not_told(desk: Desk):
    order = desk.file(decision="review")
    follow(desk, order)
    with desk.store.unit() as unit:
        unit.events.append(unit.work_orders.get(order.id).apply("dispatch", DISPATCHER, MONDAY))
    assert jobs(desk) == []


@pytest.mark.parametrize("approved, step", [(True, "同意延期"), (False, "未同意延期")])
def test_the_step_is_what_the_citizen_reads(desk: Desk, approved: bool, step: str):
    order = desk.file()
    follow(desk, order)
    event = WorkOrderEvent(order.id, "ExtensionDecided", MONDAY, DISPATCHER, data={"approved": approved})
    desk.work(lambda unit: unit.events.append(event))
    assert jobs(desk)[-1].payload["step"] == step
