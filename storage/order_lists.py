"""工单列表: which rows a list shows, newest first, and how many there are up to MAX_COUNT.

A list over several states or departments is put together from one walk along an index for each of them: sorting what they all hold together
would read a million rows to show twenty.
"""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    union,
    union_all,
)

from casework.ports import MAX_COUNT, WorkOrderFilter
from casework.transitions import State
from storage.order_search import by_index, checked, holds, numbered, proposed
from storage.tables import order_support as support
from storage.tables import work_orders as table

WAITS = or_(table.c.duplicate_of.is_not(None), table.c.merged_into.is_not(None))
HELD = and_(table.c.state == State.PENDING_DISPATCH.value, WAITS)
"""`WorkOrder.held`."""
LOOKED_AT = 200
"""Newest orders that are looked at first, to tell a text that most of them hold,"""
FREQUENT = 0.4
"""this share of them: reading the orders is quicker then than asking the index for half of them."""
_NEWEST = table.c.created_at.desc(), table.c.id.desc()
_KEYS = table.c.id, table.c.created_at


def page(connection: Connection, wanted: WorkOrderFilter, limit: int, offset: int) -> tuple[Select, int]:
    """The statement that reads a page's rows, and the count of all that match, at most MAX_COUNT + 1. Raises: InvalidInput."""
    if wanted.text:
        return _searched(connection, wanted, limit, offset)
    count = _count(connection, _together(wanted, MAX_COUNT + 1))
    keys = _together(wanted, offset + limit).subquery()
    shown = (
        select(keys.c.id).order_by(keys.c.created_at.desc(), keys.c.id.desc()).limit(limit).offset(offset).subquery()
    )
    return select(table).join(shown, shown.c.id == table.c.id).order_by(*_NEWEST), count


def _searched(connection: Connection, wanted: WorkOrderFilter, limit: int, offset: int) -> tuple[Select, int]:
    """Few matches are all found and sorted; of many the newest are met soon on the way back in time."""
    content = checked(wanted.text)
    number, exact = numbered(wanted.text), holds(connection, content)
    period, others = _period(wanted, table.c.created_at), _conditions(wanted)
    # One opaque condition, so that the walk along an index is kept to, which ends after a few thousand rows.
    matches = case((and_(or_(exact, number), *others), 1), else_=0)
    looked_at = select(matches.label("match")).where(*period).order_by(*_NEWEST).limit(LOOKED_AT).subquery()
    share = connection.execute(select(func.coalesce(func.avg(looked_at.c.match), 0.0))).scalar_one()
    newest = select(table).where(matches == 1, *period).order_by(*_NEWEST).limit(limit).offset(offset)
    if share >= FREQUENT:
        with by_index(connection):
            return newest, _count(connection, select(*_KEYS).where(matches == 1, *period).order_by(*_NEWEST))
    source, likely = proposed(connection, content)
    rest = [exact, *period, *others]
    if connection.dialect.name == "sqlite":
        # So that the text's index leads: SQLite knows nothing of how many orders it will propose.
        rest = [case((and_(*rest), 1), else_=0) == 1]
    by_text = select(*_KEYS).select_from(source).where(*likely, *rest)
    by_number = select(*_KEYS).where(number, *period, *others)
    both = union(*(select(one.limit(MAX_COUNT + 1).subquery()) for one in (by_text, by_number)))
    found = select(both.limit(MAX_COUNT + 1).subquery()).cte("found").prefix_with("MATERIALIZED")
    # The page and the count at once: finding is the dear part.
    count = select(func.count()).select_from(found).scalar_subquery()
    ordered = select(found.c.id, count).order_by(found.c.created_at.desc(), found.c.id.desc())
    with by_index(connection):
        rows = connection.execute(ordered.limit(limit).offset(offset)).all()
        total = rows[0][1] if rows else _count(connection, both)
    if total > MAX_COUNT:
        return newest, total
    return select(table).where(table.c.id.in_([row[0] for row in rows])).order_by(*_NEWEST), total


