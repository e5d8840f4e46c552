"""质检基准: the cases that training.reply_quality learns from, and the figures of the inspection on replies it never saw.

python -m benchmarks.quality cases --out cases.npz           (of the tuning replies; features and labels)
python -m benchmarks.quality measure [--files FILE …] [--json FILE]    (rules and models as served; totals only)
"""

import argparse
import json
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

from assistant.inspector import Draft, Inspector
from assistant.reply_quality import (
    QUIET,
    RULES,
    ReplyJudge,
    reply_spread,
    reply_told,
    sentence_features,
    vectors_of,
)
from assistant.reply_text import ReplyText
from benchmarks.machine import describe
from knowledge.encoder import Encoder, OnnxEncoder

DATA = Path(__file__).parent.parent / "demo" / "data"
TUNE = sorted(DATA.glob("replies-tune-*.jsonl"))
TEST = sorted(DATA.glob("replies-test-*.jsonl"))
_SHARE = 0.5
"""Of a sentence that a labelled quote covers, from which on the sentence is that quote's."""


def read(paths: list[Path]) -> list[dict]:
    """The rows, each with its author (the number of its file)."""
    return [
        json.loads(line) | {"author": number}
        for number, path in enumerate(paths)
        for line in path.read_text(encoding="utf-8").splitlines()
        if line
    ]


def text_of(row: dict) -> ReplyText:
    return ReplyText(row["text"], row["reply"], row["type"], row["closing_kind"])


def covered(row: dict, start: int, length: int, rule: str) -> bool:
    """Whether a quote of this rule covers the passage, or lies in it."""
    for one in row["findings"]:
        if one["rule"] == rule:
            begins = row["reply"].find(one["quote"])
            common = min(start + length, begins + len(one["quote"])) - max(start, begins)
            if common >= min(_SHARE * length, _SHARE * len(one["quote"])):
                return True
    return False


def cases(rows: list[dict], encoder: Encoder) -> dict[str, np.ndarray]:
    """What training reads: features of sentences and replies, labels, authors."""
    sentences, told, spread, owner, labels = [], [], [], [], []
    for number, row in enumerate(rows):
        reply = text_of(row)
        demand, whole, vectors = vectors_of(encoder, reply)
        sentences.append(sentence_features(reply, demand, vectors).astype(np.float16))
        told.append(reply_told(reply, demand, whole, vectors))
        spread.append(reply_spread(reply, demand, whole).astype(np.float16))
        owner += [number] * len(reply.sentences)
        labels += [[covered(row, one.start, len(one.text), rule) for rule in RULES] for one in reply.sentences]
    found = np.array([[any(one["rule"] == rule for one in row["findings"]) for rule in RULES] for row in rows])
    return {
        "sentences": np.vstack(sentences),
        "told": np.array(told, dtype=np.float32),
        "spread": np.array(spread),
        "owner": np.array(owner),
        "sentence_labels": np.array(labels, dtype=bool),
        "labels": found,
        "author": np.array([row["author"] for row in rows]),
        "solved": np.array([row["closing_kind"] == "已解决" for row in rows]),
        "rules": np.array(RULES),
        "quiet": np.array(QUIET),
        "encoder": np.array(encoder.name),
    }


def write_cases(out: Path) -> None:
    encoder = OnnxEncoder()
    rows = read(TUNE)
    np.savez_compressed(out, **cases(rows, encoder))
    print(f"{len(rows)} replies", file=sys.stderr)


def figures(rows: list[dict], inspector: Inspector) -> dict:
    """Precision and recall of findings (a finding is right when its reply is labelled with its rule), by rule and in all; how often
    the quoted passage overlaps a labelled one; milliseconds a reply."""
    found: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    right: Counter[str] = Counter()
    placed = 0
    clean = alarmed = 0
    seconds: list[float] = []
    for row in rows:
        draft = Draft(
            row["text"], row["reply"], row["type"], row["closing_kind"], date.fromisoformat(row["replied_on"])
        )
        begun = time.perf_counter()
        spotted = {one.rule: one.passage for one in inspector.draft(draft)}
        seconds.append(time.perf_counter() - begun)
        quotes: dict[str, list[str]] = {}
        for one in row["findings"]:
            quotes.setdefault(one["rule"], []).append(one["quote"])
        found.update(spotted.keys())
        labelled.update(quotes.keys())
        for rule in spotted.keys() & quotes.keys():
            right[rule] += 1
            placed += any(_overlap(row["reply"], spotted[rule], quote) for quote in quotes[rule])
        clean += not quotes
        alarmed += not quotes and bool(spotted)
    rules = {rule: _rates(right[rule], found[rule], labelled[rule]) for rule in sorted(labelled | found)}
    whole = _rates(right.total(), found.total(), labelled.total())
    return {
        "replies": len(rows),
        "all": whole,
        "rules": rules,
        "clean_replies_with_a_finding": {"numerator": alarmed, "denominator": clean},
        "passage_overlaps": {"numerator": placed, "denominator": right.total()},
        "milliseconds": {
            name: round(float(np.percentile(seconds, at)) * 1000, 1) for name, at in (("p50", 50), ("p95", 95))
        },
    }


def _overlap(reply: str, passage: str, quote: str) -> bool:
    first, second = reply.find(passage), reply.find(quote)
    return min(first + len(passage), second + len(quote)) > max(first, second)


def _rates(right: int, found: int, labelled: int) -> dict:
    return {
        "precision": round(right / found, 3) if found else None,
        "recall": round(right / labelled, 3) if labelled else None,
        "right": right,
        "found": found,
        "labelled": labelled,
    }


def measure(files: list[Path], out: Path | None) -> None:
    inspector = Inspector(ReplyJudge.load(OnnxEncoder(threads=1)))
    told = {
        "machine": describe(),
        "command": "python -m benchmarks.quality measure",
        "model": inspector.version,
    } | figures(read(files), inspector)
    if out is not None:
        out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, ensure_ascii=False))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("cases")
    making.add_argument("--out", type=Path, required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("--files", type=Path, nargs="+", default=TEST)
    measuring.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    if options.command == "cases":
        write_cases(options.out)
    else:
        measure(options.files, options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
