"""派单评测基准: cross-validated figures of the light trainer, and the time of one prediction.

    python -m benchmarks.routing --data FILE [--text COL] [--label COL] [--category COL] [--departments FILE] [--name NAME]
    python -m benchmarks.routing --data teddy2020c-train.csv --label label --variants terms,vectors,both,transformer

Each outer fold chooses its hyper-parameters, blend and thresholds inside its own training part. The demo city's appeals:
`--data demo --departments demo`. Data that is not there is said to be missing, exit 1.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import demo
from benchmarks.machine import describe, write
from casework.organisation.department import NO_DEPARTMENT
from knowledge.encoder import SHIPPED, OnnxEncoder
from knowledge.text import warm_up
from training import routing_evaluation as evaluation
from training.calibration import thresholds
from training.progress import Progress
from training.routing_data import Columns, folds
from training.routing_learning import fit, learn
from training.routing_light import Settings, Space
from training.routing_material import Material, Plan, gather, read_departments
from training.routing_training import features_of

VARIANTS = {"terms": (True, False), "vectors": (False, True), "both": (True, True)}


def cross_validate(material: Material, options: argparse.Namespace, variant: str) -> dict:
    """Figures over the test parts of five outer folds, and how the thresholds of each training part did on its test part."""
    rows, count, y = len(material.corpus), len(material.labels), material.y
    probabilities, auto, done = np.zeros((rows, count)), np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    started = time.monotonic()
    one_fold = network_fold if variant == "transformer" else light_fold
    for number, (train, test) in enumerate(folds(y, material.corpus.groups, options.seed + 1, count=5), 1):
        probabilities[test], lines = one_fold(material, options, variant, train, test)
        found = evaluation.Outcomes(material.labels, probabilities[test], y[test])
        auto[test], done[test] = evaluation.auto_mask(found, lines), True
        told = f"fold {number}: top1 {found.right.mean():.4f}, {time.monotonic() - started:.0f} s"
        print(variant, told, file=sys.stderr, flush=True)
    found = evaluation.Outcomes(material.labels, probabilities, y)
    figures = evaluation.measures(found) | {"auto": evaluation.auto_figures(found, auto)}
    return figures | {"seconds": round(time.monotonic() - started, 1)}


Fold = tuple[np.ndarray, dict[str, float | None]]


def light_fold(
    material: Material, options: argparse.Namespace, variant: str, train: np.ndarray, test: np.ndarray
) -> Fold:
    """Probabilities of the test rows by a model that knows the training rows alone, and its thresholds."""
    terms, vectors = VARIANTS[variant]
    uses = Settings(use_terms=terms, use_vectors=vectors)
    learned = learn(material, train, uses, options.seed, lambda step: None, traits=False)
    space = Space.of(material.corpus, material.corpus.counts.matrix[train], train)
    model = fit(material, train, learned, uses, space)
    lines = thresholds(learned.choice.probabilities, material.y[train], material.labels, 0.95)
    return model.probabilities(features_of(material, space, test)).departments, lines


def network_fold(
    material: Material, options: argparse.Namespace, variant: str, train: np.ndarray, test: np.ndarray
) -> Fold:
    """The same by the transformer trainer's own steps."""
    from routing.network import OnnxClassifier
    from training.checkpoint import checkpoint_of
    from training.network import FineTuner
    from training.routing_transformer import fine_tune, mix

    uses, said = Settings(), Progress("benchmark")
    learned = learn(material, train, uses, options.seed, lambda step: None, traits=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = options.base or checkpoint_of(SHIPPED, folder / "base")
        tuner = FineTuner(base, len(material.labels), len(material.categories), options.seed)
        plan = Plan(Path(options.data), seed=options.seed, epochs=options.epochs)
        fitted = fine_tune(tuner, material, train, plan, said, folder)
        at = np.searchsorted(train, fitted.held)
        light, y = learned.choice.probabilities[at], material.y[fitted.held]
        mixture = mix(light, fitted.scores, y)
        lines = thresholds(mixture.probabilities(light, fitted.scores), y, material.labels, 0.95)
        network = OnnxClassifier(folder, {"max_tokens": fitted.limit})
        scores = network.scores([material.rows[i].text for i in test])
    space = Space.of(material.corpus, material.corpus.counts.matrix[train], train)
    model = fit(material, train, learned, uses, space)
    model.mixture = mixture
    return model.probabilities(features_of(material, space, test), lambda: scores).departments, lines


def gathered(options: argparse.Namespace, encoder: OnnxEncoder | None, folder: Path) -> Material:
    data, departments = Path(options.data), Path(options.departments) if options.departments else None
    if options.data == "demo":
        data = labelled(demo.appeals(), folder / "appeals.jsonl")
    if options.departments == "demo":
        departments = join(demo.departments(), folder / "departments.jsonl")
    if not data.is_file():
        raise SystemExit(f"{data} is missing: this benchmark needs data that is not part of the repository.")
    plan = Plan(data, Columns(options.text, options.label, "", options.category), use_vectors=encoder is not None)
    with Progress("benchmark") as said:
        return gather(plan, encoder, read_departments(departments) if departments else [], said)


def labelled(files: list[Path], to: Path) -> Path:
    """The demonstration city's appeals with a label each: none's have one of their own."""
    rows = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    told = [row | {"department": row["department"] or NO_DEPARTMENT} for row in rows]
    to.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told), encoding="utf-8")
    return to


