"""索引: FAISS over vectors and BM25 over jieba tokens, of the same passages, in one versioned folder."""

import contextlib
import hashlib
import json
import logging
import shutil
import uuid
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import bm25s
import faiss
import numpy as np

from casework.errors import Unavailable
from knowledge.encoder import Encoder
from knowledge.entry import EntryKind, KnowledgeEntry, ReviewState, Source
from knowledge.passages import Passage, passages_of
from knowledge.text import tokenize
from knowledge.validity import validity_windows

logging.getLogger("bm25s").setLevel(logging.WARNING)
FORMAT = 1
Progress = Callable[[int, int], None]
"""Told (passages embedded, passages to embed) as the build goes on."""


@dataclass(frozen=True, slots=True)
class PassageScores:
    """Per passage: cosine of the query (float32), and BM25 as a share of what the query could reach (0–1)."""

    dense: np.ndarray
    lexical: np.ndarray


class KnowledgeIndex:
    """索引. Immutable once built; a new revision is a new folder."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        """Open a built index. Raises: Unavailable when it is broken or belongs to another encoder."""
        try:
            meta = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            if meta["format"] != FORMAT or meta["encoder"] != encoder.name:
                raise Unavailable("知识库索引与当前程序或编码器不匹配，请重新建立索引：hotline import --rebuild。")
            self.revision: str = meta["revision"]
            rows = (folder / "entries.jsonl").read_text(encoding="utf-8").split("\n")  # texts may hold U+2028
            self.entries = [entry_from_dict(json.loads(row)) for row in rows if row]
            with np.load(folder / "passages.npz") as stored:
                arrays = {name: stored[name] for name in ("entry", "asks", "digest", "first", "last")}
            self._vectors = faiss.read_index(str(folder / "vectors.faiss"))
            self._bm25 = bm25s.BM25.load(str(folder / "bm25"), load_corpus=False) if len(arrays["entry"]) else None
            if (len(self.entries), len(arrays["entry"])) != (len(arrays["first"]), self._vectors.ntotal):
                raise ValueError("the parts of the index are not of one build")
        except (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile) as error:
            raise Unavailable("知识库索引损坏，请重新建立索引：hotline import --rebuild。") from error
        self.passage_entry: np.ndarray = arrays["entry"]
        self.passage_asks: np.ndarray = arrays["asks"]
        self._digests: np.ndarray = arrays["digest"]
        self._first = arrays["first"]
        self._last = arrays["last"]
        self._encoder = encoder
        self._start = np.searchsorted(self.passage_entry, np.arange(len(self.entries) + 1))
        items = {name: i for i, name in enumerate(sorted({e.item for e in self.entries if e.item}))}
        self._item = np.array([items.get(entry.item, -1) for entry in self.entries], dtype=np.int32)
        self.position = {entry.id: i for i, entry in enumerate(self.entries)}

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, entry_id: str) -> KnowledgeEntry | None:
        """The entry as it was indexed."""
        where = self.position.get(entry_id)
        return None if where is None else self.entries[where]

    def in_force(self, day: date) -> np.ndarray:
        """bool (entries,): which answer on that day."""
        ordinal = day.toordinal()
        return (self._first <= ordinal) & (ordinal <= self._last)

    def passages_of(self, position: int) -> slice:
        """Where the passages of an entry lie: they are one after another."""
        return slice(self._start[position], self._start[position + 1])

    def best_of_entry(self, scores: np.ndarray) -> np.ndarray:
        """(passages,) → (entries,): the best score among an entry's passages."""
        return np.maximum.reduceat(scores, self._start[:-1])

    def best_of_item(self, scores: np.ndarray) -> np.ndarray:
        """(entries,) → (entries,): the best score among the entries of the same item; its own where it has none."""
        if not len(self._item) or self._item.max() < 0:
            return scores
        best = np.full(self._item.max() + 1, -1.0, dtype=np.float32)
        known = self._item >= 0
        np.maximum.at(best, self._item[known], scores[known])
        return np.where(known, best[self._item], scores)

    def score(self, query: str, vector: np.ndarray | None = None) -> PassageScores:
        """Score every passage; `vector` spares the encoding where the caller has it."""
        count = len(self.passage_entry)
        if not count or self._bm25 is None:
            empty = np.zeros(0, dtype=np.float32)
            return PassageScores(empty, empty)
        if vector is None:
            vector = self._encoder.encode([query])[0]
        dense = np.empty(count, dtype=np.float32)
        similarity, order = self._vectors.search(vector[None], count)
        dense[order[0]] = similarity[0]
        return PassageScores(dense, self._lexical(query, count))

    def _lexical(self, query: str, count: int) -> np.ndarray:
        """BM25 (Lucene's form, each term at most its idf) over the sum of the query's idf, unknown words included:
        the share of what the query says that a passage holds. Comparable between queries and bases."""
        assert self._bm25 is not None  # score() has looked
        tokens = list(dict.fromkeys(tokenize(query)))
        vocabulary, starts = self._bm25.vocab_dict, self._bm25.scores["indptr"]
        reach, known = 0.0, []
        for token in tokens:
            number = vocabulary.get(token)
            holders = 0 if number is None else int(starts[number + 1] - starts[number])
            reach += float(np.log1p((count - holders + 0.5) / (holders + 0.5)))
            if holders:
                known.append(token)
        if not known:
            return np.zeros(count, dtype=np.float32)
        return (self._bm25.get_scores(known) / reach).astype(np.float32)

    def vectors_by_digest(self) -> dict[bytes, np.ndarray]:
        """Passage digest → vector, so that a rebuild embeds only texts it has not seen."""
        if not len(self.passage_entry):
            return {}
        vectors = self._vectors.reconstruct_n(0, self._vectors.ntotal)
        return {digest.tobytes(): vector for digest, vector in zip(self._digests, vectors, strict=True)}


