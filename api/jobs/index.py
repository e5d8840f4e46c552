"""索引任务: brings the index up to date with the knowledge in the database, whoever changed it there (another replica, a restore)."""

from api.instance import Instance
from api.jobs.handler import Handler
from casework.job import Job

SYNC = "sync_index"


def _sync(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        revision = work.knowledge.revision()
    if not instance.shelf.is_current(revision):
        instance.shelf.sync(instance.unit)


HANDLERS: dict[str, Handler] = {SYNC: _sync}
