"""规则版本 repository."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, func, select

from casework.errors import Conflict, NotFound
from routing.rule_versions import CONFLICT, RuleVersion
from storage.statements import insert
from storage.tables import rule_versions as table

MAX_NUMBER = 2**31 - 1
"""Largest number the column can hold."""


class SqlRuleVersions:
    """规则版本 repository over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: RuleVersion) -> None:
        if version.number != self.newest_number() + 1:
            raise Conflict(CONFLICT)
        # Two may have read the same newest number; the key lets one of them in.
        statement = insert(self._connection, table).values(asdict(version)).on_conflict_do_nothing()
        if self._connection.execute(statement.returning(table.c.number)).first() is None:
            raise Conflict(CONFLICT)

    def newest_number(self) -> int:
        return self._connection.execute(select(func.coalesce(func.max(table.c.number), 0))).scalar_one()

    def newest(self) -> RuleVersion | None:
        return next(iter(self.list(1)), None)

    def get(self, number: int) -> RuleVersion:
        row = None
        if 0 < number <= MAX_NUMBER:
            row = self._connection.execute(select(table).where(table.c.number == number)).first()
        if row is None:
            raise NotFound(f"没有第{number}版派单规则。")
        return RuleVersion(**row._mapping)

    def list(self, limit: int = 50) -> Sequence[RuleVersion]:
        rows = self._connection.execute(select(table).order_by(table.c.number.desc()).limit(limit))
        return [RuleVersion(**row._mapping) for row in rows]
