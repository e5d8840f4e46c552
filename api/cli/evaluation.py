"""检索评测命令: reads questions with their right answers, searches, prints the figures and the worst misses."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from api.instance import Instance, today
from casework.errors import InvalidInput
from knowledge.evaluation import RankedQuestion, article_key, evaluate, worst

SHOWN = 3
"""Hits shown of a question that was missed."""


def evaluate_retrieval_of(instance: Instance, queries: Path, k: int) -> None:
    """Print hit@1/5/10, recall@k, MRR, nDCG@10 with intervals, and the questions whose right entry came latest.

    A row is {"text", "entry_ids": [...]} or {"question", "articles": ["法规全称或简称第几条", ...]}; rows without a right
    entry in the base are counted and left out. Raises: InvalidInput.
    """
    index = instance.shelf.current()
    rows, absent = [], 0
    by_article: dict[str, frozenset[str]] | None = None
    for number, line in enumerate(_lines(queries), 1):
        try:
            row = json.loads(line)
            text, told = (row["text"], row["entry_ids"]) if "entry_ids" in row else (row["question"], row["articles"])
            if not isinstance(text, str) or not all(isinstance(name, str) for name in told):
                raise TypeError
        except (json.JSONDecodeError, KeyError, TypeError):
            raise InvalidInput(
                f'{queries} 第{number}行应为 {{"text": "…", "entry_ids": […]}} 或 {{"question": "…", "articles": […]}}。'
            ) from None
        if "entry_ids" in row:
            right = frozenset(name for name in told if index.position(name) is not None)
        else:
            if by_article is None:
                by_article = articles_in_force(instance)
            right = frozenset().union(*(by_article.get(article_key(name), frozenset()) for name in told))
        if right:
            rows.append((text, right))
        elif told:
            absent += 1
    if not rows:
        raise InvalidInput("没有带正确条目的问题可以评测。请检查文件，或先导入这些条目。")
    titles: dict[str, str] = {}
    ranked = []
    for text, right in tqdm(rows, file=sys.stderr, unit="条"):
        hits = instance.retriever.search(index, text, max(k, 10), today())
        titles |= {hit.entry.id: f"{hit.entry.title}{hit.entry.locator}" for hit in hits[:SHOWN]}
        ranked.append(RankedQuestion(text, tuple(hit.entry.id for hit in hits), right))
    for name, figure in evaluate(ranked, k).items():
        print(f"{name:12s} {figure.value:.3f}  [{figure.low:.3f}, {figure.high:.3f}]")
    print(
        f"{len(ranked)}个问题（方括号内为95%自助法区间）"
        + (f"；另有{absent}个问题的正确条目不在知识库中，未计入" if absent else "")
    )
    print("最差的几个：")
    for question in worst(ranked):
        print(f"  第{question.rank or '—'}位  {question.question[:40]}")
        print(f"        应为 {'、'.join(_named(index.get, entry_id) for entry_id in sorted(question.right))}")
        print(f"        得到 {'、'.join(titles[entry_id] for entry_id in question.ranked[:SHOWN])}")


def articles_in_force(instance: Instance) -> dict[str, frozenset[str]]:
    """Article's name (see `article_key`) → ids of the entries that are this article today."""
    index = instance.shelf.current()
    named: dict[str, frozenset[str]] = {}
    for position in index.in_force(today()).nonzero()[0]:
        entry = index.entry(int(position))
        if entry.locator:
            key = article_key(entry.title + entry.locator)
            named[key] = named.get(key, frozenset()) | {entry.id}
    return named


def _named(get: Callable, entry_id: str) -> str:
    entry = get(entry_id)
    return f"{entry.title}{entry.locator}" if entry else entry_id


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"文件无法读取，应为 UTF-8 编码的 JSON Lines：{path}") from None
