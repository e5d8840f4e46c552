"""Measure retrieval on statute questions against an instance that holds the whole national archive, ours beside plain ones.

python -m benchmarks.retrieval --data-dir DIR --questions ../shared/data/stard-train.jsonl [--part test] [--base ONNX_DIR]

The part is cut by a hash of the question (training.statutes); `test` is for reporting only. --base is the encoder that ours was tuned
from (training.encoder_export writes such a folder); its vectors are made once and kept in DIR/base-vectors.npy.
"""

import argparse
import json
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from api.instance import Instance
from api.settings import Settings
from benchmarks.machine import write
from knowledge.encoder import OnnxEncoder
from knowledge.evaluation import RankedQuestion, article_key, evaluate
from knowledge.index import KnowledgeIndex
from knowledge.passages import passages_of
from knowledge.segment import FIELDS
from training.pairs import part_of
from training.statutes import SHARES

DEPTH = 100


def questions(path: Path, part: str, index: KnowledgeIndex, rows: np.ndarray) -> list[tuple[str, frozenset[str]]]:
    """Questions of the part with the ids of their articles in force; those of which the base holds none are left out."""
    named: dict[str, set[str]] = {}
    for row in rows:
        entry = index.entry(int(row))
        if entry.locator:
            named.setdefault(article_key(entry.title + entry.locator), set()).add(entry.id)
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        right = frozenset().union(*(named.get(article_key(name), set()) for name in row["articles"]))
        if right and part_of(row["question"], SHARES) == part:
            found.append((row["question"], right))
    return found


class Plain:
    """Rankings of the same passages by one score alone."""

    def __init__(self, index: KnowledgeIndex, rows: np.ndarray) -> None:
        self.index, self.rows = index, rows
        self.ids = [index.entry(int(row)).id for row in rows]

    def ranked(self, scores: np.ndarray, text: str, right: frozenset[str]) -> RankedQuestion:
        """`scores` (rows,) → the first DEPTH."""
        top = np.argpartition(-scores, DEPTH)[:DEPTH]
        top = top[np.argsort(-scores[top], kind="stable")]
        return RankedQuestion(text, tuple(self.ids[i] for i in top), right)

    def lexical(self, field: str, text: str) -> np.ndarray:
        """(rows,): the best BM25 share among an entry's passages."""
        return self.index.best_of_entries(self.index.lexical(field, FIELDS[field](text)), self.rows)

    def base_vectors(self, encoder: OnnxEncoder, kept: Path) -> tuple[np.ndarray, np.ndarray]:
        """Vectors of all passages of the rows (float16) and, for each, the number of its row."""
        texts, owner = [], []
        for number, row in enumerate(self.rows):
            for passage in passages_of(self.index.entry(int(row))):
                texts.append(passage.text)
                owner.append(number)
        if not kept.exists():
            vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float16)
            for start in range(0, len(texts), 4096):
                vectors[start : start + 4096] = encoder.encode(texts[start : start + 4096], quick=True)
                print(f"base vectors {start}/{len(texts)}", file=sys.stderr)
            np.save(kept, vectors)
        return np.load(kept).astype(np.float32), np.array(owner)

    def own_vectors(self) -> tuple[np.ndarray, np.ndarray]:
        """The same of the vectors that the index holds."""
        return self.index.vectors_of(self.rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--part", choices=[name for name, _ in SHARES], default="test")
    parser.add_argument("--base", type=Path, help="ONNX folder of the encoder that ours was tuned from")
    parser.add_argument("--name", default="retrieval", help="name of the result file")
    options = parser.parse_args()
    if not options.questions.is_file():
        print(f"{options.questions} is missing: the shared data are not part of the project.", file=sys.stderr)
        return 1
    instance = Instance(Settings(data_dir=options.data_dir))
    index, day = instance.shelf.current(), date.today()
    rows = np.flatnonzero(index.in_force(day))
    asked = questions(options.questions, options.part, index, rows)
    plain = Plain(index, rows)
    rankings: dict[str, list[RankedQuestion]] = {name: [] for name in ("bm25_words", "bm25_pairs", "hotline")}
    seconds = []
    instance.retriever.search(index, "预热", DEPTH, day)
    for text, right in asked:
        for name, field in (("bm25_words", "words"), ("bm25_pairs", "pairs")):
            rankings[name].append(plain.ranked(plain.lexical(field, text), text, right))
        began = time.perf_counter()
        hits = instance.retriever.search(index, text, DEPTH, day)
        seconds.append(time.perf_counter() - began)
        rankings["hotline"].append(RankedQuestion(text, tuple(hit.entry.id for hit in hits), right))
    vectors = {"encoder_shipped": (instance.encoder, *plain.own_vectors())}
    if options.base:
        base = OnnxEncoder(options.base)
        vectors["encoder_base"] = (base, *plain.base_vectors(base, options.data_dir / "base-vectors.npy"))
    for name, (encoder, wide, owner) in vectors.items():
        starts = np.searchsorted(owner, np.arange(len(rows)))
        rankings[name] = []
        for text, right in asked:
            scores = np.maximum.reduceat(wide @ encoder.encode([text])[0], starts)
            rankings[name].append(plain.ranked(scores, text, right))
    told = {
        name: {
            measure: [round(f.value, 4), round(f.low, 4), round(f.high, 4)]
            for measure, f in evaluate(own, DEPTH).items()
        }
        for name, own in rankings.items()
    }
    times = np.array(seconds) * 1000
    write(
        options.name,
        {
            "questions": len(asked),
            "part": options.part,
            "entries_in_force": len(rows),
            "passages": index.passage_count,
            "figures": "mean [95% bootstrap interval]",
            **told,
            "hotline_ms": {
                "p50": round(float(np.median(times)), 2),
                "p99": round(float(np.percentile(times, 99)), 2),
                "k": DEPTH,
            },
        },
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
