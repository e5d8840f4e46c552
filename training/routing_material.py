"""派单训练材料: labelled rows cleaned, split, counted and encoded once, for all folds, targets and trainers."""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy import sparse

from casework.errors import InvalidInput
from casework.organisation.department import Department
from knowledge.encoder import Encoder
from routing.cleaning import Cleaner
from routing.duties import duty_texts
from routing.features import ENCODED, TermSettings, encode_each
from routing.model import UNNAMED
from training.calibration import RARE
from training.progress import Progress
from training.routing_data import (
    MIN_ROWS,
    Columns,
    DataReport,
    Example,
    Split,
    group_examples,
    prepare_examples,
    read_examples,
    split_examples,
)
from training.routing_light import Corpus, Descriptions, count_all
from training.table_files import read_rows

MAX_CHARACTERS = 2000
"""Longer appeals are read up to here, in training and serving alike."""
MANY = 2000
"""Rows from which on terms of one text alone are left out: they only make the model great (macro-F1 within .002)."""
ENCODED_TOTAL, MIN_ENCODED = 800_000, 40
"""Characters that the encoder reads of all texts together, and at least of each: what two cores read in half a minute."""
MAX_TRAIT = 20
"""A column with more labels than this is no trait."""


@dataclass(slots=True)
class Plan:
    """训练计划: what to train on and how."""

    data: Path
    columns: Columns = field(default_factory=Columns)
    trainer: str = "light"
    seed: int = 12345
    wanted_precision: float = 0.95
    clean: bool = True
    use_terms: bool = True
    use_vectors: bool = True
    base: Path | None = None
    """The checkpoint that the transformer trainer starts from."""
    epochs: int = 3


@dataclass(frozen=True, slots=True)
class Trait:
    """特征标签: another column of the rows (type, urgency, sentiment)."""

    labels: list[str]
    y: np.ndarray
    """(rows,) column of the label, −1 = not told."""


@dataclass(frozen=True, slots=True)
class Material:
    """训练材料: the prepared rows with everything computed once."""

    rows: list[Example]
    report: DataReport
    split: Split
    corpus: Corpus
    about: Descriptions
    about_categories: Descriptions
    labels: list[str]
    categories: list[str]
    y: np.ndarray
    category_of: np.ndarray
    """(rows,) column of the category; a row without one counts to a category of its label alone (`UNNAMED`)."""
    cleaner: Cleaner
    traits: dict[str, Trait]
    encoded: int
    """Characters of a text that the encoder read."""

    @property
    def nothing(self) -> Descriptions:
        """No descriptions."""
        none = np.zeros(0, dtype=np.int64)
        return Descriptions(self.about.counts[none], self.about.vectors[none], none, self.about.backing[none])


def read_departments(path: Path) -> list[Department]:
    """承办单位名录 from JSON Lines. Raises: InvalidInput."""
    found = []
    for line, row in read_rows(path):
        code, name, duties = row.get("code"), row.get("name"), row.get("duties") or []
        if not (isinstance(code, str) and code and isinstance(name, str) and name and isinstance(duties, list)):
            raise InvalidInput(f"名录“{path.name}”第{line}行缺少 code、name 或 duties 格式不对。")
        told = {key: str(row.get(key) or "") for key in ("short_name", "jurisdiction", "parent")}
        active = row.get("active", True) is not False
        found.append(Department(code, name, duties=[str(duty) for duty in duties], active=active, **told))
    return found


