"""诉求要点: what the search for hot topics knows of each appeal of the last weeks: its matter, its place, its vector.

Vectors are made once and kept in a file a day (of creation), found again by the text's digest, so that a worker that
starts anew reads them instead of encoding four weeks again.
"""

import hashlib
import threading
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

import numpy as np

from casework.insight.figures import Told
from knowledge.encoder import Encoder
from routing.related import GistReader, Site

AT_ONCE = 64
"""Texts between two looks at the time that may be spent."""


@dataclass(frozen=True, slots=True)
class Matter:
    """要点 of one appeal."""

    id: int
    at: datetime
    site: Site
    text: str
    """Without the names of places."""
    person: str
    """The same for the same requester; "" where no phone was left."""
    category: str
    confidential: bool


class Matters:
    """要点记忆 over a city's places; `folder` keeps the vectors."""

    def __init__(self, gists: GistReader, encoder: Encoder, folder: Path) -> None:
        self._gists, self._encoder, self._folder = gists, encoder, folder
        self._known: dict[int, Matter] = {}
        self._vectors: dict[bytes, np.ndarray] = {}
        self._days: set[date] = set()
        self._read_until: datetime | None = None
        self._lock = threading.Lock()

    def to_read(self, oldest: datetime, begin: datetime) -> datetime:
        """From when on orders must be told: from the oldest at first, then from `begin`, or from where reading stopped."""
        return oldest if self._read_until is None else max(oldest, min(begin, self._read_until))

    def learn(self, rows: Iterable[Told], since: datetime, until: datetime | None = None) -> None:
        """Take in what was told up to `until` (again, where a category changed); what is older than `since` is forgotten."""
        with self._lock:
            for row in rows:
                known = self._known.get(row.id)
                if known is None:
                    gist = self._gists.read(row.text, row.district, row.place)
                    site, text = gist.site, gist.matter
                else:
                    site, text = known.site, known.text
                self._known[row.id] = Matter(row.id, row.at, site, text, row.person, row.category, row.confidential)
            self._known = {key: row for key, row in self._known.items() if row.at >= since}
            self._read_until = until or self._read_until

    def encode(self, seconds: float) -> datetime | None:
        """Make the vectors that are missing, the newest appeals' first, for so long. Returns from when on all are known;
        None where none is."""
        with self._lock:
            return self._encode(seconds)

    def _encode(self, seconds: float) -> datetime | None:
        until = monotonic() + seconds
        newest = sorted(self._known.values(), key=lambda row: (row.at, row.id), reverse=True)
        for day in sorted({_day(row) for row in newest} - self._days, reverse=True):
            self._read(day)
        missing = [row for row in newest if _digest(row.text) not in self._vectors]
        done, touched = 0, set()
        for row in missing:
            if done % AT_ONCE == 0 and done and monotonic() > until:
                break
            digest = _digest(row.text)
            if digest not in self._vectors:
                # By itself: in a batch the padding would leak into the last digits, and results would depend on the others.
                self._vectors[digest] = self._encoder.encode([row.text], quick=True)[0].astype(np.float16)
            touched.add(_day(row))
            done += 1
        for day in touched:
            self._write(day, [row for row in newest if _day(row) == day])
        self._drop_old()
        reached = newest if done == len(missing) else newest[: newest.index(missing[done])]
        return reached[-1].at if reached else None

    def ready(self) -> tuple[list[Matter], np.ndarray]:
        """Those with vectors, oldest first, and the vectors: float32 (n, dimension), of unit length."""
        with self._lock:
            rows = sorted(self._known.values(), key=lambda row: (row.at, row.id))
            rows = [row for row in rows if _digest(row.text) in self._vectors]
            found = [self._vectors[_digest(row.text)] for row in rows]
        if not found:
            return rows, np.zeros((0, self._encoder.dimension), dtype=np.float32)
        vectors = np.stack(found).astype(np.float32)
        return rows, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _read(self, day: date) -> None:
        self._days.add(day)
        try:
            with np.load(self._path(day)) as stored:
                if str(stored["encoder"]) == self._encoder.name:
                    self._vectors |= dict(zip(map(bytes, stored["digests"]), stored["vectors"], strict=True))
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return

    def _write(self, day: date, rows: Sequence[Matter]) -> None:
        """A file that is damaged or of another encoder is written anew."""
        digests = list(dict.fromkeys(d for row in rows if (d := _digest(row.text)) in self._vectors))
        self._folder.mkdir(parents=True, exist_ok=True)
        working = self._folder / f".{day.isoformat()}.part.npz"
        np.savez(
            working,
            encoder=self._encoder.name,
            digests=np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 16),
            vectors=np.stack([self._vectors[digest] for digest in digests]),
        )
        working.replace(self._path(day))

    def _drop_old(self) -> None:
        """Vectors and files of appeals that are forgotten."""
        kept = {_digest(row.text) for row in self._known.values()}
        self._vectors = {digest: vector for digest, vector in self._vectors.items() if digest in kept}
        first = min((_day(row) for row in self._known.values()), default=None)
        for path in self._folder.glob("????-??-??.npz"):
            if first is None or path.stem < first.isoformat():
                path.unlink(missing_ok=True)

    def _path(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.npz"


def _day(row: Matter) -> date:
    return row.at.astimezone(UTC).date()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
