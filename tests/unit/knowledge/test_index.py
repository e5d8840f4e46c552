"""索引段和索引: the same after loading, the same in one segment or several, refused when a part is broken."""

import shutil
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from knowledge.entry import KnowledgeEntry, ReviewState, entry_from_dict, entry_to_dict
from knowledge.index import Evidence, KnowledgeIndex
from knowledge.merging import merge_segments
from knowledge.passages import OVERLAP, WINDOW, passages_of, windows
from knowledge.segment import Segment
from knowledge.shelf import UNREADABLE, open_index
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import base, faq, index_of, law

QUESTIONS = ["租房怎么提取公积金", "贷款能贷多少", "天气怎么样", "？"]
DIMENSION = 128
NONE = np.zeros(0, dtype=np.int32)


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder(dimension=DIMENSION)


@pytest.fixture
def index(tmp_path: Path, encoder: FakeEncoder) -> KnowledgeIndex:
    return index_of(tmp_path / "one", base(), encoder)


def asked(index: KnowledgeIndex, question: str, day: date | None = None) -> Evidence:
    return index.propose(FakeEncoder(dimension=DIMENSION).encode([question])[0], question, 100, day)


def same_evidence(index: KnowledgeIndex, other: KnowledgeIndex, close: float = 0.0) -> None:
    """Whether both know the same of the same entries, wherever these stand."""
    for question in QUESTIONS:
        one, two = told(index, question), told(other, question)
        assert one.keys() == two.keys()
        for entry_id, rows in one.items():
            np.testing.assert_allclose(rows, two[entry_id], atol=close)


def told(index: KnowledgeIndex, question: str) -> dict[str, np.ndarray]:
    """Entry id → its passages' rows (asks, cosine, words, pairs)."""
    found = asked(index, question)
    table = np.column_stack([found.asks, found.dense, found.words, found.pairs])
    bounds = np.append(found.starts, len(table))
    return {index.entry(int(row)).id: table[bounds[i] : bounds[i + 1]] for i, row in enumerate(found.rows)}


def test_evidence_is_the_cosines_in_the_order_of_the_passages(index: KnowledgeIndex, encoder: FakeEncoder) -> None:
    for question in QUESTIONS:
        for entry in base():
            own = list(passages_of(entry))
            expected = encoder.encode([passage.text for passage in own]) @ encoder.encode([question])[0]
            rows = told(index, question)[entry.id]
            np.testing.assert_allclose(rows[:, 1], expected, atol=0.02)
            assert rows[:, 0].tolist() == [passage.asks for passage in own]


def test_lexical_scores_are_the_share_of_the_question_that_a_passage_holds(index: KnowledgeIndex) -> None:
    for field in ("words", "pairs"):
        best = getattr(asked(index, "贷款最高能贷多少"), field).max()
        assert 0.3 < best <= 1.0 and told(index, "贷款最高能贷多少")["dk-ed"][:, 2:].max() >= best
        assert getattr(asked(index, "贷款最高能贷多少 长颈鹿 企鹅"), field).max() < best, "unknown words count as well"
        assert not getattr(asked(index, "长颈鹿"), field).any() and not getattr(asked(index, "？"), field).any()


def test_loading_again_gives_the_same_scores(index: KnowledgeIndex, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "one", tmp_path / "elsewhere")
    again = open_index(tmp_path / "elsewhere")
    assert [again.entry(row) for row in range(len(again))] == base()
    same_evidence(index, again)


def test_entries_are_found_by_id_and_by_item(index: KnowledgeIndex) -> None:
    assert [index.position(entry.id) for entry in base()] == list(range(6))
    assert index.get("tl-24") == base()[5] and index.get("nichts") is None and index.get("") is None
    assert [entry.id for entry in index.of_item("租房提取")] == ["zf-tj", "zf-cl"] and index.of_item("没有") == []


def parts_of(folder: Path, entries: list[KnowledgeEntry], sizes: list[int], encoder: FakeEncoder) -> list[Segment]:
    """Segments of so many entries each, one after another."""
    bounds = np.cumsum([0, *sizes])
    assert bounds[-1] == len(entries)
    return [
        index_of(folder / str(start), entries[start:end], encoder).segments[0]
        for start, end in pairwise(bounds.tolist())
    ]


def test_several_segments_are_as_one(index: KnowledgeIndex, tmp_path: Path, encoder: FakeEncoder) -> None:
    several = KnowledgeIndex(parts_of(tmp_path, base(), [1, 3, 2], encoder), [NONE] * 3, "1")
    assert [several.entry(row) for row in range(6)] == base()
    same_evidence(several, index, close=0.02)
    assert [entry.id for entry in several.of_item("租房提取")] == ["zf-tj", "zf-cl"]


def test_a_version_in_one_segment_ends_one_in_another(tmp_path: Path, encoder: FakeEncoder) -> None:
    old, new = law("old", "法", "第一条", "旧", date(2000, 1, 1)), law("new", "法", "第一条", "新", date(2020, 1, 1))
    several = KnowledgeIndex(parts_of(tmp_path, [new, old], [1, 1], encoder), [NONE, NONE], "1")
    assert several.in_force(date(2019, 12, 31)).tolist() == [False, True]
    assert several.in_force(date(2020, 1, 1)).tolist() == [True, False]
    without = KnowledgeIndex(several.segments, [np.array([0], dtype=np.int32), NONE], "2")
    assert without.in_force(date(2020, 1, 1)).tolist() == [False, True], "a dropped version ends nothing"


