"""通知订阅: who is told of which steps: a citizen of the own order, a department of its orders, another system of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(slots=True)
class Subscription:
    """订阅. `address` is an e-mail address, a URL or a phone, `secret` signs webhooks; both are encrypted at rest."""

    kind: str
    """email | webhook | sms"""
    address: str
    created_at: datetime
    created_by: str
    events: list[str] = field(default_factory=list)
    """Names of events; [] = all that a citizen may see."""
    secret: str = ""
    work_order_id: int | None = None
    department: str = ""
    active: bool = True
    id: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Interest:
    """关注: what an active subscription wants to know of an order, without its address."""

    subscription_id: int
    events: tuple[str, ...] = ()
    """Empty = all that a citizen may see."""
    department: str = ""
    """Only of orders that this department, or a unit of it, has to do with; "" = of all."""


class Subscriptions(Protocol):
    """订阅 repository."""

    def add(self, subscription: Subscription) -> None:
        """Store; fills `id`."""
        ...

    def save(self, subscription: Subscription) -> None:
        """Raises: Conflict when another wrote since it was read."""
        ...

    def get(self, subscription_id: int) -> Subscription:
        """Raises: NotFound."""
        ...

    def remove(self, subscription_id: int) -> None:
        """Forget it with its address; no error when it is gone already."""
        ...

    def interested(self, work_order_id: int) -> Sequence[Interest]:
        """Of the active general subscriptions, those of this order, and those of the order that it was split from."""
        ...

    def general(self) -> Sequence[Subscription]:
        """Those of no single order, oldest first, inactive ones too."""
        ...

    def of(self, work_order_id: int) -> Sequence[Subscription]:
        """Those of this order, oldest first, inactive ones too."""
        ...
