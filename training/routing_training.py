"""派单训练: from a labelled file to a checked model folder with its card and report; comparison and evaluation."""

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy import sparse

from casework.organisation.department import Department
from knowledge.encoder import Encoder
from routing.artifact import ArtifactError, Manifest, weights_digest, write_artifact
from routing.cleaning import Cleaner
from routing.features import centred
from routing.model import Model
from routing.network import OnnxClassifier
from routing.predictor import NETWORK, Predictor
from routing.target import Features
from training import routing_evaluation as evaluation
from training.calibration import thresholds
from training.gate import Verdict, compare
from training.model_card import model_card
from training.progress import Progress
from training.report import report_page
from training.routing_data import DataReport, Example, fingerprint, prepare_examples, read_examples
from training.routing_learning import Learned, fit, learn, side_measures
from training.routing_light import Settings, Space
from training.routing_material import MAX_CHARACTERS, Material, Plan, gather


@dataclass(slots=True)
class Trained:
    """训练完成: where the model lies, and what it measured."""

    folder: Path
    manifest: Manifest
    report: DataReport
    test: list[Example]
    """The held-out rows, which the model's twin has not learned."""
    seconds: float


def train(plan: Plan, out: Path, encoder: Encoder | None, departments: Sequence[Department] = ()) -> Trained:
    """Train, measure on the held-out part, write `out` with model card and report.

    Raises: InvalidInput (the data), ArtifactError (writing), Unavailable (the extra for transformers is missing).
    """
    started = time.monotonic()
    if plan.trainer == "transformer":
        from training.routing_transformer import require_extra

        require_extra()
    with Progress(plan.trainer) as said:
        material = gather(plan, encoder, departments, said)
        if plan.trainer == "transformer":
            from training.routing_transformer import train_network

            return train_network(plan, out, material, encoder, said, started)
        return finish_light(plan, out, material, encoder, said, started)


def finish_light(
    plan: Plan, out: Path, material: Material, encoder: Encoder | None, said: Progress, started: float
) -> Trained:
    """Learn, fit, measure and write a light model from gathered material."""
    train_rows = material.split.train
    uses = Settings(use_terms=plan.use_terms, use_vectors=bool(encoder and plan.use_vectors))
    learned = learn(material, train_rows, uses, plan.seed, said)
    lines = thresholds(learned.choice.probabilities, material.y[train_rows], material.labels, plan.wanted_precision)
    space = space_of(material)
    said("全量拟合")
    final, twin = both(material, learned, uses, space)
    calibration = learned.choice.blend.as_dict() | {"settings": asdict(uses)}
    manifest = describe(plan, material, lines, calibration, encoder if uses.use_vectors else None, final)
    truth = [material.rows[i].label for i in train_rows]
    # Without thresholds: these are the rows that they were chosen on, and would flatter them.
    cross = evaluation.outcomes(material.labels, learned.choice.probabilities, truth)
    manifest.measures["cross_fitted"] = evaluation.measures(cross)
    manifest.measures |= side_measures(material, learned)
    return finish(out, manifest, final, twin, space, material, encoder, said, started)


def both(material: Material, learned: Learned, uses: Settings, space: Space) -> tuple[Model, Model]:
    """The model that is served, fitted on everything, and its twin, fitted on the training part; side by side."""
    everything = np.arange(len(material.corpus))
    with ThreadPoolExecutor(2) as pool:
        final = pool.submit(fit, material, everything, learned, uses, space)
        twin = pool.submit(fit, material, material.split.train, learned.without_traits(), uses, space)
        return final.result(), twin.result()


def space_of(material: Material) -> Space:
    """Vocabulary and centre of all texts and descriptions: one for every target that is served."""
    corpus = material.corpus
    both = sparse.vstack([corpus.counts.matrix, material.about.counts]).tocsr()
    return Space.of(corpus, both, np.arange(len(corpus)))


def describe(
    plan: Plan,
    material: Material,
    lines: dict[str, float | None],
    calibration: dict,
    encoder: Encoder | None,
    model: Model,
) -> Manifest:
    """The manifest, but for its id and measures."""
    times = [row.time for row in material.rows if row.time]
    return Manifest(
        id="",
        trainer=plan.trainer,
        created_at=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        labels=material.labels,
        categories=model.category.labels if model.category else [],
        encoder=encoder.name if encoder else "",
        features={
            "terms": material.corpus.settings.as_dict(),
            "max_characters": MAX_CHARACTERS,
            "encoded": material.encoded,
        },
        cleaning=material.cleaner.as_dict(),
        calibration=calibration,
        thresholds=lines,
        wanted_precision=plan.wanted_precision,
        data={
            "file": plan.data.name,
            "hash": material.report.hash,
            "rows": len(material.rows),
            "counts": material.report.counts,
            "train_rows": len(material.split.train),
            "test_rows": len(material.split.test),
            "by_time": material.split.by_time,
            "from": min(times).isoformat() if times else None,
            "to": max(times).isoformat() if times else None,
        },
        measures={},
        seed=plan.seed,
        traits={name: target.labels for name, target in model.traits.items()},
    )


