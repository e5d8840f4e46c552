"""一单多诉: an appeal that brings several demands is cut where another department's matter begins.

Every place between two clauses is judged by what the model says of the words before and after it, and by how they are joined;
the judge (data/demands.json) is a small logistic regression learned by `training.demands`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from casework.department import NO_DEPARTMENT
from casework.errors import Unavailable
from routing.predictor import Predictor

JUDGE = Path(__file__).parent / "data" / "demands.json"
MOST = 3
"""Demands of one appeal; what is more stays with the last."""
CLAUSES = 24
"""Of longer appeals the shortest clauses are joined until so many are left."""
MIN_PART = 6
"""Characters of a demand."""
_STOPS = "，。！？；,!?;\n"
_HARD = "。！？!?\n；;"
_AGAIN = re.compile(
    r"^(?:另外|另|还有|再就是|再者|再一个|再说|再问|顺便|对了|此外|其次|二是|三是|其二|其三|第二|第三|[2-3][、.．]|[②③]|二[、.]|三[、.]|还想|"
    r"同时反映|还反映|也反映|又反映|并反映|还要反映|以及|还有件|转头|更[气可让]|最后)"
)
_SOFT = re.compile(r"^(?:还|又|也|同时|并|而|至于|说到|像)")
_ON = re.compile(
    r"^(?:因为|所以|但|可是|不过|结果|导致|而且|于是|因此|就|才|都|然后|后来|要求|希望|请|望|盼|恳请|麻烦|诉求|能不能|该怎么|怎么办|谢谢)"
)
FEATURES = (
    "agreement", "first_left", "first_right", "differ", "category_agreement", "whole_has_both", "whole_first", "again",
    "soft", "on", "hard", "share_right", "length_right", "length_left", "none_right", "gain",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Demand:
    """一项诉求: the characters [start, end) of the text, and the model's first label for them with its probability."""

    text: str
    start: int
    end: int
    label: str
    category: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Parts:
    """分句概率: what the model says of runs of clauses."""

    departments: np.ndarray
    """(runs, departments)"""
    categories: np.ndarray
    """(runs, categories); without categories the departments again."""


class ClauseReader:
    """分句预测: each clause is encoded once, and a run of clauses is told from the sum of its clauses' terms and vectors."""

    def __init__(self, predictor: Predictor, clauses: Sequence[str], twin: bool = False) -> None:
        self._predictor, self._twin = predictor, twin
        self._lengths = np.array([len(clause) for clause in clauses], dtype=np.float64)
        self._counts, self._vectors = predictor.clause_features(clauses)

    def of(self, runs: Sequence[tuple[int, int]]) -> Parts:
        """Probabilities of runs of clauses [first, last)."""
        take = np.zeros((len(runs), len(self._lengths)))
        for row, (first, last) in enumerate(runs):
            take[row, first:last] = 1.0
        weights = take * self._lengths
        vectors = weights @ self._vectors / np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
        found = self._predictor.run_probabilities(take, self._counts, vectors, self._twin)
        return Parts(found.departments, found.departments if found.categories is None else found.categories)


