"""工单关联: 重复诉求, 重单 and 群体诉求: when two appeals belong together, by one table, and what follows for their orders.

A 重单 is held and closes with its main order; a 重复诉求 is dispatched again and linked; that different persons tell of one
event is only proposed, and a dispatcher merges (并单) or not.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

from casework.appeal import AppealType
from casework.callback.follow_up import schedule_callback
from casework.deadline.watch import rearm
from casework.errors import Conflict, InvalidInput, NotFound
from casework.events import CITIZEN, SYSTEM, Actor
from casework.filing import Rules, dispatch, hours_of
from casework.masking import mask_text
from casework.ports import CaseworkUnit, Clock
from casework.transitions import State
from casework.work_order import WorkOrder


class LinkKind(StrEnum):
    """关联类型."""

    DUPLICATE = "duplicate"
    REPEAT = "repeat"
    EVENT = "event"


LINK_NAMES = {LinkKind.DUPLICATE: "重单", LinkKind.REPEAT: "重复诉求", LinkKind.EVENT: "疑似同一事件"}
OPEN = (
    State.PENDING_DISPATCH,
    State.DISPATCHED,
    State.SIGNED,
    State.RETURNED,
    State.ADJUDICATED,
    State.PROCESSING,
    State.EXTENSION_PENDING,
    State.SUSPENDED,
    State.REPLIED,
    State.REWORK,
)
"""States in which an order can take others in: it will be closed, and they with it."""
EVENT_WINDOWS = {
    AppealType.HELP: timedelta(hours=72),
    AppealType.COMPLAINT: timedelta(hours=72),
    AppealType.REPORT: timedelta(hours=72),
    AppealType.SUGGESTION: timedelta(days=14),
    AppealType.CONSULTATION: timedelta(hours=72),
    AppealType.PRAISE: timedelta(0),
}
"""How near in time two appeals about one event are, by the type of the later one."""
HISTORY = timedelta(days=180)
"""How far back a person's own orders are looked at."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """比对: what two appeals have in common, the earlier one being an order."""

    likeness: float
    """Mean cosine of the texts and of their matters."""
    same_person: bool
    same_text: bool
    same_place: bool
    """They name one place, or one street or district and nothing finer that differs."""
    refers: bool
    """The later one leans on an earlier appeal (上次、又、还没)."""
    thanks: bool
    """One of them only thanks."""
    asks: bool
    """Both are consultations: each is answered by itself."""
    apart: timedelta
    type: AppealType
    """Of the later one."""
    open: bool
    """The earlier one is still being handled."""


@dataclass(frozen=True, slots=True)
class LinkRule:
    """关联规则: one row; the first that holds tells the kind. Conditions that are False are not asked for."""

    kind: LinkKind
    likeness: float
    """At least; measured on demo/data/links-tune.jsonl by benchmarks/links.py."""
    same_person: bool
    within: timedelta | None
    """None: by the type, EVENT_WINDOWS."""
    open: bool = False
    same_text: bool = False
    refers: bool = False
    same_place: bool = False


TABLE = (
    LinkRule(LinkKind.DUPLICATE, 0.0, True, timedelta(days=7), open=True, same_text=True),
    LinkRule(LinkKind.DUPLICATE, 0.90, True, timedelta(days=7), open=True),
    LinkRule(LinkKind.REPEAT, 0.57, True, HISTORY, refers=True),
    LinkRule(LinkKind.REPEAT, 0.75, True, HISTORY),
    LinkRule(LinkKind.EVENT, 0.63, False, None, open=True, same_place=True),
)


def kind_of(told: Comparison, table: Sequence[LinkRule] = TABLE) -> LinkKind | None:
    """By the table; None when the two have nothing to do with each other."""
    for rule in table:
        within = EVENT_WINDOWS[told.type] if rule.within is None else rule.within
        if (
            rule.same_person == told.same_person
            and told.likeness >= rule.likeness
            and told.apart <= within
            and (told.open or not rule.open)
            and (told.same_text or not rule.same_text)
            and (told.refers or not rule.refers)
            and (told.same_place or not rule.same_place)
            and not (told.thanks and not told.same_text)
            and not (told.asks and rule.kind is LinkKind.EVENT)
        ):
            return rule.kind
    return None


@dataclass(frozen=True, slots=True)
class Relation:
    """关联: to an earlier order, as it stands in the evidence of a dispatch."""

    number: str
    kind: LinkKind
    similarity: float
    reason: str

    def as_dict(self) -> dict:
        return asdict(self) | {"kind": self.kind.value}


def attach(unit: CaseworkUnit, order: WorkOrder, relations: Sequence[dict], clock: Clock) -> None:
    """Link an order just filed to the person's own earlier order, if its evidence names one; a 重单 is held.

    The order was written in this unit before, so that what is read here cannot be closed meanwhile.
    """
    own = next((row for row in relations if row["kind"] in (LinkKind.DUPLICATE, LinkKind.REPEAT)), None)
    if own is None:
        return
    earlier = unit.work_orders.by_number(own["number"])
    if own["kind"] == LinkKind.DUPLICATE and earlier.state in OPEN and order.state is State.PENDING_DISPATCH:
        order.duplicate_of, order.merged_into = earlier.id, earlier.merged_into if earlier.held else None
        data = {"main": earlier.number, "kind": LinkKind.DUPLICATE.value}
        unit.events.append(order.apply("merge", SYSTEM, clock.now(), LINK_NAMES[LinkKind.DUPLICATE], **data))
    elif earlier.confidential != order.confidential:
        return  # the link would tell a department who reported; the evidence tells the office
    else:
        order.repeat_of = earlier.id
    unit.work_orders.save(order)


