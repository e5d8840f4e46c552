"""倒排表 against BM25 in plain Python; joined postings are those that were written at once."""

import math
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.postings import AVERAGE_LENGTH, K1, B, Postings, join_postings, term_key, write_postings
from knowledge.segment import FIELDS
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import faq, index_of

Passages = list[list[str]]
passages_of_terms = st.lists(st.lists(st.sampled_from("甲乙丙丁戊己庚"), max_size=8), max_size=8)


def written(folder: Path, name: str, passages: Passages) -> Postings:
    write_postings(folder, name, passages)
    return Postings(folder, name)


def shares_of(postings: Postings, term: str) -> dict[int, float]:
    """Passage → the term's share in it."""
    ((passages, shares),) = postings.find(np.array([term_key(term)], dtype=np.uint64))
    return dict(zip(passages.tolist(), shares.tolist(), strict=True))


def plain_share(term: str, passage: list[str]) -> float:
    count = passage.count(term)
    return count / (count + K1 * (1 - B + B * len(passage) / AVERAGE_LENGTH))


def rows(postings: Postings) -> list[tuple[int, int, float]]:
    return list(zip(*(part.tolist() for part in postings.rows()), strict=True))


@settings(max_examples=30, deadline=None)
@given(passages_of_terms)
def test_a_terms_share_is_that_of_bm25(passages: Passages) -> None:
    with tempfile.TemporaryDirectory() as folder:
        postings = written(Path(folder), "words", passages)
        for term in "甲乙丙丁戊己庚辛":
            expected = {i: plain_share(term, passage) for i, passage in enumerate(passages) if term in passage}
            assert shares_of(postings, term) == pytest.approx(expected, abs=5e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.text("甲乙丙", max_size=4).map(list), st.booleans()), max_size=4), min_size=1, max_size=3
    )
)
def test_joined_postings_are_those_written_at_once(parts: list[list[tuple[list[str], bool]]]) -> None:
    """Of some passages of each part: what is left out leaves no trace."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pieces = [
            (
                written(folder, f"part{i}", [terms for terms, _ in part]),
                np.array([kept for _, kept in part], dtype=bool),
            )
            for i, part in enumerate(parts)
        ]
        join_postings(folder, "joined", pieces)
        write_postings(folder, "once", [terms for part in parts for terms, kept in part if kept])
        assert rows(Postings(folder, "joined")) == rows(Postings(folder, "once"))


def test_unknown_terms_are_held_by_no_passage(tmp_path: Path) -> None:
    keys = np.array([term_key(term) for term in ("有", "无", "")], dtype=np.uint64)
    told = written(tmp_path, "some", [["有"], []]).find(keys)
    assert [len(passages) for passages, _ in told] == [1, 0, 0]
    assert [len(passages) for passages, _ in written(tmp_path, "none", []).find(keys)] == [0, 0, 0]


@pytest.mark.parametrize("part", ["terms", "starts", "passages", "shares"])
def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path, part: str) -> None:
    write_postings(tmp_path, "words", [["甲", "乙"], ["丙"]])
    write_postings(tmp_path, "other", [["甲"]])
    (tmp_path / f"other-{part}.npy").replace(tmp_path / f"words-{part}.npy")
    with pytest.raises(ValueError, match="fit together"):
        Postings(tmp_path, "words")


@pytest.mark.parametrize("field", list(FIELDS))
def test_a_passages_score_is_the_share_of_the_questions_rarity(tmp_path: Path, field: str) -> None:
    """The whole formula, over two segments' worth of passages, unknown terms included."""
    texts = ["租房可以提取公积金", "装修提取公积金要发票", "贷款最高八十万元，租房不贷款"]
    index = index_of(tmp_path / "i", [faq(str(i), text, text) for i, text in enumerate(texts)], FakeEncoder())
    question = "租房提取公积金，企鹅不贷款"
    terms = dict.fromkeys(FIELDS[field](question))
    told = [FIELDS[field](text) for title in texts for text in (title, f"{title} {title}")]
    idf = {}
    for term in terms:
        holders = sum(term in passage for passage in told)
        idf[term] = math.log(1 + (len(told) - holders + 0.5) / (holders + 0.5))
    reach = sum(idf.values())
    expected = [sum(idf[term] * plain_share(term, passage) for term in terms) / reach for passage in told]
    evidence = index.propose(FakeEncoder().encode([question])[0], question, 10)
    np.testing.assert_allclose(getattr(evidence, field), expected, atol=1e-3)
    assert Counter(expected)[0.0] < len(expected)
