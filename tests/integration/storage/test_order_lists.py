"""The lists of a larger city: counted up to a limit, found by their text, read through indexes; the plans are looked at."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from api.worker import LEASE_SECONDS
from casework.job import JobState
from casework.ports import MAX_COUNT, WorkOrderFilter
from casework.transitions import State
from casework.work_order import WorkOrder
from storage.order_search import grams, number_found
from storage.tables import callbacks, events, jobs, order_support, work_orders
from storage.unit_of_work import UnitOfWork
from tests.integration.storage.conftest import DIALECTS, NOW, Database, open_database

NewOrder = Callable[..., WorkOrder]
SIZE = 12_000
PLACES = ("解放路", "人民路", "桂花苑", "渡口街道", "东湖公园")
MATTERS = ("夜里停水", "路灯不亮", "井盖丢失", "垃圾没有清运", "公交车晚点", "施工噪音")


@pytest.fixture(scope="module", params=DIALECTS)
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Twelve thousand orders with three events each, callbacks' jobs, and what the planner knows of them."""
    for opened in open_database(request.param, request, tmp_path_factory.mktemp("city")):
        _fill(opened)
        yield opened


def _fill(database: Database) -> None:
    with database.unit() as unit:
        order = WorkOrder(*_first())
        unit.work_orders.add(order)
        unit.commit()
    chance = random.Random(12345)
    with database.engine.begin() as connection:
        row = dict(connection.execute(work_orders.select()).one()._mapping)
        rows = [row | _varied(number, chance) for number in range(2, SIZE + 1)]
        connection.execute(work_orders.insert(), rows)
        if database.engine.dialect.name == "sqlite":
            indexed = [{"id": one["id"], "grams": " ".join(grams(one["text"]))} for one in rows]
            connection.execute(text("INSERT INTO work_order_search (rowid, grams) VALUES (:id, :grams)"), indexed)
        happened = {
            "at": NOW, "actor_id": "system", "actor_role": "system", "actor_department": "", "state_from": "", "state_to": "archived",
            "reason": "", "department_from": "", "department_to": "", "previous_hash": "", "hash": "",
        }  # fmt: skip
        numbered = [
            happened | {"sequence": sequence, "work_order_id": sequence % SIZE + 1, "name": f"Event{sequence % 7}"}
            for sequence in range(1, SIZE * 3)
        ]
        connection.execute(events.insert(), numbered)
        callback = {
            "scheduled_at": NOW, "expires_at": NOW, "state": "answered", "attempts": 1, "reason_tags": [], "comment": "", "version": 0,
        }  # fmt: skip
        rounds = [callback | {"work_order_id": number, "round": turn} for number in range(1, 2001) for turn in range(2)]
        connection.execute(callbacks.insert(), rounds)
        waiting = {"payload": {}, "attempts": 0, "worker": "", "error": ""}
        states = ((JobState.DONE, 80), (JobState.WAITING, 19), (JobState.RUNNING, 1))
        connection.execute(
            jobs.insert(),
            [
                waiting
                | {
                    "kind": chance.choice(("callback_begin", "callback_expire", "watch")),
                    "key": str(number),
                    "due_at": NOW + timedelta(minutes=chance.randrange(-6000, 6000)),
                    "state": chance.choices(*zip(*states, strict=True))[0].value,
                    "leased_until": NOW,
                }
                for number in range(SIZE)
            ],
        )
        connection.execute(text("ANALYZE"))


def _first() -> tuple[Any, ...]:
    from casework.appeal import AppealType

    return AppealType.COMPLAINT, "第一张", NOW - timedelta(days=900)


def _varied(number: int, chance: random.Random) -> dict:
    states = [(state, 1) for state in State] + [(State.ARCHIVED, 180)]
    state = chance.choices(*zip(*states, strict=True))[0]
    created = NOW - timedelta(days=900) + timedelta(minutes=100 * number)
    closed = created + timedelta(days=chance.randrange(30)) if state is State.ARCHIVED else None
    return {
        "id": number,
        "number": f"{created:%Y%m%d}{number:06d}",
        "query_code_hash": f"hash-{number}",
        "text": f"{chance.choice(PLACES)}{chance.choice(MATTERS)}，编号{number}",
        "created_at": created,
        "state": state.value,
        "lead_department": f"D{chance.randrange(40)}",
        "supporting_departments": [f"D{chance.randrange(40)}"] if chance.random() < 0.3 else [],
        "requester_key": f"key-{number % 4000}",
        "due_at": created + timedelta(days=15),
        "closed_at": closed,
        "watch_at": None if closed else created + timedelta(days=chance.randrange(60)),
        "merged_into": 1 if chance.random() < 0.02 else None,
        "repeat_of": chance.randrange(1, number) if chance.random() < 0.02 else None,
    }


