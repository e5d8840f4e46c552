from datetime import date, timedelta

import numpy as np
import pytest

from routing.drift import MAX_SHIFT, MIN_ORDERS, Baseline, Seen, latest, sentences, stability_index, weeks_of

MONDAY = date(2026, 3, 2)
TRAINED = {"a": 500, "b": 300, "c": 200}
BASELINE = Baseline(top1=0.9, coverage=0.6, counts=TRAINED)


def seen(day: date = MONDAY, **more: object) -> Seen:
    row = {"model": "m", "label": "a", "confidence": 0.9, "auto": True, "dispatched": True, "returned": False}
    return Seen(day=day, **({"settled": "a"} | row | more))  # type: ignore[arg-type]


def week(n: int, monday: date = MONDAY, right: float = 0.9, auto: float = 0.6, returned: float = 0.0) -> list[Seen]:
    """`n` orders whose labels are shared as in training."""
    labels = ["a"] * (n // 2) + ["b"] * (3 * n // 10)
    labels += ["c"] * (n - len(labels))
    return [
        seen(
            monday + timedelta(days=i % 7),
            label=label if i < right * n else "x",
            settled=label,
            auto=i < auto * n,
            returned=i < returned * n,
        )
        for i, label in enumerate(labels)
    ]


def figures(rows: list[Seen], baseline: Baseline = BASELINE) -> dict:
    (found,) = weeks_of(rows, {"m": baseline}, "m")
    return found.figures


def test_a_week_as_in_training_does_not_warn() -> None:
    found = figures(week(200))
    assert not any(figure.warning for figure in found.values())
    assert found["coverage"].value == 0.6 and found["agreement"].value == 0.9 and found["agreement"].n == 200


@pytest.mark.parametrize(
    ("key", "worse"),
    [("agreement", {"right": 0.7}), ("coverage", {"auto": 0.3}), ("returns", {"returned": 0.2})],
)
def test_each_figure_warns_past_its_own_line_and_only_it(key: str, worse: dict) -> None:
    found = figures(week(200, **worse))
    assert [name for name, figure in found.items() if figure.warning] == [key]


def test_lower_confidence_warns() -> None:
    rows = [seen(confidence=0.6, settled="") for _ in range(100)]
    assert figures(rows, Baseline(0.9, None, {}))["confidence"].warning


def test_the_line_lies_two_standard_errors_below_and_nearer_with_more_orders() -> None:
    few, many = (figures(week(n))["agreement"].line for n in (40, 4000))
    assert few == pytest.approx(0.9 - 2 * (0.9 * 0.1 / 40) ** 0.5, abs=1e-4)
    assert many is not None and few is not None and few < many < 0.9


@pytest.mark.parametrize(("n", "warns"), [(MIN_ORDERS - 1, False), (MIN_ORDERS, True)])
def test_few_orders_never_warn(n: int, warns: bool) -> None:
    rows = [seen(label="x", settled="a", confidence=0.1, auto=False, returned=True) for _ in range(n)]
    found = figures(rows)
    assert any(figure.warning for figure in found.values()) is warns


def test_other_departments_than_in_training_are_a_shift() -> None:
    found = figures([seen(label="c", settled="c") for _ in range(100)])
    assert found["shift"].warning and found["shift"].value is not None and found["shift"].value > MAX_SHIFT
    (one,) = weeks_of([seen(label="c", settled="c") for _ in range(100)], {"m": BASELINE}, "m")
    assert one.shifts[0] == {"department": "c", "share": 1.0, "trained": 0.2}


def test_a_department_that_training_did_not_know_is_a_shift() -> None:
    assert figures([seen(label="new", settled="new") for _ in range(100)])["shift"].warning


def test_the_index_of_two_labels_by_hand() -> None:
    found = stability_index({"a": 5000, "b": 5000}, {"a": 9000, "b": 1000})
    assert found is not None and found[0] == pytest.approx(
        (0.4) * np.log(0.9 / 0.5) - 0.4 * np.log(0.1 / 0.5), abs=1e-3
    )


def test_chance_alone_hardly_ever_counts_as_a_shift() -> None:
    """Forty departments and sixty orders a week: the raw index is far above .25, and means nothing."""
    draw = np.random.default_rng(1)
    shares = draw.dirichlet(np.ones(40))
    trained = {str(i): int(count) for i, count in enumerate(draw.multinomial(3000, shares))}
    warned = 0
    for _ in range(300):
        week_of = {str(i): int(count) for i, count in enumerate(draw.multinomial(60, shares))}
        found = stability_index(trained, week_of)
        assert found is not None
        warned += found[0] > max(MAX_SHIFT, found[1])
    assert warned <= 9


@pytest.mark.parametrize(("trained", "now"), [({}, {"a": 3}), ({"a": 3}, {}), ({"a": 9}, {"a": 9})])
def test_without_two_sides_there_is_no_index(trained: dict, now: dict) -> None:
    assert stability_index(trained, now) is None


def test_weeks_begin_on_monday_also_over_the_turn_of_the_year() -> None:
    days = [date(2025, 12, 28), date(2025, 12, 29), date(2026, 1, 4), date(2026, 1, 5)]
    found = weeks_of([seen(day) for day in days], {"m": BASELINE}, "m")
    assert [(one.week, one.first.isoformat(), one.orders) for one in found] == [
        ("2025-W52", "2025-12-22", 1),
        ("2026-W01", "2025-12-29", 2),
        ("2026-W02", "2026-01-05", 1),
    ]


def test_a_week_is_held_against_the_model_of_most_of_its_orders() -> None:
    rows = [seen(model="old", auto=False) for _ in range(60)] + [seen(model="m") for _ in range(10)]
    lenient = Baseline(0.9, 0.05, TRAINED)
    (found,) = weeks_of(rows, {"old": lenient, "m": BASELINE}, "m")
    assert found.models == ["old", "m"] and not found.figures["coverage"].warning
    (found,) = weeks_of(rows, {"m": BASELINE}, "m")
    assert found.figures["coverage"].warning, "of an unknown model the current one's figures stand in"


def test_without_any_model_nothing_warns_but_returns() -> None:
    rows = [seen(returned=True) for _ in range(50)]
    (found,) = weeks_of(rows, {}, "")
    assert found.warnings == ["returns"] and found.figures["shift"].value is None


def test_what_is_not_settled_or_not_dispatched_counts_in_its_own_figures_only() -> None:
    rows = [seen(settled="", dispatched=False)] * 10 + [seen()] * 30
    found = figures(rows)
    assert (found["agreement"].n, found["returns"].n, found["coverage"].n) == (30, 30, 40)


def test_the_warning_says_figure_line_and_what_to_do() -> None:
    rows = week(200, returned=0.2) + week(5, MONDAY + timedelta(days=7), right=0.0)
    found = weeks_of(rows, {"m": BASELINE}, "m")
    newest = latest(found)
    assert newest is not None and newest.week == "2026-W10", "five orders are not a week to judge by"
    (told,) = sentences(newest)
    assert (
        told
        == "退单率20.0%，高于警戒线（警戒线10.0%，200张工单）：建议检查派单规则和单位职责，再用更正后的工单重新训练。"
    )


def test_no_orders_no_weeks() -> None:
    assert weeks_of([], {"m": BASELINE}, "m") == [] and latest([]) is None
