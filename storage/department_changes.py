"""机构调整记录 repository."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, Row, select

from casework.organisation.department_change import ChangeKind, DepartmentChange
from storage.tables import department_changes as table


class SqlDepartmentChanges:
    """机构调整记录 repository over one connection; only added to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, change: DepartmentChange) -> DepartmentChange:
        values = asdict(change) | {"kind": change.kind.value, "mapping": dict(change.mapping)}
        values |= {"sources": list(change.sources), "targets": list(change.targets)}
        del values["id"]
        statement = table.insert().values(values).returning(table.c.id)
        return replace(change, id=self._connection.execute(statement).scalar_one())

    def all(self) -> Sequence[DepartmentChange]:
        return [_change(row) for row in self._connection.execute(select(table).order_by(table.c.id))]


def _change(row: Row) -> DepartmentChange:
    told = dict(row._mapping) | {"kind": ChangeKind(row.kind)}
    return DepartmentChange(**(told | {"sources": tuple(row.sources), "targets": tuple(row.targets)}))
