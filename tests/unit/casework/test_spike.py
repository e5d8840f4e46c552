"""Spikes: the tail of the negative binomial, and what a little history is worth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from casework.insight.spike import MOST, STEADY, Level, times

COUNTS = st.integers(0, 400)
WINDOWS = st.floats(0.5, 40)


@given(COUNTS, WINDOWS, st.integers(0, 300))
def test_surprise_is_the_tail_of_the_negative_binomial(usual: int, windows: float, count: int) -> None:
    level = Level.learnt(usual, windows)
    tail = nbinom.sf(count - 1, level.shape, level.shape / (level.shape + level.mean))
    if tail > 1e-250:
        assert level.surprise(count) == pytest.approx(-math.log10(tail), abs=1e-6)
    else:
        assert level.surprise(count) > 240


@given(COUNTS, WINDOWS, st.integers(0, 200))
def test_more_appeals_surprise_more_and_more_history_surprises_less(usual: int, windows: float, count: int) -> None:
    level = Level.learnt(usual, windows)
    assert 0 <= level.surprise(count) <= level.surprise(count + 1) <= MOST
    assert Level.learnt(usual + 5, windows).surprise(count) <= level.surprise(count) + 1e-9


def test_five_of_what_never_was_stand_out_and_five_of_what_is_common_do_not() -> None:
    assert Level.learnt(0, 9).surprise(5) > 5
    assert Level.learnt(45, 9).surprise(5) < 0.5
    assert Level.learnt(0, 9, likely=0.5).surprise(5) < Level.learnt(0, 9).surprise(5)


def test_a_well_known_level_still_sways() -> None:
    level = Level.learnt(4000, 10)
    assert level.shape == STEADY
    assert level.surprise(round(level.mean * 1.2)) < 1 < 4 < level.surprise(round(level.mean * 2.5))


def test_nothing_is_no_surprise() -> None:
    assert Level.learnt(3, 9).surprise(0) == 0.0
    assert (times(6, 2.0), times(3, 0.0)) == (3.0, 3.0)
