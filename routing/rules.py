"""派单规则: an ordered JSON list that refines what the model says. A broken rule is logged and never passes silently."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge.text import normalize

logger = logging.getLogger(__name__)
TERMS = ("any_terms", "all_terms", "none_terms")
PLAIN = ("district", "type", "category", "department", "urgency")
"""Conditions that are one word each."""
_WHEN = {*TERMS, *PLAIN}
_THEN = {"department", "supporting", "review"}
_KEYS = {"id", "when", "then", "from", "to", "note"}


@dataclass(frozen=True, slots=True)
class Rule:
    """派单规则: all of the given conditions hold → this department. Days are inclusive; None = open."""

    id: str
    department: str
    """The lead department; "" only where `review` is set: the model's own candidates stay."""
    any_terms: tuple[str, ...] = ()
    district: str = ""
    type: str = ""
    start: date | None = None
    end: date | None = None
    note: str = ""
    all_terms: tuple[str, ...] = ()
    none_terms: tuple[str, ...] = ()
    category: str = ""
    """The beginning of a category path, in whole levels: 城乡建设/供水."""
    candidate: str = ""
    """`when.department`: only where this is the model's first candidate."""
    urgency: str = ""
    supporting: tuple[str, ...] = ()
    """协办单位 beside the lead."""
    review: bool = False
    """Always to a person, with the note as the reason."""

    @property
    def label(self) -> str:
        """What a decision calls it."""
        return f"{self.id}：{self.note}" if self.note else self.id

    def in_force(self, on: date) -> bool:
        """Whether the day lies within its days."""
        return (self.start is None or on >= self.start) and (self.end is None or on <= self.end)

    def holds(
        self,
        text: str,
        type: str,
        district: str,
        on: date,
        *,
        category: str = "",
        department: str = "",
        urgency: str = "",
    ) -> bool:
        """Whether it decides this appeal; `text` is normalised, `department` the model's first candidate (its code)."""
        wanted = (self.type, type), (self.district, district), (self.candidate, department), (self.urgency, urgency)
        return (
            self.in_force(on)
            and all(not one or one == told for one, told in wanted)
            and (not self.category or within(category, self.category))
            and (not self.any_terms or any(term in text for term in self.any_terms))
            and all(term in text for term in self.all_terms)
            and not any(term in text for term in self.none_terms)
        )


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """损坏的规则: nobody knows what it meant to decide, so an order that comes to it goes to a person."""

    id: str
    problem: str
    field: str = ""
    """Where: "when.any_terms", "then.department", "to"; "" = the row as a whole."""


