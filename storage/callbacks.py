"""回访 repository."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from casework.callback import Callback, CallbackState
from casework.errors import Conflict, NotFound
from casework.transitions import TABLE, State
from storage.secrets import InstanceSecrets
from storage.statements import exists_id, insert, save_version
from storage.tables import callbacks as table
from storage.tables import events, work_orders

CLOSING_EVENTS = tuple(row.event for row in TABLE if row.target in (State.CLOSED, State.ANSWERED))
"""Events by which handling ends and a callback falls due."""
_CHANGING = [item.name for item in fields(Callback) if item.name not in ("id", "state", "version")]


class SqlCallbacks:
    """回访 repository over one connection."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
        self._connection, self._secrets = connection, secrets

    def add(self, callback: Callback) -> None:
        order = select(work_orders.c.id).where(work_orders.c.id == callback.work_order_id)
        if not exists_id(callback.work_order_id) or self._connection.execute(order).first() is None:
            raise NotFound("没有找到要回访的工单。")
        statement = insert(self._connection, table).values(**self._values(callback), version=callback.version)
        added = self._connection.execute(statement.on_conflict_do_nothing().returning(table.c.id)).scalar()
        if added is None:
            raise Conflict("这张工单的本次办结已经安排过回访。")
        callback.id = added

    def save(self, callback: Callback) -> None:
        callback.version = save_version(
            self._connection, table, callback.id, callback.version, self._values(callback), "次回访"
        )

    def get(self, callback_id: int) -> Callback:
        found = self._read(select(table).where(table.c.id == callback_id)) if exists_id(callback_id) else []
        if not found:
            raise NotFound("没有找到这次回访。")
        return found[0]

    def of(self, work_order_id: int) -> Sequence[Callback]:
        return self._read(select(table).where(table.c.work_order_id == work_order_id).order_by(table.c.round))

    def in_state(self, states: Sequence[CallbackState], limit: int = 100) -> Sequence[Callback]:
        """Those scheduled first come first."""
        wanted = select(table).where(table.c.state.in_([state.value for state in states]))
        return self._read(wanted.order_by(table.c.scheduled_at, table.c.id).limit(limit))

    def between(self, start: datetime | None, end: datetime | None, department: str = "") -> Sequence[Callback]:
        wanted = select(table).where(*_within(table.c.scheduled_at, start, end))
        if department:
            wanted = wanted.join(work_orders).where(work_orders.c.lead_department == department)
        return self._read(wanted.order_by(table.c.scheduled_at, table.c.id))

    def closings_between(self, start: datetime | None, end: datetime | None, department: str = "") -> int:
        wanted = select(func.count()).select_from(events).where(events.c.name.in_(CLOSING_EVENTS))
        wanted = wanted.where(*_within(events.c.at, start, end))
        if department:
            wanted = wanted.join(work_orders, work_orders.c.id == events.c.work_order_id)
            wanted = wanted.where(work_orders.c.lead_department == department)
        return self._connection.execute(wanted).scalar_one()

    def _read(self, wanted: Select) -> list[Callback]:
        return [self._callback(row) for row in self._connection.execute(wanted)]

    def _values(self, callback: Callback) -> dict:
        values = {name: getattr(callback, name) for name in _CHANGING}
        return values | {"state": callback.state.value, "follow_up": self._secrets.encrypt(callback.follow_up)}

    def _callback(self, row: Row) -> Callback:
        values = {name: getattr(row, name) for name in _CHANGING}
        values["follow_up"] = self._secrets.decrypt(row.follow_up)
        return Callback(**values, id=row.id, state=CallbackState(row.state), version=row.version)


def _within(column: ColumnElement[datetime], start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    """[start, end), open where None."""
    bounds = []
    if start is not None:
        bounds.append(column >= start)
    if end is not None:
        bounds.append(column < end)
    return bounds
