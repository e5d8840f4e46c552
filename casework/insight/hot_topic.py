"""热点: many appeals about one thing within a moving window, more than usual."""

from collections.abc import Collection, Sequence
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


def successor_of(members: Collection[int], known: Sequence[HotTopic], taken: Collection[str]) -> HotTopic | None:
    """The known topic that goes on in these members: with the most of them, at least half of the smaller; the older one
    where two have as many. None when it is a new one."""
    ours = set(members)

    def shared(topic: HotTopic) -> int:
        return len(ours.intersection(topic.members))

    going_on = [
        topic
        for topic in known
        if topic.key not in taken and 2 * shared(topic) >= min(len(ours), len(topic.members)) > 0
    ]
    return min(going_on, key=lambda topic: (-shared(topic), topic.found_at, topic.id), default=None)


def told_before(members: Collection[int], known: Sequence[HotTopic]) -> bool:
    """Whether an alert was raised for most of these members already, though in another topic (one that fell apart)."""
    ours = set(members)
    return any(topic.alerted_at and 2 * len(ours.intersection(topic.members)) >= len(ours) for topic in known)
