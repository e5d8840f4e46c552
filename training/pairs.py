"""句对: question pairs with label 1 = same meaning, cut into parts that share no sentence."""

import hashlib
import lzma
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

SHARES = (("train", 0.90), ("choose", 0.95), ("test", 1.0))


@dataclass(frozen=True, slots=True)
class SentencePair:
    """One labelled pair; `source` is the corpus it came from."""

    source: str
    first: str
    second: str
    same: bool


def part_of(key: str, shares: tuple[tuple[str, float], ...] = SHARES) -> str:
    """Which part a key falls in: a hash, so that the cut never depends on order or on a seed."""
    point = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    return next(name for name, upper in shares if point < upper)


def read_pairs(path: Path) -> list[SentencePair]:
    """Read the tab-separated file (.tsv or .tsv.xz) with columns source, sentence1, sentence2, label."""
    data = path.read_bytes()
    text = (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return [SentencePair(s, a, b, label == "1") for s, a, b, label in (row for row in rows if len(row) == 4)]


def split_pairs(pairs: list[SentencePair]) -> dict[str, list[SentencePair]]:
    """Split into train / choose / test; sentences joined by any chain of pairs stay together."""
    root: dict[str, str] = {}

    def find(sentence: str) -> str:
        while root.setdefault(sentence, sentence) != sentence:
            root[sentence] = root[root[sentence]]
            sentence = root[sentence]
        return sentence

    for pair in pairs:
        first, second = sorted((find(pair.first), find(pair.second)))
        root[second] = first
    parts: dict[str, list[SentencePair]] = {name: [] for name, _ in SHARES}
    for pair in pairs:
        parts[part_of(find(pair.first))].append(pair)
    return parts


def triplets(pairs: list[SentencePair]) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """(anchor, positive, hard negative) where a negative of the anchor is known, else (anchor, positive)."""
    negatives: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        if not pair.same:
            negatives[pair.first].append(pair.second)
            negatives[pair.second].append(pair.first)
    with_negative: list[tuple[str, str, str]] = []
    plain: list[tuple[str, str]] = []
    for pair in pairs:
        if not pair.same or pair.first == pair.second:
            continue
        for anchor, positive in ((pair.first, pair.second), (pair.second, pair.first)):
            if anchor in negatives:
                known = negatives[anchor]
                with_negative.append((anchor, positive, known[len(with_negative) % len(known)]))
                break
        else:
            plain.append((pair.first, pair.second))
    return with_negative, plain
