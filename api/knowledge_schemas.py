"""请求体 of knowledge, gaps and suggestions."""

from datetime import date
from typing import Literal

from pydantic import Field

from api.schemas import LONG, Strict
from knowledge.entry import EntryKind, KnowledgeEntry, ReviewState, Source

MAX_IDS = 5000
"""Entries named one by one in a bulk review; more are taken by a filter."""


class SourceIn(Strict):
    title: str = Field(max_length=500)
    locator: str = Field("", max_length=200)
    document_number: str = Field("", max_length=200)


class EntryIn(Strict):
    kind: Literal["faq", "guide", "regulation"] = "faq"
    title: str = Field(max_length=2000)
    answer: str = Field(max_length=LONG)
    locator: str = Field("", max_length=200)
    similar_questions: list[str] = Field(default_factory=list, max_length=1000)
    item_class: str = Field("", max_length=200)
    item: str = Field("", max_length=200)
    facet: str = Field("", max_length=50)
    sources: list[SourceIn] = Field(default_factory=list, max_length=50)
    jurisdiction: str = Field("national", max_length=100)
    effective_from: date | None = None
    effective_to: date | None = None
    local_figures: bool = False
    library: str = Field("", max_length=100)
    superseded_by: str = Field("", max_length=500)

    def entry(self, entry_id: str = "") -> KnowledgeEntry:
        """As an entry, its state and origin left to whoever keeps it."""
        fields = self.model_dump(exclude={"kind", "sources"})
        sources = [Source(source.title.strip(), source.locator, source.document_number) for source in self.sources]
        return KnowledgeEntry(entry_id, EntryKind(self.kind), sources=sources, **fields)


class EntryEdit(Strict):
    entry: EntryIn
    version: str = Field(max_length=64)
    note: str = Field("", max_length=2000)


class EntryMove(Strict):
    to: ReviewState
    note: str = Field("", max_length=2000)


class SimilarIn(Strict):
    questions: list[str] = Field(min_length=1, max_length=200)


class EntryFilter(Strict):
    text: str = Field("", max_length=200)
    library: str | None = Field(None, max_length=100)
    state: ReviewState | None = None
    kind: EntryKind | None = None
    generated: bool | None = None


class BulkMove(Strict):
    ids: list[str] | None = Field(None, max_length=MAX_IDS)
    filter: EntryFilter | None = None
    to: ReviewState
    note: str = Field("", max_length=2000)


class GapQuestions(Strict):
    questions: list[int] = Field(max_length=2000)


class GapEntry(GapQuestions):
    entry: EntryIn


class GapSimilar(GapQuestions):
    entry_id: str = Field(max_length=500)


class SuggestionVerdict(Strict):
    id: int
    verdict: Literal["accepted", "edited", "rejected"]
    entry_id: str = Field("", max_length=500)
    final_text: str = Field("", max_length=LONG)
