"""缺口服务: questions asked in vain as groups, each with the nearest entry, and what an administrator makes of them."""

from collections import Counter
from collections.abc import Sequence

from api.instance import Instance, today
from api.services.entry_views import detail_view
from casework.errors import Unavailable
from casework.events import Actor
from casework.masking import mask_text
from casework.transitions import Role
from knowledge import gaps
from knowledge.entry import KnowledgeEntry
from knowledge.review_states import check_role
from knowledge.unanswered import VAIN_NAMES, VainState

VIEWERS = (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR)


class GapService:
    """缺口服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def list(self, by: Actor, page: int, size: int) -> dict:
        """A page of groups. Raises: Forbidden."""
        check_role(by.role, VIEWERS, "查看知识缺口")
        with self._instance.unit() as work:
            questions = work.unanswered.in_state(VainState.OPEN, gaps.NEWEST)
            count = work.unanswered.count(VainState.OPEN)
        groups = gaps.group(questions, self._instance.encoder)
        shown = groups[(page - 1) * size : page * size]
        return {"items": [self._view(gap) for gap in shown], "total": len(groups), "questions": count}

    def new_entry(self, ids: Sequence[int], entry: KnowledgeEntry, by: Actor) -> dict:
        """Raises: see `gaps.answer_with_new`."""
        with self._instance.unit() as work:
            told = gaps.answer_with_new(work, ids, entry, by, self._instance.clock.now())
            work.commit()
        return self._made(told, by)

    def known_entry(self, ids: Sequence[int], entry_id: str, by: Actor) -> dict:
        """Raises: see `gaps.answer_with_known`."""
        with self._instance.unit() as work:
            told = gaps.answer_with_known(work, ids, entry_id, by, self._instance.clock.now())
            work.commit()
        return self._made(told, by)

    def dismiss(self, ids: Sequence[int], by: Actor) -> None:
        """Raises: see `gaps.dismiss`."""
        with self._instance.unit() as work:
            gaps.dismiss(work, ids, by)
            work.commit()

    def _made(self, told: tuple[KnowledgeEntry, int, int], by: Actor) -> dict:
        """The very next question is to be answered: the index is brought up to date first."""
        entry, added, left_out = told
        self._instance.shelf.sync(self._instance.unit)
        counts = {"wordings_added": added, "wordings_left_out": left_out}
        return detail_view(entry, by.role, today()) | counts

    def _view(self, gap: gaps.Gap) -> dict:
        questions = gap.questions
        outcomes: Counter = gap.outcomes
        return {
            "text": mask_text(gap.text),
            "count": len(questions),
            "questions": [question.id for question in questions],
            "wordings": [
                {
                    "text": mask_text(wording.text),
                    "count": len(wording.questions),
                    "questions": [question.id for question in wording.questions],
                    "personal": wording.personal,
                }
                for wording in gap.wordings
            ],
            "outcomes": {
                outcome.value: {"name": VAIN_NAMES[outcome], "count": count} for outcome, count in outcomes.items()
            },
            "first_at": questions[-1].at,
            "last_at": questions[0].at,
            "nearest": self._nearest(gap.text),
            "proposed_for": gap.proposed_for,
        }

    def _nearest(self, text: str) -> dict | None:
        try:
            hits = self._instance.retriever.search(self._instance.shelf.current(), text, 1, today())
        except Unavailable:  # nothing was indexed yet: everything is a gap
            return None
        if not hits:
            return None
        entry = hits[0].entry
        return {
            "entry_id": entry.id,
            "title": entry.title,
            "locator": entry.locator,
            "score": round(self._instance.retriever.scorer.confidence(hits), 4),
        }
