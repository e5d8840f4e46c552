"""启用门槛: a candidate takes over only if it is not worse than the model in use, on the same texts neither has seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from training.routing_evaluation import macro_f1

MARGIN = 0.01
"""A loss this small (share of 1) is no loss, when the interval shows that it is no greater."""
_DRAWS = 1000
_LOW = 0.05
OUTCOMES = {
    "first": "没有在用模型可比",
    "better": "新模型明显更好，可以启用",
    "level": "新模型与在用模型不相上下，差别在随机波动之内，新模型不比在用模型差，可以启用",
    "worse": "新模型可能比在用模型差，不予启用",
    "too_few": "比较用的工单太少，不能自动启用",
}
"""What a comparison may come to, and how it is said."""
NAMES = {"top1": "首选准确率", "macro_f1": "宏平均F1", "coverage": "自动派单占比", "precision": "自动派单准确率"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """比较结论; stored with the candidate in the registry."""

    passed: bool
    incumbent: str
    candidate: str
    rows: int
    difference: dict[str, float]
    """candidate − incumbent: {"top1", "macro_f1"}, with automatic dispatch also {"coverage", "precision"}."""
    low: dict[str, float]
    """5% quantile of the difference over paired resamples."""
    high: dict[str, float]
    """95% quantile."""
    explanation: str
    outcome: str = "first"
    """A key of OUTCOMES."""
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    """Both models' own: {"top1": {"incumbent", "candidate"}, …}."""
    needed: int = 0
    """Rows that a comparison of so many departments takes at least."""

    def as_dict(self) -> dict:
        return asdict(self)


def compare(
    incumbent: str,
    candidate: str,
    truth: Sequence[str],
    said_by_incumbent: Sequence[str],
    said_by_candidate: Sequence[str],
    seed: int = 0,
    *,
    departments: int = 0,
    auto_by_incumbent: Sequence[bool] | None = None,
    auto_by_candidate: Sequence[bool] | None = None,
) -> Verdict:
    """Paired bootstrap over the texts.

    The candidate passes when in top-1 and in macro-F1 alike the difference is ≥ 0, or its 5% quantile is ≥ −MARGIN: a loss
    must be shown to be small, a gain need not be shown to be certain. Where it is told which texts each would dispatch
    without a person, a precision there that is shown to be lower (95% quantile < −MARGIN) is a loss too; coverage is only told.
    With fewer texts than `departments` (0: those that occur) nothing passes by itself.
    """
    names = sorted({*truth, *said_by_incumbent, *said_by_candidate})
    column = {name: i for i, name in enumerate(names)}
    y, old, new = (np.array([column[name] for name in row]) for row in (truth, said_by_incumbent, said_by_candidate))
    needed = departments or len(names)
    if not len(y):
        text = "没有可用于比较的数据，不能判断新模型是否更差。请提供更多带时间的工单。"
        return Verdict(False, incumbent, candidate, 0, {}, {}, {}, text, "too_few", {}, needed)
    auto = None
    if auto_by_incumbent is not None and auto_by_candidate is not None:
        auto = np.array(auto_by_incumbent, dtype=bool), np.array(auto_by_candidate, dtype=bool)
    draw = np.random.default_rng(seed)
    found: dict[str, list[float]] = {}
    for _ in range(_DRAWS):
        rows = draw.integers(0, len(y), len(y))
        drawn = _figures(y[rows], old[rows], new[rows], (auto[0][rows], auto[1][rows]) if auto else None)
        for name, (before, after) in drawn.items():
            found.setdefault(name, []).append(after - before)
    figures = _figures(y, old, new, auto)
    difference = {name: round(after - before, 4) for name, (before, after) in figures.items()}
    low = {name: round(float(np.quantile(found[name], _LOW)), 4) for name in difference}
    high = {name: round(float(np.quantile(found[name], 1 - _LOW)), 4) for name in difference}
    outcome = "too_few" if len(y) < needed else _outcome(difference, low, high)
    return Verdict(
        outcome in ("better", "level"), incumbent, candidate, len(y), difference, low, high,
        _explain(outcome, len(y), needed, difference, low, high), outcome,
        {name: {"incumbent": round(old, 4), "candidate": round(new, 4)} for name, (old, new) in figures.items()},
        needed,
    )  # fmt: skip


def _figures(
    y: np.ndarray, old: np.ndarray, new: np.ndarray, auto: tuple[np.ndarray, np.ndarray] | None
) -> dict[str, tuple[float, float]]:
    """(incumbent, candidate) of each figure; the precision of automatic dispatch only where both dispatch anything."""
    found = {
        "top1": (float((old == y).mean()), float((new == y).mean())),
        "macro_f1": (macro_f1(old, y), macro_f1(new, y)),
    }
    if auto:
        found["coverage"] = (float(auto[0].mean()), float(auto[1].mean()))
        if auto[0].any() and auto[1].any():
            found["precision"] = (float((old == y)[auto[0]].mean()), float((new == y)[auto[1]].mean()))
    return found


def _outcome(difference: dict[str, float], low: dict[str, float], high: dict[str, float]) -> str:
    judged = ("top1", "macro_f1")
    if any(low[name] < -MARGIN and difference[name] < 0 for name in judged) or high.get("precision", 0) < -MARGIN:
        return "worse"
    return "better" if any(low[name] > 0 for name in judged) else "level"


def _explain(outcome: str, rows: int, needed: int, difference: dict, low: dict, high: dict) -> str:
    figures = "，".join(
        f"{NAMES[name]}相差{100 * difference[name]:+.1f}个百分点（90%区间{100 * low[name]:+.1f}至{100 * high[name]:+.1f}）"
        for name in difference
    )
    if outcome == "too_few":
        return (
            f"可用于比较的只有{rows}条双方都没学过的工单，少于{needed}个单位，结论不可靠：{figures}。"
            f"至少需要{needed}条，还差{needed - rows}条。请等新工单办理后再训练，或选更长的时间、更多的单位；"
            "确有必要时可由管理员写明理由后启用。"
        )
    return f"在{rows}条双方都没学过的工单上，{figures}。{OUTCOMES[outcome]}。"
