"""所得: what a question came to, and the replies that it takes: an entry's own words, or that there are none."""

from dataclasses import dataclass, field
from datetime import date

from assistant.conversation import Outcome
from assistant.reply import Option, Reply, cite
from knowledge.entry import EntryKind, KnowledgeEntry
from knowledge.index import KnowledgeIndex
from knowledge.scoring import Hit

ABSTAIN = "很抱歉，知识库里没有找到能回答这个问题的内容，我不能随意作答。您可以换个说法再问，也可以登记诉求，由工作人员为您办理。"
FILE_OPTION = Option("intake", "登记诉求")
HUMAN_OPTION = Option("human", "转人工")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a question came to, with the hits that led there; `answered` are the entries of the answer."""

    reply: Reply
    hits: list[Hit]
    answered: list[KnowledgeEntry] = field(default_factory=list)


def answered(index: KnowledgeIndex, hits: list[Hit], confidence: float) -> Finding:
    entry = hits[0].entry
    return Finding(answer_with(index, entry, confidence), hits, [entry])


def abstention(confidence: float) -> Reply:
    return Reply(Outcome.ABSTAINED, ABSTAIN, confidence, options=[FILE_OPTION, HUMAN_OPTION])


def prefixed(finding: Finding, words: str) -> Finding:
    finding.reply.text = words + finding.reply.text
    return finding


def text_of(entry: KnowledgeEntry) -> str:
    """The entry's own words; an article's with its name and number."""
    if entry.kind is EntryKind.REGULATION:
        return f"《{entry.title}》{entry.locator}规定：\n{entry.answer}"
    return entry.answer


def answer_with(index: KnowledgeIndex, entry: KnowledgeEntry, confidence: float, day: date | None = None) -> Reply:
    """The entry's own words, its sources, and the other facets of its item (those that answer on `day`)."""
    siblings = [e for e in index.of_item(entry.item, day) if e.id != entry.id] if entry.item else []
    related = [{"entry_id": e.id, "title": e.title} for e in siblings[:3]]
    return Reply(Outcome.ANSWERED, text_of(entry), confidence, cite(entry), related=related, feedback=True)
