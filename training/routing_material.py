"""派单训练材料: labelled rows cleaned, split, counted and encoded once, for all folds, targets and trainers."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy import sparse

from casework.department import Department
from casework.errors import InvalidInput
from knowledge.encoder import Encoder
from routing.cleaning import Cleaner
from routing.duties import duty_texts
from routing.features import TermSettings, encode_each
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
    """(rows,) column of the category, −1 = none."""
    cleaner: Cleaner


def read_departments(path: Path) -> list[Department]:
    """承办单位名录 from JSON Lines. Raises: InvalidInput."""
    found = []
    for line, row in read_rows(path):
        code, name, duties = row.get("code"), row.get("name"), row.get("duties") or []
        if not (isinstance(code, str) and code and isinstance(name, str) and name and isinstance(duties, list)):
            raise InvalidInput(f"名录“{path.name}”第{line}行缺少 code、name 或 duties 格式不对。")
        active = row.get("active", True) is not False
        found.append(
            Department(code, name, str(row.get("short_name") or ""), [str(duty) for duty in duties], active=active)
        )
    return found


def gather(plan: Plan, encoder: Encoder | None, departments: Sequence[Department], said: Progress) -> Material:
    """Read, clean, split, count and encode."""
    said("读取数据")
    read = list(read_examples(plan.data, plan.columns))
    names = {row.label for row in read} | {name for one in departments for name in (one.name, one.short_name)}
    cleaner = Cleaner(tuple(sorted(name for name in names if _written(name))), plan.clean)
    rows, report = prepare_examples(read, cleaner, departments)
    rows = [replace(row, text=row.text[:MAX_CHARACTERS]) for row in rows]
    said(f"{len(rows)}条，{len(report.counts)}个单位")
    groups = group_examples(rows, report)
    kinds = len(np.unique(groups))
    if kinds < MIN_ROWS:
        raise InvalidInput(
            f"{len(rows)}条数据里只有{kinds}种不同的内容，其余几乎逐字重复，至少需要{MIN_ROWS}种才能训练。"
        )
    split = split_examples(rows, groups)
    labels = sorted(report.counts)
    categories = sorted({row.category for row in rows if row.category})
    about = _describe(rows, labels, departments)
    told = [text for _, text, _ in about]
    named = [" ".join(category.split("/")) for category in categories]
    terms = TermSettings()
    texts = [row.text for row in rows]
    counts, described = count_all(texts, [*told, *named], terms)
    dimension = encoder.dimension if encoder and plan.use_vectors else 0
    vectors = np.zeros((len(texts), dimension), dtype=np.float32)
    about_vectors = np.zeros((len(told) + len(named), dimension), dtype=np.float32)
    if encoder and plan.use_vectors:
        encoded = _encode(encoder, [*texts, *told, *named], said)
        vectors, about_vectors = encoded[: len(texts)], encoded[len(texts) :]
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
            np.arange(len(named), dtype=np.int64),
            _backing([[]] * len(named), len(rows)),
        ),
        labels,
        categories,
        np.array([labels.index(row.label) for row in rows], dtype=np.int64),
        np.array([categories.index(row.category) if row.category else -1 for row in rows], dtype=np.int64),
        cleaner,
    )


def _encode(encoder: Encoder, texts: Sequence[str], said: Progress) -> np.ndarray:
    """Each text by itself, on all cores: the encoder should use one thread, or its threads would get in each other's way."""
    vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
    with said.bar(len(texts), "编码") as bar, ThreadPoolExecutor(os.cpu_count()) as pool:
        for row, vector in enumerate(pool.map(lambda text: encode_each(encoder, [text]), texts, chunksize=8)):
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
