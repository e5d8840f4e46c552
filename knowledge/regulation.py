"""法规解析: a statute in Markdown becomes articles (条), each citable by its title and locator.

The form is that of the LawRefBook archive: `# full title`, lines of history, `<!-- INFO END -->`, then
`## 编/章` headings and articles that begin a line with 第…条. Texts without articles (批复、修正案) are
cut at their 一、二、 items, and what has neither is one entry.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_CHINESE = "一二三四五六七八九十百千零〇两"
_ARTICLE = re.compile(rf"^(第[{_CHINESE}0-9]+条(?:之[{_CHINESE}]+)?)(?:[\s\u3000]+|$)(.*)$")
_ITEM = re.compile(rf"^([{_CHINESE}]+)、(.*)$")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_NAMED_DATE = re.compile(r"[(（](\d{4})-(\d{2})-(\d{2})[)）]$")
_HISTORY_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_INFO_END = "<!-- INFO END -->"


class RegulationError(ValueError):
    """The text cannot be read as a regulation; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Article:
    """条: `locator` such as 第三十八条, `path` the headings above it, `text` without the locator."""

    locator: str
    path: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Regulation:
    """法规: `version_date` is the date this version carries, None where neither name nor history tells."""

    title: str
    version_date: date | None
    articles: tuple[Article, ...]


def version_date(name: str, history: str) -> date | None:
    """The date in the file's name, else the latest date in the history lines (both as published)."""
    named = _NAMED_DATE.search(name)
    found = [named.groups()] if named else _HISTORY_DATE.findall(history)
    dates = []
    for year, month, day in found:
        try:
            dates.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return max(dates, default=None)


def parse_regulation(markdown: str, name: str) -> Regulation:
    """Parse one statute; `name` is the file's name without its ending.

    Raises: RegulationError when there is no title or no text below it.
    """
    lines = [line.strip() for line in markdown.lstrip("\ufeff").splitlines()]
    title = next((m.group(2).strip() for line in lines if (m := _HEADING.match(line)) and len(m.group(1)) == 1), "")
    if not title:
        raise RegulationError("没有找到标题（应有一行以「# 」开头的法规全称）")
    marker = next((i for i, line in enumerate(lines) if line == _INFO_END), None)
    if marker is None:
        marker = next(i for i, line in enumerate(lines) if _HEADING.match(line))
    history, body = "\n".join(lines[:marker]), lines[marker + 1 :]
    articles = _cut(body, _ARTICLE) or _cut(body, _ITEM) or _whole(body)
    if not articles:
        raise RegulationError("标题之下没有正文")
    return Regulation(title, version_date(name, history), tuple(articles))


def _cut(body: list[str], start: re.Pattern[str]) -> list[Article]:
    """Cut the body where `start` begins a line; headings above are the path, text before the first is dropped."""
    articles: list[Article] = []
    headings: dict[int, str] = {}
    locator = ""
    path: tuple[str, ...] = ()
    text: list[str] = []

    def finish() -> None:
        joined = "\n".join(text).strip()
        if locator and joined:
            articles.append(Article(locator, path, joined))

    for line in body:
        if heading := _HEADING.match(line):
            level = len(heading.group(1))
            headings = {k: v for k, v in headings.items() if k < level} | {level: heading.group(2).strip()}
            finish()
            locator, text = "", []
        elif begun := start.match(line):
            finish()
            locator, text = begun.group(1), [begun.group(2)]
            path = tuple(headings[k] for k in sorted(headings))
        elif line:
            text.append(line)
    finish()
    return articles


def _whole(body: list[str]) -> list[Article]:
    text = "\n".join(line for line in body if line and not _HEADING.match(line)).strip()
    return [Article("全文", (), text)] if text else []


def newest_versions(paths: list[Path]) -> dict[str, Path]:
    """The newest file of each statute, by the date in the file's name (undated names count as newest)."""
    newest: dict[str, tuple[date, Path]] = {}
    for path in sorted(paths):
        stem = path.stem
        dated = version_date(stem, "")
        short = _NAMED_DATE.sub("", stem)
        key = dated or date.max
        if short not in newest or key >= newest[short][0]:
            newest[short] = (key, path)
    return {short: path for short, (_, path) in newest.items()}
