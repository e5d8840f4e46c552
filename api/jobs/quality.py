"""质检任务: each closing is inspected by a job of its own; what was left out (a job that failed, orders from before) is made up for."""

from datetime import timedelta

from api.instance import Instance
from api.jobs.handler import Handler
from api.services.quality_inspection import inspect_closing
from casework.job import Job
from casework.quality.inspection import INSPECT

CATCH_UP = "inspect_missed"
AT_ONCE = 100
"""Closings that one run makes up for; the next run goes on."""
GRACE = timedelta(minutes=10)
"""A closing's own job has that long."""


def _inspect(instance: Instance, job: Job) -> None:
    inspect_closing(instance, job.payload["order"], job.payload["round"])


def _catch_up(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        missed = work.quality.uninspected(instance.clock.now() - GRACE, AT_ONCE)
    for order_id, round_ in missed:
        inspect_closing(instance, order_id, round_)


HANDLERS: dict[str, Handler] = {INSPECT: _inspect, CATCH_UP: _catch_up}
