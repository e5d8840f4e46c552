"""索引段: entries that were indexed together, in an immutable folder. Vectors, postings and texts are mapped, not loaded."""

import hashlib
import json
import mmap
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import faiss
import numpy as np

from knowledge.encoder import Encoder
from knowledge.entry import EntryKind, KnowledgeEntry, entry_from_dict, entry_to_dict
from knowledge.passages import Passage
from knowledge.postings import Postings, term_key, write_postings
from knowledge.text import pair_terms, tokenize

FIELDS: dict[str, Callable[[str], list[str]]] = {"words": tokenize, "pairs": pair_terms}
"""The lexical fields: jieba's words, and character pairs, which no segmentation error and few typos can hide."""
ATTRIBUTES = ("id", "family", "superseder", "item", "facet", "jurisdiction")
"""What is kept of an entry as 64-bit keys (0: it has none)."""


class Level(IntEnum):
    """效力层级: what kind of regulation an entry is an article of."""

    NONE = 0
    LAW = 1
    JUDICIAL = 2
    DECREE = 3
    RULE = 4


def level_of(entry: KnowledgeEntry) -> Level:
    """法律、司法解释、行政法规（条例）, or another rule, told by the title; NONE where it is no article."""
    if entry.kind is not EntryKind.REGULATION:
        return Level.NONE
    if re.match("最高人民(法院|检察院)", entry.title):
        return Level.JUDICIAL
    if re.search("(?<!办)法$|法典$", entry.title):
        return Level.LAW
    return Level.DECREE if entry.title.endswith(("条例", "条例实施细则")) else Level.RULE


def key_of(text: str) -> int:
    """A text's 64-bit key; 0 for the empty text."""
    return term_key(text) if text else 0


def digest_of(text: str) -> bytes:
    """Names a passage's vector."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def family_of(entry: KnowledgeEntry) -> str:
    """What the versions of one regulation share: its title. Other entries have no versions beside each other."""
    return entry.title if entry.kind is EntryKind.REGULATION else ""


def write_segment(
    folder: Path, entries: Sequence[KnowledgeEntry], passages: Sequence[Sequence[Passage]], vectors: np.ndarray
) -> None:
    """Write `entries` with the passages of each and the vectors of all passages (float32, unit) into the new `folder`."""
    folder.mkdir(parents=True)
    told = [passage for own in passages for passage in own]
    quantized = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    if len(told):
        quantized.train(vectors)
        quantized.add(vectors)
    faiss.write_index(quantized, str(folder / "vectors.faiss"))
    for name, terms_of in FIELDS.items():
        write_postings(folder, name, (terms_of(passage.text) for passage in told))
    starts = np.zeros(len(entries) + 1, dtype=np.int64)
    np.cumsum([len(own) for own in passages], out=starts[1:])
    columns = {
        "id": [key_of(entry.id) for entry in entries],
        "family": [key_of(family_of(entry)) for entry in entries],
        "superseder": [key_of(entry.superseded_by) for entry in entries],
        "item": [key_of(entry.item) for entry in entries],
        "facet": [key_of(entry.facet) for entry in entries],
        "jurisdiction": [key_of(entry.jurisdiction) for entry in entries],
    }
    for name, keys in columns.items():
        np.save(folder / f"entry-{name}.npy", np.array(keys, dtype=np.uint64))
    np.save(folder / "entry-starts.npy", starts)
    np.save(folder / "entry-first.npy", _days(entry.effective_from or date.min for entry in entries))
    np.save(folder / "entry-last.npy", _days(entry.effective_to or date.max for entry in entries))
    np.save(folder / "entry-level.npy", np.array([level_of(entry) for entry in entries], dtype=np.int8))
    np.save(folder / "passage-asks.npy", np.array([passage.asks for passage in told], dtype=bool))
    digests = np.frombuffer(b"".join(digest_of(passage.text) for passage in told), dtype=np.uint8)
    np.save(folder / "passage-digests.npy", digests.reshape(-1, 16))
    offsets = [0]
    with (folder / "entries.jsonl").open("wb") as file:
        for entry in entries:
            line = json.dumps(entry_to_dict(entry), ensure_ascii=False).encode() + b"\n"
            file.write(line)
            offsets.append(offsets[-1] + len(line))
    np.save(folder / "entry-offsets.npy", np.array(offsets, dtype=np.int64))


def _days(days: Iterator[date]) -> np.ndarray:
    return np.array([day.toordinal() for day in days], dtype=np.int32)


def embed(
    passages: Sequence[Passage],
    encoder: Encoder,
    known: Callable[[bytes], np.ndarray | None],
    keep: Callable[[list[bytes], np.ndarray], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """float32 (passages, dimension). `known` gives the vector of a digest that was embedded before; `keep` is handed
    what was embedded, chunk by chunk, so that a killed build need not embed it again; `progress` is told (done, all).
    """
    vectors = np.zeros((len(passages), encoder.dimension), dtype=np.float32)
    new: dict[bool, list[int]] = {False: [], True: []}
    for i, passage in enumerate(passages):
        vector = known(digest_of(passage.text))
        if vector is None:
            new[passage.asks].append(i)
        else:
            vectors[i] = vector
    wanted, done = sum(map(len, new.values())), 0
    # Interleaved by length, so that every chunk takes about as long and the time left can be told.
    chunks = []
    for asks, own in new.items():
        own.sort(key=lambda i: len(passages[i].text))
        count = max(1, -(-len(own) // CHUNK))
        chunks += [(asks, own[number::count]) for number in range(count)]
    for asks, rows in chunks:
        if not rows:
            continue
        vectors[rows] = encoder.encode([passages[i].text for i in rows], quick=not asks)
        if keep:
            keep([digest_of(passages[i].text) for i in rows], vectors[rows])
        done += len(rows)
        if progress:
            progress(done, wanted)
    return vectors


CHUNK = 2048
"""Passages embedded between two notes of progress."""
OPENING = threading.Lock()
"""One thread opens at a time: numpy reads a file's head by `ast`, which fails now and then among threads (cpython#106905)."""


