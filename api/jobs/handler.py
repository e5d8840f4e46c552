"""任务处理函数: what a worker calls with a claimed job; it may be called twice for one job and must then change nothing more."""

from collections.abc import Callable
from datetime import datetime

from api.instance import Instance
from casework.job import Job

Handler = Callable[[Instance, Job], None]


class TryAgain(Exception):
    """It did not work: the job is to be tried at `at`, or given up when None; the message is kept with the job."""

    def __init__(self, message: str, at: datetime | None) -> None:
        super().__init__(message)
        self.message, self.at = message, at
