"""编码器 for unit tests: hashed character bigrams, so that texts that share words are near; no model file."""

import hashlib
from collections.abc import Sequence

import numpy as np

from assistant.classifier import LinearClassifier
from knowledge.encoder import Encoder
from knowledge.text import normalize


class FakeEncoder:
    """Counts of hashed character pairs, of unit length; `seen` are the texts that were encoded, in order."""

    def __init__(self, name: str = "fake:bigrams", dimension: int = 512) -> None:
        self.name, self.dimension = name, dimension
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str], quick: bool = False) -> np.ndarray:
        """float32 (len(texts), dimension), rows of unit length."""
        self.seen += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            told = f"^{normalize(text)}$"
            for start in range(len(told) - 1):
                vectors[row, self._place(told[start : start + 2])] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _place(self, pair: str) -> int:
        return int.from_bytes(hashlib.blake2b(pair.encode(), digest_size=4).digest(), "big") % self.dimension


def classifier_of(
    encoder: Encoder, examples: dict[str, Sequence[str]], usual: str, lean: float = 1.0, sharpness: float = 12.0
) -> LinearClassifier:
    """线性分类器 by hand: a label scores by its nearness to the mean of its examples; `usual` wins where none is near."""
    means = np.stack([encoder.encode(texts).mean(axis=0) for texts in examples.values()], axis=1)
    bias = np.array([[lean if label == usual else 0.0 for label in examples]])
    weights = np.concatenate([means * sharpness, bias]).astype(np.float32)
    groups = dict.fromkeys(("emergency", "refusal", "smalltalk", "abuse"), 0.5)
    return LinearClassifier(encoder, tuple(examples), weights, groups)
