"""Load a large city into a database: orders with a whole chain of events, callbacks, jobs.

python -m benchmarks.storage_load --url sqlite:////tmp/large.db --orders 1000000
python -m benchmarks.storage_load --url postgresql://postgres@127.0.0.1/large --orders 1000000

Bounded in memory and resumable: every batch is one transaction, a second call goes on after the last one. The same number gives the same
order on every database. About ten events an order; the demonstration city's appeals and departments, the larger ones with most orders.
"""

import argparse
import json
import random
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Table, select, text

import demo
from casework.appeal import AppealType, FiveElements, Requester
from casework.callback.callback import Callback, CallbackState
from casework.events import Actor, WorkOrderEvent
from casework.job import Job, JobState
from casework.transitions import TABLE, Role, State
from casework.work_order import Dispatching, WorkOrder
from storage import order_search
from storage.columns import to_json
from storage.engine import migrate, open_engine
from storage.query_code import ALPHABET
from storage.secrets import InstanceSecrets
from storage.tables import callbacks, event_head, events, jobs, work_orders
from storage.unit_of_work import SqlUnitOfWork
from storage.work_orders import order_number

SECRETS = InstanceSecrets.from_key("the-benchmarks-own-secret-of-forty-characters")
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""The moment that the load describes."""
SPAN = timedelta(days=3 * 365)
BATCH = 5000
PHONES = 200_000
"""Different requesters of a million orders."""
EVENT = {row.action: row.event for row in TABLE}
OFFICE, DESK = Actor("dispatcher", Role.DISPATCHER), Actor("agent", Role.AGENT)
SYSTEM, CITIZEN = Actor("system", Role.SYSTEM), Actor("citizen", Role.CITIZEN)
OPEN = (
    (State.PENDING_DISPATCH, 8), (State.DISPATCHED, 10), (State.SIGNED, 5), (State.PROCESSING, 40), (State.SUSPENDED, 2),
    (State.EXTENSION_PENDING, 3), (State.REPLIED, 8), (State.CLOSED, 4), (State.CALLBACK, 18), (State.REWORK, 2),
)  # fmt: skip
"""States of the orders of the last month, with their shares in percent."""
PATH = (
    ("accept", "submitted", "accepted"), ("queue", "accepted", "pending_dispatch"), ("dispatch", "pending_dispatch", "dispatched"),
    ("sign", "dispatched", "signed"), ("start", "signed", "processing"), ("reply", "processing", "replied"),
    ("close", "replied", "closed"), ("call_back", "closed", "callback"), ("archive", "callback", "archived"),
)  # fmt: skip
REACHED = {"submitted": 0} | {target: number + 1 for number, (_, _, target) in enumerate(PATH)}
BRANCHES = {
    State.SUSPENDED: ("suspend", 5),
    State.EXTENSION_PENDING: ("request_extension", 5),
    State.REWORK: ("reopen", 8),
    State.REJECTED: ("reject", 0),
}
"""Beside the path: by which action, after how many of its steps."""


def query_code(number: int) -> str:
    """The code of the order with this id."""
    digits = []
    for _ in range(10):
        number, digit = divmod(number * 7 + 3, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(digits)


def phone(number: int) -> str:
    return f"139{number % PHONES:08d}"


class Loader:
    """装载: rows of made-up orders, as they are stored."""

    def __init__(self, url: str, orders: int) -> None:
        migrate(url)
        self.engine, self.orders = open_engine(url), orders
        self.sqlite = self.engine.dialect.name == "sqlite"
        read = [json.loads(line) for file in demo.appeals() for line in file.read_text(encoding="utf-8").splitlines()]
        self.appeals = [row for row in read if row["department"]]
        self.departments = [
            json.loads(line)["code"]
            for file in demo.departments()
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        self.shares = [1 / (rank + 2) for rank in range(len(self.departments))]
        self.tokens = [SECRETS.encrypt(f"市民{number}") for number in range(500)]
        self.templates: dict[str, dict] = {}

    def unit(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.engine, SECRETS)

    def run(self) -> None:
        self._first()
        began, first = time.perf_counter(), self._stored()
        while (done := self._stored()) < self.orders:
            with self.engine.begin() as connection:
                self._batch(connection, done + 1, min(done + BATCH, self.orders))
            seconds = time.perf_counter() - began
            left = seconds / (self._stored() - first) * (self.orders - self._stored())
            print(f"{self._stored():,} orders, {seconds:.0f} s, {left:.0f} s left", flush=True)
        self._last()

    def _first(self) -> None:
        """One order, callback and job stored by the repositories: what rows look like; and no dear index while loading."""
        with self.unit() as unit:
            if not self._stored():
                unit.work_orders.add(
                    WorkOrder(AppealType.COMPLAINT, "第一张工单", NOW - SPAN, requester=Requester("市民", phone(1)))
                )
                unit.callbacks.add(Callback(1, NOW - SPAN, NOW - SPAN))
                unit.jobs.add(
                    Job("callback_begin", "callback_begin:1", NOW - SPAN, {"callback": 1}, state=JobState.DONE)
                )
                event = WorkOrderEvent(1, EVENT["accept"], NOW - SPAN, SYSTEM, "submitted", "submitted")
                unit.events.append(event)
                unit.commit()
        with self.engine.begin() as connection:
            for table in (work_orders, callbacks, jobs):
                raw = text(f"SELECT * FROM {table.name} WHERE id = 1")
                row = dict(connection.execute(raw).one()._mapping)
                self.templates[table.name] = {name: _plain(value) for name, value in row.items()}
            if not self.sqlite:
                connection.execute(text("ALTER TABLE work_orders DISABLE TRIGGER USER"))
                connection.execute(text("DROP INDEX IF EXISTS ix_work_orders_grams"))

    def _last(self) -> None:
        """What was left out while loading, and statistics for the planner."""
        began = time.perf_counter()
        with self.engine.begin() as connection:
            if self.sqlite:
                connection.execute(text("INSERT INTO work_order_search (work_order_search) VALUES ('optimize')"))
            else:
                connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
                connection.execute(text("TRUNCATE order_support, order_tally"))
                connection.execute(text(SUPPORT))
                connection.execute(text(TALLY))
                connection.execute(text("ALTER TABLE work_orders ENABLE TRIGGER USER"))
                grams = "CREATE INDEX IF NOT EXISTS ix_work_orders_grams ON work_orders USING gin (order_grams(text)) WITH (fastupdate = off)"
                connection.execute(text(grams))
                for table in ("work_orders", "callbacks", "jobs"):
                    connection.execute(
                        text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
                    )
        if not self.sqlite:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        print(f"indexes and statistics: {time.perf_counter() - began:.0f} s", flush=True)

    def _stored(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT coalesce(max(id), 0) FROM work_orders")).scalar_one()

    def _batch(self, connection: Connection, first: int, last: int) -> None:
        chance = random.Random(first)
        made = [self._order(number, chance) for number in range(first, last + 1)]
        rows = [row for row, _, _ in made]
        _insert(connection, work_orders, rows)
        if self.sqlite:
            indexed = [{"rowid": row["id"], "grams": " ".join(order_search.grams(row["text"]))} for row in rows]
            connection.execute(order_search.SEARCH.insert(), indexed)
        called = [callback for _, _, callback in made if callback]
        _insert(connection, callbacks, called)
        _insert(connection, jobs, [job for callback in called for job in self._jobs(callback)])
        happened = sorted((event for _, events_, _ in made for event in events_), key=lambda event: event.at)
        self._chain(connection, happened)

    def _order(self, number: int, chance: random.Random) -> tuple[dict, list[WorkOrderEvent], dict | None]:
        created = NOW - SPAN + SPAN * (number / self.orders) ** 0.9 - timedelta(seconds=chance.randrange(7200))
        said, more = chance.choice(self.appeals), chance.choice(self.appeals)
        lead = chance.choices(self.departments, self.shares)[0]
        recent = NOW - created < timedelta(days=30)
        state = chance.choices(*zip(*OPEN, strict=True))[0] if recent else State.ARCHIVED
        if chance.random() < 0.02:
            state = State.REJECTED
        happened = self._events(number, created, state, lead, chance)
        dispatched = any(event.name == EVENT["dispatch"] for event in happened)
        closed = next((event.at for event in happened if event.name == EVENT["close"]), None)
        due = created + timedelta(days=15)
        supporting = (
            chance.sample(self.departments, chance.randint(1, 2)) if dispatched and chance.random() < 0.05 else []
        )
        dispatching = Dispatching(
            lead, chance.choices(("auto", "review", "person"), (80, 12, 8))[0], 0.93, lead, "light-7",
            [{"department": code, "confidence": 0.1} for code in chance.sample(self.departments, 5)], {"duties": ["城市管理"]},
        )  # fmt: skip
        again = chance.random()
        row = self.templates["work_orders"] | {
            "id": number,
            "number": order_number(created, number),
            "query_code_hash": SECRETS.code_hash(query_code(number)),
            "type": said["type"],
            "text": f"{said['text']}{more['text'] if chance.random() < 0.6 else ''}编号{number}。",
            "created_at": _at(created),
            "elements": to_json(FiveElements(said["district"], "上周", "", said["text"][:20], "尽快处理").as_dict()),
            "requester_name": chance.choice(self.tokens),
            "requester_phone": chance.choice(self.tokens),
            "requester_key": SECRETS.phone_hash(phone(chance.randrange(PHONES))),
            "district": said["district"],
            "category": said["category"],
            "state": state.value,
            "lead_department": lead if dispatched else "",
            "supporting_departments": to_json(supporting),
            "dispatching": to_json({name: getattr(dispatching, name) for name in Dispatching.__slots__})
            if dispatched
            else None,
            "dispatched_at": _at(created + timedelta(hours=1)) if dispatched else None,
            "due_at": _at(due),
            "watch_at": None
            if closed or state is State.REJECTED
            else _at(created + timedelta(days=chance.randint(1, 40))),
            "reply": "已现场核实并督促整改，请您继续关注。" * 3 if closed else "",
            "closed_at": _at(closed) if closed else None,
            "repeat_of": chance.randrange(1, number) if again < 0.05 else None,
            "merged_into": number - 1 if 0.05 <= again < 0.07 else None,
            "urges": sum(event.name == EVENT["urge"] for event in happened),
        }
        return row, happened, self._callback(row, closed, state, chance) if closed else None

    def _events(
        self, number: int, created: datetime, state: State, lead: str, chance: random.Random
    ) -> list[WorkOrderEvent]:
        branch = BRANCHES.get(state)
        steps = PATH[: branch[1] if branch else REACHED[state.value]]
        office = Actor(f"user-{lead}", Role.DEPARTMENT, lead)
        made, at = [], created
        for action, before, after in steps:
            at += timedelta(seconds=chance.randrange(60, 200_000 if action in ("reply", "close", "archive") else 4000))
            actor = office if action in ("sign", "start", "reply") else OFFICE if action == "dispatch" else SYSTEM
            where = ("", lead) if action == "dispatch" else ("", "")
            data = {"confidence": 0.93, "decision": "auto"} if action == "dispatch" else None
            made.append(WorkOrderEvent(number, EVENT[action], at, actor, before, after, "", *where, data))
            if after == "processing":
                for _ in range(chance.choice((0, 0, 1, 2, 3))):
                    at += timedelta(seconds=chance.randrange(60, 90_000))
                    made.append(WorkOrderEvent(number, EVENT["urge"], at, CITIZEN, after, after, "市民再次来电催办"))
        if branch:
            at += timedelta(seconds=chance.randrange(60, 90_000))
            before = made[-1].state_to if made else "submitted"
            made.append(WorkOrderEvent(number, EVENT[branch[0]], at, DESK, before, state.value, "按规定办理"))
        return made

    def _callback(self, order: dict, closed: datetime, state: State, chance: random.Random) -> dict:
        answered = state is State.ARCHIVED and chance.random() < 0.6
        ended = CallbackState.ANSWERED if answered else CallbackState.UNREACHED
        open_ = {State.CLOSED: CallbackState.SCHEDULED, State.CALLBACK: CallbackState.DUE}
        rating = chance.choice((5, 5, 5, 4, 4, 3, 2, 1)) if answered else None
        row = self.templates["callbacks"] | {
            "id": order["id"],
            "work_order_id": order["id"],
            "scheduled_at": _at(closed + timedelta(hours=1)),
            "expires_at": _at(closed + timedelta(days=7)),
            "state": open_.get(state, ended).value,
            "attempts": int(state is not State.CLOSED),
            "contacted": answered and chance.random() < 0.9 if answered else None,
            "resolved": answered and chance.random() < 0.8 if answered else None,
            "rating": rating,
            "answered_at": _at(closed + timedelta(hours=5)) if answered else None,
        }
        of_closing = {
            "closed_at": _at(closed), "department": order["lead_department"], "district": order["district"],
            "order_type": order["type"], "order_channel": order["channel"],
        }  # fmt: skip
        return row | {name: value for name, value in of_closing.items() if name in row}

    def _jobs(self, callback: dict) -> list[dict]:
        """Begun and ended callbacks leave jobs behind; those to come wait."""
        made = []
        for at, (kind, when) in enumerate((("callback_begin", "scheduled_at"), ("callback_expire", "expires_at"))):
            done = callback[when] <= _at(NOW)
            made.append(
                self.templates["jobs"]
                | {
                    "id": callback["id"] * 2 + at,
                    "kind": kind,
                    "key": f"{kind}:{callback['id']}",
                    "due_at": callback[when],
                    "payload": to_json({"callback": callback["id"]}),
                    "state": (JobState.DONE if done else JobState.WAITING).value,
                }
            )
        return made

    def _chain(self, connection: Connection, happened: Iterable[WorkOrderEvent]) -> None:
        sequence, previous = connection.execute(select(event_head.c.sequence, event_head.c.hash)).one()
        rows = []
        for event in happened:
            sequence += 1
            linked = event.chained(previous, sequence)
            previous = linked.hash
            rows.append(_event_row(linked))
        _insert(connection, events, rows)
        connection.execute(event_head.update().values(sequence=sequence, hash=previous))


SUPPORT = (
    "INSERT INTO order_support SELECT value, created_at, id FROM work_orders, "
    "jsonb_array_elements_text(supporting_departments) AS value ON CONFLICT DO NOTHING"
)
TALLY = (
    "INSERT INTO order_tally SELECT lead_department, state, coalesce(dispatching ->> 'decision', ''), state = 'pending_dispatch' "
    "AND (duplicate_of IS NOT NULL OR merged_into IS NOT NULL), count(*) FROM work_orders GROUP BY 1, 2, 3, 4"
)


def _at(moment: datetime) -> str:
    """As SQLite stores it and PostgreSQL reads it, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def _plain(value: object) -> object:
    return (
        _at(value.astimezone(UTC))
        if isinstance(value, datetime)
        else to_json(value)
        if isinstance(value, dict | list)
        else value
    )


