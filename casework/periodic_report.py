"""定期报告: 日报、周报、月报, made once for each period from figures that can be traced to rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ReportKind(StrEnum):
    """报告种类."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(slots=True)
class PeriodicReport:
    """定期报告 on [period_from, period_to); `content` is plain JSON that both forms (HTML, docx) are made of."""

    kind: ReportKind
    period_from: datetime
    period_to: datetime
    made_at: datetime
    content: dict = field(default_factory=dict)
    id: int = 0


class PeriodicReports(Protocol):
    """定期报告 repository."""

    def add(self, report: PeriodicReport) -> bool:
        """Fills `id`; False when there is one of this kind and period already."""
        ...

    def get(self, report_id: int) -> PeriodicReport:
        """Raises: NotFound."""
        ...

    def list(self, kind: ReportKind | None = None, limit: int = 50) -> Sequence[PeriodicReport]:
        """Newest period first."""
        ...
