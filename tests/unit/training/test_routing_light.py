from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from routing.features import TermSettings
from routing.predictor import text_features
from routing.target import softmax
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
    remembered,
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


@pytest.mark.parametrize(
    "settings",
    [Settings(), Settings(use_neighbours=False), Settings(use_vectors=False), Settings(use_terms=False)],
)
@pytest.mark.parametrize("described", [True, False])
def test_the_served_target_gives_the_probabilities_of_training(settings: Settings, described: bool) -> None:
    corpus, about, y = small_corpus(described)
    everything = np.arange(len(y))
    scorers = Scorers(corpus, about, y, 4, everything, settings)
    scores = scorers.scores(everything)
    assert len(scores) == len(scorer_names(about, settings))
    blend = fit_blend(scores, y)
    blend.names = scorers.names
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
    assert np.array_equal(alone, again) and first.shape == (5, len(y), 4)


def test_a_description_learned_from_held_out_rows_is_not_known() -> None:
    corpus, about, y = small_corpus()
    backing = np.zeros((4, len(y)), dtype=np.int8)
    backing[1, 5] = 1
    about = replace(about, backing=sparse.csr_matrix(backing))
    known = about.known_from(np.array([0, 1, 2]))
    assert known.owners.tolist() == [0, 2, 3]
    assert about.known_from(np.array([5])).owners.tolist() == [0, 1, 2, 3]
    assert len(Scorers(corpus, about, y, 4, np.arange(20, 40), Settings()).duties) == 3


def test_folds_fitted_side_by_side_are_the_same_every_time() -> None:
    corpus, about, y = small_corpus()

    def scores() -> np.ndarray:
        return out_of_fold(corpus, about, y, 4, np.arange(len(y)), Settings(), 1, lambda step: None)

    first = scores()
    assert all(np.array_equal(first, scores()) for _ in range(12))


def test_a_text_does_not_vote_for_itself() -> None:
    """Out of fold the neighbours are others' texts: with labels that say nothing, they know nothing of a row's own."""
    corpus, about, _ = small_corpus(described=False)
    y = np.random.default_rng(3).permutation(np.arange(40) % 4)
    settings = Settings(use_terms=False)
    found = out_of_fold(corpus, about, y, 4, np.arange(40), settings, 1, lambda step: None)
    place = scorer_names(about, settings).index("neighbours")
    assert (found[place].argmax(axis=1) == y).mean() < 0.7
    own = Scorers(corpus, about, y, 4, np.arange(40), settings).scores(np.arange(40))[place]
    assert (own.argmax(axis=1) == y).mean() > 0.9, "whereas a text that is remembered is nearest to itself"


def test_all_is_remembered_where_there_is_room() -> None:
    y = np.array([0, 1, 1, 2])
    assert remembered(y, 4).tolist() == remembered(y, 100).tolist() == [0, 1, 2, 3]
    assert remembered(np.zeros(0, dtype=np.int64), 10).tolist() == []


def test_of_great_labels_the_newest_are_remembered_and_of_small_ones_all() -> None:
    y = np.random.default_rng(0).permutation(np.array([0] * 900 + [1] * 90 + [2] * 7 + [3] * 3))
    kept = remembered(y, 60)
    counts = np.bincount(y[kept], minlength=4)
    assert counts.tolist() == [25, 25, 7, 3], "the limit is used up, the great ones share what the small ones leave"
    for label in range(4):
        assert set(kept[y[kept] == label]) == set(np.flatnonzero(y == label)[-counts[label] :])
    assert kept.tolist() == sorted(kept), "in the order of the rows"


@pytest.mark.parametrize("limit", [1, 3, 5, 17, 100, 399])
def test_never_more_is_remembered_than_the_limit_unless_it_is_one_of_each(limit: int) -> None:
    y = np.random.default_rng(limit).integers(0, 5, 400)
    kept = remembered(y, limit)
    assert len(kept) <= max(limit, 5) and set(y[kept]) == set(range(5)) and len(set(kept)) == len(kept)
    assert len(kept) > limit - 5


def test_a_label_that_the_fitted_rows_lack_is_scored_low_and_breaks_nothing() -> None:
    corpus, about, y = small_corpus(described=False)
    rows = np.flatnonzero(y != 2)
    scores = Scorers(corpus, about, y, 4, rows, Settings()).scores(np.arange(len(y)))
    assert np.isfinite(scores).all() and (scores[0].argmax(axis=1) != 2).all()


def test_two_labels_have_two_columns() -> None:
    corpus, about, y = small_corpus(described=False)
    rows = np.flatnonzero(y < 2)
    scores = Scorers(corpus, about, y, 2, rows, Settings()).scores(rows)
    assert scores.shape == (3, 20, 2) and (scores[0].argmax(axis=1) == y[rows]).all()


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
    assert scorers.scores(np.arange(5)).shape == (5, 5, 4)
    blend = fit_blend(scorers.scores(np.arange(39)), y[:39])
    blend.names = scorers.names
    assert np.isfinite(scorers.target(list("abcd"), blend).bias).all()


def test_rows_of_one_label_teach_nothing_and_break_nothing() -> None:
    corpus, about, y = small_corpus(described=False)
    scores = Scorers(corpus, about, y, 4, np.arange(10), Settings()).scores(np.arange(40))
    assert np.isfinite(scores).all()