def test_dropped_rows_are_not_found_by_anything(tmp_path: Path, encoder: FakeEncoder) -> None:
    changed = replace(base()[0], answer="新的答案。")
    segments = parts_of(tmp_path, [*base(), changed], [6, 1], encoder)
    index = KnowledgeIndex(segments, [np.array([0, 4], dtype=np.int32), NONE], "2")
    assert len(index) == 5 and index.get("dk-ed") is None and index.get("zf-tj") == changed
    assert [entry.answer for entry in index.of_item("租房提取")] == ["身份证和无房证明。", "新的答案。"]
    for day in (None, date(2026, 1, 1)):
        assert set(asked(index, "贷款最高能贷多少", day).rows) <= {1, 2, 3, 5, 6}


def test_merged_segments_are_what_was_kept_of_them(tmp_path: Path, encoder: FakeEncoder) -> None:
    parts = parts_of(tmp_path, base(), [1, 3, 2], encoder)
    kept = [base()[row] for row in (0, 2, 5)]
    dropped = [NONE, np.array([0, 2], dtype=np.int32), np.array([0], dtype=np.int32)]
    merge_segments(tmp_path / "merged", list(zip(parts, dropped, strict=True)), DIMENSION)
    merged = open_index(tmp_path / "merged")
    assert [merged.entry(row) for row in range(len(merged))] == kept
    fresh = index_of(tmp_path / "fresh", kept, encoder)
    same_evidence(merged, fresh, close=0.02)
    for name in ("starts", "first", "last", "level", "asks", "digests", "passage_entry"):
        np.testing.assert_array_equal(getattr(merged.segments[0], name), getattr(fresh.segments[0], name))
    for name, keys in merged.segments[0].keys.items():
        np.testing.assert_array_equal(keys, fresh.segments[0].keys[name])


def test_merging_until_nothing_is_left(tmp_path: Path, encoder: FakeEncoder) -> None:
    (part,) = parts_of(tmp_path, base()[:2], [2], encoder)
    merge_segments(tmp_path / "none", [(part, np.array([0, 1], dtype=np.int32))], DIMENSION)
    assert len(open_index(tmp_path / "none")) == 0
    merge_segments(tmp_path / "again", [(Segment(tmp_path / "none"), NONE), (part, NONE)], DIMENSION)
    assert len(open_index(tmp_path / "again")) == 2


@pytest.mark.parametrize("size", ["nothing", "half", "one byte less"])
def test_every_cut_or_missing_file_is_found(index: KnowledgeIndex, tmp_path: Path, size: str) -> None:
    copy = tmp_path / "copy"  # what is open is mapped, and must not be cut
    shutil.copytree(tmp_path / "one", copy)
    files = list(copy.iterdir())
    assert len(files) >= 20
    for file in files:
        data = file.read_bytes()
        file.write_bytes(data[: {"nothing": 0, "half": len(data) // 2, "one byte less": len(data) - 1}[size]])
        with pytest.raises(UNREADABLE):
            open_index(copy)
        file.unlink()
        with pytest.raises(UNREADABLE):
            open_index(copy)
        file.write_bytes(data)
    same_evidence(index, open_index(copy))


def test_parts_of_different_builds_are_refused(index: KnowledgeIndex, tmp_path: Path, encoder: FakeEncoder) -> None:
    other = tmp_path / "other"
    index_of(other, base()[:3], encoder)
    for file in (tmp_path / "one").iterdir():
        mixed = tmp_path / f"mixed-{file.name}"
        shutil.copytree(tmp_path / "one", mixed)
        shutil.copyfile(other / file.name, mixed / file.name)
        if "words-" not in file.name and "pairs-" not in file.name:
            with pytest.raises(UNREADABLE):
                open_index(mixed)


def test_an_entry_with_line_separators_can_be_read_again(tmp_path: Path, encoder: FakeEncoder) -> None:
    odd = faq("odd", "网页上抄来的", "第一行\u2028第二行\x85第三行\r\n第四行")
    index = index_of(tmp_path / "odd", [odd, *base()], encoder)
    assert index.entry(0) == odd and index.entry(1) == base()[0]


def test_an_empty_base_has_an_index_without_scores(tmp_path: Path, encoder: FakeEncoder) -> None:
    for empty in (index_of(tmp_path / "empty", [], encoder), KnowledgeIndex([], [], "0")):
        found = asked(empty, "公积金")
        assert len(empty) == empty.passage_count == len(found.rows) == len(found.dense) == len(found.words) == 0
        assert len(empty.in_force(date(2026, 1, 1))) == 0 and empty.get("a") is None


def test_a_text_without_words_can_be_indexed(tmp_path: Path, encoder: FakeEncoder) -> None:
    index = index_of(tmp_path / "odd", [law("x", "？", "！", "……"), law("y", "", "", "")], encoder)
    assert len(asked(index, "公积金").rows) == 2


def test_only_what_is_published_is_indexed(tmp_path: Path, encoder: FakeEncoder) -> None:
    hidden = [replace(faq(state, "草稿", "未审核"), review_state=state) for state in ReviewState]
    index = index_of(tmp_path / "some", hidden, encoder)
    assert [index.entry(row).id for row in range(len(index))] == ["published"]


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
        library="子库",
        superseded_by="x",
        generated=True,
    )
    assert entry_from_dict(entry_to_dict(entry)) == entry


def test_a_long_text_is_cut_into_windows_that_overlap() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(2 * WINDOW + 5))
    cut = list(windows(text))
    assert all(len(window) <= WINDOW for window in cut)
    assert all(one[-OVERLAP:] == other[:OVERLAP] for one, other in pairwise(cut))
    assert cut[0] + "".join(window[OVERLAP:] for window in cut[1:]) == text
    assert list(windows("短")) == ["短"] and len(list(windows("长" * WINDOW))) == 1
