"""预测目标: how the nearest training texts vote, and what a stored target gives again."""

import numpy as np
import pytest
from scipy import sparse

from routing import target as module
from routing.target import NEAREST, Features, Target, neighbour_votes


def directions(*degrees: float) -> np.ndarray:
    """Unit vectors in the plane."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_the_nearest_decide_whatever_the_many_say() -> None:
    """Three texts of label 0 close by outvote sixty of label 1 far off, of which only as many vote as are left."""
    neighbours = directions(0, 5, -5, *np.linspace(120, 240, 60))
    labels = np.array([0] * 3 + [1] * 60)
    votes = neighbour_votes(directions(2, 180), neighbours, labels, 3)
    assert votes[0].argmax() == 0 and votes[1].argmax() == 1
    assert votes[:, 2].max() <= votes.min() < votes[0, 1], "a label without any vote has the least"


def test_beyond_the_nearest_nobody_votes() -> None:
    neighbours = directions(*np.linspace(0, 10, NEAREST), 11)
    labels = np.array([0] * NEAREST + [1])
    with_them = neighbour_votes(directions(0), neighbours, labels, 2)
    without = neighbour_votes(directions(0), neighbours[:NEAREST], labels[:NEAREST], 2)
    assert np.array_equal(with_them, without)


def test_a_nearer_text_counts_more() -> None:
    votes = neighbour_votes(directions(0), directions(10, 60), np.array([1, 0]), 2)
    assert votes[0, 1] > votes[0, 0]


def test_without_training_texts_no_label_is_preferred() -> None:
    votes = neighbour_votes(directions(0, 90), np.zeros((0, 2), dtype=np.float32), np.zeros(0, dtype=np.int64), 4)
    assert votes.shape == (2, 4) and np.isfinite(votes).all() and np.ptp(votes) == 0
    assert neighbour_votes(np.zeros((0, 2), dtype=np.float32), directions(0), np.array([0]), 2).shape == (0, 2)


def test_many_texts_are_voted_on_as_each_by_itself() -> None:
    rng = np.random.default_rng(1)
    texts, neighbours = (rng.normal(size=(count, 8)).astype(np.float32) / 4 for count in (module._CHUNK + 7, 50))
    labels = rng.integers(0, 5, 50)
    together = neighbour_votes(texts, neighbours, labels, 5)
    for row in (0, module._CHUNK - 1, module._CHUNK, module._CHUNK + 6):
        assert np.allclose(together[row], neighbour_votes(texts[row : row + 1], neighbours, labels, 5)[0], atol=1e-4)


def full_target() -> Target:
    """A target with every part, as it would be stored."""
    rng = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    return Target(
        list("abc"), some(3), some(6, 3), some(4, 3), some(5, 4), np.array([0, 0, 1, 2, 2]), some(7, 4),
        np.array([0, 1, 2, 0, 1, 2, 0]), duty_weight=0.7, duty_best=2, neighbour_weight=0.3, category_weight=1.2,
        slope=0.9, shift=-0.1,
    ).rounded()  # fmt: skip


def features(texts: int = 4) -> Features:
    rng = np.random.default_rng(2)
    terms = sparse.csr_matrix(rng.uniform(size=(texts, 6)).astype(np.float32))
    vectors = rng.normal(size=(texts, 4)).astype(np.float32)
    return Features(terms, np.ones(texts), vectors, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_every_part_of_a_target_survives_storing() -> None:
    target, said = full_target(), np.log(np.array([[0.8, 0.1, 0.1]] * 4, dtype=np.float32))
    again = Target.from_weights("t", target.labels, target.as_weights("t"))
    assert np.array_equal(again.probabilities(features(), said), target.probabilities(features(), said))


@pytest.mark.parametrize("part", ["duty_weight", "neighbour_weight", "category_weight"])
def test_every_part_of_a_target_counts(part: str) -> None:
    target, said = full_target(), np.log(np.array([[0.8, 0.1, 0.1]] * 4, dtype=np.float32))
    before = target.logits(features(), said)
    setattr(target, part, 0.0)
    assert not np.allclose(target.logits(features(), said), before)


@pytest.mark.parametrize("name", ["bias", "term_weights", "vector_weights"])
def test_parts_for_other_labels_are_refused(name: str) -> None:
    weights = full_target().as_weights("t")
    weights[f"t.{name}"] = weights[f"t.{name}"][..., :2]
    with pytest.raises(ValueError, match="t"):
        Target.from_weights("t", list("abc"), weights)
