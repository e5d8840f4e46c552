"""索引: built whole or not at all, the same after loading, refused for another encoder or when broken."""

import shutil
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from casework.errors import Unavailable
from knowledge.entry import ReviewState
from knowledge.index import IndexShelf, KnowledgeIndex, build_index, entry_from_dict, entry_to_dict
from knowledge.passages import OVERLAP, WINDOW, passages_of, windows
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import TODAY, base, faq, index_of, law

QUESTIONS = ["租房怎么提取公积金", "贷款能贷多少", "天气怎么样", "？"]


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def index(tmp_path: Path, encoder: FakeEncoder) -> KnowledgeIndex:
    return index_of(tmp_path / "one", base(), encoder)


def texts(index: KnowledgeIndex) -> list[str]:
    return [passage.text for entry in index.entries for passage in passages_of(entry)]


def test_dense_scores_are_the_cosines_in_the_order_of_the_passages(index: KnowledgeIndex, encoder: FakeEncoder) -> None:
    for question in QUESTIONS:
        expected = encoder.encode(texts(index)) @ encoder.encode([question])[0]
        np.testing.assert_allclose(index.score(question).dense, expected, atol=1e-5)


def test_lexical_scores_are_the_share_of_the_question_that_a_passage_holds(index: KnowledgeIndex) -> None:
    scores = index.score("贷款最高能贷多少").lexical
    assert texts(index)[int(scores.argmax())] == "公积金贷款最高能贷多少"
    assert scores.min() == 0.0 and 0.3 < scores.max() <= 1.0
    diluted = index.score("贷款最高能贷多少 长颈鹿 企鹅").lexical
    assert diluted.max() < scores.max(), "words that the base does not know count as well"
    assert not index.score("长颈鹿").lexical.any() and not index.score("？").lexical.any()


def test_loading_again_gives_the_same_scores(index: KnowledgeIndex, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "one", tmp_path / "elsewhere")
    again = KnowledgeIndex(tmp_path / "elsewhere", FakeEncoder())
    assert again.entries == index.entries == base() and again.revision == "1"
    for question in QUESTIONS:
        one, other = index.score(question), again.score(question)
        np.testing.assert_array_equal(one.dense, other.dense)
        np.testing.assert_array_equal(one.lexical, other.lexical)


def test_passages_know_their_entry_and_their_sort(index: KnowledgeIndex) -> None:
    assert [index.entries[i].id for i in index.passage_entry][:3] == ["zf-tj"] * 3
    assert list(index.passage_asks[:3]) == [True, True, False]
    assert index.get("tl-24").locator == "第二十四条" and index.get("nichts") is None


def test_passages_are_found_by_their_entry(index: KnowledgeIndex) -> None:
    """Those of every entry, none left out or counted twice, whether it has three or (an article) one."""
    told = [text for i in range(len(index)) for text in texts(index)[index.passages_of(i)]]
    assert told == texts(index)
    for number, entry in enumerate(index.entries):
        assert texts(index)[index.passages_of(number)] == [passage.text for passage in passages_of(entry)]


def test_the_best_passage_counts_for_its_entry(index: KnowledgeIndex) -> None:
    owner = index.passage_entry
    for scores in (index.score("租房子能取公积金不").dense, np.random.default_rng(0).normal(size=len(owner))):
        expected = [max(scores[owner == i]) for i in range(len(index))]
        np.testing.assert_array_equal(index.best_of_entry(scores), expected)


def test_an_entry_is_worth_as_much_as_the_best_of_its_item(index: KnowledgeIndex) -> None:
    scores = np.array([0.1, 0.7, 0.6, 0.2, -0.5, 0.3], dtype=np.float32)
    expected = np.array([0.7, 0.7, 0.6, 0.6, -0.5, 0.3], dtype=np.float32)
    np.testing.assert_array_equal(index.best_of_item(scores), expected)


def test_another_encoders_index_is_refused(index: KnowledgeIndex, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="编码器不匹配"):
        KnowledgeIndex(tmp_path / "one", FakeEncoder("fake:other"))


