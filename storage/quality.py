"""质检 repository: inspections and their findings."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from casework.callback.callback_exclusion import HISTORY
from casework.quality.quality import (
    ClosingQuery,
    Finding,
    FindingFilter,
    FindingVerdict,
    Inspection,
    Severity,
    SpecialInspection,
)
from storage.records import Records
from storage.secrets import InstanceSecrets
from storage.service_tables import findings, inspections, special_inspections
from storage.statements import holding
from storage.tables import callbacks, work_orders


class _Inspections(Records[Inspection]):
    table, kind, name = inspections, Inspection, "次质检"


class _Findings(Records[Finding]):
    table, kind, name = findings, Finding, "条质检问题"
    encrypted = frozenset(("passage", "objection"))
    converted = {"severity": Severity, "verdict": FindingVerdict}  # noqa: RUF012


class _Specials(Records[SpecialInspection]):
    table, kind, name = special_inspections, SpecialInspection, "次专项质检"


class SqlQualityRecords:
    """质检 repository over one connection."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
        self._connection = connection
        self._inspections = _Inspections(connection, secrets)
        self._findings = _Findings(connection, secrets)
        self._specials = _Specials(connection, secrets)

    def add(self, inspection: Inspection, findings: Sequence[Finding]) -> bool:
        if not self._inspections._insert(inspection, "work_order_id", "round"):
            return False
        for finding in findings:
            finding.inspection_id = inspection.id
            self._findings._insert(finding)
        return True

    def inspections_of(self, work_order_id: int) -> Sequence[Inspection]:
        return self._inspections._where(inspections.c.work_order_id == work_order_id)

    def findings_of(self, work_order_id: int) -> Sequence[Finding]:
        return self._findings._where(findings.c.work_order_id == work_order_id)

    def finding(self, finding_id: int) -> Finding:
        return self._findings._get(finding_id)

    def save_finding(self, finding: Finding) -> None:
        self._findings._save(finding)

    def findings(self, wanted: FindingFilter, limit: int = 50, offset: int = 0) -> tuple[Sequence[Finding], int]:
        conditions = _wanted(wanted)
        count = self._connection.execute(select(func.count()).select_from(findings).where(*conditions)).scalar_one()
        newest = (findings.c.at.desc(), findings.c.id.desc())
        page = select(findings).where(*conditions).order_by(*newest).limit(limit).offset(offset)
        return self._findings._read(page), count

    def tally(self, wanted: FindingFilter) -> dict[tuple[str, str], int]:
        keys = findings.c.rule, findings.c.verdict
        rows = self._connection.execute(select(*keys, func.count()).where(*_wanted(wanted)).group_by(*keys))
        return {(rule, verdict): count for rule, verdict, count in rows}

    def coverage(
        self, start: datetime | None, end: datetime | None, departments: Sequence[str] = ()
    ) -> tuple[int, int]:
        within = [*_closed_within(start, end), SINCE_THE_START]
        if departments:
            within.append(callbacks.c.department.in_(departments))
        wanted = select(func.count(inspections.c.id), func.count()).select_from(_CLOSINGS).where(*within)
        inspected, closed = self._connection.execute(wanted).one()
        return inspected, closed

    def uninspected(self, before: datetime, limit: int = 200) -> Sequence[tuple[int, int]]:
        wanted = (
            select(callbacks.c.work_order_id, callbacks.c.round)
            .select_from(_CLOSINGS.join(work_orders, work_orders.c.id == callbacks.c.work_order_id))
            # Of a former closing the reply is not known any more.
            .where(
                inspections.c.id.is_(None),
                callbacks.c.closed_at < before,
                work_orders.c.reworks == callbacks.c.round,
                SINCE_THE_START,
            )
            .order_by(callbacks.c.closed_at, callbacks.c.id)
            .limit(limit)
        )
        return [(order_id, number) for order_id, number in self._connection.execute(wanted)]

    def closings(self, wanted: ClosingQuery, limit: int = 100_000) -> Sequence[tuple[int, str]]:
        conditions = _closed_within(wanted.start, wanted.end)
        for column, values in (
            (callbacks.c.department, wanted.departments),
            (callbacks.c.district, wanted.districts),
            (callbacks.c.order_type, wanted.types),
            (callbacks.c.rating, wanted.ratings),
        ):
            if values:
                conditions.append(column.in_(values))
        if wanted.category:
            below = work_orders.c.category.startswith(wanted.category + "/", autoescape=True)
            conditions.append(or_(work_orders.c.category == wanted.category, below))
        if wanted.text:
            conditions.append(holding(wanted.text, work_orders.c.number, work_orders.c.text, work_orders.c.reply))
        if wanted.closing_kind:
            conditions.append(work_orders.c.closing_kind == wanted.closing_kind)
        if wanted.rules:
            found = exists().where(findings.c.work_order_id == work_orders.c.id, findings.c.rule.in_(wanted.rules))
            conditions.append(found)
        joined = callbacks.join(work_orders, work_orders.c.id == callbacks.c.work_order_id)
        chosen = select(work_orders.c.id, func.max(callbacks.c.department)).select_from(joined).where(*conditions)
        rows = self._connection.execute(chosen.group_by(work_orders.c.id).order_by(work_orders.c.id).limit(limit))
        return [(order_id, department) for order_id, department in rows]

    def add_special(self, special: SpecialInspection) -> None:
        self._specials._insert(special)

    def special(self, special_id: int) -> SpecialInspection:
        return self._specials._get(special_id)

    def save_special(self, special: SpecialInspection) -> None:
        self._specials._save(special)

    def specials(self, limit: int = 50) -> Sequence[SpecialInspection]:
        return self._specials._where(order=(special_inspections.c.id.desc(),), limit=limit)


_CLOSINGS = callbacks.outerjoin(
    inspections,
    and_(inspections.c.work_order_id == callbacks.c.work_order_id, inspections.c.round == callbacks.c.round),
)
"""Each closing has its callback, made or excluded; its inspection stands beside it."""


SINCE_THE_START = callbacks.c.excluded != HISTORY
"""Closings from before this system was used are nobody's work here: their replies are not inspected."""


def _closed_within(start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    """[start, end), open where None."""
    bounds: list[ColumnElement[bool]] = []
    if start is not None:
        bounds.append(callbacks.c.closed_at >= start)
    if end is not None:
        bounds.append(callbacks.c.closed_at < end)
    return bounds


def _wanted(wanted: FindingFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (findings.c.rule, wanted.rule),
        (findings.c.severity, wanted.severity),
        (findings.c.department, wanted.department),
        (findings.c.verdict, wanted.verdict),
    ):
        if value:
            conditions.append(column == value)
    if wanted.start is not None:
        conditions.append(findings.c.at >= wanted.start)
    if wanted.end is not None:
        conditions.append(findings.c.at < wanted.end)
    if wanted.departments:
        conditions.append(findings.c.department.in_(wanted.departments))
    return conditions
