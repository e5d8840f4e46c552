"""关联检索: which earlier orders a new appeal belongs to, and what that changes in its dispatch decision.

Orders are read once and remembered with what is compared of them; of the few that the table of casework.handling.linking finds,
the state is read again, so that a remembered order that is closed by now is not taken for open.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from casework.appeal import Appeal, AppealType
from casework.errors import NotFound
from casework.handling.linking import (
    EVENT_WINDOWS,
    HISTORY,
    LINK_NAMES,
    OPEN,
    TABLE,
    Comparison,
    LinkKind,
    Relation,
    kind_of,
    main_of,
    settled_department,
)
from casework.ports import CaseworkUnit, Clock, WorkOrderFilter
from casework.work_order import WorkOrder
from knowledge.encoder import Encoder
from routing.decision import DispatchDecision
from routing.related import Gist, GistReader, Vectors, likeness, shared

NEWEST = 500
"""Open orders that are compared."""
COMPARED = 40
"""Of these, the ones at the same place with the most character pairs in common that the encoder compares."""
OWN = 50
"""Orders of the same person that are compared, the newest."""
PROPOSED = 5
OVERLAP = timedelta(minutes=5)
"""Orders stored a little late by another server are still found."""
LONGEST = max(*EVENT_WINDOWS.values(), *(rule.within for rule in TABLE if rule.within and rule.within != HISTORY))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of an order."""

    id: int
    number: str
    at: datetime
    type: AppealType
    person: str
    """Only whether it is the same as the appeal's: the conversation, or "own" where the phone is the same."""
    open: bool
    gist: Gist


class RelatedOrders:
    """关联检索. `unit` opens a unit of work for reading."""

    def __init__(self, unit: Callable[[], CaseworkUnit], gists: GistReader, encoder: Encoder, clock: Clock) -> None:
        self._unit, self._gists, self._clock = unit, gists, clock
        self._vectors = Vectors(encoder)
        self._recent: dict[int, _Known] = {}
        self._read_until: datetime | None = None
        self._lock = threading.Lock()

    def find(self, appeal: Appeal) -> list[Relation]:
        """The person's own earlier order first, else those of others about the same event, the most alike first."""
        now = self._clock.now()
        gist = self._gists.read(appeal.text, appeal.district, appeal.elements.place)
        with self._unit() as unit:
            recent = self._refresh(unit, now)
            own = [
                self._known(order, "own")
                for order in unit.work_orders.of_requester(appeal.requester.phone, now - HISTORY)
            ]
        mine = {order.id for order in own}
        talk = appeal.conversation_id or ""
        others = [order for order in recent if order.id not in mine and order.at <= now]
        own = own[-OWN:] + [order for order in others if talk and order.person == talk]
        others = [order for order in others if not (talk and order.person == talk)]
        window = EVENT_WINDOWS[appeal.type]
        near = [order for order in others if now - order.at <= window and gist.site.same(order.gist.site)]
        near.sort(key=lambda order: -shared(gist.pairs, order.gist.pairs))
        compared = own + near[:COMPARED]
        if not compared:
            return []
        like = likeness(gist, [order.gist for order in compared], self._vectors)
        told = [
            (
                compare(
                    gist,
                    order.gist,
                    float(score),
                    place < len(own),
                    now - order.at,
                    appeal.type,
                    order.type,
                    order.open,
                ),
                order,
            )
            for place, (order, score) in enumerate(zip(compared, like, strict=True))
        ]
        found = [(kind, row.likeness, order) for row, order in told if (kind := kind_of(row))]
        return self._still(found, now)

    def warm(self, texts: int = 20) -> bool:
        """Remember the vectors of at most `texts` more orders; False when all are known."""
        with self._unit() as unit:
            recent = self._refresh(unit, self._clock.now())
        missing = [order for order in recent if not self._vectors.knows(order.gist.matter)][:texts]
        for order in missing:
            self._vectors.of([order.gist.told, order.gist.matter])
        return bool(missing)

    def _refresh(self, unit: CaseworkUnit, now: datetime) -> list[_Known]:
        """The open orders of the longest window, newest first; only what is new since the last time is read."""
        with self._lock:
            since = now - LONGEST if self._read_until is None else self._read_until - OVERLAP
            wanted = WorkOrderFilter(states=OPEN, created_from=since, merged=False)
            for order in unit.work_orders.list(wanted, NEWEST)[0]:
                if order.id not in self._recent:
                    self._recent[order.id] = self._known(order, order.conversation_id or "")
            self._read_until = now
            kept = sorted(self._recent.values(), key=lambda order: (order.at, order.id), reverse=True)[:NEWEST]
            self._recent = {order.id: order for order in kept if now - order.at <= LONGEST}
            return list(self._recent.values())

    def _known(self, order: WorkOrder, person: str) -> _Known:
        known = self._recent.get(order.id)
        gist = known.gist if known else self._gists.read(order.text, order.district, order.elements.place)
        return _Known(order.id, order.number, order.created_at, order.type, person, order.state in OPEN, gist)

    def _still(self, found: list[tuple[LinkKind, float, _Known]], now: datetime) -> list[Relation]:
        """The best of the found ones that are still what they were when they were remembered."""
        rank = list(LinkKind)
        # The person's latest order counts, and of others the most alike.
        found.sort(
            key=lambda row: (rank.index(row[0]), -row[2].at.timestamp() if row[0] is not LinkKind.EVENT else -row[1])
        )
        relations: list[Relation] = []
        with self._unit() as unit:
            for kind, like, known in found:
                if len(relations) == PROPOSED or (relations and relations[0].kind is not LinkKind.EVENT):
                    break
                order = unit.work_orders.get(known.id)
                main = main_of(unit, order)
                if kind is LinkKind.EVENT or order.merged_into is None:
                    order = main  # a person's own order is never exchanged for another person's
                if any(relation.number == order.number for relation in relations):
                    continue
                if main.state not in OPEN:
                    self._recent.pop(known.id, None)
                    if kind is LinkKind.EVENT:
                        continue
                    kind = LinkKind.REPEAT
                relations.append(
                    Relation(order.number, kind, round(min(like, 1.0), 4), _reason(kind, now - known.at, like))
                )
        return relations


