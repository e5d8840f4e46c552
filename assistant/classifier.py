"""线性分类器: softmax over a linear layer on the encoder's vector; small, quick, and shipped as JSON."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from casework.errors import Unavailable
from knowledge.encoder import Encoder

SHIPPED = Path(__file__).parent / "model"


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """线性分类器, learned by `training.classifiers`."""

    encoder: Encoder
    labels: tuple[str, ...]
    weights: np.ndarray
    """float32 (dimension + 1, labels), the last row the bias."""
    thresholds: dict[str, float]
    """Group of labels → summed probability from which on the caller may act on it; chosen on held-out folds."""

    @classmethod
    def load(cls, encoder: Encoder, path: Path) -> "LinearClassifier":
        """Raises: Unavailable when the file is missing or was learned for another encoder."""
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
        except OSError:
            raise Unavailable(f"分类器文件缺失：{path.name}。请重新安装，或用 training.classifiers 训练。") from None
        if row["encoder"] != encoder.name:
            raise Unavailable(f"分类器 {path.name} 与当前编码器不匹配，请用 training.classifiers 重新训练。")
        weights = np.array(row["weights"], dtype=np.float32)
        return cls(encoder, tuple(row["labels"]), weights, row["thresholds"])

    def probabilities(self, text: str) -> dict[str, float]:
        """Label → probability (0–1), summing to 1."""
        scores = self.encoder.encode([text])[0] @ self.weights[:-1] + self.weights[-1]
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        return {label: float(share) for label, share in zip(self.labels, shares, strict=True)}
