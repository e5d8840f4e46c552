"""轻量训练器: TF-IDF and encoder vectors with linear models, and similarity to duties; seconds on a CPU, no torch.

Up to six scorers see each text; `training.calibration` learns how much each counts, on texts that none of them was fitted on:
terms (LinearSVC), vectors (linear discriminant analysis), duties (encoder cosine), duty_terms (TF-IDF cosine), neighbours (votes
of the nearest training texts), categories (what the text's likely categories say of the label, see `training.routing_learning`).
"""

import os
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from routing.duties import BEST, owner_similarity
from routing.features import TermCounts, TermFeatures, TermSettings, centred, count_matrix
from routing.target import Target, neighbour_votes
from training.calibration import Blend, fit_blend
from training.routing_data import folds

TERM_COST = 1.0
SHRINKAGE = 0.3
"""Choosing these two by out-of-fold likelihood took four times as long and moved macro-F1 by less than .001 (two data sets,
five folds each): the blend, which is learned on the training part, makes up for them."""
REMEMBERED = 6000
"""Training texts kept as neighbours: one product of 6,000 × 512 a text is a millisecond."""
DESCRIPTION_WEIGHT = 2.0
"""A duty or a category's name counts as much as two appeals (measured: better than one)."""
_LIBLINEAR = threading.Lock()
"""liblinear draws from one generator for the whole process: fits side by side in threads were not the same twice."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Corpus:
    """训练语料: prepared texts with their counts and vectors, counted and encoded once for all folds and targets."""

    counts: TermCounts
    vectors: np.ndarray
    groups: np.ndarray
    """Near-duplicates share a group; a group is never split over folds."""
    settings: TermSettings

    def __len__(self) -> int:
        return self.counts.matrix.shape[0]


@dataclass(frozen=True, slots=True)
class Descriptions:
    """标签说明: what is written about the labels (duties, names): texts counted with the corpus's terms, and their owners."""

    counts: sparse.csr_matrix
    vectors: np.ndarray
    owners: np.ndarray
    backing: sparse.csr_matrix
    """(descriptions × corpus rows): the rows a description was learned from; none = it was given and always holds."""

    def __len__(self) -> int:
        return len(self.owners)

    def known_from(self, rows: np.ndarray) -> "Descriptions":
        """The descriptions that somebody who has seen only these rows knows: nothing leaks from held-out rows."""
        given = np.diff(self.backing.indptr) == 0
        keep = np.flatnonzero(given | (self.backing[:, rows].getnnz(axis=1) > 0))
        return Descriptions(self.counts[keep], self.vectors[keep], self.owners[keep], self.backing[keep])


@dataclass(frozen=True, slots=True)
class Space:
    """特征空间: a vocabulary (with its columns of the corpus) and the centre of the vectors. Knows no labels."""

    features: TermFeatures
    columns: np.ndarray
    centre: np.ndarray

    @classmethod
    def of(cls, corpus: Corpus, counts: sparse.csr_matrix, rows: np.ndarray) -> "Space":
        features, columns = TermFeatures.fit(TermCounts(corpus.counts.terms, counts), corpus.settings)
        return cls(features, columns, corpus.vectors[rows].mean(axis=0))


@dataclass(frozen=True, slots=True)
class Settings:
    """打分器设置: strengths, and which features are used."""

    term_cost: float = TERM_COST
    shrinkage: float = SHRINKAGE
    use_terms: bool = True
    use_vectors: bool = True
    use_neighbours: bool = True


@dataclass(slots=True)
class Choice:
    """选定的做法: the blend learned on the training part, with its out-of-fold probabilities."""

    blend: Blend
    probabilities: np.ndarray
    """float64 (texts, labels): calibrated, each text by scorers that had not seen it."""


def count_all(
    texts: Sequence[str], descriptions: Sequence[str], settings: TermSettings
) -> tuple[TermCounts, sparse.csr_matrix]:
    """Counts of the texts and of the descriptions over one list of terms."""
    both = count_matrix([*texts, *descriptions], settings)
    return TermCounts(both.terms, both.matrix[: len(texts)]), both.matrix[len(texts) :]


