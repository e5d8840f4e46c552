"""What a result was measured on: machine, versions, date, commit."""

import json
import os
import platform
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "faiss-cpu", "onnxruntime", "scikit-learn", "jieba")


def describe() -> dict:
    """Plain JSON; no machine name and no path."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    return {
        "date": date.today().isoformat(),
        "commit": commit.strip(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def write(name: str, result: dict) -> None:
    """Print the result and keep it as benchmarks/results/NAME.json."""
    row = {"machine": describe(), **result}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(row, ensure_ascii=False, indent=1))
