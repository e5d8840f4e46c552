"""The repositories in memory; each reads and writes through its unit of work."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from assistant.conversation import Conversation
from casework.callback.callback import Callback
from casework.callback.callback_task import TaskFilter
from casework.callback.satisfaction import ClosingFilter, Group, Measure, Part, Tally, counts, group_key, tally
from casework.errors import Conflict
from casework.events import GENESIS, WorkOrderEvent
from casework.insight.order_count import OrderCount
from casework.job import MAX_ATTEMPTS, Job, JobState
from casework.notification.publication import PublishedFilter
from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentChange
from casework.organisation.staff import Staff
from casework.ports import MAX_COUNT, Events, WorkOrderFilter
from casework.routed import RoutedOrder
from casework.transitions import State
from casework.work_order import WorkOrder
from routing.rule_versions import CONFLICT, RuleVersion
from storage.columns import printable, utc
from storage.events import plain
from storage.jobs import GIVEN_UP
from storage.order_search import number_found
from storage.query_code import new_query_code, normalize_query_code
from storage.work_orders import NOT_FOUND, SETTLED, order_number
from tests.fake_rows import found, own, page, save, searching, within

Tables = dict[str, dict[Any, Any]]


class Unit(Protocol):
    """What a repository needs of its unit of work."""

    events: Events

    def rows(self, table: str) -> dict[Any, Any]:
        """For reading."""
        ...

    def write(self, table: str) -> dict[Any, Any]:
        """For changing; rows are replaced in it, never changed in place."""
        ...


class Repository:
    """What every repository is: something over a unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit


