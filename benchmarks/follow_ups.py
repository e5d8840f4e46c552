"""Write down the cases from which training.follow_ups learns: every follow-up of the tuning sessions, and single questions
asked after one of their answers (another matter, answered or not), with the features of all candidates.

python -m benchmarks.follow_ups --data-dir data --out follow-ups.npz      (an instance that was seeded)
"""

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from api.instance import Instance, today
from api.settings import Settings
from assistant.answers import SEARCHED
from assistant.context import Leaning, readings
from assistant.cues import cues_of
from assistant.follow_up import FEATURES, evidence
from benchmarks.answers import read
from knowledge.encoder import SHIPPED, OnnxEncoder
from knowledge.index import KnowledgeIndex
from knowledge.retriever import Retriever
from knowledge.scoring import Scorer
from knowledge.shelf import open_index
from training.follow_ups import Case, write_cases

QUESTIONS = ("questions-tune.jsonl", "questions-tune-2.jsonl")
OF_A_KIND = 130
"""Single questions of each kind (answerable, unanswerable) that are asked after a random answer."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message after an answer, with the ids that are right."""

    group: str
    kind: str
    text: str
    right: list[str]
    last: Leaning


def messages(index: KnowledgeIndex, sessions: list[dict], questions: list[dict]) -> Iterator[Message]:
    """Those of the sessions, each after the right answers so far, and the single questions."""
    chance = random.Random(1)
    leanings = []
    for session in sessions:
        last: Leaning | None = None
        for turn in session["turns"]:
            if not turn["entry_ids"]:
                continue
            if last is not None:
                yield Message(session["id"], "session", turn["text"], turn["entry_ids"], last)
            entry = index.get(turn["entry_ids"][0])
            if entry is None:
                break
            last = Leaning.after(entry, turn["text"], last)
            leanings.append(last)
    for kind, name in (("answerable", "switch"), ("unanswerable", "unanswerable")):
        rows = [row for row in questions if row["kind"] == kind]
        for row in chance.sample(rows, min(OF_A_KIND, len(rows))):
            yield Message(f"single {row['id']}", name, row["text"], row["entry_ids"], chance.choice(leanings))


def case_of(message: Message, index: KnowledgeIndex, retriever: Retriever) -> Case:
    """The candidates of a message as the assistant sees them."""
    cues = cues_of(message.text)
    queries = readings(message.text, cues, message.last)
    found = {name: retriever.search(index, query, SEARCHED, today()) for name, query in queries.items()}
    entries, features = evidence(found, retriever.scorer.confidence(found["plain"]), cues, message.last)
    right = [entry.id in message.right for entry in entries]
    return Case(message.group, message.kind, features, np.array([*right, not message.right]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument(
        "--index", type=Path, help="an index made by knowledge.shelf.build_index, instead of an instance's"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.index:
        index, retriever = open_index(options.index), Retriever(OnnxEncoder(SHIPPED), Scorer.load())
    else:
        instance = Instance(Settings(data_dir=options.data_dir))
        index, retriever = instance.shelf.current(), instance.retriever
    questions = [row for name in QUESTIONS for row in read(name)]
    cases = []
    for message in messages(index, read("sessions-tune.jsonl"), questions):
        cases.append(case_of(message, index, retriever))
        if len(cases) % 50 == 0:
            print(len(cases), file=sys.stderr)
    write_cases(options.out, FEATURES, cases)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
