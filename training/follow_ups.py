"""跟问模型训练: learn to judge which entry answers a follow-up, from cases that the benchmark has written down.

Commands (the first writes the cases of the tuning sessions, the second learns from them and prints figures by folds):
    python -m benchmarks.follow_ups --data-dir data --out follow-ups.npz
    python -m training.follow_ups --cases follow-ups.npz [--out assistant/model/follow_ups.json]

A case is one message after an answer: the features of its candidates (`assistant.follow_up`), the last of which stands
for "none of them", and which of them are right. Cases of one session never stand on both sides of a fold.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.model_selection import GroupKFold

FOLDS = 6
RIDGE = 1.0
"""Price of the squared weights (of features scaled to unit deviation), chosen by the folds."""
INVENTED_WEIGHT = 0.5
"""Weight of a case that was put together from a session and a single question."""
WANTED_WRONG = 0.035
"""Share of the follow-ups that may be answered wrongly: sets the answer threshold."""
CLARIFY = 0.25
"""From this share of any entry on the nearest are offered as a choice."""


@dataclass(frozen=True, slots=True)
class Case:
    """A message after an answer. `features` (n, names), `right` bool (n,); `kind` session | switch | unanswerable."""

    group: str
    kind: str
    features: np.ndarray
    right: np.ndarray


def read_cases(path: Path) -> tuple[list[str], list[Case]]:
    """Names of the features, and the cases."""
    with np.load(path) as told:
        names, ends = told["names"].tolist(), np.cumsum(told["counts"])
        starts = ends - told["counts"]
        return names, [
            Case(str(group), str(kind), told["features"][first:last], told["right"][first:last])
            for group, kind, first, last in zip(told["groups"], told["kinds"], starts, ends, strict=True)
        ]


def write_cases(path: Path, names: Sequence[str], cases: Sequence[Case]) -> None:
    """The inverse of `read_cases`."""
    np.savez_compressed(
        path,
        names=np.array(names),
        groups=np.array([case.group for case in cases]),
        kinds=np.array([case.kind for case in cases]),
        counts=np.array([len(case.right) for case in cases]),
        features=np.concatenate([case.features for case in cases]).astype(np.float32),
        right=np.concatenate([case.right for case in cases]),
    )


def fit(cases: Sequence[Case], ridge: float = RIDGE) -> np.ndarray:
    """Weights over the features by which right candidates take the largest share of their case (listwise)."""
    usable = [case for case in cases if case.right.any()]
    deviation = np.vstack([case.features for case in usable]).std(axis=0)
    scale = np.where(deviation > 1e-6, deviation, 1.0)
    features = np.vstack([case.features for case in usable]) / scale
    right = np.concatenate([case.right for case in usable]).astype(float)
    counts = [len(case.right) for case in usable]
    starts = np.cumsum([0, *counts[:-1]])
    owner = np.repeat(np.arange(len(usable)), counts)
    weight = np.array([1.0 if case.kind == "session" else INVENTED_WEIGHT for case in usable])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = features @ weights
        shares = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        shares /= np.add.reduceat(shares, starts)[owner]
        taken = np.add.reduceat(shares * right, starts) + 1e-12
        slope = (shares - shares * right / taken[owner]) * weight[owner]
        total = ridge * weights @ weights - (weight * np.log(taken)).sum()
        return total, features.T @ slope + 2 * ridge * weights

    found = minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return found.x / scale


def shares_of(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n,): softmax of the weighted features."""
    scores = features @ weights
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def held_out(cases: Sequence[Case], ridge: float = RIDGE) -> list[np.ndarray]:
    """The shares of every case by weights that have not seen its group."""
    shares: list[np.ndarray] = [np.zeros(0)] * len(cases)
    groups = [case.group for case in cases]
    for train, held in GroupKFold(FOLDS, shuffle=True, random_state=0).split(groups, groups=groups):
        weights = fit([cases[i] for i in train], ridge)
        for i in held:
            shares[i] = shares_of(cases[i].features, weights)
    return shares


def figures(cases: Sequence[Case], shares: Sequence[np.ndarray], threshold: float) -> dict[str, dict[str, float]]:
    """For each kind of case: shares answered rightly and wrongly, and those clarified with a right choice."""
    told: dict[str, dict[str, float]] = {}
    for kind in sorted({case.kind for case in cases}):
        own = [(case, share) for case, share in zip(cases, shares, strict=True) if case.kind == kind]
        right = wrong = offered = 0
        for case, share in own:
            first = int(share[:-1].argmax())
            if share[first] >= threshold and share[first] >= share[-1]:
                right += bool(case.right[first])
                wrong += not case.right[first]
            elif share[first] >= CLARIFY:
                offered += bool(case.right[np.argsort(-share[:-1])[:3]].any())
        count = len(own)
        told[kind] = {
            "cases": count,
            "right": round(right / count, 4),
            "wrong": round(wrong / count, 4),
            "clarified_with_right_choice": round(offered / count, 4),
        }
    return told


def threshold_for(cases: Sequence[Case], shares: Sequence[np.ndarray]) -> float:
    """The lowest share from which on no more than WANTED_WRONG of the sessions' follow-ups are answered wrongly."""
    for threshold in np.arange(0.3, 0.95, 0.01):
        if figures(cases, shares, threshold)["session"]["wrong"] <= WANTED_WRONG:
            return round(float(threshold), 2)
    return 0.95


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--ridge", type=float, default=RIDGE)
    parser.add_argument("--out", type=Path, default=Path("assistant/model/follow_ups.json"))
    options = parser.parse_args(argv)
    names, cases = read_cases(options.cases)
    shares = held_out(cases, options.ridge)
    threshold = threshold_for(cases, shares)
    told = figures(cases, shares, threshold)
    row = {
        "features": names,
        "weights": [round(float(weight), 4) for weight in fit(cases, options.ridge)],
        "answer_threshold": threshold,
        "clarify_threshold": CLARIFY,
        "figures_by_folds": told,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({"answer_threshold": threshold, **told}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
