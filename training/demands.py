"""诉求拆分训练: `python -m training.demands --model DIR --demands FILE --singles FILE…` learns routing/data/demands.json.

The model's twin judges the texts, and of the single appeals only those are taken that the twin has not learned: what the judge
sees in training is then as uncertain as it will be in serving. Figures are by five folds over the texts.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from knowledge.encoder import SHIPPED, OnnxEncoder
from routing.clauses import ClauseReader, clauses_of, spans_of
from routing.demands import FEATURES, JUDGE, boundary_features
from routing.predictor import Predictor
from training.routing_data import fingerprint

WANTED = 0.7
"""Share of the appeals that are cut which really bring several demands: the cut is only proposed, and a person decides."""


def read(path: Path) -> list[dict]:
    """Rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def cases(predictor: Predictor, rows: list[dict]) -> list[tuple[np.ndarray, np.ndarray]]:
    """(features, truth) of each text's boundaries: true where a demand after the first begins."""
    found = []
    for row in rows:
        text, demands = row["text"], row.get("demands") or []
        clauses = clauses_of(text)
        reader = ClauseReader(predictor, clauses, twin=True)
        features, places = boundary_features(predictor, reader, clauses, 0, len(clauses))
        starts = [start for start, _ in spans_of(clauses)]
        truth = np.zeros(len(places), dtype=int)
        for demand in demands[1:]:
            begins = text.find(demand["text"])
            # The clause that holds the first word of the demand; a connective before it may be a clause of its own.
            near = [abs(starts[at] - begins) for at in places]
            if near:
                truth[int(np.argmin(near))] = 1
        found.append((features, truth))
    return found


def fit(chosen: list[tuple[np.ndarray, np.ndarray]]) -> tuple[StandardScaler, LogisticRegression]:
    """A judge of boundaries."""
    x = np.concatenate([features for features, _ in chosen if len(features)])
    y = np.concatenate([truth for features, truth in chosen if len(features)])
    scaler = StandardScaler().fit(x)
    return scaler, LogisticRegression(C=0.3, max_iter=2000).fit(scaler.transform(x), y)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a light model trained on the single appeals")
    parser.add_argument("--demands", type=Path, required=True)
    parser.add_argument("--singles", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=JUDGE)
    options = parser.parse_args(argv)
    predictor = Predictor.load(options.model, OnnxEncoder(SHIPPED, threads=1))
    seen = set(predictor.seen.tolist())
    singles = [row for path in options.singles for row in read(path) if fingerprint(row["text"]) not in seen]
    rows = read(options.demands) + [row | {"demands": []} for row in singles]
    told = cases(predictor, rows)
    several = np.array([len(row["demands"]) > 1 for row in rows])
    best, at_place = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
    for train, test in KFold(5, shuffle=True, random_state=0).split(rows):
        scaler, judge = fit([told[i] for i in train])
        for i in test:
            features, truth = told[i]
            if len(features):
                chances = judge.predict_proba(scaler.transform(features))[:, 1]
                best[i], at_place[i] = chances.max(), truth[int(chances.argmax())]
    order = np.argsort(-best)
    precision = np.cumsum(several[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= WANTED)
    line = float(best[order][good[-1]]) if len(good) else 1.0
    cut = best >= line
    scaler, judge = fit(told)
    weights = judge.coef_[0] / scaler.scale_
    bias = float(judge.intercept_[0] - (judge.coef_[0] * scaler.mean_ / scaler.scale_).sum())
    figures = {
        "texts": len(rows),
        "several": int(several.sum()),
        "cut": int(cut.sum()),
        "precision": round(float(several[cut].mean()), 4) if cut.any() else None,
        "recall": round(float(cut[several].mean()), 4),
        "cut_at_the_right_place": round(float(at_place[cut & several].mean()), 4),
        "singles_cut": round(float(cut[~several].mean()), 4),
    }
    row = {
        "features": list(FEATURES),
        "weights": [round(float(value), 6) for value in weights],
        "bias": round(bias, 6),
        "line": round(line, 4),
        "measured": figures | {"how": "five folds over the texts, out of fold"},
        "command": "python -m training.demands --model DIR --demands demo/data/demands-tune.jsonl --singles demo/data/appeals-*.jsonl",
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures), file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
