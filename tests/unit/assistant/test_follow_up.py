"""跟问: candidates and their evidence, and the shipped model's file."""

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.context import Leaning
from assistant.cues import cues_of
from assistant.follow_up import BROUGHT_UP, FEATURES, FollowUpModel, evidence
from casework.errors import Unavailable
from knowledge.scoring import FEATURES as HIT_FEATURES
from knowledge.scoring import Hit
from tests.unit.assistant.desk import FOLLOW_UPS
from tests.unit.knowledge.entries import base, faq, weights

RENT = Leaning("租房提取", "条件", "", "租房可以提取吗", "zf-tj", ("装修提取", "租房提取"))
ENTRIES = {entry.id: entry for entry in base()}


def hits(shares: dict[str, float]) -> list[Hit]:
    return [Hit(ENTRIES[name], share, weights(HIT_FEATURES, dense_question=share)) for name, share in shares.items()]


def rows(text: str, found: dict[str, list[Hit]]) -> dict[str, dict[str, float]]:
    """Entry id ("" for none of them) → its features by name."""
    entries, features = evidence(found, 0.5, cues_of(text), RENT)
    names = [*(entry.id for entry in entries), ""]
    return {name: dict(zip(FEATURES, row, strict=True)) for name, row in zip(names, features, strict=True)}


def test_every_feature_is_a_number_and_stands_once() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
    _, features = evidence({"plain": hits({"zx-cl": 1.0})}, 0.0, cues_of("那贷款呢"), RENT)
    assert features.shape == (2, len(FEATURES)) and np.isfinite(features).all()


def test_the_evidence_of_a_candidate() -> None:
    told = rows(
        "那要带什么", {"plain": hits({"zx-cl": 0.9, "zf-cl": 0.1}), "within": hits({"zf-cl": 0.7, "zf-tj": 0.3})}
    )
    assert told["zf-cl"]["same_item"] == told["zf-cl"]["same_item_leans"] == 1
    assert told["zf-cl"]["facet_asked"] == 1 and told["zf-tj"]["facet_asked"] == 0
    assert told["zf-cl"]["within_in_item"] == 0 > told["zf-tj"]["within_in_item"]
    assert told["zx-cl"]["earlier_item"] == 1 and told["zx-cl"]["same_item"] == 0
    assert told["zx-cl"]["rank_plain"] > told["zf-cl"]["rank_plain"] and told["zx-cl"]["first_plain"] == 0.5
    assert told["zf-tj"]["answered_last"] == 1
    assert told[""]["none"] == 1 and told[""]["none_plain_sure"] == 0.5 and told["zf-cl"]["none"] == 0


def test_a_correction_is_told_against_what_is_denied_and_keeps_the_facet() -> None:
    told = rows("不是租房提取，我说的是装修", {"plain": hits({"zx-tj": 0.9, "zf-tj": 0.1})})
    assert told["zf-tj"]["item_denied"] == 1 and told["zx-tj"]["item_denied"] < 1
    assert told["zx-tj"]["facet_kept_corrects"] == 1


def test_an_article_is_of_no_item() -> None:
    entries, features = evidence({"plain": hits({"tl-24": 1.0})}, 0.0, cues_of("多久"), Leaning("", "", "", "问"))
    assert entries[0].id == "tl-24" and features[0][FEATURES.index("same_item")] == 0


def test_what_a_reading_ranks_low_is_no_candidate() -> None:
    many = [Hit(faq(str(n), "问", "答", f"事项{n}"), 0.1, (0.0,) * len(HIT_FEATURES)) for n in range(BROUGHT_UP + 4)]
    entries, _ = evidence({"plain": many}, 0.0, cues_of("问"), RENT)
    assert len(entries) == BROUGHT_UP


def test_candidates_come_likeliest_first_and_their_shares_leave_room_for_none() -> None:
    found = {"plain": hits({"zx-cl": 0.5, "zf-cl": 0.4})}
    judged = FOLLOW_UPS.judge(found, 0.2, cues_of("那要带什么"), RENT)
    assert [one.entry.id for one in judged] == ["zf-cl", "zx-cl"]
    assert judged[0].share > judged[1].share and sum(one.share for one in judged) < 1


def test_a_matter_named_alone_is_asked_the_facet_that_was_asked_before() -> None:
    found = {"plain": hits({"zx-cl": 1.0})}
    own = [entry for entry in base() if entry.item == "装修提取"]
    (first, *_) = FOLLOW_UPS.judge(found, 0.2, cues_of("不是，我说的是装修"), RENT, lambda item: own)
    assert first.entry.id == "zx-tj", "the condition was asked before, though only the materials were found"
    (first, *_) = FOLLOW_UPS.judge(found, 0.2, cues_of("不是，我说的是装修要带什么"), RENT, lambda item: own)
    assert first.entry.id == "zx-cl", "another facet is told"
    (first, *_) = FOLLOW_UPS.judge(found, 0.2, cues_of("不是，我说的是装修"), RENT)
    assert first.entry.id == "zx-cl", "there is no entry of that facet"


def test_the_shipped_model_fits_this_program() -> None:
    model = FollowUpModel.load()
    assert len(model.weights) == len(FEATURES) and 0 < model.clarify_threshold < model.answer_threshold < 1


def test_a_model_for_other_features_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="缺失"):
        FollowUpModel.load(tmp_path / "none.json")
    path = tmp_path / "model.json"
    row = {"features": ["other"], "weights": [1.0], "answer_threshold": 0.5, "clarify_threshold": 0.2}
    path.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(Unavailable, match=r"training\.follow_ups"):
        FollowUpModel.load(path)
