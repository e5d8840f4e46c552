"""Who may subscribe what: citizens their own order, administrators many; limits and bad input."""

import base64

import pytest

from casework.errors import Conflict, InvalidInput, NotFound
from casework.notification.subscribing import (
    MOST_GENERAL,
    MOST_PER_ORDER,
    change_general,
    checked_events,
    drop_own,
    follow_all,
    follow_own,
    renew_secret,
)
from casework.notification.subscription import Subscription
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.unit.casework.desk import ACTORS, Desk

ADMINISTRATOR = ACTORS[Role.ADMINISTRATOR]


def follow(desk: Desk, order: WorkOrder, address: str = "zhao@example.com") -> Subscription:
    return desk.work(follow_own, order, "email", address, desk.clock)


def webhook(desk: Desk, **given: object) -> Subscription:
    wanted = {"kind": "webhook", "address": "https://example.com/", "events": [], "department": ""} | given
    return desk.work(follow_all, *wanted.values(), ADMINISTRATOR, desk.clock)


def of(desk: Desk, order: WorkOrder) -> list[str]:
    return [one.address for one in desk.work(lambda unit: unit.subscriptions.of(order.id))]


def test_a_citizen_follows_and_drops(desk: Desk):
    order = desk.file()
    mine = follow(desk, order)
    assert (mine.work_order_id, mine.created_by, mine.events) == (order.id, "citizen", [])
    desk.work(drop_own, order, mine.id)
    assert of(desk, order) == []


def test_the_same_address_twice_is_one(desk: Desk):
    order = desk.file()
    assert follow(desk, order).id == follow(desk, order, "ZHAO@example.com").id
    assert of(desk, order) == ["zhao@example.com"]


def test_at_most_three_an_order(desk: Desk):
    order, other = desk.file(), desk.file()
    for number in range(MOST_PER_ORDER):
        follow(desk, order, f"z{number}@example.com")
    with pytest.raises(Conflict, match="最多可以通知3个地址"):
        follow(desk, order, "one-more@example.com")
    assert follow(desk, other, "one-more@example.com").id


def test_an_order_that_is_over_is_not_followed(desk: Desk):
    order = desk.put(lambda stored: setattr(stored, "state", State.ARCHIVED), desk.file())
    with pytest.raises(Conflict, match="已经结束"):
        follow(desk, order)


def test_nobody_drops_what_is_of_another_order(desk: Desk):
    mine, other = desk.file(), desk.file()
    theirs, general = follow(desk, other), webhook(desk)
    for subscription in (theirs, general):
        with pytest.raises(NotFound):
            desk.work(drop_own, mine, subscription.id)
    assert of(desk, other)


def test_a_webhook_gets_a_secret_that_can_be_renewed(desk: Desk):
    added = webhook(desk, events=["WorkOrderClosed", "WorkOrderAccepted", "WorkOrderClosed"], department="chengguan")
    assert added.events == ["WorkOrderAccepted", "WorkOrderClosed"]
    assert len(base64.b64decode(added.secret.removeprefix("whsec_"))) == 32
    assert desk.work(renew_secret, added.id).secret not in ("", added.secret)


def test_only_webhooks_have_secrets(desk: Desk):
    added = webhook(desk, kind="email", address="office@example.com")
    assert added.secret == ""
    with pytest.raises(InvalidInput):
        desk.work(renew_secret, added.id)


@pytest.mark.parametrize("events", [["WorkOrderDispatchd"], ["WorkOrderClosed", ""], ["ProcessingStarted"]])
def test_unknown_events_are_named(events):
    with pytest.raises(InvalidInput, match="没有这种办理步骤"):
        checked_events(events)


def test_an_unknown_department_is_refused(desk: Desk):
    with pytest.raises(InvalidInput, match="nobody"):
        webhook(desk, department="nobody")


def test_there_is_an_end_to_general_ones(desk: Desk):
    for _ in range(MOST_GENERAL):
        webhook(desk)
    with pytest.raises(Conflict):
        webhook(desk)


def test_of_two_who_change_it_the_second_is_told(desk: Desk):
    added = webhook(desk)
    changed = desk.work(change_general, added.id, added.version, ["WorkOrderClosed"], "shuiwu", False)
    assert (changed.events, changed.department, changed.active) == (["WorkOrderClosed"], "shuiwu", False)
    with pytest.raises(Conflict):
        desk.work(change_general, added.id, added.version, [], "", True)


def test_a_citizens_own_is_not_there_for_administrators(desk: Desk):
    mine = follow(desk, desk.file())
    with pytest.raises(NotFound):
        desk.work(change_general, mine.id, mine.version, [], "", False)
