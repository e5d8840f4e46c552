"""质检员: all that is looked for in one closing: the reply by rules and models, agents' words, the course of the order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.reply_quality import ReplyJudge
from assistant.reply_text import ReplyText
from casework.events import WorkOrderEvent
from casework.quality.inspection import Found
from casework.quality.process_rules import late_contact, type_changed
from casework.quality.quality_rules import OF_AGENTS, RULES
from casework.quality.reply_rules import Expired, Spotted, expired_policy, personal_data
from casework.work_order import WorkOrder
from knowledge.text import has_words

MAX_WORDS = 20
"""Agents' texts that are looked at, the newest."""
LOOKED_UP = "rules-1"
"""Version of what is looked up; raised when `casework.quality.reply_rules` changes its findings."""


@dataclass(frozen=True, slots=True)
class Draft:
    """答复 before or after closing, with what it answers."""

    demand: str
    reply: str
    kind: str
    closing: str
    day: date
    names: tuple[str, ...] = ()
    """Of the requester: personal data that no pattern would find."""


@dataclass(frozen=True, slots=True)
class Inspector:
    """质检员. `judge` None: without the learned rules; `off` are the rules that administrators have switched off."""

    judge: ReplyJudge | None
    off: Collection[str] = ()

    @property
    def version(self) -> str:
        return "+".join([LOOKED_UP, *([self.judge.version] if self.judge else [])])

    def draft(self, draft: Draft, expired: Mapping[str, Expired] | None = None) -> list[Spotted]:
        """What the reply itself breaks, the most serious first."""
        if not has_words(draft.reply):
            return self._kept([Spotted("template", draft.reply.strip()[:40], "答复没有可读的文字内容。")])
        found = personal_data(draft.reply, draft.names) + expired_policy(draft.reply, draft.day, expired)
        if self.judge is not None:
            text = ReplyText(draft.demand, draft.reply, draft.kind, draft.closing)
            found += [Spotted(one.rule, one.passage, "") for one in self.judge.suspicions(text)]
        return self._kept(found)

    def words(self, texts: Sequence[str]) -> list[Spotted]:
        """What agents wrote: one finding a rule."""
        found: dict[str, Spotted] = {}
        for text in [one for one in texts if has_words(one)][-MAX_WORDS:]:
            spotted = personal_data(text)
            if self.judge is not None:
                told = ReplyText("", text, "投诉", "")
                spotted += [Spotted(one.rule, one.passage, "") for one in self.judge.suspicions(told)]
            for one in spotted:
                rule = OF_AGENTS.get(one.rule)
                if rule is not None:
                    found.setdefault(rule, Spotted(rule, one.passage, one.explanation))
        return self._kept(found.values())

    def closing(
        self,
        order: WorkOrder,
        draft: Draft,
        events: Sequence[WorkOrderEvent],
        words: Sequence[str],
        expired: Mapping[str, Expired] | None = None,
    ) -> Found:
        """Everything about one closing."""
        course = self._kept([*type_changed(order, events), *late_contact(order)])
        return Found([*self.draft(draft, expired), *course, *self.words(words)], self.version)

    def _kept(self, found: Collection[Spotted]) -> list[Spotted]:
        kept = [one for one in found if one.rule not in self.off]
        return sorted(kept, key=lambda one: -RULES[one.rule].cost)
