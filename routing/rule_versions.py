"""规则版本: every list of dispatch rules that was ever in force, with who saved it, when and why; the newest one decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

CONFLICT = "派单规则刚刚被其他人修改过，请刷新后重试。"


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """规则版本. `rules` are the rows as they were written, in order (see `routing.rules`)."""

    number: int
    """From 1, without a gap."""
    at: datetime
    actor: str
    note: str
    rules: list[dict] = field(default_factory=list)


class RuleVersions(Protocol):
    """规则版本 repository: versions are added, never changed."""

    def add(self, version: RuleVersion) -> None:
        """Store the next version. Raises: Conflict unless its number follows the newest one's."""
        ...

    def newest_number(self) -> int:
        """0 = there is none yet."""
        ...

    def newest(self) -> RuleVersion | None: ...

    def get(self, number: int) -> RuleVersion:
        """Raises: NotFound."""
        ...

    def list(self, limit: int = 50) -> Sequence[RuleVersion]:
        """Newest first."""
        ...
