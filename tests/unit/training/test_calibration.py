import numpy as np
import pytest

from training.calibration import calibration_error, fit_blend, fit_odds, pooled_threshold, thresholds


def draw(rows: int, sharp: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(scores, y, true probabilities): labels drawn from softmax(logits); the scores are the logits, `sharp` times."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(rows, 4)) * 2
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([rng.choice(4, p=row) for row in p])
    return (logits * sharp)[None], y, p


@pytest.mark.parametrize("sharp", [0.1, 10.0])
def test_scores_that_are_too_sharp_or_too_dull_become_honest(sharp: float) -> None:
    scores, y, true = draw(4000, sharp)
    blend = fit_blend(scores, y)
    assert blend.weights[0] * sharp == pytest.approx(1, abs=0.1)
    assert blend.slope == pytest.approx(1, abs=0.15) and blend.shift == pytest.approx(0, abs=0.1)
    found = blend.probabilities(scores)
    assert np.abs(found - true).mean() < 0.02
    assert calibration_error(found.max(axis=1), found.argmax(axis=1) == y) < 0.03


def test_a_scorer_that_knows_nothing_gets_next_to_no_weight() -> None:
    scores, y, _ = draw(2000, 1.0)
    noise = np.random.default_rng(1).normal(size=scores.shape) * 2
    good, bad = fit_blend(np.concatenate([scores, noise]), y).weights
    assert good > 0.8 and 0 <= bad < 0.1


def test_few_rows_that_are_all_told_apart_do_not_make_for_certainty() -> None:
    y = np.repeat(np.arange(4), 3)
    scores = np.eye(4)[y][None]
    assert fit_blend(scores, y).probabilities(scores).max() < 0.99


def test_the_pooled_threshold_is_the_lowest_that_reaches_the_precision() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    assert pooled_threshold(confidence, np.array([1, 1, 0, 1, 0.0]), 0.75) == 0.6
    assert pooled_threshold(confidence, np.array([1, 1, 1, 1, 1.0]), 0.95) == 0.5
    assert pooled_threshold(confidence, np.zeros(5), 0.5) is None


def test_equal_confidences_stand_or_fall_together() -> None:
    confidence = np.array([0.9, 0.9, 0.9, 0.9])
    assert pooled_threshold(confidence, np.array([1, 1, 0, 0.0]), 0.9) is None


def confident(y: np.ndarray, right: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Probabilities of 3 labels whose maximum is `confidence`, at the true label where `right`."""
    chosen = np.where(right, y, (y + 1) % 3)
    found = np.repeat((1 - confidence)[:, None] / 2, 3, axis=1)
    found[np.arange(len(y)), chosen] = confidence
    return found


def test_a_label_that_errs_gets_a_higher_threshold_than_one_that_does_not() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 300)
    confidence = rng.uniform(0.5, 1, 900)
    said = np.where(rng.uniform(size=900) < np.where(y == 1, confidence - 0.2, 0.99), y, (y + 1) % 3)
    found = thresholds(confident(y, said == y, confidence), y, ["a", "b", "c"], 0.95)
    assert found["a"] is not None and found["a"] < 0.75
    assert found["c"] is None or found["c"] > found["a"]  # "b"'s errors are said to be "c"


def test_a_rare_label_never_gets_a_threshold() -> None:
    y = np.array([0] * 100 + [1] * 4 + [2] * 100)
    found = thresholds(confident(y, np.ones(204, dtype=bool), np.full(204, 0.99)), y, ["a", "rare", "c"], 0.95)
    assert found["rare"] is None and found["a"] == pytest.approx(0.99)


def test_a_few_lucky_rows_do_not_buy_a_threshold_of_their_own() -> None:
    y = np.array([0] * 200 + [1] * 6)
    right = np.array([True] * 120 + [False] * 80 + [True] * 6)
    confidence = np.concatenate([np.linspace(0.99, 0.5, 200), np.full(6, 0.6)])
    found = thresholds(confident(y, right, confidence), y, ["a", "lucky", "c"], 0.95)
    assert found["lucky"] is None or found["lucky"] > 0.65


def test_nothing_reaches_the_precision_then_nothing_is_automatic() -> None:
    y = np.repeat([0, 1, 2], 30)
    found = thresholds(confident(y, np.arange(90) % 2 == 0, np.full(90, 0.9)), y, ["a", "b", "c"], 0.95)
    assert set(found.values()) == {None}


def test_confidence_that_is_too_sure_at_the_top_is_corrected() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.4, 0.999, 4000)
    odds = np.log(confidence / (1 - confidence))
    right = rng.uniform(size=4000) < 1 / (1 + np.exp(-(0.5 * odds + 0.2)))
    slope, shift = fit_odds(confidence, right)
    corrected = 1 / (1 + np.exp(-(slope * odds + shift)))
    assert slope == pytest.approx(0.5, abs=0.08) and shift == pytest.approx(0.2, abs=0.08)
    assert calibration_error(corrected, right) < 0.4 * calibration_error(confidence, right)


def test_the_correction_never_makes_surer() -> None:
    assert fit_odds(np.full(500, 0.7), np.ones(500, dtype=bool))[0] <= 1


def test_the_calibration_error_by_hand() -> None:
    confidence = np.array([0.6] * 10 + [0.9] * 10)
    right = np.array([1] * 6 + [0] * 4 + [1] * 7 + [0] * 3)
    assert calibration_error(confidence, right, bins=2) == pytest.approx(0.1)
    assert calibration_error(np.array([]), np.array([])) == 0
