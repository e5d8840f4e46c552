import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from casework.errors import Conflict, NotFound
from routing.artifact import ArtifactError, read_artifact, write_artifact
from routing.registry import ModelRegistry
from training.routing_training import Trained

ROOT = Path(__file__).parents[3]


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    return ModelRegistry(tmp_path / "models")


def model(trained: Trained, folder: Path, id: str) -> Path:
    """A copy of the trained model under another id."""
    artifact = read_artifact(trained.folder)
    artifact.manifest.id = id
    return write_artifact(folder / id, artifact.manifest, artifact.weights, artifact.vocabulary, artifact.weights)


def passed(incumbent: str) -> dict:
    return {"passed": True, "incumbent": incumbent, "explanation": "不比在用模型差"}


def two(registry: ModelRegistry, trained: Trained, tmp_path: Path) -> None:
    """Model a serves, b is a candidate that passed against a."""
    registry.add(model(trained, tmp_path, "a"))
    registry.promote("a", "admin")
    registry.add(model(trained, tmp_path, "b"), "admin", passed("a"))


def test_an_empty_registry_has_no_model(registry: ModelRegistry) -> None:
    assert registry.current() is None and list(registry.list()) == [] and list(registry.history()) == []


def test_a_candidate_does_not_serve_until_it_is_promoted(
    registry: ModelRegistry, trained: Trained, tmp_path: Path
) -> None:
    two(registry, trained, tmp_path)
    assert registry.current() == registry.path("a")
    registry.promote("b", "admin")
    assert registry.current() == registry.path("b")
    assert {row["id"]: row["state"] for row in registry.list()} == {"a": "former", "b": "current"}


def test_rollback_serves_the_model_before(registry: ModelRegistry, trained: Trained, tmp_path: Path) -> None:
    two(registry, trained, tmp_path)
    registry.promote("b", "admin")
    assert registry.rollback("lead") == "a"
    assert registry.current() == registry.path("a")
    with pytest.raises(Conflict, match="没有可以退回"):
        registry.rollback("lead")


def test_who_did_what_is_kept(registry: ModelRegistry, trained: Trained, tmp_path: Path) -> None:
    two(registry, trained, tmp_path)
    registry.promote("b", "admin")
    registry.rollback("lead")
    rows = [(row["action"], row["id"], row["from"], row["by"]) for row in registry.history()]
    assert rows == [
        ("add", "a", None, ""),
        ("promote", "a", None, "admin"),
        ("add", "b", "a", "admin"),
        ("promote", "b", "a", "admin"),
        ("rollback", "a", "b", "lead"),
    ]
    assert all(row["at"] for row in registry.history())


def test_a_model_that_the_gate_found_worse_is_refused_with_its_figures(registry, trained, tmp_path) -> None:
    two(registry, trained, tmp_path)
    verdict = {"passed": False, "incumbent": "a", "explanation": "首选准确率相差-7.0个百分点"}
    registry.add(model(trained, tmp_path, "worse"), "admin", verdict)
    with pytest.raises(Conflict, match=r"-7\.0个百分点"):
        registry.promote("worse", "admin")
    assert registry.current() == registry.path("a")


def test_a_model_that_was_not_compared_with_the_one_in_use_is_refused(registry, trained, tmp_path) -> None:
    two(registry, trained, tmp_path)
    registry.add(model(trained, tmp_path, "c"))
    with pytest.raises(Conflict, match="尚未与在用模型“a”比较"):
        registry.promote("c", "admin")
    registry.promote("b", "admin")
    registry.add(model(trained, tmp_path, "d"), "admin", passed("a"))
    with pytest.raises(Conflict, match="尚未与在用模型“b”比较"):
        registry.promote("d", "admin")


@pytest.mark.parametrize("id", ["none", "", "../a", "a/../a", ".", "registry.json"])
def test_an_unknown_id_is_not_found(registry: ModelRegistry, trained: Trained, tmp_path: Path, id: str) -> None:
    two(registry, trained, tmp_path)
    with pytest.raises(NotFound, match="hotline models list"):
        registry.promote(id, "admin")


def test_the_same_model_is_not_added_or_promoted_twice(
    registry: ModelRegistry, trained: Trained, tmp_path: Path
) -> None:
    two(registry, trained, tmp_path)
    with pytest.raises(Conflict, match="已登记"):
        registry.add(tmp_path / "b")
    with pytest.raises(Conflict, match="已在使用"):
        registry.promote("a", "admin")


def test_a_damaged_model_is_neither_added_nor_promoted_but_listed(registry, trained, tmp_path) -> None:
    two(registry, trained, tmp_path)
    (registry.path("b") / "weights.npz").write_bytes(b"")
    with pytest.raises(ArtifactError):
        registry.promote("b", "admin")
    with pytest.raises(ArtifactError):
        registry.add(registry.path("b"))
    (registry.path("b") / "model.json").write_text("{", encoding="utf-8")
    assert {row["id"]: row["state"] for row in registry.list()} == {"a": "current", "b": "damaged"}


