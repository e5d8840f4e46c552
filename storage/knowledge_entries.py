"""知识条目 repository."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from casework.errors import NotFound
from knowledge.entry import (
    EntryChange,
    EntryKind,
    ImportedFile,
    KnowledgeChanges,
    KnowledgeEntry,
    ReviewState,
    Source,
)
from storage import entry_history
from storage.knowledge_tables import imported_files, knowledge_removed, knowledge_revision, knowledge_revisions
from storage.knowledge_tables import knowledge_entries as table
from storage.statements import batches, exists_id, holding, replace_all

_COLUMNS = [column for column in table.c if column.name != "change_number"]


class SqlKnowledgeEntries:
    """知识条目 repository over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        self._connection.execute(knowledge_revision.update().values(number=knowledge_revision.c.number))

    def put_all(self, entries: Sequence[KnowledgeEntry]) -> None:
        """The last of entries with the same id wins."""
        if not entries:
            return
        number = self._bump()
        rows = {entry.id: _values(entry) | {"change_number": number} for entry in entries}
        replace_all(self._connection, table, "id", list(rows.values()))

    def remove(self, entry_ids: Sequence[str]) -> None:
        if not entry_ids:
            return
        number = self._bump()
        for some in batches(entry_ids):
            gone = self._connection.execute(table.delete().where(table.c.id.in_(some)).returning(table.c.id))
            rows = [{"entry_id": entry_id, "change_number": number} for entry_id in gone.scalars()]
            if rows:
                self._connection.execute(knowledge_removed.insert(), rows)

    def get(self, entry_id: str) -> KnowledgeEntry:
        found = self._read(table.c.id == entry_id)
        if not found:
            raise NotFound("没有找到这条知识，可能已被删除。")
        return found[0]

    def all(self) -> Sequence[KnowledgeEntry]:
        return self._read()

    def by_origin(self, origin: str) -> Sequence[KnowledgeEntry]:
        return self._read(table.c.origin == origin)

    def titled(self, title: str) -> Sequence[KnowledgeEntry]:
        return self._read(table.c.title == title)

    def superseded(self) -> Sequence[KnowledgeEntry]:
        return self._read(table.c.superseded_by != "")

    def list(
        self,
        text: str = "",
        limit: int = 50,
        offset: int = 0,
        *,
        library: str | None = None,
        state: ReviewState | None = None,
        kind: EntryKind | None = None,
        generated: bool | None = None,
    ) -> tuple[Sequence[KnowledgeEntry], int]:
        wanted: list[ColumnElement[bool]] = []
        if text:
            wanted.append(holding(text, table.c.title, table.c.answer, table.c.id))
        if library is not None:
            wanted.append(table.c.library == library)
        if state is not None:
            wanted.append(table.c.review_state == state.value)
        if kind is not None:
            wanted.append(table.c.kind == kind.value)
        if generated is not None:
            wanted.append(table.c.generated.is_(generated))
        count = self._connection.execute(select(func.count()).select_from(table).where(*wanted)).scalar_one()
        return self._rows(_ordered(*wanted).limit(limit).offset(offset)), count

    def libraries(self) -> Sequence[tuple[str, int]]:
        counted = select(table.c.library, func.count()).group_by(table.c.library).order_by(table.c.library)
        return [(name, count) for name, count in self._connection.execute(counted)]

    def revision(self) -> str:
        """A counter and a random mark: two databases, or one restored from a backup, never share a name."""
        number, mark = self._connection.execute(select(knowledge_revision.c.number, knowledge_revision.c.mark)).one()
        return f"{number}-{mark}"

    def changes_since(self, revision: str) -> KnowledgeChanges | None:
        start = _number(revision)
        if start is None or not self._was_at(start, revision):
            return None
        # One statement sees one moment, so a change meanwhile cannot set the head apart from the entries.
        head, later = knowledge_revision, table.c.change_number > start
        rows = self._connection.execute(
            select(head.c.number, head.c.mark, *_COLUMNS).select_from(head.outerjoin(table, later)).order_by(table.c.id)
        ).all()
        number, mark = rows[0].number, rows[0].mark
        entries = [_entry(row) for row in rows if row.id is not None]
        # What was removed is only ever added to: up to that number it is the same at every later moment.
        log = knowledge_removed.c
        gone = select(log.entry_id).where(log.change_number > start, log.change_number <= number).distinct()
        removed = set(self._connection.execute(gone).scalars()).difference(entry.id for entry in entries)
        return KnowledgeChanges(f"{number}-{mark}", entries, sorted(removed))

    def record(self, changes: Sequence[EntryChange]) -> None:
        if changes:
            self.lock()  # of two who write an entry's history, the second counts on
            entry_history.record(self._connection, changes)

    def history(self, entry_id: str) -> Sequence[EntryChange]:
        return entry_history.history(self._connection, entry_id)

    def imported(self, path: str) -> ImportedFile | None:
        row = self._connection.execute(select(imported_files).where(imported_files.c.path == path)).first()
        return None if row is None else ImportedFile(**row._mapping)

    def put_imported(self, file: ImportedFile) -> None:
        replace_all(self._connection, imported_files, "path", [asdict(file)])

    def _bump(self) -> int:
        """Raise the counter, which is the lock too, and log it."""
        head = knowledge_revision.c
        row = self._connection.execute(
            knowledge_revision.update()
            .values(number=head.number + 1, mark=secrets.token_hex(4))
            .returning(head.number, head.mark)
        ).one()
        self._connection.execute(knowledge_revisions.insert().values(number=row.number, mark=row.mark))
        return row.number

    def _was_at(self, number: int, revision: str) -> bool:
        log = knowledge_revisions.c
        mark = self._connection.execute(select(log.mark).where(log.number == number)).scalar()
        return mark is not None and revision == f"{number}-{mark}"

    def _read(self, *wanted: ColumnElement[bool]) -> Sequence[KnowledgeEntry]:
        return self._rows(_ordered(*wanted))

    def _rows(self, wanted: Select) -> Sequence[KnowledgeEntry]:
        return [_entry(row) for row in self._connection.execute(wanted)]


def _ordered(*wanted: ColumnElement[bool]) -> Select:
    return select(*_COLUMNS).where(*wanted).order_by(table.c.id)


def _number(revision: str) -> int | None:
    """The counter in a revision's name; None where it holds none that a database can hold."""
    digits = revision.partition("-")[0]
    if not digits.isascii() or not digits.isdigit() or len(digits) > 19:
        return None
    number = int(digits)
    return number if number == 0 or exists_id(number) else None


def _values(entry: KnowledgeEntry) -> dict:
    return asdict(entry) | {"kind": entry.kind.value, "review_state": entry.review_state.value}


def _entry(row: Row) -> KnowledgeEntry:
    values = {column.name: row._mapping[column.name] for column in _COLUMNS}
    values["kind"], values["review_state"] = EntryKind(row.kind), ReviewState(row.review_state)
    values["sources"] = [Source(**source) for source in row.sources]
    return KnowledgeEntry(**values)