def test_the_count_stops_at_the_limit(city: Database) -> None:
    with city.unit() as unit:
        for wanted in (WorkOrderFilter(), WorkOrderFilter(text="，编号"), WorkOrderFilter(text="号")):
            orders, count = unit.work_orders.list(wanted, 5)
            assert count == MAX_COUNT + 1
            assert [order.id for order in orders] == list(range(SIZE, SIZE - 5, -1))
        assert unit.work_orders.list(WorkOrderFilter(), 5, SIZE - 2)[1] == MAX_COUNT + 1
        assert [order.id for order in unit.work_orders.list(WorkOrderFilter(), 5, SIZE - 2)[0]] == [2, 1]
        assert sum(row.count for row in unit.work_orders.counts()) == SIZE, "statistics are exact all the same"


LISTS: dict[str, WorkOrderFilter] = {
    "all": WorkOrderFilter(),
    "all but merged": WorkOrderFilter(merged=False),
    "merged": WorkOrderFilter(merged=True),
    "a state": WorkOrderFilter(states=(State.PROCESSING,)),
    "states": WorkOrderFilter(states=(State.PENDING_DISPATCH, State.RETURNED), merged=False),
    "closed states": WorkOrderFilter(states=(State.CLOSED, State.CALLBACK, State.ARCHIVED)),
    "a department": WorkOrderFilter(department="D3", merged=False),
    "a department's states": WorkOrderFilter(states=(State.DISPATCHED, State.SIGNED), department="D3", merged=False),
    "a department of a sight": WorkOrderFilter(department="D3", sight=("D3", "D4")),
    "a department out of sight": WorkOrderFilter(department="D3", sight=("D4", "D5")),
    "a sight": WorkOrderFilter(sight=("D3", "D4", "D5"), merged=False),
    "a sight's states": WorkOrderFilter(states=(State.DISPATCHED,), sight=("D3", "D4")),
    "a period": WorkOrderFilter(created_from=NOW - timedelta(days=800), created_to=NOW - timedelta(days=770)),
    "a state in a period": WorkOrderFilter(states=(State.ARCHIVED,), created_from=NOW - timedelta(days=100)),
    "a word": WorkOrderFilter(text="桂花苑夜里停水"),
    "a word in states": WorkOrderFilter(text="井盖丢失", states=(State.ARCHIVED, State.CLOSED)),
    "a word in a sight": WorkOrderFilter(text="井盖", sight=("D3", "D4")),
    "a word in a department": WorkOrderFilter(text="井盖", department="D3", merged=False),
    "a word in a period": WorkOrderFilter(
        text="路灯", created_from=NOW - timedelta(days=800), created_to=NOW - timedelta(days=700)
    ),
    "a word in most": WorkOrderFilter(text="编号"),
    "a character": WorkOrderFilter(text="灯"),
    "a number": WorkOrderFilter(text="000777"),
    "a day's numbers": WorkOrderFilter(text=f"{NOW - timedelta(days=600):%Y%m%d}"),
}


def plainly(database: Database, wanted: WorkOrderFilter) -> list[int]:
    """What the list must show, read off all rows."""
    columns = (
        work_orders.c.id,
        work_orders.c.number,
        work_orders.c.text,
        work_orders.c.state,
        work_orders.c.lead_department,
    )
    columns += work_orders.c.supporting_departments, work_orders.c.created_at, work_orders.c.merged_into
    with database.engine.connect() as connection:
        rows = connection.execute(work_orders.select().with_only_columns(*columns)).all()
    shown = [
        row
        for row in rows
        if (not wanted.states or State(row.state) in wanted.states)
        and (not wanted.department or row.lead_department == wanted.department)
        and (not wanted.sight or {row.lead_department, *row.supporting_departments} & set(wanted.sight))
        and (
            wanted.merged is None or (row.state == "pending_dispatch" and row.merged_into is not None) == wanted.merged
        )
        and (wanted.created_from is None or row.created_at >= wanted.created_from)
        and (wanted.created_to is None or row.created_at < wanted.created_to)
        and (not wanted.text or wanted.text in row.text or number_found(wanted.text, row.number))
    ]
    return [row.id for row in sorted(shown, key=lambda row: (row.created_at, row.id), reverse=True)]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_what_it_must(city: Database, name: str) -> None:
    expected = plainly(city, LISTS[name])
    with city.unit() as unit:
        for offset in (0, 20, max(0, len(expected) - 3)):
            orders, count = unit.work_orders.list(LISTS[name], 20, offset)
            assert [order.id for order in orders] == expected[offset : offset + 20]
            assert count == min(len(expected), MAX_COUNT + 1)


