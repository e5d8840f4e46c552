"""工单事件: every change of a work order, appended and never edited, each carrying the hash of the one before."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from casework.transitions import Role

GENESIS = "0" * 64


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
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def moved(self, former: str, department: str) -> "WorkOrderEvent":
        """This event with the old and the new department."""
        return replace(self, department_from=former, department_to=department)

    def chained(self, previous_hash: str, sequence: int) -> "WorkOrderEvent":
        """This event as the chain's next link."""
        digest = self.digest(previous_hash, sequence)
        return replace(self, previous_hash=previous_hash, sequence=sequence, hash=digest)


def first_break(events: "list[WorkOrderEvent]", head: str | None = None) -> int | None:
    """Sequence number at which the chain breaks (edited, removed or swapped row), None when whole.

    `events` in order of sequence, from 1; `head` the hash stored apart, to find rows cut off at the end.
    """
    previous = GENESIS
    for position, event in enumerate(events, 1):
        if event.sequence != position or event.previous_hash != previous:
            return position
        if event.hash != event.digest(previous, position):
            return position
        previous = event.hash
    if head is not None and head != previous:
        return len(events) + 1
    return None
