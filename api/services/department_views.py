"""单位视图: departments, their changes and what a change does, as docs/api.md has them."""

from collections.abc import Iterable, Mapping

from api.services.order_views import EXCERPT
from casework.organisation.department import Department
from casework.organisation.department_change import (
    CHANGE_NAMES,
    FORMER_NAME,
    ChangeKind,
    DepartmentChange,
    DepartmentHistory,
)
from casework.organisation.department_register import fingerprint
from casework.organisation.succession import Impact
from casework.transitions import STATE_NAMES
from casework.work_order import WorkOrder

PENDING_SHOWN = 200
ADDED, CHANGED, CLOSED = "added", "changed", "closed"

Known = Mapping[str, Department]


def department_view(
    department: Department, known: Known, history: DepartmentHistory, open_orders: int, staff: int
) -> dict:
    """DepartmentDetail."""
    end = history.end_of(department.code)
    successors = history.successors(department.code) if end else ()
    return {
        "code": department.code,
        "name": department.name,
        "short_name": department.short_name,
        "duties": department.duties,
        "jurisdiction": department.jurisdiction,
        "working_hours": department.working_hours,
        "contact": department.contact,
        "active": department.active,
        "parent": department.parent,
        "parent_name": _name(known, department.parent),
        "version": fingerprint(department),
        "open_orders": open_orders,
        "staff": staff,
        "ended": {"at": end.at, "kind": end.kind.value, "kind_name": CHANGE_NAMES[end.kind]} if end else None,
        "successors": _named(successors, known),
    }


def change_view(change: DepartmentChange, known: Known, history: DepartmentHistory) -> dict:
    """DepartmentChange, with the names of its time."""

    def named(codes: Iterable[str]) -> list[dict]:
        return [{"code": code, "name": history.name_then(code, change.at, _name(known, code))} for code in codes]

    former = change.mapping.get(FORMER_NAME, "") if change.kind is ChangeKind.RENAME else ""
    sources = [one | {"name": former} for one in named(change.sources)] if former else named(change.sources)
    prefixes = change.mapping.items() if change.kind is ChangeKind.SPLIT else ()
    return {
        "id": change.id,
        "at": change.at,
        "actor": change.actor,
        "kind": change.kind.value,
        "kind_name": CHANGE_NAMES[change.kind],
        "sources": sources,
        "targets": named(change.targets),
        "mapping": [{"category": prefix, **named([code])[0]} for prefix, code in sorted(prefixes)],
        "note": change.note,
    }


def impact_view(impact: Impact, known: Known, version: int) -> dict:
    """DepartmentImpact. `known` are the departments before it."""
    plan = impact.plan
    after = dict(known) | {department.code: department for department in plan.departments}
    return {
        "version": version,
        "kind": plan.change.kind.value,
        "kind_name": CHANGE_NAMES[plan.change.kind],
        "departments": [_written(department, plan.former.get(department.code)) for department in plan.departments],
        "moved": [
            {"department": code, "name": _name(after, code), "count": count} for code, count in impact.moved.items()
        ],
        "supporting": impact.supporting,
        "pending": [_order(order) for order in impact.pending[:PENDING_SHOWN]],
        "pending_total": len(impact.pending),
        "history": impact.history,
        "staff": [
            {
                "username": account.username,
                "name": account.name,
                "target": target,
                "target_name": _name(after, target or account.department),
            }
            for account, target in plan.staff
        ],
        "orphans": _named([department.code for department in plan.orphans], known),
        "rules": impact.rules,
    }


def _written(department: Department, former: Department | None) -> dict:
    state = ADDED if former is None else CHANGED if department.active else CLOSED
    return {
        "code": department.code,
        "name": department.name,
        "former_name": former.name if former and former.name != department.name else "",
        "state": state,
        "parent": department.parent,
        "duties": department.duties,
    }


def _order(order: WorkOrder) -> dict:
    return {
        "id": order.id,
        "number": order.number,
        "state_name": STATE_NAMES[order.state],
        "category": order.category,
        "excerpt": order.text[:EXCERPT],
    }


def _named(codes: Iterable[str], known: Known) -> list[dict]:
    return [{"code": code, "name": _name(known, code)} for code in codes]


def _name(known: Known, code: str) -> str:
    return known[code].name if code in known else code