class FakeWorkOrders(Repository):
    """工单 repository."""

    def add(self, order: WorkOrder) -> None:
        row, rows = own(order), self._unit.write("orders")
        row.id = order.id = len(rows) + 1
        row.number = order.number = order_number(order.created_at, order.id)
        order.query_code, row.query_code = new_query_code(), ""
        self._unit.write("codes")[normalize_query_code(order.query_code)] = order.id
        rows[order.id] = row

    def save(self, order: WorkOrder) -> None:
        rows, fixed = self._unit.write("orders"), {"query_code": ""}
        if stored := rows.get(order.id):
            fixed["number"] = stored.number
        save(rows, order.id, order, "张工单", **fixed)

    def get(self, order_id: int) -> WorkOrder:
        return found(self._unit.rows("orders").get(order_id), NOT_FOUND)

    def by_number(self, number: str) -> WorkOrder:
        same = (order for order in self._unit.rows("orders").values() if order.number == number)
        return found(next(same, None), NOT_FOUND)

    def by_query_code(self, code: str) -> WorkOrder | None:
        order_id = self._unit.rows("codes").get(normalize_query_code(code))
        return None if order_id is None else self.get(order_id)

    def list(self, wanted: WorkOrderFilter, limit: int = 50, offset: int = 0) -> tuple[Sequence[WorkOrder], int]:
        holds, inside = searching(wanted.text), within(wanted.created_from, wanted.created_to)
        rows, count = page(
            sorted(
                (
                    order
                    for order in self._unit.rows("orders").values()
                    if (not wanted.states or order.state in wanted.states)
                    and (not wanted.department or order.lead_department == wanted.department)
                    and (not wanted.sight or {order.lead_department, *order.supporting_departments} & set(wanted.sight))
                    and (wanted.merged is None or order.held == wanted.merged)
                    and (not wanted.text or number_found(wanted.text, order.number) or holds(order.text))
                    and inside(order.created_at)
                ),
                key=lambda order: (order.created_at, order.id),
                reverse=True,
            ),
            limit,
            offset,
        )
        return rows, min(count, MAX_COUNT + 1)

    def published(self, wanted: PublishedFilter, limit: int, offset: int = 0) -> Sequence[WorkOrder]:
        inside = within(wanted.created_from, wanted.created_to)
        found = [
            order
            for order in self._unit.rows("orders").values()
            if not order.confidential
            and inside(order.created_at)
            and (not wanted.states or order.state in wanted.states)
            and wanted.channel in ("", order.channel)
            and (
                wanted.categories is None
                or any(f"{order.category}/".startswith(f"{path}/") for path in wanted.categories)
            )
        ]
        newest = sorted(found, key=lambda order: (order.created_at, order.id), reverse=True)
        return [own(order) for order in newest[offset : offset + limit]]

    def labelled(self, since: datetime | None = None) -> Iterable[WorkOrder]:
        inside = within(since, None)
        settled = [
            order
            for order in self._unit.rows("orders").values()
            if order.state in SETTLED and order.lead_department and inside(order.created_at)
        ]
        return iter([own(order) for order in sorted(settled, key=lambda order: (order.created_at, order.id))])

    def routed(self, start: datetime, end: datetime) -> Iterable[RoutedOrder]:
        inside = within(start, end)
        every = sorted(self._unit.rows("orders").values(), key=lambda order: (order.created_at, order.id))
        return iter(
            [
                RoutedOrder(
                    order.created_at,
                    own(order.dispatching),
                    order.lead_department,
                    order.state in SETTLED and bool(order.lead_department),
                    order.dispatched_at is not None,
                    order.returns,
                )
                for order in every
                if order.dispatching and order.dispatching.model_version and inside(order.created_at)
            ]
        )

    def of_requester(self, phone: str, since: datetime) -> Sequence[WorkOrder]:
        orders = [order for order in self._unit.rows("orders").values() if order.created_at >= utc(since)]
        same = [own(order) for order in orders if phone and order.requester.phone == phone]
        return sorted(same, key=lambda order: (order.created_at, order.id))

    def linked_to(self, order_id: int) -> Sequence[WorkOrder]:
        orders = sorted(self._unit.rows("orders").values(), key=lambda order: order.id)
        names = ("split_from", "repeat_of", "duplicate_of", "merged_into")
        return [own(order) for order in orders if order_id in [getattr(order, name) for name in names]]

    def involving(self, departments: Sequence[str], states: Sequence[State]) -> Sequence[WorkOrder]:
        orders = [order for order in self._unit.rows("orders").values() if order.state in states]
        wanted = [o for o in orders if {o.lead_department, *o.supporting_departments} & set(departments)]
        return [own(order) for order in sorted(wanted, key=lambda order: (order.created_at, order.id))]

    def merged_counts(self, order_ids: Sequence[int], confidential: bool = True) -> dict[int, int]:
        orders = [o for o in self._unit.rows("orders").values() if confidential or not o.confidential]
        orders = [order for order in orders if order.duplicate_of is None]
        return dict(Counter(order.merged_into for order in orders if order.merged_into in order_ids))

    def decisions(self, department: str = "") -> dict[str, int]:
        return dict(Counter(order.dispatching.decision for order in self._led_by(department) if order.dispatching))

    def to_watch(self, now: datetime, limit: int) -> Sequence[int]:
        due = [
            (one.watch_at, one.id) for one in self._unit.rows("orders").values() if one.watch_at and one.watch_at <= now
        ]
        return [order_id for _, order_id in sorted(due)][:limit]

    def due_from(self, moment: datetime, states: Sequence[State], after_id: int = 0, limit: int = 200) -> Sequence[int]:
        late = [
            one.id
            for one in self._unit.rows("orders").values()
            if one.state in states
            and one.id > after_id
            and any(at and at >= moment for at in (one.sign_due_at, one.due_at, one.contact_due_at))
        ]
        return sorted(late)[:limit]

    def counts(self, department: str = "") -> Sequence[OrderCount]:
        found = Counter(
            (o.lead_department, o.state, o.dispatching.decision if o.dispatching else "", o.held)
            for o in self._led_by(department)
        )
        return [OrderCount(*alike, count) for alike, count in sorted(found.items())]

    def overdue_count(self, now: datetime, department: str = "") -> int:
        return sum(order.overdue(utc(now)) for order in self._led_by(department))

    def _led_by(self, department: str) -> Sequence[WorkOrder]:
        orders = self._unit.rows("orders").values()
        return [order for order in orders if not department or order.lead_department == department]


