"""任务: work that is due later or takes long, kept as a row so that a killed worker loses and doubles nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """任务状态."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Job:
    """任务. `key` makes it idempotent: adding a job whose key exists is a no-op.

    A worker claims it until `leased_until`; past that another may claim it again.
    """

    kind: str
    key: str
    due_at: datetime
    payload: dict = field(default_factory=dict)
    id: int = 0
    state: JobState = JobState.WAITING
    attempts: int = 0
    leased_until: datetime | None = None
    worker: str = ""
    error: str = ""
    progress: dict | None = None
    """Of a long job, for a person to see: {"step", "done", "total", "seconds_left"}; None = nothing told yet."""


MAX_ATTEMPTS = 5
"""A job that fails this often stays failed, with its error, for a person to see."""
