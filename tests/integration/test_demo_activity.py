"""The demonstration city's last three weeks: made by the real use cases, whole, and enough for every page to show something."""

from collections import Counter
from datetime import timedelta

import pytest

from api.demo_activity import BURST, DAYS, ORDERS, seed_activity
from api.worker import Worker
from casework.events import first_break
from casework.ports import WorkOrderFilter
from casework.transitions import State


@pytest.fixture(scope="module")
def instance(make_instance):
    instance = make_instance()
    assert seed_activity(instance) == ORDERS + len(BURST)
    worker = Worker(instance)
    for _ in range(3000):
        if not worker.run_once():
            return instance
    raise AssertionError("the worker never comes to rest")


@pytest.fixture(scope="module")
def orders(instance):
    since = instance.clock.now() - timedelta(days=DAYS + 1)
    with instance.unit() as work:
        recent = work.work_orders.list(WorkOrderFilter(created_from=since), 1000)[0]
    return [order for order in recent if order.channel != "demo"]  # which its older history is


def test_orders_are_at_every_stage(orders) -> None:
    states = Counter(order.state for order in orders)
    assert states[State.ARCHIVED] > ORDERS / 4
    assert states[State.PROCESSING] > 5
    assert {State.REWORK, State.CALLBACK, State.DISPATCHED} <= set(states)
    assert sum(order.reworks > 0 for order in orders) > 10


def test_no_event_lies_in_the_future_and_the_chain_is_whole(instance) -> None:
    with instance.unit() as work:
        events, head = work.events.chain()
        events = list(events)
    assert first_break(events, head) is None
    assert max(event.at for event in events) <= instance.clock.now()


def test_what_was_made_up_is_called_back_inspected_and_noticed(instance, orders) -> None:
    ids = {order.id for order in orders}
    with instance.unit() as work:
        inspected = [order_id for order_id in ids if work.quality.inspections_of(order_id)]
        findings = [one for order_id in ids for one in work.quality.findings_of(order_id)]
        callbacks = [one for order_id in ids for one in work.callbacks.of(order_id)]
        topics = work.hot_topics.since(instance.clock.now() - timedelta(hours=1))
    closed = [order for order in orders if order.state in (State.CLOSED, State.CALLBACK, State.ARCHIVED)]
    assert {order.id for order in closed} <= set(inspected)
    assert len({one.rule for one in findings}) >= 4
    assert len([one for one in callbacks if one.rating]) > ORDERS / 2
    assert any("停水" in topic.title for topic in topics)
