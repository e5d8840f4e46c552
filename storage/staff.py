"""工作人员 repository."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, Row, select

from casework.organisation.staff import Staff
from casework.transitions import Role
from storage.statements import insert
from storage.tables import staff as table


class SqlStaff:
    """工作人员 repository over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, staff: Staff) -> None:
        values = asdict(staff) | {"role": staff.role.value}
        del values["id"]
        statement = insert(self._connection, table).values(values)
        statement = statement.on_conflict_do_update(index_elements=["username"], set_=values)
        staff.id = self._connection.execute(statement.returning(table.c.id)).scalar_one()

    def by_username(self, username: str) -> Staff | None:
        row = self._connection.execute(select(table).where(table.c.username == username)).first()
        return None if row is None else _staff(row)

    def all(self) -> Sequence[Staff]:
        """In order of username."""
        return [_staff(row) for row in self._connection.execute(select(table).order_by(table.c.username))]

    def names(self, usernames: Collection[str]) -> dict[str, str]:
        wanted = select(table.c.username, table.c.name).where(table.c.username.in_(sorted(usernames)))
        return {row.username: row.name for row in self._connection.execute(wanted)}


def _staff(row: Row) -> Staff:
    return Staff(**(dict(row._mapping) | {"role": Role(row.role)}))
