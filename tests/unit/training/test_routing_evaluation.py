import numpy as np
import pytest
from sklearn.metrics import f1_score

from training import routing_evaluation as evaluation

LABELS = ["a", "b", "c"]
P = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.4, 0.35, 0.25], [0.1, 0.2, 0.7]])
FOUND = evaluation.outcomes(LABELS, P, ["a", "b", "b", "c", "elsewhere"])


def test_the_figures_by_hand() -> None:
    found = evaluation.measures(FOUND, {"a": 0.7, "b": 0.7, "c": None})
    assert (found["rows"], found["top1"], found["top3"]) == (5, 0.4, 0.8)
    assert found["auto"] == {"coverage": 0.4, "precision": 1.0, "rows": 2}


def test_macro_f1_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, chosen = rng.integers(0, 6, 200), rng.integers(0, 6, 200)
    assert evaluation.macro_f1(chosen, y) == pytest.approx(f1_score(y, chosen, average="macro"))
    assert evaluation.macro_f1(np.array([0, 1]), np.array([0, 0])) == pytest.approx(2 / 3)


def test_a_label_the_model_does_not_have_counts_as_wrong() -> None:
    assert evaluation.macro_f1(np.array([0, 0]), np.array([0, -1])) == pytest.approx(2 / 3 / 2)


def test_no_texts_no_figures() -> None:
    found = evaluation.measures(evaluation.outcomes(LABELS, np.zeros((0, 3)), []), {})
    assert found["rows"] == 0 and found["top1"] is None and found["auto"]["precision"] is None


def test_the_table_of_departments() -> None:
    rows = {row["label"]: row for row in evaluation.department_table(FOUND, {"a": 0.7, "b": None})}
    assert (rows["a"]["rows"], rows["a"]["precision"], rows["a"]["recall"]) == (1, round(1 / 3, 4), 1.0)
    assert (rows["a"]["auto"], rows["b"]["auto"], rows["b"]["recall"]) == (1, 0, 0.5)


def test_confusions_and_worst_errors_name_both_sides() -> None:
    assert {"true": "b", "said": "a", "rows": 1} in evaluation.confusions(FOUND)
    assert {"true": "（未知单位）", "said": "c", "rows": 1} in evaluation.confusions(FOUND)
    worst = evaluation.worst_errors(FOUND, list("vwxyz"), ["a", "b", "b", "c", "elsewhere"])
    assert [row["text"] for row in worst] == ["z", "w", "y"] and worst[1]["said"] == "a"


def test_the_curve_falls_from_the_most_confident_to_all() -> None:
    curve = evaluation.coverage_curve(FOUND)
    assert curve[0] == {"coverage": 0.2, "precision": 1.0, "confidence": 0.8}
    assert curve[-1]["coverage"] == 1.0 and curve[-1]["precision"] == 0.4