def compare(
    gist: Gist,
    earlier: Gist,
    like: float,
    same_person: bool,
    apart: timedelta,
    type: AppealType,
    earlier_type: AppealType,
    open: bool,
) -> Comparison:
    """What the table of casework.handling.linking asks for."""
    return Comparison(
        likeness=like,
        same_person=same_person,
        same_text=bool(gist.bare) and gist.bare == earlier.bare,
        same_place=gist.site.same(earlier.site),
        refers=gist.again,
        thanks=gist.thanks or earlier.thanks,
        asks=type is AppealType.CONSULTATION and earlier_type is AppealType.CONSULTATION,
        apart=apart,
        type=type,
        open=open,
    )


def _reason(kind: LinkKind, apart: timedelta, like: float) -> str:
    hours = int(apart.total_seconds() // 3600)
    ago = f"{hours // 24}天前" if hours >= 24 else f"{hours}小时前" if hours else "刚才"
    whose = "同一诉求人" if kind is not LinkKind.EVENT else "其他诉求人"
    what = {
        LinkKind.DUPLICATE: "提交过相同内容，原工单仍在办理",
        LinkKind.REPEAT: "反映过同一事项",
        LinkKind.EVENT: "在同一地点反映了相似的事项",
    }[kind]
    return f"{whose}{ago}{what}（相似度{min(like, 1.0):.0%}）。"


def related_decision(
    decision: DispatchDecision, relations: Sequence[Relation], unit: CaseworkUnit, confidential: bool
) -> DispatchDecision:
    """The decision with its relations as evidence: a 重单 is not dispatched, a 重复诉求 goes where the matter was settled,
    and what others may have told already is shown to a dispatcher first."""
    if not relations:
        return decision
    evidence = decision.evidence | {"related": [relation.as_dict() for relation in relations]}
    first = relations[0]
    if first.kind is LinkKind.DUPLICATE:
        evidence |= {
            "held_from": decision.decision,
            "reason": f"{LINK_NAMES[first.kind]}：{first.reason}随原工单办理，不再派单。",
        }
        return replace(decision, decision="review", evidence=evidence)
    if first.kind is LinkKind.REPEAT:
        earlier = unit.work_orders.by_number(first.number)
        code = settled_department(earlier, confidential)
        try:
            department = unit.departments.get(code) if code else None
        except NotFound:
            department = None
        if department is None or not department.active:
            return replace(decision, evidence=evidence)
        evidence["reason"] = f"{LINK_NAMES[first.kind]}：{first.reason}由原承办单位{department.name}继续办理。"
        return replace(decision, department=code, confidence=1.0, decision="auto", evidence=evidence)
    return replace(decision, decision="review", evidence=evidence)
