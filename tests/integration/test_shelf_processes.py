"""索引架 in processes of its own: a disk that is full, two that index at once."""

import os
import subprocess
import sys
from pathlib import Path

from knowledge.shelf import FULL_DISK

ROOT = Path(__file__).parents[2]

FULL = """
import resource, sys
from pathlib import Path
from casework.errors import Unavailable
from tests.unit.knowledge.test_shelf import House, base, held, numbered
house = House(Path(sys.argv[1]), base())
house.sync()
house.put(*numbered(200))
outcomes = set()
for limit in (100, 1000, 3000, 5000, 9000, 20000, 40000, 100000, 200000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        house.sync()
    except Unavailable as error:
        outcomes.add(error.message)
        assert len(held(house.shelf.current())) == 6 and not list((house.folder / "segments").glob(".*"))
    else:
        outcomes.add("")
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
house.sync()
assert held(house.shelf.current()) == house.published()
print(sorted(outcomes))
"""


def run(code: str, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, **pipes)


def test_a_full_disk_leaves_the_former_in_use(tmp_path: Path) -> None:
    """In a process that may only write small files: the end of a file that is cut in silence counts as well."""
    process = run(FULL, tmp_path / "shelf")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert output.strip() == str(sorted(["", FULL_DISK])) or output.strip() == str([FULL_DISK])


AT_ONCE = """
import sys
from pathlib import Path
from tests.unit.knowledge.test_shelf import House, base, held, numbered
house = House(Path(sys.argv[1]), base())
for n in range(5):
    house.put(*numbered(2, n))
    assert held(house.sync()) == house.published(), n
"""


def test_two_processes_may_sync_at_once(tmp_path: Path) -> None:
    """Each over a database of its own, so that everything is made anew each time."""
    processes = [run(AT_ONCE, tmp_path / "shelf") for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert len(list((tmp_path / "shelf" / "segments").iterdir())) <= 4
