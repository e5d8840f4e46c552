"""待用向量: vectors at hand for a build: those of the index in use, and those that a killed build left behind."""

import hashlib
import uuid
import zipfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np

from knowledge.segment import OPENING, Segment

WORTH_LOOKING = 64
"""From this many passages on the vectors of the index in use are looked through; fewer are embedded again sooner."""


class PendingVectors:
    """待用向量. Chunks are kept in a folder of the encoder's own; one that is broken is passed over."""

    def __init__(self, folder: Path, encoder: str, segments: Sequence[Segment], wanted: Collection[bytes]) -> None:
        """`wanted`: the digests of the passages to build; no others are held."""
        self._folder = folder / hashlib.sha256(encoder.encode()).hexdigest()[:12]
        self._known: dict[bytes, np.ndarray] = {}
        sought = set(wanted)
        if len(sought) >= WORTH_LOOKING:
            for segment in segments:
                rows = _rows(segment.digests, sought)
                self._add(segment.digests[rows], segment.vectors.reconstruct_batch(rows) if len(rows) else ())
        for file in sorted(self._folder.glob("*.npz")):
            try:
                with OPENING, np.load(file) as stored:
                    rows = _rows(stored["digests"], sought)
                    self._add(stored["digests"][rows], stored["vectors"][rows].astype(np.float32))
            except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
                file.unlink(missing_ok=True)

    def _add(self, digests: np.ndarray, vectors: Iterable[np.ndarray]) -> None:
        self._known.update(zip(map(bytes, digests), vectors, strict=True))

    def get(self, digest: bytes) -> np.ndarray | None:
        """The vector of a passage, where it is known."""
        return self._known.get(digest)

    def keep(self, digests: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep a chunk of what was embedded."""
        if len(digests) < WORTH_LOOKING:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{uuid.uuid4().hex}.npz"
        working = place.with_suffix(".part")
        with working.open("wb") as file:
            table = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 16)
            np.savez(file, digests=table, vectors=vectors.astype(np.float16))
        working.rename(place)


def _rows(digests: np.ndarray, sought: set[bytes]) -> np.ndarray:
    """int64: the rows whose digest is sought."""
    return np.array([row for row, digest in enumerate(map(bytes, digests)) if digest in sought], dtype=np.int64)
