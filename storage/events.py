"""事件 repository: appends to the audit chain; nothing here changes or removes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, func, select, true

from casework.events import Actor, WorkOrderEvent
from casework.transitions import Role, State
from storage.columns import to_json
from storage.tables import event_head, work_orders
from storage.tables import events as table

_PLAIN = [item.name for item in fields(WorkOrderEvent) if item.name != "actor"]
_COLUMNS = [
    column
    for item in fields(WorkOrderEvent)
    for column in (
        [table.c.actor_id, table.c.actor_role, table.c.actor_department]
        if item.name == "actor"
        else [table.c[item.name]]
    )
]
"""In the order of the event's fields, so that a row is an event without naming anything: ten million are read at an audit."""
_ACTOR = [item.name for item in fields(WorkOrderEvent)].index("actor")


class SqlEvents:
    """事件 repository over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self) -> None:
        self._connection.execute(event_head.update().values(sequence=event_head.c.sequence))

    def append(self, event: WorkOrderEvent) -> WorkOrderEvent:
        # Raising the number takes the row's lock, so that appenders go one after the other until they commit.
        sequence, previous_hash = self._connection.execute(
            event_head.update()
            .values(sequence=event_head.c.sequence + 1)
            .returning(event_head.c.sequence, event_head.c.hash)
        ).one()
        linked = plain(event).chained(previous_hash, sequence)
        self._connection.execute(
            table.insert().values(
                **{name: getattr(linked, name) for name in _PLAIN},
                actor_id=linked.actor.id,
                actor_role=linked.actor.role.value,
                actor_department=linked.actor.department,
            )
        )
        self._connection.execute(event_head.update().values(hash=linked.hash))
        return linked

    def of(self, work_order_id: int) -> Sequence[WorkOrderEvent]:
        wanted = select(*_COLUMNS).where(table.c.work_order_id == work_order_id).order_by(table.c.sequence)
        return [_event(row) for row in self._connection.execute(wanted)]

    def last(self) -> int:
        return self._connection.execute(select(event_head.c.sequence)).scalar_one()

    def since(self, sequence: int, limit: int = 500) -> Sequence[WorkOrderEvent]:
        later = select(*_COLUMNS).where(table.c.sequence > sequence).order_by(table.c.sequence).limit(limit)
        return [_event(row) for row in self._connection.execute(later)]

    def chain(self) -> tuple[Iterator[WorkOrderEvent], str]:
        """Streamed: to be read within the unit of work."""
        # One statement sees one moment, so an append meanwhile cannot set the head apart from the events.
        both = event_head.outerjoin(table, true())
        rows = self._connection.execute(
            select(*_COLUMNS, event_head.c.hash.label("head"))
            .select_from(both)
            .order_by(table.c.sequence)
            .execution_options(yield_per=2000)
        )
        first = next(rows, None)
        if first is None:
            return iter(()), ""
        events = (_event(row[:-1]) for row in chain([first], rows) if row[0] is not None)
        return events, first.head

    def astray(self, limit: int) -> Sequence[int]:
        told = (
            select(table.c.state_to)
            .where(table.c.work_order_id == work_orders.c.id, table.c.state_to != "")
            .order_by(table.c.sequence.desc())
            .limit(1)
            .scalar_subquery()
        )
        wanted = select(work_orders.c.id).where(work_orders.c.state != func.coalesce(told, State.SUBMITTED.value))
        return list(self._connection.execute(wanted.order_by(work_orders.c.id).limit(limit)).scalars())


def plain(event: WorkOrderEvent) -> WorkOrderEvent:
    """The event with `data` as JSON gives it back, so that the hash holds for what is read later."""
    return replace(event, data=json.loads(to_json(event.data)) if event.data else None)


def _event(row: Sequence[Any]) -> WorkOrderEvent:
    values: list[Any] = [*row[:_ACTOR], _actor(*row[_ACTOR : _ACTOR + 3]), *row[_ACTOR + 3 :]]
    return WorkOrderEvent(*values)


@lru_cache(maxsize=4096)
def _actor(name: str, role: str, department: str) -> Actor:
    return Actor(name, Role(role), department)
