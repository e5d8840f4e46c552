"""质检服务: what the console's page shows and does: findings, verdicts, rules with their precision, coverage, special inspections."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from api.instance import Instance
from api.services.quality_inspection import check_reply, switches
from api.services.quality_views import (
    VERDICT_NAMES,
    finding_view,
    inspection_view,
    rule_view,
    special_view,
    spotted_view,
)
from api.services.staff_names import staff_names
from casework.callback.satisfaction import Rate
from casework.deadline.calendar import CITY_TIME
from casework.errors import Forbidden, InvalidInput, NotFound
from casework.events import Actor
from casework.handling.handling import check_sight, sight_of
from casework.organisation.department import Department
from casework.quality.inspection import INSPECTORS, decide_finding, object_to
from casework.quality.quality import ClosingQuery, FindingFilter, FindingVerdict, Severity
from casework.quality.quality_rules import RULES, score_of
from casework.quality.special_inspection import begin_special, close_special, judge_order
from casework.transitions import Role
from storage.unit_of_work import UnitOfWork

MONTHS = 6
"""Of a rule's precision over time."""
READERS = (*INSPECTORS, Role.DEPARTMENT)


class QualityService:
    """质检服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def findings(self, wanted: FindingFilter, by: Actor, page: int, size: int) -> dict:
        """Findings of docs/api.md; department staff see those about their own department and its units.

        Raises: Forbidden, InvalidInput.
        """
        if wanted.severity and wanted.severity not in set(Severity):
            raise InvalidInput("严重程度应为：" + "、".join(Severity) + "。")
        if wanted.verdict and wanted.verdict not in set(FindingVerdict):
            raise InvalidInput("没有这种质检结论。")
        if wanted.rule and wanted.rule not in RULES:
            raise InvalidInput("没有这条质检规则。")
        with self._instance.unit() as work:
            seen = replace(wanted, departments=_sight(work, by))
            found, total = work.quality.findings(seen, size, (page - 1) * size)
            departments = _departments(work)
            numbers = {one.work_order_id: _number(work, one.work_order_id) for one in found}
            names = staff_names(work, (one.decided_by for one in found))
        return {
            "items": [finding_view(one, numbers[one.work_order_id], departments, names) for one in found],
            "total": total,
        }

    def decide(self, finding_id: int, version: int, upheld: bool, note: str, by: Actor) -> dict:
        """Raises: see `casework.quality.inspection.decide_finding`."""
        with self._instance.unit() as work:
            finding = decide_finding(work, finding_id, version, upheld, note, by, self._instance.clock)
            work.commit()
            names = staff_names(work, [finding.decided_by])
            return finding_view(finding, _number(work, finding.work_order_id), _departments(work), names)

    def object_to(self, finding_id: int, version: int, note: str, by: Actor) -> dict:
        """Raises: see `casework.quality.inspection.object_to`."""
        with self._instance.unit() as work:
            finding = object_to(work, finding_id, version, note, by, self._instance.clock)
            work.commit()
            names = staff_names(work, [finding.decided_by])
            return finding_view(finding, _number(work, finding.work_order_id), _departments(work), names)

    def of_order(self, order_id: int, by: Actor) -> dict:
        """All inspections of an order with their findings, newest first. Raises: NotFound, Forbidden."""
        with self._instance.unit() as work:
            order = work.work_orders.get(order_id)
            check_sight(order, by, sight_of(work, by))
            departments = _departments(work)
            inspections, findings = work.quality.inspections_of(order_id), work.quality.findings_of(order_id)
            seen = sight_of(work, by)
            names = staff_names(work, (one.decided_by for one in findings))
        return {
            "inspections": [
                inspection_view(one)
                | {
                    "findings": [
                        finding_view(found, order.number, departments, names)
                        for found in findings
                        if found.inspection_id == one.id and (not seen or found.department in seen)
                    ]
                }
                for one in reversed(inspections)
            ]
        }

    def reply_check(self, order_id: int, by: Actor, text: str | None = None, closing: str = "") -> dict:
        """What an inspection would find before the order is closed. Raises: see `check_reply`."""
        checked = check_reply(self._instance, order_id, by, text, closing)
        return {
            "score": score_of({one.rule for one in checked.found}),
            "findings": [spotted_view(one) for one in checked.found],
            "closing_kind": checked.closing_kind,
            "presumed": checked.presumed,
        }

    def rules(self, start: datetime | None, end: datetime | None, by: Actor) -> list[dict]:
        """Every rule with its findings in [start, end) and the precision of the last months. Raises: Forbidden."""
        _inspector(by)
        off = switches(self._instance).read()
        with self._instance.unit() as work:
            tally = work.quality.tally(FindingFilter(start=start, end=end))
            months = [(name, work.quality.tally(wanted)) for name, wanted in self._months()]
        return [
            rule_view(code, tally, [_month(name, code, of_month) for name, of_month in months], off.get(code))
            for code in RULES
        ]

    def _months(self) -> list[tuple[str, FindingFilter]]:
        """The last months by name, oldest first."""
        first = (
            self._instance.clock.now().astimezone(CITY_TIME).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        )
        months = []
        end: datetime | None = None
        for _ in range(MONTHS):
            months.append((f"{first:%Y-%m}", FindingFilter(start=first, end=end)))
            end, first = first, (first - timedelta(days=1)).replace(day=1)
        return months[::-1]

    def switch(self, rule: str, on: bool, note: str, by: Actor) -> list[dict]:
        """Raises: Forbidden, NotFound, InvalidInput."""
        if by.role is not Role.ADMINISTRATOR:
            raise Forbidden("质检规则须由管理员启用或停用。")
        switches(self._instance).switch(rule, on, note, by.id, self._instance.clock.now().isoformat())
        return self.rules(None, None, by)

    def coverage(self, start: datetime | None, end: datetime | None, by: Actor) -> dict:
        """质检覆盖率: inspected closings of all closings, with the findings beside them, in all and by department."""
        with self._instance.unit() as work:
            seen = _sight(work, by)
            whole = work.quality.coverage(start, end, seen)
            tally = work.quality.tally(FindingFilter(start=start, end=end, departments=seen))
            departments = _departments(work)
            rows = []
            for code in seen or ("", *departments):
                inspected, closed = work.quality.coverage(start, end, (code,))
                if closed:
                    name = departments[code].name if code in departments else "未派单（直接答复）"
                    rows.append({"department": code, "name": name, "coverage": Rate(inspected, closed).as_dict()})
        return {
            "coverage": Rate(*whole).as_dict(),
            "findings": sum(tally.values()),
            "departments": sorted(rows, key=lambda row: -row["coverage"]["denominator"]),
        }

    def choices(self) -> dict:
        """What the page's filters offer."""
        return {
            "rules": [{"code": rule.code, "name": rule.name, "severity": rule.severity} for rule in RULES.values()],
            "severities": list(Severity),
            "verdicts": [{"code": verdict, "name": name} for verdict, name in VERDICT_NAMES.items()],
        }

    def specials(self, by: Actor) -> list[dict]:
        _inspector(by)
        with self._instance.unit() as work:
            specials = work.quality.specials()
            names = staff_names(work, (one.actor for one in specials))
            return [special_view(one, names=names) for one in specials]

    def special(self, special_id: int, by: Actor) -> dict:
        """With its sample. Raises: NotFound, Forbidden."""
        _inspector(by)
        with self._instance.unit() as work:
            special = work.quality.special(special_id)
            orders = {one: work.work_orders.get(one) for one in special.work_order_ids}
            judges = (told["by"] for told in special.verdicts.values())
            return special_view(special, orders, staff_names(work, [special.actor, *judges]))

    def begin_special(self, name: str, wanted: ClosingQuery, size: int, seed: int | None, by: Actor) -> dict:
        """Raises: see `casework.quality.special_inspection.begin_special`."""
        chosen = secrets.randbelow(2**31) if seed is None else seed
        with self._instance.unit() as work:
            special = begin_special(work, name, wanted, size, chosen, by, self._instance.clock)
            work.commit()
        return self.special(special.id, by)

    def judge(self, special_id: int, order_id: int, verdict: str, rules: Sequence[str], note: str, by: Actor) -> dict:
        """Raises: see `casework.quality.special_inspection.judge_order`."""
        with self._instance.unit() as work:
            judge_order(work, special_id, order_id, verdict, rules, note, by, self._instance.clock)
            work.commit()
        return self.special(special_id, by)

    def close_special(self, special_id: int, version: int, by: Actor) -> dict:
        """Raises: see `casework.quality.special_inspection.close_special`."""
        with self._instance.unit() as work:
            close_special(work, special_id, version, by)
            work.commit()
        return self.special(special_id, by)


def _inspector(by: Actor) -> None:
    if by.role not in INSPECTORS:
        raise Forbidden("您的角色没有这项权限。")


def _sight(work: UnitOfWork, by: Actor) -> tuple[str, ...]:
    """The departments whose findings may be seen, () = all. Raises: Forbidden."""
    if by.role not in READERS:
        raise Forbidden("您的角色没有这项权限。")
    return sight_of(work, by)


def _departments(work: UnitOfWork) -> dict[str, Department]:
    return {department.code: department for department in work.departments.all(active_only=False)}


def _number(work: UnitOfWork, order_id: int) -> str:
    try:
        return work.work_orders.get(order_id).number
    except NotFound:
        return ""


def _month(name: str, code: str, tally: dict[tuple[str, str], int]) -> dict:
    upheld = tally.get((code, FindingVerdict.UPHELD.value), 0)
    rejected = tally.get((code, FindingVerdict.REJECTED.value), 0)
    return {"month": name, "precision": Rate(upheld, upheld + rejected).as_dict()}
