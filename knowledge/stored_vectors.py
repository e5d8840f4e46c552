"""向量存档: vectors of texts that seldom change (duties), kept in a file so that a start need not encode them again."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge.encoder import Encoder


class StoredVectors:
    """An `Encoder` that remembers until `keep` is called, and afterwards only looks up.

    A file of another encoder, or one that is broken, is passed over and written anew.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.name, self.dimension = encoder.name, encoder.dimension
        self._encoder, self._path = encoder, path
        self._known: dict[bytes, np.ndarray] = {}
        self._fresh: dict[bytes, np.ndarray] | None = {}
        try:
            with np.load(path) as stored:
                if str(stored["encoder"]) == encoder.name:
                    self._known = dict(zip(map(bytes, stored["digests"]), stored["vectors"], strict=True))
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            pass

    def encode(self, texts: Sequence[str], quick: bool = False) -> np.ndarray:
        """float32 (len(texts), dimension), unit length."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
            vector = self._known.get(digest)
            if vector is None:
                vector = self._encoder.encode([text])[0]
                if self._fresh is not None:
                    self._fresh[digest] = vector
            vectors[row] = vector
        return vectors

    def keep(self) -> None:
        """Write what was encoded so far, if anything was new; later texts are not remembered."""
        fresh, self._fresh = self._fresh, None
        if not fresh:
            return
        self._known |= fresh
        working = self._path.with_name(f".{self._path.name}.part.npz")
        digests = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, 16)
        np.savez(working, encoder=self.name, digests=digests, vectors=np.stack(list(self._known.values())))
        working.replace(self._path)
