from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from casework.errors import InvalidInput
from casework.organisation.department import NO_DEPARTMENT, Department
from routing.cleaning import Cleaner
from tests.small_city import DEPARTMENTS, TEXTS
from training.near_duplicates import near_duplicate_groups
from training.routing_data import (
    Columns,
    Example,
    folds,
    label_codes,
    parse_time,
    prepare_examples,
    read_examples,
    split_examples,
)

ALL = [Example(text, label, line=i) for i, (label, text) in enumerate((k, t) for k, own in TEXTS.items() for t in own)]


def timed(rows: list[Example]) -> list[Example]:
    return [Example(row.text, row.label, time=datetime(2026, 1 + i // 28, 1 + i % 28)) for i, row in enumerate(rows)]


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("诉求内容,承办单位\n停水,水务\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="没有“text”列。现有的列：诉求内容、承办单位。请用 --text"):
        list(read_examples(path, Columns()))
    (row,) = read_examples(path, Columns("诉求内容", "承办单位", category=""))
    assert (row.text, row.label, row.line) == ("停水", "水务", 2)


@pytest.mark.parametrize("text", ["text,department\n", "text,department\n\n\n"])
def test_a_file_with_a_header_only_has_no_rows(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="没有数据行"):
        list(read_examples(path, Columns()))


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "--text"),
        ([Example("", "a"), Example("😀", "b")], "正文列全是空的"),
        ([Example("停水", ""), Example("停电", "")], "--label"),
        ([Example(f"停水第{chr(0x4E00 + i)}天", "a") for i in range(30)], "一个单位"),
        ([Example("停水", "a"), Example("停电", "b")], "只有2条"),
        ([Example(f"诉求{chr(0xAC00 + i)}", f"d{i}") for i in range(10_000)], r"10000个不同.*2000个.*--label"),
        ([Example(f"诉求{chr(0x4E00 + i)}", f"d{i // 4}") for i in range(40)], "不足5条"),
    ],
)
def test_data_that_teaches_nothing_is_refused(rows: list[Example], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        prepare_examples(rows, Cleaner())


def test_unknown_departments_are_named_with_lines_and_the_nearest_known_ones() -> None:
    rows = [*ALL, Example("水管爆了", "市水务集团公司", line=41), Example("井盖丢了", "城市管理综合执法局", line=42)]
    with pytest.raises(InvalidInput) as caught:
        prepare_examples(rows, Cleaner(), DEPARTMENTS)
    for told in ("市水务集团公司", "41", "“市水务集团”", "城市管理综合执法局", "42", "市城市管理综合执法局"):
        assert told in caught.value.message


def test_departments_may_be_named_by_code_name_or_short_name() -> None:
    rows = [*ALL, Example("水管爆了一地", "市水务集团"), Example("没水用", "水务集团")]
    kept, report = prepare_examples(rows, Cleaner(), DEPARTMENTS)
    assert {row.label for row in kept} == set(TEXTS) and report.counts["water"] == 12


UNIT = Department("street-b", "北苑区城市管理局", "北苑城管", jurisdiction="北苑区", parent="street")


def test_a_districts_unit_counts_as_the_department_it_belongs_to() -> None:
    names = ("北苑区城市管理局", "北苑城管", "street-b")
    rows = [*ALL, *(Example(f"井盖{mark}丢了", name) for mark, name in zip("甲乙丙", names, strict=True))]
    kept, report = prepare_examples(rows, Cleaner(), [*DEPARTMENTS, UNIT])
    assert report.counts["street"] == 13 and {row.label for row in kept} == set(TEXTS)
    assert label_codes([*DEPARTMENTS, UNIT])["北苑城管"] == "street" and label_codes([]) == {}


def test_the_same_text_under_a_unit_and_its_department_is_no_conflict() -> None:
    rows = [*ALL, Example("井盖丢了", "street-b", line=50), Example("井盖丢了", "street", line=51)]
    _, report = prepare_examples(rows, Cleaner(), [*DEPARTMENTS, UNIT])
    assert report.duplicates == 1 and report.conflicts == []


def test_what_belongs_to_no_department_is_a_label_though_no_department_is_called_so() -> None:
    rows = [*ALL, *(Example(f"邻居欠我{mark}千块不还", NO_DEPARTMENT) for mark in "一二三四五六")]
    kept, report = prepare_examples(rows, Cleaner(), DEPARTMENTS)
    assert report.counts[NO_DEPARTMENT] == 6 and NO_DEPARTMENT not in report.rare
    assert sum(row.label == NO_DEPARTMENT for row in kept) == 6


def test_traits_are_read_where_the_file_has_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "停水", "department": "water", "type": "投诉", "urgency": ""}\n'
        '{"text": "停电", "department": "power", "type": null, "sentiment": " 不满 "}\n',
        encoding="utf-8",
    )
    assert [row.traits for row in read_examples(path, Columns())] == [{"type": "投诉"}, {"sentiment": "不满"}]


