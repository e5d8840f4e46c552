"""检索: entries in force, best first, from both indexes."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from knowledge.index import KnowledgeIndex, PassageScores
from knowledge.retriever import Retriever, overlap
from knowledge.scoring import FEATURES
from knowledge.text import bigrams
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import TODAY, base, faq, index_of, law, scorer


@pytest.fixture
def retriever() -> Retriever:
    return Retriever(FakeEncoder(), scorer())


@pytest.fixture
def index(tmp_path: Path) -> KnowledgeIndex:
    return index_of(tmp_path / "index", base(), FakeEncoder())


@pytest.mark.parametrize(
    ("question", "entry_id"),
    [
        ("租房子能取公积金不", "zf-tj"),
        ("装修提取要什么材料", "zx-cl"),
        ("最高能贷多少钱", "dk-ed"),
        ("退休职工提取账户余额", "tl-24"),
    ],
)
def test_the_nearest_entry_comes_first(
    retriever: Retriever, index: KnowledgeIndex, question: str, entry_id: str
) -> None:
    hits = retriever.search(index, question, 3, TODAY)
    assert hits[0].entry.id == entry_id and len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score < 1 and len(hit.features) == len(FEATURES) for hit in hits)


def features_of(index: KnowledgeIndex, question: str) -> dict[str, dict[str, float]]:
    """Entry id → feature → value."""
    hits = Retriever(FakeEncoder(), scorer()).search(index, question)
    return {hit.entry.id: dict(zip(FEATURES, hit.features, strict=True)) for hit in hits}


def test_features_are_what_they_are_called(index: KnowledgeIndex) -> None:
    question = "租房可以提取公积金吗"
    told, scores = features_of(index, question), index.score(question)
    exact, papers = told["zf-tj"], told["zf-cl"]
    own, twin, text = scores.dense[:3]  # the entry's question, its similar question, its answer
    assert own == pytest.approx(1.0, abs=1e-5) and exact["overlap"] == 1.0
    assert exact["dense_question"] == pytest.approx(own) and exact["dense_text"] == pytest.approx(text)
    assert exact["dense_question_top3"] == exact["dense_question_mean"] == pytest.approx((own + twin) / 2)
    assert exact["lexical_question"] == pytest.approx(max(scores.lexical[:2]))
    assert exact["lexical_question"] > 0.5 > papers["lexical_question"]
    assert exact["lexical_text"] == pytest.approx(scores.lexical[2])
    assert exact["item_dense"] == papers["item_dense"] == pytest.approx(1.0, abs=1e-5)
    assert papers["dense_question"] < 0.7
    assert all(exact[name] == 0 for name in FEATURES if name.startswith("regulation"))


def test_what_an_article_says_counts_apart(index: KnowledgeIndex) -> None:
    question = "退休可以提取公积金吗"
    told, scores = features_of(index, question)["tl-24"], index.score(question)
    (own,) = range(*index.passages_of(5).indices(len(scores.dense)))
    assert told["regulation"] == 1.0
    assert told["regulation_dense"] == pytest.approx(scores.dense[own]) and told["regulation_dense"] > 0.1
    assert told["regulation_lexical"] == pytest.approx(scores.lexical[own]) and told["regulation_lexical"] > 0.1
    assert told["regulation_overlap"] == overlap(bigrams(question), index.entries[5]) > 0.1
    others = {name: value for name, value in told.items() if not name.startswith("regulation")}
    assert set(others.values()) == {0.0}, "an article has no question, no item and no facet"


def test_the_best_three_questions_are_not_all_of_them(tmp_path: Path) -> None:
    many = faq("many", "租房提取", "可以。", similar=("租房提取公积金", "租房能提取吗", "装修", "贷款"))
    index = index_of(tmp_path / "i", [many], FakeEncoder())
    cosines = sorted(index.score("租房提取").dense[:5], reverse=True)
    (told,) = features_of(index, "租房提取").values()
    assert told["dense_question"] == pytest.approx(cosines[0])
    assert told["dense_question_top3"] == pytest.approx(sum(cosines[:3]) / 3)
    assert told["dense_question_mean"] == pytest.approx(sum(cosines) / 5)
    assert told["dense_question"] > told["dense_question_top3"] > told["dense_question_mean"]


def test_the_items_name_and_the_asked_facet_are_told(index: KnowledgeIndex) -> None:
    told = features_of(index, "装修提取要什么材料")
    named = {name: values["item_named"] for name, values in told.items()}
    assert named["zx-cl"] == named["zx-tj"] == 1.0 and named["zf-cl"] == pytest.approx(1 / 3) and named["tl-24"] == 0.0
    facets = {name: (values["facet_same"], values["facet_other"]) for name, values in told.items()}
    assert facets["zx-cl"] == facets["zf-cl"] == (1, 0)
    assert facets["zx-tj"] == facets["dk-ed"] == (0, 1)
    assert facets["tl-24"] == (0, 0), "an article has no facet"
    asked_none = features_of(index, "装修提取")
    assert all((v["facet_same"], v["facet_other"]) == (0, 0) for v in asked_none.values())


def test_an_entry_out_of_force_lends_its_item_nothing(tmp_path: Path) -> None:
    ended = replace(faq("ended", "租房提取", "可以。", "租房提取"), effective_to=TODAY - timedelta(days=1))
    index = index_of(tmp_path / "i", [ended, faq("other", "贷款额度", "八十万。", "租房提取")], FakeEncoder())
    _, (alone,) = Retriever(FakeEncoder(), scorer()).candidates(index, "租房提取", TODAY)
    _, (_, together) = Retriever(FakeEncoder(), scorer()).candidates(index, "租房提取", None)
    place = FEATURES.index("item_dense")
    assert together[place] == pytest.approx(1.0, abs=1e-5) and alone[place] < 0.6


def test_shares_are_of_all_candidates_not_only_of_those_returned(retriever: Retriever, index: KnowledgeIndex) -> None:
    every = retriever.search(index, "提取公积金需要什么材料", 10, TODAY)
    assert len(every) == 6 and sum(hit.score for hit in every) == pytest.approx(1.0)
    assert retriever.search(index, "提取公积金需要什么材料", 2, TODAY) == every[:2]


@pytest.mark.parametrize("of", ["dense", "lexical"])
def test_either_index_alone_proposes_an_entry(
    retriever: Retriever, index: KnowledgeIndex, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    """With one candidate each, the two indexes' favourites (here made to differ) are both scored."""
    monkeypatch.setattr("knowledge.retriever.CANDIDATES", 1)
    scores = index.score("装修提取要什么材料")
    dense, lexical = np.zeros_like(scores.dense), np.zeros_like(scores.lexical)
    dense[index.passages_of(1)], lexical[index.passages_of(4)] = 0.9, 0.9
    monkeypatch.setattr(index, "score", lambda query: PassageScores(dense, lexical))
    rows, features = retriever.candidates(index, "装修提取要什么材料", TODAY)
    assert {"dense": 1, "lexical": 4}[of] in rows and len(rows) == len(features) == 2


