"""知识服务: lists, edits, reviews and bulk reviews of entries; what answers is indexed before the request ends."""

from collections.abc import Sequence

from api.instance import Instance, today
from api.services.entry_views import detail_view, entry_view, history_view
from casework.errors import InvalidInput, NotFound
from casework.events import Actor
from casework.transitions import Role
from knowledge import gaps, review
from knowledge.entry import EntryKind, KnowledgeEntry, ReviewState
from knowledge.review_states import EDITORS, check_role

NAMED = 100
"""Refused entries that a bulk review names."""
EVERY = 1_000_000


class KnowledgeService:
    """知识服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def list(
        self,
        text: str,
        page: int,
        size: int,
        *,
        library: str | None,
        state: ReviewState | None,
        kind: EntryKind | None,
        generated: bool | None,
    ) -> dict:
        """A page of entries."""
        with self._instance.unit() as work:
            entries, total = work.knowledge.list(
                text, size, (page - 1) * size, library=library, state=state, kind=kind, generated=generated
            )
        return {"items": [entry_view(entry, today()) for entry in entries], "total": total}

    def libraries(self) -> Sequence[dict]:
        """子库 with their counts."""
        with self._instance.unit() as work:
            return [{"library": name, "count": count} for name, count in work.knowledge.libraries()]

    def get(self, entry_id: str, by: Actor) -> dict:
        """Raises: NotFound."""
        with self._instance.unit() as work:
            return detail_view(work.knowledge.get(entry_id), by.role, today())

    def history(self, entry_id: str) -> Sequence[dict]:
        """Raises: NotFound when there is neither entry nor history."""
        with self._instance.unit() as work:
            history = work.knowledge.history(entry_id)
            try:
                now: KnowledgeEntry | None = work.knowledge.get(entry_id)
            except NotFound:
                if not history:
                    raise
                now = None
        return history_view(history, now)

    def create(self, entry: KnowledgeEntry, by: Actor) -> dict:
        """Raises: see `review.create`."""
        with self._instance.unit() as work:
            made = review.create(work.knowledge, entry, by, self._instance.clock.now())
            work.commit()
        return detail_view(made, by.role, today())

    def edit(self, entry: KnowledgeEntry, version: str, by: Actor, note: str) -> dict:
        """Raises: see `review.edit`."""
        with self._instance.unit() as work:
            made = review.edit(work.knowledge, entry, version, by, self._instance.clock.now(), note)
            work.commit()
        self._bring_up_to_date()
        return detail_view(made, by.role, today())

    def move(self, entry_id: str, to: ReviewState, by: Actor, note: str) -> dict:
        """Raises: see `review.move`."""
        with self._instance.unit() as work:
            made = review.move(work.knowledge, entry_id, to, by, self._instance.clock.now(), note)
            work.commit()
        self._bring_up_to_date()
        return detail_view(made, by.role, today())

    def move_all(self, ids: Sequence[str] | None, wanted: dict | None, to: ReviewState, by: Actor, note: str) -> dict:
        """`wanted` are the arguments of `KnowledgeEntries.list`. Raises: InvalidInput; see `review.move_all`."""
        if (ids is None) == (wanted is None):
            raise InvalidInput("请给出要审核的条目编号，或筛选条件，二者选一。")
        check_role(by.role, (Role.SUPERVISOR, Role.ADMINISTRATOR), "批量审核")
        with self._instance.unit() as work:
            work.knowledge.lock()
            if ids is not None:
                entries: Sequence[KnowledgeEntry] = [work.knowledge.get(entry_id) for entry_id in dict.fromkeys(ids)]
            else:
                entries, _ = work.knowledge.list(limit=EVERY, **(wanted or {}))
            result = review.move_all(work.knowledge, entries, to, by, self._instance.clock.now(), note)
            work.commit()
        self._bring_up_to_date()
        return {
            "done": result.done,
            "refused": [
                {"entry_id": entry.id, "title": entry.title, "message": message}
                for entry, message in result.refused[:NAMED]
            ],
            "refused_total": len(result.refused),
        }

    def similar(self, entry_id: str, questions: Sequence[str], by: Actor) -> dict:
        """An administrator's wordings are added, others' proposed. Raises: see `review.add_similar`, `gaps.propose`."""
        check_role(by.role, EDITORS[ReviewState.DRAFT], "提出相似问")
        now = self._instance.clock.now()
        added = proposed = 0
        with self._instance.unit() as work:
            if by.role is Role.ADMINISTRATOR:
                _, added = review.add_similar(work.knowledge, entry_id, questions, by, now)
            else:
                proposed = gaps.propose(work, entry_id, questions, by, now)
            work.commit()
        if added:
            self._bring_up_to_date()
        return {"added": added, "proposed": proposed}

    def _bring_up_to_date(self) -> None:
        self._instance.shelf.sync(self._instance.unit)
