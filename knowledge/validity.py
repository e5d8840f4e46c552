"""有效期: which entries are in force on a day, with the newest version of a regulation answering."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from knowledge.entry import EntryKind, KnowledgeEntry, ReviewState

Window = tuple[date, date]


def validity_windows(entries: Iterable[KnowledgeEntry]) -> dict[str, Window]:
    """Entry id → first and last day on which it answers; unpublished entries are left out.

    A version of a regulation ends the day before the next version of the same title begins. The version's
    date is its publication; where the effective date is later the text itself says so, and an importer
    that knows it sets `effective_from`.
    """
    published = [entry for entry in entries if entry.review_state is ReviewState.PUBLISHED]
    versions: dict[str, set[date]] = defaultdict(set)
    for entry in published:
        if entry.kind is EntryKind.REGULATION:
            versions[entry.title].add(entry.effective_from or date.min)
    windows = {}
    for entry in published:
        first, last = entry.effective_from or date.min, entry.effective_to or date.max
        if entry.kind is EntryKind.REGULATION:
            later = [day for day in versions[entry.title] if day > first]
            if later:
                last = min(last, min(later) - timedelta(days=1))
        windows[entry.id] = (first, last)
    return windows
