"""研判任务: hot topics every ten minutes, periodic reports as soon as their period is over."""

from api.instance import Instance
from api.jobs.handler import Handler
from api.services.reports import make_due
from api.services.topics import refresh
from casework.job import Job

TOPICS, REPORTS = "find_topics", "make_reports"


def _topics(instance: Instance, job: Job) -> None:
    refresh(instance)


def _reports(instance: Instance, job: Job) -> None:
    make_due(instance)


HANDLERS: dict[str, Handler] = {TOPICS: _topics, REPORTS: _reports}
