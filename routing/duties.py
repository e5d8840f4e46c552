"""权责匹配: how near a text is to each department's duties (权责清单), by the encoder. Evidence, and a start without examples."""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from casework.organisation.department import Department
from knowledge.encoder import Encoder
from routing.features import centred, encode_each

BOUNDARY = "边界"
"""Duties that begin so say what the department does *not* do; they never speak for it."""
_ELSEWHERE = re.compile(
    r"由(?!本)[^，,；;]{1,16}?(?:负责|办理|处理|解释|承担|受理|调解|执法|管理)|找[^，,；;]{1,12}(?:部门|机构|单位|局|处)$"
)
"""A clause that says who else does it: 「…，城区自来水由水务集团负责」."""
BEST = 2
"""A department's similarity is the mean of its two best duties (measured: better than the best one, and than all)."""
_CHUNK = 1024
SCALE = 16.0
"""Softmax scale of similarities: the weight that the blend learned for them on the demonstration city's appeals."""


def duty_texts(department: Department) -> list[str]:
    """What speaks for a department: its name and its duties, without boundaries and clauses about others."""
    told = [department.name]
    for duty in department.duties:
        if not duty.startswith(BOUNDARY):
            own = [clause for clause in re.split("[，,；;]", duty) if clause and not _ELSEWHERE.search(clause)]
            told += ["，".join(own)] if own else []
    return told


def owner_similarity(
    directions: np.ndarray, duties: np.ndarray, owners: np.ndarray, count: int, best: int = BEST
) -> np.ndarray:
    """float32 (texts, count): the mean cosine to each owner's `best` nearest duties; −1 for an owner without any."""
    found = np.full((len(directions), count), -1.0, dtype=np.float32)
    if not len(owners):
        return found
    named, sizes = np.unique(owners, return_counts=True)
    # One row of columns an owner, all of one width; the last column, minus infinity, fills up.
    places = np.full((len(named), max(best, sizes.max())), len(owners))
    places[np.arange(places.shape[1]) < sizes[:, None]] = np.argsort(owners, kind="stable")
    kept = np.minimum(sizes, best)
    for start in range(0, len(directions), _CHUNK):
        similarity = directions[start : start + _CHUNK] @ duties.T
        filled = np.pad(similarity, ((0, 0), (0, 1)), constant_values=-np.inf)[:, places]
        nearest = np.partition(filled, places.shape[1] - best, axis=2)[:, :, -best:]
        found[start : start + _CHUNK, named] = np.where(np.isfinite(nearest), nearest, 0).sum(axis=2) / kept
    return found


@dataclass(frozen=True, slots=True)
class DutyMatch:
    """权责依据: a department's nearest duty to a text."""

    department: str
    name: str
    text: str
    similarity: float
    """Cosine of the nearest single duty."""
    share: float
    """Softmax over all departments, 0–1."""


class Duties:
    """权责清单, encoded. Departments that are not active are left out, and districts' units, which inherit their parent's."""

    def __init__(self, departments: Sequence[Department], encoder: Encoder) -> None:
        self._encoder = encoder
        self._departments = [one for one in departments if one.active and not one.parent]
        texts = [duty_texts(department) for department in self._departments]
        self._texts = [text for own in texts for text in own]
        self._owners = np.array([i for i, own in enumerate(texts) for _ in own], dtype=np.int64)
        # Of each department what explains it: the name counts, but a duty is what explains.
        rows = [np.flatnonzero(self._owners == i) for i in range(len(texts))]
        self._told = [own[1:] if len(own) > 1 else own for own in rows]
        self._vectors = encode_each(encoder, self._texts)
        self._place(self._vectors.mean(axis=0) if len(self._vectors) else np.zeros(encoder.dimension), SCALE)

    def placed(self, centre: np.ndarray, scale: float = SCALE) -> "Duties":
        """The same duties seen from another centre, that of a model's training texts."""
        if len(centre) != self._vectors.shape[1]:
            return self
        moved = copy.copy(self)
        moved._place(centre, scale)
        return moved

    def _place(self, centre: np.ndarray, scale: float) -> None:
        self._centre, self._scale = centre, scale
        self._directions = centred(self._vectors, centre)

    def matches(self, text: str, vector: np.ndarray | None = None) -> list[DutyMatch]:
        """All departments, nearest first. `vector` is the encoder's for `text`, when it is known already."""
        if not self._texts:
            return []
        if vector is None:
            vector = encode_each(self._encoder, [text])[0]
        direction = centred(vector[None, :], self._centre)
        nearness = owner_similarity(direction, self._directions, self._owners, len(self._departments))[0]
        shares = np.exp(self._scale * (nearness - nearness.max()))
        shares /= shares.sum()
        single = (direction @ self._directions.T)[0]
        found = []
        for i in np.argsort(-nearness, kind="stable"):
            told = self._told[i]
            nearest = told[np.argmax(single[told])]
            department = self._departments[i]
            found.append(
                DutyMatch(
                    department.code,
                    department.name,
                    self._texts[nearest],
                    round(float(single[nearest]), 4),
                    float(shares[i]),
                )
            )
        return found
