"""变更记录: appends versions to the entries' histories; nothing here changes or removes."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, func, select

from knowledge.entry import EntryAction, EntryChange, entry_from_dict, entry_to_dict
from storage.knowledge_tables import entry_history as table
from storage.statements import batches


def record(connection: Connection, changes: Sequence[EntryChange]) -> None:
    """Append, each entry's versions counting on; the caller holds the lock under which entries are written."""
    last: dict[str, int] = {}
    for some in batches(list(dict.fromkeys(change.entry_id for change in changes))):
        newest = select(table.c.entry_id, func.max(table.c.version)).where(table.c.entry_id.in_(some))
        last |= {entry_id: version for entry_id, version in connection.execute(newest.group_by(table.c.entry_id))}
    rows = []
    for change in changes:
        version = last[change.entry_id] = last.get(change.entry_id, 0) + 1
        rows.append(
            {
                "entry_id": change.entry_id,
                "version": version,
                "at": change.at,
                "actor": change.actor,
                "action": change.action.value,
                "note": change.note,
                "before": entry_to_dict(change.before) if change.before else None,
            }
        )
    connection.execute(table.insert(), rows)


def history(connection: Connection, entry_id: str) -> Sequence[EntryChange]:
    """The versions of an entry, newest first."""
    wanted = select(table).where(table.c.entry_id == entry_id).order_by(table.c.version.desc())
    return [_change(row) for row in connection.execute(wanted)]


def _change(row: Row) -> EntryChange:
    before = entry_from_dict(row.before) if row.before else None
    return EntryChange(row.entry_id, row.version, row.at, row.actor, EntryAction(row.action), row.note, before)