def merge(unit: CaseworkUnit, order: WorkOrder, number: str, by: Actor, clock: Clock, reason: str = "") -> None:
    """并单: the order waits for the one with this number and is closed with it; orders that waited for it come along.

    Raises: InvalidInput (no such main order), IllegalTransition, Forbidden, Conflict (it was closed meanwhile).
    """
    if order.held:
        raise InvalidInput("这张工单已经并单，请先撤销并单。")
    main = _main(unit, number)
    if main.id == order.id:
        raise InvalidInput("不能并入工单自己，请填写另一张工单的编号。")
    same = bool(order.requester.phone) and order.requester.phone == main.requester.phone
    kind = LinkKind.DUPLICATE if same else LinkKind.EVENT
    event = order.apply("merge", by, clock.now(), reason, main=main.number, kind=kind.value)
    unit.events.append(event)
    _hold(order, main, same)
    for other in waiting_for(unit, order.id):
        unit.events.append(other.apply("merge", by, clock.now(), reason, main=main.number, kind=kind.value))
        _hold(other, main, same and other.merged_into is None)
        unit.work_orders.save(other)
    # Nobody else appends an event before this unit ends: what is read now stays so.
    if unit.work_orders.get(main.id).state not in OPEN:
        raise Conflict(f"工单{main.number}刚刚办结，不能再并入，请正常派单。")


def _main(unit: CaseworkUnit, number: str) -> WorkOrder:
    """The open order with this number, or the one that it waits for itself."""
    if not number.strip():
        raise InvalidInput("请填写要并入的主工单编号。")
    try:
        main = unit.work_orders.by_number(number.strip())
    except NotFound:
        raise InvalidInput("没有找到要并入的主工单，请核对工单编号。") from None
    main = main_of(unit, main)
    if main.state not in OPEN:
        raise InvalidInput(f"工单{main.number}已经办结，不能再并入，请正常派单。")
    return main


def _hold(order: WorkOrder, main: WorkOrder, same_person: bool) -> None:
    """A 重单 of an order that goes into another person's keeps saying whose it is: both flags are set."""
    if same_person:
        order.duplicate_of = main.id
    else:
        order.merged_into = main.id


def main_of(unit: CaseworkUnit, order: WorkOrder) -> WorkOrder:
    """主单: the order that this one waits for; itself when it waits for none."""
    return unit.work_orders.get(order.merged_into or order.duplicate_of or order.id) if order.held else order


def unmerge(unit: CaseworkUnit, order: WorkOrder, by: Actor, clock: Clock, reason: str = "") -> None:
    """撤销并单: the order waits for its own dispatch again. Raises: InvalidInput (it is not merged)."""
    if not order.held:
        raise InvalidInput("这张工单没有并单。")
    unit.events.append(order.apply("unmerge", by, clock.now(), reason, main=main_of(unit, order).number))
    order.duplicate_of = order.merged_into = None


def waiting_for(unit: CaseworkUnit, order_id: int) -> list[WorkOrder]:
    """The orders that are held until this one is closed."""
    linked = unit.work_orders.linked_to(order_id)
    return [order for order in linked if order.held and order_id == (order.merged_into or order.duplicate_of)]


def conclude(unit: CaseworkUnit, main: WorkOrder, rules: Rules, clock: Clock) -> None:
    """随主单办结: close what waits for the closed `main` with its reply; each has a callback of its own.

    The main order's requester is not named in the replies to others; a confidential order's department stays unnamed.
    """
    now = clock.now()
    for order in waiting_for(unit, main.id):
        unit.events.append(order.apply("conclude", SYSTEM, now, main=main.number))
        order.reply = main.reply if order.duplicate_of == main.id else for_others(main)
        order.replied_at, order.closed_at, order.closing_kind = now, now, main.closing_kind
        if order.confidential == main.confidential:
            order.lead_department = main.lead_department
        schedule_callback(unit, order, rules, clock)
        rearm(order, rules, now)
        unit.work_orders.save(order)


def for_others(main: WorkOrder) -> str:
    """The reply as other persons may read it: whom it was written to is nobody's business."""
    name = main.requester.name
    told = mask_text(main.reply, (name, main.requester.phone))
    for title in ("女士", "先生", "同志", "老师"):
        told = told.replace(name[:1] + title, "市民") if name else told
    return told


def insist(unit: CaseworkUnit, order: WorkOrder, rules: Rules, clock: Clock) -> None:
    """The citizen wants a 重单 handled by itself: it becomes a 重复诉求, dispatched as it would have been.

    Raises: InvalidInput (it was closed or dispatched meanwhile).
    """
    if not order.held or order.duplicate_of is None:
        raise InvalidInput("这张工单已经单独办理或已随原工单办结，请在“查询进度”里查看。")
    earlier = unit.work_orders.get(order.duplicate_of)
    unmerge(unit, order, CITIZEN, clock, "诉求人要求单独办理")
    order.repeat_of = earlier.id
    told = order.dispatching
    sure = told is not None and told.evidence.get("held_from") == "auto"
    if told is not None and sure and unit.departments.get(told.department).active:
        told.decision = "auto"
        unit.events.append(
            dispatch(order, told.department, SYSTEM, rules, clock, hours=hours_of(unit, told.department))
        )
    rearm(order, rules, clock.now())
    unit.work_orders.save(order)


def settled_department(earlier: WorkOrder, confidential: bool) -> str:
    """Who handles the matter, where the earlier order's department had taken it; "" where that is not settled.

    A report and an open complaint of one person never lead to each other's department: that would tell who reported.
    """
    taken = (earlier.signed_at or earlier.closed_at) and earlier.confidential == confidential
    return earlier.lead_department if taken else ""
