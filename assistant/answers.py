"""作答: search a question in its possible readings and decide: answer, clarify or abstain. Nothing is generated."""

from dataclasses import dataclass
from datetime import date

from assistant.clarification import competing_items, entry_options, item_options
from assistant.context import Leaning, Reading, readings
from assistant.conversation import Outcome
from assistant.reply import Option, Reply, cite
from knowledge.entry import EntryKind, KnowledgeEntry
from knowledge.facets import facet_of
from knowledge.index import KnowledgeIndex
from knowledge.retriever import Retriever
from knowledge.scoring import Hit

DEPTH = 30
"""Hits looked at for a decision."""
CLARIFY_ITEM = "您问的事项有几种情况，请问是哪一种？"
CLARIFY_ENTRY = "不太确定您要问的是哪一项，是下面这些吗？"
ABSTAIN = "很抱歉，知识库里没有找到能回答这个问题的内容，我不能随意作答。您可以换个说法再问，也可以登记诉求，由工作人员为您办理。"
FILE_OPTION = Option("intake", "登记诉求")
HUMAN_OPTION = Option("human", "转人工")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a question came to, with the hits that led there."""

    reply: Reply
    hits: list[Hit]


@dataclass(frozen=True, slots=True)
class Answerer:
    """作答器."""

    retriever: Retriever

    def find(
        self,
        index: KnowledgeIndex,
        text: str,
        last: Leaning | None,
        today: date,
        item: str = "",
        may_clarify: bool = True,
    ) -> Finding:
        """Answer `text`; `item` keeps to one service item (after a choice), `last` is what a follow-up leans on."""
        candidates = [Reading(f"{item} {text}", item, facet_of(text))] if item else readings(text, last)
        threshold = self.retriever.scorer.clarify_threshold
        best: tuple[float, list[Hit]] = (-1.0, [])
        for reading in candidates:
            if reading.item and best[0] >= threshold:
                continue  # it reads well by itself
            hits = self._search(index, reading, today)
            confidence = self.retriever.scorer.confidence(hits)
            if hits and reading.item and confidence >= threshold:
                # A follow-up that reads well within the last item, and not by itself, is about the last item.
                return Finding(self._answer(index, hits, confidence), hits)
            if confidence > best[0] + 1e-9:
                best = (confidence, hits)
        confidence, hits = best
        return Finding(self._decide(index, confidence, hits, bool(item), may_clarify), hits)

    def _search(self, index: KnowledgeIndex, reading: Reading, today: date) -> list[Hit]:
        hits = self.retriever.search(index, reading.query, 60 if reading.item else DEPTH, today)
        if not reading.item:
            return hits
        within = [hit for hit in hits if hit.entry.item == reading.item]
        asked = [hit for hit in within if reading.facet and hit.entry.facet == reading.facet]
        return asked + [hit for hit in within if hit not in asked]

    def _decide(
        self, index: KnowledgeIndex, confidence: float, hits: list[Hit], within_item: bool, may_clarify: bool
    ) -> Reply:
        scorer = self.retriever.scorer
        if not hits or confidence < scorer.clarify_threshold:
            return Reply(Outcome.ABSTAINED, ABSTAIN, max(confidence, 0.0), options=[FILE_OPTION, HUMAN_OPTION])
        items = competing_items(hits) if may_clarify and not within_item else []
        if items:
            return Reply(Outcome.CLARIFY, CLARIFY_ITEM, confidence, options=item_options(items), expects="option")
        if confidence >= scorer.answer_threshold or within_item:
            return self._answer(index, hits, confidence)
        if may_clarify:
            return Reply(Outcome.CLARIFY, CLARIFY_ENTRY, confidence, options=entry_options(hits), expects="option")
        return Reply(Outcome.ABSTAINED, ABSTAIN, confidence, options=[FILE_OPTION, HUMAN_OPTION])

    def _answer(self, index: KnowledgeIndex, hits: list[Hit], confidence: float) -> Reply:
        return answer_with(index, hits[0].entry, confidence)


def answer_with(index: KnowledgeIndex, entry: KnowledgeEntry, confidence: float) -> Reply:
    """The entry's own words, its sources, and the other facets of its item."""
    text = entry.answer
    if entry.kind is EntryKind.REGULATION:
        text = f"《{entry.title}》{entry.locator}规定：\n{entry.answer}"
    siblings = [e for e in index.entries if entry.item and e.item == entry.item and e.id != entry.id]
    related = [{"entry_id": e.id, "title": e.title} for e in siblings[:3]]
    return Reply(Outcome.ANSWERED, text, confidence, cite(entry), related=related, feedback=True)
