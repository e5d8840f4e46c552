"""数据库连接: opens SQLite or PostgreSQL by URL, sets it up alike, and brings its tables up to date."""

import sqlite3
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from casework.errors import Conflict, InvalidInput, Unavailable
from storage.columns import to_json

BUSY_SECONDS = 10
"""How long a writer waits for another before the user is told to try again."""
MIGRATION_LOCK = 0x12345
"""Key of the PostgreSQL advisory lock under which the tables are changed."""

_READS = frozenset({"SELECT", "PRAGMA", "EXPLAIN", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT"})
_RACES = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialization failure and of a deadlock."""
_migrating = threading.Lock()
"""Alembic's `context` and `op` are global to the process."""


def open_engine(url: str, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """The engine of `url`: sqlite:///PATH, postgresql://… or postgres://….

    Raises: InvalidInput for other URLs, Unavailable when the driver is not installed.
    """
    parsed = _parse(url)
    options: dict = {"json_serializer": to_json}
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    else:
        options["pool_pre_ping"] = True
    try:
        engine = create_engine(parsed, **options)
    except ModuleNotFoundError as error:
        raise Unavailable("使用 PostgreSQL 需要安装驱动：pip install 'hotline12345[postgres]'。") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, busy_seconds))
        event.listen(engine, "before_cursor_execute", _begin_before_write)
    else:
        event.listen(engine, "connect", partial(_set_up_postgresql, busy_seconds))
    event.listen(engine, "handle_error", _translate)
    return engine


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest revision; safe when several processes start at once.

    Raises: Unavailable when the database belongs to a newer release.
    """
    engine = open_engine(url)
    try:
        with _migrating, engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            command.upgrade(migration_config(connection), "head")
    except CommandError as error:
        raise Unavailable("数据库由更新版本的程序创建，当前版本无法使用。请升级程序，或从备份恢复旧数据库。") from error
    finally:
        engine.dispose()


def migration_config(connection: Connection) -> Config:
    """Alembic's configuration over an open connection; there is no ini file."""
    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidInput("数据库地址无法识别，应形如 sqlite:///路径 或 postgresql://用户@主机/库名。") from error
    if parsed.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed
    raise InvalidInput(f"不支持的数据库类型“{parsed.drivername}”，请使用 SQLite 或 PostgreSQL。")


def _set_up_sqlite(busy_seconds: float, connection: sqlite3.Connection, _record: object) -> None:
    """Transactions are ours alone (SQLAlchemy's recipe: the driver must begin none); WAL lets readers go on."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {busy_seconds * 1000:.0f}")
    connection.execute("PRAGMA foreign_keys = ON")
    # The change to WAL needs the file alone and does not heed busy_timeout; once made it is kept in the file.
    give_up = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _set_up_postgresql(busy_seconds: float, connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {busy_seconds * 1000:.0f}")
        # Our queries are short; compiling one takes longer than running it.
        cursor.execute("SET jit = off")
    connection.commit()


def _begin_before_write(connection: Connection, cursor: sqlite3.Cursor, statement: str, *_rest: object) -> None:
    """BEGIN IMMEDIATE before a unit's first write.

    Until then each read sees what is committed, as under PostgreSQL's READ COMMITTED: a unit that only reads never
    waits, and one that writes can wait for its turn, which SQLite refuses to a transaction that began by reading.
    What was read before is guarded by the version check of each save.
    """
    if not cursor.connection.in_transaction and statement.lstrip().split(None, 1)[0].upper() not in _READS:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _translate(context: ExceptionContext) -> Exception | None:
    """Turn what a user can only wait for into an error with a message; everything else stays a bug."""
    cause = context.original_exception
    if getattr(cause, "sqlstate", None) in _RACES:
        return Conflict("有人同时在修改同一内容，请稍后重试。")
    if isinstance(context.sqlalchemy_exception, OperationalError) and (
        not isinstance(cause, sqlite3.Error) or "locked" in str(cause) or "unable to open" in str(cause)
    ):
        return Unavailable("数据库暂时繁忙或无法连接，请稍后重试；如持续出现，请联系系统管理员。")
    return None