def finish(
    out: Path,
    manifest: Manifest,
    model: Model,
    twin: Model,
    space: Space,
    material: Material,
    encoder: Encoder | None,
    said: Progress,
    started: float,
    networks: dict[str, Path] | None = None,
) -> Trained:
    """Measure the twin on the held-out part, as it will be stored; write the model with its card and report.

    `networks` are a transformer's files by their names in the folder; it has not learned the held-out part.
    """
    test = [material.rows[i] for i in material.split.test]
    learned = sorted(fingerprint(material.rows[i].text) for i in material.split.train)
    shared = {"idf": space.features.idf, "centre": space.centre.astype(np.float32)}
    weights = shared | model.as_weights() | {"seen": np.array(learned, dtype=np.uint64)}
    arrays, vocabulary = twin.as_weights(), space.features.terms
    stamp = datetime.fromisoformat(manifest.created_at)
    manifest.id = f"{manifest.trainer}-{stamp:%Y%m%d-%H%M%S}-{weights_digest(weights)[:8]}"
    texts, network = [row.text for row in test], None
    if networks:
        network = OnnxClassifier(networks[NETWORK].parent, manifest.features["network"], name=NETWORK)
    scores = (lambda: network.scores(texts)) if network else None
    probabilities = twin.probabilities(features_of(material, space, material.split.test), scores).departments
    found = evaluation.outcomes(manifest.labels, probabilities, [row.label for row in test])
    manifest.measures["held_out"] = evaluation.measures(found, manifest.thresholds)
    seconds = time.monotonic() - started
    how = "按时间，最后20%为测试" if material.split.by_time else "按单位分层，五分之一为测试"
    pages = {
        "card.md": model_card(manifest, material.report, how, seconds),
        "report.html": report_page(
            manifest, material.report, found, [row.text for row in test], [row.label for row in test]
        ),
    }
    said("写出模型")
    with tempfile.TemporaryDirectory() as drafts:
        for name, page in pages.items():
            (Path(drafts) / name).write_text(page, encoding="utf-8")
        extra = {name: Path(drafts) / name for name in pages} | (networks or {})
        write_artifact(out, manifest, weights, vocabulary, arrays, extra)
    return Trained(out, manifest, material.report, test, seconds)


def features_of(material: Material, space: Space, rows: np.ndarray) -> Features:
    """What a model of this space sees of rows of the corpus: the same as of their texts (tested), without encoding them again."""
    counts = material.corpus.counts.matrix[rows]
    terms, vectors = space.features.weigh(counts[:, space.columns]), material.corpus.vectors[rows]
    known = np.diff(terms.indptr) / np.maximum(np.diff(counts.indptr), 1)
    return Features(terms, known, vectors, centred(vectors, space.centre).astype(np.float32))


def judge(trained: Trained, incumbent: Path | None, encoder: Encoder | None) -> Verdict:
    """The gate's verdict: both twins on the candidate's held-out rows that the incumbent's twin has not learned either."""
    name = trained.manifest.id
    if incumbent is None:
        return Verdict(True, "", name, 0, {}, {}, {}, "没有在用模型，首个模型无需比较。")
    try:
        old = Predictor.load(incumbent, encoder)
    except ArtifactError as error:
        return Verdict(True, incumbent.name, name, 0, {}, {}, {}, f"在用模型无法加载，不再比较：{error.message}")
    new = Predictor.load(trained.folder, encoder)
    seen = set(old.seen.tolist())
    test = [row for row in trained.test if fingerprint(row.text) not in seen]
    truth = [row.label for row in test]
    said, auto = [], []
    for one in (old, new):
        probabilities = one.probabilities([row.text for row in test], twin=True)
        found = evaluation.outcomes(one.labels, probabilities, truth)
        said.append([one.labels[i] for i in found.chosen])
        auto.append(evaluation.auto_mask(found, one.manifest.thresholds).tolist())
    return compare(
        incumbent.name,
        name,
        truth,
        said[0],
        said[1],
        trained.manifest.seed,
        departments=len(trained.manifest.labels),
        auto_by_incumbent=auto[0],
        auto_by_candidate=auto[1],
    )


def evaluate(model: Path, plan: Plan, encoder: Encoder | None) -> dict:
    """Measure a model on all rows of a file. Raises: InvalidInput, ArtifactError."""
    predictor = Predictor.load(model, encoder)
    cleaner = Cleaner.from_dict(predictor.manifest.cleaning)
    rows, report = prepare_examples(read_examples(plan.data, plan.columns), cleaner)
    found = evaluation.outcomes(
        predictor.labels, predictor.probabilities([row.text for row in rows]), [row.label for row in rows]
    )
    lines, seen = predictor.manifest.thresholds, set(predictor.seen.tolist())
    return {
        "model": predictor.manifest.id,
        "measures": evaluation.measures(found, lines),
        "departments": evaluation.department_table(found, lines),
        "confusions": evaluation.confusions(found),
        "unknown_labels": sorted(set(report.counts) - set(predictor.labels)),
        "already_learned": sum(fingerprint(row.text) in seen for row in rows),
    }
