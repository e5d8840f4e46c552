"""The engine: URLs, SQLite's set-up, migrations once, twice and at once, errors that users can act on."""

import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from casework.errors import Conflict, InvalidInput, Unavailable
from casework.organisation.department import Department
from casework.ports import WorkOrderFilter
from knowledge.entry import EntryKind, ImportedFile, KnowledgeChanges, KnowledgeEntry
from storage.engine import migrate, migration_config, open_engine
from storage.secrets import InstanceSecrets
from storage.tables import metadata
from storage.unit_of_work import SqlUnitOfWork
from tests.integration.storage.conftest import HEAD, Database, run_at_once

TABLES = {*metadata.tables, "alembic_version"}
SEARCH = "work_order_search"


def ours(_thing: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Each database's own search is known to its migration alone."""
    return not (kind == "table" and str(name).startswith(SEARCH)) and name != "ix_work_orders_grams"


def tables(engine: Engine) -> set[str]:
    return {name for name in inspect(engine).get_table_names() if not name.startswith(SEARCH)}


def test_tables_and_migrations_are_alike(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    engine = open_engine(empty_url)
    with SqlUnitOfWork(engine, InstanceSecrets.generate()) as unit:
        unit.departments.put(Department("A", "城管局"))
        unit.commit()
        before = unit.knowledge.revision()
    migrate(empty_url)
    with SqlUnitOfWork(engine, InstanceSecrets.generate()) as unit:
        assert unit.departments.get("A").name == "城管局"
        assert unit.knowledge.revision() == before
    assert tables(engine) == TABLES
    engine.dispose()


def test_processes_may_migrate_at_once(empty_url: str) -> None:
    run_at_once("from storage.engine import migrate", "migrate(sys.argv[1])", empty_url)
    check_migrated_once(empty_url)


def test_threads_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(empty_url), range(4)))
    check_migrated_once(empty_url)


def check_migrated_once(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(HEAD,)]
        assert connection.execute(text("SELECT count(*) FROM event_head")).scalar() == 1
    engine.dispose()


def test_a_failed_migration_leaves_nothing_behind(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE turns (x integer)"))  # the last table that the revision makes
    with pytest.raises(Exception, match="turns"):
        migrate(empty_url)
    assert inspect(engine).get_table_names() == ["turns"]
    engine.dispose()


def test_downgrading_removes_everything(database: Database) -> None:
    with database.engine.begin() as connection:
        command.downgrade(migration_config(connection), "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    migrate(database.url)
    assert tables(database.engine) == TABLES


def test_the_knowledge_of_a_former_release_is_kept(empty_url: str) -> None:
    """The revision stays, and with it the index; history and changes begin with what is there."""
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.upgrade(migration_config(connection), "0001")
        connection.execute(
            text(
                "INSERT INTO knowledge_entries (id, kind, title, answer, locator, similar_questions, item_class, item, "
                "facet, sources, jurisdiction, local_figures, review_state, origin) VALUES "
                "('a', 'faq', '问', '答', '', '[]', '', '', '', '[]', 'national', false, 'published', 'x')"
            )
        )
        connection.execute(text("INSERT INTO imported_files VALUES ('x', 'hash', 1)"))
        connection.execute(text("UPDATE knowledge_revision SET number = 7, mark = 'old'"))
    migrate(empty_url)
    with SqlUnitOfWork(engine, InstanceSecrets.generate()) as unit:
        assert unit.knowledge.revision() == "7-old"
        assert unit.knowledge.changes_since("7-old") == KnowledgeChanges("7-old", [], [])
        assert unit.knowledge.changes_since("6-old") is None
        assert unit.knowledge.all() == [KnowledgeEntry("a", EntryKind.FAQ, "问", "答", origin="x")]
        assert unit.knowledge.imported("x") == ImportedFile("x", "hash", 1, None, "")
        unit.knowledge.put_all([KnowledgeEntry("b", EntryKind.FAQ, "新问", "新答")])
        unit.commit()
        changes = unit.knowledge.changes_since("7-old")
        assert changes is not None
        assert [entry.id for entry in changes.entries] == ["b"]
    engine.dispose()


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="升级"):
        migrate(database.url)


def test_sqlite_is_set_up(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new/folder/hotline.db")
    with engine.connect() as connection:
        pragma = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000}


def test_opening_waits_while_another_has_the_file(tmp_path: Path) -> None:
    """Before the first change to WAL, which needs the file alone."""
    path = tmp_path / "hotline.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE t (x)")
        other.execute("BEGIN EXCLUSIVE")
        engine = open_engine(f"sqlite:///{path}")
        release = threading.Timer(0.3, other.execute, ["COMMIT"])
        release.start()
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        release.join()
        engine.dispose()


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """Two that change it to WAL at one moment: SQLite tells one at once, without waiting, that the file is locked.

    A matter of luck: about one round in 25 comes to it, hence the many rounds.
    """
    together = threading.Barrier(6, timeout=30)

    def open_new(url: str) -> None:
        engine = open_engine(url)
        together.wait()
        engine.connect().close()
        engine.dispose()

    with ThreadPoolExecutor(6) as pool:
        for number in range(75):
            list(pool.map(open_new, [f"sqlite:///{tmp_path}/{number}.db"] * 6))


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_all_text_on_postgresql_sorts_by_code_point(database: Database) -> None:
    """Whatever the server's locale is."""
    wanted = text(
        "SELECT table_name, column_name, collation_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND data_type = 'text'"
    )
    with database.engine.connect() as connection:
        columns = connection.execute(wanted).all()
    assert len(columns) > 50
    assert {row.collation_name for row in columns} == {"C"}


