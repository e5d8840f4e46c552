"""答复质量: what is wrong with a reply's wording and content, by small models over its sentences and over the whole.

Per rule, a linear model looks at each sentence (cues, the encoder's vector, character pieces), and a linear model and a forest at
the whole reply: the sentences' scores, what several cues tell together, how the reply relates to the demand. Learned by
`training.reply_quality` from authored replies; what they were measured to be stands in assistant/model/REPLY_QUALITY.md.
"""

import json
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from assistant.reply_text import MAX_CHARS, SOLVED, ReplyText, pieces
from casework.errors import Unavailable
from knowledge.encoder import Encoder

SHIPPED = Path(__file__).parent / "model" / "reply_quality.npz"
RULES = ("missing", "off_topic", "buck_passing", "template", "tone", "no_date", "no_action")
"""What is learned; the other rules of the inspection are looked up (`casework.quality.reply_rules`)."""
WIDTH = 4096
"""Places of the character pieces."""
QUIET = -6.0
"""Score of a reply without sentences."""
SMALL = 0.01
"""Added to a forest's shares, so that none is beyond all doubt."""
SENTENCE_SCALES = {"told": 0.5, "context": 0.25, "vector": 3.0, "pieces": 3.0}
REPLY_SCALES = {"told": 0.25, "vector": 3.0, "product": 20.0, "distance": 8.0, "pieces": 3.0}
"""How much each group of features may say for the same weight."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """疑点: a rule that the reply seems to break; `passage` an exact substring of the reply, `share` 0–1."""

    rule: str
    passage: str
    share: float


def vectors_of(encoder: Encoder, reply: ReplyText) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the demand, of the whole reply, of its sentences."""
    sentences = [one.text for one in reply.sentences]
    whole = [reply.demand or " ", reply.reply[:MAX_CHARS] or " "]
    # Of a single sentence the whole is that sentence.
    found = encoder.encode(whole + (sentences if len(sentences) > 1 else []), quick=True)
    return found[0], found[1], found[2:] if len(sentences) > 1 else found[1:2][: len(sentences)]


def sentence_features(reply: ReplyText, demand: np.ndarray, sentences: np.ndarray) -> np.ndarray:
    """float32 (sentences, features)."""
    count, scales = len(reply.sentences), SENTENCE_SCALES
    nearness = (sentences @ demand).reshape(count, 1)
    told = np.hstack([reply.cues, reply.positions, nearness, np.tile(reply.case, (count, 1))])
    context = np.tile(reply.cues.max(axis=0), (count, 1)) if count else np.zeros((0, reply.cues.shape[1]), np.float32)
    letters = [_letters(one.text) for one in reply.sentences]
    spread = np.stack(letters) if letters else np.zeros((0, WIDTH), np.float32)
    groups = {"told": told, "context": context, "vector": sentences.reshape(count, len(demand)), "pieces": spread}
    return np.hstack([groups[name] * scale for name, scale in scales.items()]).astype(np.float32)


def reply_told(reply: ReplyText, demand: np.ndarray, whole: np.ndarray, sentences: np.ndarray) -> np.ndarray:
    """float32 (features,): what is told of the whole, to be put to one scale by the model."""
    if len(reply.sentences):
        near = np.sort(sentences @ demand)[::-1]
        most, share = reply.cues.max(axis=0), np.minimum(reply.cues, 1).mean(axis=0)
        nearness = [demand @ whole, near[0], near.mean(), near[-1], near[min(1, len(near) - 1)]]
    else:
        most = share = np.zeros(reply.cues.shape[1])
        nearness = [0.0] * 5
    return np.concatenate([reply.case, reply.situation, reply.signs, most, share, nearness]).astype(np.float32)


