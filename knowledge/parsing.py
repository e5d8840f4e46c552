"""文件解析: the bytes of one file become knowledge entries, or a fault that says what to do."""

import codecs
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

from knowledge import documents, guides, questions
from knowledge.columns import HEADER_WITHIN, recognised, records
from knowledge.entry import EntryKind, KnowledgeEntry, Source
from knowledge.file_content import MAX_BYTES, OLD_SUFFIXES, FileFault, check_format, decode, read_bytes
from knowledge.regulation import RegulationError, parse_regulation
from knowledge.sheets import Sheet, read_csv, read_jsonl, read_xlsx
from knowledge.text import has_words

__all__ = ["MAX_BYTES", "OLD_SUFFIXES", "SUFFIXES", "FileFault", "decode", "parse_file", "read_bytes"]

TABLES = (".csv", ".xlsx", ".jsonl")
SUFFIXES = dict.fromkeys(documents.SUFFIXES, EntryKind.REGULATION) | dict.fromkeys(TABLES, EntryKind.FAQ)
"""Ending → what such a file usually holds; its headings or columns tell whether it is a guide."""
SUPPORTED = "法规和办事指南请用 .md、.txt、.docx、.pdf、.html，问答和办事指南的表格请用 .csv、.xlsx、.jsonl"
Warn = Callable[[str], None]
_NAMED = 5
"""How many of several repeated articles or unread sheets a warning names."""
_ARTICLE_LINE = re.compile(r"^[ \u3000]*第[一二三四五六七八九十百\d]+条", re.MULTILINE)


def parse_file(
    data: bytes, file: Path, origin: str, kind: EntryKind | None, warn: Warn = lambda _: None
) -> list[KnowledgeEntry]:
    """The entries of one file; `warn` is told, in Chinese, what was read but should be looked at.

    Without `kind` the file's ending decides, and its headings or columns whether it is a guide. Raises: FileFault.
    """
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        if suffix in OLD_SUFFIXES:
            check_format(data, suffix)
        if kind is None or suffix in OLD_SUFFIXES:
            raise FileFault(f"不支持 {file.suffix or '没有扩展名的'} 文件；{SUPPORTED}。")
        suffix = ".txt"  # whoever tells the kind may name the file as he likes
    check_format(data, suffix)
    if suffix in (".csv", ".xlsx"):
        sheets = [read_csv(data)] if suffix == ".csv" else read_xlsx(data)
        found: Iterable[KnowledgeEntry] = _table_entries(sheets, kind, origin, suffix == ".csv", warn)
    elif suffix == ".jsonl" or (kind in (EntryKind.FAQ, EntryKind.GUIDE) and _is_json(data, suffix)):
        found = _json_entries(data, kind, origin)
    else:
        found = _document_entries(data, suffix, file.stem, origin, kind, warn)
    entries = list(found)
    if not entries:
        raise FileFault("文件里没有任何条目。")
    return entries


def _is_json(data: bytes, suffix: str) -> bool:
    return suffix in (".txt", ".md") and data.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def _document_entries(
    data: bytes, suffix: str, stem: str, origin: str, kind: EntryKind | None, warn: Warn
) -> Iterable[KnowledgeEntry]:
    if kind is EntryKind.FAQ:
        raise FileFault("问答请用 .csv、.xlsx（有“标准问”“答案”两列）或 .jsonl。")
    if suffix in (".md", ".txt"):
        text = decode(data)
        may_be_guide = kind is EntryKind.GUIDE or (kind is None and not _ARTICLE_LINE.search(text))
        lines = documents.split_text(text) if may_be_guide else []
    else:
        lines = documents.read_lines(data, suffix)
        text = documents.as_text(lines)
    if kind is EntryKind.GUIDE or (kind is None and guides.looks_like_guide(lines)):
        return _guide_document(lines, stem, origin)
    try:
        return regulation_entries(text, stem, origin, warn)
    except RegulationError as error:
        raise FileFault(f"不是可识别的法规：{error}。") from error


def _guide_document(lines: documents.Lines, stem: str, origin: str) -> Iterator[KnowledgeEntry]:
    seen: set[str] = set()
    found = guides.guide_records(lines, stem)
    if not found:
        raise FileFault("不是可识别的办事指南：没有找到“申请材料”“办理流程”等小标题。")
    for number, record in enumerate(found, 1):
        place = f"第{number}个事项" if len(found) > 1 else "办事指南"
        try:
            yield from _fresh(guides.guide_entries(record, origin), seen, place)
        except ValueError as error:
            raise FileFault(f"{place}有误（{error}）。") from error


def regulation_entries(text: str, stem: str, origin: str, warn: Warn = lambda _: None) -> list[KnowledgeEntry]:
    """Articles of a statute as entries; a locator that occurs again gets its number in brackets.

    Ids go by title and version date, so that a text whose day of entry into force becomes known keeps them.

    Raises: RegulationError.
    """
    regulation = parse_regulation(text, stem)
    key = hashlib.sha256(f"{regulation.title}|{regulation.version_date}".encode()).hexdigest()[:12]
    seen: dict[str, int] = {}
    entries = []
    for article in regulation.articles:
        if not (article.text[0].isalnum() or has_words(article.text)):  # the first letter nearly always tells
            continue
        seen[article.locator] = again = seen.get(article.locator, 0) + 1
        locator = article.locator if again == 1 else f"{article.locator}（{again}）"
        entries.append(
            KnowledgeEntry(
                id=f"law-{key}-{locator}",
                kind=EntryKind.REGULATION,
                title=regulation.title,
                locator=locator,
                answer=article.text,
                sources=[Source(regulation.title, locator, regulation.document_number)],
                effective_from=regulation.effective_from,
                origin=origin,
            )
        )
    if not entries:
        raise RegulationError("没有一条有正文")
    again_and_again = [locator for locator, count in seen.items() if count > 1]
    if again_and_again:
        warn(f"{_some(again_and_again)}在文件中出现多次，后出现的已加上序号，请核对是否重复。")
    return entries


