"""规则核对: what is wrong with a list of rules before it is saved: broken rows, names that nobody has, rules that never decide."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from casework.appeal import AppealType, Urgency
from casework.organisation.department import Department
from routing.rules import BrokenRule, Rule, Rules, within

ERROR = "error"
"""Rules with an error are not saved."""
WARNING = "warning"
MAX_RULES = 500


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """规则问题."""

    row: int
    """Of the list, from 1; 0 = the list as a whole."""
    rule: str
    field: str
    """"id", "when.category", "then.department", "to"; "" = the row as a whole."""
    message: str
    level: str = ERROR

    def as_dict(self) -> dict:
        """{"row", "rule", "field", "message", "level"}."""
        return asdict(self)


def errors_of(problems: Sequence[RuleProblem]) -> list[RuleProblem]:
    """Those that forbid saving."""
    return [problem for problem in problems if problem.level == ERROR]


def check_rules(
    rows: Sequence[object],
    departments: Sequence[Department],
    districts: Sequence[str],
    categories: Sequence[str],
    on: date,
) -> list[RuleProblem]:
    """Everything wrong with rules as parsed JSON, in their order.

    `departments` are all, the inactive ones too; `categories` are whole paths (none = no model yet, so that none can be looked up);
    `on` is today.
    """
    read = Rules.of(rows).rows
    known = {department.code: department for department in departments}
    found: list[RuleProblem] = []
    if len(rows) > MAX_RULES:
        found.append(RuleProblem(0, "", "", f"规则最多{MAX_RULES}条，现有{len(rows)}条，请合并或删除。"))
    seen: dict[str, int] = {}
    for number, (row, rule) in enumerate(zip(rows, read, strict=True), 1):
        told = _identity(row, rule.id, number, seen)
        if isinstance(rule, BrokenRule):
            told.append((rule.field, f"{rule.problem}。", ERROR))
        else:
            told += _names(rule, known, districts, categories)
            told += _days(rule, on)
            told += _never(rule, read[: number - 1])
        found += [RuleProblem(number, rule.id, field, message, level) for field, message, level in told]
    return found


_Told = list[tuple[str, str, str]]
"""(field, message, level)."""


def _identity(row: object, name: str, number: int, seen: dict[str, int]) -> _Told:
    told: _Told = []
    if isinstance(row, dict) and not str(row.get("id") or "").strip():
        told.append(("id", f"第{number}条规则没有编号，请填写。", ERROR))
    elif name in seen:
        told.append(("id", f"编号“{name}”与第{seen[name]}条重复，请改用其他编号。", ERROR))
    seen.setdefault(name, number)
    return told


def _names(
    rule: Rule, departments: dict[str, Department], districts: Sequence[str], categories: Sequence[str]
) -> _Told:
    told: _Told = []
    lead = rule.department
    wanted = [("then.department", lead), *(("then.supporting", code) for code in rule.supporting)]
    for field, code in [*wanted, ("when.department", rule.candidate)]:
        problem = _department(code, departments, by_name=field == "then.department") if code else ""
        told += [(field, problem, ERROR)] if problem else []
    if lead in rule.supporting:
        told.append(("then.supporting", "协办单位与主办单位相同，请去掉其中一个。", ERROR))
    if rule.supporting and not lead:
        told.append(("then.supporting", "没有主办单位，不能只指定协办单位。", ERROR))
    if rule.review and not rule.note.strip():
        told.append(("note", "转人工派单的规则须填写说明，说明会作为原因显示给派单员。", ERROR))
    if rule.district and rule.district not in districts:
        places = "、".join(districts) or "（尚未设置）"
        told.append(("when.district", f"没有“{rule.district}”这个区县。现有区县：{places}。", ERROR))
    for field, value, names in (("when.type", rule.type, AppealType), ("when.urgency", rule.urgency, Urgency)):
        if value and value not in set(names):
            told.append((field, f"“{value}”应为以下之一：{'、'.join(names)}。", ERROR))
    if rule.category and not categories:
        told.append(("when.category", "还没有启用派单模型，无法预测诉求分类，这条规则暂时不会命中。", WARNING))
    elif rule.category and not any(within(path, rule.category) for path in categories):
        told.append(("when.category", f"没有“{rule.category}”这个诉求分类，请从分类中选择（可以只选前几级）。", ERROR))
    return told


def _department(code: str, departments: dict[str, Department], by_name: bool) -> str:
    """What is wrong with it. The router knows the lead department by its name too, everything else by code alone."""
    found = departments.get(code)
    named = next((one for one in departments.values() if code in (one.name, one.short_name)), None)
    if found is None and named is not None:
        if not by_name:
            return f"“{code}”应写单位代码“{named.code}”。"
        found = named
    if found is None:
        return f"没有代码为“{code}”的承办单位，请重新选择。"
    return "" if found.active else f"“{found.name}”已停用，请改选其他单位。"


def _days(rule: Rule, on: date) -> _Told:
    if rule.end and rule.end < on:
        return [("to", f"这条规则已于{rule.end:%Y-%m-%d}到期，不再起作用；不需要时可以删除。", WARNING)]
    return []


def _never(rule: Rule, before: Sequence[Rule | BrokenRule]) -> _Told:
    """Why it can never decide."""
    if _contradicts(rule):
        return [("when.none_terms", "“须不含”的词语与“须含”的词语矛盾，这条规则永远不会命中。", ERROR)]
    for place, earlier in enumerate(before, 1):
        if isinstance(earlier, Rule) and covers(earlier, rule):
            return [
                ("", f"第{place}条“{earlier.id}”的条件更宽，排在前面，这条规则永远轮不到。请调整顺序或条件。", ERROR)
            ]
    return []


def _contradicts(rule: Rule) -> bool:
    """Whether a term that must be there holds one that must not."""

    def refused(term: str) -> bool:
        return any(none in term for none in rule.none_terms)

    return any(map(refused, rule.all_terms)) or (bool(rule.any_terms) and all(map(refused, rule.any_terms)))


def covers(earlier: Rule, later: Rule) -> bool:
    """Whether `earlier` holds wherever and whenever `later` does.

    A term implies each term that it holds (暖气管 implies 暖气). May miss a cover (two earlier rules together), never invents one.
    """
    plain = ((earlier.type, later.type), (earlier.district, later.district), (earlier.urgency, later.urgency))
    return (
        all(not one or one == other for one, other in (*plain, (earlier.candidate, later.candidate)))
        and (not earlier.category or within(later.category, earlier.category))
        and (not earlier.any_terms or _certain(later, earlier.any_terms))
        and all(_certain(later, (term,)) for term in earlier.all_terms)
        and all(any(none in term for none in later.none_terms) for term in earlier.none_terms)
        and (earlier.start is None or (later.start is not None and earlier.start <= later.start))
        and (earlier.end is None or (later.end is not None and later.end <= earlier.end))
    )


def _certain(rule: Rule, terms: Sequence[str]) -> bool:
    """Whether a text that the rule holds for has one of `terms` for certain."""

    def implies(own: str) -> bool:
        return any(term in own for term in terms)

    return any(map(implies, rule.all_terms)) or (bool(rule.any_terms) and all(map(implies, rule.any_terms)))
