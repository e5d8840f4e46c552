"""回访 repository."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from casework.callback.callback import Callback, CallbackChannel, CallbackState
from casework.callback.callback_task import TaskFilter, TaskKind
from casework.callback.satisfaction import EMPTY, SATISFIED_FROM, STATES, ClosingFilter, Group, Measure, Part, Tally
from casework.errors import Conflict, NotFound
from storage.secrets import InstanceSecrets
from storage.statements import exists_id, insert, save_version
from storage.tables import callbacks as table
from storage.tables import work_orders

_CHANGING = [item.name for item in fields(Callback) if item.name not in ("id", "state", "version")]
_ANSWERED = table.c.state == CallbackState.ANSWERED.value
_MADE = table.c.state != CallbackState.EXCLUDED.value
_CALLED = and_(_MADE, or_(_ANSWERED, table.c.attempts > 0))
_YES: dict[Measure, ColumnElement[bool]] = {
    Measure.RESPONSE: and_(_ANSWERED, table.c.contacted.is_(True)),
    Measure.RESOLUTION: and_(_ANSWERED, table.c.resolved.is_(True)),
    Measure.SATISFACTION: and_(_ANSWERED, table.c.rating >= SATISFIED_FROM),
    Measure.COVERAGE: _CALLED,
}
_COLUMNS = {
    Group.DEPARTMENT: table.c.department,
    Group.DISTRICT: table.c.district,
    Group.TYPE: table.c.order_type,
    Group.CHANNEL: table.c.order_channel,
}


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

    def tasks(self, wanted: TaskFilter, now: datetime, limit: int, offset: int = 0) -> tuple[Sequence[Callback], int]:
        conditions: list[ColumnElement[bool]] = [table.c.state == CallbackState.DUE.value]
        called = and_(table.c.channel == CallbackChannel.PHONE.value, table.c.handover.is_(False))
        if wanted.kind is not TaskKind.OPEN:
            kinds = {
                TaskKind.ALL: or_(called, table.c.handover.is_(True)),
                TaskKind.PHONE: called,
                TaskKind.HANDOVER: table.c.handover.is_(True),
            }
            conditions += [table.c.next_attempt_at <= now, kinds[wanted.kind]]
        order = table.c.priority.desc(), table.c.next_attempt_at.asc().nulls_last(), table.c.id
        return self._page(conditions, order, limit, offset)

    def tally(self, wanted: ClosingFilter, group: Group = Group.NONE) -> dict[str, Tally]:
        keys = [] if group is Group.NONE else [self._key(group)]
        columns = [table.c.state, table.c.excluded]
        counts = [func.count(), *(func.count().filter(_YES[measure]) for measure in Measure)]
        grouped = select(*keys, *columns, *counts).where(*_conditions(wanted)).group_by(*keys, *columns)
        told: dict[str, Tally] = {}
        for *key, state, excluded, count, contacted, resolved, satisfied, called in self._connection.execute(grouped):
            row = told.setdefault(key[0] if key else "", Tally())
            row.contacted, row.resolved = row.contacted + contacted, row.resolved + resolved
            row.satisfied, row.called = row.satisfied + satisfied, row.called + called
            if state == CallbackState.EXCLUDED.value:
                row.excluded[excluded] += count
            elif state == CallbackState.ANSWERED.value:
                row.answered += count
            else:
                part = next(part for part, states in STATES.items() if CallbackState(state) in states)
                setattr(row, part.value, getattr(row, part.value) + count)
        return told

    def counted(
        self, wanted: ClosingFilter, measure: Measure, part: Part, limit: int, offset: int = 0, reason: str = ""
    ) -> tuple[Sequence[Callback], int]:
        conditions = [*_conditions(wanted), _counts(measure, part)]
        if reason and part is Part.EXCLUDED:
            conditions.append(table.c.excluded == reason)
        return self._page(conditions, (table.c.closed_at.desc(), table.c.id.desc()), limit, offset)

    def _key(self, group: Group) -> ColumnElement[str]:
        if group in _COLUMNS:
            return _COLUMNS[group]
        length = 10 if group is Group.DAY else 7
        if self._connection.dialect.name == "sqlite":
            return func.substr(func.datetime(table.c.closed_at, "+8 hours"), 1, length)
        return func.to_char(func.timezone("Asia/Shanghai", table.c.closed_at), "YYYY-MM-DD"[:length])

    def _page(
        self, conditions: Sequence[ColumnElement[bool]], order: Sequence[Any], limit: int, offset: int
    ) -> tuple[list[Callback], int]:
        count = self._connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
        return self._read(select(table).where(*conditions).order_by(*order).limit(limit).offset(offset)), count

    def _read(self, wanted: Select) -> list[Callback]:
        return [self._callback(row) for row in self._connection.execute(wanted)]

    def _values(self, callback: Callback) -> dict:
        values = {name: getattr(callback, name) for name in _CHANGING}
        return values | {"state": callback.state.value, "follow_up": self._secrets.encrypt(callback.follow_up)}

    def _callback(self, row: Row) -> Callback:
        values = {name: getattr(row, name) for name in _CHANGING}
        values["follow_up"] = self._secrets.decrypt(row.follow_up)
        return Callback(**values, id=row.id, state=CallbackState(row.state), version=row.version)


def _conditions(wanted: ClosingFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.start is not None:
        conditions.append(table.c.closed_at >= wanted.start)
    if wanted.end is not None:
        conditions.append(table.c.closed_at < wanted.end)
    if wanted.departments:
        conditions.append(table.c.department.in_(["" if code == EMPTY else code for code in wanted.departments]))
    for column, value in (
        (table.c.district, wanted.district),
        (table.c.order_type, wanted.type),
        (table.c.order_channel, wanted.channel),
    ):
        if value:
            conditions.append(column == ("" if value == EMPTY else value))
    return conditions


def _counts(measure: Measure, part: Part) -> ColumnElement[bool]:
    """`casework.callback.satisfaction.counts` in SQL."""
    if part in STATES:
        return table.c.state.in_([state.value for state in STATES[part]])
    if part is Part.NUMERATOR:
        return _YES[measure]
    return _MADE if measure is Measure.COVERAGE else _ANSWERED
