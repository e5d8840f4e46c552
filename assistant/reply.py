"""答复: what one turn says to the citizen, as plain data."""

from dataclasses import asdict, dataclass, field

from assistant.conversation import Outcome
from knowledge.entry import KnowledgeEntry


@dataclass(frozen=True, slots=True)
class Citation:
    """依据: where an answer stands."""

    entry_id: str
    title: str
    locator: str
    source: str


@dataclass(frozen=True, slots=True)
class Option:
    """选项: a button; its label may be typed instead."""

    id: str
    label: str


@dataclass(slots=True)
class Reply:
    """答复. `expects` tells the widget what input to offer: text | option | confirm | rating."""

    outcome: Outcome
    text: str
    confidence: float = 0.0
    citations: list[Citation] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    related: list[dict] = field(default_factory=list)
    expects: str = "text"
    draft: dict | None = None
    order: dict | None = None
    feedback: bool = False

    def as_dict(self) -> dict:
        """Plain JSON, as docs/api.md has it."""
        row = asdict(self)
        row["outcome"] = self.outcome.value
        row["confidence"] = round(self.confidence, 4)
        return row


def cite(entry: KnowledgeEntry) -> list[Citation]:
    """The sources of an entry, each with the document's number where it has one."""
    if not entry.sources:
        return [Citation(entry.id, entry.title, entry.locator, entry.origin)]
    return [
        Citation(entry.id, source.title, source.locator, source.document_number or entry.origin)
        for source in entry.sources
    ]
