"""质检 repository: inspections and their findings."""

from collections.abc import Sequence

from sqlalchemy import Connection

from casework.quality import Finding, FindingVerdict, Inspection, Severity, SpecialInspection
from storage.records import Records
from storage.secrets import InstanceSecrets
from storage.service_tables import findings, inspections, special_inspections


class _Inspections(Records[Inspection]):
    table, kind, name = inspections, Inspection, "次质检"


class _Findings(Records[Finding]):
    table, kind, name = findings, Finding, "条质检问题"
    encrypted = frozenset(("passage",))
    converted = {"severity": Severity, "verdict": FindingVerdict}  # noqa: RUF012


class _Specials(Records[SpecialInspection]):
    table, kind, name = special_inspections, SpecialInspection, "次专项质检"


class SqlQualityRecords:
    """质检 repository over one connection."""

    def __init__(self, connection: Connection, secrets: InstanceSecrets) -> None:
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
