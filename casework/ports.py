"""端口: what the use cases need from storage. `storage` implements them; tests hold fakes to the same contract."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from casework.callback.callback import Callback
from casework.callback.callback_task import TaskFilter
from casework.callback.satisfaction import ClosingFilter, Group, Measure, Part, Tally
from casework.deadline.notice import Notices
from casework.events import WorkOrderEvent
from casework.handling.attachment import Attachments
from casework.handling.supplement import Supplements
from casework.insight.export import Exports
from casework.insight.figures import Figures
from casework.insight.hot_topic import HotTopics
from casework.insight.order_count import OrderCount
from casework.insight.periodic_report import PeriodicReports
from casework.job import Job
from casework.notification.publication import PublishedFilter
from casework.notification.subscription import Subscriptions
from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentChange
from casework.organisation.staff import Staff
from casework.quality.quality import QualityRecords
from casework.routed import RoutedOrder
from casework.transitions import State
from casework.work_order import WorkOrder

MAX_COUNT = 10_000
"""A list counts no further: MAX_COUNT + 1 stands for "more"."""


class Clock(Protocol):
    """时钟: aware times."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class WorkOrderFilter:
    """What a list of work orders shows; empty = all."""

    states: tuple[State, ...] = ()
    department: str = ""
    text: str = ""
    """Found in the text to the letter, ASCII case aside; or a number: the whole, its beginning, or the running number at its end."""
    created_from: datetime | None = None
    created_to: datetime | None = None
    sight: tuple[str, ...] = ()
    """Codes of the departments whose orders may be seen at all, led or supported; empty = of all and of none."""
    merged: bool | None = None
    """False leaves out the orders that wait for their main order (`WorkOrder.held`), True shows them alone."""


class WorkOrders(Protocol):
    """工单 repository."""

    def add(self, order: WorkOrder) -> None:
        """Store a new order: fills `id`, `number` (date and a running number), `query_code` (unguessable)."""
        ...

    def save(self, order: WorkOrder) -> None:
        """Write changes and raise `version` by one. Raises: Conflict when another wrote since it was read."""
        ...

    def get(self, order_id: int) -> WorkOrder:
        """Raises: NotFound."""
        ...

    def by_number(self, number: str) -> WorkOrder:
        """Raises: NotFound."""
        ...

    def by_query_code(self, code: str) -> WorkOrder | None:
        """The order with this code, None when there is none."""
        ...

    def list(self, wanted: WorkOrderFilter, limit: int = 50, offset: int = 0) -> tuple[Sequence[WorkOrder], int]:
        """Newest first, with the count of all that match, which stops at MAX_COUNT + 1."""
        ...

    def published(self, wanted: PublishedFilter, limit: int, offset: int = 0) -> Sequence[WorkOrder]:
        """Newest first; confidential orders are never among them."""
        ...

    def labelled(self, since: datetime | None = None) -> Iterable[WorkOrder]:
        """Orders whose department is settled: signed or later, with a lead department; oldest first."""
        ...

    def routed(self, start: datetime, end: datetime) -> Iterable[RoutedOrder]:
        """Of orders created in [start, end) that a model looked at: what it said and what became of them; oldest first."""
        ...

    def of_requester(self, phone: str, since: datetime) -> Sequence[WorkOrder]:
        """Orders of whoever has this phone, created since then, oldest first; none for no phone."""
        ...

    def linked_to(self, order_id: int) -> Sequence[WorkOrder]:
        """Orders that were split from this one, repeat it, duplicate it or were merged into it, oldest first."""
        ...

    def involving(self, departments: Sequence[str], states: Sequence[State]) -> Sequence[WorkOrder]:
        """Orders in these states that one of the departments leads or supports, oldest first; none for no departments."""
        ...

    def merged_counts(self, order_ids: Sequence[int], confidential: bool = True) -> dict[int, int]:
        """How many orders of others were merged into each of these, where there are any; without confidential ones if
        `confidential` is False."""
        ...

    def decisions(self, department: str = "") -> dict[str, int]:
        """How many orders were dispatched by each kind of decision (auto, review, person), led by `department`."""
        ...

    def counts(self, department: str = "") -> Sequence[OrderCount]:
        """All orders counted, or those led by `department`; no row where there is none."""
        ...

    def to_watch(self, now: datetime, limit: int) -> Sequence[int]:
        """Ids of the orders whose `watch_at` has come, the longest waiting first."""
        ...

    def due_from(self, moment: datetime, states: Sequence[State], after_id: int = 0, limit: int = 200) -> Sequence[int]:
        """Ids of the orders in these states that have a deadline of their own (to sign, handle, contact) at or after `moment`,
        in order, those after `after_id`."""
        ...

    def overdue_count(self, now: datetime, department: str = "") -> int:
        """How many orders are late by `WorkOrder.overdue`, of those led by `department`."""
        ...


