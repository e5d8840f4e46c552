"""倒排表: which passages hold a term and how much of the passage it is, in arrays that are mapped, not loaded.

The scores are BM25's. What differs from a ready library is where the parts are kept: a passage's share (term frequency,
length) is stored with the passage, the rarity of a term is worked out over all segments when a question comes. So a
segment can be added to an index, or withdrawn from it, without touching the others.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

K1, B = 1.5, 0.75
"""BM25's saturation and length normalisation; chosen on statute questions (see docs/decisions/0008)."""
AVERAGE_LENGTH = 60.0
"""Terms of a passage that is neither long nor short. A constant, so that a score does not change with the rest of the base."""


def term_key(term: str) -> int:
    """64 bits of a term: two terms of a language hardly ever share them, and they sort as numbers."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big")


def write_postings(folder: Path, name: str, passages: Iterable[Sequence[str]]) -> None:
    """Write the postings of `passages` (their terms, one after another) as NAME-*.npy into `folder`."""
    numbers: dict[str, int] = {}
    terms: list[np.ndarray] = []
    counts: list[np.ndarray] = []
    lengths: list[int] = []
    for held in passages:
        told = Counter(held)
        terms.append(np.array([numbers.setdefault(term, len(numbers)) for term in told], dtype=np.int32))
        counts.append(np.fromiter(told.values(), dtype=np.float32, count=len(told)))
        lengths.append(len(held))
    owner = np.repeat(np.arange(len(lengths), dtype=np.int32), np.array([len(some) for some in terms], dtype=np.int64))
    term = np.concatenate(terms) if terms else np.zeros(0, dtype=np.int32)
    count = np.concatenate(counts) if counts else np.zeros(0, dtype=np.float32)
    damping = K1 * (1 - B + B * np.array(lengths, dtype=np.float32) / AVERAGE_LENGTH)
    share = (count / (count + damping[owner])).astype(np.float16) if len(owner) else np.zeros(0, dtype=np.float16)
    keys = np.array([term_key(text) for text in numbers], dtype=np.uint64)
    _write(folder, name, keys[term], owner, share)


def join_postings(folder: Path, name: str, parts: "Sequence[tuple[Postings, np.ndarray]]") -> None:
    """Write the postings of several segments as one; of each only the passages marked (bool), numbered anew."""
    keys, owners, shares = [], [], []
    base = 0
    for postings, kept in parts:
        number = np.cumsum(kept) - 1 + base
        own_keys, passages, own_shares = postings.rows()
        there = kept[passages]
        keys.append(own_keys[there])
        owners.append(number[passages[there]].astype(np.int32))
        shares.append(own_shares[there])
        base += int(kept.sum())
    _write(folder, name, np.concatenate(keys), np.concatenate(owners), np.concatenate(shares))


def _write(folder: Path, name: str, keys: np.ndarray, owners: np.ndarray, shares: np.ndarray) -> None:
    """Write rows (key of a term, passage, share), sorted by key and then by passage."""
    order = np.lexsort((owners, keys))
    terms, first = np.unique(keys[order], return_index=True)
    np.save(folder / f"{name}-terms.npy", terms)
    np.save(folder / f"{name}-starts.npy", np.append(first, len(order)).astype(np.int64))
    np.save(folder / f"{name}-passages.npy", owners[order])
    np.save(folder / f"{name}-shares.npy", shares[order])


class Postings:
    """倒排表 of one segment, mapped into memory."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises: OSError, ValueError when files are missing, cut or do not fit together."""
        terms, starts, passages, shares = (
            np.load(folder / f"{name}-{part}.npy", mmap_mode="r") for part in ("terms", "starts", "passages", "shares")
        )
        self._terms, self._starts, self._passages, self._shares = terms, starts, passages, shares
        if len(starts) != len(terms) + 1 or not starts[-1] == len(passages) == len(shares):
            raise ValueError("postings do not fit together")

    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All that is stored, row by row: the term's key, the passage, the share."""
        return np.repeat(self._terms, np.diff(self._starts)), self._passages, self._shares

    def find(self, keys: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each key: the passages that hold the term (int32), and the term's share in each (float16)."""
        if not len(self._terms):
            return [(self._passages[:0], self._shares[:0])] * len(keys)
        found = np.searchsorted(self._terms, keys)
        held = []
        for key, place in zip(keys, found, strict=True):
            there = place < len(self._terms) and self._terms[place] == key
            span = slice(self._starts[place], self._starts[place + 1]) if there else slice(0, 0)
            held.append((self._passages[span], self._shares[span]))
        return held