def reply_spread(reply: ReplyText, demand: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """float32 (features,): vectors and character pieces of the whole."""
    scales = REPLY_SCALES
    parts = [whole * scales["vector"], demand * whole * scales["product"], np.abs(demand - whole) * scales["distance"]]
    return np.concatenate([*parts, _letters(reply.reply[:MAX_CHARS]) * scales["pieces"]]).astype(np.float32)


def scored(best: np.ndarray) -> np.ndarray:
    """The sentences' highest scores (rules,) as the second model reads them: as they are, and as shares."""
    return np.concatenate([best, 1 / (1 + np.exp(-best))])


@dataclass(frozen=True)
class Forest:
    """随机树: of all rules, one array a column of their nodes; a leaf's `feature` is -1."""

    roots: np.ndarray
    """(rules, trees)."""
    feature: np.ndarray
    line: np.ndarray
    left: np.ndarray
    right: np.ndarray
    share: np.ndarray

    def shares(self, given: np.ndarray) -> np.ndarray:
        """(rules,): the mean share of the leaves that the features lead to."""
        at = self.roots
        while True:
            feature = self.feature[at]
            inner = feature >= 0
            if not inner.any():
                return self.share[at].astype(np.float64).mean(axis=1)
            lower = given[np.maximum(feature, 0)] <= self.line[at]
            at = np.where(inner, np.where(lower, self.left[at], self.right[at]), at)


def _letters(text: str) -> np.ndarray:
    found = pieces(text, WIDTH)
    spread = np.zeros(WIDTH, dtype=np.float32)
    spread[found] = 1 / np.sqrt(max(1, len(found)))
    return spread


@dataclass(frozen=True)
class ReplyJudge:
    """答复质检模型."""

    encoder: Encoder
    sentence_weights: np.ndarray
    """float32 (rules, sentence features + 1), the last column the bias."""
    reply_weights: np.ndarray
    """float32 (rules, scores + told + spread + 1)."""
    centre: np.ndarray
    spread: np.ndarray
    """Of the scores and of what is told: put to one scale."""
    forest: Forest
    thresholds: dict[str, float]
    """Rule → share from which on it is a finding."""
    version: str

    @classmethod
    def load(cls, encoder: Encoder, path: Path = SHIPPED) -> "ReplyJudge":
        """Raises: Unavailable when the file is missing or was learned for another encoder."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError):
            raise Unavailable(
                f"质检模型文件缺失或损坏：{path.name}。请重新安装，或用 training.reply_quality 训练。"
            ) from None
        told = json.loads(str(arrays["told"]))
        if told["encoder"] != encoder.name or tuple(told["rules"]) != RULES:
            raise Unavailable("质检模型与当前编码器不匹配，请用 training.reply_quality 重新训练。")
        floats = {name: arrays[name].astype(np.float32) for name in ("sentence", "reply", "centre", "spread")}
        return cls(
            encoder,
            floats["sentence"],
            floats["reply"],
            floats["centre"],
            floats["spread"],
            Forest(**{one.name: arrays[f"forest_{one.name}"] for one in fields(Forest)}),
            told["thresholds"],
            told["version"],
        )

    def shares(self, reply: ReplyText) -> tuple[dict[str, float], np.ndarray]:
        """Rule → probability (0–1), and the sentences' scores (sentences, rules)."""
        demand, whole, sentences = vectors_of(self.encoder, reply)
        features = sentence_features(reply, demand, sentences)
        scores = features @ self.sentence_weights[:, :-1].T + self.sentence_weights[:, -1]
        best = scores.max(axis=0, initial=QUIET)
        looked_at = np.concatenate([scored(best), reply_told(reply, demand, whole, sentences)]).astype(np.float32)
        told = (looked_at - self.centre) / self.spread * REPLY_SCALES["told"]
        given = np.concatenate([told, reply_spread(reply, demand, whole)])
        logits = self.reply_weights[:, :-1] @ given + self.reply_weights[:, -1]
        votes = self.forest.shares(looked_at)
        logits = logits + np.log((votes + SMALL) / (1 - votes + SMALL))
        found = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return {rule: float(share) for rule, share in zip(RULES, found, strict=True)}, scores

    def suspicions(self, reply: ReplyText) -> list[Suspicion]:
        """What the reply seems to break, in the order of RULES; none for a text without a sentence."""
        if not reply.sentences:
            return []
        shares, scores = self.shares(reply)
        found = chosen({rule: share - self.thresholds[rule] for rule, share in shares.items()}, reply.closing)
        return [
            Suspicion(rule, _passage(reply, scores[:, RULES.index(rule)]), round(shares[rule], 4)) for rule in found
        ]


def chosen(margins: dict[str, float], closing: str) -> list[str]:
    """The rules whose share reaches its threshold, as far as they go together: nothing is 未办即结 that was not closed as solved, a
    formula has no elements to be missing, and of an answer to another question it is not said that it lacks something."""
    found = [rule for rule in RULES if margins[rule] >= 0]
    if closing != SOLVED and "no_action" in found:
        found.remove("no_action")
    for stronger, weaker in (("template", "missing"), ("template", "off_topic")):
        if stronger in found and weaker in found:
            found.remove(weaker)
    if "missing" in found and "off_topic" in found:
        found.remove(min(("missing", "off_topic"), key=margins.__getitem__))
    return found


def _passage(reply: ReplyText, scores: np.ndarray) -> str:
    return reply.sentences[int(scores.argmax())].text


@lru_cache(maxsize=1)
def shipped_thresholds() -> dict[str, float]:
    """Of the shipped model, for tests and the model card."""
    with np.load(SHIPPED, allow_pickle=False) as file:
        return json.loads(str(file["told"]))["thresholds"]
