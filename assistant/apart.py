"""分别作答: a message of several questions, each read with what the others leave to it, answered in one reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.answers import Answerer
from assistant.context import Leaning
from assistant.conversation import Outcome
from assistant.finding import FILE_OPTION, HUMAN_OPTION, Finding
from assistant.reply import Reply, cite
from assistant.several import Parts, parts_of
from knowledge.entry import KnowledgeEntry
from knowledge.index import KnowledgeIndex

SURE = 0.85
"""How sure each part must be answered where only commas tell the parts from each other."""
PART_SURE = 0.75
"""How sure a part must be answered: of several answers each tells its own question, so that a wrong one is seen."""
NOT_FOUND = "另外，没有找到能回答“{part}”的内容，我不能随意作答。您可以换个说法单独再问，也可以登记诉求或转人工。"
_NUMERALS = "一二三四五六"


@dataclass(frozen=True, slots=True)
class Apart:
    """分别作答."""

    answerer: Answerer

    def find(self, index: KnowledgeIndex, text: str, last: Leaning | None, today: date) -> Finding | None:
        """The answers to the parts of `text`; None where it is better read as one question."""
        parts = parts_of(text)
        if parts is None:
            return None
        found: list[Finding] = []
        leaning = None if parts.apart else last
        for part in parts.texts:
            finding = self._part(index, part, parts, leaning, today)
            answered = finding.reply.outcome is Outcome.ANSWERED
            if not answered and not parts.sure:
                return None
            if not parts.sure and finding.reply.confidence < SURE:
                return None
            if answered and not parts.apart:
                leaning = Leaning.after(finding.answered[-1], part, leaning)
            found.append(finding)
        entries = _different(found)
        if not parts.sure and len({entry.item for entry in entries}) > 1:
            return None  # a comma parts what is asked of one matter; another matter is announced
        missing = [part for part, one in zip(parts.texts, found, strict=True) if not one.answered]
        if len(entries) + len(missing) < 2 or not entries:
            return None
        confidence = min(one.reply.confidence for one in found if one.answered)
        reply = joined(entries, confidence)
        if missing:
            reply.text += "\n\n" + NOT_FOUND.format(part="”“".join(missing))
            reply.options = [FILE_OPTION, HUMAN_OPTION]
        return Finding(reply, [hit for one in found for hit in one.hits[:3]], entries)

    def _part(self, index: KnowledgeIndex, part: str, parts: Parts, leaning: Leaning | None, today: date) -> Finding:
        """A part within the topic of the one before it; else by itself; else with what was told at first."""
        finding = self.answerer.find(index, part, leaning, today, may_clarify=False, answer_from=PART_SURE)
        if finding.reply.outcome is not Outcome.ANSWERED and leaning is not None:
            alone = self.answerer.find(index, part, None, today, may_clarify=False, answer_from=PART_SURE)
            finding = alone if alone.reply.outcome is Outcome.ANSWERED else finding
        if finding.reply.outcome is not Outcome.ANSWERED and parts.context:
            finding = self.answerer.find(
                index, f"{parts.context}，{part}", None, today, may_clarify=False, answer_from=PART_SURE
            )
        return finding


def _different(found: Sequence[Finding]) -> list[KnowledgeEntry]:
    """The entries of the answers in their order, each once."""
    return list({entry.id: entry for one in found for entry in one.answered}.values())


def joined(entries: Sequence[KnowledgeEntry], confidence: float) -> Reply:
    """One reply of several answers, numbered, each word for word with its own sources."""
    told = [
        f"{numeral}、{f'《{entry.title}》{entry.locator}' if entry.locator else entry.title}\n{entry.answer}"
        for numeral, entry in zip(_NUMERALS, entries, strict=False)
    ]
    if len(entries) == 1:
        told = [told[0].removeprefix("一、")]
    sources = [source for entry in entries for source in cite(entry)]
    return Reply(Outcome.ANSWERED, "\n\n".join(told), confidence, sources, feedback=True)
