"""派单评测: how often the right department is first or among three, how honest the confidence is, how much is dispatched alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.calibration import calibration_error, pooled_threshold

WANTED = (0.9, 0.95, 0.98)
_CONFUSIONS, _ERRORS, _BINS = 15, 20, 10


@dataclass(frozen=True, slots=True)
class Outcomes:
    """评测结果的原始数据. `y` is the column of the true label, −1 for a label the model does not know."""

    labels: list[str]
    probabilities: np.ndarray
    """(texts, labels)"""
    y: np.ndarray

    @property
    def chosen(self) -> np.ndarray:
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        return self.probabilities.max(axis=1)

    @property
    def right(self) -> np.ndarray:
        return self.chosen == self.y


def outcomes(labels: Sequence[str], probabilities: np.ndarray, truth: Sequence[str]) -> Outcomes:
    column = {label: i for i, label in enumerate(labels)}
    return Outcomes(list(labels), probabilities, np.array([column.get(label, -1) for label in truth], dtype=np.int64))


def macro_f1(chosen: np.ndarray, y: np.ndarray) -> float:
    """Mean F1 over the labels that occur in `y`; labels that only the predictions have count as false positives elsewhere."""
    size = int(max(chosen.max(initial=-1), y.max(initial=-1))) + 1
    true = np.bincount(y[y >= 0], minlength=size)
    hit = np.bincount(y[(chosen == y) & (y >= 0)], minlength=size)
    f1 = 2 * hit / np.maximum(true + np.bincount(chosen, minlength=size), 1)
    unknown = int((y < 0).any())  # labels the model does not have count as one with F1 0
    return float(f1[true > 0].sum() / max(int((true > 0).sum()) + unknown, 1))


def auto_mask(found: Outcomes, thresholds: dict[str, float | None]) -> np.ndarray:
    """Which texts the model would dispatch by itself."""
    lines = np.array([np.inf if (line := thresholds.get(label)) is None else line for label in found.labels])
    return found.confidence >= lines[found.chosen]


def measures(found: Outcomes, thresholds: dict[str, float | None] | None = None) -> dict:
    """The figures kept with the model: shares 0–1, each with the number of texts it is of; "auto" only with thresholds."""
    order = np.argsort(-found.probabilities, axis=1, kind="stable")[:, :3]
    figures = {
        "rows": len(found.y),
        "top1": _share(found.right),
        "top3": _share((order == found.y[:, None]).any(axis=1)),
        "macro_f1": round(macro_f1(found.chosen, found.y), 4),
        "calibration_error": round(calibration_error(found.confidence, found.right), 4),
        "coverage_at": {f"{wanted:.2f}": _coverage(found, wanted) for wanted in WANTED},
    }
    if thresholds is not None:
        figures["auto"] = auto_figures(found, auto_mask(found, thresholds))
    return figures


def auto_figures(found: Outcomes, auto: np.ndarray) -> dict:
    """What is dispatched without a person, and how much of it rightly."""
    return {"coverage": _share(auto), "precision": _share(found.right[auto]), "rows": int(auto.sum())}


def _share(mask: np.ndarray) -> float | None:
    return round(float(mask.mean()), 4) if len(mask) else None


def _coverage(found: Outcomes, wanted: float) -> float:
    """Share of texts above the best single line for this precision, known only afterwards: how well confidence ranks."""
    line = pooled_threshold(found.confidence, found.right.astype(float), wanted)
    return 0.0 if line is None else round(float((found.confidence >= line).mean()), 4)


def department_table(found: Outcomes, thresholds: dict[str, float | None]) -> list[dict]:
    """Per label, most rows first: rows, precision, recall, F1, threshold, coverage and precision when dispatched alone."""
    auto, rows = auto_mask(found, thresholds), []
    for i, label in enumerate(found.labels):
        true, said = found.y == i, found.chosen == i
        hit = int((true & said).sum())
        rows.append(
            {
                "label": label,
                "rows": int(true.sum()),
                "precision": round(hit / said.sum(), 4) if said.any() else None,
                "recall": round(hit / true.sum(), 4) if true.any() else None,
                "f1": round(2 * hit / (true.sum() + said.sum()), 4) if (true | said).any() else None,
                "threshold": thresholds.get(label),
                "auto": int((auto & said).sum()),
                "auto_precision": _share(found.right[auto & said]),
            }
        )
    return sorted(rows, key=lambda row: -int(row["rows"] or 0))


def confusions(found: Outcomes) -> list[dict]:
    """The pairs most often confused: {"true", "said", "rows"}."""
    pairs = Counter(
        (found.labels[y] if y >= 0 else "（未知单位）", found.labels[said])
        for y, said in zip(found.y, found.chosen, strict=True)
        if y != said
    )
    return [{"true": true, "said": said, "rows": count} for (true, said), count in pairs.most_common(_CONFUSIONS)]


def worst_errors(found: Outcomes, texts: Sequence[str], truth: Sequence[str]) -> list[dict]:
    """Wrong answers of the greatest confidence: {"text", "true", "said", "confidence"}."""
    wrong = np.flatnonzero(~found.right)
    worst = wrong[np.argsort(-found.confidence[wrong], kind="stable")][:_ERRORS]
    return [
        {
            "text": texts[i][:120],
            "true": truth[i],
            "said": found.labels[found.chosen[i]],
            "confidence": round(float(found.confidence[i]), 4),
        }
        for i in worst
    ]


def reliability(found: Outcomes) -> list[dict]:
    """Ten bins of equal mass: {"confidence", "right", "rows"}."""
    order = np.argsort(found.confidence, kind="stable")
    return [
        {
            "confidence": round(float(found.confidence[part].mean()), 4),
            "right": round(float(found.right[part].mean()), 4),
            "rows": len(part),
        }
        for part in np.array_split(order, _BINS)
        if len(part)
    ]


def coverage_curve(found: Outcomes, points: int = 50) -> list[dict]:
    """Precision against coverage as the line falls: {"coverage", "precision", "confidence"}."""
    order = np.argsort(-found.confidence, kind="stable")
    precision = np.cumsum(found.right[order]) / np.arange(1, len(order) + 1)
    ends = np.unique(np.linspace(1, len(order), min(points, len(order))).astype(int)) - 1
    return [
        {
            "coverage": round((end + 1) / len(order), 4),
            "precision": round(float(precision[end]), 4),
            "confidence": round(float(found.confidence[order[end]]), 4),
        }
        for end in ends
    ]
