"""检索: question → ranked entries; the indexes propose candidates, the scorer ranks them."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from knowledge.encoder import Encoder
from knowledge.facets import facet_of
from knowledge.index import Evidence, KnowledgeIndex
from knowledge.scoring import FEATURES, Hit, Scorer
from knowledge.segment import Level, key_of
from knowledge.text import bigrams

CANDIDATES = 100
"""Passages that each of the three searches (vectors, words, character pairs) proposes to the scorer, at least."""
DEEPER = 1.5
"""So many times the hits wanted are proposed where that is more."""


class Retriever:
    """检索器: stateless over an index; `search` is the only definition of similarity in the house.

    It finds what holds for an asker in `jurisdictions` (none: anywhere), see `City.jurisdictions`.
    """

    def __init__(self, encoder: Encoder, scorer: Scorer, jurisdictions: Sequence[str] = ()) -> None:
        self._encoder, self.scorer, self.jurisdictions = encoder, scorer, tuple(jurisdictions)

    def search(
        self,
        index: KnowledgeIndex,
        query: str,
        k: int = 10,
        today: date | None = None,
    ) -> list[Hit]:
        """The k best entries in force on `today` (None: whatever the date), best first."""
        rows, features = self.candidates(index, query, today, round(k * DEEPER))
        if not len(rows):
            return []
        shares = self.scorer.shares(features)
        order = np.lexsort((rows, -shares))[:k]
        return [Hit(index.entry(int(rows[i])), float(shares[i]), tuple(features[i].tolist())) for i in order]

    def candidates(
        self,
        index: KnowledgeIndex,
        query: str,
        today: date | None,
        depth: int = CANDIDATES,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions (n,) of the entries proposed, and their features (n, len(FEATURES))."""
        if not len(index):
            return np.zeros(0, dtype=int), np.zeros((0, len(FEATURES)))
        vector = self._encoder.encode([query], quick=True)[0]
        found = index.propose(vector, query, max(depth, CANDIDATES), today, self.jurisdictions)
        if not len(found.rows):  # nothing answers on that day, or in that place
            return found.rows, np.zeros((0, len(FEATURES)))
        return found.rows, _features(index, query, found)


def _features(index: KnowledgeIndex, query: str, found: Evidence) -> np.ndarray:
    """(n, len(FEATURES)): see there."""
    asks, told = found.asks, ~found.asks
    levels = index.levels(found.rows)
    statute = levels != Level.NONE
    other = (~statute).astype(float)
    items, own_facets = index.item_keys(found.rows), index.facet_keys(found.rows)
    facet = key_of(facet_of(query))
    dense_asked, dense_told = _best(found.dense, asks, found.starts), _best(found.dense, told, found.starts)
    words_asked, words_told = _best(found.words, asks, found.starts), _best(found.words, told, found.starts)
    pairs_asked, pairs_told = _best(found.pairs, asks, found.starts), _best(found.pairs, told, found.starts)
    top3, mean = _means(found)
    best = np.maximum(dense_asked, dense_told)
    columns = {
        "dense_question": dense_asked,
        "dense_question_top3": top3,
        "dense_question_mean": mean,
        "dense_text": other * dense_told,
        "words_question": words_asked,
        "words_text": other * words_told,
        "pairs_question": pairs_asked,
        "pairs_text": other * pairs_told,
        "item_dense": _best_of_item(best, items),
        "item_named": _named(index, items, bigrams(query)),
        "facet_same": (own_facets == facet) * float(facet != 0),
        "facet_other": ((own_facets != facet) & (own_facets != 0)) * float(facet != 0),
        "regulation": statute.astype(float),
        "regulation_dense": statute * dense_told,
        "regulation_words": statute * words_told,
        "regulation_pairs": statute * pairs_told,
        "regulation_law": (levels == Level.LAW).astype(float),
        "regulation_judicial": (levels == Level.JUDICIAL).astype(float),
        "regulation_decree": (levels == Level.DECREE).astype(float),
        "regulation_family": statute * _best_three(best, index.family_keys(found.rows)),
        "regulation_dense_rank": statute * _place(best),
        "regulation_words_rank": statute * _place(words_told),
        "regulation_pairs_rank": statute * _place(pairs_told),
    }
    return np.column_stack([columns[name] for name in FEATURES])


def _best(values: np.ndarray, wanted: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(entries,): the best value among an entry's wanted passages, 0 where it has none."""
    return np.maximum(np.maximum.reduceat(np.where(wanted, values, -1.0), starts), 0.0)


def _means(found: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """(entries,) twice: mean cosine of an entry's best three questions, and of all of them; 0 where it has none."""
    count = len(found.rows)
    owner = np.repeat(np.arange(count), np.diff(np.append(found.starts, len(found.asks))))[found.asks]
    values = found.dense[found.asks]
    order = np.lexsort((-values, owner))
    owner, values = owner[order], values[order]
    held = np.bincount(owner, minlength=count)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(held) - held, held)
    head = rank < 3
    top3 = np.bincount(owner[head], values[head], minlength=count) / np.maximum(np.minimum(held, 3), 1)
    return top3, np.bincount(owner, values, minlength=count) / np.maximum(held, 1)


def _best_of_item(scores: np.ndarray, items: np.ndarray) -> np.ndarray:
    """(entries,): the best score among the proposed entries of the same item; 0 without an item."""
    names, place = np.unique(items, return_inverse=True)
    best = np.zeros(len(names))
    np.maximum.at(best, place, scores)
    return np.where(items != 0, best[place], 0.0)


def _best_three(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(entries,): mean of the best three scores among the proposed entries of the same group (fewer count as 0)."""
    order = np.lexsort((-scores, groups))
    first = np.append(True, groups[order][1:] != groups[order][:-1])
    number = np.cumsum(first) - 1
    rank = np.arange(len(order)) - np.flatnonzero(first)[number]
    sums = np.bincount(number[rank < 3], scores[order][rank < 3])
    means = np.empty(len(scores))
    means[order] = sums[number] / 3
    return means


def _place(scores: np.ndarray) -> np.ndarray:
    """(entries,): 1 for the best of all proposed, falling with the place as in nDCG."""
    places = np.empty(len(scores))
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return 1 / np.log2(places + 2)


def _named(index: KnowledgeIndex, items: np.ndarray, pairs: set[str]) -> np.ndarray:
    """(entries,): share of the item's name that the query tells, in character pairs."""
    names, place = np.unique(items, return_inverse=True)
    shares = np.zeros(len(names))
    for number, key in enumerate(names):
        told = index.item_pairs(int(key))
        shares[number] = len(told & pairs) / len(told) if told else 0.0
    return shares[place]
