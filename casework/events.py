"""工单事件: every change of a work order, appended and never edited, each carrying the hash of the one before."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from casework.transitions import Role

GENESIS = "0" * 64
TELL_EVERY = 50_000
"""Events between two reports of progress."""
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Actor:
    """操作人: `id` is a user name, "citizen" or "system"; `department` the code for department staff."""

    id: str
    role: Role
    department: str = ""


SYSTEM = Actor("system", Role.SYSTEM)
CITIZEN = Actor("citizen", Role.CITIZEN)


@dataclass(frozen=True, slots=True)
class WorkOrderEvent:
    """One event. `data` holds plain JSON values; never names, phones or texts of people."""

    work_order_id: int
    name: str
    at: datetime
    actor: Actor
    state_from: str = ""
    state_to: str = ""
    reason: str = ""
    department_from: str = ""
    department_to: str = ""
    data: dict | None = None
    sequence: int = 0
    previous_hash: str = ""
    hash: str = ""

    def digest(self, previous_hash: str, sequence: int) -> str:
        """SHA-256 over the canonical JSON of everything but the hash itself, chained to the one before."""
        content = [
            sequence,
            previous_hash,
            self.work_order_id,
            self.name,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            [self.actor.id, self.actor.role.value, self.actor.department],
            [self.state_from, self.state_to],
            self.reason,
            [self.department_from, self.department_to],
            self.data or {},
        ]
        return hashlib.sha256(_canonical(content).encode()).hexdigest()

    def moved(self, former: str, department: str) -> "WorkOrderEvent":
        """This event with the old and the new department."""
        return replace(self, department_from=former, department_to=department)

    def chained(self, previous_hash: str, sequence: int) -> "WorkOrderEvent":
        """This event as the chain's next link."""
        digest = self.digest(previous_hash, sequence)
        return replace(self, previous_hash=previous_hash, sequence=sequence, hash=digest)


class Damage(StrEnum):
    """损坏: what the chain shows of what was done to it."""

    EDITED = "该条内容被修改过"
    REMOVED = "此处有记录被删除"
    FOREIGN = "该条与前一条不衔接，有记录被调换、插入或改写"
    CUT = "链尾有记录被删除或改写"
    UNREADABLE = "该条或其后不远处有记录无法读取，内容被修改过"


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """断裂: the first place at which the chain does not hold."""

    sequence: int
    damage: Damage
    work_order_id: int
    """Of the event found there; 0 where none is left, or none can be read."""


def follow(
    events: Iterable[WorkOrderEvent], head: str | None = None, tell: Callable[[int], None] = lambda count: None
) -> tuple[int, str, ChainBreak | None]:
    """How many events hold together from the first on, the last one's hash, and the first break, None when whole.

    `events` in order of sequence, from 1, are read one by one; `head` is the hash stored apart, which shows what was cut off at the end;
    `tell` is called now and then with the count so far.
    """
    count, previous, rest = 0, GENESIS, iter(events)
    while True:
        try:
            event = next(rest)
        except StopIteration:
            break
        except ValueError:  # a role that does not exist, JSON or a time that is none
            return count, previous, ChainBreak(count + 1, Damage.UNREADABLE, 0)
        damage = _damage(event, previous, count + 1)
        if damage is not None:
            return count, previous, ChainBreak(count + 1, damage, event.work_order_id)
        count, previous = count + 1, event.hash
        if count % TELL_EVERY == 0:
            tell(count)
    cut = head is not None and head != previous
    return count, previous, ChainBreak(count + 1, Damage.CUT, 0) if cut else None


def first_break(events: Iterable[WorkOrderEvent], head: str | None = None) -> int | None:
    """Sequence number at which the chain breaks (edited, removed or swapped row), None when whole; see `follow`."""
    broken = follow(events, head)[2]
    return None if broken is None else broken.sequence


def _damage(event: WorkOrderEvent, previous: str, position: int) -> Damage | None:
    if event.sequence > position:
        return Damage.REMOVED
    if event.sequence != position or event.previous_hash != previous:
        return Damage.FOREIGN
    return None if event.hash == event.digest(previous, position) else Damage.EDITED
