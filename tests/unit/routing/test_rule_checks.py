from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from routing.rule_checks import MAX_RULES, RuleProblem, check_rules, covers, errors_of
from routing.rules import Rule, Rules
from tests.small_city import DEPARTMENTS

DAY = date(2026, 11, 21)
CATEGORIES = ["城乡建设/供水/停水", "城乡建设/供水/水费", "教育/师德"]
GONE = replace(DEPARTMENTS[1], active=False)


def rule(id: str = "r", then: Any = None, **more: Any) -> dict:
    """A rule; `when_…` arguments are conditions."""
    when = {key.removeprefix("when_"): value for key, value in more.items() if key.startswith("when_")}
    rest = {key: value for key, value in more.items() if not key.startswith("when_")}
    return {"id": id, "when": when or {"any_terms": ["停水"]}, "then": then or {"department": "water"}} | rest


def problems(*rows: object, categories: list[str] = CATEGORIES) -> list[RuleProblem]:
    return check_rules(rows, [DEPARTMENTS[0], GONE, *DEPARTMENTS[2:]], ("云湖区", "松岭区"), categories, DAY)


def one(*rows: object, **more: Any) -> RuleProblem:
    (found,) = problems(*rows, **more)
    return found


def test_good_rules_have_no_problem() -> None:
    first = rule(
        "a",
        {"department": "water", "supporting": ["street"], "review": True},
        when_category="城乡建设/供水",
        when_department="school",
        when_district="云湖区",
        when_type="投诉",
        when_urgency="紧急",
        note="先核实",
        to="2026-11-21",
    )
    assert problems(first, rule("b"), rule("c", {"department": DEPARTMENTS[2].name}, when_any_terms=["路灯"])) == []


def test_broken_rows_are_named_with_their_place() -> None:
    first, second = problems("x", rule("b", when_any_terms="停水"))
    assert (first.row, first.level) == (1, "error") and "应为对象" in first.message
    assert (second.row, second.rule, second.field) == (2, "b", "when.any_terms")


def test_a_number_twice_or_none() -> None:
    found = one(rule("a"), rule("a", when_any_terms=["停电"]))
    assert (found.row, found.field) == (2, "id") and "第1条重复" in found.message
    assert one(rule("")).field == one(rule("  ")).field == "id"


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        (rule(then={"department": "gone"}), "then.department", "没有代码为“gone”"),
        (rule(then={"department": GONE.code}), "then.department", "已停用"),
        (rule(then={"department": GONE.name}), "then.department", "已停用"),
        (rule(then={"department": "water", "supporting": ["gone"]}), "then.supporting", "没有代码为“gone”"),
        (rule(then={"department": "water", "supporting": ["water"]}), "then.supporting", "相同"),
        (rule(then={"review": True, "supporting": ["street"]}, note="x"), "then.supporting", "没有主办单位"),
        (rule(then={"review": True}), "note", "须填写说明"),
        (rule(when_department="gone"), "when.department", "没有代码为“gone”"),
        (rule(when_department=DEPARTMENTS[0].name), "when.department", "单位代码“water”"),
        (rule(when_district="火星区"), "when.district", "云湖区、松岭区"),
        (rule(when_type="诉苦"), "when.type", "咨询、求助"),
        (rule(when_urgency="很急"), "when.urgency", "一般、紧急、特急、疑难"),
        (rule(when_category="城乡建设/供"), "when.category", "没有“城乡建设/供”"),
        (rule(when_all_terms=["停水通知"], when_none_terms=["停水"]), "when.none_terms", "矛盾"),
        (rule(when_any_terms=["停水", "断水"], when_none_terms=["水"]), "when.none_terms", "矛盾"),
    ],
)
def test_what_cannot_be_saved(row: dict, field: str, words: str) -> None:
    found = one(row)
    assert (found.field, found.level) == (field, "error") and words in found.message


def test_what_is_only_told() -> None:
    ended = one(rule(to="2026-11-20"))
    unknown = one(rule(when_category="教育"), categories=[])
    assert (ended.field, unknown.field) == ("to", "when.category")
    assert errors_of([ended, unknown]) == []


def test_too_many_rules() -> None:
    rows = [rule(str(number), when_any_terms=[f"词{number}号"]) for number in range(MAX_RULES + 1)]
    assert one(*rows).row == 0


NEVER = [
    # (earlier, later)
    ({"any_terms": ["水"]}, {"any_terms": ["停水", "断水"]}),
    ({"any_terms": ["停水"]}, {"any_terms": ["停水"], "district": "云湖区"}),
    ({"any_terms": ["停水", "停电"]}, {"all_terms": ["停水", "赔偿"]}),
    ({"all_terms": ["停水"]}, {"any_terms": ["停水通知", "小区停水"]}),
    ({"none_terms": ["停水通知"]}, {"none_terms": ["停水"]}),
    ({"category": "城乡建设"}, {"category": "城乡建设/供水"}),
    ({"type": "投诉"}, {"type": "投诉", "urgency": "紧急"}),
    ({"department": "water"}, {"department": "water", "type": "投诉"}),
]


@pytest.mark.parametrize(("earlier", "later"), NEVER)
def test_a_rule_behind_a_weaker_one_is_never_reached(earlier: dict, later: dict) -> None:
    rows = [{"id": "a", "when": earlier, "then": {"department": "water"}}]
    rows.append({"id": "b", "when": later, "then": {"department": "street"}})
    found = one(*rows)
    assert found.row == 2 and "第1条“a”" in found.message and found.level == "error"
    assert problems(*reversed(rows)) == [], "in the other order both decide"


def test_a_rule_twice_is_never_reached() -> None:
    assert "永远轮不到" in one(rule("a"), rule("b")).message


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"any_terms": ["停水"]}, {"any_terms": ["停水", "停电"]}),
        ({"all_terms": ["停水", "赔偿"]}, {"any_terms": ["停水"]}),
        ({"any_terms": ["停水通知"]}, {"any_terms": ["停水"]}),
        ({"none_terms": ["停水"]}, {"none_terms": ["停水通知"]}),
        ({"none_terms": ["停水"]}, {"any_terms": ["停电"]}),
        ({"category": "城乡建设/供水"}, {"category": "城乡建设"}),
        ({"district": "云湖区"}, {"type": "投诉"}),
        ({"district": "云湖区"}, {"district": "松岭区"}),
    ],
)
def test_a_rule_that_may_still_be_reached_is_left_alone(earlier: dict, later: dict) -> None:
    rows = [{"id": "a", "when": earlier, "then": {"department": "water"}}]
    assert problems(*rows, {"id": "b", "when": later, "then": {"department": "street"}}) == []


@pytest.mark.parametrize(
    ("earlier", "later", "covered"),
    [
        ({}, {}, True),
        ({}, {"from": "2026-12-01"}, True),
        ({"from": "2026-12-01"}, {}, False),
        ({"to": "2026-12-01"}, {}, False),
        ({"from": "2026-11-01", "to": "2026-12-31"}, {"from": "2026-12-01", "to": "2026-12-31"}, True),
        ({"from": "2026-11-01", "to": "2026-12-30"}, {"from": "2026-12-01", "to": "2026-12-31"}, False),
    ],
)
def test_a_dated_rule_covers_only_its_own_days(earlier: dict, later: dict, covered: bool) -> None:
    first, second = Rules.of([rule("a", **earlier), rule("b", **later)]).rows
    assert isinstance(first, Rule) and isinstance(second, Rule)
    assert covers(first, second) is covered
