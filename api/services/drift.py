"""漂移服务: the weekly figures of the stored orders against what the models were trained on."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from api.instance import Instance
from casework.deadline.calendar import CITY_TIME
from casework.errors import HotlineError
from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentHistory
from casework.routed import RoutedOrder
from routing.artifact import Manifest
from routing.drift import (
    MAX_RETURNS,
    MAX_SHIFT,
    MEASURES,
    MIN_ORDERS,
    Baseline,
    Seen,
    Week,
    latest,
    sentences,
    weeks_of,
)

MAX_WEEKS = 53


def drift_view(instance: Instance, weeks: int) -> dict:
    """Drift of docs/api.md: the last `weeks` weeks, the present one included."""
    today = instance.clock.now().astimezone(CITY_TIME).date()
    monday = today - timedelta(days=today.weekday() + 7 * (weeks - 1))
    start = datetime.combine(monday, time.min, CITY_TIME)
    with instance.unit() as work:
        departments = {one.code: one for one in work.departments.all(active_only=False)}
        codes = _Codes(departments, DepartmentHistory(work.department_changes.all()))
        rows = [_seen(order, codes) for order in work.work_orders.routed(start, start + timedelta(weeks=weeks))]
    current = instance.registry.current()
    name = current.name if current else ""
    found = weeks_of(rows, _baselines(instance, {row.model for row in rows} | {name}, codes), name)
    newest = latest(found)
    return {
        "model": name or None,
        "min_orders": MIN_ORDERS,
        "max_returns": MAX_RETURNS,
        "max_shift": MAX_SHIFT,
        "measures": [{"key": measure.key, "name": measure.name, "above": measure.above} for measure in MEASURES],
        "weeks": [_week_view(week, departments) for week in found],
        "warning": {"week": newest.week, "sentences": sentences(newest)} if newest and newest.warnings else None,
    }


class _Codes:
    """单位代码: what a label means today: a code, a name or a short name, a district's unit counting as its parent."""

    def __init__(self, departments: Mapping[str, Department], history: DepartmentHistory) -> None:
        self._departments, self._history = departments, history
        self._codes = {
            label: one.code for one in departments.values() for label in (one.short_name, one.name, one.code) if label
        }

    def of(self, label: str, category: str = "", at: datetime | None = None) -> str:
        code = self._codes.get(label, label)
        now = self._history.now(code, category, at)
        code = now[0] if len(now) == 1 else code
        return (self._departments[code].parent if code in self._departments else "") or code


def _seen(order: RoutedOrder, codes: _Codes) -> Seen:
    said = order.dispatching
    label = said.model_department or (said.candidates[0]["department"] if said.candidates else "")
    own = next((row["confidence"] for row in said.candidates if row["department"] == label), said.confidence)
    by_rule = bool(said.evidence.get("rule"))
    return Seen(
        day=order.created_at.astimezone(CITY_TIME).date(),
        model=said.model_version,
        label=codes.of(label, at=order.created_at),
        confidence=float(own),
        auto=said.decision == "auto" and not by_rule,
        dispatched=order.dispatched,
        returned=order.returns > 0,
        settled=codes.of(order.lead_department, at=order.created_at) if order.settled else "",
    )


def _baselines(instance: Instance, models: set[str], codes: _Codes) -> dict[str, Baseline]:
    found = {}
    for model in models - {""}:
        try:
            found[model] = _baseline(instance.registry.manifest(model), codes)
        except HotlineError:  # its folder is gone or damaged: the current model's figures stand in
            continue
    return found


def _baseline(manifest: Manifest, codes: _Codes) -> Baseline:
    held = manifest.measures.get("held_out") or manifest.measures.get("cross_fitted") or {}
    counts: dict[str, int] = {}
    for label, count in manifest.data.get("counts", {}).items():
        code = codes.of(label)
        counts[code] = counts.get(code, 0) + count
    return Baseline(held.get("top1"), (held.get("auto") or {}).get("coverage"), counts)


def _week_view(week: Week, departments: Mapping[str, Department]) -> dict:
    return {
        "week": week.week,
        "from": week.first.isoformat(),
        "to": week.last.isoformat(),
        "orders": week.orders,
        "models": week.models,
        "figures": {
            key: {"value": one.value, "n": one.n, "line": one.line, "warning": one.warning}
            for key, one in week.figures.items()
        },
        "shifts": [
            row
            | {"name": departments[row["department"]].name if row["department"] in departments else row["department"]}
            for row in week.shifts
        ],
    }
