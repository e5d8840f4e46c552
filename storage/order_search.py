"""工单检索: finds orders by a part of their text, through an index of its single characters and pairs of neighbours.

Chinese has no spaces to cut words at, so both databases index what a text is made of: PostgreSQL by a GIN index over the function
`order_grams` (migration 0005), SQLite by a full-text table that keeps no text of its own. The index only proposes; the text itself decides.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Text,
    and_,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    or_,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from casework.errors import InvalidInput
from storage.statements import MAX_SEARCH
from storage.tables import work_orders as orders

SEARCH = table("work_order_search", column("rowid"), column("grams"))
"""SQLite's full-text table; `rowid` is the order's id."""
RUNNING_DIGITS = 6
"""Digits of the running number at the end of a 工单编号, at least."""
_MAX_DIGITS = 18
"""Longer ones are no number of ours, and overflow in the driver."""
_MAX_PAIRS = 40
"""Pairs looked up for one search: the first ones propose few enough orders."""
_BY_INDEX = {"enable_seqscan": "off", "work_mem": "64MB", "max_parallel_workers_per_gather": "0"}
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def folded(content: str) -> str:
    """ASCII letters in lower case, nothing else changed: what both databases' lower() does under our collation."""
    return content.translate(_LOWER)


def checked(wanted: str) -> str:
    """The search as it is compared. Raises: InvalidInput when it is too long."""
    if len(wanted) > MAX_SEARCH:
        raise InvalidInput(f"搜索内容过长，请控制在{MAX_SEARCH}字以内。")
    return folded(wanted)


def number_found(wanted: str, number: str) -> bool:
    """Whether `wanted` names this 工单编号: the whole, its beginning, or the running number at its end."""
    if not _is_number(wanted):
        return False
    return number.startswith(wanted) or (len(wanted) >= RUNNING_DIGITS and number[8:] == wanted)


def _is_number(wanted: str) -> bool:
    return wanted.isascii() and wanted.isdigit() and len(wanted) <= _MAX_DIGITS


def grams(content: str) -> list[str]:
    """Distinct characters and pairs of neighbours as words of hexadecimal digits, which no tokenizer cuts."""
    points = [f"{ord(char):x}" for char in folded(content)]
    return list(dict.fromkeys([*points, *(f"{one}z{two}" for one, two in pairwise(points))]))


def index(connection: Connection, order_id: int, content: str) -> None:
    """SQLite: make a new order's text searchable."""
    connection.execute(SEARCH.insert().values(rowid=order_id, grams=" ".join(grams(content))))


def unindex(connection: Connection, order_id: int, content: str) -> None:
    """SQLite: forget a text; `content` must be what was indexed, for the index keeps no copy to look it up in."""
    statement = text("INSERT INTO work_order_search (work_order_search, rowid, grams) VALUES ('delete', :id, :grams)")
    connection.execute(statement, {"id": order_id, "grams": " ".join(grams(content))})


def proposed(connection: Connection, wanted: str) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """Where to look for orders whose text may hold `wanted` (folded, not empty), and on what condition."""
    if connection.dialect.name == "sqlite":
        words = grams(wanted) if len(wanted) == 1 else [word for word in grams(wanted) if "z" in word][:_MAX_PAIRS]
        source = SEARCH.join(orders, orders.c.id == SEARCH.c.rowid)
        matching = literal_column(SEARCH.name, Text).op("MATCH", is_comparison=True)
        return source, [matching(" AND ".join(words))]
    pairs = [wanted] if len(wanted) == 1 else [wanted[at : at + 2] for at in range(min(len(wanted) - 1, _MAX_PAIRS))]
    lexemes = " & ".join("'" + pair.replace("\\", "\\\\").replace("'", "''") + "'" for pair in dict.fromkeys(pairs))
    return orders, [func.order_grams(orders.c.text).op("@@", is_comparison=True)(cast(literal(lexemes), TSQUERY))]


@contextmanager
def by_index(connection: Connection) -> Iterator[None]:
    """PostgreSQL: the index alone is asked, and remembers every row it found.

    For a word in most texts the planner thinks it as good to work out the pairs of row after row, and a bitmap without room for all rows
    would have to work them out again; both take many times as long.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    names = [f"set_config('{name}', '{value}', true)" for name, value in _BY_INDEX.items()]
    connection.execute(text(f"SELECT {', '.join(names)}"))
    yield
    for name in _BY_INDEX:
        connection.execute(text(f"SET LOCAL {name} TO DEFAULT"))


def holds(connection: Connection, wanted: str) -> ColumnElement[bool]:
    """The order's text holds `wanted` (folded) to the letter, ASCII case aside."""
    position = func.instr if connection.dialect.name == "sqlite" else func.strpos
    return position(func.lower(orders.c.text), literal(wanted)) > 0


def numbered(wanted: str) -> ColumnElement[bool]:
    """`number_found` by the index of the numbers."""
    if not _is_number(wanted):
        return false()
    begins = and_(orders.c.number >= wanted, orders.c.number < f"{wanted}:")
    if len(wanted) < RUNNING_DIGITS:
        return begins
    tail = f"{int(wanted):0{RUNNING_DIGITS}d}" == wanted
    return or_(begins, orders.c.id == int(wanted)) if tail else begins
