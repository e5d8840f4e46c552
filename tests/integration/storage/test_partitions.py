"""Events partitioned by month on PostgreSQL: everything goes on as before, and what is written still cannot be changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import storage
from casework.audit import audit
from casework.events import SYSTEM, WorkOrderEvent
from casework.work_order import WorkOrder
from storage.engine import migrate
from tests.integration.storage.conftest import NOW, Database

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]
SCRIPT = Path(storage.__file__).with_name("postgresql") / "partition_events.sql"
NAMES = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass"


def partition(database: Database) -> set[str]:
    """Run the script as psql would; the names of the partitions then."""
    with database.engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute(SCRIPT.read_text(encoding="utf-8"))
        return {name for (name,) in connection.execute(text(NAMES))}


def append(database: Database, order: int, *moments: datetime) -> None:
    with database.unit() as unit:
        for moment in moments:
            unit.events.append(WorkOrderEvent(order, "WorkOrderUrged", moment, SYSTEM, "submitted", "submitted"))
        unit.commit()


def test_all_events_are_kept_in_partitions_and_the_chain_goes_on(
    database: Database, new_order: Callable[..., WorkOrder]
) -> None:
    order = new_order()
    with database.unit() as unit:
        unit.work_orders.add(order)
        unit.commit()
    month = timedelta(days=31)
    append(database, order.id, *(NOW + number * month for number in range(-5, 4)))
    with database.unit() as unit:
        before, head = list(unit.events.of(order.id)), unit.events.chain()[1]
    names = partition(database)
    assert {"events_2024_10", "events_2025_03", "events_2025_06", "events_default"} <= names
    with database.unit() as unit:
        assert list(unit.events.of(order.id)) == before
        assert (unit.events.chain()[1], audit(unit).whole) == (head, True)
    append(database, order.id, NOW + 4 * month, NOW + 2000 * month, NOW - timedelta(days=9000))
    with database.unit() as unit:
        assert [event.sequence for event in unit.events.of(order.id)] == list(range(1, 13))
        assert audit(unit).whole and audit(unit).events == 12
    with database.engine.connect() as connection:
        where = "SELECT tableoid::regclass::text FROM events ORDER BY sequence DESC LIMIT 3"
        placed = [name for (name,) in connection.execute(text(where))]
    assert placed[:2] == ["events_default", "events_default"] and placed[2] == "events_2025_07"


def test_what_is_written_can_still_not_be_changed(database: Database) -> None:
    append(database, 1, NOW, NOW + timedelta(days=60))
    partition(database)
    for statement in (
        "UPDATE events SET reason = 'x'",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE events_2025_03 SET reason = 'x'",
        "DELETE FROM events_2025_03",
        "TRUNCATE events_2025_03",
        "TRUNCATE events_default",
        "UPDATE events SET at = '2031-01-01'",
    ):
        with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.execute(text(statement))
    with database.unit() as unit:
        assert audit(unit).events == 2


def test_running_it_again_adds_the_months_to_come(database: Database) -> None:
    first = partition(database)
    assert partition(database) == first
    with database.engine.begin() as connection:
        dropped = sorted(first - {"events_default"})[-4]
        connection.execute(text(f"DROP TABLE {dropped}"))
    assert partition(database) == first
    assert len(first) >= 13


def test_rows_of_a_month_without_partition_do_not_stop_it(database: Database) -> None:
    partition(database)
    with database.engine.connect() as connection:
        today: datetime = connection.execute(text("SELECT now()")).scalar_one()
    append(database, 1, today + timedelta(days=800))
    assert len(partition(database)) > 13
    with database.unit() as unit:
        assert audit(unit).whole


def test_migrating_goes_on_after_it(database: Database) -> None:
    append(database, 1, NOW)
    partition(database)
    migrate(database.url)
    with database.unit() as unit:
        assert audit(unit).whole
