"""`hotline train routing --orders` and `hotline models` as an engineer uses them; the training itself is tested elsewhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_instance import small_instance


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands") / "data"
    small_instance(folder).engine.dispose()
    return folder


def hotline(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "api.cli", "--data-dir", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_data_report_of_a_period_and_departments(folder: Path) -> None:
    done = hotline(
        folder, "train", "routing", "--orders", "--since", "2026-01-03", "--until", "2026-02-09",
        "--department", "water", "--department", "power", "--department", "school", "--report",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problem"] == "" and found["rows"] == 28 and found["corrected"] == 1
    assert {row["department"] for row in found["departments"]} == {"water", "power", "school"}
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--orders", "--since", "gestern", "--report"), 1, "不是日期"),
        (("--orders", "--department", "nobody", "--report"), 1, "没有代码为“nobody”"),
        (("--orders", "--since", "2030-01-01"), 1, "没有可用于训练的已定工单"),
        (("--data", "x.csv", "--until", "2026-01-01"), 2, "--orders"),
        (("--orders", "--data", "x.csv"), 2, "--orders"),
        ((), 2, "--orders"),
    ],
)
def test_a_wrong_choice_is_told(folder: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    done = hotline(folder, "train", "routing", *arguments)
    assert done.returncode == code and told in done.stderr and done.stdout == ""


def test_the_options_reach_the_training(folder: Path, tmp_path: Path) -> None:
    """A precision that it does not take is refused by the training, not overlooked by us."""
    done = hotline(folder, "train", "routing", "--orders", "--precision", "2", "--out", str(tmp_path / "m"))
    assert done.returncode == 2 and "0.5" in done.stderr and not (tmp_path / "m").exists()


def test_models_and_drift_of_an_instance_without_any(folder: Path) -> None:
    listed = hotline(folder, "models", "list")
    assert json.loads(listed.stdout) == {"current": None, "items": [], "history": []}
    drift = hotline(folder, "models", "drift")
    assert drift.returncode == 0 and "没有经模型判断的工单" in drift.stdout
    assert json.loads(hotline(folder, "models", "drift", "--weeks", "2", "--json").stdout)["weeks"] == []
    refused = hotline(folder, "models", "promote", "none", "--reason", "x")
    assert refused.returncode == 1 and "没有编号为" in refused.stderr