class Scorers:
    """打分器: the linear parts fitted on some rows of a corpus."""

    def __init__(
        self,
        corpus: Corpus,
        about: Descriptions,
        y: np.ndarray,
        count: int,
        rows: np.ndarray,
        settings: Settings,
        space: "Space | None" = None,
        hints: np.ndarray | None = None,
    ) -> None:
        """`space` is given where several targets are served from one vocabulary and centre, else it is that of `rows`; `hints`,
        (corpus rows, labels), are scores that another target gives for this one."""
        # Even where these rows know no description, the scorers that go by them keep their place in the blend.
        self.names = scorer_names(about, settings, hints is not None)
        self._hints = hints
        about = about.known_from(rows)
        self._corpus, self._about, self._count, self._settings = corpus, about, count, settings
        stacked = sparse.vstack([corpus.counts.matrix[rows], about.counts]).tocsr()
        space = space or Space.of(corpus, stacked, rows)
        self.features, self.columns, self.centre = space.features, space.columns, space.centre
        targets = np.concatenate([y[rows], about.owners])
        self.parts: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        if settings.use_terms:
            weighed = self.features.weigh(stacked[:, self.columns])
            weight = np.concatenate([np.ones(len(rows)), np.full(len(about), DESCRIPTION_WEIGHT)])
            self.parts["terms"] = self._fit_terms(weighed, targets, weight)
            if "duty_terms" in self.names:
                self.parts["duty_terms"] = self._describe()
        self.duties = np.zeros((0, corpus.vectors.shape[1]), dtype=np.float32)
        if settings.use_vectors:
            self.duties = centred(about.vectors, self.centre).astype(np.float32)
            directions = np.vstack([centred(corpus.vectors[rows], self.centre), self.duties])
            self.parts["vectors"] = discriminant(directions, targets, count, settings.shrinkage)
        self.neighbours = np.zeros(0, dtype=np.int64)
        if "neighbours" in self.names:
            self.neighbours = rows[remembered(y[rows], REMEMBERED)]
            self.neighbour_labels = y[self.neighbours]

    def _fit_terms(
        self, matrix: sparse.csr_matrix, targets: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        if len(np.unique(targets)) < 2:
            return np.zeros((matrix.shape[1], self._count), dtype=np.float32), np.zeros(self._count, dtype=np.float32)
        model = LinearSVC(C=self._settings.term_cost, random_state=0, max_iter=2000)
        with _LIBLINEAR, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # not converging to the last digit does not matter: scores are calibrated
            model.fit(matrix, targets, sample_weight=weight)
        return _spread(model.coef_, model.intercept_, model.classes_, self._count)

    def _describe(self) -> tuple[np.ndarray, np.ndarray]:
        """One TF-IDF row a label from all its descriptions: cosine with a text is a product like the others."""
        owners = sparse.csr_matrix(
            (np.ones(len(self._about)), (self._about.owners, np.arange(len(self._about)))),
            (self._count, len(self._about)),
        )
        joined = self.features.weigh((owners @ self._about.counts)[:, self.columns])
        return np.asarray(joined.T.todense(), dtype=np.float32), np.zeros(self._count, dtype=np.float32)

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """float32 (scorers, texts, labels) of rows of the corpus."""
        weighed = self.features.weigh(self._corpus.counts.matrix[rows][:, self.columns])
        directions = centred(self._corpus.vectors[rows], self.centre).astype(np.float32)
        found = []
        for name, (weights, bias) in self.parts.items():
            found.append((directions if name == "vectors" else weighed) @ weights + bias)
        if "duties" in self.names:
            found.append(owner_similarity(directions, self.duties, self._about.owners, self._count, BEST))
        if "neighbours" in self.names:
            known = centred(self._corpus.vectors[self.neighbours], self.centre).astype(np.float32)
            found.append(neighbour_votes(directions, known, self.neighbour_labels, self._count))
        if self._hints is not None:
            found.append(self._hints[rows])
        return np.stack(found)

    def target(self, labels: list[str], blend: Blend) -> Target:
        """The served target: the blend's weights folded into the linear parts."""
        weight = dict(zip(blend.names, blend.weights, strict=True))
        bias = blend.bias.astype(np.float64).copy()
        term_weights: np.ndarray | None = None
        vector_weights: np.ndarray | None = None
        for name, (weights, own) in self.parts.items():
            bias += weight[name] * own
            scaled = (weight[name] * weights).astype(np.float32)
            if name == "vectors":
                vector_weights = scaled
            else:
                term_weights = scaled if term_weights is None else term_weights + scaled
        target = Target(
            labels,
            bias.astype(np.float32),
            term_weights,
            vector_weights,
            self.duties if len(self.duties) else None,
            self._about.owners if len(self.duties) else None,
            duty_weight=float(weight.get("duties", 0.0)),
            duty_best=BEST,
            neighbour_weight=float(weight.get("neighbours", 0.0)),
            category_weight=float(weight.get("categories", 0.0)),
            slope=blend.slope,
            shift=blend.shift,
        )
        if target.neighbour_weight:
            known = centred(self._corpus.vectors[self.neighbours], self.centre)
            target.neighbours, target.neighbour_labels = known.astype(np.float32), self.neighbour_labels
        return target.rounded()


def remembered(y: np.ndarray, limit: int) -> np.ndarray:
    """Places of at most `limit` rows: all of the small labels, of the great ones the last rows (the newest, where they are
    in order of time), as many of each."""
    if len(y) <= limit:
        return np.arange(len(y))
    counts = np.sort(np.bincount(y))[::-1]
    share = next(s for s in range(int(counts[0]), 0, -1) if np.minimum(counts, s).sum() <= limit or s == 1)
    kept = [np.flatnonzero(y == label)[-share:] for label in np.unique(y)]
    return np.sort(np.concatenate(kept))


def discriminant(
    vectors: np.ndarray, targets: np.ndarray, count: int, shrinkage: float
) -> tuple[np.ndarray, np.ndarray]:
    """Linear discriminant analysis: (dimension, labels) and (labels,), log-odds of Gaussians with one shrunk covariance.

    The same as scikit-learn's with solver "lsqr" (tested), whose least squares take fifty times as long as this one solve.
    A label without rows gets the mean of all and the prior of half a row.
    """
    rows = np.bincount(targets, minlength=count)
    points = vectors.astype(np.float64)
    sums = np.zeros((count, points.shape[1]))
    np.add.at(sums, targets, points)
    means = np.where(rows[:, None] > 0, sums / np.maximum(rows, 1)[:, None], points.mean(axis=0))
    spread = points - means[targets]
    covariance = spread.T @ spread / len(points)
    dimension = len(covariance)
    level = np.trace(covariance) / dimension
    covariance = (1 - shrinkage) * covariance + (shrinkage * level + 1e-9) * np.eye(dimension)
    weights = np.linalg.solve(covariance, means.T)
    bias = np.log(np.maximum(rows, 0.5) / len(points)) - 0.5 * (means.T * weights).sum(axis=0)
    return weights.astype(np.float32), bias.astype(np.float32)


def _spread(coef: np.ndarray, intercept: np.ndarray, classes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(features, labels) and (labels,): columns for all labels, also those the fitted rows lack (then the lowest intercept)."""
    if len(classes) == 2 and coef.shape[0] == 1:
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    weights = np.zeros((coef.shape[1], count), dtype=np.float32)
    bias = np.full(count, intercept.min() - 1, dtype=np.float32)
    weights[:, classes] = coef.T
    bias[classes] = intercept
    return weights, bias


def out_of_fold(
    corpus: Corpus,
    about: Descriptions,
    y: np.ndarray,
    count: int,
    rows: np.ndarray,
    settings: Settings,
    seed: int,
    said: Progress,
    hints: np.ndarray | None = None,
) -> np.ndarray:
    """float32 (scorers, rows, labels): each row scored by scorers fitted without it and without its near-duplicates."""
    found = np.zeros((len(scorer_names(about, settings, hints is not None)), len(rows), count), dtype=np.float32)

    def one(fold: tuple[np.ndarray, np.ndarray]) -> None:
        train, test = fold
        scorers = Scorers(corpus, about, y, count, rows[train], settings, hints=hints)
        found[:, test] = scorers.scores(rows[test])

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the solvers work without Python's lock
        for number, _ in enumerate(pool.map(one, folds(y[rows], corpus.groups[rows], seed)), 1):
            said(f"交叉拟合 第{number}折")
    return found


def choose(
    corpus: Corpus,
    about: Descriptions,
    y: np.ndarray,
    count: int,
    rows: np.ndarray,
    seed: int,
    settings: Settings,
    said: Progress,
    hints: np.ndarray | None = None,
) -> Choice:
    """Learn how much each scorer counts. `y` has a column for every row of the corpus; only `rows` are looked at."""
    scores = out_of_fold(corpus, about, y, count, rows, settings, seed, said, hints)
    blend = fit_blend(scores, y[rows])
    blend.names = scorer_names(about, settings, hints is not None)
    return Choice(blend, blend.probabilities(scores))


def scorer_names(about: Descriptions, settings: Settings, hinted: bool = False) -> list[str]:
    """The scorers in the order of their scores."""
    there = {
        "terms": settings.use_terms,
        "duty_terms": settings.use_terms and bool(len(about)),
        "vectors": settings.use_vectors,
        "duties": settings.use_vectors and bool(len(about)),
        "neighbours": settings.use_vectors and settings.use_neighbours,
        "categories": hinted,
    }
    return [name for name, used in there.items() if used]
