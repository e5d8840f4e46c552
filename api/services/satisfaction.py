"""满意度统计服务: rates by group, each figure with the closings that it counts."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from api.instance import Instance
from api.services.callback_views import counted_view
from api.services.own_orders import departments_of
from casework.callback.callback_exclusion import NAMES
from casework.callback.satisfaction import EMPTY, ClosingFilter, Group, Measure, Part, Tally
from casework.errors import InvalidInput
from casework.organisation.department import Department, with_units
from casework.organisation.staff import Staff
from casework.transitions import Role

Choice = TypeVar("Choice", bound=StrEnum)
NO_DEPARTMENT, NOTHING = "话务直接答复", "（未填写）"
CHANNELS = {"web": "网页", "phone": "电话", "demo": "演示历史", "open311": "Open311", "cli": "命令行"}


class SatisfactionService:
    """满意度统计服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def rates(self, wanted: ClosingFilter, department: str, group: str, staff: Staff) -> dict:
        """The rates of what `wanted` holds, of one department with its units if given, and by groups: days and
        months newest first, the others by their closings.

        Department staff get their own department and its units only. Raises: InvalidInput (group).
        """
        by = _of(Group, group, "没有这种分组方式。")
        with self._instance.unit() as work:
            departments = departments_of(work)
            wanted = _seen(wanted, department, staff, departments)
            whole = sum(work.callbacks.tally(wanted).values(), Tally())
            groups = work.callbacks.tally(wanted, by) if by is not Group.NONE else {}
        if by is Group.DEPARTMENT:
            groups = _with_parents(groups, departments, wanted.departments)
        rows = [
            {"key": key or EMPTY, "name": _name(by, key, departments), "parent": _parent(by, key, departments)}
            | told.as_dict()
            for key, told in groups.items()
        ]
        if by in (Group.DAY, Group.MONTH):
            rows.sort(key=lambda row: row["key"], reverse=True)
        else:
            rows.sort(key=lambda row: (-row["closings"], row["key"]))
        return whole.as_dict() | {"groups": rows, "exclusions": NAMES}

    def rows(
        self,
        wanted: ClosingFilter,
        department: str,
        measure: str,
        part: str,
        reason: str,
        staff: Staff,
        page: int,
        size: int,
    ) -> dict:
        """Exactly the closings that one figure of `rates` counts. Raises: InvalidInput (measure, part)."""
        measured = _of(Measure, measure, "没有这个指标。")
        counted = _of(Part, part, "没有这类数字。")
        with self._instance.unit() as work:
            departments = departments_of(work)
            wanted = _seen(wanted, department, staff, departments)
            found, total = work.callbacks.counted(wanted, measured, counted, size, (page - 1) * size, reason)
            sight = with_units(staff.department, departments.values()) if staff.role is Role.DEPARTMENT else ()
            items = [counted_view(one, work.work_orders.get(one.work_order_id), departments, sight) for one in found]
        return {"items": items, "total": total}


def _seen(wanted: ClosingFilter, department: str, staff: Staff, departments: dict[str, Department]) -> ClosingFilter:
    """Of the department and its units; department staff stay within their own."""
    every = list(departments.values())
    asked: Sequence[str] = ()
    if department:
        asked = (EMPTY,) if department == EMPTY else with_units(department, every)
    if staff.role is Role.DEPARTMENT:
        own = with_units(staff.department, every)
        # Nothing of others: a code that no closing can have stands for nothing at all.
        asked = [code for code in asked if code in own] or ["\u0001"] if department else own
    return replace(wanted, departments=tuple(asked))


def _with_parents(
    groups: dict[str, Tally], departments: dict[str, Department], shown: Sequence[str]
) -> dict[str, Tally]:
    """A department's figures include its units', whose own rows stand beside it."""
    summed = dict(groups)
    for code, told in groups.items():
        parent = departments[code].parent if code in departments else ""
        if parent and (not shown or parent in shown):
            summed[parent] = summed.get(parent, Tally()) + told
    return summed


def _name(group: Group, key: str, departments: dict[str, Department]) -> str:
    if group is Group.DEPARTMENT:
        return departments[key].name if key in departments else key or NO_DEPARTMENT
    if group is Group.CHANNEL:
        return CHANNELS.get(key, key) or NOTHING
    return key or NOTHING


def _parent(group: Group, key: str, departments: dict[str, Department]) -> str:
    return departments[key].parent if group is Group.DEPARTMENT and key in departments else ""


def _of(kind: type[Choice], value: str, message: str) -> Choice:
    try:
        return kind(value)
    except ValueError:
        raise InvalidInput(message) from None