def test_foreign_keys_hold(database: Database) -> None:
    row = "('c', 1, :at, 'answered', '', '', NULL)"
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO turns VALUES {row}"), {"at": "2025-01-01 00:00:00"})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_urls_use_psycopg(scheme: str) -> None:
    pytest.importorskip("psycopg")
    engine = open_engine(f"{scheme}://u:p@host:5433/db")
    assert engine.url.render_as_string(hide_password=False) == "postgresql+psycopg://u:p@host:5433/db"


def test_a_missing_driver_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unavailable, match="pip install"):
        open_engine("postgresql://postgres@127.0.0.1/none")


@pytest.mark.parametrize("url", ["", "hotline.db", "mysql://host/db", "postgresql+asyncpg://host/db"])
def test_other_urls_are_refused_with_a_message(url: str) -> None:
    with pytest.raises(InvalidInput, match="数据库"):
        open_engine(url)


def test_a_missing_server_is_said_in_plain_words() -> None:
    pytest.importorskip("psycopg")
    engine = open_engine("postgresql://postgres@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="数据库"), SqlUnitOfWork(engine, InstanceSecrets.generate()):
        pass


def test_missing_tables_stay_an_error_of_ours(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with pytest.raises(Exception) as raised, SqlUnitOfWork(engine, InstanceSecrets.generate()) as unit:
        unit.work_orders.list(WorkOrderFilter())
    assert not isinstance(raised.value, Unavailable)
    engine.dispose()


def test_a_writer_who_waits_too_long_is_told(database: Database) -> None:
    engine = open_engine(database.url, busy_seconds=0.2)
    with database.unit() as holder:
        holder.departments.put(Department("A", "城管局"))
        with SqlUnitOfWork(engine, database.secrets) as waiting:
            assert waiting.departments.all() == [], "reading does not wait"
            with pytest.raises(Unavailable, match="稍后重试"):
                waiting.departments.put(Department("A", "公安局"))
        holder.commit()
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_deadlock_is_a_conflict(database: Database) -> None:
    with database.unit() as unit:
        for code in "AB":
            unit.departments.put(Department(code, code))
        unit.commit()
    both_hold = threading.Barrier(2, timeout=10)

    def work(codes: str) -> str:
        try:
            with database.unit() as unit:
                unit.departments.put(Department(codes[0], codes))
                both_hold.wait()
                unit.departments.put(Department(codes[1], codes))
                unit.commit()
        except Conflict:
            return "told"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, ["AB", "BA"])) == ["done", "told"]
