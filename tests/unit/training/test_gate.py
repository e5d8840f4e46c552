import numpy as np
import pytest

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


def test_a_clear_gain_and_a_tie_are_told_apart() -> None:
    truth, old = said(600, 0.75, 1)
    _, better = said(600, 0.85, 2)
    gain = compare("old", "new", truth, old, better)
    assert gain.outcome == "better" and "明显更好" in gain.explanation
    tie = compare("old", "new", truth, old, list(old))
    assert tie.outcome == "level" and tie.passed and "不相上下" in tie.explanation
    assert gain.figures["top1"]["candidate"] - gain.figures["top1"]["incumbent"] == pytest.approx(
        gain.difference["top1"], abs=1e-3
    )


def test_fewer_orders_than_departments_never_pass_by_themselves() -> None:
    truth, old = said(30, 0.5, 1)
    verdict = compare("old", "new", truth, old, truth, departments=40)
    assert not verdict.passed and verdict.outcome == "too_few" and verdict.needed == 40
    assert "只有30条" in verdict.explanation and "40个单位" in verdict.explanation and "还差10条" in verdict.explanation
    assert compare("old", "new", truth, old, truth, departments=30).passed


def test_automatic_dispatch_is_compared_too() -> None:
    truth, old = said(600, 0.85, 1)
    sure = [t == o for t, o in zip(truth, old, strict=True)]
    both = compare("old", "new", truth, old, old, auto_by_incumbent=sure, auto_by_candidate=[True] * 600)
    assert both.difference["coverage"] == pytest.approx(1 - sum(sure) / 600, abs=1e-3)
    assert both.difference["precision"] < -0.1 and both.outcome == "worse", "it acts where it is wrong"
    same = compare("old", "new", truth, old, old, auto_by_incumbent=sure, auto_by_candidate=sure)
    assert same.passed and "自动派单占比" in same.explanation


def test_a_model_that_dispatches_nothing_has_no_precision_to_compare() -> None:
    truth, old = said(100, 0.85, 1)
    found = compare("old", "new", truth, old, old, auto_by_incumbent=[False] * 100, auto_by_candidate=[True] * 100)
    assert found.passed and "precision" not in found.difference and found.difference["coverage"] == 1
