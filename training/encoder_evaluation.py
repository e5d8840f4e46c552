"""编码器评测: one definition of the two figures an encoder is chosen by, for torch and ONNX alike."""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from training.pairs import SentencePair
from training.statutes import StatuteQuestion


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares in 0–1: pairs ranked by similarity, paraphrase found first, right article found."""

    pair_average_precision: float
    paraphrase_hit_1: float
    statute_hit_5: float
    statute_mrr: float

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


def statute_pool(
    passages: dict[str, str], questions: list[StatuteQuestion], mine: Callable, distractors: int
) -> dict[str, str]:
    """The articles searched: every right one, BM25's near misses, and random others. Smaller than the archive."""
    wanted = {key for question in questions for key in question.articles}
    near = {negative for _, _, negative in mine(questions, passages)}
    spare = [key for key, text in passages.items() if key not in wanted and text not in near]
    keys = wanted | set(random.Random(7).sample(spare, min(distractors, len(spare))))
    return {key: text for key, text in passages.items() if key in keys or text in near}


def load_encode(folder: Path, quick: bool = False) -> Callable[[list[str]], np.ndarray]:
    """texts → float32 (n, dimension) unit vectors, from an ONNX folder (`quick`: by its int8 arithmetic) or a
    sentence-transformers checkpoint."""
    if (folder / "encoder.onnx").exists():
        from knowledge.encoder import OnnxEncoder

        encoder = OnnxEncoder(folder)
        return lambda texts: encoder.encode(texts, quick=quick)
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    model.max_seq_length = 160
    return lambda texts: model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)


def measure(
    folder: Path, pairs: list[SentencePair], questions: list[StatuteQuestion], pool: dict[str, str]
) -> Measures:
    """Measure one encoder. Paraphrase: each positive's second sentence among all second sentences."""
    from sklearn.metrics import average_precision_score

    encode = load_encode(folder)
    first, second = encode([p.first for p in pairs]), encode([p.second for p in pairs])
    precision = average_precision_score([p.same for p in pairs], (first * second).sum(axis=1))
    positive = np.array([i for i, p in enumerate(pairs) if p.same])
    texts = [pairs[i].second for i in positive]
    nearest = (first[positive] @ second[positive].T).argmax(axis=1)
    hit = np.mean([texts[j] == texts[i] for i, j in enumerate(nearest)])

    keys = list(pool)
    scores = encode([q.question for q in questions]) @ encode([pool[key] for key in keys]).T
    hits, reciprocal = [], []
    for question, row in zip(questions, scores, strict=True):
        ranked = [keys[i] for i in np.argsort(-row)[:100]]
        rank = next((i for i, key in enumerate(ranked, 1) if key in question.articles), None)
        hits.append(rank is not None and rank <= 5)
        reciprocal.append(1 / rank if rank else 0.0)
    return Measures(float(precision), float(hit), float(np.mean(hits)), float(np.mean(reciprocal)))
