"""检索单元: the texts of an entry that are embedded and indexed: its questions, and its text in windows."""

from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.entry import EntryKind, KnowledgeEntry

WINDOW, OVERLAP = 300, 60
"""Characters of a window and of its overlap with the one before (an article is cited whole, found by windows)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """检索单元. `asks` tells a question from a piece of text."""

    entry_id: str
    asks: bool
    text: str


def passages_of(entry: KnowledgeEntry) -> Iterator[Passage]:
    """The passages of one entry, questions first."""
    if entry.kind is EntryKind.REGULATION:
        heading = f"{entry.title} {entry.locator}"
    else:
        heading = f"{entry.item}{entry.facet} {entry.title}".strip()
        for question in (entry.title, *entry.similar_questions):
            yield Passage(entry.id, True, question)
    for window in windows(entry.answer):
        yield Passage(entry.id, False, f"{heading} {window}")


def windows(text: str) -> Iterator[str]:
    """Cut `text` into windows of at most WINDOW characters that overlap by OVERLAP."""
    start = 0
    while True:
        yield text[start : start + WINDOW]
        if start + WINDOW >= len(text):
            return
        start += WINDOW - OVERLAP