def test_only_what_is_in_force_answers(retriever: Retriever, tmp_path: Path) -> None:
    old = law("old", "示范条例", "第五条", "提取须经单位同意。", date(2000, 1, 1))
    new = law("new", "示范条例", "第五条", "提取无须单位同意。", date(2020, 1, 1))
    ended = replace(faq("ended", "提取须经单位同意吗", "须同意。"), effective_to=TODAY - timedelta(days=1))
    index = index_of(tmp_path / "i", [old, new, ended], FakeEncoder())
    question = "提取须经单位同意吗"

    def answers(today: date | None) -> set[str]:
        return {hit.entry.id for hit in retriever.search(index, question, 10, today)}

    assert answers(TODAY) == {"new"}
    assert answers(TODAY - timedelta(days=1)) == {"new", "ended"}
    assert answers(date(2010, 1, 1)) == {"old", "ended"}
    assert answers(date(1999, 1, 1)) == {"ended"}
    assert answers(None) == {"old", "new", "ended"}


def test_an_empty_index_has_no_hits_and_no_confidence(retriever: Retriever, tmp_path: Path) -> None:
    hits = retriever.search(index_of(tmp_path / "i", [], FakeEncoder()), "公积金", 5, TODAY)
    assert hits == [] and retriever.scorer.confidence(hits) == 0.0


def test_equal_entries_come_in_the_order_of_the_base(retriever: Retriever, tmp_path: Path) -> None:
    twins = [faq(name, "怎么提取", "这样提取。") for name in ("b", "a", "c")]
    hits = retriever.search(index_of(tmp_path / "i", twins, FakeEncoder()), "怎么提取", 2)
    assert [hit.entry.id for hit in hits] == ["b", "a"]


def test_confidence_falls_with_the_nearness(retriever: Retriever, index: KnowledgeIndex) -> None:
    def told(question: str) -> float:
        return retriever.scorer.confidence(retriever.search(index, question, 5, TODAY))

    near, nearer, far = told("租房的人能取公积金么"), told("租房可以提取公积金吗"), told("今天吃什么好呢")
    assert nearer > 0.95 > near > 0.5 > 0.1 > far


def test_overlap_is_the_share_of_the_questions_pairs() -> None:
    entry = faq("x", "公积金", "", similar=("公积金贷款",))
    assert overlap(bigrams("公积金提取"), entry) == 0.5
    assert overlap(bigrams("公积金贷"), entry) == 1.0
    assert overlap(set(), entry) == 0.0
    assert overlap(bigrams("退休的人"), law("l", "退休的人", "第一条", "退休")) == pytest.approx(1 / 3)
