"""Forks workers and kills them: `python -m tests.integration.storage.worker_processes JSON` (see test_killed_workers.py).

Everything is imported once and the workers are forked from here, before any connection is opened, so that a round costs a moment.
"""

import json
import os
import random
import select
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.instance import Instance
from api.settings import Settings
from api.worker import Worker
from storage.engine import open_engine

PAST_LEASES = timedelta(seconds=150)
"""Between two rounds, so that what the killed ones held is free again."""


class ShiftedClock:
    """A clock that began to go at `start`."""

    def __init__(self, start: datetime) -> None:
        self._start, self._began = start, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._began)


class WorkersInstance(Instance):
    """An instance whose tables are known to be up to date."""

    @property
    def engine(self):  # type: ignore[override]
        if self._engine is None:
            self._engine = open_engine(self.settings.database())
        return self._engine

    def __init__(self, folder: str, url: str, start: datetime) -> None:
        super().__init__(Settings(data_dir=Path(folder), database_url=url, encoder_threads=1))
        self._engine = None
        self.clock = ShiftedClock(start)  # type: ignore[assignment]


class ToldWorker(Worker):
    """A worker that tells through a pipe whenever it has looked for a job, and done it if there was one."""

    def __init__(self, instance: Instance, told: int) -> None:
        super().__init__(instance)
        self._told = told

    def run_once(self) -> bool:
        busy = super().run_once()
        os.write(self._told, b".")
        return busy


def work(folder: str, url: str, start: datetime, told: int) -> None:
    """A worker in this process, until it is killed."""
    ToldWorker(WorkersInstance(folder, url, start), told).run(threading.Event(), pause_seconds=0.01)


def main() -> int:
    given = json.loads(sys.argv[1])
    chance, start, killed = random.Random(given["seed"]), datetime.fromisoformat(given["start"]).astimezone(UTC), 0
    number = 0
    while killed < given["kills"]:
        ready, told = os.pipe()
        children = []
        for _ in range(given["workers"]):
            child = os.fork()
            if child == 0:
                os.close(ready)
                try:
                    work(given["folder"], given["url"], start + number * PAST_LEASES, told)
                finally:
                    os._exit(1)
            children.append(child)
        os.close(told)
        # Of the machine's load it depends only how long a round takes, not what is interrupted.
        seen, wanted, patience = 0, chance.randrange(given["jobs"]), time.monotonic() + 5
        while seen < wanted and time.monotonic() < patience:
            if select.select([ready], [], [], 0.1)[0]:
                seen += len(os.read(ready, 64))
        for child in children:
            time.sleep(chance.uniform(0, 0.02))
            os.kill(child, signal.SIGKILL)
        os.close(ready)
        for child in children:
            _, status = os.waitpid(child, 0)
            assert os.WIFSIGNALED(status), "a worker ended by itself"
            killed += 1
        number += 1
    print(json.dumps({"killed": killed, "end": (start + number * PAST_LEASES).isoformat()}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
