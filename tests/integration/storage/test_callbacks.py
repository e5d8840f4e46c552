"""Contract of the callbacks: one per closing, versions, tasks, and figures that can all be listed."""

import random
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest
from alembic import command

from casework.callback.callback import Callback, CallbackState
from casework.callback.callback_task import TaskFilter, TaskKind
from casework.callback.satisfaction import EMPTY, ClosingFilter, Group, Measure, Part, Tally, counts
from casework.deadline.calendar import CITY_TIME
from casework.errors import Conflict, NotFound
from casework.work_order import WorkOrder
from storage.engine import migrate, migration_config, open_engine
from storage.secrets import InstanceSecrets
from storage.unit_of_work import SqlUnitOfWork
from tests.integration.storage.conftest import NOW, Backend

NewOrder = Callable[..., WorkOrder]
DAY = timedelta(days=1)


def add_order(backend: Backend, order: WorkOrder) -> int:
    with backend.unit() as unit:
        unit.work_orders.add(order)
        unit.commit()
    return order.id


def add(backend: Backend, *callbacks: Callback) -> None:
    with backend.unit() as unit:
        for callback in callbacks:
            unit.callbacks.add(callback)
        unit.commit()


def scheduled(order_id: int, day: int = 0, **values: object) -> Callback:
    return Callback(order_id, NOW + day * DAY, NOW + (day + 7) * DAY, **values)


def test_every_field_comes_back(backend: Backend, new_order: NewOrder) -> None:
    order_id = add_order(backend, new_order())
    callback = Callback(
        order_id,
        NOW,
        NOW + DAY,
        round=1,
        state=CallbackState.ANSWERED,
        attempts=2,
        contacted=True,
        resolved=False,
        rating=2,
        reason_tags=["推诿", "超时"],
        comment="还没解决，'; DROP TABLE callbacks; --",
        answered_at=NOW + timedelta(hours=3),
        channel="phone",
        priority=3,
        next_attempt_at=NOW + timedelta(hours=2),
        tries=[{"at": NOW.isoformat(), "actor": "li", "outcome": "no_answer"}],
        handover=True,
        excluded="duplicate",
        closed_at=NOW - timedelta(hours=1),
        department="A",
        district="云湖区",
        order_type="投诉",
        order_channel="web",
        follow_up="又坏了，请再来看看。",
        followed_up_at=NOW + DAY,
    )
    assert all(getattr(callback, f.name) is not None for f in fields(callback)), "the test must try every field"
    add(backend, callback)
    with backend.unit() as unit:
        assert unit.callbacks.get(callback.id) == callback
        assert unit.callbacks.of(order_id) == [callback]
        changed = replace(callback, state=CallbackState.DUE, rating=None, contacted=None, comment="", answered_at=None)
        unit.callbacks.save(changed)
        unit.commit()
    assert changed.version == 1
    with backend.unit() as unit:
        assert unit.callbacks.get(callback.id) == changed


def test_one_callback_for_each_closing(backend: Backend, new_order: NewOrder) -> None:
    order_id = add_order(backend, new_order())
    add(backend, scheduled(order_id))
    with backend.unit() as unit:
        with pytest.raises(Conflict):
            unit.callbacks.add(scheduled(order_id, day=9))
        unit.callbacks.add(scheduled(order_id, day=2, round=1))
        unit.commit()
    with backend.unit() as unit:
        assert [item.round for item in unit.callbacks.of(order_id)] == [0, 1]


def test_what_is_not_there_is_not_found(backend: Backend) -> None:
    with backend.unit() as unit:
        for callback_id in (0, 5, 10**30):
            with pytest.raises(NotFound):
                unit.callbacks.get(callback_id)
        with pytest.raises(NotFound):
            unit.callbacks.add(scheduled(99))
        with pytest.raises(NotFound):
            unit.callbacks.save(scheduled(99, id=5))


def test_second_of_two_writers_is_told(backend: Backend, new_order: NewOrder) -> None:
    callback = scheduled(add_order(backend, new_order()))
    add(backend, callback)
    with backend.unit() as first, backend.unit() as second:
        mine, theirs = first.callbacks.get(callback.id), second.callbacks.get(callback.id)
        mine.answer(True, True, 5, "", NOW)
        theirs.answer(True, False, 1, "", NOW)
        first.callbacks.save(mine)
        first.commit()
        with pytest.raises(Conflict):
            second.callbacks.save(theirs)
    with backend.unit() as unit:
        assert unit.callbacks.get(callback.id).rating == 5


