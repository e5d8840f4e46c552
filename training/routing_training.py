"""派单训练: from a labelled file to a checked model folder with its card and report; comparison and evaluation."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy import sparse

from casework.department import Department
from knowledge.encoder import Encoder
from routing.artifact import ArtifactError, Manifest, weights_digest, write_artifact
from routing.cleaning import Cleaner
from routing.duties import BEST
from routing.predictor import Predictor
from training import routing_evaluation as evaluation
from training.calibration import thresholds
from training.gate import Verdict, compare
from training.model_card import model_card
from training.progress import Progress
from training.report import report_page
from training.routing_data import DataReport, Example, fingerprint, prepare_examples, read_examples
from training.routing_light import Scorers, Settings, Space, choose
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
    """Choose, fit, measure and write a light model from gathered material."""
    corpus, about, y, train_rows = material.corpus, material.about, material.y, material.split.train
    uses = Settings(use_terms=plan.use_terms, use_vectors=bool(encoder and plan.use_vectors))
    count = len(material.labels)
    choice = choose(corpus, about, y, count, train_rows, plan.seed, uses, said)
    lines = thresholds(choice.probabilities, y[train_rows], material.labels, plan.wanted_precision)
    everything = np.arange(len(corpus))
    space = Space.of(corpus, sparse.vstack([corpus.counts.matrix, about.counts]).tocsr(), everything)
    twin, final = (
        Scorers(corpus, about, y, count, rows, uses, space).target(material.labels, choice.blend)
        for rows in (train_rows, everything)
    )
    said("全量拟合")
    weights = {"idf": space.features.idf, "centre": space.centre.astype(np.float32)}
    weights |= final.as_weights("department") | twin.as_weights("twin")
    calibration = choice.blend.as_dict() | {"settings": asdict(uses)}
    manifest = describe(plan, material, lines, calibration, encoder if uses.use_vectors else None)
    cross = evaluation.outcomes(material.labels, choice.probabilities, [material.rows[i].label for i in train_rows])
    # Without thresholds: these are the rows that they were chosen on, and would flatter them.
    manifest.measures["cross_fitted"] = evaluation.measures(cross)
    weights |= learned_categories(plan, material, uses, space, manifest, said)
    return finish(out, manifest, weights, space.features.terms, material, encoder, said, started)


def learned_categories(
    plan: Plan, material: Material, uses: Settings, space: Space, manifest: Manifest, said: Progress
) -> dict[str, np.ndarray]:
    """The category target's arrays (none without categories); its out-of-fold accuracy goes into the manifest."""
    rows, z, count = np.flatnonzero(material.category_of >= 0), material.category_of, len(material.categories)
    if count < 2:
        return {}
    corpus, about = material.corpus, material.about_categories
    choice = choose(corpus, about, z, count, rows, plan.seed, uses, said)
    scorers = Scorers(corpus, about, z, count, rows, uses, space)
    manifest.measures["category_top1_cross_fitted"] = round(
        float((choice.probabilities.argmax(axis=1) == z[rows]).mean()), 4
    )
    return scorers.target(material.categories, choice.blend).as_weights("category")


def describe(
    plan: Plan, material: Material, lines: dict[str, float | None], calibration: dict, encoder: Encoder | None
) -> Manifest:
    """The manifest, but for its id and measures."""
    owners: dict[str, set[str]] = {}
    for row in material.rows:
        if row.category:
            owners.setdefault(row.category, set()).add(row.label)
    times = [row.time for row in material.rows if row.time]
    return Manifest(
        id="",
        trainer=plan.trainer,
        created_at=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        labels=material.labels,
        categories=material.categories if len(material.categories) > 1 else [],
        encoder=encoder.name if encoder else "",
        features={"terms": material.corpus.settings.as_dict(), "max_characters": MAX_CHARACTERS, "duty_best": BEST},
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
        category_departments={category: sorted(found) for category, found in owners.items()},
    )


def finish(
    out: Path,
    manifest: Manifest,
    weights: dict[str, np.ndarray],
    vocabulary: list[str],
    material: Material,
    encoder: Encoder | None,
    said: Progress,
    started: float,
    extra: dict[str, Path] | None = None,
) -> Trained:
    """Write once, measure the written twin on the held-out part, and write again with its figures, card and report."""
    test = [material.rows[i] for i in material.split.test]
    learned = sorted(fingerprint(material.rows[i].text) for i in material.split.train)
    weights = weights | {"seen": np.array(learned, dtype=np.uint64)}
    stamp = datetime.fromisoformat(manifest.created_at)
    manifest.id = f"{manifest.trainer}-{stamp:%Y%m%d-%H%M%S}-{weights_digest(weights)[:8]}"
    write_artifact(out, manifest, weights, vocabulary, extra)
    copies = {name: out / name for name in extra or {}}
    predictor = Predictor.load(out, encoder)
    found = evaluation.outcomes(
        manifest.labels, predictor.probabilities([row.text for row in test], twin=True), [row.label for row in test]
    )
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
    drafts = out.parent / f".pages-{manifest.id}"
    drafts.mkdir(parents=True, exist_ok=True)
    try:
        for name, page in pages.items():
            (drafts / name).write_text(page, encoding="utf-8")
        for name, source in copies.items():
            shutil.copyfile(source, drafts / name)
        write_artifact(out, manifest, weights, vocabulary, {name: drafts / name for name in (*pages, *copies)})
    finally:
        shutil.rmtree(drafts, ignore_errors=True)
    return Trained(out, manifest, material.report, test, seconds)


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
    texts = [row.text for row in test]
    said = [
        [one.labels[i] for i in one.probabilities(texts, twin=True).argmax(axis=1)] if texts else []
        for one in (old, new)
    ]
    return compare(incumbent.name, name, [row.label for row in test], said[0], said[1], trained.manifest.seed)


def evaluate(model: Path, plan: Plan, encoder: Encoder | None) -> dict:
    """Measure a model on all rows of a file. Raises: InvalidInput, ArtifactError."""
    predictor = Predictor.load(model, encoder)
    cleaner = Cleaner.from_dict(predictor.manifest.cleaning)
    rows, report = prepare_examples(read_examples(plan.data, plan.columns), cleaner)
    found = evaluation.outcomes(
        predictor.labels, predictor.probabilities([row.text for row in rows]), [row.label for row in rows]
    )
    lines = predictor.manifest.thresholds
    return {
        "model": predictor.manifest.id,
        "measures": evaluation.measures(found, lines),
        "departments": evaluation.department_table(found, lines),
        "confusions": evaluation.confusions(found),
        "unknown_labels": sorted(set(report.counts) - set(predictor.labels)),
        "already_learned": int(sum(fingerprint(row.text) in set(predictor.seen.tolist()) for row in rows)),
    }
