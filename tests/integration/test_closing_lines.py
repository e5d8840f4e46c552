"""The closing lines of a test run name each kind of skipped test with its reason, just above pytest's counts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parent.parent / "conftest.py"
FILES = {
    "e2e/test_widget.py": "import pytest\n\ndef test_ask():\n    pytest.skip('no chromium')\n\n"
    "def test_file():\n    pytest.skip('no chromium')\n",
    "e2e/test_console.py": "import pytest\npytest.skip('no display', allow_module_level=True)\n",
    "test_contract.py": "import pytest\n\n@pytest.mark.skip(reason='no server answers')\n"
    "@pytest.mark.parametrize('database', ['postgres'])\ndef test_orders(database): pass\n\n"
    "@pytest.mark.skip(reason='no torch')\ndef test_transformer(): pass\n\ndef test_passes(): pass\n",
}


def run_pytest(folder: Path, *options: str) -> list[str]:
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = e2e\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", *options]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_skipped_tests_are_named_by_kind_and_reason(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = run_pytest(tmp_path)
    assert lines[-5:-1] == [
        "NOT RUN: 2 browser tests: no chromium",
        "NOT RUN: 1 browser test: no display",
        "NOT RUN: 1 PostgreSQL test: no server answers",
        "NOT RUN: 1 other test: no torch",
    ]
    assert lines[-1].startswith("1 passed, 5 skipped")


def test_a_run_without_skipped_tests_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_contract.py").write_text(FILES["test_contract.py"], encoding="utf-8")
    lines = run_pytest(tmp_path, "-k", "passes")
    assert not any(line.startswith("NOT RUN") for line in lines)
    assert lines[-1].startswith("1 passed")
