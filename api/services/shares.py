"""诉求构成服务: shares of appeals by what they have in common, over time; each cell lists its orders.

Department staff count and list what they may see; confidential orders are counted with the rest.
"""

from collections.abc import Sequence
from datetime import datetime

from api.instance import Instance
from api.services.links import merged_counts
from api.services.order_views import row_view
from casework.errors import InvalidInput
from casework.events import Actor
from casework.handling.sight import sight_of, supports
from casework.insight.figures import DIMENSION_NAMES, Dimension, Slice
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

MOST_CELLS = 2000
EMPTY_NAME = "未填写"


def dimension_of(name: str) -> Dimension:
    """Raises: InvalidInput."""
    try:
        return Dimension(name)
    except ValueError:
        raise InvalidInput(f"没有这种统计维度，可选：{'、'.join(DIMENSION_NAMES.values())}。") from None


def values_of(told: Sequence[str]) -> tuple[tuple[Dimension, str], ...]:
    """What a cell's orders have in common, from `dimension:value`. Raises: InvalidInput."""
    found = []
    for one in told:
        name, colon, value = one.partition(":")
        if not colon:
            raise InvalidInput("筛选条件应为“维度:值”。")
        found.append((dimension_of(name), value))
    return tuple(found)


def shares_view(
    instance: Instance, by: Actor, start: datetime | None, end: datetime | None, dimensions: Sequence[Dimension]
) -> dict:
    """The shares of docs/api.md, by one dimension or by two. Raises: InvalidInput."""
    if not 1 <= len(dimensions) <= 2 or len(set(dimensions)) < len(dimensions):
        raise InvalidInput("请选择一个或两个不同的统计维度。")
    with instance.unit() as work:
        wanted = Slice(start, end, sight_of(work, by))
        cells = work.figures.counts(wanted, dimensions)
        names = {department.code: department.name for department in work.departments.all(active_only=False)}
    total = sum(count for _, count in cells)
    rows = [
        {
            "values": list(key),
            "names": [name_of(dimension, value, names) for dimension, value in zip(dimensions, key, strict=True)],
            "count": count,
            "share": round(count / total, 4) if total else None,
        }
        for key, count in cells[:MOST_CELLS]
    ]
    return {
        "dimensions": [{"key": one.value, "name": DIMENSION_NAMES[one]} for one in dimensions],
        "cells": rows,
        "total": total,
        "left_out": max(0, len(cells) - MOST_CELLS),
    }


def name_of(dimension: Dimension, value: str, departments: dict[str, str]) -> str:
    if not value:
        return EMPTY_NAME
    if dimension is Dimension.DEPARTMENT:
        return departments.get(value, value)
    return value


def slice_rows(
    instance: Instance,
    by: Actor,
    start: datetime | None,
    end: datetime | None,
    told: Sequence[str],
    page: int,
    size: int,
) -> dict:
    """The orders behind a cell: a page of rows and their number. Raises: InvalidInput."""
    values = values_of(told)
    with instance.unit() as work:
        wanted = Slice(start, end, sight_of(work, by), values)
        ((_, total),) = work.figures.counts(wanted, ())
        ids = work.figures.orders(wanted, size, (page - 1) * size)
        return {"items": order_rows(instance, work, ids, by), "total": total}


def order_rows(instance: Instance, work: UnitOfWork, ids: Sequence[int], by: Actor) -> list[dict]:
    """OrderRow of docs/api.md, in their order; those that `by` may not see (of other departments by now) are left out."""
    now, sight = instance.clock.now(), sight_of(work, by)
    orders: list[WorkOrder] = [work.work_orders.get(order_id) for order_id in ids]
    if sight:
        orders = [order for order in orders if {order.lead_department, *order.supporting_departments} & set(sight)]
    departments = {department.code: department for department in work.departments.all(active_only=False)}
    merged = merged_counts(work, orders, by)
    return [row_view(order, departments, now, merged.get(order.id, 0), supports(order, by, sight)) for order in orders]
