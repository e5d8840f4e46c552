import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from casework.errors import HotlineError, Unavailable
from routing.artifact import (
    MANIFEST,
    TWIN,
    VOCABULARY,
    WEIGHTS,
    ArtifactError,
    read_artifact,
    read_weights,
    write_artifact,
)
from routing.predictor import Predictor
from tests.fake_encoder import FakeEncoder
from tests.small_city import small_encoder
from training.routing_training import Trained


@pytest.fixture
def model(trained: Trained, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.folder, tmp_path / "model"))


def rewrite(model: Path, **changes: object) -> None:
    row = json.loads((model / MANIFEST).read_text(encoding="utf-8"))
    (model / MANIFEST).write_text(json.dumps(row | changes, ensure_ascii=False), encoding="utf-8")


def test_what_was_written_is_read(trained: Trained) -> None:
    artifact = read_artifact(trained.folder)
    assert artifact.manifest == trained.manifest
    assert set(artifact.manifest.files) == {WEIGHTS, TWIN, VOCABULARY, "card.md", "report.html"}


@pytest.mark.parametrize("name", [WEIGHTS, TWIN, VOCABULARY, "card.md"])
def test_a_changed_file_is_refused(model: Path, name: str) -> None:
    data = bytearray((model / name).read_bytes())
    data[len(data) // 2] ^= 1
    (model / name).write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=f"{name}.*不一致"):
        read_artifact(model)


def test_a_truncated_file_is_refused(model: Path) -> None:
    (model / WEIGHTS).write_bytes((model / WEIGHTS).read_bytes()[:100])
    with pytest.raises(ArtifactError, match="不一致"):
        read_artifact(model)


def test_a_missing_file_is_refused(model: Path) -> None:
    (model / WEIGHTS).unlink()
    with pytest.raises(ArtifactError, match="缺少文件"):
        read_artifact(model)


def test_changed_thresholds_are_refused(model: Path) -> None:
    rewrite(model, thresholds={"water": 0.0})
    with pytest.raises(ArtifactError, match="被改动过"):
        read_artifact(model)


@pytest.mark.parametrize("version", [1, 99])
def test_another_version_is_refused_with_what_to_do(model: Path, version: int) -> None:
    rewrite(model, format=version)
    with pytest.raises(ArtifactError, match=rf"第{version}版.*只认第2版.*hotline train routing"):
        Predictor.load(model, small_encoder())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', "\x00\x01"])
def test_a_broken_manifest_is_refused(model: Path, text: str) -> None:
    (model / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError):
        read_artifact(model)


def test_an_empty_folder_says_how_to_get_a_model(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="hotline train routing") as caught:
        read_artifact(tmp_path)
    assert isinstance(caught.value, Unavailable) and isinstance(caught.value, HotlineError)


def test_a_pickle_in_the_weights_is_refused(model: Path, trained: Trained) -> None:
    np.savez(model / WEIGHTS, evil=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    manifest = read_artifact(trained.folder).manifest
    manifest.files = {}
    from routing.artifact import _digest, _sha256

    manifest.files = {name: _sha256(model / name) for name in trained.manifest.files}
    row = manifest.as_dict()
    row["digest"] = _digest(row)
    (model / MANIFEST).write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(ArtifactError, match="无法读取"):
        read_artifact(model)


def test_another_encoder_is_refused(trained: Trained) -> None:
    with pytest.raises(ArtifactError, match=r"fake:other.*重新训练"):
        Predictor.load(trained.folder, FakeEncoder("fake:other", dimension=96))
    with pytest.raises(ArtifactError, match="编码器"):
        Predictor.load(trained.folder, None)


def test_weights_that_do_not_belong_together_are_refused(trained: Trained, tmp_path: Path) -> None:
    artifact = read_artifact(trained.folder)
    broken = artifact.weights | {"department.bias": np.zeros(2, dtype=np.float32)}
    write_artifact(tmp_path / "broken", artifact.manifest, broken, artifact.vocabulary, twin(trained))
    with pytest.raises(ArtifactError, match="前后不一致"):
        Predictor.load(tmp_path / "broken", small_encoder())


def twin(trained: Trained) -> dict[str, np.ndarray]:
    return read_weights(read_artifact(trained.folder), TWIN)


def test_comparisons_are_made_with_the_twin_and_nothing_else_is(trained: Trained, tmp_path: Path) -> None:
    artifact, other = read_artifact(trained.folder), twin(trained)
    other["department.bias"] = other["department.bias"] + np.array([50.0, 0, 0, 0], dtype=np.float32)
    write_artifact(tmp_path / "other", artifact.manifest, artifact.weights, artifact.vocabulary, other)
    before, after = (Predictor.load(one, small_encoder()) for one in (trained.folder, tmp_path / "other"))
    texts = ["自来水停了", "停电了"]
    assert np.array_equal(after.probabilities(texts), before.probabilities(texts))
    assert after.probabilities(texts, twin=True)[:, 0].min() > 0.99 > before.probabilities(texts, twin=True)[:, 0].min()
    assert not np.array_equal(before.probabilities(texts, twin=True), before.probabilities(texts))


def test_a_twin_that_does_not_fit_the_model_is_refused(trained: Trained, tmp_path: Path) -> None:
    artifact = read_artifact(trained.folder)
    for broken in ({}, twin(trained) | {"department.bias": np.zeros(2, dtype=np.float32)}):
        write_artifact(tmp_path / "m", artifact.manifest, artifact.weights, artifact.vocabulary, broken)
        predictor = Predictor.load(tmp_path / "m", small_encoder())
        assert len(predictor.predict(["停水"])) == 1
        with pytest.raises(ArtifactError, match="前后不一致"):
            predictor.probabilities(["停水"], twin=True)


def test_another_folder_is_never_overwritten(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work", encoding="utf-8")
    artifact = read_artifact(trained.folder)
    with pytest.raises(ArtifactError, match="不能覆盖"):
        write_artifact(tmp_path, artifact.manifest, artifact.weights, artifact.vocabulary, {})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_failed_write_leaves_the_old_model_and_no_draft(model: Path, trained: Trained) -> None:
    artifact = read_artifact(trained.folder)
    with pytest.raises(ArtifactError, match="原有模型不受影响"):
        write_artifact(model, artifact.manifest, artifact.weights, [], {}, {"card.md": model / "not there"})
    assert read_artifact(model).manifest.id == trained.manifest.id
    assert [path.name for path in model.parent.iterdir()] == ["model"]
