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
    """Of the inspector who decided."""
    objection: str = ""
    """申诉: what the department says to it, once; encrypted at rest."""
    objected_by: str = ""
    objected_at: datetime | None = None
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
    verdicts: dict[str, dict] = field(default_factory=dict)
    """Id of an order → {"verdict": ok | fault, "rules": [codes], "note", "by", "at"}."""
    closed: bool = False
    id: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What a list of findings shows; empty = all. `departments` are those whose findings may be seen at all."""

    rule: str = ""
    severity: str = ""
    department: str = ""
    verdict: str = ""
    start: datetime | None = None
    end: datetime | None = None
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosingQuery:
    """专项质检 selects closings by this; empty = all. `rules`: at least one of them was found."""

    start: datetime | None = None
    end: datetime | None = None
    departments: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    category: str = ""
    text: str = ""
    closing_kind: str = ""
    ratings: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()


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

    def findings(self, wanted: FindingFilter, limit: int = 50, offset: int = 0) -> tuple[Sequence[Finding], int]:
        """Newest first, with the count of all that match."""
        ...

    def tally(self, wanted: FindingFilter) -> dict[tuple[str, str], int]:
        """(rule, verdict) → how many findings."""
        ...

    def coverage(
        self, start: datetime | None, end: datetime | None, departments: Sequence[str] = ()
    ) -> tuple[int, int]:
        """Inspected closings, and closings, of those in [start, end); history is in neither."""
        ...

    def uninspected(self, before: datetime, limit: int = 200) -> Sequence[tuple[int, int]]:
        """(order, round) of closings from before then that were not inspected, oldest first; none of history."""
        ...

    def closings(self, wanted: ClosingQuery, limit: int = 100_000) -> Sequence[tuple[int, str]]:
        """(order, department) of the closings that a query selects, each order once, oldest first. Raises: InvalidInput."""
        ...

    def add_special(self, special: SpecialInspection) -> None: ...

    def special(self, special_id: int) -> SpecialInspection:
        """Raises: NotFound."""
        ...

    def save_special(self, special: SpecialInspection) -> None:
        """Raises: Conflict when another wrote since it was read."""
        ...

    def specials(self, limit: int = 50) -> Sequence[SpecialInspection]:
        """Newest first."""
        ...
