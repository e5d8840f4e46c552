"""训练进程: `python -m training …` in a subprocess of its own; a crash or a memory peak there leaves serving untouched.

The web process never imports the training code.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from api.settings import Settings

COMMAND = (sys.executable, "-m", "training")


def encoder_option(settings: Settings) -> list[str]:
    """The instance's encoder, where it is not the shipped one."""
    return ["--encoder", settings.encoder] if settings.encoder else []


def run_training(arguments: Sequence[str], quiet: bool = False, seconds: float | None = None) -> tuple[int, str]:
    """Run it and wait; progress goes to our stderr. Returns (exit code, its stdout); quiet and failed, its last word instead.

    Raises: TimeoutError when it took longer than `seconds`; it is killed then.
    """
    try:
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if quiet and done.returncode:
        return done.returncode, last_line(done.stderr or "")
    return done.returncode, done.stdout


def last_line(text: str) -> str:
    """The last line with words, "" when there is none."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


class TrainingProcess:
    """训练进程, looked after by a worker: it can be asked how far it is, and ended with all that it started.

    It leads a process group of its own, and ends by itself when we die: it watches its stdin, of which we hold the other end.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        """`folder` is for its output, and the caller's to remove."""
        self._progress = folder / "progress.json"
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as errors:
            self._process = subprocess.Popen(
                [*COMMAND, *arguments, "--progress", str(self._progress)],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )
        self._folder = folder
        self.pid = self._process.pid

    def progress(self) -> dict | None:
        """{"step", "done", "total", "seconds_left", "started"}; None while nothing was told."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self._progress.read_text(encoding="utf-8"))
        return None

    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    def summary(self) -> dict:
        """What it printed last, of one that ended well."""
        try:
            return json.loads(last_line(self._text("stdout")))
        except ValueError:
            return {}

    def last_word(self) -> str:
        """The last line of its stderr: of one that failed, why."""
        return last_line(self._text("stderr"))

    def end(self) -> None:
        """Kill it and all that it started, if it still runs, and let go of it."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if hasattr(os, "killpg"):
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
        self._process.wait()
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _text(self, name: str) -> str:
        with contextlib.suppress(OSError):
            return (self._folder / name).read_text(encoding="utf-8", errors="replace")
        return ""


def private_folder(place: Path, prefix: str) -> Path:
    """A new folder that only we may read: citizens' words are written there."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
