"""跟问模型训练: the fit really learns, folds keep sessions apart, and cases survive their file."""

import json
from pathlib import Path

import numpy as np

from training.follow_ups import Case, figures, fit, held_out, main, read_cases, shares_of, threshold_for, write_cases

NAMES = ("signal", "noise", "none")


def cases(count: int = 60) -> list[Case]:
    """Messages whose right candidate has the larger signal; of every sixth none is right, and all signals are small."""
    chance = np.random.default_rng(0)
    told = []
    for number in range(count):
        answerable = number % 6 != 0
        features = np.zeros((5, 3))
        features[:4, 0] = chance.uniform(0, 0.3, 4)
        features[:4, 1] = chance.normal(size=4)
        right = np.zeros(5, dtype=bool)
        place = number % 4 if answerable else 4
        right[place] = True
        if answerable:
            features[place, 0] = 1.0
        features[4, 2] = 1.0
        told.append(Case(f"s{number // 3}", "session" if answerable else "unanswerable", features, right))
    return told


def test_the_signal_is_learned_and_noise_is_not() -> None:
    weights = fit(cases())
    assert weights[0] > 2 and abs(weights[1]) < 0.5
    shares = shares_of(cases()[1].features, weights)
    assert shares.argmax() == 1 and abs(shares.sum() - 1) < 1e-9


def test_held_out_figures() -> None:
    rows = cases()
    shares = held_out(rows)
    told = figures(rows, shares, threshold_for(rows, shares))
    assert told["session"]["right"] > 0.9 and told["unanswerable"]["wrong"] < 0.2


def test_cases_survive_their_file_and_the_model_is_written(tmp_path: Path) -> None:
    write_cases(tmp_path / "cases.npz", NAMES, cases())
    names, rows = read_cases(tmp_path / "cases.npz")
    assert names == list(NAMES) and len(rows) == 60
    assert np.allclose(rows[7].features, cases()[7].features, atol=1e-6) and (rows[7].right == cases()[7].right).all()
    assert main(["--cases", str(tmp_path / "cases.npz"), "--out", str(tmp_path / "model.json")]) == 0
    row = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    assert row["features"] == list(NAMES) and len(row["weights"]) == 3
