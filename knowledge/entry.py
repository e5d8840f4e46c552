"""知识条目: what answers are taken from, word for word, each with its source and validity."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol


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

    def in_force(self, today: date) -> bool:
        """Whether it may be answered from on that day."""
        return (
            self.review_state is ReviewState.PUBLISHED
            and (self.effective_from is None or self.effective_from <= today)
            and (self.effective_to is None or today <= self.effective_to)
        )


@dataclass(slots=True)
class ImportedFile:
    """导入记录: one file that was read completely; the same path and hash is not read again."""

    path: str
    sha256: str
    entry_count: int


class KnowledgeEntries(Protocol):
    """知识条目 repository."""

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

    def list(self, text: str = "", limit: int = 50, offset: int = 0) -> tuple[Sequence[KnowledgeEntry], int]:
        """For the console: entries whose title, answer or id holds `text`, and the count of all that match."""
        ...

    def revision(self) -> str:
        """Changes whenever any entry does; names the index built from them."""
        ...

    def imported(self, path: str) -> ImportedFile | None: ...

    def put_imported(self, file: ImportedFile) -> None: ...
