"""热点: many appeals about one thing within a moving window, more than usual."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(slots=True)
class HotTopic:
    """热点. `members` are ids of orders, oldest first; `figures` holds what is told of it beside the count."""

    key: str
    """Tells a topic that is found again from a new one."""
    title: str
    terms: list[str]
    found_at: datetime
    window_from: datetime
    window_to: datetime
    count: int
    members: list[int] = field(default_factory=list)
    figures: dict = field(default_factory=dict)
    main_order_id: int | None = None
    alerted_at: datetime | None = None
    """When the alert was raised; it is raised once."""
    id: int = 0
    version: int = 0


class HotTopics(Protocol):
    """热点 repository."""

    def put(self, topic: HotTopic) -> None:
        """Add or replace by key; fills `id`. Whether it was alerted is kept."""
        ...

    def get(self, topic_id: int) -> HotTopic:
        """Raises: NotFound."""
        ...

    def by_key(self, key: str) -> HotTopic | None: ...

    def since(self, moment: datetime, limit: int = 50) -> Sequence[HotTopic]:
        """Those whose window ended since then, the largest first."""
        ...
