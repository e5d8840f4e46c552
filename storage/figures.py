"""统计 repository: grouped statements; each count and the list behind it are made of the same conditions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.sql.functions import coalesce

from casework.insight.figures import Counted, Dimension, Period, Slice, Told
from casework.insight.league import LeagueMeasure
from casework.quality.quality import FindingVerdict
from storage.columns import PlainText, UtcTime
from storage.service_tables import findings, inspections
from storage.tables import events, order_support
from storage.tables import work_orders as table

_LEVELS = {Dimension.CATEGORY_1: 1, Dimension.CATEGORY_2: 2, Dimension.CATEGORY_3: 3, Dimension.CATEGORY_4: 4}
_COLUMNS = {
    Dimension.DISTRICT: table.c.district,
    Dimension.STREET: table.c.street,
    Dimension.TYPE: table.c.type,
    Dimension.DEPARTMENT: table.c.lead_department,
}
_GIVEN = ("WorkOrderDispatched", "WorkOrderReassigned")


@dataclass(frozen=True, slots=True)
class _Counting:
    """One measure: whom it is put down to, what is counted below the line and above it, over which rows."""

    source: FromClause
    order_id: ColumnElement[int]
    department: ColumnElement[str]
    below: ColumnElement[bool]
    above: ColumnElement[bool]


class SqlFigures:
    """统计 over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def told(self, start: datetime, end: datetime) -> Iterable[Told]:
        """Streamed, without what is encrypted."""
        place = coalesce(table.c.elements["place"].as_string(), "")
        # Of a divided appeal each order's own part.
        text = coalesce(table.c.dispatching["evidence"]["part"]["text"].as_string(), table.c.text)
        columns = (
            table.c.id,
            table.c.created_at,
            text,
            table.c.district,
            place,
            table.c.requester_key,
            table.c.category,
            table.c.confidential,
        )
        wanted = select(*columns).where(
            table.c.created_at >= start, table.c.created_at < end, table.c.duplicate_of.is_(None)
        )
        streamed = wanted.order_by(table.c.created_at, table.c.id).execution_options(yield_per=1000)
        return (Told(*row) for row in self._connection.execute(streamed))

    def counts(self, wanted: Slice, by: Sequence[Dimension]) -> Sequence[tuple[tuple[str, ...], int]]:
        keys = [self._key(dimension).label(f"key_{place}") for place, dimension in enumerate(by)]
        columns: list[ColumnElement] = [*keys, func.count()]
        grouped: Select = select(*columns).select_from(table).where(*self._conditions(wanted))
        if keys:
            grouped = grouped.group_by(*keys)
        found = [(tuple(row[:-1]), int(row[-1])) for row in self._connection.execute(grouped)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def orders(self, wanted: Slice, limit: int, offset: int = 0) -> Sequence[int]:
        newest = table.c.created_at.desc(), table.c.id.desc()
        ids = select(table.c.id).where(*self._conditions(wanted)).order_by(*newest).limit(limit).offset(offset)
        return list(self._connection.execute(ids).scalars())

    def tallies(self, wanted: Period) -> Sequence[Counted]:
        found = []
        for measure, counting in self._countings(wanted).items():
            numerator = func.count(func.distinct(case((counting.above, counting.order_id))))
            columns = counting.department, numerator, func.count(func.distinct(counting.order_id))
            grouped = select(*columns).select_from(counting.source).where(counting.below).group_by(counting.department)
            found += [
                Counted(code, measure.value, above, below) for code, above, below in self._connection.execute(grouped)
            ]
        return sorted((row for row in found if row.department), key=lambda row: (row.measure, row.department))

    def tallied(
        self, wanted: Period, measure: str, departments: Sequence[str], numerator: bool, limit: int, offset: int = 0
    ) -> tuple[Sequence[int], int]:
        counting = self._countings(wanted)[LeagueMeasure(measure)]
        conditions = [counting.below, counting.department.in_(departments)]
        if numerator:
            conditions.append(counting.above)
        ids: Select = select(counting.order_id).select_from(counting.source).where(*conditions).distinct()
        total = self._connection.execute(select(func.count()).select_from(ids.subquery())).scalar_one()
        newest = ids.order_by(counting.order_id.desc()).limit(limit).offset(offset)
        return list(self._connection.execute(newest).scalars()), total

    def _countings(self, wanted: Period) -> dict[LeagueMeasure, _Counting]:
        now = literal(wanted.now, UtcTime)
        inside = and_(table.c.created_at >= wanted.start, table.c.created_at < wanted.end)
        led = and_(inside, table.c.lead_department != "")
        own = table.c.lead_department
        signed_late = and_(table.c.signed_at.is_(None), table.c.sign_due_at < now)
        due = and_(led, table.c.due_at.is_not(None))
        # While it is suspended a deadline stands still.
        over = and_(table.c.closed_at.is_(None), coalesce(table.c.suspended_at, now) > table.c.due_at)
        # Not the bare column, by whose index SQLite would read every dispatch there ever was.
        named = coalesce(events.c.name, "")
        given = events.join(table, events.c.work_order_id == table.c.id)
        # Not by the least sequence: compared with that, all events would be read.
        sooner = events.alias("sooner")
        before = exists().where(
            sooner.c.work_order_id == events.c.work_order_id,
            sooner.c.name == _GIVEN[0],
            sooner.c.sequence < events.c.sequence,
        )
        first_given = and_(inside, named == _GIVEN[0], ~before)
        gave_back = _event("WorkOrderReturned", department=events.c.department_to)
        wrong = or_(_event("WorkOrderReturned"), _event("WorkOrderReassigned"))
        inspected = inspections.join(table, inspections.c.work_order_id == table.c.id)
        upheld = exists().where(
            findings.c.inspection_id == inspections.c.id, findings.c.verdict == FindingVerdict.UPHELD.value
        )
        return {
            LeagueMeasure.FIRST_RIGHT: _Counting(given, table.c.id, events.c.department_to, first_given, ~wrong),
            LeagueMeasure.RETURNED: _Counting(
                given, table.c.id, events.c.department_to, and_(inside, named.in_(_GIVEN)), gave_back
            ),
            LeagueMeasure.SIGNED_IN_TIME: _Counting(
                table,
                table.c.id,
                own,
                and_(led, table.c.sign_due_at.is_not(None), or_(table.c.signed_at.is_not(None), signed_late)),
                and_(table.c.signed_at.is_not(None), table.c.signed_at <= table.c.sign_due_at),
            ),
            LeagueMeasure.CLOSED_IN_TIME: _Counting(
                table,
                table.c.id,
                own,
                and_(due, or_(table.c.closed_at.is_not(None), over)),
                and_(table.c.closed_at.is_not(None), table.c.closed_at <= table.c.due_at),
            ),
            LeagueMeasure.FAULTY: _Counting(inspected, table.c.id, inspections.c.department, inside, upheld),
            LeagueMeasure.EXTENDED: _Counting(table, table.c.id, own, led, table.c.extensions > 0),
            LeagueMeasure.SUPERVISED: _Counting(table, table.c.id, own, led, _event("SupervisionRaised")),
        }

    def _conditions(self, wanted: Slice) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if wanted.created_from is not None:
            conditions.append(table.c.created_at >= wanted.created_from)
        if wanted.created_to is not None:
            conditions.append(table.c.created_at < wanted.created_to)
        if wanted.sight:
            supported = select(order_support.c.work_order_id).where(order_support.c.department.in_(wanted.sight))
            conditions.append(or_(table.c.lead_department.in_(wanted.sight), table.c.id.in_(supported)))
        conditions += [self._key(dimension) == value for dimension, value in wanted.values]
        return conditions

    def _key(self, dimension: Dimension) -> ColumnElement[str]:
        if dimension in _LEVELS:
            return _upper(table.c.category, _LEVELS[dimension], self._connection.dialect.name == "sqlite")
        if dimension in _COLUMNS:
            return _COLUMNS[dimension]
        if self._connection.dialect.name == "sqlite":
            shifts = {
                Dimension.DAY: (10, ()),
                # The Monday: six days back from the next Sunday (or from today, if it is one).
                Dimension.WEEK: (10, ("weekday 0", "-6 days")),
                Dimension.MONTH: (7, ()),
            }
            length, shift = shifts[dimension]
            return func.substr(func.datetime(table.c.created_at, "+8 hours", *shift), 1, length)
        at = func.timezone("Asia/Shanghai", table.c.created_at)
        if dimension is Dimension.WEEK:
            return func.to_char(func.date_trunc("week", at), "YYYY-MM-DD")
        return func.to_char(at, "YYYY-MM-DD" if dimension is Dimension.DAY else "YYYY-MM")


def _event(name: str, department: ColumnElement[str] | None = None) -> ColumnElement[bool]:
    """Whether the order ever had this event (of a department)."""
    other = events.alias("happened")
    conditions = [other.c.work_order_id == table.c.id, other.c.name == name]
    if department is not None:
        conditions.append(other.c.department_from == department)
    return exists().where(*conditions)


def _upper(category: ColumnElement[str], level: int, sqlite: bool) -> ColumnElement[str]:
    """The first levels of a category's path: of a shorter one the whole."""
    if not sqlite:
        pattern = "^(?:[^/]*/){" + str(level - 1) + "}[^/]*"
        return coalesce(func.substring(category, pattern), category).cast(PlainText)
    rest: ColumnElement[str] = category
    lengths: ColumnElement[int] = literal(0)
    for _ in range(level):
        at = func.instr(rest, "/")
        lengths = lengths + case((at > 0, at), else_=func.length(rest) + 1)
        rest = case((at > 0, func.substr(rest, at + 1)), else_=literal(""))
    return func.substr(category, 1, lengths - 1)
