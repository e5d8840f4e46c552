"""工单关联服务: finds what a new appeal belongs to, says so to whoever sent the same twice, and shows staff an order's links.

Departments see links between open orders alone: a report (举报) must not be told apart by what it is linked to, and of
others' orders only those that are handled with their own.
"""

from collections.abc import Sequence
from dataclasses import replace

from api.instance import Instance
from assistant.conversation import Conversation
from assistant.repeated import handled_by_itself, registered_already, too_late
from assistant.reply import Reply
from casework.appeal import Appeal
from casework.errors import InvalidInput, NotFound
from casework.events import Actor
from casework.handling.linking import LINK_NAMES, LinkKind, insist
from casework.masking import mask_text
from casework.organisation.department import Department
from casework.ports import CaseworkUnit
from casework.transitions import STATE_NAMES, Role
from casework.work_order import WorkOrder
from routing.decision import DispatchDecision
from routing.relations import related_decision

EXCERPT = 60
MOST = 200
"""Links shown of one order."""
BACK = {
    "duplicate_of": ("duplicate", "重单"),
    "merged_into": ("merged", "并入本单"),
    "repeat_of": ("repeated_by", "再次反映"),
    "split_from": ("part", "拆分出的工单"),
}
FORTH = {
    "merged_into": ("main", "已并入主单"),
    "duplicate_of": ("duplicate_of", "与此单内容相同"),
    "repeat_of": ("repeat_of", "此前反映"),
    "split_from": ("split_from", "拆分自"),
}
"""Flag → relation and its name: of the orders that point here, and of those that this one points to."""


def relate(instance: Instance, appeal: Appeal, decision: DispatchDecision) -> DispatchDecision:
    """The decision with what the appeal belongs to. No unit of work is held while texts are compared."""
    relations = instance.related_orders.find(appeal)
    if not relations:
        return decision
    with instance.unit() as work:
        return related_decision(decision, relations, work, bool(appeal.confidential))


def filed_again(work: CaseworkUnit, conversation: Conversation, order: WorkOrder, reply: Reply) -> Reply:
    """`reply`, or that the same is registered already."""
    if order.duplicate_of is None:
        return reply
    return registered_already(conversation, reply, order.number, work.work_orders.get(order.duplicate_of).number)


def insist_on(work: CaseworkUnit, instance: Instance, conversation: Conversation, number: str) -> Reply:
    """The citizen wants the order with this number handled by itself."""
    order = work.work_orders.by_number(number)
    try:
        insist(work, order, instance.rules, instance.clock)
    except InvalidInput as error:
        return too_late(conversation, error.message)
    name = work.departments.get(order.lead_department).name if order.lead_department else ""
    return handled_by_itself(conversation, number, name)


def links_of(work: CaseworkUnit, order: WorkOrder, by: Actor, departments: dict[str, Department]) -> list[dict]:
    """The links of docs/api.md, those to what came before first."""
    rows: list[tuple[str, str, WorkOrder, dict]] = []
    for flag, (relation, name) in FORTH.items():
        other = getattr(order, flag)
        if other is not None:
            rows.append((relation, name, work.work_orders.get(other), {}))
    for other in work.work_orders.linked_to(order.id)[:MOST]:
        flag = next(flag for flag in BACK if getattr(other, flag) == order.id)
        rows.append((*BACK[flag], other, {}))
    linked = {other.number for _, _, other, _ in rows}
    for proposal in _proposed(order):
        if proposal["number"] in linked:
            continue
        try:
            other = work.work_orders.by_number(proposal["number"])
        except NotFound:
            continue
        rows.append(("proposed", LINK_NAMES[LinkKind(proposal["kind"])], other, proposal))
    return [
        _link_view(relation, name, other, proposal, departments)
        for relation, name, other, proposal in rows
        if _may_see(relation, order, other, by)
    ]


def _proposed(order: WorkOrder) -> Sequence[dict]:
    return order.dispatching.evidence.get("related", []) if order.dispatching else []


def _may_see(relation: str, order: WorkOrder, other: WorkOrder, by: Actor) -> bool:
    if by.role is not Role.DEPARTMENT:
        return True
    if order.confidential or other.confidential or relation == "proposed":
        return False
    mine = by.department in (other.lead_department, *other.supporting_departments)
    return relation in ("merged", "duplicate") or mine


def _link_view(relation: str, name: str, other: WorkOrder, proposal: dict, departments: dict[str, Department]) -> dict:
    lead = departments.get(other.lead_department)
    return {
        "relation": relation,
        "name": name,
        "id": other.id,
        "number": other.number,
        "state_name": STATE_NAMES[other.state],
        "created_at": other.created_at,
        "department_name": lead.name if lead else other.lead_department,
        "district": other.district,
        "excerpt": mask_text(other.text, (other.requester.name, other.requester.phone))[:EXCERPT],
        "similarity": proposal.get("similarity"),
        "reason": proposal.get("reason", ""),
        "held": other.held,
    }


def merged_counts(work: CaseworkUnit, orders: Sequence[WorkOrder], by: Actor) -> dict[int, int]:
    """How many orders of others were merged into each; reports are not counted for departments."""
    return work.work_orders.merged_counts([order.id for order in orders], by.role is not Role.DEPARTMENT)


def for_reader(order: WorkOrder, by: Actor) -> WorkOrder:
    """The order without what a department must not see of others': the proposals in its evidence."""
    told = order.dispatching
    if by.role is not Role.DEPARTMENT or told is None or "related" not in told.evidence:
        return order
    evidence = {name: value for name, value in told.evidence.items() if name != "related"}
    return replace(order, dispatching=replace(told, evidence=evidence))