class Segment:
    """索引段, opened."""

    def __init__(self, folder: Path) -> None:
        """Raises: OSError, EOFError, ValueError, RuntimeError when it is broken."""
        with OPENING:
            self._read(folder)
        self.entry = lru_cache(maxsize=4096)(self._entry)

    def _read(self, folder: Path) -> None:
        self.name = folder.name
        self.vectors = faiss.read_index(str(folder / "vectors.faiss"), faiss.IO_FLAG_MMAP_IFC)
        self.fields = {name: Postings(folder, name) for name in FIELDS}
        self.keys = {name: np.load(folder / f"entry-{name}.npy") for name in ATTRIBUTES}
        self.starts = np.load(folder / "entry-starts.npy")
        self.first, self.last = np.load(folder / "entry-first.npy"), np.load(folder / "entry-last.npy")
        self.level = np.load(folder / "entry-level.npy")
        self.asks = np.load(folder / "passage-asks.npy")
        self.digests = np.load(folder / "passage-digests.npy", mmap_mode="r")
        self._offsets = np.load(folder / "entry-offsets.npy")
        self.entry_count, self.passage_count = len(self.starts) - 1, len(self.asks)
        rows = {len(values) for values in (*self.keys.values(), self.first, self.last, self.level)}
        if rows != {self.entry_count} or not self.starts[-1] == self.vectors.ntotal == len(self.digests):
            raise ValueError("the parts of a segment are not of one build")
        size = (folder / "entries.jsonl").stat().st_size
        if size != self._offsets[-1] or self.passage_count != self.starts[-1]:
            raise ValueError("the texts of a segment are cut")
        with (folder / "entries.jsonl").open("rb") as file:
            self._texts = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
        self.passage_entry = np.repeat(np.arange(self.entry_count, dtype=np.int32), np.diff(self.starts))

    def _entry(self, row: int) -> KnowledgeEntry:
        """The entry in a row, as it was indexed."""
        return entry_from_dict(json.loads(self.line(row)))

    def line(self, row: int) -> bytes:
        """The entry's JSON as it is stored, with its line end."""
        return self._texts[self._offsets[row] : self._offsets[row + 1]]

    def embedded(self) -> tuple[np.ndarray, np.ndarray]:
        """Digests (n, 16) and vectors (n, dimension) of all passages."""
        if not self.passage_count:  # the quantiser was never trained
            return np.asarray(self.digests), np.zeros((0, self.vectors.d), dtype=np.float32)
        return np.asarray(self.digests), self.vectors.reconstruct_n(0, self.vectors.ntotal)
