"""一单多诉: an appeal that brings several demands is cut where another department's matter begins.

Every place between two clauses is judged by what the model says of the words before and after it, and by how they are joined;
the judge (data/demands.json) is a small logistic regression learned by `training.demands`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from casework.errors import Unavailable
from casework.organisation.department import NO_DEPARTMENT
from routing.clauses import MIN_PART, ClauseReader, Run, clauses_of, spans_of
from routing.predictor import Predictor, on_all_cores

JUDGE = Path(__file__).parent / "data" / "demands.json"
MOST = 3
"""Demands of one appeal; what is more stays with the last."""
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

    def split(self, text: str) -> list[Demand]:
        """The demands in order; a single one is the whole text. Empty for a text that has no two parts worth judging."""
        return self.split_all([text])[0]

    def split_all(self, texts: Sequence[str]) -> list[list[Demand]]:
        """The demands of each text, in order; many texts are divided among the cores."""
        return on_all_cores(self._split, texts)

    def _split(self, texts: Sequence[str]) -> list[list[Demand]]:
        """The clauses of all texts stand in one row, so that a round of judging is one call of the predictor for all of them."""
        row: list[str] = []
        begun: dict[int, _Cutting] = {}
        for i, text in enumerate(texts):
            clauses = clauses_of(text) if len(text) >= 2 * MIN_PART else []
            if places_of(clauses, 0, len(clauses)):
                begun[i] = _Cutting(text, len(row), [len(row), len(row) + len(clauses)])
                row += clauses
        if not begun:
            return [[] for _ in texts]
        reader, open_ = ClauseReader(self._predictor, row), list(begun.values())
        while open_:
            reader.read([run for cutting in open_ for part in cutting.unjudged for run in runs_of(row, *part)])
            for cutting in open_:
                cutting.best |= {part: self._best(reader, row, part) for part in cutting.unjudged}
            open_ = [cutting for cutting in open_ if cutting.cut(self._line)]
        reader.read([part for cutting in begun.values() for part in cutting.parts])
        return [self._demands(begun[i], reader, row) if i in begun else [] for i in range(len(texts))]

    def _best(self, reader: ClauseReader, clauses: Sequence[str], part: Run) -> tuple[float, int]:
        """(probability, clause) of the most likely beginning of another demand within a part; (0, 0) where there is none."""
        rows, places = boundary_features(self._predictor, reader, clauses, *part)
        if not places:
            return 0.0, 0
        chances = 1 / (1 + np.exp(-(rows @ self._weights + self._bias)))
        return float(chances.max()), places[int(chances.argmax())]

    def _demands(self, cutting: "_Cutting", reader: ClauseReader, row: Sequence[str]) -> list[Demand]:
        first, last = cutting.cuts[0], cutting.cuts[-1]
        spans = [(0, 0)] * cutting.offset + spans_of(row[first:last])
        parts = reader.of(cutting.parts)
        rows = zip(cutting.parts, parts.departments, parts.categories, strict=True)
        return [self._demand(cutting.text, spans, *row) for row in rows]

    def _demand(
        self, text: str, spans: Sequence[tuple[int, int]], part: Run, departments: np.ndarray, categories: np.ndarray
    ) -> Demand:
        first, start, end = int(departments.argmax()), spans[part[0]][0], spans[part[1] - 1][1]
        names = self._predictor.manifest.categories
        category = names[int(categories.argmax())] if len(names) == len(categories) else ""
        label = self._predictor.labels[first]
        return Demand(text[start:end].strip(), start, end, label, category, float(departments[first]))


@dataclass(slots=True)
class _Cutting:
    """A text that is being cut: its clauses begin at `offset` of the row."""

    text: str
    offset: int
    cuts: list[int]
    best: dict[Run, tuple[float, int]] = field(default_factory=dict)
    """Of the judged parts the most likely cut, with its probability."""

    @property
    def parts(self) -> list[Run]:
        return list(pairwise(self.cuts))

    @property
    def unjudged(self) -> list[Run]:
        return [part for part in self.parts if part not in self.best]

    def cut(self, line: float) -> bool:
        """Cut at the most likely place, if it reaches `line`; whether there may be another one."""
        chance, place = max(self.best[part] for part in self.parts)
        if not place or chance < line:
            return False
        self.cuts = sorted({*self.cuts, place})
        return len(self.parts) < MOST


def places_of(clauses: Sequence[str], first: int, last: int) -> list[int]:
    """The clauses of a run with which another demand could begin: there is room for one on either side."""
    ends = list(accumulate((len(clause) for clause in clauses[first:last]), initial=0))
    return [first + at for at in range(1, last - first) if ends[at] >= MIN_PART and ends[-1] - ends[at] >= MIN_PART]


def runs_of(clauses: Sequence[str], first: int, last: int) -> list[Run]:
    """The runs that `boundary_features` compares: the whole one, and what is before and after each place."""
    places = places_of(clauses, first, last)
    if not places:
        return []
    return [(first, last), *((first, at) for at in places), *((at, last) for at in places)]


def boundary_features(
    predictor: Predictor, reader: ClauseReader, clauses: Sequence[str], first: int, last: int
) -> tuple[np.ndarray, list[int]]:
    """(boundaries × FEATURES) and the clause that begins after each boundary within the run [first, last)."""
    places = places_of(clauses, first, last)
    if not places:
        return np.zeros((0, len(FEATURES))), []
    parts = reader.of(runs_of(clauses, first, last))
    count = len(places)
    whole, left, right = parts.departments[0], parts.departments[1 : count + 1], parts.departments[count + 1 :]
    left_categories, right_categories = parts.categories[1 : count + 1], parts.categories[count + 1 :]
    none = predictor.labels.index(NO_DEPARTMENT) if NO_DEPARTMENT in predictor.labels else -1
    ends = list(accumulate((len(clause) for clause in clauses[first:last]), initial=0))
    total = float(ends[-1])
    rows = []
    for i, at in enumerate(places):
        one, two = int(left[i].argmax()), int(right[i].argmax())
        before = float(ends[at - first])
        behind = total - before
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
