import json
import logging
from datetime import date
from pathlib import Path

import pytest

from routing.rules import BrokenRule, Rule, Rules

DAY = date(2026, 3, 9)
HEATING = {
    "id": "heat",
    "when": {"any_terms": ["暖气", "供热"]},
    "then": {"department": "grgs"},
    "from": "2026-01-01",
    "to": "2026-03-31",
}
COUNTY = {
    "id": "county",
    "when": {"district": "青溪县", "type": "投诉"},
    "then": {"department": "xian"},
    "note": "县里自己办",
}


def first(rows: list, text: str = "暖气不热", type: str = "投诉", district: str = "", on: date = DAY) -> str | None:
    found = Rules.of(rows).first(text, type, district, on)
    return found.id if found else None


def test_the_first_rule_that_holds_decides() -> None:
    assert first([HEATING, COUNTY], district="青溪县") == "heat"
    assert first([COUNTY, HEATING], district="青溪县") == "county"


def test_all_conditions_must_hold() -> None:
    assert first([COUNTY], district="青溪县", type="咨询") is None
    assert first([COUNTY], district="云湖区") is None
    assert first([HEATING], text="停水了") is None


@pytest.mark.parametrize(
    ("day", "found"),
    [(date(2025, 12, 31), None), (date(2026, 1, 1), "heat"), (date(2026, 3, 31), "heat"), (date(2026, 4, 1), None)],
)
def test_the_days_are_inclusive(day: date, found: str | None) -> None:
    assert first([HEATING], on=day) == found


def test_terms_match_whatever_the_width_and_case() -> None:
    rule = {"id": "x", "when": {"any_terms": ["ＷiFi"]}, "then": {"department": "txgl"}}
    assert first([rule], text="家里WIFI断了") == "x"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("heat", "应为对象"),
        ({"id": "x", "then": {"department": "a"}}, "缺少条件"),
        ({"id": "x", "when": {}, "then": {"department": "a"}}, "缺少条件"),
        ({"id": "x", "when": {"any_terms": []}, "then": {"department": "a"}}, "缺少条件"),
        ({"id": "x", "when": {"any_terms": "暖气"}, "then": {"department": "a"}}, "any_terms"),
        ({"id": "x", "when": {"any_terms": ["暖气", " "]}, "then": {"department": "a"}}, "any_terms"),
        ({"id": "x", "when": {"district": 3}, "then": {"department": "a"}}, "district"),
        ({"id": "x", "when": {"district": "a"}}, "缺少承办单位"),
        ({"id": "x", "when": {"district": "a"}, "then": {"department": ""}}, "缺少承办单位"),
        ({"id": "x", "when": {"word": "a"}, "then": {"department": "a"}}, "word"),
        (HEATING | {"until": "2026-01-01"}, "until"),
        (HEATING | {"from": "明天"}, "有误"),
        (HEATING | {"from": 20260101}, "有误"),
        (HEATING | {"from": "2026-04-01"}, "早于"),
    ],
)
def test_a_broken_rule_is_kept_as_broken_and_logged(
    row: object, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        (found,) = Rules.of([row]).rows
    assert isinstance(found, BrokenRule) and problem in found.problem
    assert caplog.records


def test_an_order_that_comes_to_a_broken_rule_stops_there() -> None:
    assert first([{"id": "bad", "when": {}}, HEATING]) == "bad"
    assert first([HEATING, {"id": "bad", "when": {}}]) == "heat"


def test_rules_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([HEATING, COUNTY], ensure_ascii=False), encoding="utf-8-sig")
    assert [row.id for row in Rules.load(path).rows] == ["heat", "county"]
    assert isinstance(Rules.load(path).rows[0], Rule)


def test_no_file_is_no_rules(tmp_path: Path) -> None:
    assert Rules.load(tmp_path / "rules.json").rows == ()


@pytest.mark.parametrize("text", ["", "{", "{}", "\xff", "null"])
def test_an_unreadable_file_is_one_broken_rule(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.json"
    path.write_bytes(text.encode("latin-1"))
    (found,) = Rules.load(path).rows
    assert isinstance(found, BrokenRule) and "rules.json" in found.problem


def holds(when: dict, text: str = "暖气管漏水", **told: str) -> bool:
    rules = Rules.of([{"id": "x", "when": when, "then": {"department": "a"}}])
    return rules.first(text, "投诉", "", DAY, **told) is not None


def test_all_and_none_of_the_terms() -> None:
    assert holds({"all_terms": ["暖气", "漏水"]}) and not holds({"all_terms": ["暖气", "停电"]})
    assert holds({"none_terms": ["停电"]}) and not holds({"none_terms": ["停电", "漏水"]})
    assert not holds({"any_terms": ["暖气"], "none_terms": ["漏水"]})


@pytest.mark.parametrize(
    ("category", "found"),
    [
        ("城乡建设/供水", True),
        ("城乡建设/供水/停水", True),
        ("城乡建设/供水厂", False),
        ("城乡建设", False),
        ("", False),
    ],
)
def test_a_category_is_the_beginning_of_a_path_in_whole_levels(category: str, found: bool) -> None:
    assert holds({"category": "城乡建设/供水"}, category=category) is found
    assert holds({"category": "城乡建设/供水/"}, category=category) is found


def test_the_models_first_candidate_and_the_urgency() -> None:
    assert holds({"department": "water"}, department="water") and not holds({"department": "water"}, department="power")
    assert not holds({"department": "water"}), "without a model there is no candidate"
    assert holds({"urgency": "紧急"}, urgency="紧急") and not holds({"urgency": "紧急"}, urgency="一般")


def test_supporting_departments_and_review_are_read() -> None:
    (rule,) = Rules.of(
        [HEATING | {"then": {"department": "a", "supporting": ["b"], "review": True}, "note": "补贴"}]
    ).rows
    assert isinstance(rule, Rule)
    assert (rule.department, rule.supporting, rule.review, rule.label) == ("a", ("b",), True, "heat：补贴")
    (rule,) = Rules.of([HEATING | {"then": {"review": True}}]).rows
    assert isinstance(rule, Rule) and rule.department == "" and rule.review


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (HEATING | {"when": {"all_terms": "暖气"}}, "when.all_terms"),
        (HEATING | {"when": {"none_terms": [""]}}, "when.none_terms"),
        (HEATING | {"when": {"category": "/"}}, "when.category"),
        (HEATING | {"when": {"urgency": ["紧急"]}}, "when.urgency"),
        (HEATING | {"then": {"review": False}}, "then.department"),
        (HEATING | {"then": {"department": "a", "supporting": "b"}}, "then.supporting"),
        (HEATING | {"then": {"department": "a", "review": "yes"}}, "then.review"),
        (HEATING | {"then": {"department": "a", "lead": "b"}}, ""),
        (HEATING | {"then": "a"}, "then.department"),
        (HEATING | {"to": "2026-02-30"}, "to"),
        (HEATING | {"note": float("nan")}, "note"),
        (HEATING | {"id": ["heat"]}, "id"),
    ],
)
def test_a_broken_rule_tells_its_field(row: dict, field: str) -> None:
    (found,) = Rules.of([row]).rows
    assert isinstance(found, BrokenRule) and found.field == field
