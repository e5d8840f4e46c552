"""Contract of the events: appended, chained, never changed; a change behind our back is found."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework.events import GENESIS, SYSTEM, Actor, WorkOrderEvent, first_break
from casework.transitions import Role
from storage.tables import events
from tests.integration.storage.conftest import NOW, Backend, Database

DATA = {"score": 1.0, "large": 1e22, "nested": {"b": [1, None, True], "a": "中文\\u0000 \"'"}, "tiny": -0.0}


def event(reason: str = "", order: int = 1, **values: object) -> WorkOrderEvent:
    return WorkOrderEvent(order, "WorkOrderSigned", NOW, SYSTEM, reason=reason, **values)


def append(backend: Backend, *events: WorkOrderEvent) -> None:
    for item in events:
        with backend.unit() as unit:
            unit.events.append(item)
            unit.commit()


def chain(backend: Backend) -> tuple[list[WorkOrderEvent], str]:
    with backend.unit() as unit:
        events, head = unit.events.chain()
        return list(events), head


def test_an_empty_chain_is_whole(backend: Backend) -> None:
    assert chain(backend) == ([], GENESIS)
    assert first_break(*chain(backend)) is None


def test_every_field_comes_back_and_links(backend: Backend) -> None:
    full = WorkOrderEvent(
        7, "WorkOrderReturned", NOW, Actor("li", Role.DEPARTMENT, "CGJ"), "dispatched", "returned", "不属职责", "CGJ",
        "GAJ", DATA,
    )  # fmt: skip
    with backend.unit() as unit:
        first, second = unit.events.append(event()), unit.events.append(full)
        unit.commit()
    assert (first.sequence, first.previous_hash) == (1, GENESIS)
    assert (second.sequence, second.previous_hash) == (2, first.hash)
    assert all(getattr(second, item.name) for item in fields(second)), "the test must try every field"
    with backend.unit() as unit:
        assert unit.events.of(7) == [second]
        assert unit.events.of(7)[0].data == DATA
        assert unit.events.of(8) == []
    assert chain(backend) == ([first, second], second.hash)
    assert first_break(*chain(backend)) is None


def test_what_is_rolled_back_leaves_no_gap(backend: Backend) -> None:
    append(backend, event("一"))
    with backend.unit() as unit:
        unit.events.append(event("二"))
    append(backend, event("三"))
    events, head = chain(backend)
    assert [item.reason for item in events] == ["一", "三"]
    assert first_break(events, head) is None


def test_tuples_and_number_keys_are_hashed_as_they_come_back(backend: Backend) -> None:
    append(backend, event(data={"states": ("a", "b"), "counts": {10: 1, 9: 2}}))
    assert first_break(*chain(backend)) is None


def test_the_chain_stays_whole_under_concurrent_appends(backend: Backend) -> None:
    def work(thread: int) -> None:
        append(backend, *(event(f"{thread}-{number}", order=thread) for number in range(10)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    events, head = chain(backend)
    assert len(events) == 40
    assert first_break(events, head) is None
    with backend.unit() as unit:
        assert [item.reason for item in unit.events.of(2)] == [f"2-{number}" for number in range(10)]


def test_a_changed_event_is_found(backend: Backend) -> None:
    append(backend, *(event(str(number)) for number in range(5)))
    assert first_break(*chain(backend)) is None
    backend.tamper(3, "改过的原因")
    assert first_break(*chain(backend)) == 3


def test_a_cut_off_end_is_found(backend: Backend) -> None:
    append(backend, *(event(str(number)) for number in range(5)))
    backend.remove_last_event()
    assert first_break(*chain(backend)) == 5


def test_an_event_forged_at_the_end_is_found(database: Database) -> None:
    append(database, event("真"))
    columns = ", ".join(column.name for column in events.columns if column.name != "sequence")
    with database.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO events (sequence, {columns}) SELECT 2, {columns} FROM events"))
    assert first_break(*chain(database)) == 2


def test_naive_times_are_refused(backend: Backend) -> None:
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.events.append(WorkOrderEvent(1, "x", datetime(2025, 1, 1), SYSTEM))


def test_a_long_chain_is_streamed_beside_other_reads(backend: Backend) -> None:
    with backend.unit() as unit:
        for number in range(1200):
            unit.events.append(event(str(number)))
        unit.commit()
    with backend.unit() as unit:
        events, head = unit.events.chain()
        first = next(iter(events))
        assert unit.events.of(first.work_order_id)[-1].hash == head
        assert len(list(events)) == 1199


@pytest.mark.parametrize("statement", ["UPDATE events SET reason = 'x'", "DELETE FROM events"])
def test_the_database_refuses_to_change_events(database: Database, statement: str) -> None:
    append(database, event("一"))
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text(statement))
    assert [item.reason for item in chain(database)[0]] == ["一"]


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_refuses_to_truncate_events(database: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text("TRUNCATE events"))


def test_times_keep_their_microseconds(backend: Backend) -> None:
    moments = [NOW + timedelta(microseconds=step) for step in (0, 1, 999_999)]
    append(backend, *(WorkOrderEvent(1, "x", moment, SYSTEM) for moment in moments))
    assert [item.at for item in chain(backend)[0]] == moments
