"""编码器导出: a sentence-transformers checkpoint becomes one ONNX file with int8 weights, and its tokenizer."""

import shutil
import tempfile
from pathlib import Path

import numpy as np

OPSET = 17


def export_onnx(checkpoint: Path, out: Path) -> Path:
    """Export `checkpoint` (CLS pooling, normalised) to out/encoder.onnx and out/tokenizer.json.

    Inputs `input_ids`, `attention_mask`: int64 (batch, tokens); output `sentence_embedding`: float32
    (batch, dimension), unit length. Weights are stored as int8 with a scale per row or column and computed
    with as float32: quantising the activations as well cost half of what tuning had gained, was no quicker on
    processors with AVX2 only, and made the vectors depend on the processor (see docs/decisions/0004).
    """
    import onnx
    import torch
    from sentence_transformers import SentenceTransformer

    out.mkdir(parents=True, exist_ok=True)
    model = SentenceTransformer(str(checkpoint), device="cpu")
    model.eval()
    bert = model[0].auto_model
    bert.set_attn_implementation("eager")

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids, attention_mask):
            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return torch.nn.functional.normalize(hidden[:, 0], dim=-1)

    ids = torch.tensor([[101, 100, 102], [101, 102, 0]])
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fp32.onnx"
        torch.onnx.export(
            Encoder(),
            (ids, (ids > 0).long()),
            str(plain),
            input_names=["input_ids", "attention_mask"],
            output_names=["sentence_embedding"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "sentence_embedding": {0: "batch"},
            },
            opset_version=OPSET,
            dynamo=False,
        )
        graph_model = onnx.load(str(plain))
    store_weights_as_int8(graph_model.graph)
    onnx.checker.check_model(graph_model)
    onnx.save(graph_model, str(out / "encoder.onnx"))
    shutil.copy(checkpoint / "tokenizer.json", out / "tokenizer.json")
    return out


def store_weights_as_int8(graph) -> int:
    """Replace the constant matrices of MatMul and Gather by int8 with DequantizeLinear; how many were replaced.

    Scales: one per output column of a MatMul's weight, one per row of an embedding table.
    """
    from onnx import helper, numpy_helper

    constants = {tensor.name: tensor for tensor in graph.initializer}
    axes: dict[str, int] = {}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in constants:
            axes[node.input[1]] = 1
        elif node.op_type == "Gather" and node.input[0] in constants:
            axes[node.input[0]] = 0
    replaced = 0
    for name, axis in axes.items():
        weight = numpy_helper.to_array(constants[name])
        if weight.ndim != 2 or weight.dtype != np.float32:
            continue
        scale = np.abs(weight).max(axis=1 - axis) / 127
        scale[scale == 0] = 1.0
        stored = np.clip(np.round(weight / np.expand_dims(scale, 1 - axis)), -127, 127).astype(np.int8)
        graph.initializer.remove(constants[name])
        graph.initializer.append(numpy_helper.from_array(stored, f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
        inputs = [f"{name}.int8", f"{name}.scale"]
        graph.node.insert(0, helper.make_node("DequantizeLinear", inputs, [name], name=f"{name}.dequantize", axis=axis))
        replaced += 1
    return replaced
