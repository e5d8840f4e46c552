"""答复文本: a reply cut into its sentences, and what its words tell, as numbers for the small models."""

import re
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assistant.reply_cues import ASKED, CONDITION, CUES, GIVEN
from knowledge.text import bigrams, normalize

MAX_CHARS = 6000
"""Characters that are looked at; a reply may have 5,000, a longer one comes from elsewhere and is cut."""
MAX_SENTENCES = 40
"""Sentences that are looked at, the first and the last ones."""
KINDS = ("咨询", "求助", "投诉", "举报", "建议")
SOLVED = "已解决"
CLOSINGS = (SOLVED, "解释说明", "未解决")
_END = re.compile(r"[^。！？!?；;\n]+[。！？!?；;”」』）)]*")
_CLAUSE = re.compile(r"[，,：:]")
_FEW = 4
"""Characters of a piece that is no sentence of its own."""
_MOST = 3
"""A cue counts so often at most."""
_NAMES = list(CUES)


@dataclass(frozen=True, slots=True)
class Sentence:
    """句子 of a reply: `text` is an exact substring."""

    text: str
    start: int


def sentences_of(reply: str) -> list[Sentence]:
    """In their order; of more than MAX_SENTENCES the first and the last ones."""
    found: list[Sentence] = []
    for match in _END.finditer(reply[:MAX_CHARS]):
        text = match[0].strip()
        if sum(char.isalnum() for char in text) >= _FEW:
            found.append(Sentence(text, match.start() + match[0].index(text)))
    if len(found) > MAX_SENTENCES:
        half = MAX_SENTENCES // 2
        found = found[:half] + found[-half:]
    return found


@dataclass(frozen=True)
class ReplyText:
    """一份答复 with the demand it answers: cut up once, looked at by every rule."""

    demand: str
    reply: str
    kind: str
    closing: str

    @cached_property
    def sentences(self) -> list[Sentence]:
        return sentences_of(self.reply)

    @cached_property
    def cues(self) -> np.ndarray:
        """(sentences, cues): how often each cue occurs."""
        rows = [[min(_MOST, len(cue.findall(one.text))) for cue in CUES.values()] for one in self.sentences]
        return np.array(rows, dtype=np.float32).reshape(len(rows), len(CUES))

    @cached_property
    def positions(self) -> np.ndarray:
        """(sentences, 5): first, last, how far on, alone, length."""
        last = len(self.sentences) - 1
        rows = [
            (at == 0, at == last, at / max(1, last), last == 0, min(len(one.text), 150) / 50)
            for at, one in enumerate(self.sentences)
        ]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 5)

    @cached_property
    def case(self) -> np.ndarray:
        """What sort of order it is, and how it is to be closed."""
        told = [self.kind == kind for kind in KINDS] + [self.closing == closing for closing in CLOSINGS]
        return np.array(told, dtype=np.float32)

    @cached_property
    def situation(self) -> np.ndarray:
        """What the citizen asked for, lengths, how far the words overlap."""
        mine, theirs = bigrams(self.demand), bigrams(self.reply[:MAX_CHARS])
        common = len(mine & theirs)
        digits = sum(char.isdigit() for char in self.reply[:MAX_CHARS])
        told = [
            *(bool(cue.search(self.demand)) for cue in ASKED.values()),
            min(len(self.reply), 600) / 200,
            min(len(self.sentences), 12) / 4,
            common / max(1, len(mine)),
            common / max(1, len(theirs)),
            min(digits, 40) / 10,
        ]
        return np.array(told, dtype=np.float32)

    @cached_property
    def signs(self) -> np.ndarray:
        """What several cues tell together: a sum of single weights cannot say it."""
        has = {name: self.cues[:, at] > 0 for at, name in enumerate(_NAMES)}
        some = {name: bool(column.any()) for name, column in has.items()}
        solved, asks = self.closing == SOLVED, self.kind == KINDS[0]
        fixed = has["dated"] | has["within"]
        pending = (has["future"] | has["wait"] | has["vague_time"]) & ~fixed
        passing = (has["not_ours"] | has["civil"]) & has["go_elsewhere"]
        undone = not some["completed"]
        promised, waiting = self._open_promises()
        acted = some["done"] or some["completed"]
        looked = float(has["outcome"].mean()) if len(self.sentences) else 0.0
        told = [
            pending.any(),
            (has["wait"] & ~fixed).any(),
            (has["vague_time"] & ~fixed).any(),
            min(promised, _MOST),
            min(waiting, _MOST),
            fixed.any(),
            solved and pending.any(),
            solved and (has["not_yet"] & ~has["completed"]).any(),
            solved and some["refused"],
            solved and undone,
            solved and not acted,
            solved and undone and (some["not_yet"] or some["refused"] or pending.any()),
            solved and undone and fixed.any(),
            solved and some["completed"],
            solved and undone and some["promised"],
            passing.any(),
            (some["not_ours"] or some["civil"]) and some["go_elsewhere"],
            (has["go_elsewhere"] & ~has["door"] & ~has["handed_over"]).any(),
            passing.any() and not some["handed_over"],
            passing.any() and not some["door"],
            some["handed_over"],
            not asks and not some["outcome"],
            not asks and not acted,
            not asks and some["looked"] and undone and not fixed.any(),
            not asks and not acted and not (pending.any() or fixed.any() or passing.any()),
            0.0 if asks else looked,
            not asks and not some["looked"],
            not asks and not some["looked"] and undone and some["informs"],
            0.0 if asks else min(_MOST, int(has["informs"].sum())),
            asks and some["answer_vague"],
            asks and some["answer_vague"] and not some["amount"] and not some["door"],
            asks and not some["amount"],
            min(_MOST, int(has["amount"].sum())) if asks else 0.0,
            *(
                asks and bool(ASKED[name].search(self.demand)) and not given.search(self.reply)
                for name, given in GIVEN.items()
            ),
        ]
        return np.array(told, dtype=np.float32)

    def _open_promises(self) -> tuple[int, int]:
        """Clauses that promise in sentences without a day, and those among them that wait for something."""
        promised = waiting = 0
        for one in self.sentences:
            if CUES["dated"].search(one.text) or CUES["within"].search(one.text):
                continue
            for clause in _CLAUSE.split(one.text):
                waits = bool(CUES["wait"].search(clause) or CUES["vague_time"].search(clause))
                open_ = waits or bool(CUES["future"].search(clause))
                promised += open_ and not CUES["habit"].search(clause) and not CONDITION.match(clause)
                waiting += waits
        return promised, waiting


def pieces(text: str, width: int) -> list[int]:
    """The places of a text's character pieces (one to three long) in a vector of `width`, each once."""
    told = f"^{normalize(text)}$"
    found = {told[start : start + size] for size in (1, 2, 3) for start in range(len(told) - size + 1)}
    return sorted({zlib.crc32(piece.encode()) % width for piece in found})
