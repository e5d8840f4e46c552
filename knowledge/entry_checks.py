"""条目检查: what an entry must be like to be kept, and to answer; when two questions or two entries are the same."""

import hashlib
import json
from collections.abc import Sequence

from casework.errors import InvalidInput
from knowledge.entry import EntryKind, KnowledgeEntries, KnowledgeEntry, entry_to_dict
from knowledge.supersession import check_superseding
from knowledge.text import has_words, normalize

MAX_QUESTION, MAX_SIMILAR = 200, 200
"""Characters of a question; similar questions of one entry."""


def version_of(entry: KnowledgeEntry) -> str:
    """Names what an entry holds; another when anything of it changes, whoever changes it."""
    row = json.dumps(entry_to_dict(entry), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(row.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def question_key(text: str) -> str:
    """What two questions share that are the same but for punctuation, case and width."""
    return "".join(char for char in normalize(text) if char.isalnum())


def check_publishable(knowledge: KnowledgeEntries, entry: KnowledgeEntry) -> None:
    """Raises: InvalidInput naming what is missing before it may answer."""
    check_form(entry)
    if entry.kind is not EntryKind.REGULATION and not any(has_words(source.title) for source in entry.sources):
        raise InvalidInput("发布前请至少填写一个来源（文件名称、文号或条款），市民会看到答案的依据。")
    check_superseding(knowledge, entry)


def check_form(entry: KnowledgeEntry) -> None:
    """What any entry must be, drafts too. Raises: InvalidInput."""
    if not has_words(entry.title) or not has_words(entry.answer):
        raise InvalidInput("标准问和答案不能为空，请填写文字。")
    if any(len(text) > MAX_QUESTION for text in (entry.title, *entry.similar_questions)):
        raise InvalidInput(f"一个问法最多{MAX_QUESTION}字，请精简。")
    if len(entry.similar_questions) > MAX_SIMILAR:
        raise InvalidInput(f"一条知识最多{MAX_SIMILAR}个相似问，现有{len(entry.similar_questions)}个，请拆成几条。")
    entry.validate()


def distinct_questions(questions: Sequence[str], known: set[str]) -> list[str]:
    """Each question once, in order, without those whose key is known."""
    kept: dict[str, str] = {}
    for text in questions:
        if has_words(text):
            kept.setdefault(question_key(text), text.strip())
    return [text for key, text in kept.items() if key not in known]
