"""作答: answer, ask for the item, ask for the question, or abstain, by confidence and shares."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from assistant.answers import Answerer
from assistant.clarification import CLARIFY_ENTRY, CLARIFY_ITEM
from assistant.context import Leaning
from assistant.conversation import Outcome
from assistant.finding import ABSTAIN, Finding, answer_with
from assistant.past import FORMER, NOT_FORMER, NOT_THEN, said_to_be_past
from assistant.reply import Reply
from knowledge.index import KnowledgeIndex
from knowledge.scoring import CONFIDENCE_FEATURES, FEATURES, Hit, Scorer
from tests.fake_encoder import FakeEncoder
from tests.unit.assistant.desk import FOLLOW_UPS
from tests.unit.knowledge.entries import TODAY, base, index_of, law, weights

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
    return Scorer((), weights(CONFIDENCE_FEATURES, bias=bias), ANSWER, CLARIFY, ANSWER)


Ask = Callable[..., Reply]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Shares of entries, by id → the reply to a question that finds them, all equally near."""
    index = index_of(tmp_path / "index", base(), FakeEncoder())

    def asked(shares: dict[str, float], confidence: float, **more: object) -> Reply:
        hits = [Hit(index.get(name), share, NEAR) for name, share in shares.items()]
        answerer = Answerer(FixedRetriever(hits, sure(confidence)), FOLLOW_UPS)
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


@dataclass
class ByQuery:
    """Finds for each query what is told of it, and is sure of what it finds."""

    hits: dict[str, list[Hit]]
    scorer: Scorer

    def search(self, index: KnowledgeIndex, query: str, k: int = 10, today: date | None = None) -> list[Hit]:
        found = self.hits.get(query, [])
        rows = index.in_force(today)
        return [hit for hit in found if rows[index.position(hit.entry.id)]][:k]


def test_a_follow_up_prefers_the_facet_it_asks_for_to_a_larger_share(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", base(), FakeEncoder())
    hits = [Hit(index.get(name), share, (0.0,) * len(FEATURES)) for name, share in (("zf-tj", 0.8), ("zf-cl", 0.2))]
    answerer = Answerer(ByQuery({"租房提取 要带什么": hits}, sure(0.9)), FOLLOW_UPS)
    finding = answerer.find(index, "那要带什么", Leaning("租房提取", "条件"), TODAY)
    assert [hit.entry.id for hit in finding.hits] == ["zf-cl", "zf-tj"]
    assert [entry.id for entry in finding.answered] == ["zf-cl"]


def test_after_an_article_a_leaning_question_is_read_with_the_one_before(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", base(), FakeEncoder())
    article = Leaning("", "", "", "退休了能提取吗", "tl-24")
    hits = {"退休了能提取吗，要多久": [Hit(index.get("zf-cl"), 1.0, NEAR)]}
    finding = Answerer(ByQuery(hits, sure(0.9)), FOLLOW_UPS).find(index, "要多久", article, TODAY)
    assert [entry.id for entry in finding.answered] == ["zf-cl"]


def test_a_correction_of_a_question_without_an_answer_keeps_its_facet(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", base(), FakeEncoder())
    before = Leaning("", "", "", "租房提取要带什么")
    hits = {"装修需要什么材料": [Hit(index.get("zx-cl"), 1.0, NEAR)]}
    finding = Answerer(ByQuery(hits, sure(0.9)), FOLLOW_UPS).find(index, "不是，我说的是装修", before, TODAY)
    assert [entry.id for entry in finding.answered] == ["zx-cl"]


@pytest.fixture
def versions(tmp_path: Path) -> KnowledgeIndex:
    """A regulation in two versions, and one that has no date."""
    entries = [
        law("old", "示范办法", "第三条", "收取押金。", date(2019, 3, 24)),
        law("new", "示范办法", "第三条", "不收押金。", date(2026, 1, 1)),
        law("undated", "另一办法", "第一条", "照价赔偿。"),
    ]
    return index_of(tmp_path / "index", entries, FakeEncoder())


def past(index: KnowledgeIndex, text: str, *found: str, confidence: float = 0.9) -> Reply:
    """The reply where the question without its day finds these entries, as far as they are in force."""
    hits = [Hit(index.get(name), 1.0, NEAR) for name in found]
    retriever = ByQuery({"要押金吗": hits}, sure(confidence))
    return Answerer(retriever, FOLLOW_UPS).find(index, text, None, TODAY).reply


@pytest.mark.parametrize(
    ("text", "day"), [("2025年的时候要押金吗", "2025年12月31日"), ("新规之前要押金吗", "2025年12月31日")]
)
def test_what_held_in_the_past_is_told_as_such_with_what_holds_now(
    versions: KnowledgeIndex, text: str, day: str
) -> None:
    reply = past(versions, text, "new", "old")
    assert reply.text == FORMER.format(day=day) + "《示范办法》第三条规定：\n收取押金。"
    assert [row["entry_id"] for row in reply.related] == ["new"] and reply.related[0]["title"] == "现行规定：要押金吗"


def test_what_held_then_and_holds_now_is_an_ordinary_answer(versions: KnowledgeIndex) -> None:
    assert past(versions, "2025年的时候要押金吗", "undated").text == "《另一办法》第一条规定：\n照价赔偿。"


def test_an_unsure_question_about_the_past_offers_what_held_then(versions: KnowledgeIndex) -> None:
    reply = past(versions, "2025年的时候要押金吗", "new", "old", confidence=ANSWER - 0.01)
    assert reply.outcome is Outcome.CLARIFY and [option.id for option in reply.options] == ["entry:old", "none"]
    told = {name: said_to_be_past(chosen(versions, name), versions, TODAY).reply.text for name in ("old", "new")}
    assert told["old"].startswith(FORMER.format(day="2025年12月31日")) and told["new"].startswith("《示范办法》")


def chosen(index: KnowledgeIndex, name: str) -> Finding:
    entry = index.get(name)
    return Finding(answer_with(index, entry, 1.0, TODAY), [], [entry])


def test_a_rule_that_a_new_version_only_repeats_is_not_said_to_have_changed(tmp_path: Path) -> None:
    entries = [
        law("old", "示范办法", "第五条", "(一)照价赔偿。", date(2019, 3, 24)),
        law("new", "示范办法", "第六条", "（一）照价赔偿。", date(2026, 1, 1)),
    ]
    index = index_of(tmp_path / "same", entries, FakeEncoder())
    assert past(index, "2025年的时候要押金吗", "new", "old").text == "《示范办法》第六条规定：\n（一）照价赔偿。"


def test_without_a_former_version_that_is_said(versions: KnowledgeIndex) -> None:
    assert past(versions, "新规之前要押金吗", "undated").text == NOT_FORMER + "《另一办法》第一条规定：\n照价赔偿。"
    reply = past(versions, "2015年的时候要押金吗", "new")
    assert reply.outcome is Outcome.ABSTAINED and reply.text == NOT_THEN.format(day="2015年12月31日")
    assert past(versions, "2015年的时候要押金吗", "new", confidence=0.1).text == ABSTAIN
    assert past(versions, "新规之前要押金吗").text == ABSTAIN


def test_a_question_without_hits_is_never_answered_even_by_a_careless_scorer(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", base(), FakeEncoder())
    careless = replace(sure(0.9), answer_threshold=0.0, clarify_threshold=0.0)
    finding = Answerer(FixedRetriever([], careless), FOLLOW_UPS).find(
        index, "那需要什么材料", Leaning("租房提取", "条件"), TODAY
    )
    assert finding.reply.outcome is Outcome.ABSTAINED
