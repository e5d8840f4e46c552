"""预测: a trained model's probabilities for departments and categories, and the words that spoke for the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy import sparse

from knowledge.encoder import Encoder
from routing.artifact import Artifact, ArtifactError, read_artifact
from routing.cleaning import Cleaner
from routing.duties import owner_similarity
from routing.features import WORD, TermFeatures, TermSettings, centred, encode_each

CANDIDATES = 5
KEY_TERMS = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """候选: a label of the model with its calibrated probability."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """预测结果. `known` is the share of the text's terms that training has seen; 0 = the model knows nothing about it."""

    label: str
    confidence: float
    candidates: tuple[Candidate, ...]
    category: str
    terms: tuple[str, ...]
    known: float
    probabilities: np.ndarray
    vector: np.ndarray | None
    """The encoder's, to be used again for duties; None when the model needs no encoder."""


@dataclass(frozen=True, slots=True)
class Features:
    """特征 of n texts: terms (n × vocabulary), the encoder's vectors and their directions from the centre (n × dimension)."""

    terms: sparse.csr_matrix
    known: np.ndarray
    """(n,) share of each text's terms that the vocabulary has."""
    vectors: np.ndarray
    directions: np.ndarray


class Classifier(Protocol):
    """What a transformer's exported network offers: unscaled scores (texts × labels)."""

    def scores(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(slots=True)
class Target:
    """目标: one thing to predict, as a sum of linear parts; each part may be missing. All scales are learned in training."""

    labels: list[str]
    bias: np.ndarray
    term_weights: np.ndarray | None = None
    vector_weights: np.ndarray | None = None
    duties: np.ndarray | None = None
    duty_owners: np.ndarray | None = None
    duty_weight: float = 0.0
    duty_best: int = 2
    network_weight: float = 0.0
    slope: float = 1.0
    shift: float = 0.0
    """Of the logarithm of the odds of the first label's probability, see `sharpened`."""

    def probabilities(self, features: Features, network: np.ndarray | None = None) -> np.ndarray:
        """float64 (texts, labels), calibrated."""
        return sharpened(softmax(self.logits(features, network)), self.slope, self.shift)

    def logits(self, features: Features, network: np.ndarray | None = None) -> np.ndarray:
        """float32 (texts, labels)."""
        total = np.tile(self.bias.astype(np.float32), (features.terms.shape[0], 1))
        if self.term_weights is not None:
            total += features.terms @ self.term_weights
        if self.vector_weights is not None:
            total += features.directions @ self.vector_weights
        if self.duties is not None and self.duty_owners is not None:
            near = owner_similarity(
                features.directions, self.duties, self.duty_owners, len(self.labels), self.duty_best
            )
            total += self.duty_weight * near
        if network is not None:
            total += self.network_weight * network
        return total

    def rounded(self) -> "Target":
        """The target as it will be after storing: weights have the precision of float16."""
        return Target.from_weights("t", self.labels, self.as_weights("t"))

    def as_weights(self, prefix: str) -> dict[str, np.ndarray]:
        """Arrays for weights.npz; weights are stored as float16, half the size at no measurable loss."""
        scalars = np.array(
            [self.duty_weight, self.duty_best, self.network_weight, self.slope, self.shift], dtype=np.float64
        )
        arrays = {"bias": self.bias, "scalars": scalars}
        for name in ("term_weights", "vector_weights", "duties", "duty_owners"):
            value = getattr(self, name)
            if value is not None:
                arrays[name] = value.astype(np.float16) if value.dtype == np.float32 else value
        return {f"{prefix}.{name}": value for name, value in arrays.items()}

    @classmethod
    def from_weights(cls, prefix: str, labels: list[str], weights: dict[str, np.ndarray]) -> "Target":
        """Raises: KeyError or ValueError when the arrays do not belong together."""
        own = {name.partition(".")[2]: value for name, value in weights.items() if name.startswith(f"{prefix}.")}
        duty_weight, duty_best, network_weight, slope, shift = map(float, own.pop("scalars"))
        if any(
            own[name].shape[-1] != len(labels) for name in ("bias", "term_weights", "vector_weights") if name in own
        ):
            raise ValueError(prefix)
        arrays = {name: value.astype(np.float32) if value.dtype == np.float16 else value for name, value in own.items()}
        return cls(
            labels,
            duty_weight=duty_weight,
            duty_best=int(duty_best),
            network_weight=network_weight,
            slope=slope,
            shift=shift,
            **arrays,
        )


def softmax(logits: np.ndarray) -> np.ndarray:
    """float64 (texts, labels), rows sum to 1."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def sharpened(probabilities: np.ndarray, slope: float, shift: float) -> np.ndarray:
    """The first label's odds p/(1−p) become e^shift · (p/(1−p))^slope; the others share the rest as before.

    A blend of scorers that were fooled together is surer than it is right, and no one temperature mends that: it is at the
    top that the errors are. A row whose first label would no longer be the first stays as it is.
    """
    rows = np.arange(len(probabilities))
    first = probabilities.argmax(axis=1)
    top = np.clip(probabilities[rows, first], 1e-9, 1 - 1e-9)
    wanted = 1 / (1 + np.exp(-(slope * np.log(top / (1 - top)) + shift)))
    moved = probabilities * ((1 - wanted) / (1 - top))[:, None]
    moved[rows, first] = wanted
    return np.where((moved.argmax(axis=1) == first)[:, None], moved, probabilities)


class Predictor:
    """预测器 of one model folder."""

    def __init__(self, artifact: Artifact, encoder: Encoder | None, network: Classifier | None = None) -> None:
        """Raises: ArtifactError when another encoder is needed or the arrays do not belong together."""
        manifest = artifact.manifest
        if manifest.encoder and (encoder is None or encoder.name != manifest.encoder):
            raise ArtifactError(
                f"模型 {manifest.id} 是用编码器 {manifest.encoder} 训练的，现用编码器是 {encoder.name if encoder else '无'}。"
                "请改回原编码器（HOTLINE_ENCODER），或重新训练：hotline train routing。"
            )
        self.manifest = manifest
        self.seen = artifact.weights.get("seen", np.zeros(0, dtype=np.uint64))
        """Fingerprints of the texts that the twin was trained on, sorted."""
        self.labels = manifest.labels
        self._encoder = encoder if manifest.encoder else None
        self._network = network
        self._limit = int(manifest.features["max_characters"])
        try:
            self._cleaner = Cleaner.from_dict(manifest.cleaning)
            self.terms = TermFeatures(
                TermSettings.from_dict(manifest.features["terms"]), artifact.vocabulary, artifact.weights["idf"]
            )
            self.centre = artifact.weights["centre"]
            self._department = Target.from_weights("department", manifest.labels, artifact.weights)
            self._twin = (
                Target.from_weights("twin", manifest.labels, artifact.weights)
                if "twin.bias" in artifact.weights
                else self._department
            )
            self._category = (
                Target.from_weights("category", manifest.categories, artifact.weights) if manifest.categories else None
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ArtifactError(f"模型 {manifest.id} 的内容前后不一致，无法使用。请重新训练。") from error
        if self._department.network_weight and network is None:
            raise ArtifactError(f"模型 {manifest.id} 缺少神经网络文件，无法使用。请重新训练。")
        column = {label: i for i, label in enumerate(manifest.labels)}
        self._owned = np.zeros((len(manifest.labels), len(manifest.categories)))
        for place, category in enumerate(manifest.categories):
            for label in manifest.category_departments.get(category, []):
                if label in column:
                    self._owned[column[label], place] = 1.0

    @classmethod
    def load(cls, folder: Path, encoder: Encoder | None) -> "Predictor":
        """Read and check a model folder. Raises: ArtifactError."""
        artifact = read_artifact(folder)
        network: Classifier | None = None
        if "model.onnx" in artifact.manifest.files:
            from routing.network import OnnxClassifier

            network = OnnxClassifier(folder, artifact.manifest.features["network"])
        return cls(artifact, encoder, network)

    def probabilities(self, texts: Sequence[str], twin: bool = False) -> np.ndarray:
        """float64 (texts, labels). `twin`: of the same model before it also learned the held-out part, for fair comparison."""
        told = self._prepared(texts)
        target = self._twin if twin else self._department
        features = text_features(told, self.terms, self._encoder, self.centre)
        return target.probabilities(features, self._network.scores(told) if self._network else None)

    def features(self, texts: Sequence[str]) -> Features:
        """What the model sees of texts."""
        return text_features(self._prepared(texts), self.terms, self._encoder, self.centre)

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction a text, in order; any text is answered, an empty one with the labels' base rates."""
        told = self._prepared(texts)
        if not told:
            return []
        features = text_features(told, self.terms, self._encoder, self.centre)
        scores = self._network.scores(told) if self._network else None
        probabilities = self._department.probabilities(features, scores)
        categories = self._categories(features, probabilities)
        return [self._prediction(features, row, probabilities[row], categories[row]) for row in range(len(told))]

    def _prepared(self, texts: Sequence[str]) -> list[str]:
        return [text[: self._limit] for text in self._cleaner.texts(texts)]

    def _categories(self, features: Features, probabilities: np.ndarray) -> list[str]:
        """The category that fits the text and the departments it was seen with."""
        if self._category is None:
            return [""] * len(probabilities)
        joint = self._category.probabilities(features)
        owned = probabilities @ self._owned
        return [self._category.labels[i] for i in np.argmax(joint * (owned + 1e-6), axis=1)]

    def _prediction(self, features: Features, row: int, probabilities: np.ndarray, category: str) -> Prediction:
        best = np.argsort(-probabilities, kind="stable")[:CANDIDATES]
        candidates = tuple(Candidate(self.labels[i], float(probabilities[i])) for i in best)
        return Prediction(
            label=candidates[0].label,
            confidence=candidates[0].confidence,
            candidates=candidates,
            category=category,
            terms=self._key_terms(features.terms[row], int(best[0])),
            known=float(features.known[row]),
            probabilities=probabilities,
            vector=features.vectors[row] if self._encoder else None,
        )

    def _key_terms(self, row: sparse.csr_matrix, winner: int) -> tuple[str, ...]:
        """Words of two characters or more that spoke for the winner more than for the others, by themselves and their parts."""
        weights = self._department.term_weights
        if weights is None or not row.nnz:
            return ()
        own = weights[row.indices]
        spoke = row.data * (own[:, winner] - own.mean(axis=1))
        share = {self.terms.terms[column]: float(value) for column, value in zip(row.indices, spoke, strict=True)}
        told: list[tuple[float, str]] = []
        for term, value in share.items():
            word = term.removeprefix(WORD)
            if term.startswith(WORD) and len(word) >= 2 and not word.isdigit():
                sizes = self.terms.settings.characters
                parts = {word[i : i + size] for size in sizes for i in range(len(word) - size + 1)}
                told.append((value + sum(share.get(part, 0.0) for part in sorted(parts)), word))
        chosen: list[str] = []
        for value, word in sorted(told, key=lambda pair: (-pair[0], pair[1])):
            if value > 0 and not any(word in other or other in word for other in chosen):
                chosen.append(word)
        return tuple(chosen[:KEY_TERMS])


def text_features(
    texts: Sequence[str],
    terms: TermFeatures,
    encoder: Encoder | None,
    centre: np.ndarray,
    vectors: np.ndarray | None = None,
) -> Features:
    """Features of prepared texts; `vectors` when they are known already (training encodes once)."""
    if vectors is None:
        vectors = encode_each(encoder, texts) if encoder else np.zeros((len(texts), len(centre)), dtype=np.float32)
    matrix, known = terms.matrix_and_known(texts)
    return Features(matrix, known, vectors, centred(vectors, centre).astype(np.float32))