def build_index(
    folder: Path,
    entries: Sequence[KnowledgeEntry],
    revision: str,
    encoder: Encoder,
    known: dict[bytes, np.ndarray] | None = None,
    progress: Progress | None = None,
) -> None:
    """Build into `folder`, which appears whole or not at all."""
    windows = validity_windows(entries)
    kept = [entry for entry in entries if entry.id in windows]
    passages: list[Passage] = []
    owner: list[int] = []
    for number, entry in enumerate(kept):
        for passage in passages_of(entry):
            passages.append(passage)
            owner.append(number)
    digests = [hashlib.blake2b(p.text.encode(), digest_size=16).digest() for p in passages]
    vectors = _embed(passages, digests, encoder, known or {}, progress)

    working = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    working.mkdir(parents=True)
    flat = faiss.IndexFlatIP(encoder.dimension)
    if passages:
        flat.add(vectors)
        model = bm25s.BM25()
        model.index([tokenize(passage.text) or ["∅"] for passage in passages], show_progress=False)
        model.save(str(working / "bm25"))
    faiss.write_index(flat, str(working / "vectors.faiss"))
    np.savez(
        working / "passages.npz",
        entry=np.array(owner, dtype=np.int32),
        asks=np.array([passage.asks for passage in passages], dtype=bool),
        digest=np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 16),
        first=np.array([windows[entry.id][0].toordinal() for entry in kept], dtype=np.int32),
        last=np.array([windows[entry.id][1].toordinal() for entry in kept], dtype=np.int32),
    )
    lines = "".join(json.dumps(entry_to_dict(entry), ensure_ascii=False) + "\n" for entry in kept)
    (working / "entries.jsonl").write_text(lines, encoding="utf-8")
    meta = {"format": FORMAT, "revision": revision, "encoder": encoder.name, "passages": len(passages)}
    (working / "index.json").write_text(json.dumps(meta), encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    working.rename(folder)


def _embed(
    passages: Sequence[Passage],
    digests: Sequence[bytes],
    encoder: Encoder,
    known: dict[bytes, np.ndarray],
    progress: Progress | None,
) -> np.ndarray:
    vectors = np.zeros((len(passages), encoder.dimension), dtype=np.float32)
    new = [i for i, digest in enumerate(digests) if digest not in known]
    for i, digest in enumerate(digests):
        if digest in known:
            vectors[i] = known[digest]
    for start in range(0, len(new), 256):
        rows = new[start : start + 256]
        vectors[rows] = encoder.encode([passages[i].text for i in rows])
        if progress:
            progress(min(start + 256, len(new)), len(new))
    return vectors


def entry_to_dict(entry: KnowledgeEntry) -> dict:
    """Plain JSON of an entry."""
    row = asdict(entry)
    for name in ("effective_from", "effective_to"):
        row[name] = row[name].isoformat() if row[name] else None
    return row


def entry_from_dict(row: dict) -> KnowledgeEntry:
    """The inverse of `entry_to_dict`."""
    row = dict(row)
    for name in ("effective_from", "effective_to"):
        row[name] = date.fromisoformat(row[name]) if row[name] else None
    row["kind"] = EntryKind(row["kind"])
    row["review_state"] = ReviewState(row["review_state"])
    row["sources"] = [Source(**source) for source in row["sources"]]
    return KnowledgeEntry(**row)


class IndexShelf:
    """索引架: the folder that holds the index's revisions, and the pointer to the one in use."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._folder, self._encoder = folder, encoder
        self._open: KnowledgeIndex | None = None
        self._opened_name = ""

    def _name(self, revision: str) -> str:
        return hashlib.sha256(f"{revision}|{self._encoder.name}|{FORMAT}".encode()).hexdigest()[:16]

    def current(self) -> KnowledgeIndex:
        """The index in use, reopened when another process has built a newer one. Raises: Unavailable."""
        try:
            name = (self._folder / "current").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise Unavailable("知识库还没有建立索引，请先导入知识：hotline import 文件或文件夹。") from None
        if self._open is None or name != self._opened_name:
            self._open = KnowledgeIndex(self._folder / name, self._encoder)
            self._opened_name = name
        return self._open

    def is_current(self, revision: str) -> bool:
        """Whether the index in use was built from `revision` by this encoder and this program."""
        try:
            return self.current().revision == revision
        except Unavailable:
            return False

    def rebuild(
        self, entries: Sequence[KnowledgeEntry], revision: str, progress: Progress | None = None
    ) -> KnowledgeIndex:
        """Build a revision, point to it, and drop all but the last two. The former stays whole until then."""
        known: dict[bytes, np.ndarray] = {}
        with contextlib.suppress(Unavailable):
            known = self.current().vectors_by_digest()
        name = self._name(revision)
        build_index(self._folder / name, entries, revision, self._encoder, known, progress)
        former = self._opened_name
        pointer = self._folder / f".current.{uuid.uuid4().hex[:8]}"
        pointer.write_text(name, encoding="utf-8")
        pointer.replace(self._folder / "current")
        for old in self._folder.iterdir():
            if old.is_dir() and old.name not in (name, former):
                shutil.rmtree(old, ignore_errors=True)
        return self.current()
