"""质检: every closed order is inspected; each finding quotes its passage and names its rule, and is upheld or rejected."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Severity(StrEnum):
    """严重程度."""

    MINOR = "轻微"
    MEDIUM = "一般"
    SERIOUS = "严重"


class FindingVerdict(StrEnum):
    """质检结论: what an inspector decided."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(slots=True)
class Finding:
    """质检问题. `passage` is quoted from what was inspected (encrypted at rest), `explanation` says what the rule saw."""

    work_order_id: int
    rule: str
    severity: Severity
    passage: str
    explanation: str
    at: datetime
    department: str = ""
    inspection_id: int = 0
    verdict: FindingVerdict = FindingVerdict.OPEN
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""
    id: int = 0
    version: int = 0


@dataclass(slots=True)
class Inspection:
    """质检 of one closing of an order: 100 points less what its findings cost."""

    work_order_id: int
    at: datetime
    score: int
    round: int = 0
    """0 for the first closing, 1 after the first rework, …"""
    department: str = ""
    rules_version: str = ""
    id: int = 0


@dataclass(slots=True)
class SpecialInspection:
    """专项质检: a sample of the orders that a query selects, to be looked at by people."""

    name: str
    at: datetime
    actor: str
    query: dict
    size: int
    seed: int
    work_order_ids: list[int] = field(default_factory=list)
    closed: bool = False
    id: int = 0
    version: int = 0


class QualityRecords(Protocol):
    """质检 repository."""

    def add(self, inspection: Inspection, findings: Sequence[Finding]) -> bool:
        """Store both, fills their ids; False when this closing was inspected already (then nothing is stored)."""
        ...

    def inspections_of(self, work_order_id: int) -> Sequence[Inspection]:
        """Oldest first."""
        ...

    def findings_of(self, work_order_id: int) -> Sequence[Finding]:
        """Oldest first."""
        ...

    def finding(self, finding_id: int) -> Finding:
        """Raises: NotFound."""
        ...

    def save_finding(self, finding: Finding) -> None:
        """Raises: Conflict when another wrote since it was read."""
        ...
