"""向量存档: encoded once, looked up afterwards, never across encoders."""

from pathlib import Path

import numpy as np
import pytest

from knowledge.stored_vectors import StoredVectors
from tests.fake_encoder import FakeEncoder

DUTIES = ["查处占道经营", "处理井盖缺失"]


def test_kept_vectors_are_not_encoded_again(tmp_path: Path) -> None:
    stored = StoredVectors(FakeEncoder(), tmp_path / "duties.npz")
    first = stored.encode(DUTIES)
    stored.keep()
    encoder = FakeEncoder()
    again = StoredVectors(encoder, tmp_path / "duties.npz").encode([*DUTIES, "修路灯"])
    assert encoder.seen == ["修路灯"]
    assert np.array_equal(again[:2], first)


def test_questions_after_keeping_are_not_remembered(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    stored = StoredVectors(encoder, tmp_path / "duties.npz")
    stored.encode(DUTIES)
    stored.keep()
    stored.encode(["井盖丢了"])
    stored.encode(["井盖丢了"])
    assert encoder.seen == [*DUTIES, "井盖丢了", "井盖丢了"]


@pytest.mark.parametrize("content", [b"", b"broken", None])
def test_a_broken_file_or_another_encoder_is_passed_over(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "duties.npz"
    if content is None:
        other = StoredVectors(FakeEncoder("fake:other"), path)
        other.encode(DUTIES)
        other.keep()
    else:
        path.write_bytes(content)
    encoder = FakeEncoder()
    stored = StoredVectors(encoder, path)
    stored.encode(DUTIES)
    assert encoder.seen == DUTIES
    stored.keep()
    assert StoredVectors(encoder, path).encode(DUTIES).shape == (2, encoder.dimension)
    assert encoder.seen == DUTIES
