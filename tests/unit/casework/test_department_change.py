"""机构沿革: what a former code means today."""

from datetime import timedelta

import pytest

from casework.errors import InvalidInput
from casework.organisation.department_change import (
    FORMER_NAME,
    ChangeKind,
    DepartmentChange,
    DepartmentHistory,
    settled_label,
)
from tests.unit.casework.desk import MONDAY


def change(kind: str, sources: str, targets: str, day: int = 0, **mapping: str) -> DepartmentChange:
    told = {prefix.replace("_", "/"): code for prefix, code in mapping.items()}
    at = MONDAY + timedelta(days=day)
    return DepartmentChange(ChangeKind(kind), tuple(sources.split()), tuple(targets.split()), at, "guan", told, "依据")


SPLIT = change("split", "chengguan", "jiedao shuiwu", 2, 市容="jiedao", 市容_排水="shuiwu")


def test_a_code_that_never_changed_is_itself() -> None:
    assert DepartmentHistory().now("gjj") == ("gjj",)
    assert DepartmentHistory([SPLIT]).now("gjj", "市容") == ("gjj",)


def test_chains_are_followed_in_order_of_time() -> None:
    history = DepartmentHistory(
        [change("rename", "a", "b"), change("merge", "b c", "d", 1), change("merge", "d e", "f", 2)]
    )
    assert {code: history.now(code) for code in "abcdef"} == {code: ("f",) for code in "abcdef"}


@pytest.mark.parametrize(
    ("category", "codes"),
    [
        ("市容/占道", ("jiedao",)),
        ("市容/排水/堵塞", ("shuiwu",)),
        ("市容／排水", ("shuiwu",)),
        ("市容环境/占道", ("jiedao", "shuiwu")),
        ("", ("jiedao", "shuiwu")),
    ],
)
def test_a_split_goes_by_the_longest_prefix_of_whole_levels(category: str, codes: tuple) -> None:
    assert DepartmentHistory([SPLIT]).now("chengguan", category) == codes


def test_all_others_go_to_the_default() -> None:
    split = DepartmentChange(ChangeKind.SPLIT, ("a",), ("b", "c"), MONDAY, "guan", {"供水": "b", "": "c"})
    history = DepartmentHistory([split])
    assert history.successors("a") == ("b", "c") and history.successors("b") == ("b",)
    assert (history.now("a", "供水/水压"), history.now("a", "停电"), history.now("a")) == (("b",), ("c",), ("c",))


def test_candidates_that_come_together_again_are_one() -> None:
    history = DepartmentHistory([SPLIT, change("merge", "jiedao shuiwu", "zonghe", 3)])
    assert history.now("chengguan") == ("zonghe",)


def test_a_split_department_that_lives_on_takes_part_in_later_changes_only() -> None:
    split = DepartmentChange(ChangeKind.SPLIT, ("a",), ("a", "b"), MONDAY, "guan", {"供水": "b", "": "a"})
    history = DepartmentHistory([split, change("rename", "a", "z", 5)])
    assert history.now("a", "供水") == ("b",) and history.now("a", "停电") == ("z",)
    assert history.now("a", "供水", MONDAY + timedelta(days=1)) == ("z",), "given after the split, the label is right"
    assert history.end_of("a").targets == ("z",) and history.end_of("b") is None


@pytest.mark.parametrize("rest", [["b>a"], ["b>c", "c>a"]])
def test_circles_are_refused(rest: list[str]) -> None:
    changes = [change("rename", "a", "b")]
    changes += [change("merge", *pair.split(">"), day) for day, pair in enumerate(rest, 1)]
    with pytest.raises(InvalidInput, match="回到了自己"):
        DepartmentHistory(changes)


def test_a_department_is_called_what_it_was_called_then() -> None:
    renames = [
        DepartmentChange(ChangeKind.RENAME, ("a",), ("a",), MONDAY + timedelta(days=day), "guan", {FORMER_NAME: name})
        for day, name in ((1, "房管局"), (9, "住建局"))
    ]
    history = DepartmentHistory(renames)
    then = [history.name_then("a", MONDAY + timedelta(days=day), "住建委") for day in (0, 5, 10)]
    assert then == ["房管局", "住建局", "住建委"]
    assert history.name_then("b", MONDAY, "水务局") == "水务局"
    assert history.now("a") == ("a",)


def test_an_unresolved_label_is_kept_and_told() -> None:
    history = DepartmentHistory([SPLIT])
    assert settled_label(history, "chengguan", "市容/占道", None) == ("jiedao", False)
    assert settled_label(history, "chengguan", "噪声", None) == ("chengguan", True)
    assert settled_label(history, "gjj", "", None) == ("gjj", False)