def test_a_damaged_registry_says_so(registry: ModelRegistry, trained: Trained, tmp_path: Path) -> None:
    two(registry, trained, tmp_path)
    (tmp_path / "models" / "registry.json").write_text('{"current": "a"', encoding="utf-8")
    with pytest.raises(ArtifactError, match="登记文件"):
        registry.current()


def test_what_a_killed_writer_left_is_cleared_and_nothing_is_lost(registry, trained, tmp_path) -> None:
    two(registry, trained, tmp_path)
    before = (tmp_path / "models" / "registry.json").read_text(encoding="utf-8")
    half = tmp_path / "models" / ".adding-killed"
    shutil.copytree(trained.folder, half / "x")
    (half / "x" / "weights.npz").write_bytes(b"half")
    (tmp_path / "models" / ".registry-killed").write_text('{"curr', encoding="utf-8")
    assert {row["id"] for row in registry.list()} == {"a", "b"}
    assert (tmp_path / "models" / "registry.json").read_text(encoding="utf-8") == before
    registry.promote("b", "admin")
    assert not half.exists() and not (tmp_path / "models" / ".registry-killed").exists()


DYING = """
import os, sys
from pathlib import Path
from routing.registry import ModelRegistry
registry = ModelRegistry(Path(sys.argv[1]))
os.replace = lambda *_: os._exit(9)  # as a power cut would, in the very moment of replacing the pointer
registry.promote(sys.argv[2], "killed")
"""


def test_killed_in_the_moment_of_promotion_the_incumbent_serves_on(registry, trained, tmp_path) -> None:
    two(registry, trained, tmp_path)
    command = [sys.executable, "-c", DYING, str(tmp_path / "models"), "b"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    assert registry.current() == registry.path("a")
    registry.promote("b", "admin")  # the dead writer's lock is gone with it
    assert registry.current() == registry.path("b")


def test_writers_at_the_same_time_lose_nothing(registry: ModelRegistry, trained: Trained, tmp_path: Path) -> None:
    sources = [model(trained, tmp_path, f"m{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda source: ModelRegistry(tmp_path / "models").add(source), sources))
    assert len(registry.list()) == 6 and len(registry.history()) == 6


def test_the_registry_is_plain_json(registry: ModelRegistry, trained: Trained, tmp_path: Path) -> None:
    two(registry, trained, tmp_path)
    row = json.loads((tmp_path / "models" / "registry.json").read_text(encoding="utf-8"))
    assert row["current"] == "a" and row["line"] == ["a"]


def test_for_every_model_it_is_kept_who_made_it_when_and_of_what(registry, trained, tmp_path) -> None:
    chosen = {"from": "2026-01-01", "to": None, "departments": ["water"], "corrected": 3}
    registry.add(model(trained, tmp_path, "a"), "lead", None, chosen)
    registry.promote("a", "admin")
    (row,) = registry.list()
    assert (row["by"], row["promoted_by"], row["seed"], row["selection"]) == ("lead", "admin", 12345, chosen)
    assert row["data"] == {name: trained.manifest.data[name] for name in ("file", "hash", "rows", "from", "to")}
    shutil.rmtree(registry.path("a"))
    kept = registry.history()[0]["model"]
    assert kept["data"]["hash"] == trained.manifest.data["hash"] and kept["selection"] == chosen
    assert kept["trainer"] == "light" and kept["seed"] == 12345


def test_what_could_not_be_judged_is_promoted_with_a_reason_and_what_is_worse_never(
    registry, trained, tmp_path
) -> None:
    two(registry, trained, tmp_path)
    few = {"passed": False, "outcome": "too_few", "incumbent": "a", "explanation": "工单太少"}
    worse = {"passed": False, "outcome": "worse", "incumbent": "a", "explanation": "可能更差"}
    registry.add(model(trained, tmp_path, "few"), "admin", few)
    registry.add(model(trained, tmp_path, "worse"), "admin", worse)
    for id, reason in (("few", ""), ("few", "  "), ("worse", "急用")):
        with pytest.raises(Conflict):
            registry.promote(id, "admin", reason=reason)
    registry.promote("few", "admin", reason="新区成立，须马上覆盖")
    assert registry.current() == registry.path("few")
    assert "启用理由：新区成立" in registry.history()[-1]["result"]


def test_a_page_is_given_only_as_it_was_written(registry, trained, tmp_path) -> None:
    registry.add(trained.folder)
    id = trained.manifest.id
    assert registry.page(id, "card.md").startswith("# ") and "<html" in registry.page(id, "report.html")
    for name in ("weights.txt", "../registry.json", "registry.json"):
        with pytest.raises(NotFound):
            registry.page(id, name)
    (registry.path(id) / "report.html").write_text("<script>", encoding="utf-8")
    with pytest.raises(ArtifactError, match="拒绝显示"):
        registry.page(id, "report.html")
