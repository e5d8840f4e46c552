"""发件箱: events that citizens may see become deliveries in the transaction that appends them, so that no step is told twice
or lost, and no use case can forget to tell.
"""

from collections.abc import Iterable, Sequence

from casework.errors import NotFound
from casework.events import WorkOrderEvent
from casework.job import Job
from casework.notification.progress import step_of
from casework.notification.subscription import Interest
from casework.organisation.department import Department
from casework.ports import CaseworkUnit, Events

NOTIFY = "notify"
"""Kind of job: one event to be told to one subscription."""


class NotifyingEvents:
    """事件 repository of a unit of work that adds a job for each subscription that an event concerns."""

    def __init__(self, events: Events, unit: CaseworkUnit) -> None:
        self._events, self._unit = events, unit

    def append(self, event: WorkOrderEvent) -> WorkOrderEvent:
        linked = self._events.append(event)
        step = step_of(linked)
        if step is not None:
            self._tell(linked, step)
        return linked

    def hold(self) -> None:
        self._events.hold()

    def of(self, work_order_id: int) -> Sequence[WorkOrderEvent]:
        return self._events.of(work_order_id)

    def chain(self) -> tuple[Iterable[WorkOrderEvent], str]:
        return self._events.chain()

    def astray(self, limit: int) -> Sequence[int]:
        return self._events.astray(limit)

    def last(self) -> int:
        return self._events.last()

    def since(self, sequence: int, limit: int = 500) -> Sequence[WorkOrderEvent]:
        return self._events.since(sequence, limit)

    def _tell(self, event: WorkOrderEvent, step: tuple[str, str]) -> None:
        wanted = [
            one
            for one in self._unit.subscriptions.interested(event.work_order_id)
            if not one.events or event.name in one.events
        ]
        concerned = self._concerned(event) if any(one.department for one in wanted) else set()
        for one in wanted:
            if not one.department or one.department in concerned:
                self._unit.jobs.add(delivery(event, step, one))

    def _concerned(self, event: WorkOrderEvent) -> set[str]:
        """The departments that the order comes from, goes to or is at, and those whose units they are."""
        # The order is stored after its events, so that a dispatch is known from the event alone.
        lead = self._unit.work_orders.get(event.work_order_id).lead_department
        codes = {code for code in (event.department_from, event.department_to, lead) if code}
        found = (self._department(code) for code in codes)
        return codes | {one.parent for one in found if one is not None and one.parent}

    def _department(self, code: str) -> Department | None:
        try:
            return self._unit.departments.get(code)
        except NotFound:
            return None


def delivery(event: WorkOrderEvent, step: tuple[str, str], interest: Interest) -> Job:
    """The job that tells one subscription of one event; nothing of the requester is in it."""
    payload = {
        "subscription": interest.subscription_id,
        "order": event.work_order_id,
        "event": event.name,
        "step": step[0],
        "note": step[1],
        "sequence": event.sequence,
        "at": event.at.isoformat(),
        "department": event.department_to,
    }
    return Job(NOTIFY, f"{NOTIFY}:{event.sequence}:{interest.subscription_id}", event.at, payload)
