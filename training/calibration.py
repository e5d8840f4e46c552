"""校准: scores of several scorers become probabilities that mean what they say, and confidences become thresholds.

Everything here is learned on out-of-fold scores: of texts by models that were fitted without them.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize

from routing.target import sharpened, softmax

PRIOR_ROWS = 20.0
"""A label's own precision counts against the pooled one as if the pooled one were worth this many rows."""
RARE = 5
"""Labels with fewer rows are kept, but always decided by a person."""
_BIAS_PENALTY = 5.0
"""In rows: holds a label's own bias near 0 unless its rows speak clearly."""
_WEIGHT_PENALTY = 1.0
"""In rows, on weights of scores of unit spread: few rows that are all told apart do not make for certainty."""
_ODDS_PENALTY = 5.0
"""In rows, as above: draws the correction of the first label's odds to none."""


@dataclass(slots=True)
class Blend:
    """混合: one weight a scorer (a temperature, when there is one scorer) and a bias a label."""

    weights: np.ndarray
    bias: np.ndarray
    loss: float
    """Mean negative log-likelihood on what it was learned from."""
    names: list[str] = field(default_factory=list)
    slope: float = 1.0
    shift: float = 0.0
    """How the first label's confidence is corrected, see `routing.target.sharpened`."""

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """float64 (texts, labels) from (scorers, texts, labels)."""
        plain = softmax(np.tensordot(self.weights, scores.astype(np.float64), 1) + self.bias)
        return sharpened(plain, self.slope, self.shift)

    def as_dict(self) -> dict:
        names = self.names or [str(i) for i in range(len(self.weights))]
        return {
            "method": "weighted scores with a bias a label, then the first label's odds, by likelihood on out-of-fold scores",
            "weights": {name: round(float(weight), 5) for name, weight in zip(names, self.weights, strict=True)},
            "slope": round(self.slope, 5),
            "shift": round(self.shift, 5),
            "loss": round(self.loss, 5),
        }


def fit_blend(scores: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Blend:
    """Non-negative weights (a scorer never counts against itself) and penalised biases of greatest likelihood.

    scores: (scorers, texts, labels); y: (texts,) column of the true label.
    """
    count, rows, labels = scores.shape
    told = scores.astype(np.float64)
    told -= told.mean(axis=2, keepdims=True)
    scale = np.maximum(told.std(axis=(1, 2)), 1e-9)
    told /= scale[:, None, None]
    right = told[:, np.arange(rows), y]
    onehot = np.bincount(y, minlength=labels)

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = x[:count], x[count:]
        logits = np.tensordot(weights, told, 1) + bias
        top = logits.max(axis=1)
        total = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
        p = np.exp(logits - total[:, None])
        value = (total - logits[np.arange(rows), y]).sum()
        value += 0.5 * (_BIAS_PENALTY * (bias**2).sum() + _WEIGHT_PENALTY * (weights**2).sum())
        slope = np.array([(p * told[i]).sum() - right[i].sum() for i in range(count)]) + _WEIGHT_PENALTY * weights
        return value / rows, np.concatenate([slope, p.sum(axis=0) - onehot + _BIAS_PENALTY * bias]) / rows

    start = np.concatenate([np.full(count, 1.0), np.zeros(labels)])
    bounds = [(0.0, None)] * count + [(None, None)] * labels
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    blend = Blend(found.x[:count] / scale, found.x[count:], float(found.fun))
    plain = blend.probabilities(scores)
    blend.slope, blend.shift = fit_odds(plain.max(axis=1), plain.argmax(axis=1) == y)
    return blend


def fit_odds(confidence: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and shift of the confidence's log-odds of greatest likelihood (Platt), drawn to 1 and 0 as by a few rows."""
    held = np.clip(confidence, 1e-6, 1 - 1e-6)
    odds, truth = np.log(held / (1 - held)), right.astype(np.float64)

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        z = x[0] * odds + x[1]
        gap = 1 / (1 + np.exp(-z)) - truth
        drawn = x - np.array([1.0, 0.0])
        value = (np.logaddexp(0, z) - truth * z).sum() + 0.5 * _ODDS_PENALTY * (drawn**2).sum()
        return value, np.array([(gap * odds).sum(), gap.sum()]) + _ODDS_PENALTY * drawn

    bounds = [(0.05, 1.0), (None, None)]  # to be surer is the blend's to learn; here it only becomes less so
    slope, shift = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(slope), float(shift)


def pooled_threshold(confidence: np.ndarray, right: np.ndarray, wanted: float) -> float | None:
    """The lowest confidence from which on the share of right answers reaches `wanted`; None when none does."""
    if not len(confidence):
        return None
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)  # ties stand or fall together
    good = [end for end in ends if precision[end] >= wanted]
    return float(confidence[order][good[-1]]) if good else None


def thresholds(probabilities: np.ndarray, y: np.ndarray, labels: list[str], wanted: float) -> dict[str, float | None]:
    """Per label: the lowest confidence from which its smoothed precision reaches `wanted`; None = always a person.

    Small numbers: a label's precision above a confidence is mixed with that of all labels above the same confidence, worth
    PRIOR_ROWS rows, so that a label with three lucky rows does not get a threshold of its own. Labels under RARE rows get none.
    """
    chosen = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(y)), chosen]
    right = (chosen == y).astype(float)
    order = np.argsort(-confidence, kind="stable")
    pooled = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    ranked = -confidence[order]
    floor = pooled_threshold(confidence, right, wanted)
    found: dict[str, float | None] = {}
    for label, name in enumerate(labels):
        if (y == label).sum() < RARE or floor is None:
            found[name] = None
            continue
        own = np.flatnonzero(chosen == label)
        own = own[np.argsort(-confidence[own], kind="stable")]
        best: float | None = None
        for number, row in enumerate(own, 1):
            everyone = pooled[np.searchsorted(ranked, -confidence[row], side="right") - 1]
            smoothed = (right[own[:number]].sum() + PRIOR_ROWS * everyone) / (number + PRIOR_ROWS)
            if smoothed >= wanted:
                best = float(confidence[row])
        # Without a row that reaches it, the label's own errors say no, unless it has none: then the pooled one serves.
        clean = len(own) == 0 or right[own[confidence[own] >= floor]].all()
        found[name] = best if best is not None else (floor if clean else None)
    return found


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """期望校准误差 (ECE): mean gap between confidence and share right, over bins of equal mass."""
    order = np.argsort(confidence, kind="stable")
    gaps = [
        len(part) * abs(float(confidence[part].mean()) - float(right[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    ]
    return sum(gaps) / max(len(confidence), 1)