@pytest.mark.parametrize("size", ["nothing", "half", "one byte less"])
@pytest.mark.parametrize(
    "name", ["index.json", "entries.jsonl", "passages.npz", "vectors.faiss", "bm25/params.index.json"]
)
def test_a_truncated_file_is_unavailable(index: KnowledgeIndex, tmp_path: Path, name: str, size: str) -> None:
    file = tmp_path / "one" / name
    data = file.read_bytes()
    keep = {"nothing": 0, "half": len(data) // 2, "one byte less": len(data.rstrip()) - 1}[size]
    file.write_bytes(data[:keep])
    with pytest.raises(Unavailable, match="重新建立索引"):
        KnowledgeIndex(tmp_path / "one", FakeEncoder())


def test_every_missing_file_is_unavailable(index: KnowledgeIndex, tmp_path: Path) -> None:
    files = [file for file in (tmp_path / "one").rglob("*") if file.is_file()]
    assert len(files) >= 7
    for number, file in enumerate(files):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(tmp_path / "one", copy)
        (copy / file.relative_to(tmp_path / "one")).unlink()
        with pytest.raises(Unavailable):
            KnowledgeIndex(copy, FakeEncoder())


def test_entries_cut_off_at_a_line_are_found(index: KnowledgeIndex, tmp_path: Path) -> None:
    file = tmp_path / "one" / "entries.jsonl"
    file.write_text("".join(file.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    with pytest.raises(Unavailable):
        KnowledgeIndex(tmp_path / "one", FakeEncoder())


def test_an_entry_with_line_separators_can_be_read_again(tmp_path: Path, encoder: FakeEncoder) -> None:
    odd = faq("odd", "网页上抄来的", "第一行\u2028第二行\x85第三行\r\n第四行")
    assert index_of(tmp_path / "odd", [odd, *base()], encoder).entries[0] == odd


def test_an_empty_base_has_an_index_without_scores(tmp_path: Path, encoder: FakeEncoder) -> None:
    empty = index_of(tmp_path / "empty", [], encoder)
    assert len(empty) == 0 and len(empty.score("公积金").dense) == len(empty.score("公积金").lexical) == 0
    assert empty.vectors_by_digest() == {} and len(empty.in_force(TODAY)) == 0


def test_a_text_without_words_can_be_indexed(tmp_path: Path, encoder: FakeEncoder) -> None:
    index = index_of(tmp_path / "odd", [law("x", "？", "！", "……")], encoder)
    assert len(index.score("公积金").lexical) == 1


def test_only_what_is_published_is_indexed_and_days_are_known(tmp_path: Path, encoder: FakeEncoder) -> None:
    draft = replace(faq("draft", "草稿", "未审核"), review_state=ReviewState.DRAFT)
    old, new = law("old", "法", "第一条", "旧", date(2000, 1, 1)), law("new", "法", "第一条", "新", date(2020, 1, 1))
    index = index_of(tmp_path / "some", [draft, old, new], encoder)
    assert [entry.id for entry in index.entries] == ["old", "new"]
    assert list(index.in_force(date(2019, 12, 31))) == [True, False]
    assert list(index.in_force(date(2020, 1, 1))) == [False, True]


def test_an_entry_survives_the_file_with_every_field() -> None:
    entry = replace(
        faq("q", "问", "答", "事项", "材料", ("另问",)),
        item_class="类",
        locator="第一条",
        jurisdiction="示范市",
        effective_from=date(2020, 1, 1),
        effective_to=date(2030, 1, 1),
        local_figures=True,
        review_state=ReviewState.REVIEWED,
        origin="a.jsonl",
    )
    assert entry_from_dict(entry_to_dict(entry)) == entry


def test_a_long_text_is_cut_into_windows_that_overlap() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(2 * WINDOW + 5))
    cut = list(windows(text))
    assert all(len(window) <= WINDOW for window in cut)
    assert all(one[-OVERLAP:] == other[:OVERLAP] for one, other in pairwise(cut))
    assert cut[0] + "".join(window[OVERLAP:] for window in cut[1:]) == text
    assert list(windows("短")) == ["短"] and len(list(windows("长" * WINDOW))) == 1


def test_before_the_first_build_it_says_what_to_do(tmp_path: Path, encoder: FakeEncoder) -> None:
    shelf = IndexShelf(tmp_path, encoder)
    with pytest.raises(Unavailable, match="hotline import"):
        shelf.current()
    assert not shelf.is_current("1")


def test_a_rebuild_embeds_only_new_texts(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    encoder = FakeEncoder()
    IndexShelf(tmp_path / "shelf", encoder).rebuild(base(), "1")
    assert len(encoder.seen) == 12
    encoder, progress = FakeEncoder(), []
    changed = [*base()[1:], faq("neu", "能不能异地贷款", "可以异地贷款。", "公积金贷款", "条件")]
    shelf = IndexShelf(tmp_path / "shelf", encoder)
    index = shelf.rebuild(changed, "2", lambda done, count: progress.append((done, count)))
    assert sorted(encoder.seen) == sorted(["能不能异地贷款", "公积金贷款条件 能不能异地贷款 可以异地贷款。"])
    assert progress == [(2, 2)]
    fresh = index_of(tmp_path / "fresh", changed, FakeEncoder())
    np.testing.assert_array_equal(index.score("异地贷款").dense, fresh.score("异地贷款").dense)
    encoder.seen.clear()
    assert shelf.rebuild(changed, "2").revision == "2" and encoder.seen == []


def test_another_encoder_embeds_everything_anew(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    IndexShelf(tmp_path / "shelf", FakeEncoder()).rebuild(base(), "1")
    other = FakeEncoder("fake:other", dimension=64)
    shelf = IndexShelf(tmp_path / "shelf", other)
    assert not shelf.is_current("1")
    assert shelf.rebuild(base(), "1").score("公积金").dense.shape == (12,)
    assert len(other.seen) >= 12


def test_a_build_that_fails_leaves_the_former_in_use(tmp_path: Path) -> None:
    class Failing(FakeEncoder):
        def encode(self, texts: list[str]) -> np.ndarray:
            if "坏" in "".join(texts):
                raise RuntimeError("out of memory")
            return super().encode(texts)

    (tmp_path / "shelf").mkdir()
    shelf = IndexShelf(tmp_path / "shelf", Failing())
    shelf.rebuild(base(), "1")
    with pytest.raises(RuntimeError):
        shelf.rebuild([*base(), faq("x", "坏", "坏")], "2")
    assert shelf.current().revision == "1" and shelf.is_current("1")
    assert IndexShelf(tmp_path / "shelf", FakeEncoder()).is_current("1")


def test_a_newer_index_of_another_process_is_taken_up_and_old_ones_dropped(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    here, there = (IndexShelf(tmp_path / "shelf", FakeEncoder()) for _ in range(2))
    here.rebuild(base(), "1")
    for revision in ("2", "3", "4"):
        there.rebuild(base()[: int(revision)], revision)
    assert here.current().revision == "4" and len(here.current()) == 4
    assert here.current() is here.current()
    assert len([folder for folder in (tmp_path / "shelf").iterdir() if folder.is_dir()]) == 2


def test_a_broken_index_can_be_built_anew(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    IndexShelf(tmp_path / "shelf", FakeEncoder()).rebuild(base(), "1")
    for file in (tmp_path / "shelf").rglob("*.npz"):
        file.write_bytes(b"PK")
    shelf = IndexShelf(tmp_path / "shelf", FakeEncoder())
    assert not shelf.is_current("1")
    assert len(shelf.rebuild(base(), "1")) == len(base())


def test_building_over_a_folder_replaces_it(tmp_path: Path, encoder: FakeEncoder) -> None:
    index_of(tmp_path / "one", base(), encoder)
    build_index(tmp_path / "one", base()[:1], "2", encoder)
    assert len(KnowledgeIndex(tmp_path / "one", encoder)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
