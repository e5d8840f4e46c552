"""预测: what a trained model says of texts: departments and categories with probabilities, and the words that spoke for the first."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from scipy import sparse

from knowledge.encoder import Encoder
from routing.artifact import TWIN, Artifact, ArtifactError, read_artifact, read_weights
from routing.cleaning import Cleaner
from routing.features import ENCODED, WORD, TermFeatures, TermSettings, centred, encode_each
from routing.model import UNNAMED, Model, Probabilities
from routing.target import Features

CANDIDATES = 5
KEY_TERMS = 5
MANY = 16
"""Texts from which on it is worth dividing them among the processor's cores."""
PORTION = 32
"""Texts that one core takes at a time, at most."""
NETWORK = "model.onnx"
T = TypeVar("T")


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
    category_confidence: float = 0.0
    traits: dict[str, Candidate] = field(default_factory=dict)
    """Type, urgency and sentiment, of a model that learned them."""


class Classifier(Protocol):
    """What a transformer's exported network offers: unscaled scores (texts × labels)."""

    def scores(self, texts: Sequence[str]) -> np.ndarray: ...


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
        self._folder = artifact.folder
        self._encoder = encoder if manifest.encoder else None
        self._network = network
        self._limit = int(manifest.features["max_characters"])
        self._encoded = int(manifest.features.get("encoded", ENCODED))
        try:
            self._cleaner = Cleaner.from_dict(manifest.cleaning)
            self.terms = TermFeatures(
                TermSettings.from_dict(manifest.features["terms"]), artifact.vocabulary, artifact.weights["idf"]
            )
            self.centre = artifact.weights["centre"]
            self._model = Model.from_weights(manifest.labels, manifest.categories, manifest.traits, artifact.weights)
        except (KeyError, ValueError, TypeError) as error:
            raise ArtifactError(f"模型 {manifest.id} 的内容前后不一致，无法使用。请重新训练。") from error
        if self._model.mixture is not None and network is None:
            raise ArtifactError(f"模型 {manifest.id} 缺少神经网络文件，无法使用。请重新训练。")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder | None) -> "Predictor":
        """Read and check a model folder. Raises: ArtifactError."""
        artifact = read_artifact(folder)
        return cls(artifact, encoder, _network(artifact, NETWORK))

    @cached_property
    def _twin(self) -> Model:
        """The same model before it also learned the held-out part; the model itself where the folder has none. Raises: ArtifactError."""
        artifact = Artifact(self._folder, self.manifest, {}, [])
        if TWIN not in self.manifest.files:
            return self._model
        try:
            return Model.from_weights(self.labels, self.manifest.categories, {}, read_weights(artifact, TWIN))
        except (KeyError, ValueError, TypeError) as error:
            raise ArtifactError(f"模型 {self.manifest.id} 的内容前后不一致，无法比较。请重新训练。") from error

    def probabilities(self, texts: Sequence[str], twin: bool = False) -> np.ndarray:
        """float64 (texts, labels). `twin`: of the same model before it also learned the held-out part, for fair comparison."""
        told = self._prepared(texts)
        model, network = self._twin if twin else self._model, self._network  # a network never learns the held-out part
        scores = (lambda: network.scores(told)) if network else None
        return model.probabilities(self._features(told), scores).departments

    def features(self, texts: Sequence[str]) -> Features:
        """What the model sees of texts."""
        return self._features(self._prepared(texts))

    def clause_features(self, clauses: Sequence[str]) -> tuple[sparse.csr_matrix, np.ndarray]:
        """Counts (clauses × vocabulary) and vectors (clauses × dimension) of the clauses of one text, uncleaned."""
        vectors = encode_each(self._encoder, clauses) if self._encoder else np.zeros((len(clauses), len(self.centre)))
        return self.terms.counts(clauses), vectors

    def run_probabilities(
        self, take: sparse.csr_matrix, counts: sparse.csr_matrix, vectors: np.ndarray, twin: bool = False
    ) -> Probabilities:
        """Of runs of clauses by the light targets: `take` (runs × clauses) says which, `vectors` are the runs' (runs × dimension)."""
        terms = self.terms.weigh(take @ counts)
        directions = centred(vectors, self.centre).astype(np.float32)
        model = self._twin if twin else self._model
        return model.probabilities(Features(terms, np.ones(take.shape[0]), vectors, directions))

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction a text, in order; any text is answered, an empty one with the labels' base rates.

        MANY texts or more are divided among the cores: the encoder should then use one thread.
        """
        return on_all_cores(self._predict, texts)

    def _predict(self, texts: Sequence[str]) -> list[Prediction]:
        told = self._prepared(texts)
        if not told:
            return []
        features, network = self._features(told), self._network
        found = self._model.probabilities(features, (lambda: network.scores(told)) if network else None)
        traits = {name: target.probabilities(features) for name, target in self._model.traits.items()}
        return [
            self._prediction(
                features,
                row,
                found.departments[row],
                None if found.categories is None else found.categories[row],
                {name: rows[row] for name, rows in traits.items()},
            )
            for row in range(len(told))
        ]

    def _prepared(self, texts: Sequence[str]) -> list[str]:
        return [text[: self._limit] for text in self._cleaner.texts(texts)]

    def _features(self, told: Sequence[str]) -> Features:
        return text_features(told, self.terms, self._encoder, self.centre, limit=self._encoded)

    def _prediction(
        self,
        features: Features,
        row: int,
        probabilities: np.ndarray,
        categories: np.ndarray | None,
        traits: dict[str, np.ndarray],
    ) -> Prediction:
        best = np.argsort(-probabilities, kind="stable")[:CANDIDATES]
        candidates = tuple(Candidate(self.labels[i], float(probabilities[i])) for i in best)
        category = -1 if categories is None else int(categories.argmax())
        name = "" if category < 0 else self.manifest.categories[category]
        return Prediction(
            label=candidates[0].label,
            confidence=candidates[0].confidence,
            candidates=candidates,
            category="" if name.startswith(UNNAMED) else name,
            terms=self._key_terms(features.terms[row], int(best[0])),
            known=float(features.known[row]),
            probabilities=probabilities,
            vector=features.vectors[row] if self._encoder else None,
            category_confidence=0.0 if categories is None else float(categories[category]),
            traits={
                name: Candidate(self.manifest.traits[name][int(own.argmax())], float(own.max()))
                for name, own in traits.items()
            },
        )

    def _key_terms(self, row: sparse.csr_matrix, winner: int) -> tuple[str, ...]:
        """Words of two characters or more that spoke for the winner more than for the others, by themselves and their parts."""
        weights = self._model.department.term_weights
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


def on_all_cores(work: Callable[[Sequence[str]], list[T]], texts: Sequence[str]) -> list[T]:
    """`work` of the texts, one result a text, in order. MANY texts or more are divided among the cores in portions."""
    cores = os.cpu_count() or 1
    if len(texts) < MANY or cores == 1:
        return work(texts)
    size = max(4, min(PORTION, -(-len(texts) // (2 * cores))))
    with ThreadPoolExecutor(cores) as pool:
        parts = pool.map(work, [texts[start : start + size] for start in range(0, len(texts), size)])
        return [one for part in parts for one in part]


def text_features(
    texts: Sequence[str],
    terms: TermFeatures,
    encoder: Encoder | None,
    centre: np.ndarray,
    limit: int = ENCODED,
) -> Features:
    """Features of prepared texts, of which the encoder reads the first `limit` characters."""
    vectors = encode_each(encoder, texts, limit) if encoder else np.zeros((len(texts), len(centre)), dtype=np.float32)
    matrix, known = terms.matrix_and_known(texts)
    return Features(matrix, known, vectors, centred(vectors, centre).astype(np.float32))


def _network(artifact: Artifact, name: str) -> Classifier | None:
    if name not in artifact.manifest.files:
        return None
    from routing.network import OnnxClassifier

    return OnnxClassifier(artifact.folder, artifact.manifest.features["network"], name=name)
