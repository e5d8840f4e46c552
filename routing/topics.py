"""热点发现: groups of appeals about one matter, in a street, a district or the whole city, that are more than usual.

In every scope (city, district, street) the window's appeals are grouped by their matters' vectors, around those with
the most neighbours. Each group is compared with how many appeals as near to its middle the weeks before brought in the
same scope. The most surprising group comes first and takes its appeals out of all the others, so that an outage in one
street is that street's topic, and one that is everywhere is the city's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from casework.insight.spike import Level, times
from casework.masking import mask_text
from routing.matters import Matter
from routing.topic_terms import Usual

CITY: tuple[str, ...] = ()
USUAL = timedelta(days=28)
"""What the window is compared with: the four weeks before it."""
ENOUGH = timedelta(days=7)
"""Of the usual that must be known before a spike is told."""
DAY = timedelta(days=1)
PAIR = {0: 0.58, 1: 0.54, 2: 0.52}
"""Least cosine of two matters of a group, by how narrow the scope is: in one street fewer words make the same matter. Chosen on
demo/data/bursts-tune.jsonl with benchmarks.topics."""
MIDDLE = {0: 0.69, 1: 0.66, 2: 0.64}
"""Least cosine to the group's middle."""
SAME = 0.80
"""Cosine of two groups' middles from which the smaller is what spilled over of the larger one's event."""
LISTED = 4.0
"""Surprise (-log10 of the chance) from which a group is listed as a topic."""
SPIKE = 5.0
"""… and from which it raises an alert."""
TERM_SAMPLE = 4000
"""Of the usual appeals that the words are weighed against, the newest."""
_BLOCK = 2048

Scope = tuple[str, ...]
"""() the city, (district,), (district, street)."""


@dataclass(slots=True)
class FoundTopic:
    """发现的热点."""

    scope: Scope
    members: list[Matter]
    """Oldest first."""
    persons: int
    usual: float | None
    """Appeals that are usual in `span`; None while too little of the usual is known."""
    span_count: int
    span: timedelta
    """The part of the window in which it stands out most."""
    surprise: float
    terms: list[str] = field(default_factory=list)

    @property
    def spike(self) -> bool:
        return self.usual is not None and self.surprise >= SPIKE

    @property
    def place(self) -> str:
        return "".join(self.scope)

    @property
    def title(self) -> str:
        """What is told, and where: 停水 · 松岭区石桥街道."""
        told = "、".join(self.terms[:2]) or _leaf(self.members)
        return f"{told} · {self.place or '全市'}"

    def figures(self) -> dict:
        """What is stored beside the count, as plain JSON."""
        districts = Counter(row.site.district for row in self.members)
        categories = Counter(row.category for row in self.members if row.category)
        streets = Counter((row.site.district, street) for row in self.members for street in row.site.streets)
        return {
            "scope": list(self.scope),
            "persons": self.persons,
            "span_hours": round(self.span.total_seconds() / 3600, 2),
            "span_count": self.span_count,
            "usual": None if self.usual is None else round(self.usual, 2),
            "times": None if self.usual is None else times(self.span_count, self.usual),
            "surprise": round(self.surprise, 2),
            "spike": self.spike,
            "districts": [{"name": name, "count": count} for name, count in _ranked(districts)],
            "streets": [{"district": d, "name": s, "count": count} for (d, s), count in _ranked(streets)[:20]],
            "categories": [{"category": name, "count": count} for name, count in _ranked(categories)[:10]],
            "confidential": sum(row.confidential for row in self.members),
        }


@dataclass(slots=True)
class _Group:
    """A group in one scope, by rows of the whole; `level` by span."""

    scope: Scope
    rows: np.ndarray
    middle: np.ndarray
    levels: list[tuple[timedelta, Level]]
    size: int

    def key(self) -> tuple:
        return (-len(self.scope), self.scope, int(self.rows[0]))


def find_topics(
    matters: Sequence[Matter], vectors: np.ndarray, now: datetime, window: timedelta, least: int, known_from: datetime
) -> list[FoundTopic]:
    """The topics of the window that ends `now`, the most surprising first; what is known reaches back to `known_from`.

    `vectors`: float32 (len(matters), dimension), of unit length; `least`: persons that make a topic. The same input
    gives the same topics.
    """
    finder = _Finder(matters, vectors, now, window, least, known_from)
    found = finder.found()
    if found:
        inside = {row.id for topic in found for row in topic.members}
        sample = [row.text for row in matters if row.at <= now and row.id not in inside][-TERM_SAMPLE:]
        usual = Usual(sample)
        for topic in found:
            open_ = [mask_text(row.text) for row in topic.members if not row.confidential]
            topic.terms = usual.terms(open_)
    return found


