"""拆分服务: an appeal with several demands becomes several orders, each read by the router by itself before it is filed."""

from collections.abc import Sequence
from dataclasses import replace

from api.instance import Instance
from casework.events import Actor
from casework.handling.handling import as_seen
from casework.handling.splitting import MOST, Part, split
from casework.transitions import transition
from casework.work_order import Dispatching, WorkOrder
from routing.decision import DispatchDecision


def split_order(instance: Instance, order_id: int, version: int, parts: Sequence[Part], by: Actor) -> WorkOrder:
    """Split the order as `by` saw it; the first part's order. No unit of work is held while the parts are read.

    Raises: NotFound, Forbidden, Conflict, IllegalTransition, InvalidInput (see `casework.handling.splitting.split`).
    """
    with instance.unit() as work:
        order = as_seen(work, order_id, version, by)
        transition("split", order.state, by.role, order.returns)
    read = [_read(instance, order, part) for part in parts[: MOST + 1]]
    with instance.unit() as work:
        order = split(work, as_seen(work, order_id, version, by), read, by, instance.rules, instance.clock)[0]
        work.commit()
    return order


def dispatching_of(decision: DispatchDecision) -> Dispatching:
    """派单依据 as it is kept; the supporting departments of a rule are evidence until the order is dispatched."""
    supporting = {"supporting": list(decision.supporting)} if decision.supporting else {}
    return Dispatching(
        department=decision.department,
        decision=decision.decision,
        confidence=decision.confidence,
        model_department=decision.model_department,
        model_version=decision.model_version,
        candidates=decision.candidates,
        evidence=decision.evidence | supporting,
    )


def _read(instance: Instance, order: WorkOrder, part: Part) -> Part:
    """The part with what the router says of it alone."""
    kind = part.type or order.type
    decision = instance.router().decide(part.text, kind.value, order.district)
    return replace(part, category=part.category or decision.category, proposed=dispatching_of(decision))
