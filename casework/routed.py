"""派单留痕: of an order that a model looked at, what was decided and what became of it; nothing of the person or the text."""

from dataclasses import dataclass
from datetime import datetime

from casework.work_order import Dispatching


@dataclass(frozen=True, slots=True)
class RoutedOrder:
    """派单留痕."""

    created_at: datetime
    dispatching: Dispatching
    lead_department: str
    settled: bool
    """The lead department has signed."""
    dispatched: bool
    """It was given to some department at least once."""
    returns: int
