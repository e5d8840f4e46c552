"""任务 repository: jobs are leased, so that a killed worker loses and doubles nothing."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, and_, select, union_all

from casework.job import MAX_ATTEMPTS, Job, JobState
from storage.columns import printable
from storage.statements import insert
from storage.tables import jobs as table

GIVEN_UP = f"任务连续{MAX_ATTEMPTS}次在执行中被中断，已停止重试。"


class SqlJobs:
    """任务 repository over one connection. A claim holds once its unit of work is committed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, job: Job) -> bool:
        values = asdict(job) | {"state": job.state.value}
        del values["id"]
        statement = insert(self._connection, table).values(values)
        added = self._connection.execute(
            statement.on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)
        ).scalar()
        if added is None:
            return False
        job.id = added
        return True

    def claim(self, worker: str, now: datetime, lease_seconds: int, kinds: Sequence[str] = ()) -> Job | None:
        """Counts as an attempt. A job whose workers were killed MAX_ATTEMPTS times is given up, not claimed again."""
        dropped = [table.c.state == JobState.RUNNING.value, table.c.leased_until <= now]
        waiting = [table.c.state == JobState.WAITING.value, table.c.due_at <= now]
        if kinds:
            dropped.append(table.c.kind.in_(kinds))
            waiting.append(table.c.kind.in_(kinds))
        # An idle worker only reads: asking must not make writers wait.
        oldest = table.c.due_at, table.c.id
        asked = [select(table.c.id).where(*due).order_by(*oldest).limit(1) for due in (dropped, waiting)]
        some = [self._connection.execute(one).first() for one in asked]
        if some == [None, None]:
            return None
        if some[0] is not None:
            killers = (
                select(table.c.id).where(*dropped, table.c.attempts >= MAX_ATTEMPTS).with_for_update(skip_locked=True)
            )
            self._connection.execute(
                table.update()
                .where(table.c.id.in_(killers))
                .values(state=JobState.FAILED.value, leased_until=None, error=GIVEN_UP)
            )
        # One walk along the index for each, since a condition on both would sort all that is due.
        walks = [
            select(table.c.id, table.c.due_at)
            .where(*due)
            .order_by(*oldest)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte(name)
            for name, due in (("dropped", dropped), ("waiting", waiting))
        ]
        both = union_all(*(select(one) for one in walks)).subquery()
        first = select(both.c.id).order_by(both.c.due_at, both.c.id).limit(1).scalar_subquery()
        row = self._connection.execute(
            table.update()
            .where(table.c.id == first)
            .values(
                state=JobState.RUNNING.value,
                worker=worker,
                leased_until=now + timedelta(seconds=lease_seconds),
                attempts=table.c.attempts + 1,
            )
            .returning(table)
        ).first()
        return None if row is None else _job(row)

    def finish(self, job: Job, worker: str) -> bool:
        return self._release(job, worker, JobState.DONE, "", job.due_at)

    def fail(self, job: Job, worker: str, error: str, retry_at: datetime | None) -> bool:
        error = printable(error)
        if retry_at is None:
            return self._release(job, worker, JobState.FAILED, error, job.due_at)
        return self._release(job, worker, JobState.WAITING, error, retry_at)

    def tell(self, job: Job, worker: str, progress: dict, leased_until: datetime) -> bool:
        written = self._connection.execute(
            table.update().where(_held(job, worker)).values(progress=progress, leased_until=leased_until)
        ).rowcount
        if written:
            job.progress, job.leased_until = progress, leased_until
        return bool(written)

    def get(self, key: str) -> Job | None:
        row = self._connection.execute(select(table).where(table.c.key == key)).first()
        return None if row is None else _job(row)

    def prune(self, before: datetime, kinds: Sequence[str]) -> int:
        old = table.c.state == JobState.DONE.value, table.c.due_at < before, table.c.kind.in_(kinds)
        return self._connection.execute(table.delete().where(*old)).rowcount

    def list(self, limit: int = 50, kinds: Sequence[str] = ()) -> Sequence[Job]:
        """Newest first."""
        wanted = select(table).order_by(table.c.id.desc()).limit(limit)
        if kinds:
            wanted = wanted.where(table.c.kind.in_(kinds))
        return [_job(row) for row in self._connection.execute(wanted)]

    def _release(self, job: Job, worker: str, state: JobState, error: str, due_at: datetime) -> bool:
        written = self._connection.execute(
            table.update()
            .where(_held(job, worker))
            .values(state=state.value, error=error, due_at=due_at, leased_until=None)
        ).rowcount
        if written:
            job.state, job.error, job.due_at, job.leased_until = state, error, due_at, None
        return bool(written)


def _held(job: Job, worker: str) -> ColumnElement[bool]:
    """Still this very claim: the attempt tells it from a later one by a worker of the same name."""
    return and_(
        table.c.id == job.id,
        table.c.state == JobState.RUNNING.value,
        table.c.worker == worker,
        table.c.attempts == job.attempts,
    )


def _job(row: Row) -> Job:
    return Job(**(dict(row._mapping) | {"state": JobState(row.state)}))
