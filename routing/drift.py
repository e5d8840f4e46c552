"""漂移: week by week, whether the model still sees what it was trained on and is right as often as it was then.

Pure: rows in, figures out. Every figure stands beside its line, which allows for chance at the week's number of orders, so
that few orders do not warn.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

MIN_ORDERS = 30
"""A figure of fewer orders than this never warns."""
ERRORS = 2.0
"""Standard errors below the training's figure that chance alone may explain."""
MAX_RETURNS = 0.1
MAX_SHIFT = 0.25
"""Population stability index from which label shares count as shifted, by custom."""
_EXPECTED = 5
"""Labels with fewer orders expected in a week are taken together."""
_Z = 2.326  # one in a hundred


@dataclass(frozen=True, slots=True)
class Seen:
    """一张工单: what the model said and what became of it. `settled` "" = not settled yet."""

    day: date
    model: str
    """Which model it was."""
    label: str
    """The department the model put first."""
    confidence: float
    auto: bool
    """Dispatched on the model's word, without a person or a rule."""
    dispatched: bool
    returned: bool
    settled: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """训练时的情况: the held-out figures of a model, and how many rows it had of each department."""

    top1: float | None
    coverage: float | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measure:
    """指标: how a figure is named, on which side of its line it warns, and what to do then."""

    key: str
    name: str
    above: bool
    meaning: str
    advice: str