class FakeEvents(Repository):
    """事件 repository."""

    def hold(self) -> None:
        self._unit.write("events")

    def append(self, event: WorkOrderEvent) -> WorkOrderEvent:
        rows = self._unit.write("events")
        previous_hash, sequence = rows.get("head", (GENESIS, 0))
        linked = own(plain(event)).chained(previous_hash, sequence + 1)
        rows[linked.sequence], rows["head"] = linked, (linked.hash, linked.sequence)
        return linked

    def of(self, work_order_id: int) -> Sequence[WorkOrderEvent]:
        return [event for event in self.chain()[0] if event.work_order_id == work_order_id]

    def last(self) -> int:
        return self._unit.rows("events").get("head", (GENESIS, 0))[1]

    def since(self, sequence: int, limit: int = 500) -> Sequence[WorkOrderEvent]:
        return [event for event in self.chain()[0] if event.sequence > sequence][:limit]

    def chain(self) -> tuple[Iterable[WorkOrderEvent], str]:
        rows = self._unit.rows("events")
        sequences = sorted(key for key in rows if key != "head")
        return iter([own(rows[key]) for key in sequences]), rows.get("head", (GENESIS, 0))[0]

    def astray(self, limit: int) -> Sequence[int]:
        told = {event.work_order_id: event.state_to for event in self.chain()[0] if event.state_to}
        orders = sorted(self._unit.rows("orders").values(), key=lambda order: order.id)
        return [order.id for order in orders if order.state != told.get(order.id, State.SUBMITTED)][:limit]


class FakeCallbacks(Repository):
    """回访 repository."""

    def add(self, callback: Callback) -> None:
        row, rows = own(callback), self._unit.write("callbacks")
        found(self._unit.rows("orders").get(callback.work_order_id), "没有找到要回访的工单。")
        if any(other.round == callback.round for other in self.of(callback.work_order_id)):
            raise Conflict("这张工单的本次办结已经安排过回访。")
        row.id = callback.id = len(rows) + 1
        rows[row.id] = row

    def save(self, callback: Callback) -> None:
        save(self._unit.write("callbacks"), callback.id, callback, "次回访")

    def get(self, callback_id: int) -> Callback:
        return found(self._unit.rows("callbacks").get(callback_id), "没有找到这次回访。")

    def of(self, work_order_id: int) -> Sequence[Callback]:
        mine = [own(item) for item in self._every() if item.work_order_id == work_order_id]
        return sorted(mine, key=lambda item: item.round)

    def tasks(self, wanted: TaskFilter, now: datetime, limit: int, offset: int = 0) -> tuple[Sequence[Callback], int]:
        due = [item for item in self._every() if wanted.holds(item, utc(now))]
        last = datetime.max.replace(tzinfo=UTC)
        due.sort(key=lambda item: (-item.priority, item.next_attempt_at or last, item.id))
        return page(due, limit, offset)

    def tally(self, wanted: ClosingFilter, group: Group = Group.NONE) -> dict[str, Tally]:
        groups: dict[str, list[Callback]] = {}
        for item in self._every():
            if wanted.holds(item):
                groups.setdefault(group_key(item, group), []).append(item)
        return {key: tally(items) for key, items in groups.items()}

    def counted(
        self, wanted: ClosingFilter, measure: Measure, part: Part, limit: int, offset: int = 0, reason: str = ""
    ) -> tuple[Sequence[Callback], int]:
        rows = [item for item in self._every() if wanted.holds(item) and counts(item, measure, part)]
        if reason and part is Part.EXCLUDED:
            rows = [item for item in rows if item.excluded == reason]
        return page(sorted(rows, key=lambda item: (item.closed_at, item.id), reverse=True), limit, offset)

    def _every(self) -> list[Callback]:
        return list(self._unit.rows("callbacks").values())


