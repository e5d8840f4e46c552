"""待办提醒: tells who must act on what: deadlines, hot topics, handed-over callbacks. Each is given once, by its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from casework.transitions import Role, State


@dataclass(slots=True)
class Notice:
    """提醒 to everybody of a role (of one department where the role is the department's), until one of them has seen to it."""

    key: str
    """What makes it this notice and no other, as "deadline:12:late_1": given a second time it is not added."""
    at: datetime
    kind: str
    role: Role
    text: str
    department: str = ""
    work_order_id: int | None = None
    done_at: datetime | None = None
    done_by: str = ""
    id: int = 0
    version: int = 0


class Notices(Protocol):
    """提醒 repository."""

    def add(self, notice: Notice) -> bool:
        """Fills `id`; False when a notice with this key exists already."""
        ...

    def get(self, notice_id: int) -> Notice:
        """Raises: NotFound."""
        ...

    def save(self, notice: Notice) -> None:
        """Raises: Conflict when another wrote since it was read."""
        ...

    def open_for(self, role: Role, departments: Sequence[str] = (), limit: int = 100) -> Sequence[Notice]:
        """Those not seen to, newest first: of the role, and of one of the departments where some are named."""
        ...

    def count_open(self, role: Role, departments: Sequence[str] = ()) -> int:
        """How many `open_for` would yield without a limit."""
        ...

    def by_key(self, key: str) -> Notice | None:
        """None when it was never given."""
        ...

    def of(self, work_order_id: int) -> Sequence[Notice]:
        """Oldest first."""
        ...

    def outlived(self, kinds: Sequence[str], states: Sequence[State], limit: int = 200) -> Sequence[Notice]:
        """Those of these kinds, not seen to, whose order is in none of these states any more; oldest first."""
        ...
