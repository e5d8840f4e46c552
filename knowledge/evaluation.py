"""检索评测: hit@k, recall@k, MRR and nDCG@10 with bootstrap intervals, from ranked ids and right ids."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
_DECORATION = re.compile(r"[《》〈〉（）()“”\"\s]")


def article_key(reference: str) -> str:
    """One spelling for an article's name (title and locator): quotation marks and 中华人民共和国 dropped."""
    return _DECORATION.sub("", reference).replace("中华人民共和国", "")


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """One question's ranked entry ids and the ids that are right."""

    question: str
    ranked: tuple[str, ...]
    right: frozenset[str]

    @property
    def rank(self) -> int | None:
        """Place (from 1) of the first right entry."""
        return next((i for i, entry_id in enumerate(self.ranked, 1) if entry_id in self.right), None)


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over questions with its 95% bootstrap interval."""

    value: float
    low: float
    high: float


def hit_at(k: int) -> Callable[[RankedQuestion], float]:
    return lambda q: float(q.rank is not None and q.rank <= k)


def recall_at(k: int) -> Callable[[RankedQuestion], float]:
    return lambda q: len(q.right & set(q.ranked[:k])) / len(q.right)


def reciprocal_rank(q: RankedQuestion) -> float:
    return 1 / q.rank if q.rank else 0.0


def ndcg_at_10(q: RankedQuestion) -> float:
    gain = sum(1 / math.log2(i + 1) for i, entry_id in enumerate(q.ranked[:10], 1) if entry_id in q.right)
    return gain / sum(1 / math.log2(i + 1) for i in range(1, min(len(q.right), 10) + 1))


def measures(k: int) -> dict[str, Callable[[RankedQuestion], float]]:
    """Name → measure of one question; `k` is the depth of recall and of the list."""
    return {
        "hit@1": hit_at(1),
        "hit@5": hit_at(5),
        "hit@10": hit_at(10),
        f"recall@{k}": recall_at(k),
        f"mrr@{k}": reciprocal_rank,
        "ndcg@10": ndcg_at_10,
    }


def evaluate(questions: Sequence[RankedQuestion], k: int) -> dict[str, Figure]:
    """All measures over `questions` (at least one), intervals from resampling the questions."""
    draw = np.random.default_rng(0)
    samples = draw.integers(0, len(questions), (RESAMPLES, len(questions)))
    figures = {}
    for name, measure in measures(k).items():
        values = np.array([measure(question) for question in questions])
        low, high = np.percentile(values[samples].mean(axis=1), [2.5, 97.5])
        figures[name] = Figure(float(values.mean()), float(low), float(high))
    return figures


def worst(questions: Sequence[RankedQuestion], count: int = 10) -> list[RankedQuestion]:
    """The questions whose right entry came latest."""
    return sorted(questions, key=lambda q: -(q.rank or 10**6))[:count]
