import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from training.progress import Progress

ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "progress.json"
    monkeypatch.setattr(Progress, "file", path)
    return path


def told(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def test_steps_and_bars_are_written_whole(file: Path) -> None:
    with Progress("light") as said:
        said("读取数据")
        assert told(file)["step"] == "读取数据" and told(file)["total"] is None and told(file)["started"]
        with said.bar(40, "编码") as bar:
            bar.mininterval = 0
            assert (told(file)["step"], told(file)["done"], told(file)["total"]) == ("编码", 0, 40)
            time.sleep(0.02)
            bar.update(10)
            now = told(file)
            assert now["done"] == 10 and now["seconds_left"] > 0
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_place_that_cannot_be_written_stops_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Progress, "file", file / "under a file" / "progress.json")
    file.write_text("")
    with Progress("light") as said:
        said("读取数据")


def test_without_a_worker_nothing_is_written(tmp_path: Path) -> None:
    with Progress("light") as said:
        said("读取数据")
    assert Progress.file is None and not any(tmp_path.iterdir())


WAITING = """
import subprocess, sys, time
from pathlib import Path
from training.progress import report_to
report_to(Path(sys.argv[1]))
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_with_all_it_started_when_its_worker_is_gone(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(tmp_path / "p.json")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    child = int(process.stdout.readline())
    os.kill(child, 0)
    process.stdin.close()  # as the kernel does when the worker is killed
    assert process.wait(20) != 0
    process.stdout.close()
    until = time.monotonic() + 20
    while _alive(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    """A zombie that nobody has waited for is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
