"""再训练: the stored work orders become a data file, and `python -m training` runs on it in a subprocess.

The web process never imports the training code; a crash or a memory peak there leaves serving untouched.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from api.instance import Instance
from casework.calendar import CITY_TIME
from casework.errors import InvalidInput, Unavailable


def run_training(arguments: Sequence[str], quiet: bool = False) -> tuple[int, str]:
    """Run `python -m training …`; progress goes to our stderr. Returns (exit code, its stdout)."""
    done = subprocess.run(
        [sys.executable, "-m", "training", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    if quiet and done.returncode:
        lines = [line for line in (done.stderr or "").splitlines() if line.strip()]
        return done.returncode, lines[-1] if lines else ""
    return done.returncode, done.stdout


def write_departments(instance: Instance, path: Path) -> None:
    """The departments as JSON Lines, for the check of labels."""
    with instance.unit() as work:
        rows = [{"code": d.code, "name": d.name, "duties": d.duties} for d in work.departments.all()]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_orders(instance: Instance, path: Path, since: str) -> int:
    """Settled work orders (corrected labels included) as a training file; the number of rows."""
    try:
        start = datetime.fromisoformat(since).replace(tzinfo=CITY_TIME) if since else None
    except ValueError:
        raise InvalidInput("--since 应为日期，例如 2026-01-01。") from None
    count = 0
    with instance.unit() as work, path.open("w", encoding="utf-8") as file:
        for order in work.work_orders.labelled(start):
            row = {
                "text": order.text,
                "department": order.lead_department,
                "category": order.category,
                "created_at": order.created_at.isoformat(),
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def train_from_orders(instance: Instance, since: str, trainer: str, by: str) -> None:
    """Train a candidate from the stored orders and promote it if the gate lets it pass.

    Raises: InvalidInput (too few orders), Unavailable (training failed; the incumbent serves on).
    """
    with tempfile.TemporaryDirectory(dir=instance.settings.data_dir) as folder:
        data, departments = Path(folder) / "orders.jsonl", Path(folder) / "departments.jsonl"
        if not write_orders(instance, data, since):
            raise InvalidInput("没有可用于训练的已定工单。")
        write_departments(instance, departments)
        code, told = run_training(
            [
                "routing", "--data", str(data), "--time", "created_at", "--trainer", trainer, "--by", by,
                "--departments", str(departments), "--registry", str(instance.settings.data_dir / "models"), "--promote",
            ],
            quiet=True,
        )  # fmt: skip
    if code:
        raise Unavailable(f"训练没有完成，现用模型不受影响。{told}")
