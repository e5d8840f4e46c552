"""质检模型训练: learn what is wrong with a reply, from cases that the benchmark has written down.

    python -m benchmarks.quality cases --out cases.npz
    python -m training.reply_quality --cases cases.npz [--out assistant/model/reply_quality.npz]

Three models a rule: a linear one over sentences (where is it?), a linear one and a small forest over whole replies (is it so?),
these fed with the first one's scores out of fold. Measured by authors: learned from all but one, tried on the last one's replies, which is what a
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
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

FOLDS = 5
SENTENCE_C, REPLY_C = 1.0, 0.5
"""Inverse strength of the penalty on squared weights."""
TREES, LEAF, LOOKED_AT = 100, 3, 0.25
"""Of a forest: its trees, the fewest replies of a leaf, the share of features that each split looks at."""
TOLD_SCALE = 0.25
"""`assistant.reply_quality.REPLY_SCALES["told"]`."""
SMALL = 0.01
"""`assistant.reply_quality.SMALL`."""
PRICE = 1.0
"""What a false finding costs against a right one; chosen so that nine of ten findings of all rules together are right out of fold."""


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
            return cls(
                sentences=sparse.csr_matrix(told["sentences"].astype(np.float32)),
                told=told["told"],
                spread=sparse.csr_matrix(told["spread"].astype(np.float32)),
                owner=told["owner"],
                sentence_labels=told["sentence_labels"],
                labels=told["labels"],
                author=told["author"],
                solved=told["solved"],
                rules=told["rules"].tolist(),
                quiet=float(told["quiet"]),
                encoder=str(told["encoder"]),
            )


@dataclass(frozen=True)
class Fitted:
    """Both models of all rules."""

    sentence: np.ndarray
    reply: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    forests: list[ExtraTreesClassifier]

    def shares(self, cases: Cases) -> np.ndarray:
        """(replies, rules)."""
        best = _best(cases, cases.sentences @ self.sentence[:, :-1].T + self.sentence[:, -1])
        given = np.hstack([_scored(best), cases.told])
        told = (given - self.centre) / self.spread * TOLD_SCALE
        count = told.shape[1]
        logits = told @ self.reply[:, :count].T + cases.spread @ self.reply[:, count:-1].T + self.reply[:, -1]
        votes = np.stack([forest.predict_proba(given)[:, 1] for forest in self.forests], axis=1)
        logits += np.log((votes + SMALL) / (1 - votes + SMALL))
        return 1 / (1 + np.exp(-logits))

    def nodes(self) -> dict[str, np.ndarray]:
        """All trees one after another: per node its feature (-1: a leaf), line, where to go on, share; per rule its roots."""
        columns: dict[str, list[np.ndarray]] = {name: [] for name in ("feature", "line", "left", "right", "share")}
        roots, count = [], 0
        for forest in self.forests:
            for one in forest.estimators_:
                tree = one.tree_
                inner = tree.children_left >= 0
                share = tree.value[:, 0, 1] / tree.value[:, 0].sum(axis=1)
                roots.append(count)
                columns["feature"].append(np.where(inner, tree.feature, -1).astype(np.int16))
                columns["line"].append(np.where(inner, tree.threshold, 0).astype(np.float32))
                columns["left"].append(np.where(inner, tree.children_left + count, 0).astype(np.int32))
                columns["right"].append(np.where(inner, tree.children_right + count, 0).astype(np.int32))
                columns["share"].append(np.where(inner, 0, share).astype(np.float16))
                count += tree.node_count
        return {name: np.concatenate(parts) for name, parts in columns.items()} | {
            "roots": np.array(roots, dtype=np.int32).reshape(len(self.forests), -1)
        }


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
    forests = []
    for rule in rules:
        forest = ExtraTreesClassifier(
            TREES, min_samples_leaf=LEAF, max_features=LOOKED_AT, class_weight="balanced", random_state=seed
        )
        forests.append(forest.fit(told[within].astype(np.float32), cases.labels[within, rule]))
    return Fitted(sentence, reply, centre, spread, forests)


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
    """The share from which on right findings outweigh the false ones by most, with precision and recall there."""
    order = np.argsort(-shares, kind="stable")
    hits = np.cumsum(right[order])
    count = np.arange(1, len(order) + 1)
    precision, recall = hits / count, hits / max(1, right.sum())
    at = int(np.argmax(hits - PRICE * (count - hits)))
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
    arrays: dict[str, np.ndarray] = {
        "sentence": fitted.sentence.astype(np.float16),
        "reply": fitted.reply.astype(np.float16),
        "centre": fitted.centre.astype(np.float32),
        "spread": fitted.spread.astype(np.float32),
        "told": np.array(json.dumps(told, ensure_ascii=False)),
    }
    arrays.update({f"forest_{name}": column for name, column in fitted.nodes().items()})
    return arrays, figures


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("assistant/model/reply_quality.npz"))
    options = parser.parse_args(argv)
    command = "python -m training.reply_quality --cases cases.npz"
    arrays, figures = learn(Cases.load(options.cases), command)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out, **arrays)  # type: ignore[arg-type]
    for rule, row in figures.items():
        print(rule, json.dumps(row), file=sys.stderr)
    print(json.dumps({"out": str(options.out), "bytes": options.out.stat().st_size, "by_authors": figures}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
