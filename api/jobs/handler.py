"""任务处理函数: what a worker calls with a claimed job; it may be called twice for one job and must then change nothing more."""

from collections.abc import Callable

from api.instance import Instance
from casework.job import Job

Handler = Callable[[Instance, Job], None]
