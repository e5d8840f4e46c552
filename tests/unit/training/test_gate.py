import numpy as np

from training.gate import compare


def said(rows: int, right: float, seed: int) -> tuple[list[str], list[str]]:
    """(truth, answers): the share `right` of the answers is true."""
    rng = np.random.default_rng(seed)
    truth = [f"d{i % 5}" for i in range(rows)]
    return truth, [t if rng.uniform() < right else f"d{(i + 1) % 5}" for i, t in enumerate(truth)]


def test_a_worse_candidate_is_refused_with_figures() -> None:
    truth, old = said(600, 0.85, 1)
    _, new = said(600, 0.75, 2)
    verdict = compare("old", "new", truth, old, new)
    assert not verdict.passed and verdict.difference["top1"] < -0.05
    assert "600条" in verdict.explanation and "不予启用" in verdict.explanation


def test_a_better_candidate_passes() -> None:
    truth, old = said(600, 0.75, 1)
    _, new = said(600, 0.85, 2)
    verdict = compare("old", "new", truth, old, new)
    assert verdict.passed and verdict.low["top1"] > 0 and verdict.incumbent == "old"


def test_the_same_answers_pass() -> None:
    truth, old = said(300, 0.8, 1)
    verdict = compare("old", "new", truth, old, list(old))
    assert verdict.passed and verdict.difference == {"top1": 0, "macro_f1": 0}


def test_a_loss_in_one_department_is_seen_though_top1_hardly_moves() -> None:
    truth = ["big"] * 950 + ["small"] * 50
    new = ["big"] * 1000
    verdict = compare("old", "new", truth, list(truth), new)
    assert not verdict.passed and verdict.difference["macro_f1"] < -0.3


def test_few_rows_and_a_loss_is_not_given_the_benefit_of_the_doubt() -> None:
    truth = ["a", "b"] * 10
    new = list(truth)
    new[0] = "b"
    assert not compare("old", "new", truth, list(truth), new).passed


def test_without_rows_nothing_is_promoted() -> None:
    verdict = compare("old", "new", [], [], [])
    assert not verdict.passed and "没有可用于比较" in verdict.explanation


def test_the_verdict_does_not_depend_on_the_run() -> None:
    truth, old = said(200, 0.8, 1)
    _, new = said(200, 0.8, 2)
    assert compare("a", "b", truth, old, new, seed=7) == compare("a", "b", truth, old, new, seed=7)


def test_the_verdict_can_be_stored() -> None:
    import json

    row = compare("a", "b", ["x", "y"], ["x", "y"], ["x", "y"]).as_dict()
    assert json.loads(json.dumps(row)) == row
