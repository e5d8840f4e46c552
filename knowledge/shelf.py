"""索引架: the folder that holds the index's segments and the list of those in use; brings the index up to date.

What is published shows in the next search because only what changed is indexed: changed entries become a new segment,
their old rows are dropped by the list, and small segments are joined now and then. The list in use is one file, and
`current` names it: a reader sees the whole of the old state or the whole of the new one.
"""

import contextlib
import errno
import fcntl
import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from casework.errors import Unavailable
from knowledge.encoder import Encoder
from knowledge.entry import KnowledgeEntry, ReviewState
from knowledge.importing import KnowledgeUnit
from knowledge.index import KnowledgeIndex
from knowledge.merging import merge_segments
from knowledge.passages import passages_of
from knowledge.pending import PendingVectors
from knowledge.segment import Segment, digest_of, embed, key_of, write_segment

FORMAT = 2
SMALL_SHARE, MANY_SEGMENTS, DROPPED_SHARE = 0.2, 8, 0.3
"""Segments below this share of the largest are joined when there are many; all are when so much has been dropped."""
Progress = Callable[[int, int], None]
"""Told (passages embedded, passages to embed) as the build goes on."""
BROKEN = "知识库索引损坏，请重新建立索引：hotline import --rebuild。"
ABSENT = "知识库还没有建立索引，请先导入知识：hotline import 文件或文件夹。"
UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, RuntimeError)
"""What opening a broken list or segment raises."""
FULL_DISK = "磁盘空间不足，索引没有更新，原来的索引仍可使用。请清理空间后重新执行 hotline import。"


