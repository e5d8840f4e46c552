"""The audit finds what an intruder who owns the database does to events and orders, says where, and needs little memory."""

import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from api.cli import operations
from api.cli.batch import Context
from casework.audit import audit
from casework.events import GENESIS, SYSTEM, ChainBreak, Damage, WorkOrderEvent, follow
from casework.transitions import State
from casework.work_order import WorkOrder
from tests.integration.storage.conftest import NOW, Backend, Database

NewOrder = Callable[..., WorkOrder]
COLUMNS = (
    "work_order_id, name, at, actor_id, actor_role, actor_department, state_from, state_to, reason, department_from, "
    "department_to, data, previous_hash, hash"
)


def fill(database: Database | Backend, new_order: NewOrder, orders: int = 3) -> list[WorkOrder]:
    """Each order has two events, those of different orders in turns: 1 and 4 are the first one's of three."""
    made = [new_order(text=f"第{number}张") for number in range(orders)]
    with database.unit() as unit:
        for order in made:
            unit.work_orders.add(order)
        for name in ("accept", "queue"):
            for order in made:
                unit.events.append(order.apply(name, SYSTEM, NOW + timedelta(minutes=order.id)))
        for order in made:
            unit.work_orders.save(order)
        unit.commit()
    return made


def found(database: Database | Backend) -> tuple[ChainBreak | None, tuple[int, ...]]:
    with database.unit() as unit:
        result = audit(unit)
    assert result.whole == (result.broken is None and not result.astray)
    return result.broken, result.astray


def tamper(database: Database, *statements: str) -> None:
    first, *rest = statements
    database.without_triggers(first)
    with database.engine.begin() as connection:
        for statement in rest:
            connection.execute(text(statement))


def test_what_was_not_touched_is_whole(backend: Backend, new_order: NewOrder) -> None:
    assert found(backend) == (None, ())
    fill(backend, new_order)
    with backend.unit() as unit:
        result = audit(unit)
        assert (result.events, result.whole, result.head) == (6, True, unit.events.chain()[1])


def test_an_edited_event(backend: Backend, new_order: NewOrder) -> None:
    orders = fill(backend, new_order)
    backend.tamper(4, "改过的原因")
    assert found(backend)[0] == ChainBreak(4, Damage.EDITED, orders[0].id)


def test_a_cut_off_end(backend: Backend, new_order: NewOrder) -> None:
    orders = fill(backend, new_order)
    backend.remove_last_event()
    assert found(backend) == (ChainBreak(6, Damage.CUT, 0), (orders[2].id,)), "its order is ahead of its events"


