"""分类器训练: the assistant's two small classifiers, 诉求类型 (types) and 去处 (doors), on the encoder's vector.

Commands (write assistant/model/types.json and doors.json, print figures by five folds):
    python -m training.classifiers types --questions demo/data/questions-tune.jsonl
    python -m training.classifiers doors --safety demo/data/safety-train.jsonl --questions demo/data/questions-tune.jsonl
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from casework.appeal import AppealType
from knowledge.encoder import SHIPPED, OnnxEncoder
from training.answers import read_entries

NONE = "none"
FALSE_ALARMS = 0.01
"""Share of ordinary texts that each group of doors may be shown to by mistake."""
GROUPS = {
    "emergency": ("self_harm", "fire", "gas", "crime", "traffic", "medical"),
    "refusal": ("litigation", "discipline", "review", "petition", "disclosure", "secrets"),
    "smalltalk": ("smalltalk",),
    "abuse": ("abuse",),
}
"""Labels that `assistant.safety` acts on together: which emergency it is matters less than that it is one."""


def read_jsonl(paths: list[Path]) -> list[dict]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


def type_rows(appeals: list[dict], questions: list[dict], knowledge: Path) -> tuple[list[str], list[str]]:
    """Appeals by their type; questions to the knowledge base are 咨询."""
    texts, labels = [row["text"] for row in appeals], [row["type"] for row in appeals]
    asked = [q for entry in read_entries([knowledge]) for q in (entry.title, *entry.similar_questions[:3])]
    asked += [
        row["text"] for row in questions if row["kind"] in ("answerable", "ambiguous") or row["note"] == "near_miss"
    ]
    return texts + asked, labels + [AppealType.CONSULTATION.value] * len(asked)


def door_rows(
    safety: list[dict], appeals: list[dict], questions: list[dict], knowledge: Path
) -> tuple[list[str], list[str]]:
    """Safety texts by their door; appeals and ordinary questions have none."""
    texts, labels = [row["text"] for row in safety], [row["door"] for row in safety]
    plain = [row["text"] for row in appeals if row["urgency"] == "一般"]
    plain += [row["text"] for row in questions if row["kind"] in ("answerable", "ambiguous", "unanswerable")]
    plain += [q for entry in read_entries([knowledge]) for q in (entry.title, *entry.similar_questions[:2])]
    return texts + plain, labels + [NONE] * len(plain)


def group_shares(shares: np.ndarray, classes: list[str]) -> dict[str, np.ndarray]:
    """Group → (n,) summed probability of its labels."""
    return {name: shares[:, [classes.index(label) for label in labels]].sum(axis=1) for name, labels in GROUPS.items()}


def thresholds_for(groups: dict[str, np.ndarray], truth: np.ndarray) -> dict[str, float]:
    """The lowest share at which no more than FALSE_ALARMS of the ordinary texts fall into a group."""
    ordinary = truth == NONE
    quantiles = {name: np.quantile(share[ordinary], 1 - FALSE_ALARMS) for name, share in groups.items()}
    return {name: round(float(np.clip(value, 0.15, 0.9)), 4) for name, value in quantiles.items()}


def fit(texts: list[str], labels: list[str], encoder: OnnxEncoder) -> dict:
    """Fit on all rows; figures and thresholds from five folds."""
    vectors, truth = encoder.encode(texts), np.array(labels)
    model = LogisticRegression(C=10.0, max_iter=3000)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    shares = cross_val_predict(model, vectors, truth, cv=folds, method="predict_proba")
    classes = sorted(set(labels))
    predicted = np.array(classes)[shares.argmax(axis=1)]
    model.fit(vectors, truth)
    told = {"rows": len(texts), "accuracy": round(float((predicted == truth).mean()), 4)}
    thresholds: dict[str, float] = {}
    if NONE in classes:
        groups = group_shares(shares, classes)
        thresholds = thresholds_for(groups, truth)
        for name, share in groups.items():
            found = share >= thresholds[name]
            told[f"{name}_recognised"] = round(float(found[np.isin(truth, GROUPS[name])].mean()), 3)
            told[f"{name}_false_alarms"] = round(float(found[truth == NONE].mean()), 4)
    else:
        asks = truth == AppealType.CONSULTATION.value
        told["question_or_appeal"] = round(float(((predicted == AppealType.CONSULTATION.value) == asks).mean()), 4)
    return {
        "encoder": encoder.name,
        "labels": classes,
        "thresholds": thresholds,
        "weights": np.round(np.vstack([model.coef_.T, model.intercept_]), 3).tolist(),
        "figures_by_five_folds": told,
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("types", "doors"))
    parser.add_argument(
        "--appeals", type=Path, nargs="+", default=sorted(Path("demo/data").glob("appeals-[0-9]*.jsonl"))
    )
    parser.add_argument("--questions", type=Path, nargs="*", default=[])
    parser.add_argument("--safety", type=Path, nargs="*", default=[])
    parser.add_argument("--knowledge", type=Path, default=Path("demo/data/knowledge"))
    parser.add_argument("--encoder", type=Path, default=SHIPPED)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    appeals, questions = read_jsonl(options.appeals), read_jsonl(options.questions)
    if options.what == "types":
        rows = type_rows(appeals, questions, options.knowledge)
    else:
        rows = door_rows(read_jsonl(options.safety), appeals, questions, options.knowledge)
    learned = fit(*rows, OnnxEncoder(options.encoder))
    out = options.out or Path("assistant/model") / f"{options.what}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(learned, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(learned["figures_by_five_folds"], ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
