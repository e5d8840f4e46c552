"""导入: files and folders become knowledge entries. One file is one unit: read whole, or named with its fault."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol, Self

from casework.errors import InvalidInput
from knowledge.entry import EntryKind, ImportedFile, KnowledgeEntries, KnowledgeEntry, Source
from knowledge.regulation import RegulationError, parse_regulation
from knowledge.text import has_words

MAX_BYTES = 50_000_000
SUFFIXES = {".md": EntryKind.REGULATION, ".txt": EntryKind.REGULATION, ".jsonl": EntryKind.FAQ}
_ENCODINGS = ("utf-8-sig", "gb18030")


class FileFault(InvalidInput):
    """文件有误: why this one file cannot be imported; the import goes on with the next."""

    code = "file_fault"


@dataclass(slots=True)
class ImportReport:
    """导入结果: counts and faults; `faults` are (path, message)."""

    files: int = 0
    unchanged: int = 0
    entries: int = 0
    removed: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)


class KnowledgeUnit(Protocol):
    """工作单元 with the knowledge repository."""

    knowledge: KnowledgeEntries

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def commit(self) -> None: ...


def find_files(paths: list[Path]) -> list[tuple[Path, str]]:
    """(file, its name below what was given), folders searched, in order of name.

    Raises: InvalidInput when a path does not exist or nothing importable is there.
    """
    found = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and not p.name.startswith(("_", "."))
            )
            found += [(file, f"{path.name}/{file.relative_to(path).as_posix()}") for file in inside if file.is_file()]
        elif path.is_file():
            found.append((path, path.name))
        else:
            raise InvalidInput(f"找不到文件或文件夹：{path}")
    if not found:
        raise InvalidInput("没有找到可导入的文件（支持 .md、.txt 法规和 .jsonl 问答）。")
    return found


def import_files(
    paths: list[Path],
    unit: Callable[[], KnowledgeUnit],
    kind: EntryKind | None = None,
    source: str = "",
    on_file: Callable[[str, int, int], None] | None = None,
) -> ImportReport:
    """Import file by file, each in its own unit of work, so that a killed import goes on where it stopped.

    A file whose content was imported before under the same name is passed over; of a changed file only the
    entries that changed are written and the ones it no longer holds are removed. `on_file` is told
    (name, done, all). The index is not built here.
    """
    report = ImportReport()
    files = find_files(paths)
    for number, (file, name) in enumerate(files, 1):
        origin = f"{source}/{name}" if source else name
        try:
            data = read_bytes(file)
            digest = hashlib.sha256(data).hexdigest()
            with unit() as work:
                former = work.knowledge.imported(origin)
                if former and former.sha256 == digest:
                    report.unchanged += 1
                else:
                    entries = parse_file(data, file, origin, kind)
                    _store(work.knowledge, origin, entries, report)
                    work.knowledge.put_imported(ImportedFile(origin, digest, len(entries)))
                    work.commit()
                    report.files += 1
        except InvalidInput as fault:  # the file's own fault, or text that no database can hold
            report.faults.append((name, fault.message))
        if on_file:
            on_file(name, number, len(files))
    return report


def _store(knowledge: KnowledgeEntries, origin: str, entries: list[KnowledgeEntry], report: ImportReport) -> None:
    former = {entry.id: entry for entry in knowledge.by_origin(origin)}
    fresh = {entry.id: entry for entry in entries}
    changed = [entry for entry_id, entry in fresh.items() if former.get(entry_id) != entry]
    gone = [entry_id for entry_id in former if entry_id not in fresh]
    knowledge.put_all(changed)
    if gone:
        knowledge.remove(gone)
    report.entries += len(changed)
    report.removed += len(gone)


def read_bytes(file: Path) -> bytes:
    """Raises: FileFault when empty, too big or unreadable."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise FileFault(f"文件超过{MAX_BYTES // 1_000_000}MB，请拆分后再导入。")
        data = file.read_bytes()
    except OSError as error:
        raise FileFault(f"文件无法读取：{error.strerror}。") from error
    if not data.strip():
        raise FileFault("文件是空的。")
    return data


def decode(data: bytes) -> str:
    """UTF-8 (with or without BOM), else GBK/GB18030. Raises: FileFault when it is not text."""
    if b"\x00" in data:
        raise FileFault("文件不是文本（含有二进制内容），请另存为 UTF-8 或 GBK 编码的文本。")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileFault("文件编码无法识别，请另存为 UTF-8 或 GBK 编码。")


def parse_file(data: bytes, file: Path, origin: str, kind: EntryKind | None) -> list[KnowledgeEntry]:
    """The entries of one file. Raises: FileFault."""
    wanted = kind or SUFFIXES.get(file.suffix.lower())
    if wanted is None:
        raise FileFault(f"不支持 {file.suffix or '没有扩展名的'} 文件，请另存为 .md、.txt（法规）或 .jsonl（问答）。")
    text = decode(data)
    if wanted is EntryKind.REGULATION:
        try:
            return regulation_entries(text, file.stem, origin)
        except RegulationError as error:
            raise FileFault(f"不是可识别的法规：{error}。") from error
    return list(_question_entries(text, wanted, origin))


def regulation_entries(text: str, stem: str, origin: str) -> list[KnowledgeEntry]:
    """Articles of a statute as entries; a locator that occurs again gets its number in brackets."""
    regulation = parse_regulation(text, stem)
    version = regulation.version_date
    key = hashlib.sha256(f"{regulation.title}|{version}".encode()).hexdigest()[:12]
    seen: dict[str, int] = {}
    entries = []
    for article in regulation.articles:
        if not has_words(article.text):
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
                sources=[Source(regulation.title, locator)],
                effective_from=version,
                origin=origin,
            )
        )
    if not entries:
        raise RegulationError("没有一条有正文")
    return entries


def _question_entries(text: str, kind: EntryKind, origin: str) -> Iterator[KnowledgeEntry]:
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON may hold U+2028 as it is
        if not line.strip():
            continue
        try:
            entry = question_entry(json.loads(line), kind, origin)
        except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileFault(f"第{number}行不是有效的问答条目（{_explain(error)}）。") from error
        if entry.id in seen:
            raise FileFault(f"第{number}行的编号“{entry.id}”与前面重复。")
        seen.add(entry.id)
        yield entry


def _explain(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return "不是合法的 JSON"
    if isinstance(error, KeyError):
        return f"缺少字段 {error.args[0]}"
    if isinstance(error, (TypeError, AttributeError, UnicodeError)):
        return "有字段的内容或类型不对"
    return str(error)


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
        effective_from=_date(row.get("effective_from")),
        effective_to=_date(row.get("effective_to")),
        local_figures=bool(row.get("local_figures", False)),
        origin=origin,
    )


def _date(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ValueError(f"日期“{value}”应写成 2024-01-31 的样子") from None
