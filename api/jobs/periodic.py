"""定时任务: jobs that come again and again. The key names the slot of time, so that several workers add each but once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.instance import Instance
from api.jobs.deadlines import WATCH, WATCH_CALENDAR
from api.jobs.handler import Handler
from api.jobs.index import SYNC
from api.jobs.insight import REPORTS, TOPICS
from api.jobs.quality import CATCH_UP
from casework.job import Job
from casework.notification.outbox import NOTIFY

KEEP_DONE = timedelta(days=14)
"""How long finished jobs of these kinds are kept."""
CLEARING = "clear_jobs"


@dataclass(frozen=True, slots=True)
class Periodic:
    """定时任务: `kind` every so many seconds; slots that passed while no worker ran are not made up for."""

    kind: str
    every_seconds: int

    def job(self, now: datetime) -> Job:
        """The job of the slot that `now` lies in, due at once."""
        slot = int(now.timestamp()) // self.every_seconds * self.every_seconds
        begins = datetime.fromtimestamp(slot, UTC)
        return Job(self.kind, f"{self.kind}:{begins:%Y%m%dT%H%M%S}", begins, {"slot": begins.isoformat()})


PERIODIC: tuple[Periodic, ...] = (
    Periodic(CLEARING, 86_400),
    Periodic(SYNC, 60),
    Periodic(TOPICS, 600),
    Periodic(REPORTS, 3600),
    Periodic(WATCH, 60),
    Periodic(WATCH_CALENDAR, 600),
    Periodic(CATCH_UP, 3600),
)


def plan(instance: Instance) -> None:
    """Add the jobs of the present slots, where no other worker has done so."""
    now = instance.clock.now()
    with instance.unit() as work:
        wanted = [job for job in (one.job(now) for one in PERIODIC) if work.jobs.get(job.key) is None]
        for job in wanted:
            work.jobs.add(job)
        if wanted:
            work.commit()


def _clear(instance: Instance, job: Job) -> None:
    kinds = (*(one.kind for one in PERIODIC), NOTIFY)
    with instance.unit() as work:
        work.jobs.prune(instance.clock.now() - KEEP_DONE, kinds)
        work.commit()


HANDLERS: dict[str, Handler] = {CLEARING: _clear}
