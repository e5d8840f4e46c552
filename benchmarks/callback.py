"""Measure how citizens' answers in a callback are read: accuracy of each question, how often it is asked again, and how often it
is read wrongly, which is worse. The rules were made on callback-tune.jsonl; callback-test.jsonl is held out and its rows were
never read: only these totals.

python -m benchmarks.callback [--on tune test] [--name callback]        (--name keeps benchmarks/results/NAME.json)
"""

import argparse
import json
import time
from pathlib import Path

import demo
from assistant.callback_reading import Reading, read
from benchmarks.machine import write
from casework.callback.callback import BAD_RATINGS

FILES = {"tune": "callback-tune.jsonl", "test": "callback-test.jsonl"}
QUESTIONS = ("contacted", "resolved", "rating")
WISHES = ("new_demand", "handover", "refuses")


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def question(told: list[tuple[dict, Reading]], name: str) -> dict:
    """Of one question: shares of the rows. `asked_again`: the answer was there and is asked for once more; `wrong`: an answer was
    read that is not there, or not so."""
    pairs = [(row[name], getattr(reading, name)) for row, reading in told]
    wrong = [(wanted, found) for wanted, found in pairs if found is not None and found != wanted]
    figures = {
        "rows": len(pairs),
        "accuracy": share(sum(wanted == found for wanted, found in pairs), len(pairs)),
        "asked_again": share(sum(wanted is not None and found is None for wanted, found in pairs), len(pairs)),
        "wrong": share(len(wrong), len(pairs)),
    }
    if name == "rating":
        turned = sum((wanted in BAD_RATINGS) != (found in BAD_RATINGS) for wanted, found in wrong)
        figures["wrong_about_rework"] = share(turned, len(pairs))
    return figures


def wish(told: list[tuple[dict, Reading]], name: str) -> dict:
    pairs = [(row[name], bool(getattr(reading, name))) for row, reading in told]
    hits = sum(wanted and found for wanted, found in pairs)
    return {
        "rows": sum(wanted for wanted, _ in pairs),
        "precision": share(hits, sum(found for _, found in pairs)),
        "recall": share(hits, sum(wanted for wanted, _ in pairs)),
    }


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def measure(rows: list[dict]) -> dict:
    """Of one file: each question where it was the one asked, all that was read in any row, the wishes."""
    begun = time.perf_counter()
    told = [(row, read(row["asked"], row["text"])) for row in rows]
    seconds = time.perf_counter() - begun
    return {
        "rows": len(rows),
        "microseconds_per_row": round(seconds / len(rows) * 1e6),
        "where_asked": {name: question([one for one in told if one[0]["asked"] == name], name) for name in QUESTIONS},
        "in_any_row": {name: question(told, name) for name in QUESTIONS},
        "wishes": {name: wish(told, name) for name in WISHES},
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", nargs="+", choices=tuple(FILES), default=["tune"])
    parser.add_argument("--name", default="")
    options = parser.parse_args(argv)
    result = {name: measure(rows_of(demo.CITY.parent / FILES[name])) for name in options.on}
    if options.name:
        write(options.name, result)
    else:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