class Events(Protocol):
    """事件 repository; appending links the event into the audit chain."""

    def append(self, event: WorkOrderEvent) -> WorkOrderEvent: ...

    def hold(self) -> None:
        """Nobody else appends until this unit of work ends, so that no order changes its state or department meanwhile."""
        ...

    def of(self, work_order_id: int) -> Sequence[WorkOrderEvent]:
        """In order of time."""
        ...

    def chain(self) -> tuple[Iterable[WorkOrderEvent], str]:
        """All events in order of sequence, and the head's hash that is stored apart."""
        ...

    def astray(self, limit: int) -> Sequence[int]:
        """Ids of orders whose state is not what their last event says, or that have no event though they were submitted; in order."""
        ...

    def last(self) -> int:
        """The newest event's sequence number, 0 when there is none."""
        ...

    def since(self, sequence: int, limit: int = 500) -> Sequence[WorkOrderEvent]:
        """Those after this number, in order of sequence."""
        ...


class Callbacks(Protocol):
    """回访 repository."""

    def add(self, callback: Callback) -> None:
        """Store; a second one for the same order and round is a Conflict."""
        ...

    def save(self, callback: Callback) -> None:
        """Raises: Conflict when another wrote since it was read."""
        ...

    def get(self, callback_id: int) -> Callback:
        """Raises: NotFound."""
        ...

    def of(self, work_order_id: int) -> Sequence[Callback]:
        """Oldest first."""
        ...

    def tasks(self, wanted: TaskFilter, now: datetime, limit: int, offset: int = 0) -> tuple[Sequence[Callback], int]:
        """What agents must do, by priority, then those that wait longest; with the count of all that match."""
        ...

    def tally(self, wanted: ClosingFilter, group: Group = Group.NONE) -> dict[str, Tally]:
        """Counts by the group's key ("" where it has none); groups without any closing are not there."""
        ...

    def counted(
        self, wanted: ClosingFilter, measure: Measure, part: Part, limit: int, offset: int = 0, reason: str = ""
    ) -> tuple[Sequence[Callback], int]:
        """Exactly the callbacks that a figure of `tally` counts, the newest closing first, with their number; of the
        excluded ones those with this reason, if given."""
        ...


class Departments(Protocol):
    """承办单位 repository."""

    def put(self, department: Department) -> None:
        """Add or replace by code."""
        ...

    def get(self, code: str) -> Department:
        """Raises: NotFound."""
        ...

    def all(self, active_only: bool = True) -> Sequence[Department]: ...

    def hold(self) -> None:
        """Nobody else changes departments until this unit of work ends; what is read from here on is the latest."""
        ...


class DepartmentChanges(Protocol):
    """机构调整记录 repository; only added to."""

    def add(self, change: DepartmentChange) -> DepartmentChange:
        """Store it; returned with its number."""
        ...

    def all(self) -> Sequence[DepartmentChange]:
        """Oldest first."""
        ...


class StaffMembers(Protocol):
    """工作人员 repository."""

    def put(self, staff: Staff) -> None:
        """Add or replace by username."""
        ...

    def by_username(self, username: str) -> Staff | None: ...

    def all(self) -> Sequence[Staff]: ...

    def names(self, usernames: Collection[str]) -> dict[str, str]:
        """username → name, of those that exist."""
        ...


class Jobs(Protocol):
    """任务 repository."""

    def add(self, job: Job) -> bool:
        """False when a job with this key exists already."""
        ...

    def claim(self, worker: str, now: datetime, lease_seconds: int, kinds: Sequence[str] = ()) -> Job | None:
        """The due job that waited longest, leased to `worker`; a job whose lease ran out counts as waiting."""
        ...

    def finish(self, job: Job, worker: str) -> bool:
        """Done; False when the lease went to another worker meanwhile (then nothing is written)."""
        ...

    def fail(self, job: Job, worker: str, error: str, retry_at: datetime | None) -> bool:
        """Try again at `retry_at`, or give up when None."""
        ...

    def tell(self, job: Job, worker: str, progress: dict, leased_until: datetime) -> bool:
        """Store how far it is and go on holding it; False when the lease went to another worker meanwhile."""
        ...

    def get(self, key: str) -> Job | None: ...

    def prune(self, before: datetime, kinds: Sequence[str]) -> int:
        """Remove finished jobs of these kinds that were due before then; returns how many."""
        ...

    def list(self, limit: int = 50, kinds: Sequence[str] = ()) -> Sequence[Job]:
        """Newest first; of some kinds only, if given."""
        ...


class CaseworkUnit(Protocol):
    """工作单元: the repositories of one unit of work; committed at the edge, rolled back on error."""

    work_orders: WorkOrders
    events: Events
    callbacks: Callbacks
    departments: Departments
    department_changes: DepartmentChanges
    staff: StaffMembers
    jobs: Jobs
    supplements: Supplements
    attachments: Attachments
    notices: Notices
    subscriptions: Subscriptions
    quality: QualityRecords
    hot_topics: HotTopics
    figures: Figures
    periodic_reports: PeriodicReports
    exports: Exports

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def commit(self) -> None: ...
