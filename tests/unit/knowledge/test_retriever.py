"""检索: entries in force, best first, from vectors, words and character pairs."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from knowledge.index import KnowledgeIndex
from knowledge.passages import passages_of
from knowledge.retriever import Retriever
from knowledge.scoring import FEATURES
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import TODAY, base, faq, index_of, law, scorer

Told = dict[str, dict[str, float]]


@pytest.fixture
def retriever() -> Retriever:
    return Retriever(FakeEncoder(), scorer())


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeIndex:
    return index_of(tmp_path_factory.mktemp("retriever") / "index", base(), FakeEncoder())


@pytest.mark.parametrize(
    ("question", "entry_id"),
    [
        ("租房子能取公积金不", "zf-tj"),
        ("装修提取要什么材料", "zx-cl"),
        ("最高能贷多少钱", "dk-ed"),
        ("退休职工提取账户余额", "tl-24"),
        ("裝修提取要什麼材料", "zx-cl"),
    ],
)
def test_the_right_entry_comes_first(retriever: Retriever, index: KnowledgeIndex, question: str, entry_id: str) -> None:
    hits = retriever.search(index, question, 3, TODAY)
    assert hits[0].entry.id == entry_id and len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score < 1 and len(hit.features) == len(FEATURES) for hit in hits)


def features_of(index: KnowledgeIndex, question: str) -> Told:
    """Entry id → feature → value."""
    hits = Retriever(FakeEncoder(), scorer()).search(index, question)
    return {hit.entry.id: dict(zip(FEATURES, hit.features, strict=True)) for hit in hits}


def cosines(entry_texts: list[str], question: str) -> np.ndarray:
    return FakeEncoder().encode(entry_texts) @ FakeEncoder().encode([question])[0]


def shares(index: KnowledgeIndex, question: str, field: str, row: int) -> np.ndarray:
    """The lexical shares of the passages of one entry of a base that is proposed whole."""
    evidence = index.propose(FakeEncoder().encode([question])[0], question, 100)
    starts = np.append(evidence.starts, len(evidence.asks))
    return getattr(evidence, field)[starts[row] : starts[row + 1]]


CLOSE = {"abs": 0.01}
"""Cosines come from vectors of eight bits a dimension."""


def test_features_are_what_they_are_called(index: KnowledgeIndex) -> None:
    question = "租房可以提取公积金吗"
    told = features_of(index, question)
    exact, papers = told["zf-tj"], told["zf-cl"]
    own, twin, text = cosines([passage.text for passage in passages_of(base()[0])], question)
    assert exact["dense_question"] == pytest.approx(own, **CLOSE) == pytest.approx(1.0, **CLOSE)
    assert exact["dense_text"] == pytest.approx(text, **CLOSE)
    assert exact["dense_question_top3"] == exact["dense_question_mean"] == pytest.approx((own + twin) / 2, **CLOSE)
    for field in ("words", "pairs"):
        first, second, window = shares(index, question, field, 0)
        assert exact[f"{field}_question"] == pytest.approx(max(first, second)) and first > second
        assert exact[f"{field}_text"] == pytest.approx(window) and window > 0.1
        assert exact[f"{field}_question"] > 0.5 > papers[f"{field}_question"]
    assert exact["item_dense"] == papers["item_dense"] == pytest.approx(1.0, **CLOSE)
    assert papers["dense_question"] < 0.7
    assert all(exact[name] == 0 for name in FEATURES if name.startswith("regulation"))


def test_what_an_article_says_counts_apart(index: KnowledgeIndex) -> None:
    question = "退休可以提取公积金吗"
    told = features_of(index, question)["tl-24"]
    (cosine,) = cosines([passage.text for passage in passages_of(base()[5])], question)
    assert told["regulation"] == told["regulation_decree"] == 1.0
    assert told["regulation_dense"] == pytest.approx(cosine, **CLOSE) and told["regulation_dense"] > 0.1
    for field in ("words", "pairs"):
        (share,) = shares(index, question, field, 5)
        assert told[f"regulation_{field}"] == pytest.approx(share) and share > 0.05
    others = {name: value for name, value in told.items() if not name.startswith("regulation")}
    assert set(others.values()) == {0.0}, "an article has no question, no item and no facet"


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("中华人民共和国民法典", "law"),
        ("中华人民共和国公司法", "law"),
        ("最高人民法院关于适用《中华人民共和国公司法》若干问题的规定", "judicial"),
        ("最高人民检察院公益诉讼办案规则", "judicial"),
        ("住房公积金管理条例", "decree"),
        ("中华人民共和国个人所得税法实施条例", "decree"),
        ("住房租赁管理办法", ""),
    ],
)
def test_the_kind_of_regulation_is_told(tmp_path: Path, title: str, level: str) -> None:
    index = index_of(tmp_path / "i", [law("l", title, "第一条", "提取公积金。")], FakeEncoder())
    (told,) = features_of(index, "提取公积金").values()
    levels = {name: told[f"regulation_{name}"] for name in ("law", "judicial", "decree")}
    assert levels == {name: float(name == level) for name in levels}


def test_the_best_three_questions_are_not_all_of_them(tmp_path: Path) -> None:
    many = faq("many", "租房提取", "可以。", similar=("租房提取公积金", "租房能提取吗", "装修", "贷款"))
    index = index_of(tmp_path / "i", [many], FakeEncoder())
    expected = sorted(cosines([many.title, *many.similar_questions], "租房提取"), reverse=True)
    (told,) = features_of(index, "租房提取").values()
    assert told["dense_question"] == pytest.approx(expected[0], **CLOSE)
    assert told["dense_question_top3"] == pytest.approx(sum(expected[:3]) / 3, **CLOSE)
    assert told["dense_question_mean"] == pytest.approx(sum(expected) / 5, **CLOSE)
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
    assert together[place] == pytest.approx(1.0, **CLOSE) and alone[place] < 0.6


def test_shares_are_of_all_candidates_not_only_of_those_returned(retriever: Retriever, index: KnowledgeIndex) -> None:
    every = retriever.search(index, "提取公积金需要什么材料", 10, TODAY)
    assert len(every) == 6 and sum(hit.score for hit in every) == pytest.approx(1.0)
    assert retriever.search(index, "提取公积金需要什么材料", 2, TODAY) == every[:2]


@pytest.mark.parametrize("k", [6, 7, 1000])
def test_more_hits_than_entries_are_all_entries(retriever: Retriever, index: KnowledgeIndex, k: int) -> None:
    assert {hit.entry.id for hit in retriever.search(index, "公积金", k, TODAY)} == {entry.id for entry in base()}


def test_each_of_the_three_searches_proposes_an_entry(tmp_path: Path) -> None:
    """With one candidate each, every search's own favourite is scored."""
    nearest = faq("near", "甲乙丙", "别的")
    entries = [nearest, faq("words", "住房 维修基金 办法", "无"), faq("pairs", "修基", "金房")]
    index = index_of(tmp_path / "i", entries, FakeEncoder())
    vector = FakeEncoder().encode(["甲乙丙"])[0]
    assert [entries[row].id for row in index.propose(vector, "？", 1).rows] == ["near"]
    assert "words" in {entries[row].id for row in index.propose(vector, "维修基金", 1).rows}
    assert {"near", "pairs"} <= {entries[row].id for row in index.propose(vector, "修基金房", 1).rows}


