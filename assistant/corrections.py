"""纠错读法: how a misspelt or dialectal message may be read, by the words of the base it is asked of."""

import difflib
from dataclasses import dataclass, field

import jieba
import numpy as np

from knowledge.colloquial import plain_wording
from knowledge.index import KnowledgeIndex
from knowledge.segment import Level
from knowledge.spelling import SpellingCorrector, vocabulary_of
from knowledge.text import normalize

MAX_ENTRIES = 4000
"""Entries whose questions the vocabulary is read from: about a second's work."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected reading; `words` are those that were read in another spelling (none for dialect put plainly)."""

    text: str
    words: tuple[str, ...]


@dataclass(slots=True)
class Corrections:
    """纠错读法 for the index in use; its vocabulary is read when first needed and when the index has changed."""

    _revision: str | None = None
    _corrector: SpellingCorrector | None = field(default=None)

    def of(self, index: KnowledgeIndex, text: str) -> list[Correction]:
        """Other readings of the text, best first; [] where nothing looks wrong."""
        if self._corrector is None or self._revision != index.revision:
            self._corrector, self._revision = SpellingCorrector(vocabulary(index)), index.revision
        _, *others = self._corrector.readings(text)
        return [Correction(other, changed_words(plain_wording(normalize(text)), other)) for other in others]


def vocabulary(index: KnowledgeIndex) -> dict[str, int]:
    """The words of the standard and similar questions, and the items' names."""
    rows = np.flatnonzero(index.in_force(None))
    rows = rows[index.levels(rows) == Level.NONE]
    entries = [index.entry(int(row)) for row in rows[:: max(1, -(-len(rows) // MAX_ENTRIES))]]
    questions = (question for entry in entries for question in (entry.title, *entry.similar_questions))
    return vocabulary_of({entry.item for entry in entries if entry.item}, questions)


def changed_words(told: str, corrected: str) -> tuple[str, ...]:
    """The words of `corrected` that hold a character that `told` has not in that place."""
    changed = [
        place
        for kind, _, _, first, last in difflib.SequenceMatcher(None, told, corrected, autojunk=False).get_opcodes()
        if kind in ("replace", "insert")
        for place in range(first, last)
    ]
    words = [word for word, first, last in jieba.tokenize(corrected) if any(first <= place < last for place in changed)]
    return tuple(dict.fromkeys(words))