class FakeDepartments(Repository):
    """承办单位 repository."""

    def put(self, department: Department) -> None:
        self._unit.write("departments")[department.code] = own(department)

    def get(self, code: str) -> Department:
        return found(self._unit.rows("departments").get(code), f"没有代码为“{code}”的承办单位。")

    def all(self, active_only: bool = True) -> Sequence[Department]:
        rows = self._unit.rows("departments")
        return [own(rows[code]) for code in sorted(rows) if rows[code].active or not active_only]

    def hold(self) -> None:
        self._unit.write("departments")


class FakeDepartmentChanges(Repository):
    """机构调整记录 repository."""

    def add(self, change: DepartmentChange) -> DepartmentChange:
        rows = self._unit.write("department_changes")
        rows[len(rows) + 1] = replace(own(change), id=len(rows) + 1)
        return replace(change, id=len(rows))

    def all(self) -> Sequence[DepartmentChange]:
        found = [own(change) for change in self._unit.rows("department_changes").values()]
        return [replace(one, sources=tuple(one.sources), targets=tuple(one.targets)) for one in found]


class FakeStaff(Repository):
    """工作人员 repository."""

    def put(self, staff: Staff) -> None:
        row, rows = own(staff), self._unit.write("staff")
        known = rows.get(staff.username)
        row.id = staff.id = known.id if known else len(rows) + 1
        rows[staff.username] = row

    def by_username(self, username: str) -> Staff | None:
        row = self._unit.rows("staff").get(username)
        return None if row is None else own(row)

    def all(self) -> Sequence[Staff]:
        rows = self._unit.rows("staff")
        return [own(rows[name]) for name in sorted(rows)]

    def names(self, usernames: Collection[str]) -> dict[str, str]:
        rows = self._unit.rows("staff")
        return {name: rows[name].name for name in usernames if name in rows}


class FakeJobs(Repository):
    """任务 repository."""

    def add(self, job: Job) -> bool:
        row, rows = own(job), self._unit.write("jobs")
        if job.key in rows:
            return False
        row.id = job.id = max((one.id for one in rows.values()), default=0) + 1
        rows[job.key] = row
        return True

    def claim(self, worker: str, now: datetime, lease_seconds: int, kinds: Sequence[str] = ()) -> Job | None:
        now, rows = utc(now), self._unit.write("jobs")
        for job in sorted(rows.values(), key=lambda job: (job.due_at, job.id)):
            dropped = job.state is JobState.RUNNING and job.leased_until <= now
            if dropped and job.attempts >= MAX_ATTEMPTS:
                rows[job.key] = replace(job, state=JobState.FAILED, leased_until=None, error=GIVEN_UP)
            elif (dropped or (job.state is JobState.WAITING and job.due_at <= now)) and (
                not kinds or job.kind in kinds
            ):
                lease = now + timedelta(seconds=lease_seconds)
                rows[job.key] = replace(
                    job, state=JobState.RUNNING, worker=worker, leased_until=lease, attempts=job.attempts + 1
                )
                return own(rows[job.key])
        return None

    def finish(self, job: Job, worker: str) -> bool:
        return self._release(job, worker, JobState.DONE, "", job.due_at)

    def fail(self, job: Job, worker: str, error: str, retry_at: datetime | None) -> bool:
        error = printable(error)
        if retry_at is None:
            return self._release(job, worker, JobState.FAILED, error, job.due_at)
        return self._release(job, worker, JobState.WAITING, error, utc(retry_at))

    def tell(self, job: Job, worker: str, progress: dict, leased_until: datetime) -> bool:
        rows = self._unit.write("jobs")
        if not self._held(rows.get(job.key), job, worker):
            return False
        job.progress, job.leased_until = progress, utc(leased_until)
        rows[job.key] = replace(rows[job.key], progress=progress, leased_until=utc(leased_until))
        return True

    def get(self, key: str) -> Job | None:
        row = self._unit.rows("jobs").get(key)
        return None if row is None else own(row)

    def prune(self, before: datetime, kinds: Sequence[str]) -> int:
        rows = self._unit.write("jobs")
        old = [one for one in rows.values() if one.state is JobState.DONE and one.due_at < utc(before)]
        for job in (gone := [one for one in old if one.kind in kinds]):
            del rows[job.key]
        return len(gone)

    def list(self, limit: int = 50, kinds: Sequence[str] = ()) -> Sequence[Job]:
        jobs = [job for job in self._unit.rows("jobs").values() if not kinds or job.kind in kinds]
        newest = sorted(jobs, key=lambda job: -job.id)
        return [own(job) for job in newest[:limit]]

    def _release(self, job: Job, worker: str, state: JobState, error: str, due_at: datetime) -> bool:
        rows = self._unit.write("jobs")
        stored = rows.get(job.key)
        if stored is None or not self._held(stored, job, worker):
            return False
        job.state, job.error, job.due_at, job.leased_until = state, error, due_at, None
        rows[job.key] = replace(stored, state=state, error=error, due_at=due_at, leased_until=None)
        return True

    @staticmethod
    def _held(stored: Job | None, job: Job, worker: str) -> bool:
        mine = JobState.RUNNING, worker, job.attempts
        return stored is not None and (stored.state, stored.worker, stored.attempts) == mine


