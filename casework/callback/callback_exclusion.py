"""不回访的情形: one table of the closings that get no callback; they are counted by reason, never silently dropped."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.work_order import WorkOrder

HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """不回访的情形."""

    code: str
    name: str
    applies: Callable[[WorkOrder], bool]


TABLE = (
    Exclusion("duplicate", "同一诉求人的重单，只回访原工单", lambda order: order.duplicate_of is not None),
    Exclusion(
        "no_contact",
        "保密工单未留联系方式",
        lambda order: order.confidential and not order.requester.phone and not order.conversation_id,
    ),
    Exclusion(HISTORY, "系统启用前办结的历史工单", lambda order: False),
)
"""The first that applies. History is marked by whoever brings it in."""
NAMES = {row.code: row.name for row in TABLE}


def exclusion_of(order: WorkOrder) -> str:
    """The code of the reason why a closed order gets no callback; "" when it gets one."""
    return next((row.code for row in TABLE if row.applies(order)), "")
