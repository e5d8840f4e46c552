"""神经网络微调: how much of each text is read."""

import numpy as np
import pytest

from training.network import MAX_TOKENS, TOKENS, token_limit


def test_short_texts_are_read_whole() -> None:
    assert token_limit(np.full(1000, 30), 4) == MAX_TOKENS


@pytest.mark.parametrize("count", [10_000, 12_000, 15_000, 20_000, 28_000])
def test_of_many_long_texts_as_much_is_read_as_there_is_time_for(count: int) -> None:
    lengths = np.full(count, MAX_TOKENS)
    limit = token_limit(lengths, 4)
    assert 48 < limit < MAX_TOKENS
    assert np.minimum(lengths, limit).sum() * 4 <= TOKENS
    assert token_limit(lengths, 8) < limit, "more rounds leave less for each"


def test_a_few_long_texts_among_short_ones_are_read_whole() -> None:
    assert token_limit(np.array([20] * 9000 + [MAX_TOKENS] * 300), 4) == MAX_TOKENS


def test_there_is_a_least_that_is_read_of_any_number_of_texts() -> None:
    assert token_limit(np.full(10_000_000, MAX_TOKENS), 4) == 48
