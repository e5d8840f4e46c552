"""法规解析: a statute becomes articles (条), each citable by its title and locator.

The first form is that of the LawRefBook archive: `# full title`, lines of history, `<!-- INFO END -->`, then
`## 编/章` headings and articles that begin a line with 第…条. Other texts are brought into that form by
`knowledge.statute_form`. Texts without articles (批复、修正案) are cut at their 一、二、 items, and what has
neither is one entry.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge.numerals import NUMERAL, to_number
from knowledge.statute_form import HEADING, StatuteForm, only_table, statute_form

_ARTICLE = re.compile(rf"^(第[{NUMERAL}]+条(?:之[{NUMERAL}]+)?)(?:[\s\u3000]+|$)(.*)$")
_ITEM = re.compile(rf"^([{NUMERAL}]+)、(.*)$")
_NAMED_DATE = re.compile(r"[(（](\d{4})-(\d{2})-(\d{2})[)）]$")
_HISTORY_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_INFO_END = "<!-- INFO END -->"
_IN_FORCE = re.compile(
    rf"本[\u3400-\u9fff]{{1,12}}自([{NUMERAL}○]{{4}})年([{NUMERAL}]{{1,3}})月([{NUMERAL}]{{1,3}})日起?"
    r"(?:正式)?(?:施行|实施|生效|执行|试行)"
)
_ORDER = re.compile(
    r"(?:(?<=日)|(?<![\u3400-\u9fff、]))(?!日)([\u3400-\u9fff、]{2,40}?(?:令|公告))\s*"
    rf"(?:[（(]?\d{{4}}年[）)]?)?\s*第\s*([{NUMERAL}]+)\s*号"
)
_NUMBERED = re.compile(r"[\u3400-\u9fff]{1,12}[〔\[［]\d{4}[〕\]］]\s*\d+号")
LAST_ARTICLES = 3
"""How many articles from the end are asked for the day of entry into force (it is the last, annexes aside)."""


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
    """法规: `version_date` is the date this version carries, None where neither name nor history tells.

    `effective_from` is the day named in the text's last article where that is later, else `version_date`;
    `document_number` the latest number in the history, such as 国务院令第844号.
    """

    title: str
    version_date: date | None
    articles: tuple[Article, ...]
    effective_from: date | None = None
    document_number: str = ""


def version_date(name: str, history: str) -> date | None:
    """The date in the file's name, else the latest date in the history lines (both as published)."""
    named = _NAMED_DATE.search(name)
    found = [named.groups()] if named else _HISTORY_DATE.findall(history)
    return max((day for parts in found if (day := _day(*parts))), default=None)


def parse_regulation(text: str, name: str) -> Regulation:
    """Parse one statute, in Markdown or as plain lines; `name` is the file's name without its ending.

    Raises: RegulationError when there is no title or no text below it.
    """
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()]
    form = _archive_form(lines) or statute_form(lines)
    if form is None:
        if only_table(lines):
            raise RegulationError("只有表格，没有条文；问答或办事指南的表格请另存为 .xlsx 或 .csv 再导入")
        raise RegulationError("没有找到标题（第一行应是法规全称，Markdown 中以「# 」开头）")
    articles = _cut(form.body, _ARTICLE) or _cut(form.body, _ITEM) or _whole(form.body)
    if not articles:
        raise RegulationError("标题之下没有正文")
    if only_table(form.body):
        raise RegulationError("标题之下只有表格，没有条文；问答或办事指南的表格请另存为 .xlsx 或 .csv 再导入")
    history = "\n".join(form.history)
    version = version_date(name, history)
    days = [day for day in (version, version_date("", history)) if day]
    in_force = _in_force(articles)
    return Regulation(
        form.title,
        version,
        tuple(articles),
        in_force if in_force and all(in_force > day for day in days) else version,
        document_number(history),
    )


def document_number(history: str) -> str:
    """The last order or document number in the history: 国务院令第844号, 建金〔2026〕5号; "" where there is none."""
    found = ""
    for line in history.split("\n"):
        orders = _ORDER.findall(line)
        if orders:
            body = re.sub("^[由以经](?=[中国省])", "", orders[-1][0]).removeprefix("中华人民共和国")
            found = f"{body}第{orders[-1][1]}号"
        elif numbered := _NUMBERED.findall(line):
            found = numbered[-1].replace(" ", "")
    return found


def _archive_form(lines: list[str]) -> StatuteForm | None:
    if _INFO_END not in lines:
        return None
    title = next((m.group(2).strip() for line in lines if (m := HEADING.match(line)) and len(m.group(1)) == 1), "")
    marker = lines.index(_INFO_END)
    return StatuteForm(title, lines[:marker], lines[marker + 1 :]) if title else None


def _in_force(articles: list[Article]) -> date | None:
    for article in reversed(articles[-LAST_ARTICLES:]):
        if told := _IN_FORCE.search(article.text):
            return _day(*told.groups())
    return None


def _day(year: str, month: str, day: str) -> date | None:
    numbers = [to_number(part) for part in (year, month, day)]
    try:
        return date(*numbers) if None not in numbers else None  # type: ignore[arg-type]
    except ValueError:
        return None


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
        if heading := HEADING.match(line):
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
    text = "\n".join(line for line in body if line and not HEADING.match(line)).strip()
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
