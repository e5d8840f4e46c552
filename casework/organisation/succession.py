"""机构承继: a change of departments is previewed and carried out: departments, staff and open orders in one unit of work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from casework.deadline.watch import inherit
from casework.errors import Conflict
from casework.events import Actor, WorkOrderEvent
from casework.handling.support import succeed
from casework.organisation.department_change import DepartmentChange
from casework.organisation.reorganisation import Plan, Reorganisation, worked_out
from casework.ports import CaseworkUnit, Clock
from casework.transitions import State
from casework.work_order import WorkOrder

IN_HAND = (
    State.DISPATCHED,
    State.SIGNED,
    State.PROCESSING,
    State.EXTENSION_PENDING,
    State.SUSPENDED,
    State.REPLIED,
    State.REWORK,
)
"""Orders that their department is at work on or gets back; of all others it is history."""
SUCCEEDED, SUCCEEDED_NAME = "DepartmentSucceeded", "机构调整"
"""The event of an order whose department is succeeded by another."""


@dataclass(slots=True)
class Impact:
    """影响: what a change would do, or has done."""

    plan: Plan
    moved: dict[str, int] = field(default_factory=dict)
    """Target → open orders that it gets as their lead."""
    supporting: int = 0
    """Open orders in which a source is replaced among the supporting departments."""
    pending: list[WorkOrder] = field(default_factory=list)
    """Open orders for which the mapping is silent: they stay until a dispatcher reassigns them."""
    history: int = 0
    """Orders of the past led by a source; nothing is changed in them."""
    rules: list[str] = field(default_factory=list)
    """Ids of routing rules that name a source; they are to be changed by hand."""


def preview(
    unit: CaseworkUnit, wanted: Reorganisation, by: Actor, clock: Clock, rules: Sequence[object] = ()
) -> Impact:
    """What the change would do; nothing is written. `rules`: routing rules as rows of JSON.

    Raises: InvalidInput.
    """
    impact = Impact(worked_out(unit, wanted, by.id, clock.now()))
    gone = leaving(impact.plan.change)
    impact.rules = [str(row.get("id", "")) for row in rules if isinstance(row, Mapping) and _named_in(row) & set(gone)]
    orders = unit.work_orders.involving(gone, IN_HAND)
    for order in orders:
        _count(order, impact)
    led = sum(row.count for code in gone for row in unit.work_orders.counts(code))
    impact.history = led - sum(order.lead_department in gone for order in orders)
    return impact


def reorganise(
    unit: CaseworkUnit, wanted: Reorganisation, version: int, by: Actor, clock: Clock, rules: Sequence[object] = ()
) -> Impact:
    """Carry it out. `version`: the newest change's number when it was previewed. Nothing is committed here.

    Raises: InvalidInput; Conflict (another change came first).
    """
    unit.departments.hold()
    if version != newest(unit.department_changes.all()):
        raise Conflict("承办单位刚刚由其他人调整过，请重新预览后再确认。")
    impact = preview(unit, wanted, by, clock, rules)
    for department in impact.plan.departments:
        unit.departments.put(department)
    for account, target in impact.plan.staff:
        if target:
            unit.staff.put(replace(account, department=target))
    unit.department_changes.add(impact.plan.change)
    done = Impact(impact.plan, history=impact.history, rules=impact.rules)
    move_orders(unit, done, by, clock)
    return done


def move_orders(unit: CaseworkUnit, impact: Impact, by: Actor, clock: Clock) -> None:
    """Give the sources' open orders to their successors, and count them. Done again, it takes those that came in since."""
    unit.events.hold()  # whoever acts on an order appends first: what is read now stays as it is
    impact.pending = []
    for order in unit.work_orders.involving(leaving(impact.plan.change), IN_HAND):
        _move(unit, order, impact, by, clock)


def newest(changes: Sequence[DepartmentChange]) -> int:
    """The number of the newest change, 0 when there is none."""
    return max((change.id for change in changes), default=0)


def leaving(change: DepartmentChange) -> tuple[str, ...]:
    """The sources whose orders others may take; none in a rename that keeps its code."""
    return () if change.sources == change.targets else change.sources


def _move(unit: CaseworkUnit, order: WorkOrder, impact: Impact, by: Actor, clock: Clock) -> None:
    former = replace(order)
    order.lead_department, order.supporting_departments = _after(impact.plan.change, order)
    succeed(order, _heirs(impact.plan.change, former))
    if (order.lead_department, order.supporting_departments) != (former.lead_department, former.supporting_departments):
        unit.work_orders.save(order)
        heirs = dict(_heirs(impact.plan.change, former)) | {former.lead_department: order.lead_department}
        inherit(unit, order, heirs)
        event = WorkOrderEvent(
            work_order_id=order.id,
            name=SUCCEEDED,
            at=clock.now(),
            actor=by,
            state_from=order.state.value,
            state_to=order.state.value,
            reason=impact.plan.change.note,
        )
        unit.events.append(event.moved(former.lead_department, order.lead_department))
    _count(former, impact)


def _after(change: DepartmentChange, order: WorkOrder) -> tuple[str, list[str]]:
    """Lead and supporting departments as they will be; unchanged where the mapping is silent."""
    gone, heirs = leaving(change), change.heirs(order.category)
    if len(heirs) != 1:
        return order.lead_department, order.supporting_departments
    lead = heirs[0] if order.lead_department in gone else order.lead_department
    supporting = [heirs[0] if code in gone else code for code in order.supporting_departments]
    return lead, [code for code in dict.fromkeys(supporting) if code != lead]


def _heirs(change: DepartmentChange, order: WorkOrder) -> list[tuple[str, str]]:
    """(former code, code of now) of the order's supporting departments."""
    heirs = change.heirs(order.category)
    gone = leaving(change) if len(heirs) == 1 else ()
    return [(code, heirs[0] if code in gone else code) for code in order.supporting_departments]


def _count(order: WorkOrder, impact: Impact) -> None:
    change = impact.plan.change
    lead, supporting = _after(change, order)
    if lead != order.lead_department:
        impact.moved[lead] = impact.moved.get(lead, 0) + 1
    elif lead in leaving(change) and len(change.heirs(order.category)) != 1:
        impact.pending.append(order)
    if supporting != order.supporting_departments:
        impact.supporting += 1


def _named_in(rule: Mapping) -> set[str]:
    """Departments that a routing rule names, in its condition or in what follows from it."""
    when, then = ({} if not isinstance(part, Mapping) else part for part in (rule.get("when"), rule.get("then")))
    supporting = then.get("supporting")
    named = [when.get("department"), then.get("department"), *(supporting if isinstance(supporting, list) else ())]
    return {code for code in named if isinstance(code, str)}
