"""打分: one learned scorer joins both indexes' scores, and a second says how sure the first hit is."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.encoder import SHIPPED
from knowledge.entry import EntryKind, KnowledgeEntry

FEATURES = (
    "dense_question",
    "dense_question_top3",
    "dense_question_mean",
    "dense_text",
    "words_question",
    "words_text",
    "pairs_question",
    "pairs_text",
    "item_dense",
    "item_named",
    "facet_same",
    "facet_other",
    "regulation",
    "regulation_dense",
    "regulation_words",
    "regulation_pairs",
    "regulation_law",
    "regulation_judicial",
    "regulation_decree",
    "regulation_family",
    "regulation_dense_rank",
    "regulation_words_rank",
    "regulation_pairs_rank",
)
"""Of one candidate entry: cosines (best, mean of the best three, mean of all its questions; its text), BM25 shares of words
and of character pairs, its item's best cosine, share of the item's name told, whether the asked facet is its own. What is
said of the text stands apart for regulations, whose wording is far from a citizen's, with the kind of regulation, what its whole text
has to say to the question, and the places it takes by each measure."""
CONFIDENCE_FEATURES = (
    "bias",
    "first",
    "second",
    "rival_item",
    "own_item",
    "dense_question",
    "dense_text",
    "words_question",
    "words_text",
    "pairs_question",
    "pairs_text",
    "regulation",
    "regulation_dense",
    "regulation_words",
    "regulation_pairs",
)
"""Of the head of a ranking: shares of the first and second hit, of the best hit of another matter, of all hits of the
first's matter; what the first hit's own evidence is."""


@dataclass(frozen=True, slots=True)
class Hit:
    """命中. `score` is the share (0–1) that this entry takes among the candidates; `features` as FEATURES has them."""

    entry: KnowledgeEntry
    score: float
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scorer:
    """打分器, learned by `training.answers`."""

    weights: tuple[float, ...]
    confidence_weights: tuple[float, ...]
    answer_threshold: float
    clarify_threshold: float
    article_threshold: float = 1.0
    """The answer threshold where the first hit is an article of a regulation."""

    @classmethod
    def load(cls, path: Path = SHIPPED / "answers.json") -> "Scorer":
        """Raises: ValueError when it was learned for other features."""
        row = json.loads(path.read_text(encoding="utf-8"))
        names = (("features", "weights", FEATURES), ("confidence_features", "confidence_weights", CONFIDENCE_FEATURES))
        if any(row.get(told) != list(ours) or len(row[values]) != len(ours) for told, values, ours in names):
            raise ValueError("answers.json was learned for other features; run training.answers again")
        return cls(
            tuple(row["weights"]),
            tuple(row["confidence_weights"]),
            row["answer_threshold"],
            row["clarify_threshold"],
            row["article_threshold"],
        )

    def shares(self, features: np.ndarray) -> np.ndarray:
        """(n, len(FEATURES)) of one question's candidates → (n,) shares, summing to 1."""
        scores = features @ np.array(self.weights)
        shares = np.exp(scores - scores.max())
        return shares / shares.sum()

    def threshold_for(self, hits: list[Hit]) -> float:
        """The confidence from which on the first hit is an answer."""
        article = bool(hits) and hits[0].entry.kind is EntryKind.REGULATION
        return self.article_threshold if article else self.answer_threshold

    def confidence(self, hits: list[Hit]) -> float:
        """Calibrated probability (0–1) that the first hit is a right answer."""
        if not hits:
            return 0.0
        score = float(np.dot(confidence_features(hits), self.confidence_weights))
        return 1 / (1 + math.exp(-score))


def confidence_features(hits: list[Hit]) -> tuple[float, ...]:
    """CONFIDENCE_FEATURES of a ranking (at least one hit)."""
    first = hits[0]
    told = dict(zip(FEATURES, first.features, strict=True))
    own = sum(hit.score for hit in hits if same_matter(hit.entry, first.entry))
    rival = next((hit.score for hit in hits if not same_matter(hit.entry, first.entry)), 0.0)
    return (
        1.0,
        first.score,
        hits[1].score if len(hits) > 1 else 0.0,
        rival,
        own,
        *(told[name] for name in CONFIDENCE_FEATURES[5:]),
    )


def same_matter(one: KnowledgeEntry, other: KnowledgeEntry) -> bool:
    """Whether two entries speak of the same item, or are articles of one regulation."""
    if one.item or other.item:
        return one.item == other.item
    return one.title == other.title
