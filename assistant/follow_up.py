"""跟问: which entry answers a message that leans on the last answer, judged by what all its readings find.

The readings are searched; every entry that one of them brings up is a candidate, and a small linear model weighs what
speaks for it: how each reading ranks it, whether it belongs to the last item, what the wording says (a correction, a
change of topic). One candidate more stands for "none of them", so that the shares say how sure the first one is.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.context import Leaning
from assistant.cues import Cues
from casework.errors import Unavailable
from knowledge.entry import KnowledgeEntry
from knowledge.facets import facet_of
from knowledge.scoring import FEATURES as HIT_FEATURES
from knowledge.scoring import Hit
from knowledge.text import bigrams

SHIPPED = Path(__file__).parent / "model" / "follow_ups.json"
READINGS = ("plain", "within", "restated", "switched", "classed")
BROUGHT_UP = 8
"""Hits of each reading that become candidates, beside all of the last item."""
FAR = -9.0
"""Log share below which a hit is as good as none."""
_COSINE = HIT_FEATURES.index("dense_question")
_CUES = ("switches", "corrects", "opens", "leans", "detail")
FEATURES = (
    *(f"rank_{reading}" for reading in READINGS),
    *(f"cosine_{reading}" for reading in READINGS[:-1]),
    "first_plain",
    "first_plain_length",
    "first_plain_opens",
    "plain_in_item",
    "within_in_item",
    "restated_in_item",
    "same_item",
    *(f"same_item_{cue}" for cue in _CUES),
    "same_item_length",
    "same_item_plain_sure",
    "rank_plain_corrects",
    "same_class",
    "same_class_switches",
    "same_class_corrects",
    "earlier_item",
    "item_named",
    "item_denied",
    "facet_asked",
    "facet_not_asked",
    "facet_asked_in_item",
    "facet_kept_switches",
    "facet_kept_corrects",
    "answered_last",
    "answered_last_detail",
    "none",
    "none_plain_sure",
)
"""Of one candidate. `rank_`: its log share in a reading; `first_plain`: how sure the plain reading is, where it ranks it
first; `_in_item`: its rank among the last item's entries; `none…` are of the candidate that stands for no entry."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate entry with the probability (0–1) that it answers."""

    entry: KnowledgeEntry
    share: float
    features: tuple[float, ...]
    """The hit's features (see knowledge.scoring) in the reading that ranks it best."""


@dataclass(frozen=True, slots=True)
class FollowUpModel:
    """跟问模型, learned by `training.follow_ups`."""

    weights: tuple[float, ...]
    answer_threshold: float
    clarify_threshold: float

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "FollowUpModel":
        """Raises: Unavailable when the file is missing or was learned for other features."""
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
        except OSError:
            raise Unavailable(f"跟问模型文件缺失：{path.name}。请重新安装，或用 training.follow_ups 训练。") from None
        if row["features"] != list(FEATURES):
            raise Unavailable(f"跟问模型 {path.name} 与当前程序不匹配，请用 training.follow_ups 重新训练。")
        return cls(tuple(row["weights"]), row["answer_threshold"], row["clarify_threshold"])

    def judge(
        self,
        found: Mapping[str, Sequence[Hit]],
        plain_confidence: float,
        cues: Cues,
        last: Leaning,
        of_item: Callable[[str], Sequence[KnowledgeEntry]] = lambda item: (),
    ) -> list[Judged]:
        """The candidates, likeliest first. `found`: the hits of each reading, `plain_confidence` is of the plain one's;
        `of_item`: all entries of an item."""
        entries, features = evidence(found, plain_confidence, cues, last)
        scores = features @ np.array(self.weights)
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        own = {hit.entry.id: hit.features for hits in reversed(list(found.values())) for hit in hits}
        judged = [Judged(entry, float(share), own[entry.id]) for entry, share in zip(entries, shares, strict=False)]
        judged.sort(key=lambda one: -one.share)
        return with_facet_kept(judged, cues, last, of_item)


