"""编码器导出: a sentence-transformers checkpoint becomes one ONNX file with int8 weights, and its tokenizer."""

import shutil
import tempfile
from pathlib import Path

import numpy as np

OPSET = 17
LARGE = 16_384
"""Bytes from which on a tensor goes into the file of weights."""


def export_onnx(checkpoint: Path, out: Path) -> Path:
    """Export `checkpoint` (CLS pooling, normalised) to out/encoder.onnx, out/quick.onnx, the weights that both share in
    out/encoder.weights, and out/tokenizer.json.

    Inputs `input_ids`, `attention_mask`: int64 (batch, tokens); output `sentence_embedding`: float32
    (batch, dimension), unit length. Weights are stored as int8 with a scale per row or column. encoder.onnx computes
    with them as float32: quantising the activations as well cost half of what tuning had gained for short questions and
    makes the vectors depend on the processor. quick.onnx does quantise them, for passages by the thousand, where it is
    three times as quick (see docs/decisions/0004 and 0011).
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

    graph_model = to_onnx(Encoder(), "sentence_embedding")
    store_weights_as_int8(graph_model.graph)
    quick = onnx.ModelProto()
    quick.CopyFrom(graph_model)
    multiply_as_int8(quick.graph)
    _save(graph_model, quick, out)
    shutil.copy(checkpoint / "tokenizer.json", out / "tokenizer.json")
    return out


def to_onnx(module, output: str):
    """The ONNX model (float32) of a torch module over (input_ids, attention_mask), int64 (batch, tokens); its result, one row
    a text, is named `output`."""
    import onnx
    import torch

    ids = torch.tensor([[1, 2, 3], [1, 3, 0]])
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fp32.onnx"
        torch.onnx.export(
            module,
            (ids, (ids > 0).long()),
            str(plain),
            input_names=["input_ids", "attention_mask"],
            output_names=[output],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                output: {0: "batch"},
            },
            opset_version=OPSET,
            dynamo=False,
        )
        return onnx.load(str(plain))


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


def multiply_as_int8(graph) -> int:
    """Replace each MatMul with a dequantised weight by one over int8, its activations quantised as they come; how many."""
    from onnx import TensorProto, helper

    weights = {node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    wanted = [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights]
    quantized: set[str] = set()
    for node in wanted:
        source, weight = node.input[0], weights[node.input[1]]
        parts = [f"{source}.u8", f"{source}.scale", f"{source}.zero"]
        nodes = []
        if source not in quantized:
            quantized.add(source)
            nodes.append(helper.make_node("DynamicQuantizeLinear", [source], parts, name=f"{source}.quantize"))
        name = node.name or node.output[0]
        nodes += [
            helper.make_node(
                "MatMulInteger", [parts[0], weight.input[0], parts[2]], [f"{name}.i32"], name=f"{name}.int"
            ),
            helper.make_node("Cast", [f"{name}.i32"], [f"{name}.f32"], name=f"{name}.cast", to=TensorProto.FLOAT),
            helper.make_node("Mul", [parts[1], weight.input[1]], [f"{name}.scale"], name=f"{name}.scales"),
            helper.make_node("Mul", [f"{name}.f32", f"{name}.scale"], [node.output[0]], name=f"{name}.rescale"),
        ]
        place = list(graph.node).index(node)
        graph.node.remove(node)
        for offset, fresh in enumerate(nodes):
            graph.node.insert(place + offset, fresh)
    used = {name for node in graph.node for name in node.input}
    for node in list(weights.values()):
        if node.output[0] not in used:
            graph.node.remove(node)
    return len(wanted)


def _save(exact, quick, out: Path) -> None:
    """Save both graphs over one file of weights."""
    import onnx

    onnx.checker.check_model(exact)
    onnx.save_model(
        exact,
        str(out / "encoder.onnx"),
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="encoder.weights",
        size_threshold=LARGE,
    )
    shared = {
        tensor.name: tensor
        for tensor in onnx.load(str(out / "encoder.onnx"), load_external_data=False).graph.initializer
    }
    for tensor in quick.graph.initializer:
        if tensor.name in shared:
            tensor.CopyFrom(shared[tensor.name])
    (out / "quick.onnx").write_bytes(quick.SerializeToString())
    onnx.checker.check_model(str(out / "quick.onnx"))
