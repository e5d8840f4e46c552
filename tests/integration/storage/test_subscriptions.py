"""Contract of what progress needs of storage: interested subscriptions, events after a number, versions, what is public."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from assistant.conversation import Conversation
from casework.errors import NotFound
from casework.events import SYSTEM
from casework.notification.outbox import NOTIFY
from casework.notification.publication import PublishedFilter
from casework.notification.subscription import Interest, Subscription
from casework.transitions import State
from casework.work_order import WorkOrder
from tests.integration.storage.conftest import NOW, Backend

NewOrder = Callable[..., WorkOrder]
DAY = timedelta(days=1)


def add(backend: Backend, *orders: WorkOrder) -> list[int]:
    with backend.unit() as unit:
        for order in orders:
            unit.work_orders.add(order)
        unit.commit()
    return [order.id for order in orders]


def follow(backend: Backend, order_id: int | None = None, **fields: object) -> int:
    subscription = Subscription("email", "zhao@example.com", NOW, "citizen", work_order_id=order_id, **fields)
    with backend.unit() as unit:
        unit.subscriptions.add(subscription)
        unit.commit()
    return subscription.id


def test_who_is_interested(backend: Backend, new_order: NewOrder):
    (main,) = add(backend, new_order())
    part, other = add(backend, new_order(split_from=main), new_order())
    own = follow(backend, main)
    follow(backend, other)
    follow(backend, active=False)
    some = follow(backend, events=["WorkOrderClosed"], department="water")
    wanted = [Interest(own), Interest(some, ("WorkOrderClosed",), "water")]
    with backend.unit() as unit:
        assert list(unit.subscriptions.interested(main)) == wanted
        assert list(unit.subscriptions.interested(part)) == wanted
        assert list(unit.subscriptions.interested(10**9)) == wanted[1:]


def test_one_added_in_the_same_unit_is_interested_at_once(backend: Backend, new_order: NewOrder):
    (order,) = add(backend, new_order())
    with backend.unit() as unit:
        assert list(unit.subscriptions.interested(order)) == []
        subscription = Subscription("email", "zhao@example.com", NOW, "citizen", work_order_id=order)
        unit.subscriptions.add(subscription)
        assert [one.subscription_id for one in unit.subscriptions.interested(order)] == [subscription.id]
        subscription.active = False
        unit.subscriptions.save(subscription)
        assert list(unit.subscriptions.interested(order)) == []
        subscription.active = True
        unit.subscriptions.save(subscription)
        assert len(unit.subscriptions.interested(order)) == 1


def test_a_removed_one_is_gone(backend: Backend, new_order: NewOrder):
    (order,) = add(backend, new_order())
    mine, other = follow(backend, order), follow(backend, order)
    with backend.unit() as unit:
        unit.subscriptions.remove(mine)
        unit.subscriptions.remove(mine)
        unit.subscriptions.remove(10**20)
        unit.commit()
    with backend.unit() as unit:
        assert [one.id for one in unit.subscriptions.of(order)] == [other]
        with pytest.raises(NotFound):
            unit.subscriptions.get(mine)


def test_an_event_and_its_delivery_are_stored_together_or_not_at_all(backend: Backend, new_order: NewOrder):
    order = new_order()
    add(backend, order)
    following = follow(backend, order.id)
    with backend.unit() as unit:
        unit.events.append(order.apply("accept", SYSTEM, NOW))
    with backend.unit() as unit:
        assert unit.events.last() == 0 and not unit.jobs.list(10, (NOTIFY,))
        order.state = State.SUBMITTED
        event = unit.events.append(order.apply("accept", SYSTEM, NOW))
        unit.commit()
    with backend.unit() as unit:
        assert [job.key for job in unit.jobs.list(10, (NOTIFY,))] == [f"notify:{event.sequence}:{following}"]


def test_events_after_a_number(backend: Backend, new_order: NewOrder):
    order = new_order()
    add(backend, order)
    with backend.unit() as unit:
        assert unit.events.last() == 0 and list(unit.events.since(0)) == []
        for action in ("accept", "queue"):
            unit.events.append(order.apply(action, SYSTEM, NOW))
        unit.commit()
    with backend.unit() as unit:
        assert unit.events.last() == 2
        assert [event.sequence for event in unit.events.since(0)] == [1, 2]
        assert [event.name for event in unit.events.since(1)] == ["DispatchQueued"]
        assert [event.sequence for event in unit.events.since(0, 1)] == [1]
        assert list(unit.events.since(2)) == []


def test_versions_of_conversations(backend: Backend):
    with backend.unit() as unit:
        first, second = Conversation("one", NOW, "web"), Conversation("two", NOW, "web")
        unit.conversations.add(first)
        unit.conversations.add(second)
        unit.conversations.save(first)
        unit.commit()
    with backend.unit() as unit:
        found = unit.conversations.versions(["one", "two", "none"])
        assert found == {"one": first.version, "two": second.version}
        assert first.version == second.version + 1
        assert unit.conversations.versions([]) == {}


def test_what_is_public(backend: Backend, new_order: NewOrder):
    made = [
        new_order(category="水务/停水", channel="open311"),
        new_order(category="水务/停水/小区", state=State.CLOSED),
        new_order(category="水务%/停水", confidential=True),
        new_order(category="水务管理", created_at=NOW + DAY),
        new_order(category="", created_at=NOW - DAY),
    ]
    first, second, _, later, before = add(backend, *made)

    def found(limit: int = 10, offset: int = 0, **wanted: object) -> list[int]:
        times = {"created_from": NOW - 9 * DAY, "created_to": NOW + 9 * DAY}
        with backend.unit() as unit:
            return [one.id for one in unit.work_orders.published(PublishedFilter(**(times | wanted)), limit, offset)]

    assert found() == [later, second, first, before]
    assert found(2, 1) == [second, first]
    assert found(created_from=NOW, created_to=NOW + DAY) == [second, first]
    assert found(states=(State.CLOSED,)) == [second]
    assert found(channel="open311") == [first]
    assert found(categories=("水务",)) == [second, first]
    assert found(categories=("水务/停水/小区", "")) == [second, before]
    assert found(categories=("水_",)) == []
    assert found(categories=()) == []
