"""工单计数: how many orders there are of each lead department, state and kind of decision."""

from dataclasses import dataclass

from casework.transitions import State


@dataclass(frozen=True, slots=True)
class OrderCount:
    """计数 of the orders that are alike in all of this."""

    department: str
    """Code of the lead department, "" where none leads."""
    state: State
    decision: str
    """auto | review | person; "" while not dispatched."""
    held: bool
    """`WorkOrder.held`"""
    count: int
