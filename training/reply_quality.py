"""质检模型训练: learn what is wrong with a reply, from cases that the benchmark has written down.

    python -m benchmarks.quality cases --out cases.npz
    python -m training.reply_quality --cases cases.npz [--out assistant/model/reply_quality.npz]

Two linear models a rule: one over sentences (where is it?), one over whole replies (is it so?), the second fed with the first
one's scores out of fold. Measured by authors: learned from all but one, tried on the last one's replies, which is what a
department's own way of writing is to it. Variants (`benchmarks.reply_variants`) are learned from and never measured by.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

FOLDS = 5
SENTENCE_C, REPLY_C = 1.0, 0.5
"""Inverse strength of the penalty on squared weights."""
TOLD_SCALE = 0.25
"""`assistant.reply_quality.REPLY_SCALES["told"]`."""
WANTED_PRECISION = 0.9
"""Best F1 with this precision of a rule's findings, where it can be had with LEAST_RECALL; otherwise with FLOOR_PRECISION."""
LEAST_RECALL, FLOOR_PRECISION = 0.6, 0.75


@dataclass(frozen=True)
class Cases:
    """Replies with their sentences, as `benchmarks.quality` writes them."""

    sentences: sparse.csr_matrix
    told: np.ndarray
    spread: sparse.csr_matrix
    owner: np.ndarray
    sentence_labels: np.ndarray
    labels: np.ndarray
    author: np.ndarray
    solved: np.ndarray
    rules: list[str]
    quiet: float
    encoder: str

    @classmethod
    def load(cls, path: Path) -> "Cases":
        with np.load(path, allow_pickle=False) as told:
            plain = ("owner", "sentence_labels", "labels", "author", "solved")
            return cls(
                sparse.csr_matrix(told["sentences"].astype(np.float32)),
                told["told"],
                sparse.csr_matrix(told["spread"].astype(np.float32)),
                *(told[name] for name in plain),
                told["rules"].tolist(),
                float(told["quiet"]),
                str(told["encoder"]),
            )


@dataclass(frozen=True)
class Fitted:
    """Both models of all rules."""

    sentence: np.ndarray
    reply: np.ndarray
    centre: np.ndarray
    spread: np.ndarray

    def shares(self, cases: Cases) -> np.ndarray:
        """(replies, rules)."""
        best = _best(cases, cases.sentences @ self.sentence[:, :-1].T + self.sentence[:, -1])
        told = (np.hstack([_scored(best), cases.told]) - self.centre) / self.spread * TOLD_SCALE
        count = told.shape[1]
        logits = told @ self.reply[:, :count].T + cases.spread @ self.reply[:, count:-1].T + self.reply[:, -1]
        return 1 / (1 + np.exp(-logits))


def fit(cases: Cases, within: np.ndarray, seed: int = 12345) -> Fitted:
    """Learned from the replies `within` (bool)."""
    rules = range(len(cases.rules))
    sentence = np.stack([_sentence_model(cases, rule, within) for rule in rules])
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(cases.labels))
    scores = np.zeros((len(cases.owner), len(cases.rules)))
    for number in range(FOLDS):
        out = (fold == number)[cases.owner]
        for rule in rules:
            model = _sentence_model(cases, rule, within & (fold != number))
            scores[out, rule] = cases.sentences[np.flatnonzero(out)] @ model[:-1] + model[-1]
    told = np.hstack([_scored(_best(cases, scores)), cases.told])
    centre, spread = told[within].mean(axis=0), np.maximum(told[within].std(axis=0), 1e-3)
    given = sparse.hstack([sparse.csr_matrix((told - centre) / spread * TOLD_SCALE), cases.spread]).tocsr()
    reply = np.stack([_linear(given, cases.labels[:, rule], within, REPLY_C) for rule in rules])
    return Fitted(sentence, reply, centre, spread)


def _sentence_model(cases: Cases, rule: int, within: np.ndarray) -> np.ndarray:
    return _linear(cases.sentences, cases.sentence_labels[:, rule], within[cases.owner], SENTENCE_C)


def _linear(given: sparse.csr_matrix, labels: np.ndarray, within: np.ndarray, c: float) -> np.ndarray:
    """The weights, the bias last."""
    rows = np.flatnonzero(within)
    model = LogisticRegression(C=c, max_iter=1000, solver="liblinear", random_state=0)
    model.fit(given[rows], labels[rows])
    return np.append(model.coef_[0], model.intercept_[0])


def _best(cases: Cases, scores: np.ndarray) -> np.ndarray:
    best = np.full((len(cases.labels), scores.shape[1]), cases.quiet)
    np.maximum.at(best, cases.owner, scores)
    return best


def _scored(best: np.ndarray) -> np.ndarray:
    return np.hstack([best, 1 / (1 + np.exp(-best))])


def by_authors(cases: Cases) -> np.ndarray:
    """(replies, rules): shares by models that saw nothing of the reply's author."""
    shares = np.zeros(cases.labels.shape)
    for author in np.unique(cases.author):
        out = cases.author == author
        shares[out] = fit(cases, ~out).shares(cases)[out]
    return shares


def threshold(shares: np.ndarray, right: np.ndarray) -> tuple[float, float, float]:
    """The share from which on it is a finding, with precision and recall there."""
    order = np.argsort(-shares, kind="stable")
    hits = np.cumsum(right[order])
    precision, recall = hits / np.arange(1, len(order) + 1), hits / max(1, right.sum())
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    good = (precision >= WANTED_PRECISION) & (recall >= LEAST_RECALL)
    at = int(np.argmax(np.where(good if good.any() else precision >= FLOOR_PRECISION, f1, 0)))
    # Half way to the next reply, so that the line does not hang on one of them.
    below = shares[order[at + 1]] if at + 1 < len(order) else 0.0
    return float((shares[order[at]] + below) / 2), float(precision[at]), float(recall[at])


def learn(cases: Cases, command: str) -> tuple[dict[str, np.ndarray], dict]:
    """The arrays of the model file, and the figures by authors."""
    shares = by_authors(cases)
    every = np.ones(len(cases.labels), dtype=bool)
    figures, thresholds = {}, {}
    for number, rule in enumerate(cases.rules):
        among = cases.solved if rule == "no_action" else every
        line, precision, recall = threshold(shares[among, number], cases.labels[among, number])
        thresholds[rule] = round(line, 4)
        figures[rule] = {"precision": round(precision, 3), "recall": round(recall, 3), "threshold": round(line, 3)}
    fitted = fit(cases, every)
    told = {
        "rules": cases.rules,
        "thresholds": thresholds,
        "encoder": cases.encoder,
        "version": f"rq-{datetime.now(UTC):%Y%m%d}",
        "measured_by_authors": figures,
        "command": command,
    }
    arrays = {
        "sentence": fitted.sentence.astype(np.float16),
        "reply": fitted.reply.astype(np.float16),
        "centre": fitted.centre.astype(np.float32),
        "spread": fitted.spread.astype(np.float32),
        "told": np.array(json.dumps(told, ensure_ascii=False)),
    }
    return arrays, figures


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("assistant/model/reply_quality.npz"))
    options = parser.parse_args(argv)
    command = "python -m training.reply_quality --cases cases.npz"
    arrays, figures = learn(Cases.load(options.cases), command)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out, **arrays)
    for rule, row in figures.items():
        print(rule, json.dumps(row), file=sys.stderr)
    print(json.dumps({"out": str(options.out), "bytes": options.out.stat().st_size, "by_authors": figures}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
