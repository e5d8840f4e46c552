"""The league: Wilson intervals, ranks by what is sure, small numbers apart, units with their departments."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import InvalidInput
from casework.insight.league import LeagueMeasure, measure_of, own_and_units, ranked, wilson, with_units_added

RATES = st.integers(0, 500).flatmap(lambda below: st.tuples(st.integers(0, below), st.just(below)))
TALLIES = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), RATES, max_size=12)


@given(RATES)
def test_the_interval_holds_the_share(rate: tuple[int, int]) -> None:
    low, high = wilson(*rate)
    assert 0 <= low <= high <= 1
    if rate[1]:
        assert low <= rate[0] / rate[1] <= high


@given(st.integers(1, 200), st.integers(0, 200))
def test_more_orders_make_it_narrower(below: int, above: int) -> None:
    above = min(above, below)
    narrow, wide = wilson(10 * above, 10 * below), wilson(above, below)
    assert narrow[1] - narrow[0] <= wide[1] - wide[0]


@pytest.mark.parametrize(
    ("above", "below", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (0, 0, 0, 1)],
)
def test_known_intervals(above: int, below: int, low: float, high: float) -> None:
    """The third is Newcombe's (1998) example, method 3."""
    assert wilson(above, below) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(TALLIES, st.booleans(), st.integers(1, 40))
def test_everybody_stands_once_and_only_who_has_enough_has_a_rank(tallies: dict, good: bool, least: int) -> None:
    standings = ranked(tallies, good, least)
    assert sorted(one.department for one in standings) == sorted(tallies)
    assert all((one.rank is not None) == (one.denominator >= least) for one in standings)
    placed = [one for one in standings if one.rank is not None]
    assert standings[: len(placed)] == placed
    for place, (one, other) in enumerate(itertools.pairwise(placed), 1):
        better = one.interval[0] >= other.interval[0] if good else one.interval[1] <= other.interval[1]
        assert better or one.rank == other.rank
        assert one.rank <= place and one.rank <= other.rank


def test_a_perfect_few_do_not_beat_a_proven_many() -> None:
    told = ranked({"few": (5, 5), "some": (22, 22), "many": (970, 1000)}, True, 20)
    assert [(one.department, one.rank) for one in told] == [("many", 1), ("some", 2), ("few", None)]


def test_where_less_is_better_the_upper_bound_counts() -> None:
    told = ranked({"few": (0, 25), "many": (10, 1000), "bad": (300, 1000)}, False, 20)
    assert [one.department for one in told] == ["many", "few", "bad"]


def test_the_same_figures_share_a_rank() -> None:
    told = ranked({"b": (30, 40), "a": (30, 40), "c": (20, 40)}, True, 20)
    assert [(one.department, one.rank) for one in told] == [("a", 1), ("b", 1), ("c", 3)]


@given(TALLIES)
def test_units_add_up(tallies: dict) -> None:
    parents = {code: "parent" for code in tallies if code.startswith("a")}
    summed = with_units_added(tallies, parents)
    assert sum(row[1] for row in summed.values()) == sum(row[1] for row in tallies.values())
    assert not set(parents) & set(summed)


def test_a_row_stands_for_its_units_too() -> None:
    parents = {"x-east": "x", "x-west": "x"}
    assert own_and_units("x", parents, True) == ["x", "x-east", "x-west"]
    assert own_and_units("x", parents, False) == ["x"]


def test_an_unknown_measure_is_named() -> None:
    assert measure_of("faulty") is LeagueMeasure.FAULTY
    with pytest.raises(InvalidInput, match="没有这个指标"):
        measure_of("nothing")