def test_only_what_is_in_force_answers(retriever: Retriever, tmp_path: Path) -> None:
    old = law("old", "示范条例", "第五条", "提取须经单位同意。", date(2000, 1, 1))
    new = law("new", "示范条例", "第五条", "提取无须单位同意。", date(2020, 1, 1))
    ended = replace(faq("ended", "提取须经单位同意吗", "须同意。"), effective_to=TODAY - timedelta(days=1))
    index = index_of(tmp_path / "i", [old, new, ended], FakeEncoder())

    def answers(today: date | None) -> set[str]:
        return {hit.entry.id for hit in retriever.search(index, "提取须经单位同意吗", 10, today)}

    assert answers(TODAY) == {"new"}
    assert answers(TODAY - timedelta(days=1)) == {"new", "ended"}
    assert answers(date(2010, 1, 1)) == {"old", "ended"}
    assert answers(date(1999, 1, 1)) == {"ended"}
    assert answers(None) == {"old", "new", "ended"}


def test_many_that_are_out_of_force_do_not_crowd_out_the_one_that_is(retriever: Retriever, tmp_path: Path) -> None:
    ended = [replace(faq(f"e{n}", "租房提取", "可以。"), effective_to=date(2020, 1, 1)) for n in range(300)]
    index = index_of(tmp_path / "i", [*ended, faq("now", "租房的人提取", "现在。")], FakeEncoder(dimension=64))
    assert [
        hit.entry.id for hit in Retriever(FakeEncoder(dimension=64), scorer()).search(index, "租房提取", 3, TODAY)
    ] == ["now"]


def test_nothing_in_force_is_no_hit(retriever: Retriever, index: KnowledgeIndex, tmp_path: Path) -> None:
    ended = [replace(entry, effective_from=None, effective_to=date(2020, 1, 1)) for entry in base()]
    over = index_of(tmp_path / "i", ended, FakeEncoder())
    assert retriever.search(over, "租房提取", 5, TODAY) == []
    assert retriever.candidates(over, "租房提取", TODAY)[1].shape == (0, len(FEATURES))


def test_local_regulations_answer_askers_there(tmp_path: Path) -> None:
    places = ("national", "浙江省", "江苏省")
    entries = [replace(law(place, "提取条例", "第一条", f"{place}提取"), jurisdiction=place) for place in places]
    index = index_of(tmp_path / "i", entries, FakeEncoder())

    def answers(*jurisdictions: str) -> set[str]:
        retriever = Retriever(FakeEncoder(), scorer(), jurisdictions)
        return {hit.entry.id for hit in retriever.search(index, "提取", 10, TODAY)}

    assert answers("浙江省") == {"national", "浙江省"} and answers("广东省") == {"national"}
    assert answers() == set(places)


@pytest.mark.parametrize(
    "question", ["", " ", "？", "👍🏽", "\u200b\u202e", "عربي", "𠮷野家", "é\u0301ß", "A" * 3000, "公" * 5000]
)
def test_whatever_is_asked_has_finite_features(retriever: Retriever, index: KnowledgeIndex, question: str) -> None:
    rows, features = retriever.candidates(index, question, TODAY)
    assert len(rows) == len(features) and np.isfinite(features).all()
    assert sum(hit.score for hit in retriever.search(index, question, 10, TODAY)) == pytest.approx(1.0)


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
