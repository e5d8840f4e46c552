"""Measure a large base: import, loading, search on one core, memory, publishing one entry.

python -m benchmarks.scale --data-dir NEW_DIR FOLDER...      (folders of statutes, such as the unpacked laws-national.tar.xz)

Each step runs in a process of its own, so that its time and memory are its own. NEW_DIR is kept; a second call with further folders
measures what they add.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from benchmarks.machine import write

QUESTIONS = Path(__file__).parents[1] / "training" / "data" / "statute-questions-choose.jsonl"
WARMING = 20
"""Searches before those that are timed: the first ones read the mapped files from disk."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--name", default="scale", help="name of the result file")
    parser.add_argument("--step", choices=("search", "publish"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options.data_dir)))
        return 0
    result: dict = {}
    if options.folders:
        before = _child_memory()
        began = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "api.cli",
            "--data-dir",
            str(options.data_dir),
            "import",
            *map(str, options.folders),
        ]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        result["import"] = {
            "seconds": round(time.perf_counter() - began),
            "peak_mb": round(max(before, _child_memory())),
            "told": done.stdout.strip().splitlines(),
        }
    for step in STEPS:
        command = [sys.executable, "-m", "benchmarks.scale", "--data-dir", str(options.data_dir), "--step", step]
        one_core = os.environ | {"HOTLINE_ENCODER_THREADS": "1", "OMP_NUM_THREADS": "1"}
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=one_core).stdout
        result[step] = json.loads(told)
    write(options.name, result)
    return 0


def _child_memory() -> float:
    """Largest resident memory of any finished child, MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000


def _search(folder: Path) -> dict:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import faiss
    import numpy as np

    from api.instance import Instance
    from api.settings import Settings

    faiss.omp_set_num_threads(1)
    instance = Instance(Settings(data_dir=folder))
    instance.encoder.encode(["预热"])
    began = time.perf_counter()
    index = instance.shelf.current()
    load = time.perf_counter() - began
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    day = date.today()
    parts: dict[str, list[float]] = {"encode": [], "all": []}
    for number, question in enumerate(questions):
        began = time.perf_counter()
        instance.retriever.search(index, question, 10, day)
        done = time.perf_counter()
        instance.encoder.encode([question], quick=True)
        if number >= WARMING:
            parts["all"].append(done - began)
            parts["encode"].append(time.perf_counter() - done)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1000
    return {
        "entries": len(index),
        "passages": index.passage_count,
        "segments": len(index.segments),
        "load_s": round(load, 2),
        "searches": len(parts["all"]),
        **{
            f"{name}_ms": {f"p{q}": round(float(np.percentile(values, q)) * 1000, 1) for q in (50, 95, 99)}
            for name, values in parts.items()
        },
        "resident_mb": round(resident),
    }


def _publish(folder: Path) -> dict:
    from api.instance import Instance
    from api.settings import Settings
    from knowledge.entry import EntryKind, KnowledgeEntry

    instance = Instance(Settings(data_dir=folder))
    instance.encoder.encode(["预热"])
    instance.shelf.current()
    entry = KnowledgeEntry("benchmark-published", EntryKind.FAQ, "刚刚发布的条目多久能查到？", "发布之后马上就能查到。")
    began = time.perf_counter()
    with instance.unit() as work:
        work.knowledge.put_all([entry])
        work.commit()
    index = instance.shelf.sync(instance.unit)
    hits = instance.retriever.search(index, "刚发布的条目几时查得到", 1, date.today())
    seconds = time.perf_counter() - began
    with instance.unit() as work:
        work.knowledge.remove([entry.id])
        work.commit()
    instance.shelf.sync(instance.unit)
    return {"seconds": round(seconds, 3), "found": bool(hits) and hits[0].entry.id == entry.id}


STEPS = {"search": _search, "publish": _publish}

if __name__ == "__main__":
    raise SystemExit(main())
