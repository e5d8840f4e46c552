"""分句: an appeal in clauses, and what the model says of runs of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from routing.predictor import Predictor

MIN_PART = 6
"""Characters of a demand."""
CLAUSES = 24
"""Of longer appeals the shortest clauses are joined until so many are left."""
_STOPS = "，。！？；,!?;\n"
Run = tuple[int, int]
"""Clauses [first, last)."""


def clauses_of(text: str) -> list[str]:
    """The text in clauses, each with what ends it; joined again they are the text. A cue word begins a clause of its own."""
    clauses: list[str] = []
    current = ""
    for place, char in enumerate(text):
        current += char
        if char in _STOPS or (char == " " and len(current) > MIN_PART):
            after = text[place + 1 : place + 2]
            if after and after not in _STOPS:
                clauses.append(current)
                current = ""
    if current:
        clauses.append(current)
    return _joined(clauses)


def _joined(clauses: list[str]) -> list[str]:
    while len(clauses) > CLAUSES:
        at = min(range(len(clauses) - 1), key=lambda i: len(clauses[i]) + len(clauses[i + 1]))
        clauses[at : at + 2] = [clauses[at] + clauses[at + 1]]
    return clauses


def spans_of(clauses: Sequence[str]) -> list[tuple[int, int]]:
    """Where each clause stands in the text."""
    ends = np.cumsum([len(clause) for clause in clauses])
    return [(int(end) - len(clause), int(end)) for clause, end in zip(clauses, ends, strict=True)]


@dataclass(frozen=True, slots=True)
class Parts:
    """分句概率: what the model says of runs of clauses."""

    departments: np.ndarray
    """(runs, departments)"""
    categories: np.ndarray
    """(runs, categories); without categories the departments again."""


class ClauseReader:
    """分句预测: each clause is encoded once, and a run of clauses is told from the sum of its clauses' terms and vectors. What was
    said of a run is remembered."""

    def __init__(self, predictor: Predictor, clauses: Sequence[str], twin: bool = False) -> None:
        """`clauses` may be those of several texts, one after the other; a run then lies within one of them."""
        self._predictor, self._twin = predictor, twin
        self._lengths = np.array([len(clause) for clause in clauses], dtype=np.float64)
        self._counts, self._vectors = predictor.clause_features(clauses)
        self._said: dict[Run, tuple[np.ndarray, np.ndarray]] = {}

    def read(self, runs: Sequence[Run]) -> None:
        """Predict the runs that are not known yet, all in one call."""
        fresh = [run for run in dict.fromkeys(runs) if run not in self._said]
        if not fresh:
            return
        columns = np.concatenate([np.arange(first, last) for first, last in fresh])
        ends = np.cumsum([0] + [last - first for first, last in fresh])
        shape = (len(fresh), len(self._lengths))
        take = sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=shape)
        weights = sparse.csr_matrix((self._lengths[columns], columns, ends), shape=shape)
        sums = np.asarray(weights.sum(axis=1)).reshape(-1, 1)
        vectors = weights @ self._vectors.astype(np.float64) / np.maximum(sums, 1.0)
        found = self._predictor.run_probabilities(take, self._counts, vectors, self._twin)
        categories = found.departments if found.categories is None else found.categories
        self._said |= zip(fresh, zip(found.departments, categories, strict=True), strict=True)

    def of(self, runs: Sequence[Run]) -> Parts:
        """Probabilities of runs of clauses."""
        self.read(runs)
        said = [self._said[run] for run in runs]
        return Parts(np.array([departments for departments, _ in said]), np.array([own for _, own in said]))
