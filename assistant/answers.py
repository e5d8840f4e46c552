"""作答: search a question in its possible readings and decide: answer, clarify or abstain. Nothing is generated."""

from dataclasses import dataclass, field
from datetime import date

from assistant.asked_day import asked_day
from assistant.clarification import clarify
from assistant.context import Leaning, asking, readings
from assistant.conversation import Outcome
from assistant.corrections import Correction, Corrections
from assistant.cues import cues_of
from assistant.finding import Finding, abstention, answered, prefixed
from assistant.follow_up import FollowUpModel
from assistant.past import find_past
from assistant.reply import Reply
from knowledge.entry import EntryKind
from knowledge.facets import facet_of
from knowledge.index import KnowledgeIndex
from knowledge.retriever import Retriever
from knowledge.scoring import Hit

DEPTH, SEARCHED = 30, 100
"""Hits looked at for a decision, and in each reading of a follow-up."""
CLEARLY_BETTER = 0.15
"""By so much more confident a corrected spelling must be than what was typed."""
CORRECTED = "按“{words}”理解您的问题：\n"


@dataclass(frozen=True, slots=True)
class Answerer:
    """作答器."""

    retriever: Retriever
    follow_ups: FollowUpModel
    corrections: Corrections = field(default_factory=Corrections)

    def find(
        self,
        index: KnowledgeIndex,
        text: str,
        last: Leaning | None,
        today: date,
        item: str = "",
        may_clarify: bool = True,
        answer_from: float = 1.0,
    ) -> Finding:
        """Answer `text`; `item` keeps to one service item (after a choice), `last` is what a follow-up leans on.

        `answer_from`: a confidence at which to answer already, where it is below that of the scorer.
        """
        if item:
            return self._within(index, text, item, today)
        asked = asked_day(text, today)
        if asked.is_past:
            return find_past(self.retriever, index, asked, last, today)
        finding = self._read(index, text, last, today, may_clarify, answer_from)
        if finding.reply.outcome is Outcome.ANSWERED:
            return finding
        for correction in self.corrections.of(index, text):
            other = self._read(index, correction.text, last, today, may_clarify, answer_from)
            better = other.reply.confidence >= finding.reply.confidence + CLEARLY_BETTER
            if other.reply.outcome is Outcome.ANSWERED and better:
                return _noted(other, correction)
        return finding

    def _read(
        self,
        index: KnowledgeIndex,
        text: str,
        last: Leaning | None,
        today: date,
        may_clarify: bool,
        answer_from: float,
    ) -> Finding:
        if last is not None and last.item:
            return self._following(index, text, last, today, may_clarify)
        scorer = self.retriever.scorer
        cues = cues_of(text)
        asked = facet_of(last.question) if last is not None else ""
        if asked and (cues.corrects or cues.switches) and not facet_of(cues.meant):
            text = f"{cues.meant}{asking(asked)}"  # the question before found nothing, or an article: its facet is kept
        hits = self.retriever.search(index, text, DEPTH, today)
        confidence = scorer.confidence(hits)
        if last is not None and cues.leans and confidence < scorer.threshold_for(hits):
            leant = self.retriever.search(index, f"{last.question}，{text}", DEPTH, today)
            if scorer.confidence(leant) > confidence:
                hits, confidence = leant, scorer.confidence(leant)
        return self._decide_plain(index, hits, confidence, may_clarify, answer_from)

    def _decide_plain(
        self, index: KnowledgeIndex, hits: list[Hit], confidence: float, may_clarify: bool, answer_from: float
    ) -> Finding:
        scorer = self.retriever.scorer
        sure = scorer.threshold_for(hits)
        if hits and hits[0].entry.item:
            sure = min(answer_from, sure)
        return self._decide(index, hits, confidence, sure, scorer.clarify_threshold, may_clarify, ask_items=True)

    def _following(self, index: KnowledgeIndex, text: str, last: Leaning, today: date, may_clarify: bool) -> Finding:
        """A message after an answer: the likeliest of what its readings bring up."""
        cues = cues_of(text)
        found = {
            name: self.retriever.search(index, query, SEARCHED, today)
            for name, query in readings(text, cues, last).items()
        }
        if not any(found.values()):
            return Finding(abstention(0.0), [])
        plain = self.retriever.scorer.confidence(found["plain"])
        judged = self.follow_ups.judge(found, plain, cues, last, lambda item: index.of_item(item, today))
        if judged[0].entry.kind is EntryKind.REGULATION:  # the model has seen no articles: only their own words count
            return self._decide_plain(index, found["plain"][:DEPTH], plain, may_clarify, 1.0)
        hits = [Hit(one.entry, one.share, one.features) for one in judged[:DEPTH]]
        confidence = judged[0].share
        none = 1 - sum(one.share for one in judged)
        if none > confidence:
            return Finding(abstention(confidence), hits)
        model = self.follow_ups
        return self._decide(
            index, hits, confidence, model.answer_threshold, model.clarify_threshold, may_clarify, ask_items=False
        )

    def _within(self, index: KnowledgeIndex, text: str, item: str, today: date) -> Finding:
        """The entry of the chosen item that answers, the facet that is asked first."""
        facet = facet_of(text)
        hits = self.retriever.search(index, f"{item} {text}", SEARCHED, today)
        hits = [hit for hit in hits if hit.entry.item == item]
        hits.sort(key=lambda hit: bool(facet) and hit.entry.facet == facet, reverse=True)
        confidence = self.retriever.scorer.confidence(hits)
        if not hits or confidence < self.retriever.scorer.clarify_threshold:
            return Finding(abstention(confidence), hits)
        return answered(index, hits, confidence)

    def _decide(
        self,
        index: KnowledgeIndex,
        hits: list[Hit],
        confidence: float,
        answer_from: float,
        clarify_from: float,
        may_clarify: bool,
        ask_items: bool,
    ) -> Finding:
        if not hits or confidence < clarify_from:
            return Finding(abstention(max(confidence, 0.0)), hits)
        sure = confidence >= answer_from
        if may_clarify:
            choice = clarify(hits, sure, ask_items)
            if choice is not None:
                text, options = choice
                return Finding(Reply(Outcome.CLARIFY, text, confidence, options=options, expects="option"), hits)
        return answered(index, hits, confidence) if sure else Finding(abstention(confidence), hits)


def _noted(finding: Finding, correction: Correction) -> Finding:
    """With the words under which it was understood, where a spelling was corrected."""
    return prefixed(finding, CORRECTED.format(words="、".join(correction.words))) if correction.words else finding
