"""派单训练数据: labelled appeals read, cleaned, reported on and split, so that no figure is better than the truth."""

import hashlib
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process
from sklearn.model_selection import StratifiedGroupKFold

from casework.errors import InvalidInput
from casework.organisation.department import NO_DEPARTMENT, Department
from knowledge.text import has_words, normalize
from routing.cleaning import Cleaner
from training.calibration import RARE
from training.near_duplicates import near_duplicate_groups
from training.table_files import read_rows

TEST_SHARE = 0.2
MIN_ROWS = 20
"""Fewer rows than this train nothing that could be trusted."""
MAX_LABELS = 2000
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Columns:
    """列名. `time` and `category` may be "" (none)."""

    text: str = "text"
    label: str = "department"
    time: str = ""
    category: str = "category"
    traits: tuple[str, ...] = ("type", "urgency", "sentiment")
    """Learned where the file has them, each for itself."""


@dataclass(frozen=True, slots=True)
class Example:
    """样本: one labelled appeal; `line` is where it stands in the file."""

    text: str
    label: str
    category: str = ""
    time: datetime | None = None
    line: int = 0
    traits: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class DataReport:
    """数据报告: what was found, kept and left out."""

    rows: int = 0
    without_text: int = 0
    without_label: int = 0
    duplicates: int = 0
    conflicts: list[dict] = field(default_factory=list)
    """Same text, different labels: {"text", "labels": {label: lines}, "kept"}."""
    near_duplicates: int = 0
    cut: int = 0
    """Texts from which operators' phrases were cut."""
    cut_examples: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    rare: list[str] = field(default_factory=list)
    hash: str = ""

    def as_dict(self) -> dict:
        return {name: getattr(self, name) for name in self.__slots__}  # type: ignore[attr-defined]


def read_examples(path: Path, columns: Columns) -> Iterator[Example]:
    """Rows of a csv, xlsx or jsonl file. Raises: InvalidInput (missing column, naming those that are there; a bad time)."""
    checked = False
    for line, row in read_rows(path):
        if not checked:
            for wanted in filter(None, (columns.text, columns.label, columns.time)):
                if wanted not in row:
                    there = "、".join(str(name) for name in row if str(name).strip())
                    option = {columns.text: "--text", columns.label: "--label", columns.time: "--time"}[wanted]
                    raise InvalidInput(f"“{path.name}”中没有“{wanted}”列。现有的列：{there}。请用 {option} 指定列名。")
            checked = True
        yield Example(
            text=_told(row.get(columns.text)),
            label=_told(row.get(columns.label)),
            category=_told(row.get(columns.category)) if columns.category else "",
            time=parse_time(row.get(columns.time), path.name, line) if columns.time else None,
            line=line,
            traits={name: told for name in columns.traits if (told := _told(row.get(name)))},
        )
    if not checked:
        raise InvalidInput(f"“{path.name}”中没有数据行。")


def _told(value: object) -> str:
    return "" if value is None else str(value).strip()


_TIME = re.compile(
    r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[T\s]*(\d{1,2})[:时点]?(\d{1,2})?[:分]?(\d{1,2})?秒?)?.*"
)


def parse_time(value: object, file: str = "", line: int = 0) -> datetime:
    """2026-03-01, 2026/3/1 8:05, 2026年3月1日, 20260301, 2026.3.1, ISO 8601 with offset, a spreadsheet's date. Naive local time.

    Raises: InvalidInput for anything else.
    """
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    told = _told(value)
    if told.isdigit() and len(told) == 8:
        told = f"{told[:4]}-{told[4:6]}-{told[6:]}"
    found = _TIME.fullmatch(told)
    if found:
        try:
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
            return datetime(year, month, day, hour, minute, second)
        except ValueError:
            pass
    raise InvalidInput(f"“{file}”第{line}行的时间“{told[:30]}”无法识别，请用“2026-03-01 08:30”这样的写法。")


def prepare_examples(
    rows: Iterable[Example], cleaner: Cleaner, departments: Sequence[Department] = ()
) -> tuple[list[Example], DataReport]:
    """Clean, drop empty rows and exact duplicates, settle conflicts, report.

    Of a text with several labels the label of most rows is kept, of equals the latest: corrections come last.
    Raises: InvalidInput when nothing trainable is left, or labels are not in the given departments.
    """
    report = DataReport()
    same: dict[str, list[Example]] = defaultdict(list)
    unknown: dict[str, list[int]] = defaultdict(list)
    codes = label_codes(departments)
    digest = hashlib.sha256()
    for row in rows:
        report.rows += 1
        digest.update(f"{row.text}\x1f{row.label}\x1f{row.category}\x1f{row.time or ''}\x1e".encode())
        cleaned = cleaner.clean(row.text)
        if cleaned.cuts:
            report.cut += 1
            if len(report.cut_examples) < _LISTED:
                report.cut_examples.append("…".join(cleaned.cuts)[:60])
        if not has_words(cleaned.text):
            report.without_text += 1
        elif not row.label:
            report.without_label += 1
        else:
            if codes and row.label not in codes:
                unknown[row.label].append(row.line)
            label = codes.get(row.label, row.label)
            same[normalize(cleaned.text)].append(replace(row, text=cleaned.text, label=label))
    if unknown:
        raise InvalidInput(_unknown_message(unknown, sorted(codes)))
    kept = [_settle(group, report) for group in same.values()]
    report.counts = dict(Counter(row.label for row in kept).most_common())
    report.rare = [label for label, count in report.counts.items() if count < RARE]
    report.hash = digest.hexdigest()
    _check(report)
    return kept, report


