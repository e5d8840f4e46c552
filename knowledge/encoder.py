"""编码器: text → unit vector. The shipped one runs on onnxruntime; a checkpoint may replace it by a setting."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from knowledge.text import normalize

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SHIPPED = Path(__file__).parent / "model"
MAX_TOKENS = 320
FOLD_ONCE = {"session.disable_quant_qdq": "1"}
"""onnxruntime's option by which int8 weights become float32 once, at loading, instead of at every run."""


class EncoderError(RuntimeError):
    """The encoder cannot be loaded; the message says what to do."""


class Encoder(Protocol):
    """What turns texts into vectors.

    `name` identifies weights and tokenizer: vectors of two encoders are never mixed in one index.
    """

    name: str
    dimension: int

    def encode(self, texts: Sequence[str], quick: bool = False) -> np.ndarray:
        """float32 (len(texts), dimension), rows of unit length, so inner product is cosine.

        `quick`: for long texts by the thousand, where a cosine of 0.99 to the exact vector will do.
        """
        ...


class OnnxEncoder:
    """An encoder in a folder with encoder.onnx, tokenizer.json and, where it has them, encoder.weights and
    quick.onnx (see `training.encoder_export`): the same weights, multiplied as int8."""

    def __init__(self, folder: Path = SHIPPED, threads: int = 0) -> None:
        """Load the model; `threads` 0 lets onnxruntime choose.

        Raises: EncoderError when a file is missing.
        """
        import hashlib

        from tokenizers import Tokenizer

        model, vocabulary = folder / "encoder.onnx", folder / "tokenizer.json"
        for path in (model, vocabulary):
            if not path.is_file():
                raise EncoderError(
                    f"编码器文件缺失：{path.name}。请重新安装，或用 HOTLINE_ENCODER 指定一个编码器目录。"
                )
        self._quick_model, self._threads = folder / "quick.onnx", threads
        self._session = _open(model, threads, FOLD_ONCE)
        self._quick: InferenceSession | None = None
        self._tokenizer = Tokenizer.from_file(str(vocabulary))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self.dimension = int(self._session.get_outputs()[0].shape[-1])
        self._one = lru_cache(maxsize=8192)(self._encode_one)
        weights = folder / "encoder.weights"
        content = model.read_bytes() + (weights.read_bytes() if weights.is_file() else b"")
        self.name = "onnx:" + hashlib.sha256(content).hexdigest()[:16]

    def encode(self, texts: Sequence[str], quick: bool = False, batch_tokens: int = 2048) -> np.ndarray:
        """Encode in batches of like length, at most `batch_tokens` padded tokens each; order is kept."""
        if len(texts) == 1 and not quick:
            return self._one(texts[0])[None]
        session = self._quick_session() if quick else self._session
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not len(texts):
            return vectors
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch([normalize(t) for t in texts])]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and len(tokens[order[stop]]) * (stop + 1 - start) <= batch_tokens:
                stop += 1
            rows = order[start:stop]
            width = len(tokens[rows[-1]])
            ids = np.zeros((len(rows), width), dtype=np.int64)
            mask = np.zeros_like(ids)
            for line, row in enumerate(rows):
                ids[line, : len(tokens[row])] = tokens[row]
                mask[line, : len(tokens[row])] = 1
            vectors[rows] = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
            start = stop
        return vectors

    def _quick_session(self) -> "InferenceSession":
        """The int8 one, opened when it is first wanted; the exact one where there is none or it would not be quicker."""
        if self._quick is None:
            there = self._quick_model.is_file() and multiplies_int8()
            # Here only the table of embeddings is left to become float32: once, not at every run.
            self._quick = _open(self._quick_model, self._threads, FOLD_ONCE) if there else self._session
        return self._quick

    def _encode_one(self, text: str) -> np.ndarray:
        """One vector (dimension,), remembered: a turn asks for its text's vector several times."""
        ids = np.array([self._tokenizer.encode(normalize(text)).ids], dtype=np.int64)
        vector = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        vector.flags.writeable = False
        return vector


def _open(model: Path, threads: int, entries: dict[str, str]) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Spinning threads starve other work on a machine with few cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    for name, value in entries.items():
        options.add_session_config_entry(name, value)
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes, which it does not export
        raise EncoderError(
            f"编码器文件 {model.name} 或它的权重 encoder.weights 缺失或损坏。请重新安装，或用 HOTLINE_ENCODER 指定一个编码器目录。"
        ) from error


@lru_cache(maxsize=1)
def multiplies_int8() -> bool:
    """Whether the processor has instructions for it (VNNI, AMX, ARM's dot product). Others are no quicker with int8,
    and AVX2 alone loses digits."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return bool(set(told.split()) & {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"})
