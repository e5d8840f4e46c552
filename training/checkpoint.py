"""检查点: an exported encoder (ONNX) as a transformers checkpoint again, so that fine-tuning starts without a model hub."""

from pathlib import Path
from typing import Any

import numpy as np

from casework.errors import InvalidInput

_HEAD = 64
"""Dimensions of one attention head in every BERT."""


def checkpoint_of(encoder: Path, out: Path) -> Path:
    """Write the encoder in `encoder` (see `training.encoder_export`) to `out`: config.json, model.safetensors, tokenizer.json.

    Its weights have the precision of int8, as they were shipped. Raises: InvalidInput when it is no BERT of that form.
    """
    import onnx
    import torch
    from onnx import numpy_helper
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    graph = onnx.load(str(encoder / "encoder.onnx")).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    values = dict(stored)
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
            whole, scale = stored[node.input[0]], stored[node.input[1]]
            values[node.output[0]] = whole.astype(np.float32) * np.expand_dims(scale, 1 - axis)
    state: dict[str, Any] = {}
    for name, value in stored.items():
        if name.startswith("bert.") and not name.endswith((".int8", ".scale")):
            state[name.removeprefix("bert.")] = torch.tensor(value)
    for node in graph.node:
        place = node.name.strip("/").split("/")
        if place[0] != "bert" or node.op_type not in ("MatMul", "Gather"):
            continue
        # A node is named after the module that it came from: /bert/encoder/layer.0/attention/self/query/MatMul.
        weight = node.input[1] if node.op_type == "MatMul" else node.input[0]
        if weight in values and values[weight].ndim == 2:
            matrix = values[weight].T if node.op_type == "MatMul" else values[weight]
            state[".".join([*place[1:-1], "weight"])] = torch.tensor(np.ascontiguousarray(matrix))
    try:
        words, hidden = state["embeddings.word_embeddings.weight"].shape
        config = BertConfig(
            vocab_size=words,
            hidden_size=hidden,
            num_hidden_layers=1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layer.")),
            num_attention_heads=hidden // _HEAD,
            intermediate_size=state["encoder.layer.0.intermediate.dense.weight"].shape[0],
            max_position_embeddings=state["embeddings.position_embeddings.weight"].shape[0],
            type_vocab_size=state["embeddings.token_type_embeddings.weight"].shape[0],
        )
        model = BertModel(config, add_pooling_layer=False)
        model.load_state_dict(state, strict=True)
    except (KeyError, ValueError, RuntimeError) as error:
        raise InvalidInput(
            f"编码器目录“{encoder}”不能作为 transformer 训练的起点。请用 --base 指定一个 transformers 检查点目录。"
        ) from error
    model.save_pretrained(str(out))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(encoder / "tokenizer.json"),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    tokenizer.save_pretrained(str(out))
    return out
