"""满意度: rates with their denominators, counted by hand."""

from casework.callback import Callback, CallbackState
from casework.satisfaction import Rate, satisfaction_rates
from tests.unit.casework.desk import MONDAY


def told(contacted: bool, resolved: bool, rating: int) -> Callback:
    return Callback(
        1, MONDAY, MONDAY, state=CallbackState.ANSWERED, contacted=contacted, resolved=resolved, rating=rating
    )


def in_state(state: CallbackState) -> Callback:
    return Callback(1, MONDAY, MONDAY, state=state)


def test_three_questions_give_three_rates() -> None:
    callbacks = [
        told(True, True, 5),
        told(True, False, 3),
        told(True, False, 2),
        told(False, False, 1),
        in_state(CallbackState.UNREACHED),
        in_state(CallbackState.DUE),
        in_state(CallbackState.SCHEDULED),
    ]
    rates = satisfaction_rates(callbacks, 8)
    assert (rates.response, rates.resolution, rates.satisfaction) == (Rate(3, 4), Rate(1, 4), Rate(2, 4))
    assert (rates.coverage, rates.unreached, rates.waiting) == (Rate(7, 8), 1, 2)
    assert rates.as_dict()["response_rate"] == {"numerator": 3, "denominator": 4, "share": 0.75}
    assert rates.as_dict()["callback_coverage"]["share"] == 0.875


def test_of_nothing_there_is_no_share() -> None:
    rates = satisfaction_rates([], 0).as_dict()
    for name in ("response_rate", "resolution_rate", "satisfaction_rate", "callback_coverage"):
        assert rates[name] == {"numerator": 0, "denominator": 0, "share": None}
    unanswered = satisfaction_rates([in_state(CallbackState.UNREACHED)], 1)
    assert unanswered.satisfaction.share is None and unanswered.coverage.share == 1.0


def test_a_rate_of_none_in_some_is_zero_and_not_nothing() -> None:
    assert Rate(0, 3).share == 0.0 and Rate(0, 3).as_dict()["share"] == 0.0


def test_a_generator_is_counted_once_and_whole() -> None:
    rates = satisfaction_rates((told(True, True, rating) for rating in (5, 4, 3, 2, 1)), 5)
    assert rates.satisfaction == Rate(3, 5) and rates.coverage == Rate(5, 5)