def test_duplicates_are_counted_and_conflicts_settled_by_the_most_then_the_latest() -> None:
    rows = [
        *ALL,
        Example("路灯全灭了", "power", time=datetime(2026, 1, 1), line=50),
        Example("路灯全灭了", "street", time=datetime(2026, 1, 2), line=51),
        Example("路灯全灭了 ", "street", time=datetime(2026, 1, 1), line=52),
        Example("停水又停电", "power", time=datetime(2026, 1, 1), line=53),
        Example("停水又停电", "water", time=datetime(2026, 1, 9), line=54),
    ]
    kept, report = prepare_examples(rows, Cleaner())
    labels = {row.text.strip(): row.label for row in kept}
    assert labels["路灯全灭了"] == "street" and labels["停水又停电"] == "water"
    assert report.duplicates == 3 and len(report.conflicts) == 2
    assert report.conflicts[0]["labels"] == {"power": [50], "street": [51, 52]}


def test_rare_labels_are_kept_and_reported() -> None:
    kept, report = prepare_examples([*ALL, Example("雕像掉漆", "culture")], Cleaner())
    assert report.rare == ["culture"] and any(row.label == "culture" for row in kept)


def test_operators_phrases_are_cut_and_the_cuts_reported() -> None:
    rows = [*ALL, Example("水管爆了。请市水务集团核实处理。", "water"), Example("请市教育局核实处理。", "school")]
    kept, report = prepare_examples(rows, Cleaner(("市水务集团", "市教育局")))
    assert report.cut == 2 and report.without_text == 1
    assert "水管爆了。" in [row.text for row in kept]
    assert not any("核实处理" in row.text for row in kept)


@pytest.mark.parametrize(
    "told",
    ["2026-03-01 08:05:00", "2026/3/1 8:05", "2026年3月1日8时5分", "20260301", "2026.3.1", "2026-03-01T08:05:09+08:00"],
)
def test_times_in_six_forms(told: str) -> None:
    found = parse_time(told)
    assert (found.year, found.month, found.day) == (2026, 3, 1)
    assert found.hour in (0, 8)


@pytest.mark.parametrize("told", ["", "昨天", "2026-13-01", "12345", "2026-02-30", None])
def test_what_is_no_time_is_named_with_its_line(told: object) -> None:
    with pytest.raises(InvalidInput, match="第7行"):
        parse_time(told, "a.csv", 7)


def test_a_split_by_time_tests_on_the_last_fifth() -> None:
    rows = timed(ALL)
    split = split_examples(rows, np.arange(len(rows)))
    assert split.by_time and len(split.test) == 8
    assert max(rows[i].time for i in split.train) < min(rows[i].time for i in split.test)


def test_without_times_every_label_gives_a_fifth() -> None:
    split = split_examples(ALL, np.arange(len(ALL)))
    assert not split.by_time
    assert sorted(ALL[i].label for i in split.test) == sorted(list(TEXTS) * 2)
    assert len(set(split.train) | set(split.test)) == len(ALL)


def test_added_rows_hardly_move_the_others_between_the_parts() -> None:
    small, large = ALL[:36], ALL
    before = {small[i].text for i in split_examples(small, np.arange(36)).test}
    after = {large[i].text for i in split_examples(large, np.arange(40)).test}
    assert len(before & after) >= len(before) - 1


@pytest.mark.parametrize("with_time", [True, False])
def test_near_duplicates_never_straddle_the_split(with_time: bool) -> None:
    twins = [Example(row.text + "，快来人啊", row.label) for row in ALL if len(row.text) > 14]
    rows = timed([*ALL, *twins]) if with_time else [*ALL, *twins]
    groups = near_duplicate_groups([row.text for row in rows], same=0.6)
    assert len(set(groups)) < len(rows) - 5
    split = split_examples(rows, groups)
    assert not set(groups[split.train]) & set(groups[split.test])
    assert len(split.test) and len(split.train) + len(split.test) + split.left_out == len(rows)


def test_folds_keep_groups_together_and_cover_every_row_once() -> None:
    y, groups = np.repeat(np.arange(4), 10), np.repeat(np.arange(20), 2)
    seen = []
    for train, test in folds(y, groups, 1):
        assert not set(groups[train]) & set(groups[test])
        seen += test.tolist()
    assert sorted(seen) == list(range(40))


@pytest.mark.parametrize("rows", [1, 4])
def test_folds_of_labels_that_have_fewer_rows_than_there_are_folds(rows: int) -> None:
    y = np.repeat(np.arange(24 // rows), rows)
    parts = [(set(train.tolist()), set(test.tolist())) for train, test in folds(y, np.arange(24), 1)]
    assert len(parts) == 5 and not any(train & test for train, test in parts)
    assert sorted(row for _, test in parts for row in test) == list(range(24))