def _count(connection: Connection, keys: Select | CompoundSelect) -> int:
    some = keys.limit(MAX_COUNT + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _together(wanted: WorkOrderFilter, limit: int) -> Select | CompoundSelect:
    """Ids and times of the newest `limit` orders of each part, and of whatever else their index gives; not in order."""
    led, supported = _parts(wanted)
    newest = support.c.created_at.desc(), support.c.work_order_id.desc()
    apart: list[Select] = [select(part.order_by(*_NEWEST).limit(limit).subquery()) for part in led]
    helped = [select(part.order_by(*newest).limit(limit).subquery()) for part in supported]
    if helped:
        # Only what two departments support can be met twice; all else is passed on as it is read, until there is enough.
        apart.append(select((union(*helped) if len(helped) > 1 else helped[0]).subquery()))
    if not apart:
        return select(*_KEYS).where(table.c.id < 0)
    return apart[0] if len(apart) == 1 else union_all(*apart)


def _parts(wanted: WorkOrderFilter) -> tuple[list[Select], list[Select]]:
    """One query for each walk: along what is led, and along what is supported."""
    period = _period(wanted, table.c.created_at)
    leads = _leads(wanted)
    if leads is None:
        if wanted.merged is None and not wanted.states:
            return [select(*_KEYS).where(*period)], []
        walks = [(State(state), rest) for states, rest in _states(wanted) for state in states]
        return [select(*_KEYS).where(table.c.state == state.value, *rest, *period) for state, rest in walks], []
    all_states = [
        [table.c.state.in_([state.value for state in states])] if len(states) < len(State) else []
        for states, rest in _states(wanted)
        if not rest
    ]
    led = [
        select(*_KEYS).where(table.c.lead_department == lead, *rest, *period) for lead in leads for rest in all_states
    ]
    # The few that wait for dispatch are walked along together.
    pending = [
        select(*_KEYS).where(table.c.state == State.PENDING_DISPATCH.value, *rest, *period, _seen(leads))
        for _, rest in _states(wanted)
        if rest
    ]
    if wanted.department:
        own = [*led, *(part.where(table.c.lead_department == wanted.department) for part in pending)]
        if wanted.sight and wanted.department not in wanted.sight:
            own = [part.where(_supported_by(wanted.sight)) for part in own]
        return own, []
    keys = select(table.c.id, support.c.created_at).join_from(support, table, table.c.id == support.c.work_order_id)
    not_led = table.c.lead_department.not_in(leads)
    return [*led, *pending], [
        keys.where(support.c.department == code, not_led, *rest, *_period(wanted, support.c.created_at))
        for code in leads
        for rest in all_states
    ]


def _leads(wanted: WorkOrderFilter) -> Sequence[str] | None:
    """Departments whose own orders are walked along; None = of all and of none."""
    return (wanted.department,) if wanted.department else (tuple(dict.fromkeys(wanted.sight)) or None)


def _states(wanted: WorkOrderFilter) -> list[tuple[list[State], list[ColumnElement[bool]]]]:
    """States, and what is asked beside them: of the merged orders only those pending dispatch wait."""
    states = list(dict.fromkeys(wanted.states)) or list(State)
    if wanted.merged is None:
        return [(states, [])]
    parts: list[tuple[list[State], list[ColumnElement[bool]]]] = []
    others: list[State] = [state for state in states if state is not State.PENDING_DISPATCH]
    if others and not wanted.merged:
        parts.append((others, []))
    if State.PENDING_DISPATCH in states:
        parts.append(([State.PENDING_DISPATCH], [WAITS if wanted.merged else not_(WAITS)]))
    return parts


def _period(wanted: WorkOrderFilter, created_at: ColumnElement) -> list[ColumnElement[bool]]:
    bounds = []
    if wanted.created_from is not None:
        bounds.append(created_at >= wanted.created_from)
    if wanted.created_to is not None:
        bounds.append(created_at < wanted.created_to)
    return bounds


def _conditions(wanted: WorkOrderFilter) -> list[ColumnElement[bool]]:
    """Everything but the text and the period, as conditions on one row."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(table.c.state.in_([state.value for state in wanted.states]))
    if wanted.department:
        conditions.append(table.c.lead_department == wanted.department)
    if wanted.sight:
        conditions.append(_seen(wanted.sight))
    if wanted.merged is not None:
        conditions.append(HELD if wanted.merged else not_(HELD))
    return conditions


def _seen(departments: Sequence[str]) -> ColumnElement[bool]:
    return or_(table.c.lead_department.in_(departments), _supported_by(departments))


def _supported_by(departments: Sequence[str]) -> ColumnElement[bool]:
    supporting = select(literal(1)).where(support.c.work_order_id == table.c.id, support.c.department.in_(departments))
    return supporting.exists()
