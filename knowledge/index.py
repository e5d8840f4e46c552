"""索引: FAISS over vectors and BM25 over words and character pairs, of the same passages, in immutable segments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import faiss
import numpy as np

from knowledge.entry import KnowledgeEntry
from knowledge.jurisdiction import EVERYWHERE
from knowledge.postings import term_key
from knowledge.segment import ATTRIBUTES, FIELDS, Segment, key_of
from knowledge.text import bigrams
from knowledge.validity import last_days

SMALL_BASE, COMMON = 5000, 0.15
"""In a base of more passages than the first, terms that more than this share of them hold are passed over."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for some entries: of their passages, one after another, cosine and lexical shares.

    `rows` (n,) are the entries' positions, `starts` (n,) where each one's passages begin in the arrays of passages
    (p,): `asks` (bool), `dense` (cosine), and one array of shares (0–1 of what the query could reach) per field.
    """

    rows: np.ndarray
    starts: np.ndarray
    asks: np.ndarray
    dense: np.ndarray
    words: np.ndarray
    pairs: np.ndarray


class KnowledgeIndex:
    """索引. Immutable once opened; what changes is another list of segments and of dropped rows."""

    def __init__(self, segments: Sequence[Segment], dropped: Sequence[np.ndarray], revision: str) -> None:
        """`dropped`: for each segment the rows (int32) of entries that were replaced or removed since."""
        self.revision, self.segments, self.dropped = revision, list(segments), list(dropped)
        self._entry_base = np.cumsum([0, *(s.entry_count for s in segments)])
        self._passage_base = np.cumsum([0, *(s.passage_count for s in segments)])
        self._alive = np.ones(self._entry_base[-1], dtype=bool)
        for base, rows in zip(self._entry_base, dropped, strict=False):
            self._alive[base + rows] = False
        self._keys = {name: _join([s.keys[name] for s in segments], np.uint64) for name in ATTRIBUTES}
        self._level = _join([s.level for s in segments], np.int8)
        self._item_pairs: dict[int, frozenset[str]] = {}
        self._first = _join([s.first for s in segments], np.int32)
        self._passage_entry = _join(
            [s.passage_entry + base for s, base in zip(segments, self._entry_base, strict=False)], np.int32
        )
        self._asks = _join([s.asks for s in segments], bool)
        self._starts = np.append(
            _join([s.starts[:-1] + base for s, base in zip(segments, self._passage_base, strict=False)], np.int64),
            self._passage_base[-1],
        )
        self._last = last_days(
            self._keys["family"],
            self._keys["superseder"],
            self._keys["id"],
            self._first,
            _join([s.last for s in segments], np.int32),
            self._alive,
        )
        self._order = np.argsort(self._keys["id"], kind="stable")
        self._allowed = lru_cache(maxsize=8)(self._allow)

    def __len__(self) -> int:
        """Entries that can be found on some day."""
        return int(self._alive.sum())

    @property
    def passage_count(self) -> int:
        """Passages in all segments, dropped ones included."""
        return int(self._passage_base[-1])

    def entry(self, position: int) -> KnowledgeEntry:
        """The entry at a position, as it was indexed."""
        segment = int(np.searchsorted(self._entry_base, position, side="right")) - 1
        return self.segments[segment].entry(int(position - self._entry_base[segment]))

    def get(self, entry_id: str) -> KnowledgeEntry | None:
        """The entry as it was indexed."""
        position = self.position(entry_id)
        return None if position is None else self.entry(position)

    def position(self, entry_id: str) -> int | None:
        """Where an entry stands; None when it is not indexed, or no more."""
        key = np.uint64(key_of(entry_id))
        ids = self._keys["id"]
        place = int(np.searchsorted(ids, key, sorter=self._order))
        while place < len(ids) and ids[self._order[place]] == key:
            position = int(self._order[place])
            if self._alive[position]:
                return position
            place += 1
        return None

    def of_item(self, item: str, day: date | None = None) -> list[KnowledgeEntry]:
        """The entries of a service item that answer on that day (None: on some day)."""
        rows = np.flatnonzero((self._keys["item"] == np.uint64(key_of(item))) & self.in_force(day))
        return [self.entry(int(row)) for row in rows]

    def in_force(self, day: date | None, jurisdictions: Sequence[str] = ()) -> np.ndarray:
        """bool (entries,): which answer on that day (None: on any) to an asker in these jurisdictions (none: anywhere)."""
        return self._allowed(day, tuple(jurisdictions))[0]

    def window(self, position: int) -> tuple[date, date]:
        """First and last day on which an entry answers."""
        return date.fromordinal(int(self._first[position])), date.fromordinal(int(self._last[position]))

    def _allow(self, day: date | None, jurisdictions: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, list]:
        allowed = self._alive.copy()
        if day is not None:
            allowed &= (self._first <= day.toordinal()) & (day.toordinal() <= self._last)
        if jurisdictions:
            known = [key_of(name) for name in (EVERYWHERE, "", *jurisdictions)]
            allowed &= np.isin(self._keys["jurisdiction"], np.array(known, dtype=np.uint64))
        passages = allowed[self._passage_entry]
        bitmaps = []
        for first, last in zip(self._passage_base, self._passage_base[1:], strict=False):
            own = passages[first:last]
            bits = np.packbits(own, bitorder="little")
            bitmaps.append((bits, None if own.all() else faiss.IDSelectorBitmap(len(own), faiss.swig_ptr(bits))))
        return allowed, passages, bitmaps

    def propose(
        self,
        vector: np.ndarray,
        query: str,
        depth: int,
        day: date | None = None,
        jurisdictions: Sequence[str] = (),
    ) -> Evidence:
        """The entries of the `depth` nearest passages by cosine and of the `depth` best by each lexical field."""
        _, passages, bitmaps = self._allowed(day, tuple(jurisdictions))
        proposed = [self._nearest(vector, depth, bitmaps)]
        shares = {name: self.lexical(name, terms_of(query)) for name, terms_of in FIELDS.items()}
        for scores in shares.values():
            held = np.flatnonzero((scores > 0) & passages)
            if len(held) > depth:
                held = held[np.argpartition(-scores[held], depth - 1)[:depth]]
            proposed.append(held)
        rows = np.unique(self._passage_entry[np.concatenate(proposed)])
        return self.evidence(rows, vector, shares)

    def evidence(self, rows: np.ndarray, vector: np.ndarray, shares: dict[str, np.ndarray]) -> Evidence:
        """Everything that the index knows of these entries and this query."""
        passages, starts, _ = self._passages_of(rows)
        dense = self._vectors(passages, len(vector)) @ vector
        words, pairs = shares["words"][passages], shares["pairs"][passages]
        return Evidence(rows, starts, self._asks[passages], dense, words, pairs)

    def _nearest(self, vector: np.ndarray, depth: int, bitmaps: list) -> np.ndarray:
        found, scores = [], []
        for segment, base, (_, selector) in zip(self.segments, self._passage_base, bitmaps, strict=False):
            if not segment.passage_count:
                continue
            parameters = faiss.SearchParameters(sel=selector) if selector else None  # type: ignore[call-arg]
            similarity, ids = segment.vectors.search(vector[None], min(depth, segment.passage_count), params=parameters)
            there = ids[0] >= 0
            found.append(ids[0][there] + base)
            scores.append(similarity[0][there])
        if not found:
            return np.zeros(0, dtype=np.int64)
        order = np.argsort(-np.concatenate(scores), kind="stable")[:depth]
        return np.concatenate(found)[order]

    def lexical(self, field: str, terms: Iterable[str]) -> np.ndarray:
        """float32 (passages,): BM25 over the sum of the query's idf, unknown terms included: the share of what the
        query says that a passage holds. Comparable between queries and bases."""
        scores = np.zeros(self.passage_count, dtype=np.float32)
        keys = np.array([term_key(term) for term in dict.fromkeys(terms)], dtype=np.uint64)
        if not len(keys) or not len(scores):
            return scores
        found = [segment.fields[field].find(keys) for segment in self.segments]
        reach = 0.0
        for number in range(len(keys)):
            holders = sum(len(held[number][0]) for held in found)
            if len(scores) > SMALL_BASE and holders > COMMON * len(scores):
                continue  # like 的: told by so many passages that it costs most and says least
            idf = float(np.log1p((len(scores) - holders + 0.5) / (holders + 0.5)))
            reach += idf
            for held, base in zip(found, self._passage_base, strict=False):
                passages, shares = held[number]
                if len(passages):
                    scores[base:][passages] += shares.astype(np.float32) * np.float32(idf)
        return scores / np.float32(reach) if reach else scores

    def vectors_of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float32 (p, dimension) of all passages of these entries, and for each the number of its entry in `rows`."""
        passages, _, counts = self._passages_of(rows)
        return self._vectors(passages), np.repeat(np.arange(len(rows)), counts)

    def _passages_of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The passages of these entries, one entry after another; where each entry's begin among them; how many each has."""
        counts = self._starts[rows + 1] - self._starts[rows]
        starts = np.cumsum(counts) - counts
        return np.repeat(self._starts[rows] - starts, counts) + np.arange(counts.sum()), starts, counts

    def _vectors(self, passages: np.ndarray, dimension: int = 0) -> np.ndarray:
        """float32 (p, dimension): the vectors of these passages; `dimension` tells the shape where there are none."""
        where = np.searchsorted(self._passage_base, passages, side="right") - 1
        parts = [
            self.segments[number].vectors.reconstruct_batch(passages[where == number] - self._passage_base[number])
            for number in np.unique(where)
        ]
        if len(parts) <= 1:
            return parts[0] if parts else np.zeros((0, dimension), dtype=np.float32)
        vectors = np.empty((len(passages), parts[0].shape[1]), dtype=np.float32)
        for number, part in zip(np.unique(where), parts, strict=True):
            vectors[where == number] = part
        return vectors

    def best_of_entries(self, scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(passages,) → (rows,): the best score among an entry's passages."""
        return np.maximum.reduceat(np.append(scores, np.float32(-1)), self._starts[:-1])[rows]

    def item_keys(self, rows: np.ndarray) -> np.ndarray:
        """uint64 (n,): the items' keys of these entries, 0 for none."""
        return self._keys["item"][rows]

    def family_keys(self, rows: np.ndarray) -> np.ndarray:
        """uint64 (n,): the keys of the regulations that these entries are articles of, 0 for none."""
        return self._keys["family"][rows]

    def facet_keys(self, rows: np.ndarray) -> np.ndarray:
        """uint64 (n,): the facets' keys of these entries, 0 for none."""
        return self._keys["facet"][rows]

    def levels(self, rows: np.ndarray) -> np.ndarray:
        """int8 (n,): what kind of regulation each entry is an article of (`Level`)."""
        return self._level[rows]

    def item_pairs(self, item: int) -> frozenset[str]:
        """The character pairs of an item's name, told by its key; empty for 0."""
        if item not in self._item_pairs:
            rows = np.flatnonzero((self._keys["item"] == np.uint64(item)) & (item != 0))
            self._item_pairs[item] = frozenset(bigrams(self.entry(int(rows[0])).item)) if len(rows) else frozenset()
        return self._item_pairs[item]


def _join(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, dtype=kind), *(np.asarray(part, dtype=kind) for part in parts)])