CASES = {
    "removed from the middle": (["DELETE FROM events WHERE sequence = 3"], 3, Damage.REMOVED),
    "removed and renumbered": (
        ["DELETE FROM events WHERE sequence = 3", *(f"UPDATE events SET sequence = {n - 1} WHERE sequence = {n}" for n in (4, 5, 6))],
        3,
        Damage.FOREIGN,
    ),
    "all removed": (["DELETE FROM events"], 1, Damage.CUT),
    "all and the head removed": (["DELETE FROM events", "DELETE FROM event_head"], 1, Damage.CUT),
    "swapped": (
        [f"UPDATE events SET sequence = {new} WHERE sequence = {old}" for old, new in ((2, 99), (3, 2), (99, 3))],
        2,
        Damage.FOREIGN,
    ),
    "inserted in the middle": (
        [
            *(f"UPDATE events SET sequence = {n + 1} WHERE sequence = {n}" for n in (6, 5, 4)),
            f"INSERT INTO events (sequence, {COLUMNS}) SELECT 4, {COLUMNS} FROM events WHERE sequence = 3",
        ],
        4,
        Damage.FOREIGN,
    ),
    "inserted at the end": (
        [f"INSERT INTO events (sequence, {COLUMNS}) SELECT 7, {COLUMNS} FROM events WHERE sequence = 6"], 7, Damage.FOREIGN,
    ),
    "a role that does not exist": (["UPDATE events SET actor_role = 'king' WHERE sequence = 2"], 2, Damage.UNREADABLE),
    "another order's": (["UPDATE events SET work_order_id = 3 WHERE sequence = 2"], 2, Damage.EDITED),
    "another time": (["UPDATE events SET at = '2020-01-01 00:00:00.000000' WHERE sequence = 5"], 5, Damage.EDITED),
    "another head": (["UPDATE event_head SET hash = 'f'"], 7, Damage.CUT),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_tampering_is_found_and_named(database: Database, new_order: NewOrder, case: str) -> None:
    statements, sequence, damage = CASES[case]
    fill(database, new_order)
    assert found(database)[0] is None
    tamper(database, *statements)
    broken, _ = found(database)
    assert broken is not None and (broken.sequence, broken.damage) == (sequence, damage)


def test_an_order_whose_state_its_events_do_not_say(database: Database, new_order: NewOrder) -> None:
    orders = fill(database, new_order)
    untold = new_order(text="没有事件")
    with database.unit() as unit:
        unit.work_orders.add(untold)
        unit.commit()
    assert found(database) == (None, ()), "submitted needs no event"
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE work_orders SET state = 'archived' WHERE id IN ({orders[1].id}, {untold.id})"))
    assert found(database) == (None, (orders[1].id, untold.id))
    with database.unit() as unit:
        assert list(unit.events.astray(1)) == [orders[1].id]


def test_the_fake_knows_an_order_gone_astray(backend: Backend, new_order: NewOrder) -> None:
    order = fill(backend, new_order)[0]
    with backend.unit() as unit:
        order = unit.work_orders.get(order.id)
        order.state = State.ARCHIVED
        unit.work_orders.save(order)
        unit.commit()
    assert found(backend) == (None, (order.id,))


def test_a_long_chain_is_read_in_little_memory(database: Database, new_order: NewOrder) -> None:
    with database.unit() as unit:
        for number in range(6000):
            unit.events.append(WorkOrderEvent(1, "WorkOrderUrged", NOW, SYSTEM, reason=f"{number}" * 20))
        unit.commit()
    told: list[int] = []
    with database.unit() as unit:
        events, head = unit.events.chain()
        tracemalloc.start()
        try:
            assert follow(events, head, told.append)[::2] == (6000, None)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 9_000_000, "of 6,000 events only some were held at once"


def test_progress_is_told() -> None:
    def endless(count: int):
        previous = GENESIS
        for sequence in range(1, count + 1):
            event = WorkOrderEvent(1, "x", NOW, SYSTEM).chained(previous, sequence)
            previous = event.hash
            yield event

    told: list[int] = []
    assert follow(endless(100_001), None, told.append)[0] == 100_001
    assert told == [50_000, 100_000]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_names_the_place_and_the_order(database: Database, new_order: NewOrder, tmp_path: Path) -> None:
    orders = fill(database, new_order)

    app = typer.Typer()
    operations.register(app)
    given = Context({"data_dir": tmp_path / "data", "database_url": database.url})

    def verify() -> tuple[int, str]:
        done = CliRunner().invoke(app, ["audit", "verify"], obj=given)
        return done.exit_code, done.output + str(getattr(done.exception, "message", ""))

    empty = CliRunner().invoke(app, ["audit", "verify"], obj=Context({"data_dir": tmp_path / "empty"}))
    assert empty.exit_code == 0 and "还没有工单事件" in empty.output and "完整" not in empty.output

    # The instance reads requesters with its own key; their names are not needed here.
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE work_orders SET requester_name = '', requester_phone = ''"))
    code, told = verify()
    assert code == 0 and "审计链完整，共6条事件" in told
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE work_orders SET state = 'closed' WHERE id = {orders[2].id}"))
    code, told = verify()
    assert code != 0 and "审计链本身完整" in told and orders[2].number in told
    database.without_triggers("UPDATE events SET reason = '改' WHERE sequence = 5")
    code, told = verify()
    assert code != 0 and "第5条" in told and "内容被修改过" in told and orders[1].number in told
