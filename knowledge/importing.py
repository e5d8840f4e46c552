"""导入: files and folders become knowledge entries. One file is one unit: read whole, or named with its fault."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

from casework.errors import InvalidInput, NotFound
from knowledge.entry import EntryAction, EntryChange, EntryKind, ImportedFile, KnowledgeEntries, KnowledgeEntry
from knowledge.file_content import FileFault
from knowledge.jurisdiction import EVERYWHERE, jurisdiction_of, library_of
from knowledge.parsing import OLD_SUFFIXES, SUFFIXES, SUPPORTED, parse_file, read_bytes


@dataclass(slots=True)
class ImportReport:
    """导入结果: counts, faults and warnings as (path, message)."""

    files: int = 0
    unchanged: int = 0
    entries: int = 0
    removed: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


class KnowledgeUnit(Protocol):
    """工作单元 with the knowledge repository."""

    knowledge: KnowledgeEntries

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def commit(self) -> None: ...


def find_files(paths: list[Path]) -> list[tuple[Path, str]]:
    """(file, its name below what was given), folders searched, in order of name.

    Old office files (.doc, .xls) are found too: they are named as faults instead of missing in silence.

    Raises: InvalidInput when a path does not exist or nothing importable is there.
    """
    found = []
    for path in paths:
        if path.is_dir():
            wanted = {*SUFFIXES, *OLD_SUFFIXES}
            inside = sorted(
                p for p in path.rglob("*") if p.suffix.lower() in wanted and not p.name.startswith(("_", ".", "~$"))
            )
            found += [(file, f"{path.name}/{file.relative_to(path).as_posix()}") for file in inside if file.is_file()]
        elif path.is_file():
            found.append((path, path.name))
        else:
            raise InvalidInput(f"找不到文件或文件夹：{path}")
    if not found:
        raise InvalidInput(f"没有找到可导入的文件；{SUPPORTED}。")
    return found


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """导入选项: what the files do not say themselves."""

    kind: EntryKind | None = None
    """What the files hold; None: each file tells by its ending, headings and columns."""
    source: str = ""
    """Put before the files' names: the same name from two sources is two files."""
    library: str = ""
    """子库: where an entry names none; else told by the kind of text (see `library_of`)."""
    jurisdiction: str = ""
    """适用地区: where an entry names none; else told by a regulation's title."""
    by: str = "import"
    """Who imports, for the history."""


def import_files(
    paths: list[Path],
    unit: Callable[[], KnowledgeUnit],
    options: ImportOptions = ImportOptions(),
    on_file: Callable[[str, int, int], None] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ImportReport:
    """Import file by file, each in its own unit of work, so that a killed import goes on where it stopped.

    A file whose content was imported before under the same name is passed over; of a changed file only the
    entries that changed are written and the ones it no longer holds are removed. `on_file` is told
    (name, done, all). The index is not built here.
    """
    report = ImportReport()
    files = find_files(paths)
    for number, (file, name) in enumerate(files, 1):
        origin = f"{options.source}/{name}" if options.source else name
        try:
            data = read_bytes(file)
            digest = hashlib.sha256(data).hexdigest()
            with unit() as work:
                former = work.knowledge.imported(origin)
                if former and former.sha256 == digest:
                    report.unchanged += 1
                else:
                    warn = lambda text, name=name: report.warnings.append((name, text))  # noqa: E731
                    entries = parse_file(data, file, origin, options.kind, warn)
                    for entry in entries:
                        _place(entry, name, options)
                        entry.validate()
                    _store(work.knowledge, origin, entries, report, options.by, now())
                    work.knowledge.put_imported(ImportedFile(origin, digest, len(entries), now(), options.by))
                    work.commit()
                    report.files += 1
        except InvalidInput as fault:  # the file's own fault, or text that no database can hold
            report.faults.append((name, fault.message))
        if on_file:
            on_file(name, number, len(files))
    return report


def _place(entry: KnowledgeEntry, name: str, options: ImportOptions) -> None:
    """Where the entry belongs, as far as it does not say itself."""
    if entry.jurisdiction == EVERYWHERE:
        told = jurisdiction_of(entry.title, name) if entry.kind is EntryKind.REGULATION else ""
        entry.jurisdiction = options.jurisdiction or told or EVERYWHERE
    if not entry.library:
        entry.library = options.library or library_of(entry)


def _store(
    knowledge: KnowledgeEntries,
    origin: str,
    entries: list[KnowledgeEntry],
    report: ImportReport,
    by: str,
    at: datetime,
) -> None:
    former = {entry.id: entry for entry in knowledge.by_origin(origin)}
    for entry in entries:
        if entry.kind is not EntryKind.REGULATION and entry.id not in former:
            _refuse_taken(knowledge, entry)
    fresh = {entry.id: entry for entry in entries}
    changed = [entry for entry_id, entry in fresh.items() if former.get(entry_id) != entry]
    gone = [entry_id for entry_id in former if entry_id not in fresh]
    knowledge.put_all(changed)
    if gone:
        knowledge.remove(gone)
    # What is new tells who and when by its file; a history is kept of what there was before.
    imported, removed = EntryAction.IMPORTED, EntryAction.REMOVED
    told = [EntryChange(e.id, 0, at, by, imported, origin, former[e.id]) for e in changed if e.id in former]
    told += [EntryChange(entry_id, 0, at, by, removed, origin, former[entry_id]) for entry_id in gone]
    if told:
        knowledge.record(told)
    report.entries += len(changed)
    report.removed += len(gone)


def _refuse_taken(knowledge: KnowledgeEntries, entry: KnowledgeEntry) -> None:
    """A file must not replace another file's question by the chance of a number. Raises: FileFault."""
    try:
        holder = knowledge.get(entry.id)
    except NotFound:
        return
    if holder.title != entry.title:
        place = f"文件“{holder.origin}”" if holder.origin else "知识库"
        raise FileFault(f"编号“{entry.id}”已用于{place}中的“{holder.title[:30]}”，请换一个编号后再导入。")
