"""过往规定: questions about what held on another day, answered from what was in force then and said to be so."""

from datetime import date, timedelta

from assistant.asked_day import AskedDay
from assistant.clarification import CLARIFY_ENTRY, entry_options
from assistant.context import Leaning, asking
from assistant.conversation import Outcome
from assistant.finding import Finding, abstention, answered, prefixed
from assistant.reply import Reply
from knowledge.entry import KnowledgeEntry
from knowledge.index import KnowledgeIndex
from knowledge.retriever import Retriever
from knowledge.scoring import Hit
from knowledge.text import bigrams

DEPTH = 30
"""Hits looked at for a decision."""
NOT_THEN = (
    "很抱歉，知识库里没有{day}有效的相关规定，我不能随意作答。您可以查看现行规定，也可以登记诉求，由工作人员为您查询。"
)
NOT_FORMER = "知识库里没有此前的规定，以下是现行规定：\n"
FORMER = "以下是{day}有效的规定，现行规定已有变化：\n"


def find_past(
    retriever: Retriever, index: KnowledgeIndex, asked: AskedDay, last: Leaning | None, today: date
) -> Finding:
    """What was in force on the day that is asked about, with what holds today beside it."""
    question = asked.question
    if last is not None and last.item and len(question.strip("那么呢的?？")) < 3:
        question = f"{last.item}{asking(last.facet)}"
    now = retriever.search(index, question, DEPTH, today)
    scorer = retriever.scorer
    sure_now = scorer.confidence(now)
    day = asked.day
    if asked.former and now and sure_now >= scorer.clarify_threshold:
        first = _window(index, now[0].entry)[0]
        if first > date.min:
            day = first - timedelta(days=1)
        elif sure_now >= scorer.threshold_for(now):
            return prefixed(answered(index, now, sure_now), NOT_FORMER)
    if day is None:
        return Finding(abstention(sure_now), now)
    then = retriever.search(index, question, DEPTH, day)
    sure_then = scorer.confidence(then)
    if then and sure_then >= scorer.threshold_for(then):
        finding = answered(index, then, sure_then)
        first, until = _window(index, then[0].entry)
        if first <= today <= until:
            return finding
        counterpart = _counterpart(now, then[0].entry)
        if counterpart and _words(counterpart[0].entry) == _words(then[0].entry):
            return answered(index, counterpart, sure_then)  # another version, but not another rule
        finding.reply.related = [_current(hit.entry, question) for hit in counterpart]
        return prefixed(finding, FORMER.format(day=_told(day)))
    if then and sure_then >= scorer.clarify_threshold:
        options = entry_options(then)
        return Finding(Reply(Outcome.CLARIFY, CLARIFY_ENTRY, sure_then, options=options, expects="option"), then)
    reply = abstention(sure_then)
    if now and sure_now >= scorer.threshold_for(now):
        reply.text = NOT_THEN.format(day=_told(day))
        reply.related = [_current(now[0].entry, question)]
    return Finding(reply, then)


def said_to_be_past(finding: Finding, index: KnowledgeIndex, today: date) -> Finding:
    """A chosen entry's answer; with the last day on which it held where that is over."""
    until = _window(index, finding.answered[0])[1]
    return finding if today <= until else prefixed(finding, FORMER.format(day=_told(until)))


def _told(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _window(index: KnowledgeIndex, entry: KnowledgeEntry) -> tuple[date, date]:
    """First and last day on which the entry answers."""
    position = index.position(entry.id)
    return (date.min, date.max) if position is None else index.window(position)


def _counterpart(now: list[Hit], entry: KnowledgeEntry) -> list[Hit]:
    """The hit of today that takes the entry's place: of its own title the most alike, else the first; [] without hits."""
    told = bigrams(entry.answer)
    own = [hit for hit in now if hit.entry.title == entry.title]
    alike = max(own, key=lambda hit: len(told & bigrams(hit.entry.answer)), default=None)
    return [alike] if alike else now[:1]


def _words(entry: KnowledgeEntry) -> str:
    """What it says, without marks and blanks, which editions of a text set differently."""
    return "".join(char for char in entry.answer if char.isalnum())


def _current(entry: KnowledgeEntry, question: str) -> dict:
    """The same question about what holds today, to be asked by a tap."""
    return {"entry_id": entry.id, "title": f"现行规定：{question}"}
