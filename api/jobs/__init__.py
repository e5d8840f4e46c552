"""后台任务: one module a noun, each with HANDLERS by kind of job; those that come again and again stand in `periodic`."""

from api.jobs import callbacks, periodic
from api.jobs.handler import Handler

HANDLERS: dict[str, Handler] = {**callbacks.HANDLERS, **periodic.HANDLERS}
"""What is done at once; a training goes on beside it (`api.worker`)."""
