"""工单 repository: requester encrypted, query code as a keyed hash, versions checked."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, union

from casework.appeal import AppealType, FiveElements, Requester, Urgency
from casework.deadline.calendar import CITY_TIME
from casework.errors import NotFound
from casework.insight.order_count import OrderCount
from casework.notification.publication import PublishedFilter
from casework.ports import WorkOrderFilter
from casework.routed import RoutedOrder
from casework.transitions import State
from casework.work_order import ClosingKind, Dispatching, SupportWork, WorkOrder
from storage import order_lists, order_search
from storage.columns import utc
from storage.published_orders import published
from storage.query_code import new_query_code
from storage.secrets import InstanceSecrets
from storage.statements import exists_id, save_version
from storage.tables import order_support as support
from storage.tables import order_tally as tally
from storage.tables import work_orders as table

SETTLED = (
    State.SIGNED,
    State.PROCESSING,
    State.EXTENSION_PENDING,
    State.SUSPENDED,
    State.REPLIED,
    State.CLOSED,
    State.CALLBACK,
    State.ARCHIVED,
    State.REWORK,
)
"""States that an order with a lead department reaches only once that department has signed."""
LINKS = (table.c.split_from, table.c.repeat_of, table.c.duplicate_of, table.c.merged_into)
LATE = table.c.closed_at > table.c.due_at
"""Closed after its day: the condition of an index."""
NOT_FOUND = "没有找到这张工单，请核对工单编号。"

_FIELDS = {item.name for item in fields(WorkOrder)}
_CONVERTED = {
    "type",
    "elements",
    "requester",
    "urgency",
    "state",
    "supporting_departments",
    "dispatching",
    "closing_kind",
    "support_work",
}
_PLAIN = sorted(_FIELDS - _CONVERTED - {"id", "number", "query_code", "version"})
"""Fields stored as they are; a new field of WorkOrder without a column is an error at the first write."""


def order_number(created_at: datetime, order_id: int) -> str:
    """工单编号: the day in the city's time and the id in (at least) six digits."""
    return f"{created_at.astimezone(CITY_TIME):%Y%m%d}{order_id:06d}"