def _table_entries(
    sheets: Iterable[Sheet], kind: EntryKind | None, origin: str, exact: bool, warn: Warn
) -> Iterator[KnowledgeEntry]:
    if kind is EntryKind.REGULATION:
        raise FileFault("法规请用 .md、.txt、.docx、.pdf 或 .html，不能用表格。")
    seen: set[str] = set()
    read, passed_over, first_row = 0, [], ""
    for sheet in sheets:
        first = list(islice(sheet.rows, HEADER_WITHIN))
        if not first:
            continue
        sheet.rows = chain(first, sheet.rows)
        form = next((form for _, cells in first if (form := _form_of(cells, kind))), None)
        if form is None:
            first_row = first_row or "、".join(filter(None, first[0][1][:8]))[:100]
            passed_over.append(sheet.name)
            continue
        read += 1
        if form is EntryKind.FAQ:
            rows = records(sheet, questions.COLUMNS, questions.is_question_header, questions.REPEATED, exact)
        else:
            rows = records(sheet, guides.COLUMNS, guides.is_guide_header, (), exact)
        for place, record in rows:
            try:
                yield from _fresh(_record_entries(record, form, kind, origin), seen, place)
            except ValueError as error:
                raise FileFault(f"{place}不是有效的条目（{error}）。") from error
    if not read and not passed_over:
        raise FileFault("表格是空的。")
    if not read:
        raise FileFault(
            f"表格里没有找到需要的列名（第一行是：{first_row}）；问答要有“标准问”和“答案”两列，"
            "办事指南要有“事项名称”和“申请材料”“办理流程”等列。"
        )
    if passed_over:
        warn(f"工作表{_some([f'“{name}”' for name in passed_over])}没有认得的列名，未导入。")


def _form_of(cells: list[str], kind: EntryKind | None) -> EntryKind | None:
    """What rows under this header would be: questions (also of kind guide, when told so) or the fields of a guide."""
    if kind is not EntryKind.GUIDE and _asks(cells):
        return EntryKind.FAQ
    if kind is not EntryKind.FAQ and guides.is_guide_header(recognised(cells, guides.COLUMNS)):
        return EntryKind.GUIDE
    return EntryKind.FAQ if kind is EntryKind.GUIDE and _asks(cells) else None


def _asks(cells: list[str]) -> bool:
    return questions.is_question_header(recognised(cells, questions.COLUMNS, questions.REPEATED))


def _record_entries(
    record: Mapping[str, str], form: EntryKind, kind: EntryKind | None, origin: str
) -> Iterable[KnowledgeEntry]:
    if form is EntryKind.GUIDE:
        return guides.guide_entries(record, origin)
    return [questions.record_entry(record, kind or EntryKind.FAQ, origin)]


def _json_entries(data: bytes, kind: EntryKind | None, origin: str) -> Iterator[KnowledgeEntry]:
    if kind is EntryKind.REGULATION:
        raise FileFault("法规请用 .md、.txt、.docx、.pdf 或 .html，不能用 .jsonl。")
    seen: set[str] = set()
    for number, row in read_jsonl(data):
        place = f"第{number}行"
        try:
            yield from _fresh(_row_entries(row, kind, origin), seen, place)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileFault(f"{place}不是有效的问答条目（{_explain(error)}）。") from error


def _row_entries(row: object, kind: EntryKind | None, origin: str) -> Iterable[KnowledgeEntry]:
    """In the project's own form where the row has its names, else by the names of its keys."""
    if isinstance(row, dict) and "standard_question" not in row:
        keys = list(row)
        form = _form_of(keys, kind)
        if form is not None:
            faq = form is EntryKind.FAQ
            names = questions.COLUMNS if faq else guides.COLUMNS
            found = recognised(keys, names, questions.REPEATED if faq else ())
            record = {name: "\n".join(_as_text(row[keys[at]]) for at in places) for name, places in found.items()}
            return _record_entries(record, form, kind, origin)
    return [questions.question_entry(row, kind or EntryKind.FAQ, origin)]  # type: ignore[arg-type]


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(_as_text, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else str(value)
    return json.dumps(value, ensure_ascii=False)


def _fresh(entries: Iterable[KnowledgeEntry], seen: set[str], place: str) -> Iterator[KnowledgeEntry]:
    for entry in entries:
        if entry.id in seen:
            told = f"编号“{entry.id}”"
            if entry.generated or entry.id.startswith("faq-"):
                told = f"事项“{entry.item}”" if entry.generated else f"标准问“{entry.title}”"
            raise FileFault(f"{place}的{told}与前面重复。")
        seen.add(entry.id)
        yield entry


def _some(names: list[str]) -> str:
    return "、".join(names[:_NAMED]) + (f"等{len(names)}处" if len(names) > _NAMED else "")


def _explain(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"缺少字段 {error.args[0]}"
    if isinstance(error, TypeError | AttributeError | UnicodeError):
        return "有字段的内容或类型不对"
    return str(error)
