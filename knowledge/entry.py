"""知识条目: what answers are taken from, word for word, each with its source and validity."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from casework.errors import InvalidInput


class EntryKind(StrEnum):
    """条目类型."""

    FAQ = "faq"
    REGULATION = "regulation"
    GUIDE = "guide"


class ReviewState(StrEnum):
    """审核状态."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Source:
    """来源: a document and the place in it."""

    title: str
    locator: str = ""
    document_number: str = ""

    def cite(self) -> str:
        """《住房公积金管理条例》（国务院令第844号修订）第二十四条."""
        number = f"（{self.document_number}）" if self.document_number else ""
        return f"《{self.title}》{number}{self.locator}"


@dataclass(slots=True)
class KnowledgeEntry:
    """知识条目.

    For a regulation `title` is the full official name, `locator` the article, `answer` its text; for an
    FAQ `title` is the standard question. `item` and `facet` place an FAQ among the service items (事项):
    entries of one item differ by facet (条件、材料、流程…), which is what a clarifying question asks for.
    """

    id: str
    kind: EntryKind
    title: str
    answer: str
    locator: str = ""
    similar_questions: list[str] = field(default_factory=list)
    item_class: str = ""
    item: str = ""
    facet: str = ""
    sources: list[Source] = field(default_factory=list)
    jurisdiction: str = "national"
    effective_from: date | None = None
    effective_to: date | None = None
    local_figures: bool = False
    review_state: ReviewState = ReviewState.PUBLISHED
    origin: str = ""
    """The file (relative to what was imported) or the import's --source name that it came from."""
    library: str = ""
    """子库: the sub-library it belongs to; "" is the unsorted part of the master library."""
    superseded_by: str = ""
    """被替代: the id of an entry, or the title of a regulation, that replaces it."""
    generated: bool = False
    """Whether its questions were made by the importer (a service guide's fields) and not written by a person."""

    def validate(self) -> None:
        """Raises: InvalidInput when it would end before it begins."""
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise InvalidInput(
                f"失效日期 {self.effective_to} 早于生效日期 {self.effective_from}，请改正其中一个日期后再保存。"
            )

    def in_force(self, today: date) -> bool:
        """Whether it may be answered from on that day."""
        return (
            self.review_state is ReviewState.PUBLISHED
            and (self.effective_from is None or self.effective_from <= today)
            and (self.effective_to is None or today <= self.effective_to)
        )


def entry_to_dict(entry: KnowledgeEntry) -> dict:
    """Plain JSON of an entry."""
    row = asdict(entry)
    for name in ("effective_from", "effective_to"):
        row[name] = row[name].isoformat() if row[name] else None
    return row


def entry_from_dict(row: dict) -> KnowledgeEntry:
    """The inverse of `entry_to_dict`; fields that a former release did not know take their defaults."""
    row = dict(row)
    for name in ("effective_from", "effective_to"):
        row[name] = date.fromisoformat(row[name]) if row[name] else None
    row["kind"] = EntryKind(row["kind"])
    row["review_state"] = ReviewState(row["review_state"])
    row["sources"] = [Source(**source) for source in row["sources"]]
    return KnowledgeEntry(**row)


class EntryAction(StrEnum):
    """What was done to an entry."""

    CREATED = "created"
    IMPORTED = "imported"
    EDITED = "edited"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class EntryChange:
    """变更记录: one version of an entry's history. Only ever added."""

    entry_id: str
    version: int
    """1, 2, … for each entry, given by the repository; whatever is told when recording counts for nothing."""
    at: datetime
    actor: str
    """Username, or the name of a command."""
    action: EntryAction
    note: str = ""
    before: KnowledgeEntry | None = None
    """The entry as it was; None where there was none."""


@dataclass(frozen=True, slots=True)
class KnowledgeChanges:
    """增量: what brings a copy of the entries from one revision to another."""

    revision: str
    """Where the changes lead."""
    entries: Sequence[KnowledgeEntry]
    """Written since, in order of id; one that was removed and written again is here only."""
    removed: Sequence[str]
    """Ids removed since, in order; a copy may never have held them."""


@dataclass(slots=True)
class ImportedFile:
    """导入记录: one file that was read completely; the same path and hash is not read again."""

    path: str
    sha256: str
    entry_count: int
    imported_at: datetime | None = None
    """None for files that a former release has read."""
    imported_by: str = ""


class KnowledgeEntries(Protocol):
    """知识条目 repository."""

    def lock(self) -> None:
        """Others who write entries wait from here until this unit is committed or left: read after it, then write."""
        ...

    def put_all(self, entries: Sequence[KnowledgeEntry]) -> None:
        """Add or replace by id."""
        ...

    def remove(self, entry_ids: Sequence[str]) -> None: ...

    def get(self, entry_id: str) -> KnowledgeEntry:
        """Raises: NotFound."""
        ...

    def all(self) -> Sequence[KnowledgeEntry]:
        """Every entry, in order of id."""
        ...

    def by_origin(self, origin: str) -> Sequence[KnowledgeEntry]: ...

    def titled(self, title: str) -> Sequence[KnowledgeEntry]:
        """Entries with exactly this title, in order of id."""
        ...

    def superseded(self) -> Sequence[KnowledgeEntry]:
        """Entries that name what replaces them, in order of id."""
        ...

    def list(
        self,
        text: str = "",
        limit: int = 50,
        offset: int = 0,
        *,
        library: str | None = None,
        state: ReviewState | None = None,
        kind: EntryKind | None = None,
        generated: bool | None = None,
    ) -> tuple[Sequence[KnowledgeEntry], int]:
        """For the console: entries whose title, answer or id holds `text` and that have what is named of the rest, in
        order of id, and the count of all that match."""
        ...

    def libraries(self) -> Sequence[tuple[str, int]]:
        """子库: (name, count of entries) in order of name; only those that hold entries."""
        ...

    def revision(self) -> str:
        """Changes whenever any entry does; names the index built from them."""
        ...

    def changes_since(self, revision: str) -> KnowledgeChanges | None:
        """All that was written and removed after `revision`, as of one moment.

        None when this database was never at that revision: it is of another database, or was lost by a restore.
        """
        ...

    def record(self, changes: Sequence[EntryChange]) -> None:
        """Append to the entries' histories, in this order; numbers the versions."""
        ...

    def history(self, entry_id: str) -> Sequence[EntryChange]:
        """Newest first; goes on when the entry is removed."""
        ...

    def imported(self, path: str) -> ImportedFile | None: ...

    def put_imported(self, file: ImportedFile) -> None: ...
