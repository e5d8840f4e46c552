"""近似重复: texts that say the same almost word for word, found by MinHash and checked by Jaccard similarity."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from knowledge.text import bigrams

SAME = 0.8
"""Share of common character pairs from which two texts count as one."""
_BANDS, _ROWS = 16, 4
_PRIME = np.uint64((1 << 31) - 1)


def near_duplicate_groups(texts: Sequence[str], same: float = SAME) -> np.ndarray:
    """int64 (texts,): texts with the same number are near-duplicates of each other; numbers follow first appearance.

    16 bands of 4 hashes find a pair of similarity .8 with probability .9998.
    """
    draw = np.random.default_rng(0)
    factors = draw.integers(1, int(_PRIME), size=(_BANDS * _ROWS, 1), dtype=np.uint64)
    shifts = draw.integers(0, int(_PRIME), size=(_BANDS * _ROWS, 1), dtype=np.uint64)
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    sets = [bigrams(text) or {text} for text in texts]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for i, pairs in enumerate(sets):
        hashes = np.array([zlib.crc32(pair.encode()) for pair in pairs], dtype=np.uint64) % _PRIME
        signature = ((factors * hashes + shifts) % _PRIME).min(axis=1).reshape(_BANDS, _ROWS)
        for band in range(_BANDS):
            buckets[band, signature[band].tobytes()].append(i)
    for members in buckets.values():
        for first, second in pairwise(members):
            a, b = root(first), root(second)
            if a != b and len(sets[first] & sets[second]) >= same * len(sets[first] | sets[second]):
                parent[max(a, b)] = min(a, b)
    return np.array([root(i) for i in range(len(texts))], dtype=np.int64)
