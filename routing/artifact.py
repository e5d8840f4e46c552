"""模型文件夹: model.json with the sha256 of every other file, weights.npz, twin.npz, vocabulary.json, and for transformers ONNX files.

Nothing in it can run code when loaded: JSON, npz without pickles, ONNX. A folder whose hashes do not agree is refused whole.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from casework.errors import Unavailable

FORMAT = 2
MANIFEST, WEIGHTS, VOCABULARY = "model.json", "weights.npz", "vocabulary.json"
TWIN = "twin.npz"
"""Weights of the same model before it learned the held-out part; read only to compare models."""


class ArtifactError(Unavailable):
    """模型不可用: the folder is missing, damaged, changed by another hand, or of another version."""


@dataclass(slots=True)
class Manifest:
    """模型说明 (model.json). `encoder` names the encoder its vectors come from, "" when it needs none."""

    id: str
    trainer: str
    created_at: str
    labels: list[str]
    categories: list[str]
    encoder: str
    features: dict
    """{"terms": TermSettings, "max_characters": int, "encoded": int, "network": {"max_tokens", …}}"""
    cleaning: dict
    calibration: dict
    """What was learned to turn scores into probabilities; already folded into the weights, kept for the reader."""
    thresholds: dict[str, float | None]
    """Confidence from which a label is dispatched without a person; None = never."""
    wanted_precision: float
    data: dict
    """{"hash", "rows", "counts": {label: rows}, "from", "to"}"""
    measures: dict
    seed: int = 0
    traits: dict[str, list[str]] = field(default_factory=dict)
    """Labels of what else it tells of a text: {"type": […], "urgency": […], "sentiment": […]}."""
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Artifact:
    """模型: what a folder holds, checked."""

    folder: Path
    manifest: Manifest
    weights: dict[str, np.ndarray]
    vocabulary: list[str]


def weights_digest(weights: Mapping[str, np.ndarray]) -> str:
    """sha256 over names, types, shapes and bytes: the same for the same data and seed."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        value = np.ascontiguousarray(weights[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def write_artifact(
    folder: Path,
    manifest: Manifest,
    weights: Mapping[str, np.ndarray],
    vocabulary: Sequence[str],
    twin: Mapping[str, np.ndarray],
    extra: Mapping[str, Path] | None = None,
) -> Path:
    """Write to a neighbour and rename, so that a folder is there whole or not at all. `extra` maps names to files to copy.

    Raises: ArtifactError when `folder` holds something other than a model, or the disk refuses.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MANIFEST).is_file())):
        raise ArtifactError(f"“{folder}”已有其他内容，不能覆盖。请用 --out 指定一个空目录或新目录。")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    except OSError as error:
        raise ArtifactError(f"无法在“{folder.parent}”写入模型：{error.strerror}。请检查目录权限和磁盘空间。") from error
    try:
        for name, arrays in ((WEIGHTS, weights), (TWIN, twin)):
            np.savez_compressed(draft / name, allow_pickle=False, **dict(arrays))
        (draft / VOCABULARY).write_text(json.dumps(list(vocabulary), ensure_ascii=False), encoding="utf-8")
        for name, source in (extra or {}).items():
            shutil.copyfile(source, draft / name)
        manifest.files = {path.name: _sha256(path) for path in sorted(draft.iterdir())}
        row = manifest.as_dict()
        row["digest"] = _digest(row)
        (draft / MANIFEST).write_text(json.dumps(row, ensure_ascii=False, indent=1), encoding="utf-8")
        os.chmod(draft, 0o755)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=".replaced-", dir=folder.parent))
            os.replace(folder, old / "model")
            os.replace(draft, folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(draft, folder)
    except OSError as error:
        raise ArtifactError(
            f"写入模型失败：{error.strerror or error}。请检查磁盘空间后重试，原有模型不受影响。"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def read_manifest(folder: Path) -> Manifest:
    """model.json alone, its own digest checked. Raises: ArtifactError."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(
            f"“{folder}”中没有模型（缺少 {MANIFEST}）。请检查路径，或先训练模型：hotline train routing。"
        )
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        version, digest = row.pop("format"), row.pop("digest", "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(
            f"模型说明文件 {path} 已损坏，无法读取。请重新训练，或用 hotline models rollback 退回上一个模型。"
        ) from error
    if version != FORMAT:
        raise ArtifactError(
            f"模型格式为第{version}版，本程序只认第{FORMAT}版。请用当前版本重新训练：hotline train routing。"
        )
    row["format"] = version
    if digest != _digest(row):
        raise ArtifactError(f"模型说明文件 {path} 被改动过，已拒绝加载。请重新训练，或从备份恢复。")
    try:
        return Manifest(**row)
    except TypeError as error:
        raise ArtifactError(f"模型说明文件 {path} 的字段不完整，无法使用。请重新训练。") from error


def read_artifact(folder: Path) -> Artifact:
    """Everything in the folder, after every hash agreed. Raises: ArtifactError."""
    manifest = read_manifest(folder)
    for name in {WEIGHTS, VOCABULARY} - manifest.files.keys():
        raise ArtifactError(f"模型 {manifest.id} 缺少文件 {name}。请重新训练。")
    for name, expected in manifest.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise ArtifactError(f"模型 {manifest.id} 缺少文件 {name}。请重新训练，或从备份恢复。")
        if _sha256(path) != expected:
            raise ArtifactError(
                f"模型 {manifest.id} 的文件 {name} 与训练时不一致（损坏或被改动），已拒绝加载。请重新训练，或从备份恢复。"
            )
    artifact = Artifact(folder, manifest, {}, [])
    weights = read_weights(artifact, WEIGHTS)
    try:
        vocabulary = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"模型 {manifest.id} 的词表无法读取。请重新训练。") from error
    return Artifact(folder, manifest, weights, vocabulary)


def read_weights(artifact: Artifact, name: str) -> dict[str, np.ndarray]:
    """The arrays of a checked folder's npz file. Raises: ArtifactError."""
    try:
        with np.load(artifact.folder / name, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ArtifactError(f"模型 {artifact.manifest.id} 的权重文件无法读取。请重新训练。") from error


def _digest(row: Mapping) -> str:
    """Of the manifest itself, without its `digest`: thresholds are as much part of the model as weights."""
    return hashlib.sha256(json.dumps(row, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
