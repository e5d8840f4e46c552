"""导出: what leaves the system as a file: harmless cells, and a record of who took what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

MOST_ROWS = 100_000
"""Of one file."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a table program may take for the beginning of a formula."""


def harmless(value: object) -> str | int | float:
    """What a cell may hold: numbers as they are, texts so that no table program takes them for a formula."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return value
    text = "" if value is None else str(value)
    text = "".join(char for char in text if char >= " " or char in "\t\n")
    # What follows blanks counts too: some programs drop them.
    return f"'{text}" if text.lstrip(" \u3000").startswith(_FORMULA) or text.startswith(_FORMULA) else text


@dataclass(slots=True)
class Export:
    """导出记录. `query` is what was asked for."""

    at: datetime
    actor: str
    role: str
    kind: str
    form: str
    """csv | xlsx"""
    rows: int
    query: dict = field(default_factory=dict)
    id: int = 0


class Exports(Protocol):
    """导出记录 repository; only added to."""

    def add(self, export: Export) -> None:
        """Fills `id`."""
        ...

    def list(self, limit: int = 100) -> Sequence[Export]:
        """Newest first."""
        ...
