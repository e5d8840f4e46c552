"""作答: answer, ask for the item, ask for the question, or abstain, by confidence and shares."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from assistant.answers import ABSTAIN, CLARIFY_ENTRY, CLARIFY_ITEM, Answerer
from assistant.context import Leaning
from assistant.conversation import Outcome
from assistant.reply import Reply
from knowledge.index import KnowledgeIndex
from knowledge.scoring import CONFIDENCE_FEATURES, FEATURES, Hit, Scorer
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import TODAY, base, index_of, weights

ANSWER, CLARIFY = 0.6, 0.3
NEAR = weights(FEATURES, dense_question=0.9)


@dataclass
class FixedRetriever:
    """Finds the same hits for every question, and is equally sure of them."""

    hits: list[Hit]
    scorer: Scorer

    def search(self, index: KnowledgeIndex, query: str, k: int = 10, today: date | None = None) -> list[Hit]:
        return self.hits[:k]


def sure(confidence: float) -> Scorer:
    """A scorer of this confidence, whatever the hits."""
    bias = math.log(confidence / (1 - confidence))
    return Scorer((), weights(CONFIDENCE_FEATURES, bias=bias), ANSWER, CLARIFY)


Ask = Callable[..., Reply]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Shares of entries, by id → the reply to a question that finds them, all equally near."""
    index = index_of(tmp_path / "index", base(), FakeEncoder())

    def asked(shares: dict[str, float], confidence: float, **more: object) -> Reply:
        hits = [Hit(index.get(name), share, NEAR) for name, share in shares.items()]
        answerer = Answerer(FixedRetriever(hits, sure(confidence)))
        return answerer.find(index, "公积金的事", **({"last": None, "today": TODAY} | more)).reply

    return asked


ONE = {"zx-cl": 0.9, "zf-cl": 0.1}
TWO = {"zx-cl": 0.5, "zf-cl": 0.3}
THREE = {"zx-cl": 0.5, "zf-cl": 0.3, "dk-ed": 0.2}


@pytest.mark.parametrize(
    ("shares", "confidence", "text"),
    [
        (ONE, ANSWER + 0.01, "身份证、发票和合同。"),
        (TWO, ANSWER + 0.01, "身份证、发票和合同。"),
        (THREE, ANSWER + 0.3, CLARIFY_ITEM),
        (ONE, ANSWER - 0.01, CLARIFY_ENTRY),
        (TWO, ANSWER - 0.01, CLARIFY_ENTRY),
        (THREE, ANSWER - 0.01, CLARIFY_ITEM),
        (THREE, CLARIFY + 0.01, CLARIFY_ITEM),
        (THREE, CLARIFY - 0.01, ABSTAIN),
        (ONE, CLARIFY - 0.01, ABSTAIN),
        ({"tl-24": 0.4} | THREE, CLARIFY + 0.01, CLARIFY_ENTRY),
        ({"tl-24": 0.4} | THREE, ANSWER + 0.01, "《住房公积金管理条例》第二十四条规定：\n" + base()[-1].answer),
        ({}, 0.9, ABSTAIN),
    ],
)
def test_what_confidence_and_shares_come_to(ask: Ask, shares: dict[str, float], confidence: float, text: str) -> None:
    assert ask(shares, confidence).text == text


def test_a_question_over_many_items_offers_the_items(ask: Ask) -> None:
    reply = ask(THREE, ANSWER - 0.01)
    assert reply.outcome is Outcome.CLARIFY and reply.confidence == pytest.approx(ANSWER - 0.01)
    assert [option.label for option in reply.options] == ["装修提取", "租房提取", "公积金贷款", "都不是"]


def test_an_unsure_question_over_few_items_offers_the_questions(ask: Ask) -> None:
    assert [option.id for option in ask(TWO, ANSWER - 0.01).options] == ["entry:zx-cl", "entry:zf-cl", "none"]


@pytest.mark.parametrize("shares", [ONE, THREE])
def test_who_may_not_be_asked_gets_no_unsure_answer(ask: Ask, shares: dict[str, float]) -> None:
    assert ask(shares, ANSWER - 0.01, may_clarify=False).outcome is Outcome.ABSTAINED
    assert ask(shares, ANSWER + 0.01, may_clarify=False).outcome is Outcome.ANSWERED


def test_within_a_chosen_item_only_that_item_answers(ask: Ask) -> None:
    reply = ask(THREE | {"zf-tj": 0.1}, CLARIFY + 0.01, item="租房提取")
    assert (reply.outcome, reply.citations[0].entry_id) == (Outcome.ANSWERED, "zf-cl")
    assert ask({"zx-cl": 1.0}, 0.9, item="租房提取").outcome is Outcome.ABSTAINED


def test_a_follow_up_prefers_the_facet_it_asks_for_to_a_larger_share(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", base(), FakeEncoder())
    hits = [Hit(index.get(name), share, (0.0,) * len(FEATURES)) for name, share in (("zf-tj", 0.8), ("zf-cl", 0.2))]
    answerer = Answerer(FixedRetriever(hits, sure(0.9)))
    finding = answerer.find(index, "那需要什么材料", Leaning("租房提取", "条件"), TODAY)
    assert [hit.entry.id for hit in finding.hits] == ["zf-cl", "zf-tj"]
    assert finding.reply.citations[0].entry_id == "zf-cl"


def test_a_question_without_hits_is_never_answered_even_by_a_careless_scorer(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", base(), FakeEncoder())
    careless = replace(sure(0.9), answer_threshold=0.0, clarify_threshold=0.0)
    finding = Answerer(FixedRetriever([], careless)).find(index, "那需要什么材料", Leaning("租房提取", "条件"), TODAY)
    assert finding.reply.outcome is Outcome.ABSTAINED
