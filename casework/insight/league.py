"""承办单位排名: departments by one measure at a time, with care for small numbers.

A share over few orders is mostly luck. Who has fewer than a minimum is listed apart; the others stand by the bound of
the Wilson interval that they reach for sure: the lower one where more is better, the upper one where less is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from casework.errors import InvalidInput

Z = 1.959963984540054
"""Of a two-sided interval of 95%."""


class LeagueMeasure(StrEnum):
    """承办单位指标."""

    FIRST_RIGHT = "first_right"
    RETURNED = "returned"
    SIGNED_IN_TIME = "signed_in_time"
    CLOSED_IN_TIME = "closed_in_time"
    RESPONSE = "response"
    RESOLUTION = "resolution"
    SATISFACTION = "satisfaction"
    FAULTY = "faulty"
    EXTENDED = "extended"
    SUPERVISED = "supervised"


@dataclass(frozen=True, slots=True)
class MeasureText:
    """指标说明."""

    name: str
    basis: str
    """Numerator / denominator in words."""
    good: bool
    """Whether more is better."""
    by_closing: bool = False
    """Counted over what was closed in the period (`casework.callback.satisfaction`), not over what was filed in it."""


MEASURES = {
    LeagueMeasure.FIRST_RIGHT: MeasureText("一次派准率", "首次派单后未退单、未改派 / 首次派给本单位", True),
    LeagueMeasure.RETURNED: MeasureText("退单率", "本单位退回 / 曾派给本单位", False),
    LeagueMeasure.SIGNED_IN_TIME: MeasureText("按时签收率", "按时签收 / 已签收或签收已超时", True),
    LeagueMeasure.CLOSED_IN_TIME: MeasureText("按时办结率", "按时办结 / 已办结或办理已超时", True),
    LeagueMeasure.RESPONSE: MeasureText("响应率", "联系过市民 / 已评价", True, True),
    LeagueMeasure.RESOLUTION: MeasureText("解决率", "问题已解决 / 已评价", True, True),
    LeagueMeasure.SATISFACTION: MeasureText("满意率", "基本满意及以上 / 已评价", True, True),
    LeagueMeasure.FAULTY: MeasureText("质检问题率", "有属实问题的工单 / 已质检工单", False),
    LeagueMeasure.EXTENDED: MeasureText("延期率", "批准过延期 / 主办工单", False),
    LeagueMeasure.SUPERVISED: MeasureText("督办率", "被督办过 / 主办工单", False),
}


def measure_of(name: str) -> LeagueMeasure:
    """Raises: InvalidInput."""
    try:
        return LeagueMeasure(name)
    except ValueError:
        raise InvalidInput(f"没有这个指标，可选：{'、'.join(text.name for text in MEASURES.values())}。") from None


def wilson(numerator: int, denominator: int, z: float = Z) -> tuple[float, float]:
    """The Wilson score interval of a share; (0, 1) where nothing is known.

    Source: Wilson (1927), JASA 22, 209–212.
    """
    if denominator <= 0:
        return 0.0, 1.0
    share, weight = numerator / denominator, z * z / denominator
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * sqrt(share * (1 - share) / denominator + weight / (4 * denominator))
    # Rounding must not push a bound past the share itself.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


@dataclass(frozen=True, slots=True)
class Standing:
    """名次 of one department by one measure; `rank` is None where there are too few orders."""

    department: str
    numerator: int
    denominator: int
    rank: int | None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.numerator, self.denominator)

    def as_dict(self) -> dict:
        share = round(self.numerator / self.denominator, 4) if self.denominator else None
        low, high = self.interval
        return {
            "numerator": self.numerator,
            "denominator": self.denominator,
            "share": share,
            "low": round(low, 4),
            "high": round(high, 4),
            "rank": self.rank,
        }


def ranked(tallies: Mapping[str, tuple[int, int]], good: bool, least: int) -> list[Standing]:
    """Best first, then those with fewer than `least` in the denominator, by code; equal bounds share a rank.

    `tallies`: numerator and denominator by department.
    """

    def bound(row: tuple[int, int]) -> float:
        low, high = wilson(*row)
        return round(low if good else 1 - high, 9)

    enough = {code: row for code, row in tallies.items() if row[1] >= max(1, least)}
    order = sorted(enough, key=lambda code: (-bound(enough[code]), -enough[code][1], code))
    standings: list[Standing] = []
    for place, code in enumerate(order, 1):
        above = standings[-1] if standings else None
        same = above is not None and bound((above.numerator, above.denominator)) == bound(enough[code])
        rank = above.rank if above is not None and same else place
        standings.append(Standing(code, *enough[code], rank))
    return standings + [Standing(code, *tallies[code], None) for code in sorted(set(tallies) - set(enough))]


def with_units_added(tallies: Mapping[str, tuple[int, int]], parents: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """A department's figures with those of its units (parents: unit → department), which then stand no more alone."""
    summed: dict[str, tuple[int, int]] = {}
    for code, (numerator, denominator) in tallies.items():
        target = parents.get(code) or code
        had = summed.get(target, (0, 0))
        summed[target] = (had[0] + numerator, had[1] + denominator)
    return summed


def own_and_units(code: str, parents: Mapping[str, str], together: bool) -> Sequence[str]:
    """The departments whose orders stand behind a row of the league."""
    return [code, *sorted(unit for unit, parent in parents.items() if parent == code)] if together else [code]
