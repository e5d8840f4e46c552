"""补充诉求: what the citizen, or an agent for the citizen, adds to an order while it is being handled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from casework.transitions import Role

MAX_SUPPLEMENT = 2000
"""Characters of one supplement."""


@dataclass(slots=True)
class Supplement:
    """补充内容: text only ever added; encrypted at rest."""

    work_order_id: int
    at: datetime
    actor: str
    role: Role
    text: str
    id: int = 0


class Supplements(Protocol):
    """补充内容 repository."""

    def add(self, supplement: Supplement) -> None:
        """Store; fills `id`."""
        ...

    def of(self, work_order_id: int) -> Sequence[Supplement]:
        """Oldest first."""
        ...
