"""拆分: 一单多诉 becomes one order for each demand; the first keeps the citizen's whole text, and all are linked to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from casework.appeal import MAX_TEXT, AppealType
from casework.deadline.watch import rearm
from casework.errors import InvalidInput, NotFound
from casework.events import Actor
from casework.filing import Rules, dispatch, hours_of
from casework.handling.assignment import check_departments, check_supporting
from casework.handling.linking import waiting_for
from casework.ports import CaseworkUnit, Clock
from casework.transitions import legal_transitions
from casework.work_order import Dispatching, WorkOrder

MOST = 5
"""Orders that one becomes."""


@dataclass(frozen=True, slots=True)
class Part:
    """一件诉求, as a person cut it out of an appeal."""

    text: str
    department: str = ""
    """Code of the lead department; "" = a dispatcher decides later."""
    supporting: tuple[str, ...] = ()
    category: str = ""
    type: AppealType | None = None
    """None: the whole appeal's."""
    proposed: Dispatching | None = None
    """What was read of this part by itself, for whoever dispatches it."""


def split(
    unit: CaseworkUnit, order: WorkOrder, parts: Sequence[Part], by: Actor, rules: Rules, clock: Clock
) -> list[WorkOrder]:
    """Make of `order` the first part's order and file one for each further part; the first part's order comes first.

    Whoever may dispatch has each part with a department dispatched at once; of an agent the department is a proposal.
    Deadlines run from when the citizen sent the appeal. Nothing is committed here.
    Raises: IllegalTransition (not waiting for dispatch, or merged), Forbidden, InvalidInput, NotFound (no such department).
    """
    event = order.apply("split", by, clock.now())
    parts = [replace(part, text=part.text.strip()) for part in parts]
    _check_once(unit, order)
    _check_parts(unit, parts)
    others = [_file(unit, order, number, parts, by, rules, clock) for number in range(2, len(parts) + 1)]
    numbers = [other.number for other in others]
    told = f"拆分为{len(parts)}件，另立工单{'、'.join(numbers)}"
    unit.events.append(replace(event, reason=told, data={"parts": numbers}))
    first, known = parts[0], order.dispatching or Dispatching("", "review")
    order.dispatching = replace(known, evidence=known.evidence | {"part": _place(1, parts)})
    order.category = first.category or order.category
    if first.type is not None and first.type is not order.type:
        order.type, order.confidential = first.type, order.confidential or first.type is AppealType.REPORT
        order.due_at = rules.deadlines.due_at(order.created_at, order.type, rules.time, order.urgency)
    _give(unit, order, first, by, rules, clock)
    rearm(order, rules, clock.now())
    unit.work_orders.save(order)
    return [order, *others]


def parts_of(unit: CaseworkUnit, order: WorkOrder) -> list[WorkOrder]:
    """The further orders that this one was split into, in the order of the text."""
    return [other for other in unit.work_orders.linked_to(order.id) if other.split_from == order.id]


def may_split(unit: CaseworkUnit, order: WorkOrder, by: Actor) -> bool:
    """Whether `by` may split the order now."""
    legal = any(row.action == "split" for row in legal_transitions(order.state, by.role, order.returns))
    return legal and not order.held and order.split_from is None and not parts_of(unit, order)


def own_text(order: WorkOrder) -> str:
    """What the order's department handles: its part of an appeal that was split, else the whole text."""
    part = order.dispatching.evidence.get("part") if order.dispatching else None
    return part["text"] if part else order.text


def _check_once(unit: CaseworkUnit, order: WorkOrder) -> None:
    if order.split_from is not None:
        main = unit.work_orders.get(order.split_from)
        raise InvalidInput(f"这张工单是由工单{main.number}拆分出来的，不能再次拆分。")
    if parts := parts_of(unit, order):
        raise InvalidInput(f"这张工单已经拆分过（另立工单{'、'.join(part.number for part in parts)}），不能再次拆分。")
    if any(other.merged_into == order.id for other in waiting_for(unit, order.id)):
        raise InvalidInput("已有其他工单并入这张工单。请先撤销并单，拆分后再并入对应的一件。")


