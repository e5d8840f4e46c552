"""神经网络分类器: a fine-tuned encoder exported to int8 ONNX, run by onnxruntime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge.text import normalize
from routing.artifact import ArtifactError


class OnnxClassifier:
    """model.onnx with tokenizer.json: text → scores before softmax (texts × labels)."""

    def __init__(self, folder: Path, settings: dict, threads: int = 0, name: str = "model.onnx") -> None:
        """`settings`: {"max_tokens": int}; `name` is the network's file in `folder`. Raises: ArtifactError when the files cannot be loaded."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # As in `knowledge.encoder`: no spinning threads, and int8 weights become float32 once, at loading.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / name), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # onnxruntime and tokenizers raise their own classes without a common base
            raise ArtifactError(f"模型目录 {folder} 中的神经网络文件无法加载。请重新训练。") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(int(settings["max_tokens"]))

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (texts, labels), each text by itself, see `routing.features.encode_each`."""
        rows = []
        for encoding in self._tokenizer.encode_batch([normalize(text) for text in texts]):
            ids = np.array([encoding.ids], dtype=np.int64)
            rows.append(self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0])
        return np.vstack(rows).astype(np.float32)