class DemandSplitter:
    """诉求拆分器 over a predictor."""

    def __init__(self, predictor: Predictor, judge: Path = JUDGE) -> None:
        """Raises: Unavailable when the judge does not fit this program."""
        self._predictor = predictor
        try:
            told = json.loads(judge.read_text(encoding="utf-8"))
            if told["features"] != list(FEATURES):
                raise ValueError("features")
            self._weights = np.array(told["weights"], dtype=np.float64)
            self._bias, self._line = float(told["bias"]), float(told["line"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("诉求拆分模型 demands.json 缺失或与程序不符，请重新安装。") from error

    def split(self, text: str, twin: bool = False) -> list[Demand]:
        """The demands in order; a single one is the whole text. Empty for a text without two clauses."""
        clauses = clauses_of(text)
        if len(clauses) < 2 or len(text) < 2 * MIN_PART:
            return []
        spans = spans_of(clauses)
        reader = ClauseReader(self._predictor, clauses, twin)
        cuts = [0, len(clauses)]
        while len(cuts) - 1 < MOST:
            best = max(
                (self._best(reader, clauses, first, last) for first, last in pairwise(cuts)),
                default=(0.0, 0),
            )
            if best[0] < self._line:
                break
            cuts = sorted({*cuts, best[1]})
        runs = list(pairwise(cuts))
        return [self._demand(text, spans, run, parts) for run, parts in zip(runs, _rows(reader.of(runs)), strict=True)]

    def _best(self, reader: ClauseReader, clauses: Sequence[str], first: int, last: int) -> tuple[float, int]:
        """(probability, clause) of the most likely beginning of another demand within a run; (0, 0) where there is none."""
        if last - first < 2:
            return 0.0, 0
        rows, places = boundary_features(self._predictor, reader, clauses, first, last)
        if not places:
            return 0.0, 0
        chances = 1 / (1 + np.exp(-(rows @ self._weights + self._bias)))
        return float(chances.max()), places[int(chances.argmax())]

    def _demand(
        self, text: str, spans: Sequence[tuple[int, int]], run: tuple[int, int], parts: tuple[np.ndarray, np.ndarray]
    ) -> Demand:
        departments, categories = parts
        first, start, end = int(departments.argmax()), spans[run[0]][0], spans[run[1] - 1][1]
        names = self._predictor.manifest.categories
        category = names[int(categories.argmax())] if len(names) == len(categories) else ""
        label = self._predictor.labels[first]
        return Demand(text[start:end].strip(), start, end, label, category, float(departments[first]))


def _rows(parts: Parts) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(parts.departments, parts.categories, strict=True))


def clauses_of(text: str) -> list[str]:
    """The text in clauses, each with what ends it; joined again they are the text. A cue word begins a clause of its own."""
    clauses: list[str] = []
    current = ""
    for place, char in enumerate(text):
        current += char
        if char in _STOPS or (char == " " and len(current) > MIN_PART):
            after = text[place + 1 : place + 2]
            if after and after not in _STOPS:
                clauses.append(current)
                current = ""
    if current:
        clauses.append(current)
    return _joined(clauses)


def _joined(clauses: list[str]) -> list[str]:
    while len(clauses) > CLAUSES:
        at = min(range(len(clauses) - 1), key=lambda i: len(clauses[i]) + len(clauses[i + 1]))
        clauses[at : at + 2] = [clauses[at] + clauses[at + 1]]
    return clauses


def spans_of(clauses: Sequence[str]) -> list[tuple[int, int]]:
    """Where each clause stands in the text."""
    ends = np.cumsum([len(clause) for clause in clauses])
    return [(int(end) - len(clause), int(end)) for clause, end in zip(clauses, ends, strict=True)]


def boundary_features(
    predictor: Predictor, reader: ClauseReader, clauses: Sequence[str], first: int, last: int
) -> tuple[np.ndarray, list[int]]:
    """(boundaries × FEATURES) and the clause that begins after each boundary within the run [first, last)."""
    sizes = [len(clause) for clause in clauses]
    places = [
        at for at in range(first + 1, last) if sum(sizes[first:at]) >= MIN_PART and sum(sizes[at:last]) >= MIN_PART
    ]
    if not places:
        return np.zeros((0, len(FEATURES))), []
    parts = reader.of([(first, last)] + [(first, at) for at in places] + [(at, last) for at in places])
    count = len(places)
    whole, left, right = parts.departments[0], parts.departments[1 : count + 1], parts.departments[count + 1 :]
    left_categories, right_categories = parts.categories[1 : count + 1], parts.categories[count + 1 :]
    none = predictor.labels.index(NO_DEPARTMENT) if NO_DEPARTMENT in predictor.labels else -1
    total = float(sum(sizes[first:last]))
    rows = []
    for i, at in enumerate(places):
        one, two = int(left[i].argmax()), int(right[i].argmax())
        behind, before = float(sum(sizes[at:last])), float(sum(sizes[first:at]))
        told = clauses[at].lstrip()
        rows.append(
            [
                float(left[i] @ right[i]),
                float(np.log(left[i].max())),
                float(np.log(right[i].max())),
                float(one != two),
                float(left_categories[i] @ right_categories[i]),
                float(whole[one] + whole[two]) if one != two else 0.0,
                float(whole.max()),
                float(bool(_AGAIN.match(told))),
                float(bool(_SOFT.match(told))),
                float(bool(_ON.match(told))),
                float(clauses[at - 1].rstrip()[-1:] in _HARD),
                behind / total,
                float(np.log(behind)),
                float(np.log(before)),
                float(right[i][none]) if none >= 0 else 0.0,
                float(np.log(left[i].max()) + np.log(right[i].max()) - 2 * np.log(whole.max())),
            ]
        )
    return np.array(rows), places
