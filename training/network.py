"""神经网络微调: an encoder with a linear head for departments, and one for categories beside it, on whatever processor there is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.text import normalize
from training.encoder_export import multiply_as_int8, store_weights_as_int8, to_onnx
from training.progress import Progress

MAX_TOKENS = 192
TOKENS = 7_500_000
"""Tokens read in a whole training at most: forty minutes on two cores at the 3,000 a second measured. Longer texts give way."""
BATCH, LARGE_BATCH, MANY = 16, 32, 8000
"""Texts a step; the larger one from MANY texts on."""
RATE, HEAD_RATE = 1e-4, 1e-3
"""Measured on one fold of 2,783 messages with 7 labels: macro-F1 .901 at 5e-5, .911 at 1e-4."""
WARM_UP = 0.1
SMOOTHING = 0.1
CATEGORY_SHARE = 0.5
"""Of the categories' loss in the whole."""
_BF16 = {"amx_bf16", "avx512_bf16"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """教材: texts with the columns of their department and category (−1 = none)."""

    texts: Sequence[str]
    y: np.ndarray
    categories: np.ndarray


class FineTuner:
    """微调器: may learn in several runs, and be exported after each. Needs the extra `train`."""

    def __init__(self, base: Path, labels: int, categories: int, seed: int) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        random.seed(seed)
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(True, warn_only=True)
        self._torch, self._draw = torch, np.random.default_rng(seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True)
        bert = AutoModel.from_pretrained(str(base), local_files_only=True, add_pooling_layer=False)
        self._model = _classifier(torch, bert, labels, categories).to(self.device)

    def lengths(self, texts: Sequence[str]) -> np.ndarray:
        """Tokens of each text, at most MAX_TOKENS."""
        return np.array([len(ids) for ids in self._ids(texts, MAX_TOKENS)])

    def learn(self, lesson: Lesson, epochs: int, limit: int, said: Progress, rate: float = RATE) -> None:
        """`epochs` runs over the lesson, the rate rising and falling once; texts are read to `limit` tokens."""
        torch = self._torch
        told = self._ids(lesson.texts, limit)
        size = LARGE_BATCH if len(told) >= MANY else BATCH
        steps = epochs * -(-len(told) // size)
        groups = [
            {"params": self._model.bert.parameters(), "lr": rate},
            {
                "params": [*self._model.head.parameters(), *self._model.second.parameters()],
                "lr": HEAD_RATE * rate / RATE,
            },
        ]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        warm = max(1, round(WARM_UP * steps))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))
        )
        loss_of = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING, ignore_index=-1)
        self._model.train()
        with said.bar(steps, "微调", unit="步") as bar:
            for _ in range(epochs):
                for rows in self._batches([len(ids) for ids in told], size):
                    ids, mask = self._padded([told[i] for i in rows])
                    with self._precision():
                        departments, categories = self._model.both(ids, mask)
                    loss = loss_of(departments.float(), torch.tensor(lesson.y[rows], device=self.device))
                    second = lesson.categories[rows]
                    if (second >= 0).any():
                        beside = loss_of(categories.float(), torch.tensor(second, device=self.device))
                        loss = (1 - CATEGORY_SHARE) * loss + CATEGORY_SHARE * beside
                    optimizer.zero_grad()
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
                    optimizer.step()
                    schedule.step()
                    bar.update()

    def export(self, path: Path) -> Path:
        """Write the network (int8 weights, multiplied as int8 where `knowledge.encoder` says) and, beside it, tokenizer.json."""
        import onnx

        self._model.to("cpu").eval()
        self._model.bert.set_attn_implementation("eager")
        network = to_onnx(self._model, "scores")
        store_weights_as_int8(network.graph)
        multiply_as_int8(network.graph)
        onnx.checker.check_model(network)
        onnx.save(network, str(path))
        self._tokenizer.backend_tokenizer.save(str(path.parent / "tokenizer.json"))
        self._model.to(self.device)
        self._model.bert.set_attn_implementation("sdpa")
        return path

    def _ids(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        return self._tokenizer([normalize(text) for text in texts], truncation=True, max_length=limit)["input_ids"]

    def _batches(self, lengths: list[int], size: int) -> list[np.ndarray]:
        """Rows of like length together (less padding), the batches in random order."""
        noisy = np.array(lengths) * self._draw.uniform(0.8, 1.2, len(lengths))
        order = np.argsort(noisy, kind="stable")
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        return [batches[i] for i in self._draw.permutation(len(batches))]

    def _padded(self, rows: list[list[int]]) -> tuple[Any, Any]:
        width, pad = max(map(len, rows)), self._tokenizer.pad_token_id or 0
        ids = self._torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=self.device)
        mask = self._torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=self.device)
        return ids, mask

    def _precision(self) -> Any:
        """bfloat16 where the processor multiplies it faster than float32; elsewhere it would only be emulated."""
        useful = self.device == "cuda" or _multiplies_bf16()
        return self._torch.autocast(self.device, dtype=self._torch.bfloat16, enabled=useful)


def token_limit(lengths: np.ndarray, rounds: float) -> int:
    """The greatest limit at which `rounds` runs over all texts stay within TOKENS."""
    for limit in (MAX_TOKENS, 160, 128, 96, 80, 64):
        if np.minimum(lengths, limit).sum() * rounds <= TOKENS:
            return limit
    return 48


def _multiplies_bf16() -> bool:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return bool(set(told.split()) & _BF16)


def _classifier(torch: Any, bert: Any, labels: int, categories: int) -> Any:
    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert
            self.drop = torch.nn.Dropout(0.1)
            self.head = torch.nn.Linear(bert.config.hidden_size, labels)
            self.second = torch.nn.Linear(bert.config.hidden_size, max(categories, 1))

        def first(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.drop(self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state[:, 0])

        def both(self, input_ids: Any, attention_mask: Any) -> Any:
            told = self.first(input_ids, attention_mask)
            return self.head(told), self.second(told)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.head(self.first(input_ids, attention_mask))

    return Classifier()
