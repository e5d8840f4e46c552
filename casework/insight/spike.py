"""突增: how surprising a count is beside what is usual, so that a spike is told from noise."""

from dataclasses import dataclass
from math import lgamma, log, log1p

PRIOR_SHAPE = 0.5
"""Appeals known beforehand about a matter of which nothing was told: Jeffreys' prior of a Poisson rate."""
STEADY = 16.0
"""Shape of the negative binomial at most: a well-known level still sways (weather, holidays), by a quarter of itself."""
MOST = 320.0
"""Surprise is told up to this; beyond, a double is 0."""


@dataclass(frozen=True, slots=True)
class Level:
    """常态: what is usual of a matter in one window."""

    mean: float
    """Appeals a window."""
    shape: float
    """Of the negative binomial: the smaller, the less the mean is known."""

    @classmethod
    def learnt(cls, count: int, windows: float, likely: float = 0.0) -> "Level":
        """From `count` appeals in that many windows; `likely` is what other places let expect of one, worth one window."""
        shape = PRIOR_SHAPE + likely + count
        return cls(shape / (windows + 1), min(shape, STEADY))

    def surprise(self, count: int) -> float:
        """-log10 of the chance that a usual window brings `count` appeals or more (negative binomial)."""
        if count <= 0:
            return 0.0
        odds = self.mean / (self.mean + self.shape)
        term = (
            lgamma(count + self.shape)
            - lgamma(self.shape)
            - lgamma(count + 1)
            + count * log(odds)
            + self.shape * log1p(-odds)
        )
        # The tail as its first term times 1 + the terms after it, which fall off once past the mean.
        total, ratio, at = 1.0, 1.0, count
        while ratio > 1e-12 * total and at < count + 100_000:
            ratio *= odds * (at + self.shape) / (at + 1)
            total += ratio
            at += 1
        tail = (term + log(total)) / log(10)
        return min(MOST, max(0.0, -tail))


def times(count: int, mean: float) -> float:
    """倍数: how many times the usual."""
    return round(count / mean, 1) if mean > 0 else float(count)
