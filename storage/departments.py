"""承办单位 repository."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, false, select, text

from casework.errors import NotFound
from casework.organisation.department import Department
from storage.statements import replace_all
from storage.tables import departments as table


class SqlDepartments:
    """承办单位 repository over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, department: Department) -> None:
        replace_all(self._connection, table, "code", [asdict(department)])

    def get(self, code: str) -> Department:
        row = self._connection.execute(select(table).where(table.c.code == code)).first()
        if row is None:
            raise NotFound(f"没有代码为“{code}”的承办单位。")
        return Department(**row._mapping)

    def all(self, active_only: bool = True) -> Sequence[Department]:
        """In order of code."""
        wanted = select(table).order_by(table.c.code)
        if active_only:
            wanted = wanted.where(table.c.active)
        return [Department(**row._mapping) for row in self._connection.execute(wanted)]

    def hold(self) -> None:
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text("LOCK TABLE departments IN SHARE ROW EXCLUSIVE MODE"))
        else:  # any write begins SQLite's one writing transaction, even one that writes nothing
            self._connection.execute(table.delete().where(false()))
