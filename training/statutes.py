"""法条问答: lay questions with the statute articles that answer them (STARD), linked to the archive's text."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from knowledge.evaluation import article_key
from knowledge.regulation import newest_versions, parse_regulation
from training.pairs import part_of

SHARES = (("train", 0.65), ("choose", 0.80), ("test", 1.0))
_REFERENCE = re.compile(r"^(.*?)(第[一二三四五六七八九十百千零〇]+条(?:之[一二三四五六七八九十]+)?)$")


@dataclass(frozen=True, slots=True)
class StatuteQuestion:
    """A question and the keys (see `article_key`) of the articles that answer it."""

    question: str
    articles: tuple[str, ...]


def read_articles(folder: Path) -> dict[str, str]:
    """Article key → passage text (title, locator, text), the newest version of each statute."""
    passages = {}
    for path in newest_versions([p for p in folder.rglob("*.md") if p.name != "_index.md"]).values():
        regulation = parse_regulation(path.read_text(encoding="utf-8"), path.stem)
        for article in regulation.articles:
            passages[article_key(regulation.title + article.locator)] = (
                f"{regulation.title} {article.locator} {article.text}"
            )
    return passages


def read_questions(path: Path, known: dict[str, str]) -> list[StatuteQuestion]:
    """Questions with at least one article in the archive; articles that it lacks are left out."""
    questions = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        keys = tuple(key for ref in row["articles"] if (key := article_key(ref)) in known and _REFERENCE.match(ref))
        if keys:
            questions.append(StatuteQuestion(row["question"], keys))
    return questions


def split_questions(questions: list[StatuteQuestion]) -> dict[str, list[StatuteQuestion]]:
    """Train / choose / test by a hash of the question; test is for reporting and never for choosing."""
    parts: dict[str, list[StatuteQuestion]] = {name: [] for name, _ in SHARES}
    for question in questions:
        parts[part_of(question.question, SHARES)].append(question)
    return parts
