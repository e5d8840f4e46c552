"""工单 repository: requester encrypted, query code as a keyed hash, versions checked."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, cast, func, literal, not_, or_, select

from casework.appeal import AppealType, FiveElements, Requester, Urgency
from casework.calendar import CITY_TIME
from casework.errors import NotFound
from casework.ports import WorkOrderFilter
from casework.routed import RoutedOrder
from casework.transitions import State
from casework.work_order import ClosingKind, Dispatching, SupportWork, WorkOrder
from storage.columns import PlainText, UtcTime, to_json, utc
from storage.query_code import new_query_code
from storage.secrets import InstanceSecrets
from storage.statements import exists_id, holding, save_version
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
HELD = and_(
    table.c.state == State.PENDING_DISPATCH.value,
    or_(table.c.duplicate_of.is_not(None), table.c.merged_into.is_not(None)),
)
"""`WorkOrder.held`."""
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
        order.id, order.number, order.query_code = order_id, number, code

    def save(self, order: WorkOrder) -> None:
        order.version = save_version(self._connection, table, order.id, order.version, self._values(order), "张工单")

    def get(self, order_id: int) -> WorkOrder:
        return self._one(table.c.id == order_id if exists_id(order_id) else None)

    def by_number(self, number: str) -> WorkOrder:
        return self._one(table.c.number == number)

    def by_query_code(self, code: str) -> WorkOrder | None:
        wanted = table.c.query_code_hash == self._secrets.code_hash(code)
        row = self._connection.execute(select(table).where(wanted)).first()
        return None if row is None else self._order(row)

    def list(self, wanted: WorkOrderFilter, limit: int = 50, offset: int = 0) -> tuple[Sequence[WorkOrder], int]:
        conditions = _conditions(wanted)
        count = self._connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
        newest = table.c.created_at.desc(), table.c.id.desc()
        rows = self._connection.execute(select(table).where(*conditions).order_by(*newest).limit(limit).offset(offset))
        return [self._order(row) for row in rows], count

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
        same = or_(*(column == order_id for column in LINKS))
        return [self._order(row) for row in self._connection.execute(select(table).where(same).order_by(table.c.id))]

    def involving(self, departments: Sequence[str], states: Sequence[State]) -> Sequence[WorkOrder]:
        written = cast(table.c.supporting_departments, PlainText)
        named = [holding(to_json(code), written) for code in departments]
        led = table.c.lead_department.in_(departments)
        wanted = select(table).where(or_(led, *named), table.c.state.in_([state.value for state in states]))
        found = [self._order(row) for row in self._connection.execute(wanted.order_by(table.c.created_at, table.c.id))]
        # LIKE does not heed the case of ASCII letters; codes do.
        return [order for order in found if {order.lead_department, *order.supporting_departments} & set(departments)]

    def merged_counts(self, order_ids: Sequence[int], confidential: bool = True) -> dict[int, int]:
        main = table.c.merged_into
        wanted = select(main, func.count()).where(main.in_(order_ids), table.c.duplicate_of.is_(None)).group_by(main)
        if not confidential:
            wanted = wanted.where(table.c.confidential.is_(False))
        return {order_id: count for order_id, count in self._connection.execute(wanted)}

    def decisions(self, department: str = "") -> dict[str, int]:
        decision = table.c.dispatching["decision"].as_string()
        wanted = select(decision, func.count()).where(table.c.dispatching.is_not(None), *_led_by(department))
        rows = self._connection.execute(wanted.group_by(decision))
        return {name: count for name, count in rows}

    def overdue_count(self, now: datetime, department: str = "") -> int:
        late = func.coalesce(table.c.closed_at, literal(now, UtcTime)) > table.c.due_at
        wanted = select(func.count()).select_from(table).where(late, *_led_by(department))
        return self._connection.execute(wanted).scalar_one()

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


def _conditions(wanted: WorkOrderFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(table.c.state.in_([state.value for state in wanted.states]))
    conditions += _led_by(wanted.department)
    if wanted.sight:
        conditions.append(or_(table.c.lead_department.in_(wanted.sight), _supported_by(wanted.sight)))
    if wanted.text:
        conditions.append(holding(wanted.text, table.c.number, table.c.text))
    if wanted.merged is not None:
        conditions.append(HELD if wanted.merged else not_(HELD))
    if wanted.created_from is not None:
        conditions.append(table.c.created_at >= wanted.created_from)
    if wanted.created_to is not None:
        conditions.append(table.c.created_at < wanted.created_to)
    return conditions


def _supported_by(departments: Sequence[str]) -> ColumnElement[bool]:
    """Any of them is among the supporting departments, to the letter: `replace` heeds case on both databases, LIKE does not."""
    written = cast(table.c.supporting_departments, PlainText)
    return or_(*(func.replace(written, to_json(code), "") != written for code in departments))


def _led_by(department: str) -> list[ColumnElement[bool]]:
    """No condition when no department is named."""
    return [table.c.lead_department == department] if department else []
