"""质检服务: inspects closings and drafts with the instance's models; nothing slow within a unit of work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from api.instance import Instance
from api.quality_switches import QualitySwitches
from assistant.inspector import Draft, Inspector
from casework.callback.callback import Callback
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput, NotFound
from casework.events import Actor, WorkOrderEvent
from casework.handling.handling import check_sight, sight_of
from casework.quality.inspection import record_inspection
from casework.quality.quality import Inspection
from casework.quality.reply_rules import Expired, Spotted, titles_in
from casework.transitions import Role
from casework.work_order import ClosingKind, WorkOrder
from knowledge.entry import KnowledgeEntry
from storage.unit_of_work import UnitOfWork

MAX_DRAFT = 100_000
"""Characters of a draft that is taken; what is looked at of it is bounded by `assistant.reply_text.MAX_CHARS`."""
AGENTS = (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
SPOKEN = {"WorkOrderUrged", "RequesterContacted", "WorkOrderRejected", "ReplyRejected", "WorkOrderReclassified"}
"""Events whose reason is what somebody wrote to or about a citizen."""
NATION = "中华人民共和国"


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read of one closing before it is looked at."""

    order: WorkOrder
    draft: Draft
    events: list[WorkOrderEvent]
    words: list[str]
    expired: dict[str, Expired]


@dataclass(frozen=True, slots=True)
class ReplyCheck:
    """答复预检: what was found, checked as closed with `closing_kind`, which is `presumed` while nobody has chosen one."""

    found: list[Spotted]
    closing_kind: str
    presumed: bool


def switches(instance: Instance) -> QualitySwitches:
    return QualitySwitches(instance.settings.data_dir / "quality.json")


def inspector(instance: Instance) -> Inspector:
    """With what is switched off at this moment."""
    return Inspector(instance.reply_judge, frozenset(switches(instance).read()))


def inspect_closing(instance: Instance, order_id: int, round_: int) -> Inspection | None:
    """Inspect one closing and commit; None when it was inspected, or its reply is not known any more (it was handled anew)."""
    read = _read(instance, order_id, round_)
    if read is None:
        return None
    found = inspector(instance).closing(read.order, read.draft, read.events, read.words, read.expired)
    with instance.unit() as work:
        order = work.work_orders.get(order_id)
        if order.reply != read.order.reply:
            return None
        # What the closing was is told by the order as it was read; who is to be told, by the order as it is.
        order.lead_department = read.order.lead_department
        inspection = record_inspection(work, order, round_, found, instance.clock)
        work.commit()
    return inspection


def check_reply(instance: Instance, order_id: int, by: Actor, text: str | None = None, closing: str = "") -> ReplyCheck:
    """What an inspection would find in the reply, or in a draft of it, before the order is closed.

    Without a closing kind it is presumed to be 已解决, which asks most of a reply.
    Raises: NotFound, Forbidden, InvalidInput (no such closing kind, too long).
    """
    if closing and closing not in set(ClosingKind):
        raise InvalidInput("办结类型应为：" + "、".join(ClosingKind) + "。")
    if text is not None and len(text) > MAX_DRAFT:
        raise InvalidInput(f"答复草稿请控制在{MAX_DRAFT}字以内。")
    with instance.unit() as work:
        order = work.work_orders.get(order_id)
        check_sight(order, by, sight_of(work, by))
        reply = order.reply if text is None else text
        chosen = closing or (order.closing_kind.value if order.closing_kind else "")
        kind = chosen or ClosingKind.SOLVED.value
        if not reply.strip():
            return ReplyCheck([], kind, not chosen)
        draft = _draft(instance, order, reply, kind)
        expired = _expired(work, draft)
    return ReplyCheck(inspector(instance).draft(draft, expired), kind, not chosen)


def _read(instance: Instance, order_id: int, round_: int) -> _Read | None:
    with instance.unit() as work:
        try:
            order = work.work_orders.get(order_id)
        except NotFound:
            return None
        if any(one.round == round_ for one in work.quality.inspections_of(order_id)):
            return None
        callbacks, events = list(work.callbacks.of(order_id)), list(work.events.of(order_id))
        closed = next((one for one in callbacks if one.round == round_), None)
        if order.reworks != round_ and not _still(order, round_, closed):
            return None
        draft = _draft(instance, order, order.reply, _closing_kind(order, events))
        words = _words(events, callbacks)
        return _Read(order, draft, events, words, _expired(work, draft))


def _closing_kind(order: WorkOrder, events: Iterable[WorkOrderEvent]) -> str:
    """How the order is or, where it was reopened meanwhile, was closed; "" where no event tells."""
    if order.closing_kind:
        return order.closing_kind.value
    told = [event.data["closing_kind"] for event in events if event.data and "closing_kind" in event.data]
    return told[-1] if told else ""


def _still(order: WorkOrder, round_: int, closed: Callback | None) -> bool:
    """Whether a reopened order still carries the reply with which it was closed."""
    if order.reworks != round_ + 1 or closed is None or closed.closed_at is None or order.replied_at is None:
        return False
    return order.replied_at <= closed.closed_at


def _draft(instance: Instance, order: WorkOrder, reply: str, closing: str) -> Draft:
    at = order.replied_at or instance.clock.now()
    names = tuple(one for one in (order.requester.name, order.requester.phone) if one)
    return Draft(order.text, reply, order.type.value, closing, at.astimezone(CITY_TIME).date(), names)


def _words(events: Iterable[WorkOrderEvent], callbacks: Iterable[Callback]) -> list[str]:
    """What agents wrote: reasons of what they did, and comments of callbacks that they took down."""
    said = [event.reason for event in events if event.name in SPOKEN and event.actor.role in AGENTS]
    taken = [callback.comment for callback in callbacks if callback.channel == "phone" and callback.comment]
    return [one for one in said + taken if one.strip()]


def _expired(work: UnitOfWork, draft: Draft) -> dict[str, Expired]:
    """Of the documents that the reply cites: those that the knowledge base knows to have ended before."""
    found = {}
    for title in titles_in(draft.reply):
        entries = [*work.knowledge.titled(title), *work.knowledge.titled(NATION + title)]
        ended = _ended(work, entries, draft)
        if ended is not None:
            found[title.removeprefix(NATION)] = ended
    return found


def _ended(work: UnitOfWork, entries: list[KnowledgeEntry], draft: Draft) -> Expired | None:
    """When the last version ended, and what replaced it; None while one version is in force, or none is known."""
    ends = []
    for entry in entries:
        by = entry.superseded_by
        successors = work.knowledge.titled(by) if by else []
        begins = [one.effective_from for one in successors if one.effective_from]
        days = [entry.effective_to + timedelta(days=1)] if entry.effective_to else []
        end = min(days + begins, default=None)
        if end is None or end > draft.day:
            return None
        ends.append((end, by if successors else ""))
    if not ends:
        return None
    since, successor = max(ends)
    return Expired(since, successor)
