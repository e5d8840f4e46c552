"""机构调整: departments are renamed, merged and split; what a former code means today is read from the changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casework.errors import InvalidInput


class ChangeKind(StrEnum):
    """调整方式."""

    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"


CHANGE_NAMES = {ChangeKind.RENAME: "更名", ChangeKind.MERGE: "合并", ChangeKind.SPLIT: "拆分"}
FORMER_NAME = "former_name"
"""Key of a rename's mapping: the name that the department had until then."""


@dataclass(frozen=True, slots=True)
class DepartmentChange:
    """机构调整记录: appended, never edited; a mistake is put right by another change."""

    kind: ChangeKind
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    """Codes; a rename that keeps its code has it on both sides, a split whose source lives on names it here too."""
    at: datetime
    actor: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Of a split: {category prefix: target}, "" = all other categories. Of a rename: {FORMER_NAME: name}."""
    note: str = ""
    id: int = 0
    """Counts up; 0 = not stored."""

    def heirs(self, category: str) -> tuple[str, ...]:
        """Who takes over what the sources had of this category: one code, or several where the mapping is silent."""
        if self.kind is not ChangeKind.SPLIT:
            return self.targets
        levels = category_levels(category)
        for length in range(len(levels), -1, -1):
            if heir := self.mapping.get("/".join(levels[:length])):
                return (heir,)
        return self.targets


def category_levels(category: str) -> list[str]:
    """城乡建设/住房公积金/公积金提取 as its levels. A prefix is made of whole levels: 城乡 is none of 城乡建设."""
    return [level.strip() for level in category.replace("／", "/").split("/") if level.strip()]


def category_prefix(category: str) -> str:
    """The one way in which a prefix is written."""
    return "/".join(category_levels(category))


class DepartmentHistory:
    """机构沿革: all changes, the oldest first.

    Raises: InvalidInput when a department would in the end become itself again (a→b, b→a).
    """

    def __init__(self, changes: Sequence[DepartmentChange] = ()) -> None:
        self._changes = list(changes)
        self._refuse_cycles()

    def now(self, code: str, category: str = "", at: datetime | None = None) -> tuple[str, ...]:
        """Today's code of what `code` meant; several where a split's mapping does not tell which.

        A code that never changed is itself. `at`: when the label was given; changes before it are not applied, which
        matters where a split department lives on under its code. None: from the beginning.
        """
        codes = [code]
        for change in self._changes:
            if at is None or change.at > at:
                after = [
                    heir for one in codes for heir in (change.heirs(category) if one in change.sources else (one,))
                ]
                codes = list(dict.fromkeys(after))
        return tuple(codes)

    def successors(self, code: str) -> tuple[str, ...]:
        """All who have taken over something of it, whatever the category; itself while it has none."""
        codes = [code]
        for change in self._changes:
            after = [heir for one in codes for heir in (change.targets if one in change.sources else (one,))]
            codes = list(dict.fromkeys(after))
        return tuple(codes)

    def name_then(self, code: str, at: datetime, name: str) -> str:
        """The name a department had at a moment; `name` is today's."""
        for change in self._changes:
            if change.at > at and change.kind is ChangeKind.RENAME and change.sources == change.targets == (code,):
                return change.mapping.get(FORMER_NAME, name)
        return name

    def end_of(self, code: str) -> DepartmentChange | None:
        """The change by which a department ceased to be; None while it has none."""
        return next((c for c in self._changes if code in c.sources and code not in c.targets), None)

    def uses(self, code: str) -> bool:
        """Whether the code stands in any change."""
        return any(code in change.sources or code in change.targets for change in self._changes)

    def _refuse_cycles(self) -> None:
        heirs: dict[str, set[str]] = {}
        for change in self._changes:
            for source in change.sources:
                heirs.setdefault(source, set()).update(code for code in change.targets if code != source)
        for start in heirs:
            reached, pending = set[str](), list(heirs[start])
            while pending:
                code = pending.pop()
                if code == start:
                    raise InvalidInput(f"“{start}”经过几次调整又回到了自己，请改用新的单位代码。")
                if code not in reached:
                    reached.add(code)
                    pending.extend(heirs.get(code, ()))


def settled_label(history: DepartmentHistory, department: str, category: str, at: datetime | None) -> tuple[str, bool]:
    """(code to learn, whether it is unresolved) of an order of the past.

    Unresolved: a split's mapping does not tell which successor would have it; its code stays the source's, so that it
    can be looked at, and it must not be taught as it is.
    """
    codes = history.now(department, category, at)
    return (codes[0], False) if len(codes) == 1 else (department, True)