class FakeConversations(Repository):
    """会话 repository."""

    def add(self, conversation: Conversation) -> None:
        row, rows = own(conversation), self._unit.write("conversations")
        if conversation.id in rows:
            raise Conflict("会话编号重复，请重新开始会话。")
        rows[conversation.id] = row

    def get(self, conversation_id: str) -> Conversation:
        row = self._unit.rows("conversations").get(conversation_id)
        return found(row, "没有找到这次会话，可能已经结束，请重新开始咨询。")

    def save(self, conversation: Conversation) -> None:
        rows, fixed = self._unit.write("conversations"), {}
        stored = rows.get(conversation.id)
        if stored is not None:
            turns = {turn.number: turn for turn in stored.turns}
            for turn in conversation.turns:
                known = turns.get(turn.number)
                turns[turn.number] = replace(known, helpful=turn.helpful) if known else own(turn)
            fixed = {
                "turns": [turns[number] for number in sorted(turns)],
                "created_at": stored.created_at,
                "channel": stored.channel,
            }
        save(rows, conversation.id, conversation, "次会话", **fixed)

    def versions(self, conversation_ids: Sequence[str]) -> dict[str, int]:
        rows = self._unit.rows("conversations")
        return {name: rows[name].version for name in conversation_ids if name in rows}

    def recent(self, limit: int = 50) -> Sequence[Conversation]:
        every = self._unit.rows("conversations").values()
        newest = sorted(every, key=lambda item: (item.created_at, item.id), reverse=True)
        return [own(item) for item in newest[:limit]]


class FakeRuleVersions(Repository):
    """规则版本 repository."""

    def add(self, version: RuleVersion) -> None:
        row, rows = own(version), self._unit.write("rule_versions")
        if version.number != self.newest_number() + 1:
            raise Conflict(CONFLICT)
        rows[version.number] = row

    def newest_number(self) -> int:
        return max(self._unit.rows("rule_versions"), default=0)

    def newest(self) -> RuleVersion | None:
        return next(iter(self.list(1)), None)

    def get(self, number: int) -> RuleVersion:
        return found(self._unit.rows("rule_versions").get(number), f"没有第{number}版派单规则。")

    def list(self, limit: int = 50) -> Sequence[RuleVersion]:
        rows = self._unit.rows("rule_versions")
        return [own(rows[number]) for number in sorted(rows, reverse=True)[:limit]]
