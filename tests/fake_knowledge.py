"""The repositories around knowledge in memory: entries with their changes and history, questions in vain, suggestions."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from assistant.suggestion_log import SubjectKind, SuggestionRecord, Verdict
from casework.errors import Conflict, NotFound
from knowledge.entry import EntryChange, EntryKind, ImportedFile, KnowledgeChanges, KnowledgeEntry, ReviewState
from knowledge.unanswered import UnansweredQuestion, VainState
from storage.suggestion_records import DECIDED, NOT_FOUND
from storage.unanswered_questions import MISSING, SETTLED
from tests.fake_repositories import Repository
from tests.fake_rows import found, own, page, searching, within


class FakeKnowledge(Repository):
    """知识条目 repository."""

    def lock(self) -> None:
        self._unit.write("entries")

    def put_all(self, entries: Sequence[KnowledgeEntry]) -> None:
        new = {entry.id: own(entry) for entry in entries}
        if new:
            self._unit.write("entries").update(new)
            number = self._bump()
            self._unit.write("entry_numbers").update(dict.fromkeys(new, number))

    def remove(self, entry_ids: Sequence[str]) -> None:
        if entry_ids:
            rows, number = self._unit.write("entries"), self._bump()
            for entry_id in entry_ids:
                if rows.pop(entry_id, None) is not None:
                    self._unit.write("removed")[number, entry_id] = True

    def get(self, entry_id: str) -> KnowledgeEntry:
        return found(self._unit.rows("entries").get(entry_id), "没有找到这条知识，可能已被删除。")

    def all(self) -> Sequence[KnowledgeEntry]:
        rows = self._unit.rows("entries")
        return [own(rows[entry_id]) for entry_id in sorted(rows)]

    def by_origin(self, origin: str) -> Sequence[KnowledgeEntry]:
        return [entry for entry in self.all() if entry.origin == origin]

    def titled(self, title: str) -> Sequence[KnowledgeEntry]:
        return [entry for entry in self.all() if entry.title == title]

    def superseded(self) -> Sequence[KnowledgeEntry]:
        return [entry for entry in self.all() if entry.superseded_by]

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
        holds = searching(text)
        matching = [
            entry
            for entry in self.all()
            if (holds(entry.title) or holds(entry.answer) or holds(entry.id))
            and library in (None, entry.library)
            and state in (None, entry.review_state)
            and kind in (None, entry.kind)
            and generated in (None, entry.generated)
        ]
        return page(matching, limit, offset)

    def libraries(self) -> Sequence[tuple[str, int]]:
        return sorted(Counter(entry.library for entry in self._unit.rows("entries").values()).items())

    def revision(self) -> str:
        return self._unit.rows("revision")[1]

    def changes_since(self, revision: str) -> KnowledgeChanges | None:
        start = next((number for number, name in self._unit.rows("revisions").items() if name == revision), None)
        if start is None:
            return None
        while True:
            head, numbers = self.revision(), self._unit.rows("entry_numbers")
            entries = [entry for entry in self.all() if numbers.get(entry.id, 0) > start]
            gone = {entry_id for number, entry_id in self._unit.rows("removed") if number > start}
            if head == self.revision():  # else another committed in between: read again
                return KnowledgeChanges(head, entries, sorted(gone - {entry.id for entry in entries}))

    def record(self, changes: Sequence[EntryChange]) -> None:
        for change in changes:
            version = len(self.history(change.entry_id)) + 1
            self._unit.write("history")[change.entry_id, version] = replace(own(change), version=version)

    def history(self, entry_id: str) -> Sequence[EntryChange]:
        rows = self._unit.rows("history")
        return [own(rows[key]) for key in sorted(rows, reverse=True) if key[0] == entry_id]

    def imported(self, path: str) -> ImportedFile | None:
        row = self._unit.rows("imported").get(path)
        return None if row is None else own(row)

    def put_imported(self, file: ImportedFile) -> None:
        self._unit.write("imported")[file.path] = own(file)

    def _bump(self) -> int:
        number = int(self.revision().split("-")[0]) + 1
        name = f"{number}-{secrets.token_hex(4)}"
        self._unit.write("revision")[1] = self._unit.write("revisions")[number] = name
        return number


class FakeUnanswered(Repository):
    """未答问题 repository."""

    def put(self, question: UnansweredQuestion) -> None:
        row, rows = own(question), self._unit.write("unanswered")
        known = self.of_turn(question.conversation_id, question.turn)
        row.id = question.id = known.id if known else len(rows) + 1
        rows[row.id] = row

    def of_turn(self, conversation_id: str, turn: int) -> UnansweredQuestion | None:
        every = self._unit.rows("unanswered").values()
        return next((own(row) for row in every if (row.conversation_id, row.turn) == (conversation_id, turn)), None)

    def in_state(self, state: VainState, limit: int) -> Sequence[UnansweredQuestion]:
        matching = [row for row in self._unit.rows("unanswered").values() if row.state is state]
        return [own(row) for row in sorted(matching, key=lambda row: (row.at, row.id), reverse=True)[:limit]]

    def count(self, state: VainState) -> int:
        return sum(row.state is state for row in self._unit.rows("unanswered").values())

    def of_ids(self, ids: Sequence[int]) -> Sequence[UnansweredQuestion]:
        rows = self._unit.rows("unanswered")
        if not rows.keys() >= set(ids):
            raise NotFound(MISSING)
        return [own(rows[number]) for number in sorted(set(ids))]

    def settle(self, ids: Sequence[int], state: VainState, entry_id: str = "") -> None:
        rows = self._unit.write("unanswered")
        if any(number not in rows or rows[number].state is not VainState.OPEN for number in ids):
            raise Conflict(SETTLED)
        for number in ids:
            rows[number] = replace(rows[number], state=state, entry_id=entry_id)


class FakeSuggestions(Repository):
    """建议记录 repository."""

    def add(self, record: SuggestionRecord) -> None:
        row, rows = own(record), self._unit.write("suggestions")
        row.id = record.id = len(rows) + 1
        rows[row.id] = row

    def get(self, record_id: int) -> SuggestionRecord:
        return found(self._unit.rows("suggestions").get(record_id), NOT_FOUND)

    def decide(self, record: SuggestionRecord) -> None:
        stored = self.get(record.id)
        if stored.verdict is not Verdict.SHOWN:
            raise Conflict(DECIDED)
        told = own(record)
        self._unit.write("suggestions")[record.id] = replace(
            stored,
            verdict=told.verdict,
            decided_at=told.decided_at,
            entry_id=told.entry_id,
            final_text=told.final_text,
        )

    def undecided(self, kind: SubjectKind, subject: str, actor: str) -> SuggestionRecord | None:
        mine = [record for record in self.of_subject(kind, subject) if record.actor == actor]
        return mine[0] if mine and mine[0].verdict is Verdict.SHOWN else None

    def counts(self, start: datetime | None, end: datetime | None) -> dict[Verdict, int]:
        inside = within(start, end)
        return dict(Counter(row.verdict for row in self._unit.rows("suggestions").values() if inside(row.at)))

    def of_subject(self, kind: SubjectKind, subject: str) -> Sequence[SuggestionRecord]:
        rows = self._unit.rows("suggestions")
        newest = [rows[number] for number in sorted(rows, reverse=True)]
        return [own(row) for row in newest if (row.subject_kind, row.subject) == (kind, subject)]
