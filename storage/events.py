"""事件 repository: appends to the audit chain; nothing here changes or removes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import chain

from sqlalchemy import Connection, Row, select, true

from casework.events import Actor, WorkOrderEvent
from casework.transitions import Role
from storage.columns import to_json
from storage.tables import event_head
from storage.tables import events as table

_PLAIN = [item.name for item in fields(WorkOrderEvent) if item.name != "actor"]


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
        rows = self._connection.execute(
            select(table).where(table.c.work_order_id == work_order_id).order_by(table.c.sequence)
        )
        return [_event(row) for row in rows]

    def chain(self) -> tuple[Iterator[WorkOrderEvent], str]:
        """Streamed: to be read within the unit of work."""
        # One statement sees one moment, so an append meanwhile cannot set the head apart from the events.
        both = event_head.outerjoin(table, true())
        rows = self._connection.execute(
            select(event_head.c.hash.label("head"), *table.c)
            .select_from(both)
            .order_by(table.c.sequence)
            .execution_options(yield_per=500)
        )
        first = next(rows, None)
        if first is None:
            return iter(()), ""
        events = (_event(row) for row in chain([first], rows) if row.sequence is not None)
        return events, first.head


def plain(event: WorkOrderEvent) -> WorkOrderEvent:
    """The event with `data` as JSON gives it back, so that the hash holds for what is read later."""
    return replace(event, data=json.loads(to_json(event.data)) if event.data else None)


def _event(row: Row) -> WorkOrderEvent:
    return WorkOrderEvent(
        **{name: getattr(row, name) for name in _PLAIN},
        actor=Actor(row.actor_id, Role(row.actor_role), row.actor_department),
    )