def label_codes(departments: Sequence[Department]) -> dict[str, str]:
    """What a label may be called → the label learned: a unit in a district counts as the department it belongs to."""
    codes = {
        name: one.parent or one.code for one in departments for name in (one.code, one.name, one.short_name) if name
    }
    return codes | {NO_DEPARTMENT: NO_DEPARTMENT} if codes else {}


def _settle(group: list[Example], report: DataReport) -> Example:
    report.duplicates += len(group) - 1
    votes = Counter(row.label for row in group)
    most = max(votes.values())
    chosen = max(
        (row for row in group if votes[row.label] == most), key=lambda row: (row.time or datetime.min, row.line)
    )
    if len(votes) > 1:
        lines: dict[str, list[int]] = defaultdict(list)
        for row in group:
            lines[row.label].append(row.line)
        report.conflicts.append({"text": chosen.text[:60], "labels": dict(lines), "kept": chosen.label})
    return chosen


def _check(report: DataReport) -> None:
    total = sum(report.counts.values())
    if not total and report.without_text == report.rows:
        raise InvalidInput("正文列全是空的，没有可训练的内容。请用 --text 指定正文所在的列。")
    if not total:
        raise InvalidInput("没有同时具备正文和单位的数据行。请检查 --text 和 --label 指定的列。")
    if len(report.counts) == 1:
        raise InvalidInput(
            f"所有数据都属于“{next(iter(report.counts))}”一个单位，无法学习区分。请提供至少两个单位的数据。"
        )
    if total < MIN_ROWS:
        raise InvalidInput(f"去重后只有{total}条有效数据，至少需要{MIN_ROWS}条才能训练。")
    if len(report.counts) > MAX_LABELS:
        raise InvalidInput(f"有{len(report.counts)}个不同的单位名称，超过{MAX_LABELS}个。请检查 --label 是否指错了列。")
    if len(report.rare) == len(report.counts):
        raise InvalidInput(f"每个单位的数据都不足{RARE}条，无法训练。请补充数据。")


def _unknown_message(unknown: dict[str, list[int]], known: list[str]) -> str:
    told = []
    for label, lines in sorted(unknown.items(), key=lambda pair: -len(pair[1]))[:_LISTED]:
        near = [name for name, score, _ in process.extract(label, known, scorer=fuzz.WRatio, limit=2) if score >= 45]
        hint = f"，是否为“{'”或“'.join(near)}”" if near else ""
        places = "、".join(map(str, lines[:5])) + ("等" if len(lines) > 5 else "")
        told.append(f"“{label}”（{len(lines)}条，第{places}行{hint}）")
    more = f"，另有{len(unknown) - _LISTED}个" if len(unknown) > _LISTED else ""
    return f"数据中有{len(unknown)}个单位不在承办单位名录里：{'；'.join(told)}{more}。请更正数据或名录后重试；不加 --departments 则不作此检查。"


@dataclass(frozen=True, slots=True)
class Split:
    """划分: row numbers of the training and the test part; near-duplicates never straddle it."""

    train: np.ndarray
    test: np.ndarray
    by_time: bool
    left_out: int
    """Test rows dropped because the training part has their near-duplicate (split by time only)."""


def split_examples(rows: Sequence[Example], groups: np.ndarray) -> Split:
    """By time the last fifth is the test part; without times a fifth of each label, whole groups together.

    Which fifth is decided by the texts' fingerprints, not by chance: when rows are added, a text hardly ever changes sides,
    so that models trained at different times can be compared on texts that none has seen.
    """
    if all(row.time for row in rows):
        order = sorted(range(len(rows)), key=lambda i: (rows[i].time or datetime.min, i))
        cut = round(len(rows) * (1 - TEST_SHARE))
        train = np.array(sorted(order[:cut]), dtype=np.int64)
        seen = set(groups[train].tolist())
        test = np.array(sorted(i for i in order[cut:] if groups[i] not in seen), dtype=np.int64)
        return Split(train, test, True, len(rows) - len(train) - len(test))
    members: dict[int, list[int]] = defaultdict(list)
    for i, group in enumerate(groups.tolist()):
        members[group].append(i)
    by_label: dict[str, list[int]] = defaultdict(list)
    marks = {group: min(fingerprint(rows[i].text) for i in own) for group, own in members.items()}
    for group, own in members.items():
        by_label[rows[own[0]].label].append(group)
    held: set[int] = set()
    for own in by_label.values():
        own.sort(key=lambda group: marks[group])
        held.update(own[: round(len(own) * TEST_SHARE)])
    in_test = np.array([group in held for group in groups.tolist()])
    return Split(np.flatnonzero(~in_test), np.flatnonzero(in_test), False, 0)


def fingerprint(text: str) -> int:
    """64 bits of the normalised text's sha256."""
    return int.from_bytes(hashlib.sha256(normalize(text).encode()).digest()[:8], "big")


def folds(y: np.ndarray, groups: np.ndarray, seed: int, count: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(train, test) rows of `count` folds, stratified by label, groups kept together; 0 = five, three
    from 5,000 rows on, two from 15,000."""
    count = min(count or (2 if len(y) >= 15_000 else 3 if len(y) >= 5000 else 5), len(np.unique(groups)))
    if np.bincount(y).max() < count:
        y = np.zeros_like(y)  # no label has a row for every fold: there is nothing to stratify by
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels with fewer rows than folds are expected
        yield from StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(np.zeros(len(y)), y, groups)


def group_examples(rows: Sequence[Example], report: DataReport) -> np.ndarray:
    """Near-duplicate groups of the rows, counted in the report."""
    groups = near_duplicate_groups([row.text for row in rows])
    report.near_duplicates = len(rows) - len(np.unique(groups))
    return groups
