"""派单规则: an ordered JSON list that refines what the model says. A broken rule is logged and never passes silently."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge.text import normalize

logger = logging.getLogger(__name__)
_WHEN = {"any_terms", "district", "type"}
_KEYS = {"id", "when", "then", "from", "to", "note"}


@dataclass(frozen=True, slots=True)
class Rule:
    """派单规则: all of the given conditions hold → this department. Days are inclusive; None = open."""

    id: str
    department: str
    any_terms: tuple[str, ...] = ()
    district: str = ""
    type: str = ""
    start: date | None = None
    end: date | None = None
    note: str = ""

    def holds(self, text: str, type: str, district: str, on: date) -> bool:
        """Whether it decides this appeal; `text` is normalised."""
        if (self.start and on < self.start) or (self.end and on > self.end):
            return False
        if (self.type and self.type != type) or (self.district and self.district != district):
            return False
        return not self.any_terms or any(term in text for term in self.any_terms)


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """损坏的规则: nobody knows what it meant to decide, so an order that comes to it goes to a person."""

    id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Rules:
    """规则表, evaluated in order."""

    rows: tuple[Rule | BrokenRule, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Rules":
        """Read a JSON list of rules; no file = no rules. What cannot be understood becomes a BrokenRule and is logged.

        A rule: {"id", "when": {"any_terms": [str], "district", "type"}, "then": {"department"}, "from", "to", "note"}.
        """
        if not path.is_file():
            return cls()
        try:
            rows = json.loads(path.read_text(encoding="utf-8-sig"))
            if not isinstance(rows, list):
                raise ValueError("最外层应为数组")
        except (OSError, ValueError) as error:
            logger.error("routing rules %s cannot be read: %s", path, error)
            return cls((BrokenRule("规则文件", f"规则文件 {path.name} 无法读取：{error}"),))
        return cls.of(rows)

    @classmethod
    def of(cls, rows: Sequence[object]) -> "Rules":
        """Rules from parsed JSON."""
        return cls(tuple(_read(row, number) for number, row in enumerate(rows, 1)))

    def first(self, text: str, type: str, district: str, on: date) -> Rule | BrokenRule | None:
        """The first rule that holds, or the first broken one if it stands before."""
        told = normalize(text)
        for row in self.rows:
            if isinstance(row, BrokenRule):
                logger.error("routing rule %s is broken: %s", row.id, row.problem)
                return row
            if row.holds(told, type, district, on):
                return row
        return None


def _read(row: object, number: int) -> Rule | BrokenRule:
    name = f"第{number}条"
    try:
        if not isinstance(row, dict):
            raise ValueError("应为对象")
        name = str(row.get("id") or name)
        when, then = row.get("when"), row.get("then")
        unknown = [*sorted(row.keys() - _KEYS), *sorted((when.keys() if isinstance(when, dict) else set()) - _WHEN)]
        if unknown:
            raise ValueError(f"不认识的字段 {'、'.join(unknown)}")
        if not isinstance(when, dict) or not any(when.values()):
            raise ValueError("缺少条件（when）")
        if not isinstance(then, dict) or not isinstance(then.get("department"), str) or not then["department"]:
            raise ValueError("缺少承办单位（then.department）")
        terms = when.get("any_terms", [])
        if not isinstance(terms, list) or not all(isinstance(term, str) and normalize(term) for term in terms):
            raise ValueError("any_terms 应为非空词语的数组")
        if not all(isinstance(when.get(key, ""), str) for key in ("district", "type")):
            raise ValueError("district 和 type 应为文字")
        start, end = (date.fromisoformat(row[key]) if row.get(key) else None for key in ("from", "to"))
        if start and end and end < start:
            raise ValueError("结束日期早于开始日期")
    except (ValueError, TypeError) as error:
        problem = f"规则“{name}”有误：{error}"
        logger.error("routing rule %s is broken: %s", name, error)
        return BrokenRule(name, problem)
    return Rule(
        id=name,
        department=then["department"],
        any_terms=tuple(normalize(term) for term in terms),
        district=when.get("district", ""),
        type=when.get("type", ""),
        start=start,
        end=end,
        note=str(row.get("note", "")),
    )
