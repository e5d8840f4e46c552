from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from routing.features import TermSettings
from routing.predictor import softmax, text_features
from tests.small_city import TEXTS, small_encoder
from training.calibration import fit_blend
from training.routing_light import (
    Corpus,
    Descriptions,
    Scorers,
    Settings,
    count_all,
    discriminant,
    out_of_fold,
    scorer_names,
)

ROWS = [(text, label) for label, (_, own) in enumerate(TEXTS.items()) for text in own]
TOLD = ["自来水停水和水费", "停电和电费", "入学和培训班", "占道经营和油烟"]


def small_corpus(described: bool = True) -> tuple[Corpus, Descriptions, np.ndarray]:
    texts, told = [text for text, _ in ROWS], TOLD if described else []
    counts, about = count_all(texts, told, TermSettings())
    encoder = small_encoder()
    corpus = Corpus(counts, encoder.encode(texts), np.arange(len(texts)), TermSettings())
    vectors = encoder.encode(told) if told else np.zeros((0, 96), dtype=np.float32)
    backing = sparse.csr_matrix((len(told), len(texts)), dtype=np.int8)
    return corpus, Descriptions(about, vectors, np.arange(len(told)), backing), np.array([label for _, label in ROWS])


@pytest.mark.parametrize("settings", [Settings(), Settings(use_vectors=False), Settings(use_terms=False)])
@pytest.mark.parametrize("described", [True, False])
def test_the_served_target_gives_the_probabilities_of_training(settings: Settings, described: bool) -> None:
    corpus, about, y = small_corpus(described)
    everything = np.arange(len(y))
    scorers = Scorers(corpus, about, y, 4, everything, settings)
    scores = scorers.scores(everything)
    assert len(scores) == len(scorer_names(about, settings))
    blend = fit_blend(scores, y)
    target = scorers.target(list("abcd"), blend)
    texts = [text for text, _ in ROWS]
    served = text_features(texts, scorers.features, small_encoder(), scorers.centre)
    assert np.allclose(target.probabilities(served), blend.probabilities(scores), atol=0.005)


def test_a_held_out_row_leaves_no_trace_in_its_own_score() -> None:
    """Changing the label of one row must not change how the scorers of its fold see it."""
    corpus, about, y = small_corpus()
    first = out_of_fold(corpus, about, y, 4, np.arange(len(y)), Settings(), 1, lambda step: None)
    rows = np.array([i for i in range(len(y)) if i != 3])
    alone = Scorers(corpus, about, y, 4, rows, Settings()).scores(np.array([3]))
    changed = y.copy()
    changed[3] = 2
    again = Scorers(corpus, about, changed, 4, rows, Settings()).scores(np.array([3]))
    assert np.array_equal(alone, again) and first.shape == (4, len(y), 4)


def test_a_description_learned_from_held_out_rows_is_not_known() -> None:
    corpus, about, y = small_corpus()
    backing = np.zeros((4, len(y)), dtype=np.int8)
    backing[1, 5] = 1
    about = replace(about, backing=sparse.csr_matrix(backing))
    known = about.known_from(np.array([0, 1, 2]))
    assert known.owners.tolist() == [0, 2, 3]
    assert about.known_from(np.array([5])).owners.tolist() == [0, 1, 2, 3]
    assert len(Scorers(corpus, about, y, 4, np.arange(20, 40), Settings()).duties) == 3


def test_a_label_that_the_fitted_rows_lack_is_scored_low_and_breaks_nothing() -> None:
    corpus, about, y = small_corpus(described=False)
    rows = np.flatnonzero(y != 2)
    scores = Scorers(corpus, about, y, 4, rows, Settings()).scores(np.arange(len(y)))
    assert np.isfinite(scores).all() and (scores[0].argmax(axis=1) != 2).all()


def test_two_labels_have_two_columns() -> None:
    corpus, about, y = small_corpus(described=False)
    rows = np.flatnonzero(y < 2)
    scores = Scorers(corpus, about, y, 2, rows, Settings()).scores(rows)
    assert scores.shape == (2, 20, 2) and (scores[0].argmax(axis=1) == y[rows]).all()


def test_the_discriminant_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    points, targets = rng.normal(size=(300, 12)), rng.integers(0, 4, 300)
    points[np.arange(300), targets] += 2
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(points, targets).decision_function(points)
    weights, bias = discriminant(points, targets, 4, 0.3)
    assert np.allclose(softmax(points @ weights + bias), softmax(theirs), atol=1e-4)


def test_rows_that_know_no_description_leave_the_scorers_in_place() -> None:
    corpus, about, y = small_corpus()
    backing = np.zeros((4, len(y)), dtype=np.int8)
    backing[:, 39] = 1
    about = replace(about, backing=sparse.csr_matrix(backing))
    scorers = Scorers(corpus, about, y, 4, np.arange(39), Settings())
    assert scorers.scores(np.arange(5)).shape == (4, 5, 4)
    assert np.isfinite(scorers.target(list("abcd"), fit_blend(scorers.scores(np.arange(39)), y[:39])).bias).all()


def test_rows_of_one_label_teach_nothing_and_break_nothing() -> None:
    corpus, about, y = small_corpus(described=False)
    scores = Scorers(corpus, about, y, 4, np.arange(10), Settings()).scores(np.arange(40))
    assert np.isfinite(scores).all()