def _check_parts(unit: CaseworkUnit, parts: Sequence[Part]) -> None:
    if not 2 <= len(parts) <= MOST:
        raise InvalidInput(f"拆分后应为2至{MOST}件，请增减后再提交。")
    seen: dict[str, int] = {}
    for number, part in enumerate(parts, 1):
        if not part.text:
            _refuse(number, "没有内容，请填写，或者去掉这一件。")
        if len(part.text) > MAX_TEXT:
            _refuse(number, f"超过{MAX_TEXT}字，请精简后再提交。")
        if part.text in seen:
            _refuse(number, f"与第{seen[part.text]}件内容相同，请修改，或者去掉其中一件。")
        seen[part.text] = number
        try:
            if part.department:
                check_departments(unit, part.department, part.supporting)
            else:
                check_supporting(unit, "", part.supporting)
        except (InvalidInput, NotFound) as error:
            raise type(error)(f"第{number}件：{error.message}") from None


def _refuse(number: int, told: str) -> NoReturn:
    raise InvalidInput(f"第{number}件{told}")


def _file(
    unit: CaseworkUnit, main: WorkOrder, number: int, parts: Sequence[Part], by: Actor, rules: Rules, clock: Clock
) -> WorkOrder:
    """立单 of one further part. The citizen sent it when the whole was sent, so that is when its time began."""
    part, now = parts[number - 1], clock.now()
    kind = part.type or main.type
    known = part.proposed or Dispatching("", "review")
    told = f"由工单{main.number}拆分（第{number}件，共{len(parts)}件）。"
    evidence = known.evidence | {
        "reason": told + known.evidence.get("reason", ""),
        "part": _place(number, parts),
        "demands": [],
    }
    order = WorkOrder(
        type=kind,
        text=part.text,
        created_at=main.created_at,
        elements=replace(main.elements),
        requester=replace(main.requester),
        channel=main.channel,
        conversation_id=main.conversation_id,
        district=main.district,
        street=main.street,
        category=part.category or main.category,
        urgency=main.urgency,
        confidential=main.confidential or kind is AppealType.REPORT,
        sentiment=main.sentiment,
        split_from=main.id,
        dispatching=replace(known, decision="review", evidence=evidence),
        due_at=rules.deadlines.due_at(main.created_at, kind, rules.time, main.urgency),
    )
    unit.work_orders.add(order)
    unit.events.append(order.apply("accept", by, now, f"由工单{main.number}拆分", split_from=main.number))
    unit.events.append(order.apply("queue", by, now))
    _give(unit, order, part, by, rules, clock)
    rearm(order, rules, now)
    unit.work_orders.save(order)
    return order


def _give(unit: CaseworkUnit, order: WorkOrder, part: Part, by: Actor, rules: Rules, clock: Clock) -> None:
    """Dispatch the part's order to the chosen department, or keep the choice as a proposal for the dispatcher."""
    may = any(row.action == "dispatch" for row in legal_transitions(order.state, by.role, order.returns))
    if part.department and may:
        hours = hours_of(unit, part.department)
        unit.events.append(dispatch(order, part.department, by, rules, clock, supporting=part.supporting, hours=hours))
        return
    told = order.dispatching
    if told is not None and part.supporting:
        told.evidence["supporting"] = list(part.supporting)
    if told is not None and part.department:
        told.department = part.department
        name = unit.departments.get(part.department).name
        told.evidence["reason"] = f"拆分时建议由{name}承办。{told.evidence.get('reason', '')}"


def _place(number: int, parts: Sequence[Part]) -> dict:
    """拆分位置, as it stands in the evidence: the part's number from 1, of how many, and its words."""
    return {"number": number, "of": len(parts), "text": parts[number - 1].text}
