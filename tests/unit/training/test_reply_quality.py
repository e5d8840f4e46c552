"""质检模型训练: learns from cases, measures by authors, and what it writes says what was trained."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.reply_quality import Cases, by_authors, fit, learn, threshold

RULES = ["tone", "no_action"]


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    """Sixty replies of two sentences by three authors: the first feature tells of `tone`, the second of `no_action`."""
    random = np.random.default_rng(0)
    count = 60
    labels = np.zeros((count, 2), dtype=bool)
    labels[::3, 0] = labels[1::3, 1] = True
    sentences = random.normal(0, 0.05, (2 * count, 6))
    sentence_labels = np.zeros((2 * count, 2), dtype=bool)
    sentence_labels[::2] = labels
    sentences[:, :2] += sentence_labels * 2.0
    np.savez(
        tmp_path / "cases.npz",
        sentences=sentences.astype(np.float16),
        told=random.normal(0, 1, (count, 3)).astype(np.float32),
        spread=random.normal(0, 0.1, (count, 4)).astype(np.float16),
        owner=np.repeat(np.arange(count), 2),
        sentence_labels=sentence_labels,
        labels=labels,
        author=np.arange(count) // 20,
        solved=np.arange(count) % 2 == 0,
        rules=np.array(RULES),
        quiet=np.array(-6.0),
        encoder=np.array("fake:bigrams"),
    )
    return Cases.load(tmp_path / "cases.npz")


def test_shares_by_authors_tell_the_labels_apart(cases: Cases) -> None:
    shares = by_authors(cases)
    for rule in range(2):
        assert shares[cases.labels[:, rule], rule].min() > shares[~cases.labels[:, rule], rule].max()


def test_an_authors_replies_are_judged_without_having_been_seen(cases: Cases) -> None:
    within = cases.author != 0
    flipped = cases.labels.copy()
    flipped[cases.author == 0] ^= True
    other = Cases(**{name: getattr(cases, name) for name in Cases.__dataclass_fields__} | {"labels": flipped})
    np.testing.assert_array_equal(fit(cases, within).reply, fit(other, within).reply)


def test_what_is_written_says_what_was_trained(cases: Cases) -> None:
    arrays, figures = learn(cases, "command")
    told = json.loads(str(arrays["told"]))
    assert told["rules"] == RULES
    assert told["encoder"] == "fake:bigrams"
    assert set(told["thresholds"]) == set(figures) == set(RULES)
    assert all(0 < line < 1 for line in told["thresholds"].values())
    assert arrays["sentence"].shape == (2, 7)
    assert arrays["reply"].shape == (2, 4 + 3 + 4 + 1)


def test_the_trees_that_are_written_vote_as_the_trained_ones(cases: Cases) -> None:
    from assistant.reply_quality import Forest

    fitted = fit(cases, np.ones(60, dtype=bool))
    served = Forest(**fitted.nodes())
    given = np.random.default_rng(1).normal(0, 1, (20, 7)).astype(np.float32)
    for row in given:
        trained = [forest.predict_proba(row[None])[0, 1] for forest in fitted.forests]
        np.testing.assert_allclose(served.shares(row), trained, atol=2e-3)


def test_a_threshold_stops_where_false_findings_outweigh_right_ones() -> None:
    shares = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
    right = np.array([1, 1, 1, 1, 0, 0, 1, 0], dtype=bool)
    line, precision, recall = threshold(shares, right)
    assert 0.5 < line < 0.6
    assert (precision, recall) == (1.0, 0.8)


def test_a_false_finding_is_borne_for_more_right_ones() -> None:
    shares = np.linspace(0.9, 0.1, 10)
    right = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 1], dtype=bool)
    _line, precision, recall = threshold(shares, right)
    assert (precision, recall) == (pytest.approx(5 / 6), pytest.approx(5 / 6))
