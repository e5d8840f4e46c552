"""训练进度 on stderr: named steps, and a bar with the time left for the long ones; for a worker also in a file.

The file is JSON, replaced whole: {"step", "done", "total", "seconds_left", "started"}; `done`, `total` and `seconds_left` are of
the step and null where it cannot be counted.
"""

import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tqdm import tqdm


class Progress:
    """进度. Calling it ends a step and says how long it took."""

    file: ClassVar[Path | None] = None
    """Where a worker reads it; set once a process, by `report_to`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")

    def __enter__(self) -> Self:
        self._write("准备", None, None, None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.stderr.flush()

    def __call__(self, step: str) -> None:
        now = time.monotonic()
        print(f"[{self._name}] {step}（{now - self._last:.1f}秒）", file=sys.stderr, flush=True)
        self._last = now
        self._write(step, None, None, None)

    def bar(self, total: int, name: str, unit: str = "条") -> tqdm:
        """A bar on stderr; a context with `update()`."""
        self._write(name, 0, total, None)
        return _Bar(
            lambda done, left: self._write(name, done, total, left),
            total=total, desc=name, unit=unit, file=sys.stderr, mininterval=1,
        )  # fmt: skip

    def _write(self, step: str, done: int | None, total: int | None, seconds_left: float | None) -> None:
        if self.file is None:
            return
        row = {"step": step, "done": done, "total": total, "seconds_left": seconds_left, "started": self._started}
        # Nobody's training fails because its progress cannot be written.
        with contextlib.suppress(OSError):
            replace_json(self.file, row)


class _Bar(tqdm):
    """A bar that also tells whenever it draws itself."""

    def __init__(self, tell: Callable[[int, float | None], None], **how: object) -> None:
        self._tell = tell
        super().__init__(**how)  # type: ignore[arg-type]

    def update(self, n: float | None = 1) -> bool | None:
        drawn = super().update(n)
        if drawn:
            rate = self.format_dict["rate"] or self.n / max(self.format_dict["elapsed"], 1e-9)
            left = round((self.total - self.n) / rate, 1) if self.total and rate else None
            self._tell(int(self.n), left)
        return drawn


def replace_json(path: Path, row: dict) -> None:
    """Write whole or not at all. Raises: OSError."""
    handle, name = tempfile.mkstemp(prefix=".progress-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(row, stream, ensure_ascii=False)
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def report_to(file: Path) -> None:
    """Write progress to `file` too, and end with the worker: it holds the other end of our stdin, which closes when it dies."""
    Progress.file = file
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()


def _end_with_parent() -> None:
    while True:
        try:
            if not os.read(0, 64):
                break
        except OSError:
            break
    print("启动训练的后台任务已停止，训练随之停止；在用模型不受影响。", file=sys.stderr, flush=True)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)  # with whatever was started from here
    os._exit(1)
