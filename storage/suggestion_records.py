"""建议记录 repository: the query and the text that was sent are encrypted at rest."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, func, select

from assistant.suggestion_log import SubjectKind, SuggestionRecord, Verdict
from casework.errors import Conflict, NotFound
from storage.columns import storable
from storage.knowledge_tables import agent_suggestions as table
from storage.secrets import InstanceSecrets
from storage.statements import exists_id

NOT_FOUND = "没有找到这次建议，请刷新后重试。"
DECIDED = "这次建议的采纳情况已经登记过。"


class SqlSuggestionRecords:
    """建议记录 repository over one connection."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
        self._connection, self._secrets = connection, secrets

    def add(self, record: SuggestionRecord) -> None:
        statement = table.insert().values(
            subject_kind=record.subject_kind.value,
            subject=record.subject,
            at=record.at,
            actor=record.actor,
            query=self._secrets.encrypt(storable(record.query)),
            offered=record.offered,
            **self._decision(record),
        )
        record.id = self._connection.execute(statement.returning(table.c.id)).scalar_one()

    def get(self, record_id: int) -> SuggestionRecord:
        found = self._read(table.c.id == record_id) if exists_id(record_id) else []
        if not found:
            raise NotFound(NOT_FOUND)
        return found[0]

    def decide(self, record: SuggestionRecord) -> None:
        undecided = table.c.id == record.id, table.c.verdict == Verdict.SHOWN.value
        if not self._connection.execute(table.update().where(*undecided).values(self._decision(record))).rowcount:
            self.get(record.id)
            raise Conflict(DECIDED)

    def undecided(self, kind: SubjectKind, subject: str, actor: str) -> SuggestionRecord | None:
        mine = [record for record in self.of_subject(kind, subject) if record.actor == actor]
        return mine[0] if mine and mine[0].verdict is Verdict.SHOWN else None

    def counts(self, start: datetime | None, end: datetime | None) -> dict[Verdict, int]:
        wanted = select(table.c.verdict, func.count())
        if start is not None:
            wanted = wanted.where(table.c.at >= start)
        if end is not None:
            wanted = wanted.where(table.c.at < end)
        return {Verdict(name): count for name, count in self._connection.execute(wanted.group_by(table.c.verdict))}

    def of_subject(self, kind: SubjectKind, subject: str) -> Sequence[SuggestionRecord]:
        return self._read(table.c.subject_kind == kind.value, table.c.subject == subject)

    def _decision(self, record: SuggestionRecord) -> dict:
        return {
            "verdict": record.verdict.value,
            "decided_at": record.decided_at,
            "entry_id": record.entry_id,
            "final_text": self._secrets.encrypt(storable(record.final_text)),
        }

    def _read(self, *wanted: ColumnElement[bool]) -> list[SuggestionRecord]:
        rows = self._connection.execute(select(table).where(*wanted).order_by(table.c.id.desc()))
        return [self._record(row) for row in rows]

    def _record(self, row: Row) -> SuggestionRecord:
        return SuggestionRecord(
            subject_kind=SubjectKind(row.subject_kind),
            subject=row.subject,
            at=row.at,
            actor=row.actor,
            query=self._secrets.decrypt(row.query),
            offered=row.offered,
            verdict=Verdict(row.verdict),
            decided_at=row.decided_at,
            entry_id=row.entry_id,
            final_text=self._secrets.decrypt(row.final_text),
            id=row.id,
        )
