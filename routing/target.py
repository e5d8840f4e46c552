"""预测目标: one thing that a model predicts of a text (department, category, type), as a sum of parts whose scales training learned."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from routing.duties import owner_similarity

NEAREST = 20
"""Training texts that vote for a label."""
_VOTE_SCALE, _NO_VOTE = 10.0, 1e-2
_CHUNK = 512
"""Texts at a time: with 6,000 neighbours their nearness takes 40 MB, that of 30,000 texts at once would take 2 GB."""
_ARRAYS = ("term_weights", "vector_weights", "duties", "duty_owners", "neighbours", "neighbour_labels")
_SCALARS = ("duty_weight", "duty_best", "neighbour_weight", "category_weight", "slope", "shift")


@dataclass(frozen=True, slots=True)
class Features:
    """特征 of n texts: terms (n × vocabulary), the encoder's vectors and their directions from the centre (n × dimension)."""

    terms: sparse.csr_matrix
    known: np.ndarray
    """(n,) share of each text's terms that the vocabulary has."""
    vectors: np.ndarray
    directions: np.ndarray


@dataclass(slots=True)
class Target:
    """目标; each part may be missing."""

    labels: list[str]
    bias: np.ndarray
    term_weights: np.ndarray | None = None
    vector_weights: np.ndarray | None = None
    duties: np.ndarray | None = None
    duty_owners: np.ndarray | None = None
    neighbours: np.ndarray | None = None
    """Directions of training texts (rows × dimension), with their labels' columns."""
    neighbour_labels: np.ndarray | None = None
    duty_weight: float = 0.0
    duty_best: int = 2
    neighbour_weight: float = 0.0
    category_weight: float = 0.0
    slope: float = 1.0
    shift: float = 0.0
    """Of the logarithm of the odds of the first label's probability, see `sharpened`."""

    def probabilities(self, features: Features, categories: np.ndarray | None = None) -> np.ndarray:
        """float64 (texts, labels), calibrated; `categories`, of that shape, is what the texts' categories say of the labels."""
        return sharpened(softmax(self.logits(features, categories)), self.slope, self.shift)

    def logits(self, features: Features, categories: np.ndarray | None = None) -> np.ndarray:
        """float32 (texts, labels)."""
        count = len(self.labels)
        total = np.tile(self.bias.astype(np.float32), (features.terms.shape[0], 1))
        if self.term_weights is not None:
            total += features.terms @ self.term_weights
        if self.vector_weights is not None:
            total += features.directions @ self.vector_weights
        if self.duties is not None and self.duty_owners is not None:
            near = owner_similarity(features.directions, self.duties, self.duty_owners, count, self.duty_best)
            total += self.duty_weight * near
        if self.neighbours is not None and self.neighbour_labels is not None:
            votes = neighbour_votes(features.directions, self.neighbours, self.neighbour_labels, count)
            total += self.neighbour_weight * votes
        if categories is not None:
            total += self.category_weight * categories
        return total

    def rounded(self) -> "Target":
        """The target as it will be after storing: weights have the precision of float16."""
        return Target.from_weights("t", self.labels, self.as_weights("t"))

    def as_weights(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays for an npz file; weights are stored as float16, half the size at no measurable loss."""
        scalars = np.array([getattr(self, name) for name in _SCALARS], dtype=np.float64)
        arrays = {"bias": self.bias, "scalars": scalars}
        for name in _ARRAYS:
            value = getattr(self, name)
            if value is not None:
                arrays[name] = value.astype(np.float16) if value.dtype == np.float32 else value
        return {f"{prefix}.{name}": value for name, value in arrays.items()}

    @classmethod
    def from_weights(cls, prefix: str, labels: list[str], weights: dict[str, np.ndarray]) -> "Target":
        """Raises: KeyError or ValueError when the arrays do not belong together."""
        own = {name.partition(".")[2]: value for name, value in weights.items() if name.startswith(f"{prefix}.")}
        scalars: dict = dict(zip(_SCALARS, map(float, own.pop("scalars")), strict=True))
        if any(
            own[name].shape[-1] != len(labels) for name in ("bias", "term_weights", "vector_weights") if name in own
        ):
            raise ValueError(prefix)
        arrays: dict = {n: value.astype(np.float32) if value.dtype == np.float16 else value for n, value in own.items()}
        scalars["duty_best"] = int(scalars["duty_best"])
        return cls(labels, **arrays, **scalars)


def neighbour_votes(directions: np.ndarray, neighbours: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """float32 (texts, count): the logarithm of the votes of each text's NEAREST neighbours, near ones counting more."""
    votes = np.full((len(directions), count), _NO_VOTE, dtype=np.float32)
    if not len(neighbours):
        return np.log(votes)
    kept = min(NEAREST, len(neighbours))
    for start in range(0, len(directions), _CHUNK):
        farness = -(directions[start : start + _CHUNK] @ neighbours.T)
        nearest = np.argpartition(farness, kept - 1, axis=1)[:, :kept]
        weight = np.exp(-_VOTE_SCALE * np.take_along_axis(farness, nearest, axis=1))
        rows = np.repeat(np.arange(start, start + len(nearest)), kept)
        np.add.at(votes, (rows, labels[nearest].ravel()), weight.ravel())
    return np.log(votes)


def softmax(logits: np.ndarray) -> np.ndarray:
    """float64 (texts, labels), rows sum to 1."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def sharpened(probabilities: np.ndarray, slope: float, shift: float) -> np.ndarray:
    """The first label's odds p/(1−p) become e^shift · (p/(1−p))^slope; the others share the rest as before.

    A blend of scorers that were fooled together is surer than it is right, and no one temperature mends that: it is at the
    top that the errors are. A row whose first label would no longer be the first stays as it is.
    """
    rows = np.arange(len(probabilities))
    first = probabilities.argmax(axis=1)
    top = np.clip(probabilities[rows, first], 1e-9, 1 - 1e-9)
    wanted = 1 / (1 + np.exp(-(slope * np.log(top / (1 - top)) + shift)))
    moved = probabilities * ((1 - wanted) / (1 - top))[:, None]
    moved[rows, first] = wanted
    return np.where((moved.argmax(axis=1) == first)[:, None], moved, probabilities)