def with_facet_kept(
    judged: list[Judged], cues: Cues, last: Leaning, of_item: Callable[[str], Sequence[KnowledgeEntry]]
) -> list[Judged]:
    """Where another matter was named alone (那贷款呢, 不是，我说的是装修), its entry of the facet asked before comes first,
    with the shares of all of its item: the matter is judged, what is asked of it was told before."""
    if not judged or not (cues.switches or cues.corrects) or facet_of(cues.meant) or not last.facet:
        return judged
    item = judged[0].entry.item
    if not item or item == last.item:
        return judged
    kept = next((one for one in judged if one.entry.item == item and one.entry.facet == last.facet), None)
    if kept is None:
        missed = next((entry for entry in of_item(item) if entry.facet == last.facet), None)
        kept = replace(judged[0], entry=missed) if missed else judged[0]
    share = sum(one.share for one in judged if one.entry.item == item)
    rest = [replace(one, share=0.0) if one.entry.item == item else one for one in judged if one is not kept]
    return [replace(kept, share=share), *rest]


def evidence(
    found: Mapping[str, Sequence[Hit]], plain_confidence: float, cues: Cues, last: Leaning
) -> tuple[list[KnowledgeEntry], np.ndarray]:
    """The candidate entries, and float (n + 1, len(FEATURES)): their features and, last, those of "none of them"."""
    entries: dict[str, KnowledgeEntry] = {}
    for hits in found.values():
        for place, hit in enumerate(hits):
            if place < BROUGHT_UP or (last.item and hit.entry.item == last.item):
                entries.setdefault(hit.entry.id, hit.entry)
    firsts = {name: hits[0].entry.id for name, hits in found.items() if hits}
    told = {name: {hit.entry.id: hit for hit in hits} for name, hits in found.items()}
    ranks = {
        name: {i: max(math.log(hit.score + 1e-12), FAR) / 3 for i, hit in its.items()} for name, its in told.items()
    }
    tops = {
        name: max((rank for i, rank in its.items() if told[name][i].entry.item == last.item), default=0.0)
        for name, its in ranks.items()
    }
    asked, pairs, denied = facet_of(cues.meant), bigrams(cues.meant), bigrams(cues.denied)
    said = {cue: float(getattr(cues, cue)) for cue in _CUES}
    length = len(cues.meant) / 20
    rows = []
    for entry in entries.values():
        same = float(bool(last.item) and entry.item == last.item)
        kin = float(not same and bool(entry.item_class) and entry.item_class == last.item_class)
        kept = float(not asked and entry.facet == last.facet)
        again = float(entry.id == last.entry_id)
        facet_asked = float(bool(asked) and entry.facet == asked)
        rank = {r: ranks[r].get(entry.id, FAR / 3) if r in ranks else 0.0 for r in READINGS}
        row = {f"rank_{r}": rank[r] for r in READINGS}
        for r in READINGS:
            own = told.get(r, {}).get(entry.id)
            row[f"cosine_{r}"] = own.features[_COSINE] if own else 0.0
        first = plain_confidence * (firsts.get("plain") == entry.id)
        row |= {f"{r}_in_item": same * (rank[r] - tops.get(r, 0.0)) for r in ("plain", "within", "restated")}
        row |= {f"same_item_{cue}": same * value for cue, value in said.items()}
        row |= {
            "first_plain": first,
            "first_plain_length": first * length,
            "first_plain_opens": first * said["opens"],
            "same_item": same,
            "same_item_length": same * length,
            "same_item_plain_sure": same * plain_confidence,
            "rank_plain_corrects": rank["plain"] * said["corrects"],
            "same_class": kin,
            "same_class_switches": kin * said["switches"],
            "same_class_corrects": kin * said["corrects"],
            "earlier_item": float(not same and entry.item in last.items),
            "item_named": _share(pairs, entry.item),
            "item_denied": _share(denied, entry.item),
            "facet_asked": facet_asked,
            "facet_not_asked": float(bool(asked and entry.facet) and entry.facet != asked),
            "facet_asked_in_item": facet_asked * same,
            "facet_kept_switches": kept * said["switches"],
            "facet_kept_corrects": kept * said["corrects"],
            "answered_last": again,
            "answered_last_detail": again * said["detail"],
        }
        rows.append([row.get(name, 0.0) for name in FEATURES])
    none = {"none": 1.0, "none_plain_sure": plain_confidence}
    rows.append([none.get(name, 0.0) for name in FEATURES])
    return list(entries.values()), np.array(rows)


def _share(pairs: set[str], item: str) -> float:
    """Share of the item's name that is told, in character pairs."""
    own = bigrams(item)
    return len(own & pairs) / len(own) if own else 0.0