class SqlWorkOrders:
    """工单 repository over one connection."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
        self._connection, self._secrets = connection, secrets

    def add(self, order: WorkOrder) -> None:
        code = new_query_code()
        values = self._values(order) | {"query_code_hash": self._secrets.code_hash(code), "version": order.version}
        order_id = self._connection.execute(table.insert().values(values).returning(table.c.id)).scalar_one()
        number = order_number(order.created_at, order_id)
        self._connection.execute(table.update().where(table.c.id == order_id).values(number=number))
        if self._connection.dialect.name == "sqlite":
            order_search.index(self._connection, order_id, order.text)
        order.id, order.number, order.query_code = order_id, number, code

    def save(self, order: WorkOrder) -> None:
        former = self._text_before(order)
        order.version = save_version(self._connection, table, order.id, order.version, self._values(order), "张工单")
        if former is not None:
            order_search.unindex(self._connection, order.id, former)
            order_search.index(self._connection, order.id, order.text)

    def _text_before(self, order: WorkOrder) -> str | None:
        """SQLite, whose search is kept here: the stored text where saving will change it."""
        if self._connection.dialect.name != "sqlite" or not exists_id(order.id):
            return None
        same = table.c.id == order.id, table.c.version == order.version
        stored = self._connection.execute(select(table.c.text).where(*same)).scalar()
        return None if stored == order.text else stored

    def get(self, order_id: int) -> WorkOrder:
        return self._one(table.c.id == order_id if exists_id(order_id) else None)

    def by_number(self, number: str) -> WorkOrder:
        return self._one(table.c.number == number)

    def by_query_code(self, code: str) -> WorkOrder | None:
        wanted = table.c.query_code_hash == self._secrets.code_hash(code)
        row = self._connection.execute(select(table).where(wanted)).first()
        return None if row is None else self._order(row)

    def list(self, wanted: WorkOrderFilter, limit: int = 50, offset: int = 0) -> tuple[Sequence[WorkOrder], int]:
        shown, count = order_lists.page(self._connection, wanted, limit, offset)
        return [self._order(row) for row in self._connection.execute(shown)], count

    def published(self, wanted: PublishedFilter, limit: int, offset: int = 0) -> Sequence[WorkOrder]:
        return [self._order(row) for row in self._connection.execute(published(wanted, limit, offset))]

    def labelled(self, since: datetime | None = None) -> Iterator[WorkOrder]:
        """Streamed: to be read within the unit of work. `since` bounds the time of creation."""
        wanted = select(table).where(table.c.state.in_(SETTLED), table.c.lead_department != "")
        if since is not None:
            wanted = wanted.where(table.c.created_at >= since)
        streamed = wanted.order_by(table.c.created_at, table.c.id).execution_options(yield_per=500)
        return (self._order(row) for row in self._connection.execute(streamed))

    def routed(self, start: datetime, end: datetime) -> Iterator[RoutedOrder]:
        """Streamed, without what is encrypted: to be read within the unit of work."""
        columns = table.c.created_at, table.c.dispatching, table.c.lead_department, table.c.state, table.c.dispatched_at
        wanted = select(*columns, table.c.returns).where(
            table.c.created_at >= start, table.c.created_at < end, table.c.dispatching.is_not(None)
        )
        streamed = wanted.order_by(table.c.created_at, table.c.id).execution_options(yield_per=500)
        for row in self._connection.execute(streamed):
            dispatching = Dispatching(**row.dispatching)
            if dispatching.model_version:
                settled = State(row.state) in SETTLED and bool(row.lead_department)
                yield RoutedOrder(
                    row.created_at,
                    dispatching,
                    row.lead_department,
                    settled,
                    row.dispatched_at is not None,
                    row.returns,
                )

    def of_requester(self, phone: str, since: datetime) -> Sequence[WorkOrder]:
        if not phone:
            return []
        same = table.c.requester_key == self._secrets.phone_hash(phone)
        wanted = select(table).where(same, table.c.created_at >= since).order_by(table.c.created_at, table.c.id)
        return [self._order(row) for row in self._connection.execute(wanted)]

    def linked_to(self, order_id: int) -> Sequence[WorkOrder]:
        same = union(*(select(table.c.id).where(column == order_id) for column in LINKS))
        wanted = select(table).where(table.c.id.in_(same)).order_by(table.c.id)
        return [self._order(row) for row in self._connection.execute(wanted)]

    def involving(self, departments: Sequence[str], states: Sequence[State]) -> Sequence[WorkOrder]:
        of_states = table.c.state.in_([state.value for state in states])
        led = select(table.c.id).where(table.c.lead_department.in_(departments), of_states)
        supported = select(support.c.work_order_id).where(support.c.department.in_(departments))
        wanted = select(table).where(table.c.id.in_(union(led, supported)), of_states)
        return [self._order(row) for row in self._connection.execute(wanted.order_by(table.c.created_at, table.c.id))]

    def merged_counts(self, order_ids: Sequence[int], confidential: bool = True) -> dict[int, int]:
        main = table.c.merged_into
        wanted = select(main, func.count()).where(main.in_(order_ids), table.c.duplicate_of.is_(None)).group_by(main)
        if not confidential:
            wanted = wanted.where(table.c.confidential.is_(False))
        return {order_id: count for order_id, count in self._connection.execute(wanted)}

    def decisions(self, department: str = "") -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.counts(department):
            if row.decision:
                found[row.decision] = found.get(row.decision, 0) + row.count
        return found

    def counts(self, department: str = "") -> Sequence[OrderCount]:
        own = [tally.c.lead_department == department] if department else []
        columns = tally.c.lead_department, tally.c.state, tally.c.decision, tally.c.held, tally.c.count
        rows = self._connection.execute(select(*columns).where(tally.c.count > 0, *own).order_by(*columns[:4]))
        return [OrderCount(row[0], State(row[1]), *row[2:]) for row in rows]

    def to_watch(self, now: datetime, limit: int) -> Sequence[int]:
        due = select(table.c.id).where(table.c.watch_at <= now).order_by(table.c.watch_at, table.c.id)
        return list(self._connection.execute(due.limit(limit)).scalars())

    def due_from(self, moment: datetime, states: Sequence[State], after_id: int = 0, limit: int = 200) -> Sequence[int]:
        late = or_(*(column >= moment for column in (table.c.sign_due_at, table.c.due_at, table.c.contact_due_at)))
        wanted = select(table.c.id).where(late, table.c.state.in_([one.value for one in states]), table.c.id > after_id)
        return list(self._connection.execute(wanted.order_by(table.c.id).limit(limit)).scalars())

    def overdue_count(self, now: datetime, department: str = "") -> int:
        # Two parts, each of which has an index with no other rows in it.
        running = or_(table.c.suspended_at.is_(None), table.c.suspended_at > table.c.due_at)
        parts = (table.c.closed_at.is_(None), table.c.due_at < now, running), (LATE,)
        counts = [select(func.count()).select_from(table).where(*part, *_led_by(department)) for part in parts]
        return sum(self._connection.execute(one).scalar_one() for one in counts)

    def _one(self, condition: ColumnElement[bool] | None) -> WorkOrder:
        row = None
        if condition is not None:
            row = self._connection.execute(select(table).where(condition)).first()
        if row is None:
            raise NotFound(NOT_FOUND)
        return self._order(row)

    def _values(self, order: WorkOrder) -> dict:
        """What may change; id, number and query code never do."""
        return {name: getattr(order, name) for name in _PLAIN} | {
            "type": order.type.value,
            "elements": order.elements.as_dict(),
            "requester_name": self._secrets.encrypt(order.requester.name),
            "requester_phone": self._secrets.encrypt(order.requester.phone),
            "requester_key": self._secrets.phone_hash(order.requester.phone),
            "urgency": order.urgency.value,
            "state": order.state.value,
            "supporting_departments": order.supporting_departments,
            "dispatching": asdict(order.dispatching) if order.dispatching else None,
            "closing_kind": order.closing_kind.value if order.closing_kind else None,
            "support_work": [_support_row(work) for work in order.support_work],
        }

    def _order(self, row: Row) -> WorkOrder:
        return WorkOrder(
            **{name: getattr(row, name) for name in _PLAIN},
            id=row.id,
            number=row.number,
            type=AppealType(row.type),
            elements=FiveElements(**row.elements),
            requester=Requester(self._secrets.decrypt(row.requester_name), self._secrets.decrypt(row.requester_phone)),
            urgency=Urgency(row.urgency),
            state=State(row.state),
            supporting_departments=row.supporting_departments,
            dispatching=Dispatching(**row.dispatching) if row.dispatching else None,
            closing_kind=ClosingKind(row.closing_kind) if row.closing_kind else None,
            support_work=[_support_work(one) for one in row.support_work],
            version=row.version,
        )


def _support_row(work: SupportWork) -> dict:
    times = {name: utc(at).isoformat() if (at := getattr(work, name)) else None for name in ("due_at", "opined_at")}
    return {"department": work.department, "opinion": work.opinion, **times}


def _support_work(row: dict) -> SupportWork:
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("due_at", "opined_at")}
    return SupportWork(row["department"], opinion=row["opinion"], **times)


def _led_by(department: str) -> list[ColumnElement[bool]]:
    """No condition when no department is named."""
    return [table.c.lead_department == department] if department else []
