"""Measure the assistant on the demonstration city's held-out questions and sessions (never used for tuning).

python -m benchmarks.answers --data-dir data        (an instance that was seeded: make run, or hotline serve --demo)
python -m benchmarks.answers --data-dir data --set tune --only sessions multi --show     (while tuning)
"""

import argparse
import json
import statistics
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import demo
from api.instance import Instance
from api.settings import Settings
from assistant.conversation import Conversation, Outcome
from assistant.reply import Option, Reply
from assistant.turn import Assistant, append
from benchmarks.machine import write
from knowledge.evaluation import RankedQuestion, evaluate
from knowledge.index import KnowledgeIndex
from knowledge.retriever import Retriever

QUESTIONS = {
    "test": ("questions-test.jsonl", "questions-test-2.jsonl"),
    "tune": ("questions-tune.jsonl", "questions-tune-2.jsonl"),
}
SESSIONS = {"test": "sessions-test.jsonl", "tune": "sessions-tune.jsonl"}
MULTI = {"test": "multi-test.jsonl", "tune": "multi-tune.jsonl"}
PARTS = ("questions", "retrieval", "sessions", "multi")


def read(name: str) -> list[dict]:
    return [json.loads(line) for line in (demo.DATA / name).read_text(encoding="utf-8").splitlines() if line]


def share(part: int, whole: int) -> dict:
    return {"share": round(part / whole, 4) if whole else None, "count": part, "of": whole}


def cited(reply) -> str:
    return reply.citations[0].entry_id if reply.citations else ""


def all_cited(reply) -> list[str]:
    """The entries of a reply in their order, each once."""
    return list(dict.fromkeys(citation.entry_id for citation in reply.citations))


def first_turn(assistant: Assistant, index: KnowledgeIndex, text: str) -> Reply:
    return assistant.turn(Conversation("", datetime.now(UTC)), index, text, None, date.today()).reply


def measure_questions(assistant: Assistant, index: KnowledgeIndex, rows: list[dict], worst: list) -> dict:
    """Outcome of a first turn for each question."""
    told = []
    seconds = []
    for row in rows:
        began = time.perf_counter()
        reply = first_turn(assistant, index, row["text"])
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
        "answerable_split": share(sum(len(all_cited(reply)) > 1 for _, reply in answered), len(answerable)),
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
    return right_option(index, reply, right) is not None


def right_option(index, reply, right: list[str]) -> Option | None:
    """The first choice of a clarifying reply that leads to a right entry."""
    wanted = {f"entry:{entry_id}" for entry_id in right}
    wanted |= {f"item:{index.get(entry_id).item}" for entry_id in right if index.get(entry_id)}
    return next((option for option in reply.options if option.id in wanted), None)


def measure_retrieval(retriever: Retriever, index: KnowledgeIndex, rows: list[dict]) -> dict:
    ranked = [
        RankedQuestion(
            row["text"],
            tuple(hit.entry.id for hit in retriever.search(index, row["text"], 10, date.today())),
            frozenset(row["entry_ids"]),
        )
        for row in rows
        if row["kind"] == "answerable"
    ]
    figures = evaluate(ranked, 10)
    return {name: [round(f.value, 4), round(f.low, 4), round(f.high, 4)] for name, f in figures.items()}


def measure_sessions(assistant: Assistant, index: KnowledgeIndex, sessions: list[dict], worst: list) -> dict:
    """Turns after the first: answered from a right entry at once, or after a clarifying choice (made by the test)."""
    at_once = right = wrong = turns = 0
    rounds: list[int] = []
    for session in sessions:
        conversation = Conversation("", datetime.now(UTC))
        for number, row in enumerate(session["turns"]):
            said = assistant.turn(conversation, index, row["text"], None, date.today()).reply
            append(conversation, row["text"], said, datetime.now(UTC))
            reply, asked = said, 0
            while reply.outcome is Outcome.CLARIFY and (option := right_option(index, reply, row["entry_ids"])):
                reply = assistant.turn(conversation, index, option.label, option.id, date.today()).reply
                append(conversation, option.label, reply, datetime.now(UTC))
                asked += 1
            if said.outcome is Outcome.CLARIFY:
                rounds.append(asked or 1)
            if not number:
                continue
            turns += 1
            answered = set(all_cited(reply))
            good = bool(answered & set(row["entry_ids"])) if row["entry_ids"] else reply.outcome is not Outcome.ANSWERED
            right += good
            at_once += good and reply is said
            wrong += reply.outcome is Outcome.ANSWERED and not good
            if not good or reply is not said:
                worst.append(
                    [row["text"], f"{said.outcome} {said.confidence:.2f} {all_cited(reply)}", row["entry_ids"]]
                )
    return {
        "follow_ups_right": share(right, turns),
        "follow_ups_right_at_once": share(at_once, turns),
        "follow_ups_answered_wrongly": share(wrong, turns),
        "clarifying_rounds_median": statistics.median(rounds) if rounds else 0,
        "sessions": len(sessions),
    }


def measure_multi(assistant: Assistant, index: KnowledgeIndex, rows: list[dict], worst: list) -> dict:
    """Messages of several questions: every part answered from a right entry, and nothing else answered."""
    complete = parts = found = wrong = 0
    for row in rows:
        reply = first_turn(assistant, index, row["text"])
        answered = all_cited(reply) if reply.outcome is Outcome.ANSWERED else []
        own = [any(i in right for i in answered) for right in row["entry_ids"]]
        known = {i for right in row["entry_ids"] for i in right}
        complete += all(own)
        parts, found = parts + len(own), found + sum(own)
        wrong += any(i not in known for i in answered)
        if not all(own):
            worst.append([row["text"], f"{reply.outcome} {reply.confidence:.2f} {answered}", row["entry_ids"]])
    return {
        "all_parts_right": share(complete, len(rows)),
        "parts_right": share(found, parts),
        "with_a_wrong_part": share(wrong, len(rows)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--set", choices=("test", "tune"), default="test")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--sample", type=int, default=1, help="of the questions every so many-th only")
    parser.add_argument(
        "--show", action="store_true", help="print the wrong answers (then this set is no longer unseen)"
    )
    options = parser.parse_args()
    instance = Instance(Settings(data_dir=options.data_dir))
    assistant, index, worst = instance.assistant, instance.shelf.current(), []
    result: dict = {}
    for name in QUESTIONS[options.set]:
        if not (demo.DATA / name).exists():
            continue
        rows = read(name)[:: options.sample]
        told: dict = {"questions": len(rows)}
        if "questions" in options.only:
            told["answers"] = measure_questions(assistant, index, rows, worst)
        if "retrieval" in options.only:
            told["retrieval"] = measure_retrieval(instance.retriever, index, rows)
        result[name] = told
    if "sessions" in options.only:
        result["sessions"] = measure_sessions(assistant, index, read(SESSIONS[options.set]), worst)
    if "multi" in options.only and (demo.DATA / MULTI[options.set]).exists():
        result["multi"] = measure_multi(assistant, index, read(MULTI[options.set]), worst)
    if options.set == "test" and tuple(options.only) == PARTS and options.sample == 1:
        write("answers", result)
    else:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    if options.show:
        for row in worst:
            print(json.dumps(row, ensure_ascii=False), file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
