"""训练数据: the settled work orders of a period and some departments, as the file that the training reads."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TextIO

from api.instance import Instance
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput
from casework.handling.splitting import own_text
from casework.organisation.department import NO_DEPARTMENT, Department
from casework.organisation.department_change import DepartmentHistory, settled_label
from casework.ports import WorkOrderFilter
from casework.transitions import State
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

MOST_REJECTED = 10_000
"""Newest orders that were not accepted, to learn from."""


@dataclass(frozen=True, slots=True)
class Selection:
    """选取范围: orders created from `first` to `last`, both days included, led by one of `departments`; empty = all."""

    first: date | None = None
    last: date | None = None
    departments: tuple[str, ...] = ()

    @classmethod
    def of(cls, first: str = "", last: str = "", departments: Sequence[str] = ()) -> "Selection":
        """From days as they are written (2026-01-01, "" = no bound). Raises: InvalidInput."""
        days = []
        for told in (first, last):
            try:
                days.append(date.fromisoformat(told) if told else None)
            except ValueError:
                raise InvalidInput(f"“{told}”不是日期，应写成 2026-01-01 这样。") from None
        chosen = cls(days[0], days[1], tuple(dict.fromkeys(departments)))
        if chosen.first and chosen.last and chosen.first > chosen.last:
            raise InvalidInput("开始日期晚于截止日期，请重新选择。")
        return chosen

    @classmethod
    def from_dict(cls, row: dict) -> "Selection":
        """What `as_dict` gave; of jobs queued by an older version too ({"since"}). Raises: InvalidInput."""
        return cls.of(row.get("from") or row.get("since") or "", row.get("to") or "", row.get("departments") or ())

    def as_dict(self) -> dict:
        days = (day.isoformat() if day else None for day in (self.first, self.last))
        return dict(zip(("from", "to"), days, strict=True)) | {"departments": list(self.departments)}


@dataclass(slots=True)
class Written:
    """已写出的数据."""

    rows: int = 0
    corrected: int = 0
    """Orders that a person gave to another department than the model or a former dispatch said."""
    counts: Counter[str] = field(default_factory=Counter)
    """Rows by department."""
    unresolved: int = 0
    """Left out: the department was split, and it is not told which successor the order would have."""
    closed: int = 0
    """Left out: the department is no more and has no successor."""


def write_departments(instance: Instance, path: Path) -> None:
    """The departments as JSON Lines, for the check of labels and for what their duties say of them."""
    with instance.unit() as work:
        departments = work.departments.all()
    names = "code", "name", "short_name", "duties", "parent", "jurisdiction"
    rows = [{name: getattr(department, name) for name in names} for department in departments]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_orders(instance: Instance, path: Path, chosen: Selection) -> Written:
    """Settled orders, corrected labels included, as JSON Lines with `created_at`.

    A department is written under its code of today; a district's unit under its parent's, since the place, not the wording,
    tells them apart. Raises: InvalidInput when a chosen department does not exist.
    """
    written = Written()
    start = datetime.combine(chosen.first, time.min, CITY_TIME) if chosen.first else None
    with instance.unit() as work, path.open("w", encoding="utf-8") as file:
        known = {department.code: department for department in work.departments.all(active_only=False)}
        if missing := [code for code in chosen.departments if code not in known]:
            raise InvalidInput(f"没有代码为“{'”“'.join(missing)}”的承办单位，请重新选择。")
        labels = _Labels(known, DepartmentHistory(work.department_changes.all()))
        wanted = {labels.whole(now) for code in chosen.departments for now in labels.history.now(code)}
        for order in work.work_orders.labelled(start):
            if chosen.last and order.created_at.astimezone(CITY_TIME).date() > chosen.last:
                break  # oldest first
            label, unresolved = labels.of(order)
            if wanted and label not in wanted:
                continue
            if unresolved or not labels.alive(label):
                written.unresolved += unresolved
                written.closed += not unresolved
                continue
            file.write(json.dumps(_row(order, label, labels), ensure_ascii=False) + "\n")
            written.rows += 1
            written.corrected += order.corrected
            written.counts[label] += 1
        if not wanted:
            _write_rejected(work, file, chosen, start, written)
    return written


def _write_rejected(
    work: UnitOfWork, file: TextIO, chosen: Selection, start: datetime | None, written: Written
) -> None:
    """Orders that were not accepted teach what is no department's matter."""
    end = datetime.combine(chosen.last + timedelta(days=1), time.min, CITY_TIME) if chosen.last else None
    wanted = WorkOrderFilter(states=(State.REJECTED,), created_from=start, created_to=end)
    for order in work.work_orders.list(wanted, limit=MOST_REJECTED)[0]:
        row = {
            "text": order.text,
            "department": NO_DEPARTMENT,
            "created_at": order.created_at.astimezone(CITY_TIME).isoformat(),
        }
        row |= {"type": order.type.value, "urgency": order.urgency.value, "sentiment": order.sentiment}
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        written.rows += 1
        written.counts[NO_DEPARTMENT] += 1


@dataclass(frozen=True, slots=True)
class _Labels:
    """标签: what a department of the past is taught as."""

    known: dict[str, Department]
    history: DepartmentHistory

    def of(self, order: WorkOrder) -> tuple[str, bool]:
        """(code, whether it cannot be told)."""
        at = order.dispatched_at or order.signed_at
        code, unresolved = settled_label(self.history, order.lead_department, order.category, at)
        return self.whole(code), unresolved

    def whole(self, code: str) -> str:
        """The parent's code for a district's unit."""
        return (self.known[code].parent if code in self.known else "") or code

    def alive(self, code: str) -> bool:
        """Always, where no departments are kept."""
        return not self.known or (code in self.known and self.known[code].active)

    def supporting(self, order: WorkOrder) -> list[str]:
        codes = [
            self.whole(code)
            for one in order.supporting_departments
            for code in self.history.now(one, order.category, order.dispatched_at)
        ]
        return [code for code in dict.fromkeys(codes) if self.alive(code)]


def _row(order: WorkOrder, label: str, labels: _Labels) -> dict:
    return {
        "text": own_text(order),
        "department": label,
        "category": order.category,
        "created_at": order.created_at.astimezone(CITY_TIME).isoformat(),
        "type": order.type.value,
        "urgency": order.urgency.value,
        "sentiment": order.sentiment,
        "supporting": labels.supporting(order),
    }
