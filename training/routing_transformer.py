"""深度训练器: a fine-tuned encoder as a classifier, exported to int8 ONNX, blended with the light scorers. Needs the extra `train`.

The training part is split once more: the network learns the larger share, the blend and the thresholds are learned on the
rest, which neither network nor light scorers have seen. Scores for that come from the exported file, as in serving.
"""

import importlib.util
import random
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from casework.errors import InvalidInput, Unavailable
from knowledge.encoder import Encoder
from knowledge.text import normalize
from routing.network import OnnxClassifier
from routing.predictor import Target
from training import routing_evaluation as evaluation
from training.calibration import Blend, fit_blend, thresholds
from training.encoder_export import store_weights_as_int8, to_onnx
from training.progress import Progress
from training.routing_data import folds
from training.routing_light import Scorers, Settings, Space, scorer_names
from training.routing_material import Material, Plan
from training.routing_training import Trained, describe, finish, learned_categories

MAX_TOKENS = 256
BATCH = 16
LEARNING_RATE = 5e-5
HEAD_RATE = 1e-3
WARM_UP = 0.1
SMOOTHING = 0.1


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
    """Fine-tune `plan.base`, blend, measure, write. Raises: InvalidInput without a usable base."""
    if plan.base is None or not (plan.base / "config.json").is_file():
        raise InvalidInput(
            "请用 --base 指定 transformers 检查点目录（内有 config.json 和 tokenizer.json），例如 bge-small-zh-v1.5。"
        )
    corpus, about, y, count = material.corpus, material.about, material.y, len(material.labels)
    train_rows = material.split.train
    fit_at, hold_at = next(folds(y[train_rows], corpus.groups[train_rows], plan.seed))
    fit_rows, hold_rows = train_rows[fit_at], train_rows[hold_at]
    uses = Settings(use_terms=plan.use_terms, use_vectors=bool(encoder and plan.use_vectors))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = [row.text for row in material.rows]
        fine_tune(plan.base, [texts[i] for i in fit_rows], y[fit_rows], count, plan.seed, plan.epochs, folder, said)
        network = OnnxClassifier(folder, {"max_tokens": MAX_TOKENS})
        held = network.scores([texts[i] for i in hold_rows])
        said("导出与校准")
        light = Scorers(corpus, about, y, count, fit_rows, uses).scores(hold_rows)
        blend = fit_blend(np.concatenate([light, held[None]]), y[hold_rows])
        blend.names = [*scorer_names(about, uses), "network"]
        probabilities = blend.probabilities(np.concatenate([light, held[None]]))
        lines = thresholds(probabilities, y[hold_rows], material.labels, plan.wanted_precision)
        both = sparse.vstack([corpus.counts.matrix, about.counts]).tocsr()
        space = Space.of(corpus, both, np.arange(len(corpus)))
        scorers = Scorers(corpus, about, y, count, train_rows, uses, space)
        target = _with_network(scorers, material.labels, blend)
        weights = {"idf": space.features.idf, "centre": space.centre.astype(np.float32)} | target.as_weights(
            "department"
        )
        manifest = describe(plan, material, lines, blend.as_dict(), encoder if uses.use_vectors else None)
        manifest.features["network"] = {"max_tokens": MAX_TOKENS, "base": plan.base.name, "epochs": plan.epochs}
        truth = [material.rows[i].label for i in hold_rows]
        found = evaluation.outcomes(material.labels, probabilities, truth)
        manifest.measures["cross_fitted"] = evaluation.measures(found)
        weights |= learned_categories(plan, material, uses, space, manifest, said)
        extra = {name: folder / name for name in ("model.onnx", "tokenizer.json")}
        return finish(out, manifest, weights, space.features.terms, material, encoder, said, started, extra)


def _with_network(scorers: Scorers, labels: list[str], blend: Blend) -> Target:
    light = replace(blend, weights=blend.weights[:-1], names=blend.names[:-1])
    target = scorers.target(labels, light)
    target.network_weight = float(blend.weights[-1])
    return target


def fine_tune(
    base: Path,
    texts: list[str],
    y: np.ndarray,
    count: int,
    seed: int,
    epochs: int,
    out: Path,
    said: Progress,
    rate: float = LEARNING_RATE,
) -> None:
    """Train a linear head on the first token and the encoder under it; write out/model.onnx (int8) and out/tokenizer.json."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True)
    bert = AutoModel.from_pretrained(str(base), local_files_only=True, attn_implementation="eager")
    model = _classifier(torch, bert, count).to(device)
    told = tokenizer([normalize(text) for text in texts], truncation=True, max_length=MAX_TOKENS)["input_ids"]
    steps = epochs * -(-len(told) // BATCH)
    groups = [
        {"params": model.bert.parameters(), "lr": rate},
        {"params": model.head.parameters(), "lr": HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    warm = max(1, round(WARM_UP * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))
    )
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    draw = np.random.default_rng(seed)
    model.train()
    with said.bar(steps, "微调", unit="步") as bar:
        for _ in range(epochs):
            for rows in _batches([len(ids) for ids in told], draw):
                ids, mask = _padded(torch, [told[i] for i in rows], tokenizer.pad_token_id or 0, device)
                loss = loss_of(model(ids, mask), torch.tensor(y[rows], device=device))
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                bar.update()
    _export(model.to("cpu").eval(), out)
    tokenizer.backend_tokenizer.save(str(out / "tokenizer.json"))


def _classifier(torch: Any, bert: Any, count: int) -> Any:
    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert
            self.drop = torch.nn.Dropout(0.1)
            self.head = torch.nn.Linear(bert.config.hidden_size, count)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return self.head(self.drop(hidden[:, 0]))

    return Classifier()


def _batches(lengths: list[int], draw: np.random.Generator) -> list[np.ndarray]:
    """Rows of like length together (less padding), the batches in random order."""
    noisy = np.array(lengths) * draw.uniform(0.8, 1.2, len(lengths))
    order = np.argsort(noisy, kind="stable")
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [batches[i] for i in draw.permutation(len(batches))]


def _padded(torch: Any, rows: list[list[int]], pad: int, device: str) -> tuple[Any, Any]:
    width = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    return ids, mask


def _export(model: Any, out: Path) -> None:
    """Weights as int8, computed with as float32, as in `training.encoder_export`."""
    import onnx

    network = to_onnx(model, "scores")
    store_weights_as_int8(network.graph)
    onnx.checker.check_model(network)
    onnx.save(network, str(out / "model.onnx"))
