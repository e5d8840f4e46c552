"""座席建议 (智能服务): entries with the sentence to look at, similar orders with their replies, and drafts of a reply.

Nothing is written here: a draft is an entry's or a former reply's own words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.conversation import Conversation, Outcome
from assistant.similar_orders import ClosedOrder
from knowledge.entry import EntryKind, KnowledgeEntry
from knowledge.scoring import Hit
from knowledge.text import bigrams, has_words

MAX_HITS, MAX_SIMILAR = 5, 3
SHORT = 8
"""Characters: a text below this leans on the one before it."""
_SENTENCE = re.compile(r"[^。！？；\n]*[。！？；\n]?")


@dataclass(frozen=True, slots=True)
class Mark:
    """标记: the sentence to look at, from `start` to before `end`, in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """答复草稿: word for word from an entry or from an order's reply."""

    origin: str
    """entry | order"""
    text: str
    entry_id: str = ""
    number: str = ""


@dataclass(slots=True)
class Suggestions:
    """座席建议."""

    query: str
    hits: list[tuple[Hit, Mark | None]] = field(default_factory=list)
    similar: list[tuple[ClosedOrder, float]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)


def suggest(query: str, hits: Sequence[Hit], similar: Sequence[tuple[ClosedOrder, float]]) -> Suggestions:
    """Put together what was found for a query."""
    shown, alike = list(hits[:MAX_HITS]), list(similar[:MAX_SIMILAR])
    drafts = [_from_entry(shown[0].entry)] if shown else []
    replied = next((order for order, _ in alike if order.reply), None)
    if replied:
        drafts.append(Draft("order", replied.reply, number=replied.number))
    return Suggestions(query, [(hit, mark(hit.entry.answer, query)) for hit in shown], alike, drafts)


def mark(text: str, query: str) -> Mark | None:
    """The sentence of `text` that shares the most character pairs with the query, the shorter of two alike; None where
    none shares any."""
    pairs = bigrams(query)
    best: tuple[int, int] = (0, 0)
    found = None
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        told = sentence.strip()
        shared = (len(pairs & bigrams(told)), -len(told))
        if shared[0] and shared > best:
            start = match.start() + len(sentence) - len(sentence.lstrip())
            best, found = shared, Mark(start, start + len(told))
    return found


def query_of(conversation: Conversation) -> str:
    """What the citizen wants, in their words: the last text that is no choice of an option, with the one before where
    it is short; "" where nothing was said yet."""
    said: list[str] = []
    offered: list[str] = []
    for turn in conversation.turns:
        if turn.outcome is not Outcome.INVALID and has_words(turn.text) and turn.text not in offered:
            said.append(turn.text)
        offered = [row.get("label", "") for row in turn.reply.get("options", [])]
    if len(said) > 1 and len(said[-1]) < SHORT:
        return f"{said[-2]} {said[-1]}"
    return said[-1] if said else ""


def _from_entry(entry: KnowledgeEntry) -> Draft:
    basis = "；".join(source.cite() for source in entry.sources)
    if entry.kind is EntryKind.REGULATION:
        basis = f"《{entry.title}》{entry.locator}"
    return Draft("entry", f"{entry.answer}\n（依据：{basis}）" if basis else entry.answer, entry_id=entry.id)