class _Finder:
    def __init__(
        self,
        matters: Sequence[Matter],
        vectors: np.ndarray,
        now: datetime,
        window: timedelta,
        least: int,
        known_from: datetime,
    ) -> None:
        self._matters, self._vectors, self._now, self._least = matters, vectors, now, least
        begin = now - window
        self._usual_from = max(known_from, begin - USUAL)
        self._covered = max(begin - self._usual_from, timedelta(0))
        self._spans = [span for span in (DAY, window) if span <= window]
        self._spans = list(dict.fromkeys(self._spans)) or [window]
        self._inside: dict[Scope, list[int]] = defaultdict(list)
        self._before: dict[Scope, list[int]] = defaultdict(list)
        for number, row in enumerate(matters):
            if begin < row.at <= now:
                side = self._inside
            elif self._usual_from <= row.at <= begin:
                side = self._before
            else:
                continue
            for scope in _scopes(row):
                side[scope].append(number)

    def found(self) -> list[FoundTopic]:
        groups = [group for scope in sorted(self._inside) for group in self._groups(scope)]
        standing = sorted(
            ((self._surprise(group, set())[0], group) for group in groups), key=lambda pair: (-pair[0], pair[1].key())
        )
        waiting = [(score, group) for score, group in standing if score >= LISTED]
        taken: set[int] = set()
        accepted: list[_Group] = []
        found: list[FoundTopic] = []
        while waiting:
            waiting.sort(key=lambda pair: (-pair[0], pair[1].key()))
            score, group = waiting.pop(0)
            fresh, span, level, count = self._surprise(group, taken)
            if fresh < LISTED:
                continue
            if fresh < score:
                waiting.append((fresh, group))
                continue
            rows = [int(row) for row in group.rows if int(row) not in taken]
            taken.update(rows)
            if len(rows) < group.size and any(self._spilled(group, other) for other in accepted):
                continue
            accepted.append(group)
            members = [self._matters[row] for row in rows]
            usual = None if self._covered < ENOUGH else level.mean
            found.append(FoundTopic(group.scope, members, _persons(members), usual, count, span, fresh))
        return found

    def _spilled(self, group: _Group, other: _Group) -> bool:
        """Whether it is the rest of another topic's event: told in the same words where one scope lies in the other."""
        shorter = min(len(group.scope), len(other.scope))
        within = group.scope[:shorter] == other.scope[:shorter]
        return within and float(group.middle @ other.middle) >= SAME

    def _groups(self, scope: Scope) -> Iterable[_Group]:
        inside = np.array(self._inside[scope])
        if len(inside) < self._least:
            return
        own = self._vectors[inside]
        middles = [own[rows].mean(axis=0) for rows in gather(own, PAIR[len(scope)], self._least)]
        if not middles:
            return
        table = np.stack(middles)
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        near = table @ own.T >= MIDDLE[len(scope)]
        kept = [place for place in range(len(table)) if self._enough(inside[near[place]])]
        if not kept:
            return
        counts = self._count(table[kept], self._before[scope], MIDDLE[len(scope)])
        everywhere = counts if not scope else self._count(table[kept], self._before[CITY], MIDDLE[len(scope)])
        share = (len(self._before[scope]) + 1) / (len(self._before[CITY]) + len(self._before) + 1)
        for place, count, city in zip(kept, counts, everywhere, strict=True):
            rows = inside[near[place]]
            levels = []
            for span in self._spans:
                windows = self._covered / span
                likely = share * float(city) / windows if scope and windows else 0.0
                levels.append((span, Level.learnt(int(count), windows, likely)))
            yield _Group(scope, rows, table[place], levels, len(rows))

    def _count(self, middles: np.ndarray, rows: Sequence[int], least: float) -> np.ndarray:
        """How many of these rows are as near to each middle."""
        counts = np.zeros(len(middles), dtype=np.int64)
        numbers = np.array(rows, dtype=np.int64)
        for start in range(0, len(numbers), _BLOCK * 4):
            block = self._vectors[numbers[start : start + _BLOCK * 4]]
            counts += (middles @ block.T >= least).sum(axis=1)
        return counts

    def _enough(self, rows: np.ndarray) -> bool:
        return len(rows) >= self._least and _persons([self._matters[row] for row in rows]) >= self._least

    def _surprise(self, group: _Group, taken: set[int]) -> tuple[float, timedelta, Level, int]:
        """The most surprising span's: surprise, span, level, appeals in it; of those that no other topic has taken."""
        rows = [self._matters[row] for row in group.rows if int(row) not in taken]
        best: tuple[float, timedelta, Level, int] = (0.0, *group.levels[-1], 0)
        if _persons(rows) < self._least:
            return best
        for span, level in group.levels:
            recent = [row for row in rows if row.at > self._now - span]
            if (persons := _persons(recent)) >= self._least:
                best = max(best, (level.surprise(persons), span, level, len(recent)), key=lambda told: told[0])
        return best


def gather(vectors: np.ndarray, least: float, size: int) -> list[np.ndarray]:
    """Groups of at least `size` rows around a row that has all of them within cosine `least`, no row in two groups; the
    row with the most neighbours is the first middle (the first such row where several have as many)."""
    neighbours: list[np.ndarray] = []
    for start in range(0, len(vectors), _BLOCK):
        near = vectors[start : start + _BLOCK] @ vectors.T >= least
        neighbours += [np.flatnonzero(row) for row in near]
    order = sorted(range(len(neighbours)), key=lambda row: (-len(neighbours[row]), row))
    free = np.ones(len(vectors), dtype=bool)
    groups = []
    for row in order:
        if len(neighbours[row]) < size:
            break
        if not free[row]:
            continue
        group = neighbours[row][free[neighbours[row]]]
        if len(group) >= size:
            groups.append(group)
            free[group] = False
    return groups


def _scopes(row: Matter) -> list[Scope]:
    site = row.site
    if not site.district:
        return [CITY]
    return [CITY, (site.district,), *((site.district, street) for street in sorted(site.streets))]


def _persons(rows: Sequence[Matter]) -> int:
    """Who tells ten times is one; who left no phone is counted each time."""
    return len({row.person or row.id for row in rows})


def _leaf(members: Sequence[Matter]) -> str:
    named = Counter(row.category for row in members if row.category)
    return named.most_common(1)[0][0].split("/")[-1] if named else "诉求集中"


def _ranked(counts: Counter) -> list[tuple]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
