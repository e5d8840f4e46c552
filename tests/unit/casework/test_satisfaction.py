"""满意度: rates with their denominators, counted by hand."""

from casework.callback.callback import Callback, CallbackState
from casework.callback.satisfaction import ClosingFilter, Measure, Part, Rate, Tally, counts, tally
from tests.unit.casework.desk import MONDAY


def told(contacted: bool, resolved: bool, rating: int) -> Callback:
    return Callback(
        1, MONDAY, MONDAY, state=CallbackState.ANSWERED, contacted=contacted, resolved=resolved, rating=rating
    )


def in_state(state: CallbackState, attempts: int = 0, **values: str) -> Callback:
    return Callback(1, MONDAY, MONDAY, state=state, attempts=attempts, **values)


MIXED = [
    told(True, True, 5),
    told(True, False, 3),
    told(True, False, 2),
    told(False, False, 1),
    in_state(CallbackState.UNREACHED, attempts=3),
    in_state(CallbackState.DUE, attempts=1),
    in_state(CallbackState.SCHEDULED),
    in_state(CallbackState.REFUSED, attempts=1),
    in_state(CallbackState.EXCLUDED, excluded="duplicate"),
    in_state(CallbackState.EXCLUDED, excluded="history"),
]


def test_three_questions_give_three_rates_and_the_rest_is_counted_beside_them() -> None:
    counted = tally(MIXED)
    rates = [counted.rate(measure) for measure in (Measure.RESPONSE, Measure.RESOLUTION, Measure.SATISFACTION)]
    assert rates == [Rate(3, 4), Rate(1, 4), Rate(2, 4)]
    assert (counted.unreached, counted.waiting, counted.refused) == (1, 2, 1)
    assert counted.excluded == {"duplicate": 1, "history": 1} and counted.closings == 10
    assert counted.rate(Measure.COVERAGE) == Rate(7, 8), "one is only scheduled; what is excluded is not asked for"
    view = counted.as_dict()
    assert view["response_rate"] == {"numerator": 3, "denominator": 4, "share": 0.75}
    assert view["callback_coverage"]["share"] == 0.875 and view["refused"] == 1


def test_every_closing_is_in_exactly_one_part() -> None:
    for callback in MIXED:
        parts = [part for part in (Part.DENOMINATOR, *list(Part)[2:]) if counts(callback, Measure.RESPONSE, part)]
        assert len(parts) == 1


def test_of_nothing_there_is_no_share() -> None:
    rates = tally([]).as_dict()
    for name in ("response_rate", "resolution_rate", "satisfaction_rate", "callback_coverage"):
        assert rates[name] == {"numerator": 0, "denominator": 0, "share": None}
    unanswered = tally([in_state(CallbackState.UNREACHED, attempts=1)])
    assert unanswered.rate(Measure.SATISFACTION).share is None
    assert unanswered.rate(Measure.COVERAGE).share == 1.0


def test_a_rate_of_none_in_some_is_zero_and_not_nothing() -> None:
    assert Rate(0, 3).share == 0.0 and Rate(0, 3).as_dict()["share"] == 0.0


def test_tallies_add_up() -> None:
    assert tally(MIXED[:3]) + tally(MIXED[3:]) == tally(MIXED) and tally(MIXED) + Tally() == tally(MIXED)


def test_a_filter_tells_none_from_any() -> None:
    plain = in_state(CallbackState.DUE)
    assert ClosingFilter().holds(plain) and ClosingFilter(departments=("-",), district="-").holds(plain)
    assert not ClosingFilter(departments=("A",)).holds(plain) and not ClosingFilter(type="投诉").holds(plain)
    assert not ClosingFilter(end=MONDAY).holds(plain) and ClosingFilter(start=MONDAY).holds(plain)