MEASURES = (
    Measure("confidence", "平均置信度", False, "低于训练时的水平", "用最近的工单重新训练"),
    Measure("coverage", "自动派单占比", False, "低于训练时的水平", "用最近的工单重新训练"),
    Measure("agreement", "与最终单位一致率", False, "低于训练时的准确率", "用最近的工单重新训练"),
    Measure("returns", "退单率", True, "高于警戒线", "检查派单规则和单位职责，再用更正后的工单重新训练"),
    Measure(
        "shift", "单位分布偏移（PSI）", True, "各单位占比与训练数据明显不同", "用最近的工单重新训练，并检查规则是否过期"
    ),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """数值: `n` orders it is of, its `line`, and whether it is past it. Null = there is nothing to say."""

    value: float | None
    n: int
    line: float | None
    warning: bool


@dataclass(frozen=True, slots=True)
class Week:
    """一周: Monday to Sunday."""

    week: str
    """ISO 8601: 2026-W47."""
    first: date
    last: date
    orders: int
    models: list[str]
    figures: dict[str, Figure]
    """By the keys of MEASURES."""
    shifts: list[dict] = field(default_factory=list)
    """Departments whose share differs most: {"department", "share", "trained"}, at most three."""

    @property
    def warnings(self) -> list[str]:
        """Keys of the figures past their line."""
        return [key for key, figure in self.figures.items() if figure.warning]


def weeks_of(rows: Iterable[Seen], baselines: Mapping[str, Baseline], current: str) -> list[Week]:
    """A Week for each that has orders, oldest first. A week is held against the model that saw most of its orders; where that
    one is unknown, against the `current` one; where there is none, nothing warns."""
    by_week: dict[date, list[Seen]] = defaultdict(list)
    for row in rows:
        by_week[row.day - timedelta(days=row.day.weekday())].append(row)
    found = []
    for first in sorted(by_week):
        own = by_week[first]
        models = [model for model, _ in Counter(row.model for row in own).most_common()]
        baseline = baselines.get(models[0]) or baselines.get(current)
        year, number, _ = first.isocalendar()
        found.append(
            Week(
                f"{year}-W{number:02}",
                first,
                first + timedelta(days=6),
                len(own),
                models,
                _figures(own, baseline),
                _shifts(own, baseline) if baseline else [],
            )
        )
    return found


def latest(weeks: Sequence[Week]) -> Week | None:
    """The newest week that is large enough to say something."""
    return next((week for week in reversed(weeks) if week.orders >= MIN_ORDERS), None)


def sentences(week: Week) -> list[str]:
    """What is wrong in a week and what to do, in Chinese; none when nothing is."""
    return [
        f"{measure.name}{_told(measure.key, week.figures[measure.key].value)}，{measure.meaning}"
        f"（警戒线{_told(measure.key, week.figures[measure.key].line)}，{week.figures[measure.key].n}张工单）："
        f"建议{measure.advice}。"
        for measure in MEASURES
        if week.figures[measure.key].warning
    ]


def stability_index(trained: Mapping[str, int], seen: Mapping[str, int]) -> tuple[float, float] | None:
    """(population stability index of the label shares, what chance alone stays below 99 times in 100).

    Σ (p − q)·ln(p/q) over the labels; those with fewer than five orders expected, unknown ones among them, are taken
    together. Without drift the index is about χ²(labels − 1)·(1/n + 1/N), so few orders make a great index of nothing.
    None when either side is empty or only one group is left.
    """
    n, total = sum(seen.values()), sum(trained.values())
    if not n or not total:
        return None
    alone = [label for label, count in trained.items() if count / total * n >= _EXPECTED]
    pairs = [(trained[label], seen.get(label, 0)) for label in alone]
    rest = total - sum(pair[0] for pair in pairs), n - sum(pair[1] for pair in pairs)
    if any(rest):
        pairs.append(rest)
    if len(pairs) < 2:
        return None
    k = len(pairs)
    index = 0.0
    for was, now in pairs:
        # Half an order each: a label that nobody has this week must not make the index infinite.
        p, q = (now + 0.5) / (n + k / 2), (was + 0.5) / (total + k / 2)
        index += (p - q) * math.log(p / q)
    return index, _chi_square(k - 1) * (1 / n + 1 / total)


def _chi_square(freedom: int) -> float:
    """The 99% quantile, after Wilson and Hilferty."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + _Z * math.sqrt(part)) ** 3


def _figures(rows: Sequence[Seen], baseline: Baseline | None) -> dict[str, Figure]:
    n = len(rows)
    settled = [row for row in rows if row.settled]
    dispatched = [row for row in rows if row.dispatched]
    top1, coverage = (baseline.top1, baseline.coverage) if baseline else (None, None)
    found = {
        # Calibrated confidences are right on average as often as they say.
        "confidence": _share(sum(row.confidence for row in rows), n, top1),
        "coverage": _share(sum(row.auto for row in rows), n, coverage),
        "agreement": _share(sum(row.label == row.settled for row in settled), len(settled), top1),
    }
    returned = sum(row.returned for row in dispatched)
    rate = returned / len(dispatched) if dispatched else None
    late = rate is not None and len(dispatched) >= MIN_ORDERS and rate > MAX_RETURNS
    found["returns"] = Figure(_rounded(rate), len(dispatched), MAX_RETURNS, late)
    index = stability_index(baseline.counts, _labels(rows)) if baseline else None
    if index is None:
        found["shift"] = Figure(None, n, None, False)
    else:
        line = max(MAX_SHIFT, index[1])
        found["shift"] = Figure(_rounded(index[0]), n, _rounded(line), n >= MIN_ORDERS and index[0] > line)
    return found


def _share(total: float, n: int, trained: float | None) -> Figure:
    value = total / n if n else None
    if value is None or trained is None:
        return Figure(_rounded(value), n, None, False)
    line = max(trained - ERRORS * math.sqrt(trained * (1 - trained) / n), 0.0)
    return Figure(_rounded(value), n, _rounded(line), n >= MIN_ORDERS and value < line)


def _labels(rows: Sequence[Seen]) -> Counter[str]:
    """Departments as they are known now: settled, else what the model said."""
    return Counter(row.settled or row.label for row in rows)


def _shifts(rows: Sequence[Seen], baseline: Baseline) -> list[dict]:
    seen, total = _labels(rows), sum(baseline.counts.values())
    if not total:
        return []
    changed = [
        (label, seen[label] / len(rows), baseline.counts.get(label, 0) / total) for label in {*seen, *baseline.counts}
    ]
    changed.sort(key=lambda row: (-abs(row[1] - row[2]), row[0]))
    return [
        {"department": label, "share": _rounded(share), "trained": _rounded(trained)}
        for label, share, trained in changed[:3]
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _told(key: str, value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.2f}" if key == "shift" else f"{value:.1%}"
