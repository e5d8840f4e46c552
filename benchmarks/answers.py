"""Measure the assistant on the demonstration city's held-out questions and sessions (never used for tuning).

python -m benchmarks.answers --data-dir data        (an instance that was seeded: make run, or hotline serve --demo)
"""

import argparse
import json
import statistics
import sys
import time
from datetime import date
from pathlib import Path

import demo
from api.instance import Instance
from api.settings import Settings
from assistant.conversation import Conversation, Outcome
from benchmarks.machine import write
from knowledge.evaluation import RankedQuestion, evaluate

SILENT = (Outcome.ABSTAINED, Outcome.INTAKE, Outcome.REFUSED, Outcome.SMALLTALK, Outcome.CLARIFY)


def read(name: str) -> list[dict]:
    return [json.loads(line) for line in (demo.DATA / name).read_text(encoding="utf-8").splitlines() if line]


def share(part: int, whole: int) -> dict:
    return {"share": round(part / whole, 4) if whole else None, "count": part, "of": whole}


def cited(reply) -> str:
    return reply.citations[0].entry_id if reply.citations else ""


def measure_questions(instance: Instance, rows: list[dict], worst: list) -> dict:
    """Outcome of a first turn for each question."""
    assistant, index = instance.assistant, instance.shelf.current()
    told = []
    seconds = []
    for row in rows:
        began = time.perf_counter()
        conversation = Conversation("", instance.clock.now())
        reply = assistant.turn(conversation, index, row["text"], None, date.today()).reply
        seconds.append(time.perf_counter() - began)
        told.append((row, reply))
    of = lambda kind: [(row, reply) for row, reply in told if row["kind"] == kind]  # noqa: E731
    answerable, unanswerable = of("answerable"), of("unanswerable")
    answered = [(row, reply) for row, reply in answerable if reply.outcome is Outcome.ANSWERED]
    right = [1 for row, reply in answered if cited(reply) in row["entry_ids"]]
    offered = [
        1 for row, reply in answerable if reply.outcome is Outcome.CLARIFY and offers(index, reply, row["entry_ids"])
    ]
    wrong = [(row, reply) for row, reply in unanswerable if reply.outcome is Outcome.ANSWERED]
    clarified = [1 for _, reply in unanswerable if reply.outcome is Outcome.CLARIFY]
    all_answers = len(answered) + len(wrong)
    worst += [
        [row["text"], cited(reply), row["entry_ids"]] for row, reply in answered if cited(reply) not in row["entry_ids"]
    ]
    worst += [[row["text"], cited(reply), []] for row, reply in wrong]
    return {
        "answerable_answered": share(len(answered), len(answerable)),
        "answered_right": share(len(right), len(answered)),
        "answerable_clarified_with_right_choice": share(len(offered), len(answerable)),
        "right_among_all_answers": share(len(right), all_answers),
        "unanswerable_wrongly_answered": share(len(wrong), len(unanswerable)),
        "unanswerable_clarified": share(len(clarified), len(unanswerable)),
        "ambiguous_clarified": share(
            sum(r.outcome is Outcome.CLARIFY for _, r in of("ambiguous")), len(of("ambiguous"))
        ),
        "emergency_recognised": share(
            sum(r.outcome is Outcome.EMERGENCY for _, r in of("emergency")), len(of("emergency"))
        ),
        "refused_recognised": share(sum(r.outcome is Outcome.REFUSED for _, r in of("refused")), len(of("refused"))),
        "smalltalk_recognised": share(
            sum(r.outcome is Outcome.SMALLTALK for _, r in of("smalltalk")), len(of("smalltalk"))
        ),
        "false_alarms": share(
            sum(r.outcome in (Outcome.EMERGENCY, Outcome.REFUSED) for _, r in answerable + unanswerable),
            len(answerable) + len(unanswerable),
        ),
        "turn_ms": {
            "median": round(statistics.median(seconds) * 1000, 1),
            "p99": round(sorted(seconds)[int(len(seconds) * 0.99)] * 1000, 1),
        },
    }


def offers(index, reply, right: list[str]) -> bool:
    """Whether a clarifying reply offers a way to a right entry."""
    wanted = {f"entry:{entry_id}" for entry_id in right}
    wanted |= {f"item:{index.get(entry_id).item}" for entry_id in right if index.get(entry_id)}
    return any(option.id in wanted for option in reply.options)


def measure_retrieval(instance: Instance, rows: list[dict]) -> dict:
    index = instance.shelf.current()
    ranked = [
        RankedQuestion(
            row["text"],
            tuple(hit.entry.id for hit in instance.retriever.search(index, row["text"], 10, date.today())),
            frozenset(row["entry_ids"]),
        )
        for row in rows
        if row["kind"] == "answerable"
    ]
    figures = evaluate(ranked, 10)
    return {name: [round(f.value, 4), round(f.low, 4), round(f.high, 4)] for name, f in figures.items()}


def measure_sessions(instance: Instance, sessions: list[dict], worst: list) -> dict:
    """Follow-ups: turns after the first, answered from a right entry (a clarifying choice is made by the test)."""
    assistant, index = instance.assistant, instance.shelf.current()
    right = turns = 0
    for session in sessions:
        conversation = Conversation("", instance.clock.now())
        for number, row in enumerate(session["turns"]):
            reply = assistant.turn(conversation, index, row["text"], None, date.today()).reply
            if reply.outcome is Outcome.CLARIFY:
                wanted = {f"entry:{i}" for i in row["entry_ids"]} | {
                    f"item:{index.get(i).item}" for i in row["entry_ids"] if index.get(i)
                }
                option = next((o for o in reply.options if o.id in wanted), None)
                if option:
                    reply = assistant.turn(conversation, index, option.label, option.id, date.today()).reply
            if number:
                good = cited(reply) in row["entry_ids"] if row["entry_ids"] else reply.outcome is not Outcome.ANSWERED
                turns += 1
                right += good
                if not good:
                    worst.append([row["text"], f"{reply.outcome} {cited(reply)}", row["entry_ids"]])
    return {"follow_ups_right": share(right, turns), "sessions": len(sessions)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--questions", default="questions-test.jsonl")
    parser.add_argument(
        "--show", action="store_true", help="print the wrong answers (then this set is no longer unseen)"
    )
    options = parser.parse_args()
    instance = Instance(Settings(data_dir=options.data_dir))
    rows = read(options.questions)
    worst: list = []
    result = {
        "questions": len(rows),
        "answers": measure_questions(instance, rows, worst),
        "retrieval": measure_retrieval(instance, rows),
    }
    if "test" in options.questions:
        result["sessions"] = measure_sessions(instance, read("sessions-test.jsonl"), worst)
        write("answers", result)
    else:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    if options.show:
        for row in worst:
            print(json.dumps(row, ensure_ascii=False), file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
