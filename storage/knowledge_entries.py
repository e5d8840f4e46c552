"""知识条目 repository."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, Row, Select, func, select

from casework.errors import NotFound
from knowledge.entry import EntryKind, ImportedFile, KnowledgeEntry, ReviewState, Source
from storage.statements import batches, holding, replace_all
from storage.tables import imported_files, knowledge_revision
from storage.tables import knowledge_entries as table


class SqlKnowledgeEntries:
    """知识条目 repository over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_all(self, entries: Sequence[KnowledgeEntry]) -> None:
        """The last of entries with the same id wins."""
        if not entries:
            return
        # First the counter: it is the lock under which writers of entries go one after the other.
        self._bump()
        rows = {entry.id: _values(entry) for entry in entries}
        replace_all(self._connection, table, "id", list(rows.values()))

    def remove(self, entry_ids: Sequence[str]) -> None:
        if not entry_ids:
            return
        self._bump()
        for some in batches(entry_ids):
            self._connection.execute(table.delete().where(table.c.id.in_(some)))

    def get(self, entry_id: str) -> KnowledgeEntry:
        found = self._read(select(table).where(table.c.id == entry_id))
        if not found:
            raise NotFound("没有找到这条知识，可能已被删除。")
        return found[0]

    def all(self) -> Sequence[KnowledgeEntry]:
        return self._read(select(table).order_by(table.c.id))

    def by_origin(self, origin: str) -> Sequence[KnowledgeEntry]:
        return self._read(select(table).where(table.c.origin == origin).order_by(table.c.id))

    def list(self, text: str = "", limit: int = 50, offset: int = 0) -> tuple[Sequence[KnowledgeEntry], int]:
        """In order of id."""
        found = [holding(text, table.c.title, table.c.answer, table.c.id)] if text else []
        count = self._connection.execute(select(func.count()).select_from(table).where(*found)).scalar_one()
        page = select(table).where(*found).order_by(table.c.id).limit(limit).offset(offset)
        return self._read(page), count

    def revision(self) -> str:
        """A counter and a random mark: two databases, or one restored from a backup, never share a name."""
        number, mark = self._connection.execute(select(knowledge_revision.c.number, knowledge_revision.c.mark)).one()
        return f"{number}-{mark}"

    def imported(self, path: str) -> ImportedFile | None:
        row = self._connection.execute(select(imported_files).where(imported_files.c.path == path)).first()
        return None if row is None else ImportedFile(**row._mapping)

    def put_imported(self, file: ImportedFile) -> None:
        replace_all(self._connection, imported_files, "path", [asdict(file)])

    def _bump(self) -> None:
        self._connection.execute(
            knowledge_revision.update().values(number=knowledge_revision.c.number + 1, mark=secrets.token_hex(4))
        )

    def _read(self, wanted: Select) -> Sequence[KnowledgeEntry]:
        return [_entry(row) for row in self._connection.execute(wanted)]


def _values(entry: KnowledgeEntry) -> dict:
    return asdict(entry) | {"kind": entry.kind.value, "review_state": entry.review_state.value}


def _entry(row: Row) -> KnowledgeEntry:
    values = dict(row._mapping)
    values["kind"], values["review_state"] = EntryKind(row.kind), ReviewState(row.review_state)
    values["sources"] = [Source(**source) for source in row.sources]
    return KnowledgeEntry(**values)