def a_callback(rng: random.Random, order_id: int, round_: int, day: int) -> Callback:
    state = rng.choice(list(CallbackState))
    made = Callback(
        order_id,
        NOW,
        NOW + 7 * DAY,
        round=round_,
        state=state,
        attempts=rng.choice([0, 0, 1, 3]),
        excluded=rng.choice(["duplicate", "no_contact"]) if state is CallbackState.EXCLUDED else "",
        closed_at=NOW + day * DAY + timedelta(hours=rng.randrange(24)),
        department=rng.choice(["", "A", "B", "a"]),
        district=rng.choice(["", "云湖区", "松岭区"]),
        order_type=rng.choice(["投诉", "咨询"]),
        order_channel=rng.choice(["web", "phone"]),
    )
    if state is CallbackState.ANSWERED:
        made.contacted, made.resolved = rng.random() < 0.7, rng.random() < 0.5
        made.rating, made.answered_at = rng.randint(1, 5), NOW
    elif state is CallbackState.DUE and rng.random() < 0.5:
        made.contacted = True  # told before a person was asked for: no answer yet
    return made


FILTERS = (
    ClosingFilter(),
    ClosingFilter(start=NOW + 5 * DAY, end=NOW + 25 * DAY),
    ClosingFilter(departments=("A", "B")),
    ClosingFilter(departments=(EMPTY,), type="投诉"),
    ClosingFilter(district="云湖区", channel="web", end=NOW + 20 * DAY),
    ClosingFilter(district=EMPTY),
    ClosingFilter(departments=("none",)),
)


def of_group(wanted: ClosingFilter, group: Group, key: str) -> ClosingFilter:
    """The filter that lists the rows of one group, as a page links to them."""
    if group is Group.NONE:
        return wanted
    if group in (Group.DAY, Group.MONTH):
        first = datetime.fromisoformat(key if group is Group.DAY else f"{key}-01").replace(tzinfo=CITY_TIME)
        last = first + DAY if group is Group.DAY else (first + 32 * DAY).replace(day=1)
        start = max(wanted.start, first) if wanted.start else first
        return replace(wanted, start=start, end=min(wanted.end, last) if wanted.end else last)
    if group is Group.DEPARTMENT:
        return replace(wanted, departments=(key or EMPTY,))
    return replace(wanted, **{group.value: key or EMPTY})


@pytest.mark.parametrize("seed", [1, 2])
def test_no_rate_without_its_rows(backend: Backend, new_order: NewOrder, seed: int) -> None:
    """Each figure, by each filter and group, is the number of the rows that are listed for it."""
    rng = random.Random(seed)
    orders = [add_order(backend, new_order()) for _ in range(30)]
    add(backend, *(a_callback(rng, order, round_, rng.randrange(40)) for order in orders for round_ in range(3)))
    with backend.unit() as unit:
        whole = unit.callbacks.tally(ClosingFilter())[""]
        assert whole.closings == 90 and min(whole.answered, whole.unreached, whole.excluded["duplicate"]) > 3
        for wanted in FILTERS:
            total = sum((told for told in unit.callbacks.tally(wanted).values()), Tally())
            for group in Group:
                groups = unit.callbacks.tally(wanted, group)
                assert sum(groups.values(), Tally()) == total, (wanted, group)
                for key, told in groups.items():
                    narrowed = of_group(wanted, group, key)
                    for measure in Measure:
                        for part in Part:
                            rows, count = unit.callbacks.counted(narrowed, measure, part, limit=200)
                            assert len(rows) == count == told.figure(measure, part), (narrowed, measure, part)
                            assert all(narrowed.holds(row) and counts(row, measure, part) for row in rows)
                    for reason, figure in told.excluded.items():
                        rows, count = unit.callbacks.counted(narrowed, measure, Part.EXCLUDED, 200, reason=reason)
                        assert len(rows) == count == figure and {row.excluded for row in rows} == {reason}


