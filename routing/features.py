"""文本特征: weighted character pairs and words (TF-IDF), and the encoder's vector. Training and serving call the same code."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import sparse

from knowledge.encoder import Encoder
from knowledge.text import normalize, tokenize

_DIGITS = re.compile(r"\d+")
_RUNS = re.compile(r"[\w\u3400-\u9fff]+")
ENCODED = 128
"""Characters of a text that the encoder reads: later ones tell the terms alone (.001 of macro-F1 was lost, half the time won)."""
WORD = "w:"
"""Prefix of word terms; a term without it is a run of characters."""


@dataclass(frozen=True, slots=True)
class TermSettings:
    """What counts as a term. `max_terms` keeps the most frequent ones."""

    characters: tuple[int, ...] = (1, 2)
    words: bool = True
    min_documents: int = 1
    max_terms: int = 150_000

    def as_dict(self) -> dict:
        return asdict(self) | {"characters": list(self.characters)}

    @classmethod
    def from_dict(cls, row: dict) -> "TermSettings":
        return cls(tuple(row["characters"]), bool(row["words"]), int(row["min_documents"]), int(row["max_terms"]))


def prepare(text: str) -> str:
    """Normalise and mask numbers: a house number or a sum says nothing about the department."""
    return _DIGITS.sub("0", normalize(text))


def count_terms(text: str, settings: TermSettings) -> Counter[str]:
    """Character runs of the wanted sizes (none across punctuation) and, prefixed, jieba's words."""
    told = prepare(text)
    counts: Counter[str] = Counter()
    for run in _RUNS.findall(told):
        for size in settings.characters:
            counts.update(run[start : start + size] for start in range(len(run) - size + 1))
    if settings.words:
        counts.update(WORD + token for token in tokenize(told))
    return counts


@dataclass(frozen=True, slots=True)
class TermCounts:
    """Counts (texts × terms) with the terms' names, before a vocabulary is chosen."""

    terms: list[str]
    matrix: sparse.csr_matrix


def count_matrix(texts: Iterable[str], settings: TermSettings) -> TermCounts:
    """Count all terms of all texts; terms are sorted, so that the same texts give the same columns."""
    counted = [count_terms(text, settings) for text in texts]
    terms = sorted(set().union(*counted)) if counted else []
    return TermCounts(terms, _rows(counted, {term: i for i, term in enumerate(terms)}))


def _rows(counted: Sequence[Counter[str]], columns: dict[str, int]) -> sparse.csr_matrix:
    starts, indices, values = [0], [], []
    for counts in counted:
        row = sorted((columns[term], count) for term, count in counts.items() if term in columns)
        indices += [column for column, _ in row]
        values += [count for _, count in row]
        starts.append(len(indices))
    return sparse.csr_matrix(
        (np.array(values, dtype=np.float32), np.array(indices, dtype=np.int32), np.array(starts, dtype=np.int64)),
        shape=(len(counted), len(columns)),
    )


class TermFeatures:
    """词项特征: a vocabulary with inverse document frequencies. Rows have one unit-length block a kind of term."""

    def __init__(self, settings: TermSettings, terms: Sequence[str], idf: np.ndarray) -> None:
        self.settings = settings
        self.terms = list(terms)
        self.idf = np.asarray(idf, dtype=np.float32)
        self._columns = {term: i for i, term in enumerate(self.terms)}
        self._is_word = np.array([term.startswith(WORD) for term in self.terms], dtype=bool)

    @classmethod
    def fit(cls, counts: TermCounts, settings: TermSettings) -> tuple["TermFeatures", np.ndarray]:
        """Choose the vocabulary from counted texts; also returns the chosen columns of `counts`."""
        documents = np.asarray((counts.matrix > 0).sum(axis=0)).ravel()
        chosen = np.flatnonzero(documents >= settings.min_documents)
        if len(chosen) > settings.max_terms:
            # Stable: of equally frequent terms the first in order of the alphabet stay.
            chosen = np.sort(chosen[np.argsort(-documents[chosen], kind="stable")[: settings.max_terms]])
        idf = np.log((1 + counts.matrix.shape[0]) / (1 + documents[chosen])) + 1
        return cls(settings, [counts.terms[i] for i in chosen], idf), chosen

    def weigh(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """(1 + ln count) × idf, each block of a row of unit length; `counts` has this vocabulary's columns."""
        rows = counts.tocsr().astype(np.float32)
        rows.data = (1 + np.log(rows.data)) * self.idf[rows.indices]
        kinds = self._is_word[rows.indices]
        line = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        squares = np.zeros((2, rows.shape[0]), dtype=np.float64)
        np.add.at(squares, (kinds.astype(int), line), rows.data.astype(np.float64) ** 2)
        norms = np.sqrt(np.maximum(squares, 1e-12))
        rows.data = (rows.data / norms[kinds.astype(int), line]).astype(np.float32)
        return rows

    def counts(self, texts: Iterable[str]) -> sparse.csr_matrix:
        """Counts of the vocabulary's terms, unweighed (texts × terms)."""
        return _rows([count_terms(text, self.settings) for text in texts], self._columns)

    def matrix(self, texts: Iterable[str]) -> sparse.csr_matrix:
        """float32 (texts × terms)."""
        return self.matrix_and_known(texts)[0]

    def matrix_and_known(self, texts: Iterable[str]) -> tuple[sparse.csr_matrix, np.ndarray]:
        """The rows, and for each text the share of its distinct terms that the vocabulary has."""
        counted = [count_terms(text, self.settings) for text in texts]
        rows = self.weigh(_rows(counted, self._columns))
        told = np.array([len(counts) for counts in counted])
        return rows, np.diff(rows.indptr) / np.maximum(told, 1)


def encode_each(encoder: Encoder, texts: Sequence[str], limit: int = ENCODED) -> np.ndarray:
    """float32 (texts, dimension), the first `limit` characters of each text, encoded by itself with the quick graph.

    In a batch a text's vector depends a little on its neighbours (on their lengths, and with int8 activations on their
    values: cosine .986 was measured). One by one, the vector in training is the vector in serving. The quick graph was no
    worse than the exact one for routing (four figures of two data sets within noise) and takes a third of the time.
    """
    if not texts:
        return np.zeros((0, encoder.dimension), dtype=np.float32)
    return np.vstack([encoder.encode([text[:limit]], quick=True) for text in texts])


def centred(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Directions from the `centre` of the training texts, unit length: what all appeals share is taken away."""
    moved = vectors - centre
    return moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-9)
