"""检索评测 against values computed by hand."""

import math

import pytest

from knowledge.evaluation import RankedQuestion, evaluate, hit_at, ndcg_at_10, recall_at, reciprocal_rank, worst


def ranked(entries: str, right: str) -> RankedQuestion:
    return RankedQuestion("问", tuple(entries), frozenset(right))


FIRST, THIRD, TWO, NEVER = ranked("abc", "a"), ranked("xya", "a"), ranked("axbz", "ab"), ranked("xyz", "a")


@pytest.mark.parametrize(
    ("question", "rank", "hit1", "hit2", "hit3", "recall2", "reciprocal", "ndcg"),
    [
        (FIRST, 1, 1, 1, 1, 1.0, 1.0, 1.0),
        (THIRD, 3, 0, 0, 1, 0.0, 1 / 3, 0.5),
        (TWO, 1, 1, 1, 1, 0.5, 1.0, 1.5 / (1 + 1 / math.log2(3))),
        (NEVER, None, 0, 0, 0, 0.0, 0.0, 0.0),
        (ranked("", "a"), None, 0, 0, 0, 0.0, 0.0, 0.0),
    ],
)
def test_measures_of_one_question(
    question: RankedQuestion,
    rank: int | None,
    hit1: float,
    hit2: float,
    hit3: float,
    recall2: float,
    reciprocal: float,
    ndcg: float,
) -> None:
    assert question.rank == rank
    assert [hit_at(k)(question) for k in (1, 2, 3)] == [hit1, hit2, hit3]
    assert recall_at(2)(question) == recall2
    assert reciprocal_rank(question) == pytest.approx(reciprocal)
    assert ndcg_at_10(question) == pytest.approx(ndcg)


def test_ndcg_looks_at_ten_and_is_full_with_more_than_ten_right() -> None:
    assert ndcg_at_10(ranked("xxxxxxxxxxa", "a")) == 0.0
    assert ndcg_at_10(ranked("abcdefghijkl", "abcdefghijkl")) == pytest.approx(1.0)


def test_means_with_intervals() -> None:
    figures = evaluate([FIRST, THIRD, TWO, NEVER], 3)
    assert set(figures) == {"hit@1", "hit@5", "hit@10", "recall@3", "mrr@3", "ndcg@10"}
    assert figures["hit@1"].value == 0.5 and figures["hit@5"].value == 0.75
    assert figures["recall@3"].value == pytest.approx(0.75)
    assert figures["mrr@3"].value == pytest.approx((1 + 1 / 3 + 1) / 4)
    assert all(0 <= figure.low <= figure.value <= figure.high <= 1 for figure in figures.values())
    assert figures["hit@1"].low < 0.5 < figures["hit@1"].high
    assert figures == evaluate([FIRST, THIRD, TWO, NEVER], 3), "the resampling is drawn alike each time"


def test_an_interval_of_equal_questions_is_a_point() -> None:
    figure = evaluate([THIRD] * 5, 3)["mrr@3"]
    assert (figure.low, figure.value, figure.high) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_the_worst_come_first() -> None:
    assert worst([FIRST, THIRD, NEVER, TWO], 2) == [NEVER, THIRD]