def _event_row(event: WorkOrderEvent) -> dict:
    return {
        "sequence": event.sequence, "work_order_id": event.work_order_id, "name": event.name, "at": _at(event.at),
        "actor_id": event.actor.id, "actor_role": event.actor.role.value, "actor_department": event.actor.department,
        "state_from": event.state_from, "state_to": event.state_to, "reason": event.reason,
        "department_from": event.department_from, "department_to": event.department_to,
        "data": to_json(event.data) if event.data else None, "previous_hash": event.previous_hash, "hash": event.hash,
    }  # fmt: skip


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _insert(connection: Connection, table: Table, rows: Sequence[dict]) -> None:
    """Plain values as they are stored: by COPY, or in one prepared statement."""
    if not rows:
        return
    names, driver = list(rows[0]), connection.connection.driver_connection
    assert driver is not None
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("UPDATE event_head SET id = id")  # takes this transaction's turn to write
        marks = ", ".join("?" * len(names))
        driver.executemany(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", [tuple(row.values()) for row in rows]
        )
        return
    with driver.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'UTC'")
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            lines = []
            for row in rows:
                written = [
                    "\\N" if v is None else v.translate(_ESCAPES) if isinstance(v, str) else str(v)
                    for v in row.values()
                ]
                lines.append("\t".join(written))
            copy.write("\n".join(lines) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--orders", type=int, default=1_000_000)
    options = parser.parse_args()
    Loader(options.url, options.orders).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
