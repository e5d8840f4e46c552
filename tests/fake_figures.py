"""统计 in memory: counted row by row, which the databases' grouped statements are compared with."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from casework.deadline.calendar import CITY_TIME
from casework.events import WorkOrderEvent
from casework.handling.splitting import own_text
from casework.insight.figures import Counted, Dimension, Period, Slice, Told
from casework.insight.league import LeagueMeasure
from casework.quality.quality import FindingVerdict
from casework.work_order import WorkOrder
from tests.fake_repositories import Repository
from tests.fake_rows import within

_LEVELS = {Dimension.CATEGORY_1: 1, Dimension.CATEGORY_2: 2, Dimension.CATEGORY_3: 3, Dimension.CATEGORY_4: 4}
Row = tuple[str, int, bool]
"""Department, id of the order, whether it counts above the line."""


class FakeFigures(Repository):
    """统计 repository."""

    def told(self, start: datetime, end: datetime) -> Iterable[Told]:
        inside = within(start, end)
        for order in self._orders():
            if inside(order.created_at) and order.duplicate_of is None:
                yield Told(
                    order.id,
                    order.created_at,
                    own_text(order),
                    order.district,
                    order.elements.place,
                    order.requester.phone,
                    order.category,
                    order.confidential,
                )

    def counts(self, wanted: Slice, by: Sequence[Dimension]) -> Sequence[tuple[tuple[str, ...], int]]:
        counted = Counter(tuple(_key(order, dimension) for dimension in by) for order in self._of(wanted))
        if not by and not counted:
            counted[()] = 0
        return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))

    def orders(self, wanted: Slice, limit: int, offset: int = 0) -> Sequence[int]:
        newest = sorted(self._of(wanted), key=lambda order: (order.created_at, order.id), reverse=True)
        return [order.id for order in newest[offset : offset + limit]]

    def tallies(self, wanted: Period) -> Sequence[Counted]:
        found = []
        for measure in _COUNTED:
            below: dict[str, set[int]] = defaultdict(set)
            above: dict[str, set[int]] = defaultdict(set)
            for department, order_id, counts in self._rows(wanted, measure):
                below[department].add(order_id)
                if counts:
                    above[department].add(order_id)
            found += [Counted(code, measure.value, len(above[code]), len(ids)) for code, ids in below.items() if code]
        return sorted(found, key=lambda row: (row.measure, row.department))

    def tallied(
        self, wanted: Period, measure: str, departments: Sequence[str], numerator: bool, limit: int, offset: int = 0
    ) -> tuple[Sequence[int], int]:
        rows = self._rows(wanted, LeagueMeasure(measure))
        ids = {order_id for code, order_id, counts in rows if code in departments and (counts or not numerator)}
        return sorted(ids, reverse=True)[offset : offset + limit], len(ids)

    def _rows(self, wanted: Period, measure: LeagueMeasure) -> Iterator[Row]:
        inside = within(wanted.start, wanted.end)
        for order in self._orders():
            if inside(order.created_at):
                yield from self._counted(order, measure, wanted.now)

    def _counted(self, order: WorkOrder, measure: LeagueMeasure, now: datetime) -> Iterator[Row]:
        events = [event for key, event in self._unit.rows("events").items() if key != "head"]
        own = [event for event in sorted(events, key=lambda e: e.sequence) if event.work_order_id == order.id]
        given = [event for event in own if event.name in ("WorkOrderDispatched", "WorkOrderReassigned")]
        if measure is LeagueMeasure.FIRST_RIGHT:
            first = next((event for event in given if event.name == "WorkOrderDispatched"), None)
            if first is not None:
                wrong = any(event.name in ("WorkOrderReturned", "WorkOrderReassigned") for event in own)
                yield first.department_to, order.id, not wrong
        elif measure is LeagueMeasure.RETURNED:
            for event in given:
                yield event.department_to, order.id, _gave_back(own, event.department_to)
        elif measure is LeagueMeasure.FAULTY:
            for inspection in self._unit.rows("inspections").values():
                if inspection.work_order_id == order.id:
                    findings = self._unit.rows("findings").values()
                    upheld = any(
                        one.inspection_id == inspection.id and one.verdict is FindingVerdict.UPHELD for one in findings
                    )
                    yield inspection.department, order.id, upheld
        elif order.lead_department:
            told = _OWN[measure](order, own, now)
            if told is not None:
                yield order.lead_department, order.id, told

    def _of(self, wanted: Slice) -> list[WorkOrder]:
        inside = within(wanted.created_from, wanted.created_to)
        return [
            order
            for order in self._orders()
            if inside(order.created_at)
            and (not wanted.sight or {order.lead_department, *order.supporting_departments} & set(wanted.sight))
            and all(_key(order, dimension) == value for dimension, value in wanted.values)
        ]

    def _orders(self) -> list[WorkOrder]:
        return sorted(self._unit.rows("orders").values(), key=lambda order: (order.created_at, order.id))


def _gave_back(events: Sequence[WorkOrderEvent], department: str) -> bool:
    return any(event.name == "WorkOrderReturned" and event.department_from == department for event in events)


def _signed(order: WorkOrder, _: Sequence[WorkOrderEvent], now: datetime) -> bool | None:
    if order.sign_due_at is None or (order.signed_at is None and order.sign_due_at >= now):
        return None
    return order.signed_at is not None and order.signed_at <= order.sign_due_at


def _closed(order: WorkOrder, _: Sequence[WorkOrderEvent], now: datetime) -> bool | None:
    if order.due_at is None or (order.closed_at is None and (order.suspended_at or now) <= order.due_at):
        return None
    return order.closed_at is not None and order.closed_at <= order.due_at


_OWN: dict[LeagueMeasure, Callable[[WorkOrder, Sequence[WorkOrderEvent], datetime], bool | None]] = {
    LeagueMeasure.SIGNED_IN_TIME: _signed,
    LeagueMeasure.CLOSED_IN_TIME: _closed,
    LeagueMeasure.EXTENDED: lambda order, _, __: order.extensions > 0,
    LeagueMeasure.SUPERVISED: lambda _, events, __: any(event.name == "SupervisionRaised" for event in events),
}
_COUNTED = (*_OWN, LeagueMeasure.FIRST_RIGHT, LeagueMeasure.RETURNED, LeagueMeasure.FAULTY)


def _key(order: WorkOrder, dimension: Dimension) -> str:
    if dimension in _LEVELS:
        return "/".join(order.category.split("/")[: _LEVELS[dimension]])
    at = order.created_at.astimezone(CITY_TIME)
    told = {
        Dimension.DISTRICT: order.district,
        Dimension.STREET: order.street,
        Dimension.TYPE: order.type.value,
        Dimension.DEPARTMENT: order.lead_department,
        Dimension.DAY: f"{at:%Y-%m-%d}",
        Dimension.WEEK: f"{at - timedelta(days=at.weekday()):%Y-%m-%d}",
        Dimension.MONTH: f"{at:%Y-%m}",
    }
    return told[dimension]
