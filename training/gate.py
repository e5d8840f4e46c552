"""启用门槛: a candidate takes over only if it is not worse than the model in use, on the same texts neither has seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from training.routing_evaluation import macro_f1

MARGIN = 0.01
"""A loss this small (share of 1) is no loss, when the interval shows that it is no greater."""
_DRAWS = 1000
_LOW = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """比较结论; stored with the candidate in the registry."""

    passed: bool
    incumbent: str
    candidate: str
    rows: int
    difference: dict[str, float]
    """candidate − incumbent: {"top1", "macro_f1"}"""
    low: dict[str, float]
    """5% quantile of the difference over paired resamples."""
    high: dict[str, float]
    explanation: str

    def as_dict(self) -> dict:
        return asdict(self)


def compare(
    incumbent: str,
    candidate: str,
    truth: Sequence[str],
    said_by_incumbent: Sequence[str],
    said_by_candidate: Sequence[str],
    seed: int = 0,
) -> Verdict:
    """Paired bootstrap over the texts.

    The candidate passes when in top-1 and in macro-F1 alike the difference is ≥ 0, or its 5% quantile is ≥ −MARGIN: a loss
    must be shown to be small, a gain need not be shown to be certain.
    """
    names = sorted({*truth, *said_by_incumbent, *said_by_candidate})
    column = {name: i for i, name in enumerate(names)}
    y, old, new = (np.array([column[name] for name in row]) for row in (truth, said_by_incumbent, said_by_candidate))
    if not len(y):
        text = "没有可用于比较的数据，不能判断新模型是否更差。请提供更多带时间的工单。"
        return Verdict(False, incumbent, candidate, 0, {}, {}, {}, text)
    draw = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"top1": [], "macro_f1": []}
    for _ in range(_DRAWS):
        rows = draw.integers(0, len(y), len(y))
        for name, value in _figures(y[rows], old[rows], new[rows]).items():
            found[name].append(value)
    difference = _figures(y, old, new)
    low = {name: round(float(np.quantile(values, _LOW)), 4) for name, values in found.items()}
    high = {name: round(float(np.quantile(values, 1 - _LOW)), 4) for name, values in found.items()}
    difference = {name: round(value, 4) for name, value in difference.items()}
    passed = all(low[name] >= -MARGIN or difference[name] >= 0 for name in difference)
    return Verdict(
        passed, incumbent, candidate, len(y), difference, low, high, _explain(passed, len(y), difference, low, high)
    )


def _figures(y: np.ndarray, old: np.ndarray, new: np.ndarray) -> dict[str, float]:
    return {
        "top1": float((new == y).mean() - (old == y).mean()),
        "macro_f1": macro_f1(new, y) - macro_f1(old, y),
    }


def _explain(passed: bool, rows: int, difference: dict, low: dict, high: dict) -> str:
    names = {"top1": "首选准确率", "macro_f1": "宏平均F1"}
    figures = "，".join(
        f"{names[name]}相差{100 * difference[name]:+.1f}个百分点（90%区间{100 * low[name]:+.1f}至{100 * high[name]:+.1f}）"
        for name in difference
    )
    verdict = "新模型不比在用模型差，可以启用" if passed else "新模型可能比在用模型差，不予启用"
    return f"在{rows}条双方都没学过的工单上，{figures}。{verdict}。"
