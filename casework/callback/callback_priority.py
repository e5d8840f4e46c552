"""回访优先级: 不满意、重复、紧急、疑难, each by one condition and one weight; agents see the highest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casework.appeal import Urgency
from casework.callback.callback import Callback
from casework.work_order import WorkOrder

HARD_RETURNS = 2
"""Returns from which on an order counts as 疑难."""


@dataclass(frozen=True, slots=True)
class Reason:
    """优先原因. Weights are powers of two: an earlier reason outweighs all later ones, and the sum tells which applied."""

    name: str
    weight: int
    applies: Callable[[WorkOrder, Sequence[Callback]], bool]
    """Given the order and its former callbacks."""


TABLE = (
    # Set by the inspection (质检) when something serious is found after the closing (`casework.quality.inspection.PRIORITY`).
    Reason("质检存疑", 16, lambda order, former: False),
    Reason("不满意", 8, lambda order, former: any(callback.bad for callback in former)),
    Reason("重复", 4, lambda order, former: order.repeat_of is not None or order.merged_into is not None),
    Reason("紧急", 2, lambda order, former: order.urgency is Urgency.URGENT),
    Reason(
        "疑难",
        1,
        lambda order, former: bool(
            order.returns >= HARD_RETURNS or order.extensions or order.supervision_level or order.reworks
        ),
    ),
)


def priority_of(order: WorkOrder, former: Sequence[Callback]) -> int:
    """The sum of the weights that apply."""
    return sum(reason.weight for reason in TABLE if reason.applies(order, former))


def reasons_of(priority: int) -> list[str]:
    """The names behind a priority."""
    return [reason.name for reason in TABLE if priority & reason.weight]
