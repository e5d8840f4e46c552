"""知识视图: hits as the CLI and the console show them."""

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


def source_line(entry: KnowledgeEntry) -> str:
    """All sources in one line."""
    return "；".join(source.cite() for source in entry.sources) or "；".join(c.source for c in cite(entry))
