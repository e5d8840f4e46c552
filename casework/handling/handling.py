"""办理: what staff do with a work order, one action at a time, checked against the table and the order's version."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.callback.follow_up import schedule_callback
from casework.deadline.watch import rearm, settle
from casework.errors import InvalidInput, NotFound
from casework.events import Actor, WorkOrderEvent
from casework.filing import Rules
from casework.handling.action import BY_HAND, NEEDS, Action, actions_for
from casework.handling.assignment import MAX_SUPPORTING, check_departments, check_supporting, give, reassign
from casework.handling.direct_answer import answer
from casework.handling.extension import decide, request
from casework.handling.linking import conclude, merge, unmerge
from casework.handling.reclassification import reclassify
from casework.handling.reply import check_reply
from casework.handling.sight import as_seen, check_sight, sight_of, supports
from casework.handling.supervision import release, settle_urges, supervise, urge
from casework.handling.support import check_heard, opine
from casework.handling.suspension import resume, suspend
from casework.masking import mask_text
from casework.ports import CaseworkUnit, Clock
from casework.transitions import Role
from casework.work_order import ClosingKind, WorkOrder

__all__ = [  # what staff's part of casework consists of, wherever its modules keep it
    "BY_HAND",
    "MAX_SUPPORTING",
    "NEEDS",
    "Action",
    "act",
    "actions_for",
    "as_seen",
    "check_departments",
    "check_sight",
    "check_supporting",
    "sight_of",
    "supports",
]


def act(unit: CaseworkUnit, order_id: int, action: Action, by: Actor, rules: Rules, clock: Clock) -> WorkOrder:
    """Do it: check, change, store order and events. Nothing is committed here.

    Raises: NotFound, Forbidden, Conflict (another acted since), IllegalTransition, InvalidInput.
    """
    if action.name not in BY_HAND:
        raise InvalidInput("没有这个操作。")
    # Whoever only supports an order (协办) may give an opinion on it, and nothing else.
    sight = sight_of(unit, by) if action.name == "opine" else ()
    order = as_seen(unit, order_id, action.version, by, sight)
    order.allow(action.name, by, action.reason)
    step = _Step(unit, order, action, by, rules, clock)
    for event in STEPS.get(action.name, _Step.apply)(step):
        unit.events.append(event)
    if action.name in ("close", "answer"):
        conclude(unit, order, rules, clock)
    rearm(order, rules, clock.now())
    settle(unit, order, clock.now())
    settle_urges(unit, order, clock.now())
    unit.work_orders.save(order)
    return order


@dataclass(frozen=True, slots=True)
class _Step:
    """One action being taken; each method does one kind and returns the events that follow."""

    unit: CaseworkUnit
    order: WorkOrder
    action: Action
    by: Actor
    rules: Rules
    clock: Clock

    def apply(self, **data: object) -> list[WorkOrderEvent]:
        """The transition, and nothing else."""
        return [self.order.apply(self.action.name, self.by, self.clock.now(), self.action.reason, **data)]

    def dispatch(self) -> list[WorkOrderEvent]:
        wanted, unit = self.action, self.unit
        order, rest = self.order, (self.by, self.rules, self.clock)
        return [give(unit, order, wanted.department, wanted.supporting, wanted.reason, *rest)]

    def reassign(self) -> list[WorkOrderEvent]:
        wanted, unit = self.action, self.unit
        order, rest = self.order, (self.by, self.rules, self.clock)
        return [reassign(unit, order, wanted.department, wanted.supporting, wanted.reason, *rest)]

    def merge(self) -> list[WorkOrderEvent]:
        merge(self.unit, self.order, self.action.main, self.by, self.clock, self.action.reason)
        return []

    def unmerge(self) -> list[WorkOrderEvent]:
        unmerge(self.unit, self.order, self.by, self.clock, self.action.reason)
        return []

    def sign(self) -> list[WorkOrderEvent]:
        events = self.apply()
        self.order.signed_at = self.clock.now()
        return [*events, self.order.apply("start", self.by, self.clock.now())]

    def give_back(self) -> list[WorkOrderEvent]:
        if self.by.role is not Role.SUPERVISOR:
            self.rules.deadlines.check_return(self.order.dispatched_at, self.clock.now(), self.rules.time)
        (event,) = self.apply()
        former, self.order.lead_department = self.order.lead_department, ""
        self.order.returns += 1
        return [event.moved(former, "")]

    def request_extension(self) -> list[WorkOrderEvent]:
        return [request(self.order, self.action.days, self.action.reason, self.by, self.rules, self.clock.now())]

    def decide_extension(self) -> list[WorkOrderEvent]:
        wanted = self.action
        return [decide(self.order, wanted.approved, wanted.reason, self.by, self.rules, self.clock.now())]

    def suspend(self) -> list[WorkOrderEvent]:
        return [suspend(self.order, self.action.reason, self.by, self.clock.now())]

    def resume(self) -> list[WorkOrderEvent]:
        return [resume(self.order, self.action.reason, self.by, self.rules, self.clock.now())]

    def reply(self) -> list[WorkOrderEvent]:
        check_reply(self.action.reply)
        missing = check_heard(self.order, self.action.without_support, self.action.reason, self._name_of)
        events = self.apply(**missing)
        self.order.reply, self.order.replied_at = self.action.reply.strip(), self.clock.now()
        return events

    def _name_of(self, code: str) -> str:
        try:
            return self.unit.departments.get(code).name
        except NotFound:
            return code

    def turn_away(self) -> list[WorkOrderEvent]:
        """不予受理、转紧急渠道: nothing is due any more, so it is never late."""
        events = self.apply()
        self.order.due_at = None
        return events

    def answer(self) -> list[WorkOrderEvent]:
        check_reply(self.action.reply)
        events = self.apply()
        answer(self.unit, self.order, self.action.reply, self.rules, self.clock)
        return events

    def close(self) -> list[WorkOrderEvent]:
        _check_closing(self.action.closing_kind)
        events = self.apply(closing_kind=self.action.closing_kind)
        self.order.closing_kind, self.order.closed_at = ClosingKind(self.action.closing_kind), self.clock.now()
        schedule_callback(self.unit, self.order, self.rules, self.clock)
        return events

    def urge(self) -> list[WorkOrderEvent]:
        urge(self.unit, self.order, self.by, self.clock, self.action.reason)
        return []

    def supervise(self) -> list[WorkOrderEvent]:
        return [supervise(self.order, self.action.level, self.action.reason, self.by, self.clock.now())]

    def release(self) -> list[WorkOrderEvent]:
        return [release(self.order, self.action.reason, self.by, self.clock.now())]

    def reclassify(self) -> list[WorkOrderEvent]:
        wanted = self.action
        facts = wanted.type, wanted.category, wanted.urgency, wanted.confidential
        return [reclassify(self.order, *facts, wanted.reason, self.by, self.rules, self.clock.now())]

    def opine(self) -> list[WorkOrderEvent]:
        return [opine(self.order, self.action.opinion, self.by, self.clock.now())]

    def contact(self) -> list[WorkOrderEvent]:
        """联系诉求人: what was said is kept without phones and names."""
        who = self.order.requester
        told = mask_text(self.action.reason, (who.name, who.phone))
        events = [self.order.apply("contact", self.by, self.clock.now(), told)]
        self.order.contacted_at = self.clock.now()
        return events


STEPS: dict[str, Callable[[_Step], list[WorkOrderEvent]]] = {
    "reject": _Step.turn_away,
    "transfer": _Step.turn_away,
    "dispatch": _Step.dispatch,
    "reassign": _Step.reassign,
    "merge": _Step.merge,
    "unmerge": _Step.unmerge,
    "sign": _Step.sign,
    "return": _Step.give_back,
    "request_extension": _Step.request_extension,
    "decide_extension": _Step.decide_extension,
    "suspend": _Step.suspend,
    "resume": _Step.resume,
    "reply": _Step.reply,
    "answer": _Step.answer,
    "close": _Step.close,
    "urge": _Step.urge,
    "supervise": _Step.supervise,
    "release": _Step.release,
    "reclassify": _Step.reclassify,
    "opine": _Step.opine,
    "contact": _Step.contact,
}
"""How each action is taken; the others are their transition alone."""


def _check_closing(kind: str) -> None:
    if kind not in set(ClosingKind):
        raise InvalidInput("请选择办结类型：" + "、".join(ClosingKind) + "。")
