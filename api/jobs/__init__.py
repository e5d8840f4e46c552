"""后台任务: one module a noun, each with HANDLERS by kind of job; those that come again and again stand in `periodic`."""

from api.jobs import callbacks, deadlines, index, insight, notifications, periodic, quality
from api.jobs.handler import Handler

HANDLERS: dict[str, Handler] = {
    **callbacks.HANDLERS,
    **deadlines.HANDLERS,
    **index.HANDLERS,
    **insight.HANDLERS,
    **notifications.HANDLERS,
    **periodic.HANDLERS,
    **quality.HANDLERS,
}
"""What is done at once; a training goes on beside it (`api.worker`)."""