class IndexShelf:
    """索引架."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._folder, self._encoder = folder, encoder
        self._open: tuple[str, KnowledgeIndex] | None = None
        """The name of the list and what it holds; one value, as several threads read it."""

    def current(self) -> KnowledgeIndex:
        """The index in use, reopened when another process has brought it up to date. Raises: Unavailable."""
        return self._current()[1]

    def _current(self) -> tuple[str, KnowledgeIndex]:
        name = self._pointer()
        while (opened := self._open) is None or opened[0] != name:
            try:
                opened = self._open = name, self._load(name, opened[1].segments if opened else [])
                break
            except Unavailable:
                tried, name = name, self._pointer()
                if tried == name:
                    raise
                # else it was replaced, and its parts dropped, since we read its name
        return opened

    def _pointer(self) -> str:
        try:
            return (self._folder / "current").read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            raise Unavailable(ABSENT) from None
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(BROKEN) from error

    def _load(self, name: str, segments: Sequence[Segment]) -> KnowledgeIndex:
        """Raises: Unavailable."""
        opened = {segment.name: segment for segment in segments}
        try:
            listed = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
            if listed["format"] != FORMAT or listed["encoder"] != self._encoder.name:
                raise Unavailable("知识库索引与当前程序或编码器不匹配，请重新建立索引：hotline import --rebuild。")
            names = [row["name"] for row in listed["segments"]]
            segments = [opened.get(n) or Segment(self._folder / "segments" / n) for n in names]
            dropped = [np.array(row["dropped"], dtype=np.int32) for row in listed["segments"]]
            return KnowledgeIndex(segments, dropped, listed["revision"])
        except UNREADABLE as error:
            raise Unavailable(BROKEN) from error

    def is_current(self, revision: str) -> bool:
        """Whether the index in use holds `revision` and was made by this encoder and this program."""
        try:
            return self.current().revision == revision
        except Unavailable:
            return False

    def sync(
        self, unit: Callable[[], KnowledgeUnit], progress: Progress | None = None, rebuild: bool = False
    ) -> KnowledgeIndex:
        """Index what changed since the index in use was made; everything where there is none, or with `rebuild`.

        Only one process at a time does so, others wait. Raises: Unavailable when the disk is full.
        """
        with self._alone():
            former, index = "", None
            with contextlib.suppress(Unavailable):
                former, index = self._current()
            with unit() as work:
                changes = None if index is None or rebuild else work.knowledge.changes_since(index.revision)
                if changes is not None and index is not None and changes.revision == index.revision:
                    return index
                if changes is None:
                    revision, entries, gone = work.knowledge.revision(), list(work.knowledge.all()), set[int]()
                else:
                    revision, entries = changes.revision, list(changes.entries)
                    gone = {key_of(entry_id) for entry_id in (*changes.removed, *(e.id for e in entries))}
            kept = [] if changes is None or index is None else list(zip(index.segments, index.dropped, strict=True))
            try:
                listed = [(segment.name, _drop(segment, dropped, gone)) for segment, dropped in kept]
                name = self._write([e for e in entries if e.review_state is ReviewState.PUBLISHED], index, progress)
                if name:
                    listed.append((name, np.zeros(0, dtype=np.int32)))
                self._publish(listed, revision, former)
                shutil.rmtree(self._folder / "pending", ignore_errors=True)  # its vectors are in the index now
                merged = self._merge(listed)
                if merged is not listed:
                    self._publish(merged, revision, former)
            except (OSError, RuntimeError) as error:
                if _tells_full_disk(error):
                    raise Unavailable(FULL_DISK) from error
                raise
            return self.current()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, entries: Sequence[KnowledgeEntry], old: KnowledgeIndex | None, progress: Progress | None) -> str:
        """A new segment of these entries; its name, or "" where there are none."""
        if not entries:
            return ""
        passages = [list(passages_of(entry)) for entry in entries]
        told = [passage for own in passages for passage in own]
        wanted = {digest_of(passage.text) for passage in told}
        pending = PendingVectors(self._folder / "pending", self._encoder.name, old.segments if old else [], wanted)
        vectors = embed(told, self._encoder, pending.get, pending.keep, progress)
        with self._new_folder() as (working, name):
            write_segment(working, entries, passages, vectors)
        return name

    @contextlib.contextmanager
    def _new_folder(self) -> Iterator[tuple[Path, str]]:
        """A working folder that becomes the segment of that name, or vanishes when writing it fails.

        It is opened once before: on a full disk numpy and faiss cut the last few kilobytes of a file without a word.
        """
        name = uuid.uuid4().hex[:12]
        working, place = (self._folder / "segments" / n for n in (f".{name}", name))
        try:
            yield working, name
            try:
                Segment(working)
            except UNREADABLE as error:
                raise OSError(errno.ENOSPC, "a segment was cut as it was written") from error
            working.rename(place)
        except BaseException:
            shutil.rmtree(working, ignore_errors=True)
            raise

    def _merge(self, listed: list[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
        segments = [Segment(self._folder / "segments" / name) for name, _ in listed]
        sizes = [segment.entry_count for segment in segments]
        dropped = sum(len(rows) for _, rows in listed)
        joined: set[int] = set()
        if dropped > max(DROPPED_SHARE * sum(sizes), 1):
            joined = set(range(len(listed)))
        elif len(listed) > MANY_SEGMENTS:
            joined = {i for i, size in enumerate(sizes) if size < SMALL_SHARE * max(sizes)}
            if len(joined) < 2:  # nothing to join it with: many segments have grown large
                joined = set(range(len(listed)))
        if not joined:
            return listed
        parts = [(segments[i], listed[i][1]) for i in sorted(joined)]
        with self._new_folder() as (working, name):
            merge_segments(working, parts, self._encoder.dimension)
        rest = [row for i, row in enumerate(listed) if i not in joined]
        return [*rest, (name, np.zeros(0, dtype=np.int32))]

    def _publish(self, listed: list[tuple[str, np.ndarray]], revision: str, former: str) -> None:
        """Make this the list in use, and drop every segment and list that neither it nor the former one needs."""
        name = f"list-{uuid.uuid4().hex[:12]}"
        rows = [{"name": segment, "dropped": [int(row) for row in dropped]} for segment, dropped in listed]
        told = {"format": FORMAT, "encoder": self._encoder.name, "revision": revision, "segments": rows}
        _replace(self._folder / f"{name}.json", json.dumps(told))
        _replace(self._folder / "current", name)
        needed = {segment for segment, _ in listed}
        with contextlib.suppress(OSError, ValueError, KeyError):
            before = json.loads((self._folder / f"{former}.json").read_text(encoding="utf-8"))
            needed |= {row["name"] for row in before["segments"]}
        for file in self._folder.glob("list-*.json"):
            if file.stem not in (name, former):
                file.unlink(missing_ok=True)
        for folder in (self._folder / "segments").glob("*"):
            if folder.name not in needed:
                shutil.rmtree(folder, ignore_errors=True)


def build_index(
    folder: Path, entries: Sequence[KnowledgeEntry], encoder: Encoder, progress: Progress | None = None
) -> KnowledgeIndex:
    """An index of exactly the published ones of these entries, in one segment (to learn and to measure with)."""
    kept = [entry for entry in entries if entry.review_state is ReviewState.PUBLISHED]
    passages = [list(passages_of(entry)) for entry in kept]
    vectors = embed([passage for own in passages for passage in own], encoder, lambda _: None, None, progress)
    write_segment(folder, kept, passages, vectors)
    return open_index(folder)


def open_index(folder: Path) -> KnowledgeIndex:
    """What `build_index` has built. Raises: OSError, ValueError when it is broken."""
    return KnowledgeIndex([Segment(folder)], [np.zeros(0, dtype=np.int32)], folder.name)


def _drop(segment: Segment, dropped: np.ndarray, gone: set[int]) -> np.ndarray:
    rows = np.flatnonzero(np.isin(segment.keys["id"], np.array(sorted(gone), dtype=np.uint64)))
    return np.union1d(dropped, rows).astype(np.int32)


def _tells_full_disk(error: OSError | RuntimeError) -> bool:
    """Whether writing failed for want of space; numpy and faiss tell of it in words only."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return "write error" in str(error) or "requested and" in str(error)


def _replace(path: Path, text: str) -> None:
    working = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        working.write_text(text, encoding="utf-8")
        working.replace(path)
    except BaseException:
        working.unlink(missing_ok=True)
        raise
