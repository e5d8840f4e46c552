"""问答: rows of a question file become entries, in the project's own JSON Lines form or by their column names."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date

from knowledge.entry import EntryKind, KnowledgeEntry, Source
from knowledge.text import has_words

COLUMNS: dict[str, tuple[str, ...]] = {
    "standard_question": (
        "标准问",
        "标准问题",
        "standardquestion",
        "问题",
        "问题标题",
        "咨询问题",
        "提问",
        "问",
        "question",
        "q",
    ),
    "answer": ("标准答案", "答案", "回答", "答复", "答复内容", "回复", "解答", "答", "answer", "reply", "a"),
    "similar_questions": (
        "相似问",
        "相似问题",
        "相似问法",
        "扩展问",
        "扩展问法",
        "同义问",
        "similarquestions",
        "similarquestion",
        "similar",
    ),
    "id": ("编号", "知识编号", "条目编号", "id"),
    "class": ("分类", "类别", "业务分类", "业务类别", "主题", "class", "category"),
    "item": ("事项", "事项名称", "业务事项", "item"),
    "facet": ("方面", "要素", "facet", "aspect"),
    "source": ("来源", "依据", "政策依据", "法规依据", "出处", "来源名称", "文件名称", "source", "sources"),
    "document_number": ("文号", "发文字号", "documentnumber"),
    "locator": ("条款", "条", "条文", "locator", "clause", "article"),
    "jurisdiction": ("适用地区", "适用地域", "适用区域", "地区", "区域", "jurisdiction", "region"),
    "effective_from": ("生效日期", "生效时间", "施行日期", "开始日期", "effectivefrom", "validfrom"),
    "effective_to": ("失效日期", "失效时间", "废止日期", "截止日期", "有效期至", "effectiveto", "validto"),
    "local_figures": ("本地数值", "含本地数值", "localfigures"),
}
"""Field → names of its column, as `columns.plain_name` spells them."""
REPEATED = ("similar_questions",)
_SEPARATORS = re.compile(r"[；;|｜\n]")
_DATE = re.compile(
    r"^(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?(?:[ T]\d{1,2}:\d{2}.*)?$|^(\d{4})(\d\d)(\d\d)$"
)
_FOR_EVER = {"长期", "长期有效", "永久", "无", "至今", "-", "—", "/"}
_EVERYWHERE = {"", "全国", "全国通用", "通用", "national"}
_YES = {"是", "有", "true", "yes", "1", "y"}
_SOURCE = re.compile(r"^《(?P<title>.+)》(?:[（(](?P<number>[^（）()]*(?:号|年)[^（）()]*)[)）])?(?P<locator>.*)$")


def is_question_header(columns: Mapping[str, object]) -> bool:
    """Whether recognised columns (or keys) are those of questions with answers."""
    return "standard_question" in columns and "answer" in columns


def question_entry(row: dict, kind: EntryKind, origin: str) -> KnowledgeEntry:
    """One JSON Lines row: standard_question, answer, and optionally id, similar_questions, class, item, facet,
    sources, jurisdiction, effective_from, effective_to, local_figures.

    Raises: KeyError, TypeError, ValueError.
    """
    question, answer = row["standard_question"].strip(), row["answer"].strip()
    if not has_words(question) or not has_words(answer):
        raise ValueError("标准问和答案不能为空")
    similar_questions = row.get("similar_questions", [])
    if not isinstance(similar_questions, list) or not isinstance(row.get("id", ""), str):
        raise TypeError("similar_questions is a list, id a text")
    similar = list(dict.fromkeys(q.strip() for q in similar_questions if has_words(q)))
    first, last = iso_date(row.get("effective_from")), iso_date(row.get("effective_to"))
    check_validity(first, last)
    return KnowledgeEntry(
        id=row.get("id") or "faq-" + hashlib.sha256(question.encode()).hexdigest()[:12],
        kind=kind,
        title=question,
        answer=answer,
        similar_questions=similar,
        item_class=row.get("class", ""),
        item=row.get("item", ""),
        facet=row.get("facet", ""),
        sources=[
            Source(s["title"], s.get("locator", ""), s.get("document_number", "")) for s in row.get("sources", [])
        ],
        jurisdiction=row.get("jurisdiction", "national"),
        effective_from=first,
        effective_to=last,
        local_figures=bool(row.get("local_figures", False)),
        origin=origin,
    )


def record_entry(record: Mapping[str, str], kind: EntryKind, origin: str) -> KnowledgeEntry:
    """One row of a table, field (see COLUMNS) → text. Raises: ValueError."""
    told = {field: text.strip() for field, text in record.items()}
    for field, name in (("standard_question", "标准问"), ("answer", "答案")):
        if not has_words(told.get(field, "")):
            raise ValueError(f"“{name}”是空的")
    row: dict[str, object] = {
        field: told.get(field, "") for field in ("standard_question", "answer", "id", "class", "item", "facet")
    }
    row["similar_questions"] = _SEPARATORS.split(told.get("similar_questions", ""))
    row["sources"] = [
        {"title": s.title, "locator": s.locator, "document_number": s.document_number}
        for s in sources_of(told.get("source", ""), told.get("document_number", ""), told.get("locator", ""))
    ]
    row["jurisdiction"] = place_of(told.get("jurisdiction", ""))
    for field in ("effective_from", "effective_to"):
        day = day_of(told.get(field, ""))
        row[field] = day.isoformat() if day else None
    row["local_figures"] = told.get("local_figures", "").lower() in _YES
    return question_entry(row, kind, origin)


def sources_of(text: str, document_number: str = "", locator: str = "") -> list[Source]:
    """《条例》（国令第1号）第三条；《办法》第四条 as sources; number and locator of columns of their own complete one."""
    sources = []
    for part in filter(None, map(str.strip, re.split(r"[；;\n]", text))):
        told = _SOURCE.match(part)
        if told and "《" not in told["title"].replace("〈", "") and "》" not in told["title"]:
            sources.append(Source(told["title"].strip(), told["locator"].strip("，,。 "), told["number"] or ""))
        else:
            sources.append(Source(part))
    if len(sources) == 1:
        one = sources[0]
        return [Source(one.title, locator or one.locator, document_number or one.document_number)]
    if not sources and (document_number or locator):
        return [Source(document_number or locator, locator if document_number else "")]
    return sources


def place_of(text: str) -> str:
    """The jurisdiction a cell names; national where it names none."""
    return "national" if text.strip() in _EVERYWHERE else text.strip()


def day_of(text: str) -> date | None:
    """2026-09-20, 2026/9/20, 2026年9月20日 or 20260920; None for nothing and for 长期. Raises: ValueError."""
    told = text.strip()
    if not told or told in _FOR_EVER:
        return None
    found = _DATE.match(told)
    try:
        return date(*(int(part) for part in found.groups() if part)) if found else date.fromisoformat(told)
    except ValueError:
        raise ValueError(f"日期“{told}”应写成 2024-01-31 的样子") from None


def iso_date(value: str | None) -> date | None:
    """Raises: ValueError."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ValueError(f"日期“{value}”应写成 2024-01-31 的样子") from None


def check_validity(first: date | None, last: date | None) -> None:
    """Raises: ValueError when an entry would end before it begins."""
    if first and last and last < first:
        raise ValueError(f"失效日期 {last} 早于生效日期 {first}")
