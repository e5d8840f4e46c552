"""记录: what the repositories of plain rows share: one dataclass, one table, some columns encrypted."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

from casework.errors import NotFound
from storage.secrets import InstanceSecrets
from storage.statements import exists_id, insert, save_version

T = TypeVar("T")


class Records(Generic[T]):
    """Rows of `table` as dataclasses `kind`; subclasses name both, what is encrypted, and what is no plain value."""

    table: Table
    kind: type[T]
    name = "条记录"
    """What a row is called to a user, with its measure word."""
    encrypted: frozenset[str] = frozenset()
    converted: dict[str, Any] = {}  # noqa: RUF012 - a table, set by subclasses
    """Types of fields that are stored as their value (enumerations)."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
        self._connection, self._secrets = connection, secrets

    def _insert(self, item: Any, *unique: str) -> bool:
        """Store and fill `id`; False when a row with the same `unique` columns exists already."""
        statement = insert(self._connection, self.table).values(**self._values(item))
        if unique:
            statement = statement.on_conflict_do_nothing(index_elements=list(unique))
        added = self._connection.execute(statement.returning(self.table.c.id)).scalar()
        if added is None:
            return False
        item.id = added
        return True

    def _save(self, item: Any) -> None:
        values = self._values(item)
        del values["version"]
        item.version = save_version(self._connection, self.table, item.id, item.version, values, self.name)

    def _get(self, row_id: int) -> T:
        found = self._read(select(self.table).where(self.table.c.id == row_id)) if exists_id(row_id) else []
        if not found:
            raise NotFound(f"没有找到这{self.name}。")
        return found[0]

    def _where(self, *conditions: ColumnElement[bool], order: Sequence[Any] = (), limit: int | None = None) -> list[T]:
        wanted = select(self.table).where(*conditions).order_by(*(order or (self.table.c.id,)))
        return self._read(wanted if limit is None else wanted.limit(limit))

    def _read(self, wanted: Select) -> list[T]:
        return [self._item(row) for row in self._connection.execute(wanted)]

    def _values(self, item: Any) -> dict[str, Any]:
        values = {one.name: getattr(item, one.name) for one in fields(item) if one.name != "id"}
        for name in self.encrypted:
            values[name] = self._secrets.encrypt(values[name])
        for name in self.converted:
            values[name] = values[name].value
        return values

    def _item(self, row: Row) -> T:
        values = dict(row._mapping)
        for name in self.encrypted:
            values[name] = self._secrets.decrypt(values[name])
        for name, kind in self.converted.items():
            values[name] = kind(values[name])
        return self.kind(**values)
