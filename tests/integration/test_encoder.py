"""编码器: the shipped one, whole and quick; its name is that of its weights."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge.encoder import SHIPPED, EncoderError, OnnxEncoder, multiplies_int8

TEXTS = [
    "住房公积金管理条例 第二十四条 职工离休、退休的，可以提取职工住房公积金账户内的存储余额。",
    "租房提取公积金需要什么材料",
    "身份证、无房证明和租赁合同。" * 20,
    "小区门口的路灯坏了",
    "？",
]


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder(threads=1)


def test_vectors_are_of_unit_length_and_in_the_order_of_the_texts(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-3)
    assert encoder.encode([]).shape == encoder.encode([], quick=True).shape == (0, encoder.dimension)


def test_quick_vectors_are_near_the_exact_ones(encoder: OnnxEncoder) -> None:
    if not (SHIPPED / "quick.onnx").is_file():
        pytest.skip("the shipped encoder has no quick.onnx")
    if not multiplies_int8():
        pytest.skip("this processor has no instructions to multiply int8; the exact encoder is used")
    cosines = (encoder.encode(TEXTS) * encoder.encode(TEXTS, quick=True)).sum(axis=1)
    assert cosines.min() > 0.98


def test_without_a_quick_one_the_exact_one_is_used(tmp_path: Path) -> None:
    exact = OnnxEncoder(copied(tmp_path), threads=1)
    np.testing.assert_allclose(exact.encode(TEXTS, quick=True), exact.encode(TEXTS), atol=1e-6)


def copied(folder: Path) -> Path:
    for file in SHIPPED.iterdir():
        if file.name in ("encoder.onnx", "encoder.weights", "tokenizer.json"):
            shutil.copyfile(file, folder / file.name)  # onnxruntime refuses weights outside the model's folder
    return folder


def test_the_name_is_that_of_the_weights(encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert OnnxEncoder(copied(tmp_path), threads=1).name == encoder.name
    if (tmp_path / "encoder.weights").exists():
        model = tmp_path / "encoder.onnx"
        data = model.read_bytes()
        model.unlink()
        model.write_bytes(data + b"\xfa\x0f\x00")  # a field that onnx does not know
    else:
        (tmp_path / "encoder.weights").write_bytes(b"other")
    assert OnnxEncoder(tmp_path, threads=1).name != encoder.name


def test_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    (copied(tmp_path) / "encoder.weights").unlink()
    with pytest.raises(EncoderError, match="重新安装"):
        OnnxEncoder(tmp_path, threads=1)


@pytest.mark.parametrize("missing", ["encoder.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    (copied(tmp_path) / missing).unlink()
    with pytest.raises(EncoderError, match=missing):
        OnnxEncoder(tmp_path)
