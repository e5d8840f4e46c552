"""语句: the statements several repositories share."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, Table, or_
from sqlalchemy.dialects import postgresql, sqlite

from casework.errors import Conflict, InvalidInput, NotFound
from storage.columns import MAX_ID

MAX_SEARCH = 1000
"""Characters of a text searched for; SQLite cannot match patterns of unlimited length."""
_ESCAPE = "\\"


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, which both databases spell alike but SQLAlchemy keeps by dialect."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def replace_all(connection: Connection, table: Table, key: str, rows: Sequence[dict]) -> None:
    """Add or replace many rows by their key column in one go."""
    if not rows:
        return
    statement = insert(connection, table)
    fresh = {name: statement.excluded[name] for name in rows[0] if name != key}
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=fresh), list(rows))


def save_version(connection: Connection, table: Table, key: object, version: int, values: dict, name: str) -> int:
    """Write `values` where nobody wrote since `version` was read; returns the new version.

    `name` is what the row is called to a user. Raises: Conflict, NotFound.
    """
    (column,) = table.primary_key
    written = connection.execute(
        table.update().where(column == key, table.c.version == version).values(**values, version=version + 1)
    )
    if written.rowcount:
        return version + 1
    if connection.execute(table.select().with_only_columns(column).where(column == key)).first() is None:
        raise NotFound(f"没有找到这{name}。")
    raise Conflict(f"这{name}刚刚被其他人修改过，请刷新后重试。")


def exists_id(number: int) -> bool:
    """Whether a row may have this id at all; larger numbers overflow in the driver."""
    return 0 < number <= MAX_ID


def holding(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Any of the columns holds `text` to the letter, ASCII case aside. Raises: InvalidInput when it is too long."""
    pattern = search_pattern(text)
    return or_(*(column.ilike(pattern, escape=_ESCAPE) for column in columns))


def search_pattern(text: str) -> str:
    """LIKE pattern in which %, _ and the escape itself stand for themselves. Raises: InvalidInput."""
    if len(text) > MAX_SEARCH:
        raise InvalidInput(f"搜索内容过长，请控制在{MAX_SEARCH}字以内。")
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return f"%{text}%"


def batches(items: Sequence[str], size: int = 500) -> list[list[str]]:
    """Cut into lists short enough for one IN (…)."""
    rest = iter(items)
    return list(iter(lambda: list(islice(rest, size)), []))
