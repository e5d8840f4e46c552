"""建议服务: what an agent is shown beside an order or a conversation, and what became of it."""

from datetime import datetime

from api.instance import Instance, today
from api.services.knowledge_views import hit_view
from assistant.similar_orders import ClosedOrder
from assistant.suggestion_log import SubjectKind, SuggestionRecord, Verdict
from assistant.suggestions import MAX_HITS, Suggestions, query_of, suggest
from casework.callback.satisfaction import Rate
from casework.errors import Forbidden, InvalidInput
from casework.events import Actor
from casework.handling.handling import check_sight, sight_of
from casework.masking import mask_text
from casework.organisation.department import Department
from knowledge.text import has_words


class SuggestionService:
    """建议服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def for_text(self, text: str) -> dict:
        """Not recorded; with the departments that the text may go to."""
        found, known = self._instance.router().candidates(text), self._instance.departments()
        candidates = [row | {"name": known[row["department"]].name} for row in found if row["department"] in known]
        return self._view(None, self._suggest(text), known) | {"candidates": candidates}

    def for_order(self, number: str, by: Actor) -> dict:
        """Raises: NotFound, Forbidden."""
        with self._instance.unit() as work:
            order = work.work_orders.by_number(number)
            check_sight(order, by, sight_of(work, by))
        found = self._suggest(order.text, order.type.value, order.category, order.number)
        return self._shown(SubjectKind.ORDER, number, found, by)

    def for_conversation(self, conversation_id: str, by: Actor) -> dict:
        """Raises: NotFound, InvalidInput when nothing was asked yet."""
        with self._instance.unit() as work:
            query = query_of(work.conversations.get(conversation_id))
        if not query:
            raise InvalidInput("市民还没有提问，暂时没有建议。")
        return self._shown(SubjectKind.CONVERSATION, conversation_id, self._suggest(query), by)

    def decide(self, record_id: int, verdict: Verdict, entry_id: str, final_text: str, by: Actor) -> None:
        """Raises: NotFound, Forbidden, Conflict, InvalidInput."""
        with self._instance.unit() as work:
            record = work.suggestions.get(record_id)
            if record.actor != by.id:
                raise Forbidden("只能由看到这次建议的人登记采纳情况。")
            if entry_id and entry_id not in record.offered:
                raise InvalidInput("采纳的条目不在这次建议之中，请刷新后重试。")
            record.verdict, record.decided_at = verdict, self._instance.clock.now()
            record.entry_id, record.final_text = entry_id, final_text
            work.suggestions.decide(record)
            work.commit()

    def statistics(self, start: datetime | None, end: datetime | None) -> dict:
        """How many were shown in [start, end), and the share of each verdict."""
        with self._instance.unit() as work:
            counts = work.suggestions.counts(start, end)
        shown = sum(counts.values())
        told = (Verdict.ACCEPTED, Verdict.EDITED, Verdict.REJECTED)
        rates = {verdict.value: Rate(counts.get(verdict, 0), shown).as_dict() for verdict in told}
        return {"shown": shown} | rates | {"undecided": counts.get(Verdict.SHOWN, 0)}

    def _suggest(self, query: str, type: str = "", category: str = "", without: str = "") -> Suggestions:
        instance = self._instance
        hits = instance.retriever.search(instance.shelf.current(), query, MAX_HITS, today()) if has_words(query) else []
        similar = instance.similar_orders.nearest(query, type=type, category=category, without=without)
        return suggest(query, hits, similar)

    def _shown(self, kind: SubjectKind, subject: str, found: Suggestions, by: Actor) -> dict:
        """Recorded once for each person, until a verdict is told or something else is found."""
        offered = [hit.entry.id for hit, _ in found.hits]
        with self._instance.unit() as work:
            record = work.suggestions.undecided(kind, subject, by.id)
            if record is None or (record.query, record.offered) != (found.query, offered):
                record = SuggestionRecord(kind, subject, self._instance.clock.now(), by.id, found.query, offered)
                work.suggestions.add(record)
                work.commit()
        return self._view(record.id, found, self._instance.departments()) | {"candidates": []}

    def _view(self, record_id: int | None, found: Suggestions, departments: dict[str, Department]) -> dict:
        return {
            "id": record_id,
            "query": mask_text(found.query),
            "hits": [
                hit_view(hit) | {"passage": {"start": mark.start, "end": mark.end} if mark else None}
                for hit, mark in found.hits
            ],
            "similar": [_order_view(order, near, departments) for order, near in found.similar],
            "drafts": [
                {"from": draft.origin, "entry_id": draft.entry_id, "number": draft.number, "text": draft.text}
                for draft in found.drafts
            ],
        }


def _order_view(order: ClosedOrder, similarity: float, departments: dict[str, Department]) -> dict:
    department = departments.get(order.department)
    return {
        "number": order.number,
        "department": order.department,
        "department_name": department.name if department else order.department,
        "type": order.type,
        "category": order.category,
        "excerpt": order.excerpt,
        "reply": order.reply,
        "similarity": similarity,
        "closed_at": order.closed_at,
    }
