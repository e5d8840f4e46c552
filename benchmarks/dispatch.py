"""派单决定基准: the decisions of a seeded instance on the held-out appeals, which other authors wrote.

    python -m benchmarks.dispatch --data-dir DIR [--name NAME]

DIR is an instance of the demonstration city as `hotline serve --demo` makes it. The held-out appeals are read nowhere else.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

import demo
from api.instance import Instance
from api.settings import Settings
from benchmarks.machine import describe, write
from knowledge.text import warm_up
from routing.decision import DispatchDecision, Router
from routing.units import Units

TIMED = 200


def share(told: list[bool]) -> float | None:
    return round(float(np.mean(told)), 4) if told else None


def interval(told: list[bool]) -> list[float]:
    """95% by bootstrap over the appeals."""
    draw, values = np.random.default_rng(0), np.array(told, dtype=float)
    means = [values[draw.integers(0, len(values), len(values))].mean() for _ in range(1000)]
    return [round(float(np.quantile(means, q)), 4) for q in (0.025, 0.975)]


def measure(rows: list[dict], found: list[DispatchDecision], units: Units) -> dict:
    """Figures by kind of appeal: one demand, none's, two demands."""

    def lead(decision: DispatchDecision) -> str:
        return units.parent_of(decision.department) if decision.department else ""

    def first(decision: DispatchDecision, count: int) -> list[str]:
        return [units.parent_of(row["department"]) for row in decision.candidates[:count]]

    pairs = list(zip(rows, found, strict=True))
    single = [(row, one) for row, one in pairs if row["department"] and not row["demands"]]
    none = [one for row, one in pairs if not row["department"]]
    two = [(row, one) for row, one in pairs if row["demands"]]
    auto = [(row, one) for row, one in pairs if one.decision == "auto"]
    right = [first(one, 1) == [row["department"]] for row, one in single]
    paths = [(row["category"].split("/"), one.category.split("/")) for row, one in single]
    placed = [(row["district"], one.district) for row, one in pairs]
    cut = [len(one.evidence["demands"]) > 1 for _, one in two]
    return {
        "single": {
            "rows": len(single),
            "top1": share(right),
            "top1_interval": interval(right),
            "top3": share([row["department"] in first(one, 3) for row, one in single]),
            "auto": share([one.decision == "auto" for _, one in single]),
            "taken_for_none": share([not one.department for _, one in single]),
            "cut": share([len(one.evidence["demands"]) > 1 for _, one in single]),
        },
        "auto": {
            "rows": len(auto),
            "right": share([lead(one) == row["department"] for row, one in auto]),
            "none_or_two": sum(not row["department"] or bool(row["demands"]) for row, _ in auto),
        },
        "none": {
            "rows": len(none),
            "to_a_person": share([one.decision == "review" for one in none]),
            "recognised": share([not one.department for one in none]),
        },
        "two_demands": {
            "rows": len(two),
            "to_a_person": share([one.decision == "review" for _, one in two]),
            "cut": share(cut),
            "both_departments_right": share(
                [
                    [units.parent_of(part["department"]) for part in one.evidence["demands"]]
                    == [demand["department"] for demand in row["demands"]]
                    for row, one in two
                ]
            ),
        },
        "category": {
            f"level_{level}": share([a[:level] == b[:level] for a, b in paths if len(a) >= level])
            for level in (1, 2, 3, 4)
        },
        "traits": {
            name: share([one.evidence["traits"][name]["label"] == row[name] for row, one in pairs])
            for name in ("type", "urgency", "sentiment")
        },
        "district": {
            "found": sum(bool(said) for _, said in placed),
            "right_of_found": share([told == said for told, said in placed if said]),
            "right_of_told": share([told == said for told, said in placed if told]),
        },
    }


def timings(router: Router, rows: list[dict]) -> dict:
    """Milliseconds a text on one thread, and texts a second on all cores, the demands' search included in a decision."""
    predictor = router._predictor
    assert predictor is not None
    texts = [row["text"] for row in rows]
    taken: dict[str, list[float]] = {"predict": [], "decide": []}
    for text in texts[:TIMED]:
        for name, one in (("predict", lambda t: predictor.predict([t])), ("decide", router.decide)):
            start = time.perf_counter()
            one(text)
            taken[name].append(1000 * (time.perf_counter() - start))
    figures: dict = {
        name: {"p50": round(float(np.median(own)), 2), "p95": round(float(np.quantile(own, 0.95)), 2)}
        for name, own in taken.items()
    }
    start = time.perf_counter()
    predictor.predict(texts)
    figures["predicted_per_second"] = round(len(texts) / (time.perf_counter() - start), 1)
    start = time.perf_counter()
    router.decide_all([(text,) for text in texts])
    figures["decided_per_second"] = round(len(texts) / (time.perf_counter() - start), 1)
    figures["characters_median"] = float(np.median([len(text) for text in texts]))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--name", default="", help="keep the result as benchmarks/results/NAME.json")
    options = parser.parse_args()
    instance = Instance(Settings(data_dir=options.data_dir, env="demo", encoder_threads=1))
    warm_up()
    router = instance.router()
    router._similar = None  # evidence for people; it decides nothing
    rows = [json.loads(line) for path in demo.test_appeals() for line in path.read_text(encoding="utf-8").splitlines()]
    found = router.decide_all([(row["text"],) for row in rows])
    results = measure(rows, found, Units(instance.departments().values())) | {"milliseconds": timings(router, rows)}
    results["model"] = router.manifest.id if router.manifest else ""
    results["command"] = "python -m benchmarks.dispatch --data-dir DIR"
    if options.name:
        write(options.name, results)
    json.dump({"machine": describe(), **results}, sys.stdout, ensure_ascii=False, indent=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
