"""相似工单: closed orders that are like a text, with their replies; nothing in them tells who asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from casework.masking import mask_text
from casework.ports import Clock
from casework.transitions import State
from casework.work_order import WorkOrder
from knowledge.encoder import Encoder
from knowledge.text import bigrams, has_words
from routing.related import Vectors, shared

STATES = (State.CLOSED, State.CALLBACK, State.ARCHIVED)
NEWEST = 2000
"""Closed orders looked at."""
COMPARED = 15
"""Of these, the ones with the most character pairs in common that the encoder compares."""
ALIKE = 0.66
"""Cosine from which on an order is similar: one pair in a hundred of the demonstration city's appeals reaches it."""
FRESH_SECONDS = 60
"""How long the closed orders are remembered."""
EXCERPT = 60


@dataclass(frozen=True, slots=True)
class ClosedOrder:
    """已办结工单, masked."""

    number: str
    type: str
    category: str
    department: str
    text: str
    reply: str
    """"" where it was no answer to anybody (a note in brackets)."""
    closed_at: datetime | None
    pairs: frozenset[str]

    @property
    def excerpt(self) -> str:
        """The beginning of the text."""
        return self.text[:EXCERPT]


class SimilarOrders:
    """相似工单检索. `read` gives the newest closed orders; they are remembered for a minute."""

    def __init__(self, read: Callable[[], Sequence[WorkOrder]], encoder: Encoder, clock: Clock) -> None:
        self._read, self._vectors, self._clock = read, Vectors(encoder), clock
        self._known: tuple[datetime, list[ClosedOrder]] | None = None

    def __call__(self, text: str) -> list[dict]:
        """For the evidence of a dispatch: [{"number", "department", "excerpt"}], nearest first."""
        return [
            {"number": order.number, "department": order.department, "excerpt": order.excerpt}
            for order, _ in self.nearest(text)
        ]

    def nearest(
        self, text: str, k: int = 3, type: str = "", category: str = "", without: str = ""
    ) -> list[tuple[ClosedOrder, float]]:
        """At most `k` orders with their cosine, best first: of the same type or category where one is named, not the
        order numbered `without`."""
        pairs = bigrams(text)
        if not pairs:
            return []
        overlaps = [
            (shared(pairs, order.pairs), order)
            for order in self._closed()
            if order.number != without
            and (not (type or category) or order.type == type or (category and order.category == category))
        ]
        likely = [order for share, order in sorted(overlaps, key=lambda pair: -pair[0])[:COMPARED] if share]
        if not likely:
            return []
        vectors = self._vectors.of([mask_text(text), *(order.text for order in likely)])
        nearness = vectors[1:] @ vectors[0]
        best = np.argsort(-nearness, kind="stable")[:k]
        return [(likely[i], round(float(nearness[i]), 4)) for i in best if nearness[i] >= ALIKE]

    def warm(self, texts: int = 20) -> bool:
        """Remember the vectors of at most `texts` more orders; False when all are known."""
        missing = [order.text for order in self._closed() if not self._vectors.knows(order.text)][:texts]
        self._vectors.of(missing)
        return bool(missing)

    def _closed(self) -> list[ClosedOrder]:
        now = self._clock.now()
        if self._known is None or now - self._known[0] > timedelta(seconds=FRESH_SECONDS):
            self._known = now, [_closed(order) for order in self._read() if not order.confidential]
        return self._known[1]


def _closed(order: WorkOrder) -> ClosedOrder:
    names = (order.requester.name, order.requester.phone)
    text = mask_text(order.text, names)
    return ClosedOrder(
        number=order.number,
        type=order.type.value,
        category=order.category,
        department=order.lead_department,
        text=text,
        reply=mask_text(order.reply, names) if _answers(order.reply) else "",
        closed_at=order.closed_at,
        pairs=frozenset(bigrams(text)),
    )


def _answers(reply: str) -> bool:
    told = reply.strip()
    return has_words(told) and not (told.startswith("（") and told.endswith("）"))