def gather(plan: Plan, encoder: Encoder | None, departments: Sequence[Department], said: Progress) -> Material:
    """Read, clean, split, count and encode."""
    said("读取数据")
    read = list(read_examples(plan.data, plan.columns))
    names = {row.label for row in read} | {name for one in departments for name in (one.name, one.short_name)}
    cleaner = Cleaner(tuple(sorted(name for name in names if _written(name))), plan.clean)
    rows, report = prepare_examples(read, cleaner, departments)
    rows = [replace(row, text=row.text[:MAX_CHARACTERS]) for row in rows]
    if all(row.time for row in rows):
        rows.sort(key=lambda row: row.time or datetime.min)  # the last are the newest, see `remembered`
    said(f"{len(rows)}条，{len(report.counts)}个单位")
    groups = group_examples(rows, report)
    kinds = len(np.unique(groups))
    if kinds < MIN_ROWS:
        raise InvalidInput(
            f"{len(rows)}条数据里只有{kinds}种不同的内容，其余几乎逐字重复，至少需要{MIN_ROWS}种才能训练。"
        )
    split = split_examples(rows, groups)
    labels = sorted(report.counts)
    given = sorted({row.category for row in rows if row.category})
    of = [row.category or UNNAMED + row.label for row in rows]
    categories = sorted(set(of)) if len(given) > 1 else []
    about = _describe(rows, labels, departments)
    told = [text for _, text, _ in about]
    named = [" ".join(category.split("/")) for category in given]
    terms = TermSettings(min_documents=2 if len(rows) >= MANY else 1)
    limit = encoded_share(len(rows))
    texts = [row.text for row in rows]
    with ThreadPoolExecutor(1) as beside:  # encoding leaves Python's lock to the counting
        encoded = beside.submit(_encode, encoder if plan.use_vectors else None, [*texts, *told, *named], limit, said)
        counts, described = count_all(texts, [*told, *named], terms)
        vectors, about_vectors = np.split(encoded.result(), [len(texts)])
    none = Descriptions(described[:0], about_vectors[:0], np.zeros(0, dtype=np.int64), _backing([], len(rows)))
    return Material(
        rows,
        report,
        split,
        Corpus(counts, vectors, groups, terms),
        Descriptions(
            described[: len(told)],
            about_vectors[: len(told)],
            np.array([owner for owner, _, _ in about], dtype=np.int64),
            _backing([found for _, _, found in about], len(rows)),
        ),
        Descriptions(
            described[len(told) :],
            about_vectors[len(told) :],
            np.array([categories.index(category) for category in given] if categories else [], dtype=np.int64),
            _backing([[]] * len(named), len(rows)),
        )
        if categories
        else none,
        labels,
        categories,
        _columns_of([row.label for row in rows], labels),
        _columns_of(of, categories),
        cleaner,
        _traits(rows, plan.columns.traits),
        limit,
    )


def encoded_share(rows: int) -> int:
    """Characters of each text that the encoder reads: all of it takes a share of the time that grows with the rows alone."""
    return max(MIN_ENCODED, min(ENCODED, ENCODED_TOTAL // max(rows, 1)))


def _columns_of(told: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    column = {label: i for i, label in enumerate(labels)}
    return np.array([column.get(one, -1) for one in told], dtype=np.int64)


def _traits(rows: Sequence[Example], names: Sequence[str]) -> dict[str, Trait]:
    """The columns that have at least two labels of RARE rows each; a label with fewer rows is not learned."""
    found = {}
    for name in names:
        told = [row.traits.get(name, "") for row in rows]
        labels = sorted(label for label, count in Counter(told).items() if label and count >= RARE)
        if 1 < len(labels) <= MAX_TRAIT:
            found[name] = Trait(labels, _columns_of(told, labels))
    return found


def _encode(encoder: Encoder | None, texts: Sequence[str], limit: int, said: Progress) -> np.ndarray:
    """float32 (texts, dimension); of dimension 0 without an encoder.

    Each text by itself, on all cores: the encoder should use one thread, or its threads would get in each other's way."""
    vectors = np.zeros((len(texts), encoder.dimension if encoder else 0), dtype=np.float32)
    if encoder is None:
        return vectors
    with said.bar(len(texts), "编码") as bar, ThreadPoolExecutor(os.cpu_count()) as pool:
        for row, vector in enumerate(pool.map(lambda text: encode_each(encoder, [text], limit), texts, chunksize=8)):
            vectors[row] = vector[0]
            bar.update()
    return vectors


def _written(label: str) -> bool:
    """Whether a label is words rather than a code."""
    return any("\u3400" <= char <= "\u9fff" for char in label)


def _describe(
    rows: Sequence[Example], labels: list[str], departments: Sequence[Department]
) -> list[tuple[int, str, list[int]]]:
    """What is written about each label: (column, text, the rows it was learned from).

    Duties, and the label's own name where it is words, are given; the categories seen with a label are learned.
    """
    column = {label: i for i, label in enumerate(labels)}
    told: dict[tuple[int, str], list[int]] = {(column[label], label): [] for label in labels if _written(label)}
    for department in departments:
        if department.code in column:
            told |= {(column[department.code], text): [] for text in duty_texts(department)}
    learned: dict[tuple[int, str], list[int]] = {}
    for number, row in enumerate(rows):
        name = " ".join(row.category.split("/")[1:])  # the first level only names the field
        if name and (column[row.label], name) not in told:
            learned.setdefault((column[row.label], name), []).append(number)
    return [(owner, text, found) for (owner, text), found in sorted((told | learned).items())]


def _backing(found: list[list[int]], rows: int) -> sparse.csr_matrix:
    starts = np.cumsum([0, *map(len, found)])
    columns = np.array([row for own in found for row in own], dtype=np.int64)
    return sparse.csr_matrix((np.ones(len(columns), dtype=np.int8), columns, starts), shape=(len(found), rows))