def test_a_period_is_of_the_closing_in_the_citys_days(backend: Backend, new_order: NewOrder) -> None:
    orders = [add_order(backend, new_order()) for _ in range(3)]
    at = datetime(2025, 3, 31, 23, 59, tzinfo=CITY_TIME), datetime(2025, 4, 1, 0, 0, tzinfo=CITY_TIME), NOW
    add(backend, *(Callback(order, NOW, NOW + DAY, closed_at=closed) for order, closed in zip(orders, at, strict=True)))
    with backend.unit() as unit:
        days = unit.callbacks.tally(ClosingFilter(), Group.DAY)
        assert {day: told.waiting for day, told in days.items()} == {"2025-03-14": 1, "2025-03-31": 1, "2025-04-01": 1}
        assert set(unit.callbacks.tally(ClosingFilter(), Group.MONTH)) == {"2025-03", "2025-04"}
        april = ClosingFilter(start=at[1], end=at[1] + DAY)
        assert unit.callbacks.tally(april)[""].closings == 1, "the beginning belongs to the period"
        assert unit.callbacks.tally(ClosingFilter(end=at[1]))[""].closings == 2, "the end does not"
        rows, count = unit.callbacks.counted(ClosingFilter(), Measure.COVERAGE, Part.DENOMINATOR, limit=2)
        assert count == 3 and [row.work_order_id for row in rows] == [orders[1], orders[0]], "newest first, by pages"
        rows, _ = unit.callbacks.counted(ClosingFilter(), Measure.COVERAGE, Part.DENOMINATOR, limit=2, offset=2)
        assert [row.work_order_id for row in rows] == [orders[2]]
        assert unit.callbacks.tally(ClosingFilter(start=NOW + 99 * DAY)) == {}


def test_tasks_come_by_priority_and_then_by_time(backend: Backend, new_order: NewOrder) -> None:
    def task(name: str, **values: object) -> Callback:
        order = add_order(backend, new_order())
        told = {"state": CallbackState.DUE, "channel": "phone", "next_attempt_at": NOW, "comment": name}
        return Callback(order, NOW, NOW + 7 * DAY, **(told | values))

    add(
        backend,
        task("late", next_attempt_at=NOW - DAY),
        task("first", priority=8),
        task("asked for a person", channel="web", handover=True, priority=2),
        task("web, waits for the citizen", channel="web"),
        task("not before tomorrow", next_attempt_at=NOW + DAY, priority=15),
        task("tried often enough", next_attempt_at=None),
        task("not begun", state=CallbackState.SCHEDULED),
        task("answered", state=CallbackState.ANSWERED),
    )

    def names(kind: TaskKind, now: datetime = NOW) -> list[str]:
        rows, count = unit.callbacks.tasks(TaskFilter(kind), now, 50)
        assert len(rows) == count
        return [row.comment for row in rows]

    with backend.unit() as unit:
        assert names(TaskKind.ALL) == ["first", "asked for a person", "late"]
        assert names(TaskKind.PHONE) == ["first", "late"]
        assert names(TaskKind.HANDOVER) == ["asked for a person"]
        assert names(TaskKind.PHONE, NOW + DAY) == ["not before tomorrow", "first", "late"]
        assert names(TaskKind.OPEN)[-1] == "tried often enough" and len(names(TaskKind.OPEN)) == 6
        page, count = unit.callbacks.tasks(TaskFilter(), NOW, limit=1, offset=1)
        assert ([row.comment for row in page], count) == (["asked for a person"], 3)


def test_naive_times_are_refused(backend: Backend, new_order: NewOrder) -> None:
    order_id = add_order(backend, new_order())
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.callbacks.add(Callback(order_id, datetime(2025, 1, 1), NOW))


def test_closings_of_a_former_release_are_all_counted(empty_url: str, new_order: NewOrder) -> None:
    """Callbacks from before get the closing that they follow; a closing without one is counted as excluded."""
    migrate(empty_url)
    engine, keys = open_engine(empty_url), InstanceSecrets.generate()
    with SqlUnitOfWork(engine, keys) as unit:
        called, without, still_open = (
            new_order(lead_department="A", district="云湖区", closed_at=closed) for closed in (NOW, NOW + DAY, None)
        )
        for order in (called, without, still_open):
            unit.work_orders.add(order)
        unit.callbacks.add(scheduled(called.id))
        unit.commit()
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0003")
    migrate(empty_url)
    with SqlUnitOfWork(engine, keys) as unit:
        (told,) = unit.callbacks.tally(
            ClosingFilter(departments=("A",), district="云湖区", type="投诉", channel="web")
        ).values()
        assert (told.waiting, told.excluded, told.closings) == (1, {"history": 1}, 2)
        (row,) = unit.callbacks.of(without.id)
        assert (row.state, row.closed_at, row.reason_tags, row.tries) == (CallbackState.EXCLUDED, NOW + DAY, [], [])
        assert unit.callbacks.of(still_open.id) == []
    engine.dispose()
