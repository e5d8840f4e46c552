"""被替代: what replaces an entry must exist, and nothing may replace itself in a circle."""

from collections import defaultdict

from casework.errors import InvalidInput, NotFound
from knowledge.entry import EntryKind, KnowledgeEntries, KnowledgeEntry


def check_superseding(knowledge: KnowledgeEntries, entry: KnowledgeEntry) -> None:
    """Raises: InvalidInput when what replaces the entry is unknown, or the entry in the end replaces itself."""
    if not entry.superseded_by:
        return
    if not _names(knowledge, entry.superseded_by):
        raise InvalidInput(
            f"没有找到替代它的条目“{entry.superseded_by}”：请填写已有条目的编号，或已导入法规的全称；也可以留空。"
        )
    circle = _circle(knowledge, entry)
    if circle:
        told = " → ".join(f"“{name}”" for name in circle)
        raise InvalidInput(f"替代关系成了一个圈：{told}。请改正其中一条的“被替代”。")


def _keys(entry: KnowledgeEntry) -> tuple[str, ...]:
    """What `superseded_by` of another may call it: its id, and for a regulation its title."""
    return (entry.id, entry.title) if entry.kind is EntryKind.REGULATION else (entry.id,)


def _names(knowledge: KnowledgeEntries, reference: str) -> str:
    """The title of what a reference means; "" when there is none such."""
    try:
        return knowledge.get(reference).title
    except NotFound:
        found = any(other.kind is EntryKind.REGULATION for other in knowledge.titled(reference))
        return reference if found else ""


def _circle(knowledge: KnowledgeEntries, entry: KnowledgeEntry) -> list[str]:
    """The titles on the way from the entry back to itself; [] where there is no such way."""
    replaced_by: dict[str, set[str]] = defaultdict(set)
    for other in knowledge.superseded():
        if other.id != entry.id:
            for key in _keys(other):
                replaced_by[key].add(other.superseded_by)
    own, seen = set(_keys(entry)), {entry.superseded_by}
    ways = [[entry.superseded_by]]
    for way in ways:  # grows while it is walked
        if way[-1] in own:
            return [entry.title, *(_names(knowledge, key) for key in way)]
        for key in sorted(replaced_by[way[-1]] - seen):
            seen.add(key)
            ways.append([*way, key])
    return []
