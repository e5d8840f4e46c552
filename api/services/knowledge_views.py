"""知识视图: hits and entries as the CLI and the console show them."""

from datetime import date

from assistant.reply import cite
from knowledge.entry import KnowledgeEntry
from knowledge.scoring import Hit


def hit_view(hit: Hit) -> dict:
    """A hit of `hotline search`: {"entry_id", "kind", "title", "locator", "text", "score", "source"}."""
    entry = hit.entry
    return {
        "entry_id": entry.id,
        "kind": entry.kind.value,
        "title": entry.title,
        "locator": entry.locator,
        "text": entry.answer,
        "score": round(hit.score, 4),
        "source": source_line(entry),
    }


def entry_view(entry: KnowledgeEntry, today: date) -> dict:
    """A row of the console's knowledge list."""
    return {
        "entry_id": entry.id,
        "kind": entry.kind.value,
        "title": entry.title,
        "locator": entry.locator,
        "item": entry.item,
        "facet": entry.facet,
        "answer": entry.answer,
        "similar_questions": entry.similar_questions,
        "source": source_line(entry),
        "effective_from": entry.effective_from,
        "in_force": entry.in_force(today),
    }


def source_line(entry: KnowledgeEntry) -> str:
    """All sources in one line."""
    return "；".join(source.cite() for source in entry.sources) or "；".join(c.source for c in cite(entry))