def join(files: list[Path], to: Path) -> Path:
    to.write_text("".join(path.read_text(encoding="utf-8") for path in files), encoding="utf-8")
    return to


def latency(material: Material, options: argparse.Namespace, folder: Path) -> dict:
    """Milliseconds for one text at a time on one thread, encoder included, over texts the run trained on."""
    from routing.predictor import Predictor
    from training.routing_training import finish_light

    plan = Plan(Path(options.data), use_vectors=True, seed=options.seed)
    with Progress("latency") as said:
        trained = finish_light(
            plan, folder / "model", material, OnnxEncoder(options.encoder, threads=1), said, time.monotonic()
        )
    # A fresh encoder: the one that trained remembers the texts it has seen.
    predictor = Predictor.load(trained.folder, OnnxEncoder(options.encoder, threads=1))
    warm_up()
    taken, used = [], time.process_time()
    for row in material.rows[:300]:
        start = time.perf_counter()
        predictor.predict([row.text])
        taken.append(1000 * (time.perf_counter() - start))
    return {
        "p50": round(float(np.median(taken)), 2),
        "p95": round(float(np.quantile(taken, 0.95)), 2),
        "cpu_mean": round(1000 * (time.process_time() - used) / len(taken), 2),  # what other work cannot blur
        "texts": len(taken),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--departments", default="")
    parser.add_argument("--text", default="text")
    parser.add_argument("--label", default="department")
    parser.add_argument("--category", default="category")
    parser.add_argument("--encoder", type=Path, default=SHIPPED)
    parser.add_argument("--variants", default="both")
    parser.add_argument("--base", type=Path, help="where the transformer starts from, if not from the shipped encoder")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--latency", action="store_true")
    parser.add_argument("--seed", type=int, default=12345)
    parser.add_argument("--name", default="", help="keep the result as benchmarks/results/NAME.json")
    options = parser.parse_args()
    wanted = options.variants.split(",")
    vectors = any(name == "transformer" or VARIANTS[name][1] for name in wanted)
    encoder = OnnxEncoder(options.encoder, threads=1) if vectors else None
    with tempfile.TemporaryDirectory() as name:
        material = gathered(options, encoder, Path(name))
        results: dict = {
            "data": Path(options.data).name,
            "rows": len(material.rows),
            "labels": len(material.labels),
            "encoder": encoder.name if encoder else "",
            "command": "python -m benchmarks.routing " + " ".join(Path(one).name for one in sys.argv[1:]),
        }
        for variant in wanted:
            results[variant] = cross_validate(material, options, variant)
            print(variant, json.dumps(results[variant]), file=sys.stderr, flush=True)
        if options.latency:
            results["milliseconds"] = latency(material, options, Path(name))
    if options.name:
        write(options.name, results)
    else:
        print(json.dumps({"machine": describe(), **results}, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