OTHERS: dict[str, Callable[[UnitOfWork], object]] = {
    "query code": lambda unit: unit.work_orders.by_query_code("ABCDE-FGHJK"),
    "number": lambda unit: unit.work_orders.list(WorkOrderFilter(text="20240101000001")),
    "of a requester": lambda unit: unit.work_orders.of_requester("13900001234", NOW - timedelta(days=90)),
    "linked": lambda unit: unit.work_orders.linked_to(77),
    "merged counts": lambda unit: unit.work_orders.merged_counts([77, 78]),
    "involving": lambda unit: unit.work_orders.involving(["D3"], [State.SIGNED, State.PROCESSING]),
    "counts": lambda unit: unit.work_orders.counts(),
    "late": lambda unit: unit.work_orders.overdue_count(NOW),
    "late of a department": lambda unit: unit.work_orders.overdue_count(NOW, "D3"),
    "to watch": lambda unit: unit.work_orders.to_watch(NOW - timedelta(days=700), 100),
    "events of an order": lambda unit: unit.events.of(77),
    "callbacks of an order": lambda unit: unit.callbacks.of(77),
    "a claim": lambda unit: unit.jobs.claim("w", NOW, LEASE_SECONDS, ("callback_begin", "callback_expire")),
    "a job": lambda unit: unit.jobs.get("77"),
    "jobs of a kind": lambda unit: unit.jobs.list(20, ("train",)),
    "pruning": lambda unit: unit.jobs.prune(NOW - timedelta(days=30), ("watch",)),
}


@pytest.mark.parametrize("name", [*LISTS, *OTHERS])
def test_no_list_reads_a_whole_table(city: Database, name: str) -> None:
    """The plan of every statement that is made, as the database tells it with its own statistics."""
    act = OTHERS.get(name) or (lambda unit: unit.work_orders.list(LISTS[name], 20))
    plans = _plans(city, act)
    assert plans
    for statement, plan in plans:
        assert not _full_scans(plan), f"{statement}\n{plan}"


def _plans(database: Database, act: Callable[[UnitOfWork], object]) -> list[tuple[str, str]]:
    made: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE|SET)", statement) and len(made) < 40:
            made.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.unit() as unit:
            act(unit)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    plans = []
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    with database.engine.connect() as connection:
        for statement, parameters in made:
            if "set_config" in statement or statement.startswith("SET"):
                connection.exec_driver_sql(statement, parameters)
                continue
            rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            plans.append((statement, "\n".join(str(row[-1]) for row in rows)))
    return plans


def _full_scans(plan: str) -> list[str]:
    """Lines that read one of the large tables from end to end; walking along an index, which a LIMIT ends, is none."""
    large = "work_orders|events|callbacks|jobs|order_support"
    sqlite = re.findall(rf"^SCAN (?:{large})\b(?!.* USING ).*$", plan, re.MULTILINE)
    return sqlite + re.findall(rf"^.*Seq Scan on (?:{large})\b.*$", plan, re.MULTILINE)


def test_the_plans_of_a_full_scan_are_told_from_others(city: Database) -> None:
    def scan(unit: UnitOfWork) -> object:
        return unit._connection.execute(text("SELECT count(*) FROM work_orders WHERE reply = 'x'")).all()  # type: ignore[attr-defined]

    ((_, plan),) = _plans(city, scan)
    assert _full_scans(plan)


def test_the_side_tables_agree_with_the_orders(city: Database) -> None:
    with city.engine.connect() as connection:
        rows = connection.execute(work_orders.select()).all()
        supported = connection.execute(order_support.select()).all()
    assert Counter((row.department, row.work_order_id) for row in supported) == Counter(
        (code, row.id) for row in rows for code in row.supporting_departments
    )
    with city.unit() as unit:
        told = Counter({(row.department, row.state): 0 for row in unit.work_orders.counts()})
        for row in unit.work_orders.counts():
            told[row.department, row.state] += row.count
    assert told == Counter((row.lead_department, State(row.state)) for row in rows)
