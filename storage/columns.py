"""列类型: the few column types all tables share, alike on SQLite and PostgreSQL."""

import json
import re
from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeEngine

from casework.errors import InvalidInput

MAX_ID = 2**63 - 1
"""Largest id either database can hold; larger ones exist nowhere."""

_NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NaiveDatetime(ValueError, DontWrapMixin):
    """A time without a zone was given; it could mean two different moments."""


class Unstorable(InvalidInput, DontWrapMixin):
    """无法保存的字符: PostgreSQL cannot hold NUL, no database half a surrogate pair; both refuse alike."""

    def __init__(self) -> None:
        super().__init__("内容中含有无法识别的字符（可能是粘贴带入的乱码），请删除后重新提交。")


def storable(text: str) -> str:
    """The text itself. Raises: Unstorable."""
    if "\x00" in text or _SURROGATE.search(text):
        raise Unstorable
    return text


def printable(text: str) -> str:
    """The text with what cannot be stored spelt out (\\x00, \\ud83d): for messages that must not be refused."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises: NaiveDatetime."""
    if moment.tzinfo is None:
        raise NaiveDatetime(f"a time needs a zone: {moment!r}")
    return moment.astimezone(UTC)


def to_json(value: object) -> str:
    """JSON as it is stored: Chinese readable, no NaN. Raises: Unstorable; TypeError, ValueError for no plain JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if _NUL_IN_JSON.search(text) or _SURROGATE.search(text):
        raise Unstorable
    return text


class PlainText(TypeDecorator[str]):
    """Text in code-point order (collation C), so that both databases sort and fold case alike."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine:
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UtcTime(TypeDecorator[datetime]):
    """Aware times, stored in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonValue = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON that may be queried; JSONB rewrites numbers and the order of keys."""
VerbatimJson = JSON(none_as_null=True)
"""JSON kept to the letter, for what is hashed."""
Id = BigInteger().with_variant(Integer, "sqlite")
"""Only an INTEGER counts up by itself on SQLite."""
