"""公开工单: the statement behind `WorkOrders.published`."""

from sqlalchemy import ColumnElement, Select, or_, select

from casework.notification.publication import PublishedFilter
from storage.statements import search_pattern
from storage.tables import work_orders as table


def published(wanted: PublishedFilter, limit: int, offset: int) -> Select:
    """Newest first; walks the index of creation times."""
    newest = table.c.created_at.desc(), table.c.id.desc()
    return select(table).where(*_conditions(wanted)).order_by(*newest).limit(limit).offset(offset)


def _conditions(wanted: PublishedFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        table.c.confidential.is_(False),
        table.c.created_at >= wanted.created_from,
        table.c.created_at < wanted.created_to,
    ]
    if wanted.states:
        conditions.append(table.c.state.in_([state.value for state in wanted.states]))
    if wanted.channel:
        conditions.append(table.c.channel == wanted.channel)
    if wanted.categories is not None:
        column = table.c.category
        below = (column.like(search_pattern(f"{path}/")[1:], escape="\\") for path in wanted.categories)
        conditions.append(or_(column.in_(wanted.categories), *below))
    return conditions
