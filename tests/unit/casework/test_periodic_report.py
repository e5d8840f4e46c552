"""定期报告: how a report words its figures."""

import pytest

from casework.insight.periodic_report import change_words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, ""),
        (0.0, "，与上期持平"),
        (0.0004, "，与上期持平"),
        (0.25, "，比上期增加25.0%"),
        (-0.031, "，比上期减少3.1%"),
    ],
)
def test_a_change_is_told_as_people_say_it(change: float | None, words: str) -> None:
    assert change_words(change) == words
