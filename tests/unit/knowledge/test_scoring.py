"""打分: shares, the head of a ranking, and the confidence in it, against values computed by hand."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge.entry import KnowledgeEntry
from knowledge.scoring import CONFIDENCE_FEATURES, FEATURES, Hit, Scorer, confidence_features, same_matter
from tests.unit.knowledge.entries import base, faq, scorer, weights


def features(**told: float) -> tuple[float, ...]:
    return weights(FEATURES, **told)


def head(hits: list[Hit]) -> dict[str, float]:
    return dict(zip(CONFIDENCE_FEATURES, confidence_features(hits), strict=True))


def test_shares_are_the_softmax_of_the_weighted_features() -> None:
    judge = replace(scorer(), weights=features(pairs_question=2.0, regulation=-1.0))
    rows = np.array(
        [features(pairs_question=0.5, regulation=1.0), features(pairs_question=1.0), features(item_dense=9.0)]
    )
    parts = [math.exp(0.0), math.exp(2.0), math.exp(0.0)]
    assert judge.shares(rows) == pytest.approx([part / sum(parts) for part in parts])
    assert judge.shares(rows[:1]) == pytest.approx([1.0])


def test_large_scores_do_not_overflow() -> None:
    judge = replace(scorer(), weights=features(pairs_question=1e6))
    assert judge.shares(np.array([features(pairs_question=1.0), features()])) == pytest.approx([1.0, 0.0])


def test_the_head_of_a_ranking_is_told_by_its_names() -> None:
    rent, papers, renovation, *_ = base()
    own = features(
        dense_question=0.9, dense_text=0.8, words_question=0.7, words_text=0.6, pairs_question=0.5, pairs_text=0.4,
        regulation_dense=0.3, regulation_words=0.2, regulation_pairs=0.1,
    )  # fmt: skip
    hits = [Hit(rent, 0.5, own), Hit(papers, 0.2, features()), Hit(renovation, 0.1, features(pairs_question=1.0))]
    told = head([*hits, Hit(replace(papers, id="x"), 0.05, features())])
    assert told["bias"] == 1.0
    assert (told["first"], told["second"], told["rival_item"]) == (0.5, 0.2, 0.1)
    assert told["own_item"] == pytest.approx(0.75), "hits of the same item anywhere in the ranking"
    names = ("dense_question", "dense_text", "words_question", "words_text", "pairs_question", "pairs_text")
    assert [told[name] for name in names] == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    names = ("regulation", "regulation_dense", "regulation_words", "regulation_pairs")
    assert [told[name] for name in names] == [0.0, 0.3, 0.2, 0.1]


def test_a_single_hit_has_no_second_and_no_rival() -> None:
    told = head([Hit(base()[0], 1.0, features(regulation=1.0))])
    assert (told["first"], told["second"], told["rival_item"], told["own_item"], told["regulation"]) == (1, 0, 0, 1, 1)


def test_the_rival_of_an_article_is_no_article_of_its_regulation() -> None:
    rent, *_, statute = base()
    told = head([Hit(statute, 0.6, features()), Hit(replace(statute, id="x", locator="第二条"), 0.3, features())])
    assert (told["second"], told["rival_item"]) == (0.3, 0.0) and told["own_item"] == pytest.approx(0.9)
    assert head([Hit(statute, 0.6, features()), Hit(rent, 0.3, features())])["rival_item"] == 0.3


@pytest.mark.parametrize("name", [name for name in CONFIDENCE_FEATURES if name != "bias"])
def test_confidence_is_the_logistic_of_every_weighted_feature(name: str) -> None:
    rent, _, renovation, *_ = base()
    everything = tuple(0.1 * (n + 1) for n in range(len(FEATURES)))
    hits = [Hit(rent, 0.6, everything), Hit(renovation, 0.4, everything)]
    judge = replace(scorer(), confidence_weights=weights(CONFIDENCE_FEATURES, bias=-1.0, **{name: 0.7}))
    expected = 1 / (1 + math.exp(1.0 - 0.7 * head(hits)[name]))
    assert judge.confidence(hits) == pytest.approx(expected) and head(hits)[name] > 0
    assert judge.confidence([]) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (base()[0], base()[1], True),
        (base()[0], base()[2], False),
        (base()[0], base()[5], False),
        (base()[5], base()[0], False),
        (base()[5], replace(base()[5], id="x", locator="第二条"), True),
        (base()[5], replace(base()[5], id="x", title="另一条例"), False),
        (faq("a", "同一问题", "一", "甲"), faq("b", "同一问题", "二", "乙"), False),
        (faq("a", "同一问题", "一", "甲"), faq("b", "同一问题", "二"), False),
    ],
)
def test_the_same_matter_is_the_same_item_or_the_same_regulation(
    one: KnowledgeEntry, other: KnowledgeEntry, same: bool
) -> None:
    assert same_matter(one, other) is same


ROW = {
    "features": list(FEATURES),
    "confidence_features": list(CONFIDENCE_FEATURES),
    "weights": [float(n) for n in range(len(FEATURES))],
    "confidence_weights": [float(-n) for n in range(len(CONFIDENCE_FEATURES))],
    "answer_threshold": 0.5,
    "clarify_threshold": 0.2,
    "article_threshold": 0.7,
}


def test_a_scorer_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(ROW), "utf-8")
    told = Scorer.load(file)
    assert told == Scorer(tuple(ROW["weights"]), tuple(ROW["confidence_weights"]), 0.5, 0.2, 0.7)


@pytest.mark.parametrize(
    "change",
    [
        {"features": ["bias"]},
        {"features": list(reversed(FEATURES))},
        {"confidence_features": ["bias"]},
        {"confidence_features": list(reversed(CONFIDENCE_FEATURES))},
        {"features": None},
        {"confidence_features": None},
        {"weights": [0.0]},
        {"confidence_weights": [0.0]},
    ],
)
def test_a_scorer_learned_for_other_features_is_refused(tmp_path: Path, change: dict) -> None:
    """A file of before the confidence features had names is refused as well."""
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({name: value for name, value in (ROW | change).items() if value is not None}), "utf-8")
    with pytest.raises(ValueError, match="other features"):
        Scorer.load(file)


def test_the_shipped_scorer_can_be_loaded() -> None:
    told = Scorer.load()
    assert 0 < told.clarify_threshold <= told.answer_threshold < 1
