"""检索: question → ranked entries; both indexes propose candidates, the scorer ranks them."""

from datetime import date

import numpy as np

from knowledge.encoder import Encoder
from knowledge.entry import EntryKind, KnowledgeEntry
from knowledge.facets import facet_of
from knowledge.index import KnowledgeIndex
from knowledge.scoring import FEATURES, Hit, Scorer
from knowledge.text import bigrams

CANDIDATES = 60
"""Entries each index proposes to the scorer."""


class Retriever:
    """检索器: stateless over an index; `search` is the only definition of similarity in the house."""

    def __init__(self, encoder: Encoder, scorer: Scorer) -> None:
        self._encoder, self.scorer = encoder, scorer

    def search(self, index: KnowledgeIndex, query: str, k: int = 10, today: date | None = None) -> list[Hit]:
        """The k best entries in force on `today` (None: whatever the date), best first."""
        rows, features = self.candidates(index, query, today)
        if not len(rows):
            return []
        shares = self.scorer.shares(features)
        order = np.lexsort((rows, -shares))[:k]
        return [Hit(index.entries[rows[i]], float(shares[i]), tuple(features[i])) for i in order]

    def candidates(self, index: KnowledgeIndex, query: str, today: date | None) -> tuple[np.ndarray, np.ndarray]:
        """Entry positions (n,) that either index proposes, and their features (n, len(FEATURES))."""
        if not len(index):
            return np.zeros(0, dtype=int), np.zeros((0, len(FEATURES)))
        scores = index.score(query)
        dense, lexical = index.best_of_entry(scores.dense), index.best_of_entry(scores.lexical)
        if today is not None:
            valid = index.in_force(today)
            dense, lexical = np.where(valid, dense, -1), np.where(valid, lexical, -1)
        few = min(CANDIDATES, len(index))
        rows = np.union1d(np.argpartition(-dense, few - 1)[:few], np.argpartition(-lexical, few - 1)[:few])
        rows = rows[lexical[rows] >= 0]
        pairs, facet, item_dense = bigrams(query), facet_of(query), index.best_of_item(dense)
        features = np.zeros((len(rows), len(FEATURES)))
        for line, row in enumerate(rows):
            entry, own = index.entries[row], index.passages_of(row)
            asks = index.passage_asks[own]
            asked, told = scores.dense[own][asks], scores.dense[own][~asks]
            words_asked, words_told = scores.lexical[own][asks], scores.lexical[own][~asks]
            statute = float(entry.kind is EntryKind.REGULATION)
            shared = overlap(pairs, entry)
            item = bigrams(entry.item)
            features[line] = (
                asked.max(initial=0.0),
                np.sort(asked)[-3:].mean() if len(asked) else 0.0,
                asked.mean() if len(asked) else 0.0,
                0.0 if statute else told.max(initial=0.0),
                words_asked.max(initial=0.0),
                0.0 if statute else words_told.max(initial=0.0),
                0.0 if statute else shared,
                item_dense[row] if entry.item else 0.0,
                len(item & pairs) / len(item) if item else 0.0,
                float(bool(facet) and entry.facet == facet),
                float(bool(facet) and bool(entry.facet) and entry.facet != facet),
                statute,
                statute * float(dense[row]),
                statute * float(lexical[row]),
                statute * shared,
            )
        return rows, features


def overlap(pairs: set[str], entry: KnowledgeEntry) -> float:
    """Share of the query's character pairs that the entry's nearest question (or its text) holds, 0–1."""
    if not pairs:
        return 0.0
    if entry.kind is EntryKind.REGULATION:
        return len(pairs & bigrams(entry.answer)) / len(pairs)
    return max(len(pairs & bigrams(text)) / len(pairs) for text in (entry.title, *entry.similar_questions))