@dataclass(frozen=True, slots=True)
class Rules:
    """规则表, evaluated in order."""

    rows: tuple[Rule | BrokenRule, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Rules":
        """Read a JSON list of rules; no file = no rules. What cannot be understood becomes a BrokenRule and is logged.

        A rule: {"id", "when": {"any_terms": [str], "all_terms", "none_terms", "district", "type", "category", "department",
        "urgency"}, "then": {"department", "supporting": [str], "review": bool}, "from", "to", "note"}.
        """
        try:
            return cls.of(read_rows(path))
        except (OSError, ValueError) as error:
            logger.error("routing rules %s cannot be read: %s", path, error)
            return cls((BrokenRule("规则文件", f"规则文件 {path.name} 无法读取：{error}"),))

    @classmethod
    def of(cls, rows: Sequence[object]) -> "Rules":
        """Rules from parsed JSON."""
        return cls(tuple(_read(row, number) for number, row in enumerate(rows, 1)))

    def first(
        self,
        text: str,
        type: str,
        district: str,
        on: date,
        *,
        category: str = "",
        department: str = "",
        urgency: str = "",
    ) -> Rule | BrokenRule | None:
        """The first rule that holds, or the first broken one if it stands before.

        `category` and `urgency` are the model's (or the order's own), `department` the code of the model's first candidate; a rule
        that asks for one that is "" does not hold.
        """
        told = normalize(text)
        for row in self.rows:
            if isinstance(row, BrokenRule):
                logger.error("routing rule %s is broken: %s", row.id, row.problem)
                return row
            if row.holds(told, type, district, on, category=category, department=department, urgency=urgency):
                return row
        return None


def within(category: str, prefix: str) -> bool:
    """Whether a category path lies at or below another one."""
    return category == prefix or category.startswith(f"{prefix}/")


def read_rows(path: Path) -> list:
    """The rows of a rules file, as they are; none where there is no file. Raises: OSError, ValueError."""
    if not path.is_file():
        return []
    rows = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(rows, list):
        raise ValueError("最外层应为数组")
    return rows


class _Fault(ValueError):
    """What is wrong, and in which field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _read(row: object, number: int) -> Rule | BrokenRule:
    name = f"第{number}条"
    try:
        if not isinstance(row, dict):
            raise _Fault("", "应为对象")
        if not isinstance(row.get("id", ""), str | int):
            raise _Fault("id", "id 应为文字")
        name = str(row.get("id") or name)
        return _rule(name, row)
    except _Fault as fault:
        logger.error("routing rule %s is broken: %s", name, fault)
        return BrokenRule(name, f"规则“{name}”有误：{fault}", fault.field)


def _rule(name: str, row: dict) -> Rule:
    when, then = row.get("when"), row.get("then")
    unknown = [f for given, known in ((row, _KEYS), (when, _WHEN), (then, _THEN)) for f in _unknown(given, known)]
    if unknown:
        raise _Fault("", f"不认识的字段 {'、'.join(unknown)}")
    if not isinstance(when, dict) or not any(when.values()):
        raise _Fault("when", "缺少条件（when）")
    if not isinstance(then, dict):
        raise _Fault("then.department", "缺少承办单位（then.department）")
    department, review, supporting = then.get("department", ""), then.get("review", False), then.get("supporting", [])
    if not isinstance(review, bool):
        raise _Fault("then.review", "review 应为 true 或 false")
    if not isinstance(department, str) or not (department or review):
        raise _Fault("then.department", "缺少承办单位（then.department）")
    if not _words(supporting):
        raise _Fault("then.supporting", "supporting 应为单位代码的数组")
    for key in TERMS:
        if not _words(when.get(key, [])):
            raise _Fault(f"when.{key}", f"{key} 应为非空词语的数组")
    for key in PLAIN:
        if not isinstance(when.get(key, ""), str):
            raise _Fault(f"when.{key}", f"{key} 应为文字")
    if not isinstance(row.get("note", ""), str):
        raise _Fault("note", "note 应为文字")
    category = when.get("category", "").strip("/ ")
    if when.get("category") and not category:
        raise _Fault("when.category", "category 应为诉求分类，例如 城乡建设/供水")
    days = {key: _day(row, key) for key in ("from", "to")}
    start, end = days["from"], days["to"]
    if start and end and end < start:
        raise _Fault("to", "结束日期早于开始日期")
    return Rule(
        id=name,
        department=department,
        **{key: tuple(normalize(term) for term in when.get(key, [])) for key in TERMS},
        district=when.get("district", ""),
        type=when.get("type", ""),
        category=category,
        candidate=when.get("department", ""),
        urgency=when.get("urgency", ""),
        supporting=tuple(supporting),
        review=review,
        start=start,
        end=end,
        note=row.get("note", ""),
    )


def _day(row: dict, key: str) -> date | None:
    try:
        return date.fromisoformat(row[key]) if row.get(key) else None
    except (ValueError, TypeError):
        raise _Fault(key, f"{key} 应为日期，例如 2026-01-31") from None


def _unknown(given: object, known: set[str]) -> list[str]:
    return sorted(given.keys() - known) if isinstance(given, dict) else []


def _words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and normalize(word) for word in value)
