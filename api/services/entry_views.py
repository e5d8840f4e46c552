"""条目视图: an entry, what may be done with it, and its history, as the console shows them."""

from collections.abc import Sequence
from datetime import date

from api.services.knowledge_views import source_line
from casework.transitions import Role
from knowledge.entry import EntryAction, EntryChange, KnowledgeEntry, entry_to_dict
from knowledge.entry_checks import version_of
from knowledge.review_states import EDITORS, STATE_NAMES, steps_from

ACTION_NAMES = {
    EntryAction.CREATED: "新建",
    EntryAction.IMPORTED: "导入",
    EntryAction.EDITED: "编辑",
    EntryAction.REVIEWED: "审核",
    EntryAction.PUBLISHED: "发布",
    EntryAction.WITHDRAWN: "下架",
    EntryAction.REMOVED: "删除",
}
FIELD_NAMES = {
    "kind": "类型",
    "title": "标准问",
    "answer": "答案",
    "locator": "条款",
    "similar_questions": "相似问",
    "item_class": "分类",
    "item": "事项",
    "facet": "方面",
    "sources": "来源",
    "jurisdiction": "适用地区",
    "effective_from": "生效日期",
    "effective_to": "失效日期",
    "local_figures": "本地数值",
    "review_state": "状态",
    "origin": "导入来源",
    "library": "子库",
    "superseded_by": "被替代",
    "generated": "自动生成",
}


def entry_view(entry: KnowledgeEntry, today: date) -> dict:
    """Entry of docs/api.md."""
    row = entry_to_dict(entry)
    return (
        {"entry_id": row.pop("id")}
        | row
        | {
            "source": source_line(entry),
            "review_state_name": STATE_NAMES[entry.review_state],
            "in_force": entry.in_force(today),
        }
    )


def detail_view(entry: KnowledgeEntry, role: Role, today: date) -> dict:
    """EntryDetail of docs/api.md."""
    return entry_view(entry, today) | {
        "version": version_of(entry),
        "may_edit": role in EDITORS[entry.review_state],
        "transitions": [
            {"to": row.target.value, "name": row.name, "needs_note": row.needs_note}
            for row in steps_from(entry.review_state, role)
        ],
    }


def history_view(history: Sequence[EntryChange], now: KnowledgeEntry | None) -> list[dict]:
    """The history, newest first, each change with what it changed; `now` is the entry as it is, None when removed."""
    rows = []
    after = now
    for change in history:
        rows.append(
            {
                "version": change.version,
                "at": change.at,
                "actor": change.actor,
                "action": change.action.value,
                "action_name": ACTION_NAMES[change.action],
                "note": change.note,
                "changes": _changes(change.before, after),
            }
        )
        after = change.before
    return rows


def _changes(before: KnowledgeEntry | None, after: KnowledgeEntry | None) -> list[dict]:
    """What differs, field by field; nothing where the entry began or ended."""
    if before is None or after is None:
        return []
    old, new = entry_to_dict(before), entry_to_dict(after)
    return [
        {"field": field, "name": name, "before": old[field], "after": new[field]}
        for field, name in FIELD_NAMES.items()
        if old[field] != new[field]
    ]
