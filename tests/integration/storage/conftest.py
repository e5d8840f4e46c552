"""The contract's backends: the fakes in memory, SQLite in a file, PostgreSQL where a server answers."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from casework.appeal import AppealType, Requester
from casework.events import GENESIS
from casework.work_order import WorkOrder
from storage.engine import migrate, open_engine
from storage.secrets import InstanceSecrets
from storage.tables import metadata
from storage.unit_of_work import SqlUnitOfWork, UnitOfWork
from tests.fakes import FakeStore

POSTGRES_URL = os.environ.get("HOTLINE_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
HEAD = "0005"
"""The newest revision of the tables."""
NOW = datetime(2025, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Backend:
    """One implementation under test. `tamper` rewrites an event's reason behind the repositories' back."""

    name: str
    unit: Callable[[], UnitOfWork]
    tamper: Callable[[int, str], None]
    remove_last_event: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database of its own for one test."""

    url: str
    engine: Engine
    secrets: InstanceSecrets

    def unit(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.engine, self.secrets)

    def raw(self) -> str:
        """Every value of every row, as stored."""
        with self.engine.connect() as connection:
            return repr([connection.execute(text(f"SELECT * FROM {t}")).all() for t in metadata.tables])

    def without_triggers(self, statement: str, **values: Any) -> None:
        """What an intruder who owns the database can do."""
        drops = {
            "sqlite": ["DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete"],
            "postgresql": ["DROP TRIGGER events_no_change ON events"],
        }
        with self.engine.begin() as connection:
            for drop in drops[self.engine.dialect.name]:
                connection.execute(text(drop))
            connection.execute(text(statement), values)


def run_at_once(imports: str, action: str, argument: str, count: int = 3) -> list[str]:
    """Output of `count` Python processes that have all done their imports before any of them acts."""
    script = f"import sys\n{imports}\nprint('ready', flush=True)\nsys.stdin.readline()\n{action}"
    command = [sys.executable, "-c", script, argument]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [subprocess.Popen(command, text=True, **pipes) for _ in range(count)]
    for process in started:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = []
    for process in started:
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        outputs.append(output)
    return outputs


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """URL of a server that answers; skips where none does."""
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed (extra postgres)")
    url = make_url(POSTGRES_URL).set(drivername="postgresql+psycopg")
    engine = create_engine(url, connect_args={"connect_timeout": 3})
    try:
        engine.connect().close()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        pytest.skip(f"no PostgreSQL server answers at {url.render_as_string()} (HOTLINE_TEST_POSTGRES_URL): {reason}")
    finally:
        engine.dispose()
    return url.render_as_string(hide_password=False)


RESET = (
    "ALTER TABLE events DISABLE TRIGGER USER",
    "ALTER TABLE entry_history DISABLE TRIGGER USER",
    f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY",
    "ALTER TABLE events ENABLE TRIGGER USER",
    "ALTER TABLE entry_history ENABLE TRIGGER USER",
    f"INSERT INTO event_head VALUES (1, 0, '{GENESIS}')",
    "INSERT INTO knowledge_revision VALUES (1, 0, 'fresh')",
    "INSERT INTO knowledge_revisions VALUES (0, 'fresh')",
)
INTACT = (
    "SELECT (SELECT string_agg(version_num, ',') FROM alembic_version), "
    "(SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)"
)


@dataclass(slots=True)
class Databases:
    """Creates PostgreSQL databases with random names, lends migrated ones, and drops them all in the end."""

    server: str
    names: set[str] = field(default_factory=set)
    spare: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def create(self) -> str:
        name = f"hotline_test_{secrets.token_hex(6)}"
        self._run(self.server, f"CREATE DATABASE {name}")
        self.names.add(name)
        return name

    def drop(self, name: str) -> None:
        self._run(self.server, f"DROP DATABASE {name} WITH (FORCE)")
        self.names.remove(name)

    def lend(self) -> str:
        """The name of a migrated database without data."""
        if self.spare:
            return self.spare.pop()
        name = self.create()
        migrate(self.url(name))
        return name

    def take_back(self, name: str) -> None:
        """Empty it for the next test (which is much quicker than a new one), or drop what a test has damaged."""
        try:
            intact = self._run(self.url(name), INTACT) == (HEAD, 8)
        except DBAPIError:
            intact = False
        if not intact:
            self.drop(name)
            return
        self._run(self.url(name), *RESET)
        self.spare.append(name)

    @staticmethod
    def _run(url: str, *statements: str) -> tuple | None:
        """The last statement's first row, where it has rows."""
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                results = [connection.execute(text(statement)) for statement in statements]
                return tuple(results[-1].one()) if results[-1].returns_rows else None
        finally:
            engine.dispose()


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[Databases]:
    databases = Databases(postgres_server)
    yield databases
    for name in list(databases.names):
        databases.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hotline.db"
    migrate(f"sqlite:///{path}")
    return path


DIALECTS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    databases: Databases = request.getfixturevalue("postgres_databases")
    name = databases.create()
    yield databases.url(name)
    databases.drop(name)


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database."""
    yield from open_database(request.param, request, tmp_path)


def open_database(dialect: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    if dialect == "sqlite":
        path = folder / "hotline.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url, give_back = f"sqlite:///{path}", lambda: None
    else:
        databases: Databases = request.getfixturevalue("postgres_databases")
        name = databases.lend()
        url, give_back = databases.url(name), lambda: databases.take_back(name)
    engine = open_engine(url)
    try:
        yield Database(url, engine, InstanceSecrets.generate())
    finally:
        engine.dispose()
        give_back()


@pytest.fixture(params=["fake", *DIALECTS])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Each implementation of the ports in turn."""
    if request.param == "fake":
        yield fake_backend()
        return
    for opened in open_database(request.param, request, tmp_path):
        yield Backend(
            request.param,
            opened.unit,
            lambda sequence, reason, db=opened: db.without_triggers(
                "UPDATE events SET reason = :reason WHERE sequence = :sequence", sequence=sequence, reason=reason
            ),
            lambda db=opened: db.without_triggers(
                "DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)"
            ),
        )


def fake_backend() -> Backend:
    store = FakeStore()

    def tamper(sequence: int, reason: str) -> None:
        events = store.tables["events"]
        events[sequence] = replace(events[sequence], reason=reason)

    def remove_last_event() -> None:
        events = store.tables["events"]
        del events[max(key for key in events if key != "head")]

    return Backend("fake", store.unit, tamper, remove_last_event)


@pytest.fixture
def new_order() -> Callable[..., WorkOrder]:
    """Makes a plain work order; keyword arguments replace fields."""

    def make(**fields: Any) -> WorkOrder:
        values = {
            "type": AppealType.COMPLAINT,
            "text": "小区旁边的工地夜间施工，影响休息。",
            "created_at": NOW,
            "requester": Requester("赵晓岚", "13900001234"),
        }
        return WorkOrder(**(values | fields))

    return make
