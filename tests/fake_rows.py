"""Rows in memory: what the fake repositories share: copies as a database gives them back, versions, bounds, pages."""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from casework.errors import Conflict, InvalidInput, NotFound
from storage.columns import storable, to_json, utc
from storage.statements import MAX_SEARCH

T = TypeVar("T")


def own(value: Any) -> Any:
    """A copy as a database would give it back; refuses what a database would refuse."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, dict):
        return json.loads(to_json(value))
    if isinstance(value, (list, tuple)):
        return [own(item) for item in value]
    if is_dataclass(value):
        kind: Any = type(value)
        return kind(**{item.name: own(getattr(value, item.name)) for item in fields(value)})
    return value


def found(row: T | None, message: str) -> T:
    """Raises: NotFound."""
    if row is None:
        raise NotFound(message)
    return own(row)


def save(rows: dict, key: object, changed: Any, name: str, **fixed: object) -> None:
    """Replace a versioned row; `fixed` holds what saving never changes. Raises: NotFound, Conflict."""
    stored = rows.get(key)
    if stored is None:
        raise NotFound(f"没有找到这{name}。")
    if stored.version != changed.version:
        raise Conflict(f"这{name}刚刚被其他人修改过，请刷新后重试。")
    rows[key] = replace(own(changed), version=changed.version + 1, **fixed)
    changed.version += 1


def within(start: datetime | None, end: datetime | None) -> Callable[[datetime], bool]:
    """Whether a moment lies in [start, end), open where None. Raises: NaiveDatetime."""
    first = utc(start) if start is not None else datetime.min.replace(tzinfo=UTC)
    last = utc(end) if end is not None else None
    return lambda moment: first <= moment and (last is None or moment < last)


def searching(text: str) -> Callable[[str], bool]:
    """Whether a text holds `text`, case aside. Raises: InvalidInput, as the databases do."""
    if len(text) > MAX_SEARCH:
        raise InvalidInput(f"搜索内容过长，请控制在{MAX_SEARCH}字以内。")
    return lambda other: text.lower() in other.lower()


def page(items: Sequence[T], limit: int, offset: int) -> tuple[Sequence[T], int]:
    return [own(item) for item in items[offset : offset + limit]], len(items)
