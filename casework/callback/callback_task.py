"""回访任务: which callbacks an agent must see to now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from casework.callback.callback import Callback, CallbackChannel, CallbackState


class TaskKind(StrEnum):
    """任务类别: all that is due now, calls of citizens with a phone alone, those who asked for a person; or every open one,
    due or not."""

    ALL = "all"
    PHONE = "phone"
    HANDOVER = "handover"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks are listed."""

    kind: TaskKind = TaskKind.ALL

    def holds(self, callback: Callback, now: datetime) -> bool:
        """As the database filters."""
        if callback.state is not CallbackState.DUE:
            return False
        if self.kind is TaskKind.OPEN:
            return True
        due = callback.next_attempt_at is not None and callback.next_attempt_at <= now
        called = callback.channel == CallbackChannel.PHONE and not callback.handover
        kinds = {
            TaskKind.ALL: called or callback.handover,
            TaskKind.PHONE: called,
            TaskKind.HANDOVER: callback.handover,
        }
        return due and kinds[self.kind]
