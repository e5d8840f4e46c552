"""深度训练器: a fine-tuned encoder beside the light scorers, exported to int8 ONNX. Needs the extra `train`.

Of the training part the network learns nine tenths; how it is mixed with the light model, and the thresholds, are learned on
the last tenth, which it has not seen and for which the light model's probabilities are out of fold. One more run over everything
before serving was tried and spoiled it (top-1 .890 → .883 on a fold of 2,783 messages): it learns by heart what it knows.
"""

import importlib.util
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from casework.errors import InvalidInput, Unavailable
from knowledge.encoder import SHIPPED, Encoder
from routing.model import MIXED_FLOOR, Mixture
from routing.network import OnnxClassifier
from routing.predictor import NETWORK
from training import routing_evaluation as evaluation
from training.calibration import fit_blend, thresholds
from training.checkpoint import checkpoint_of
from training.network import FineTuner, Lesson, token_limit
from training.progress import Progress
from training.routing_data import folds
from training.routing_learning import learn, side_measures
from training.routing_light import Settings
from training.routing_material import Material, Plan
from training.routing_training import Trained, both, describe, finish, space_of

HELD = 10
"""One row in this many is held back from the network."""


def require_extra() -> None:
    """Raises: Unavailable when torch, transformers or onnx is not installed."""
    missing = [name for name in ("torch", "transformers", "onnx") if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(
            f"transformer 训练需要额外的软件包（缺少 {'、'.join(missing)}）。请先运行 make train-setup，"
            "或安装 hotline12345[train]；也可以改用 --trainer light。"
        )


def train_network(
    plan: Plan, out: Path, material: Material, encoder: Encoder | None, said: Progress, started: float
) -> Trained:
    """Fine-tune, mix, measure, write. Starts from `plan.base`, else from the encoder that ships. Raises: InvalidInput."""
    if plan.base is not None and not (plan.base / "config.json").is_file():
        raise InvalidInput(
            f"“{plan.base}”不是 transformers 检查点目录（内应有 config.json 和 tokenizer.json）。不加 --base 则从随附的编码器开始。"
        )
    train_rows = material.split.train
    uses = Settings(use_terms=plan.use_terms, use_vectors=bool(encoder and plan.use_vectors))
    learned = learn(material, train_rows, uses, plan.seed, said)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = plan.base or checkpoint_of(SHIPPED, folder / "base")
        tuner = FineTuner(base, len(material.labels), len(material.categories), plan.seed)
        fitted = fine_tune(tuner, material, train_rows, plan, said, folder)
        held, limit = fitted.held, fitted.limit
        said("校准")
        at = np.searchsorted(train_rows, held)
        mixture = mix(learned.choice.probabilities[at], fitted.scores, material.y[held])
        probabilities = mixture.probabilities(learned.choice.probabilities[at], fitted.scores)
        lines = thresholds(probabilities, material.y[held], material.labels, plan.wanted_precision)
        space = space_of(material)
        said("全量拟合")
        final, twin = both(material, learned, uses, space)
        final.mixture = twin.mixture = mixture
        calibration = learned.choice.blend.as_dict() | {"settings": asdict(uses), "mixture": mixture.as_dict()}
        manifest = describe(plan, material, lines, calibration, encoder if uses.use_vectors else None, final)
        base_name = plan.base.name if plan.base else "shipped"
        manifest.features["network"] = {"max_tokens": limit, "base": base_name, "epochs": plan.epochs}
        found = evaluation.outcomes(material.labels, probabilities, [material.rows[i].label for i in held])
        manifest.measures["cross_fitted"] = evaluation.measures(found)
        manifest.measures |= side_measures(material, learned)
        extra = {name: folder / name for name in (NETWORK, "tokenizer.json")}
        return finish(out, manifest, final, twin, space, material, encoder, said, started, extra)


class Fitted:
    """微调结果: the rows held back from the network, with its scores for them, and the tokens it reads of a text."""

    def __init__(self, held: np.ndarray, scores: np.ndarray, limit: int) -> None:
        self.held, self.scores, self.limit = held, scores, limit


def fine_tune(
    tuner: FineTuner, material: Material, rows: np.ndarray, plan: Plan, said: Progress, folder: Path
) -> Fitted:
    """Learn nine tenths of `rows`, export, score the last tenth with what was exported."""
    fit_at, hold_at = next(folds(material.y[rows], material.corpus.groups[rows], plan.seed, count=HELD))
    texts = [row.text for row in material.rows]
    limit = token_limit(tuner.lengths(texts), plan.epochs * len(fit_at) / len(texts))
    tuner.learn(lesson_of(material, rows[fit_at]), plan.epochs, limit, said)
    said("导出")
    path = tuner.export(folder / NETWORK)
    network = OnnxClassifier(folder, {"max_tokens": limit}, name=path.name)
    held = rows[hold_at]
    return Fitted(held, network.scores([texts[i] for i in held]), limit)


def lesson_of(material: Material, rows: np.ndarray) -> Lesson:
    """The rows as the network learns them."""
    return Lesson([material.rows[i].text for i in rows], material.y[rows], material.category_of[rows])


def mix(light: np.ndarray, network: np.ndarray, y: np.ndarray) -> Mixture:
    """How much the light model's probabilities and the network's scores count, of texts that neither had seen."""
    blend = fit_blend(np.stack([np.log(light + MIXED_FLOOR), network.astype(np.float64)]), y)
    return Mixture(float(blend.weights[0]), float(blend.weights[1]), blend.bias, blend.slope, blend.shift)
