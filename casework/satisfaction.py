"""满意度: the rates a callback yields, always with their denominators."""

from collections.abc import Iterable
from dataclasses import dataclass

from casework.callback import Callback, CallbackState

SATISFIED_FROM = 3
"""A rating of 基本满意 or better counts as satisfied."""


@dataclass(frozen=True, slots=True)
class Rate:
    """比率: `share` is None where the denominator is 0."""

    numerator: int
    denominator: int

    @property
    def share(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    def as_dict(self) -> dict:
        share = None if self.share is None else round(self.share, 4)
        return {"numerator": self.numerator, "denominator": self.denominator, "share": share}


@dataclass(frozen=True, slots=True)
class SatisfactionRates:
    """响应率、解决率、满意率 over answered callbacks; 回访覆盖率 over closed orders; the rest counted beside them."""

    response: Rate
    resolution: Rate
    satisfaction: Rate
    coverage: Rate
    unreached: int
    waiting: int

    def as_dict(self) -> dict:
        return {
            "response_rate": self.response.as_dict(),
            "resolution_rate": self.resolution.as_dict(),
            "satisfaction_rate": self.satisfaction.as_dict(),
            "callback_coverage": self.coverage.as_dict(),
            "unreached": self.unreached,
            "waiting": self.waiting,
        }


def satisfaction_rates(callbacks: Iterable[Callback], closed_orders: int) -> SatisfactionRates:
    """Rates over `callbacks` of orders closed in a period; `closed_orders` counts those orders' closings."""
    every = list(callbacks)
    answered = [item for item in every if item.state is CallbackState.ANSWERED]
    count = len(answered)
    return SatisfactionRates(
        response=Rate(sum(bool(item.contacted) for item in answered), count),
        resolution=Rate(sum(bool(item.resolved) for item in answered), count),
        satisfaction=Rate(sum((item.rating or 0) >= SATISFIED_FROM for item in answered), count),
        coverage=Rate(len(every), closed_orders),
        unreached=sum(item.state is CallbackState.UNREACHED for item in every),
        waiting=sum(item.state in (CallbackState.SCHEDULED, CallbackState.DUE) for item in every),
    )
