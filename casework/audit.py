"""审计: walks the whole chain of events, in bounded memory, and says where it was tampered with and how."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.events import ChainBreak, follow
from casework.ports import CaseworkUnit

MAX_ASTRAY = 20
"""Orders named whose state is not what their events say."""


@dataclass(frozen=True, slots=True)
class Audit:
    """审计结果. `astray`: ids of orders whose state is not that of their last event, the first MAX_ASTRAY."""

    events: int
    """How many hold together from the first on."""
    head: str
    """Hash of the last one of these."""
    broken: ChainBreak | None
    astray: tuple[int, ...]

    @property
    def whole(self) -> bool:
        return self.broken is None and not self.astray


def audit(unit: CaseworkUnit, tell: Callable[[int], None] = lambda count: None) -> Audit:
    """Read every event once; `tell` is called now and then with the count of those read so far."""
    events, head = unit.events.chain()
    count, last, broken = follow(events, head, tell)
    return Audit(count, last, broken, tuple(unit.events.astray(MAX_ASTRAY)))
