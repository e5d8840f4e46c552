"""后台任务: claims due jobs with a lease and does them; every job may run twice and must then change nothing more."""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from api.instance import Instance
from api.jobs import HANDLERS
from api.jobs.handler import TryAgain
from api.jobs.periodic import plan
from api.training_run import LEASE_SECONDS as TRAINING_LEASE_SECONDS
from api.training_run import TRAIN, TrainingFailed, TrainingRun
from casework.errors import HotlineError, InvalidInput
from casework.job import MAX_ATTEMPTS, Job

log = logging.getLogger("hotline.worker")
LEASE_SECONDS = 120
RETRY_SECONDS = 30
PLAN_EVERY = timedelta(seconds=20)
"""How often it is seen to that the periodic jobs are there."""
STOPPED = "后台任务已停止，重新启动后将自动重新训练；在用模型不受影响。"


class Worker:
    """工人: one loop over due jobs; a training is looked after between them, so that no callback waits for it."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.training: TrainingRun | None = None
        self._plan_next: datetime | None = None

    def run_once(self) -> bool:
        """Begin or end one due job; False when there is nothing to do now, though a training may be running."""
        if self.training is not None and self._looked_after(self.training):
            self.training = None
            return True
        now = self._instance.clock.now()
        if self._plan_next is None or now >= self._plan_next:
            plan(self._instance)
            self._plan_next = now + PLAN_EVERY
        with self._instance.unit() as work:
            job = work.jobs.claim(self.name, now, LEASE_SECONDS, tuple(HANDLERS))
            if job is None and self.training is None:
                job = work.jobs.claim(self.name, now, TRAINING_LEASE_SECONDS, (TRAIN,))
            work.commit()
        if job is None:
            return False
        try:
            if job.kind == TRAIN:
                self.training = TrainingRun(self._instance, job, self.name)
                return True
            HANDLERS[job.kind](self._instance, job)
        except TryAgain as error:
            log.warning("job %s did not work: %s", job.key, error.message)
            self._release(job, error.message, error.at)
        except Exception as error:
            self._failed(job, error)
        else:
            self._finished(job)
        return True

    def stop_training(self) -> None:
        """End a running training; whoever works next takes it up from the beginning."""
        if self.training is None:
            return
        run, self.training = self.training, None
        run.end()
        with self._instance.unit() as work:
            work.jobs.fail(run.job, self.name, STOPPED, self._instance.clock.now())
            work.commit()

    def _looked_after(self, run: TrainingRun) -> bool:
        """True when the training is over, one way or another."""
        try:
            if not run.look():
                return False
        except Exception as error:
            run.end()
            self._failed(run.job, error)
        else:
            self._finished(run.job)
        return True

    def _finished(self, job: Job) -> None:
        with self._instance.unit() as work:
            work.jobs.finish(job, self.name)
            work.commit()

    def _failed(self, job: Job, error: Exception) -> None:
        told = error.message if isinstance(error, HotlineError) else f"{type(error).__name__}: {error}"
        log.error("job %s failed: %s", job.key, told, exc_info=not isinstance(error, HotlineError))
        final = job.kind == TRAIN and isinstance(error, InvalidInput | TrainingFailed)
        again = (
            None
            if final or job.attempts >= MAX_ATTEMPTS
            else self._instance.clock.now() + timedelta(seconds=RETRY_SECONDS)
        )
        self._release(job, told, again)

    def _release(self, job: Job, told: str, again: datetime | None) -> None:
        with self._instance.unit() as work:
            work.jobs.fail(job, self.name, told[:2000], again)
            work.commit()

    def run(self, stop: threading.Event, pause_seconds: float = 1.0, idle: Callable[[], object] = lambda: None) -> None:
        """Work until told to stop; a database that is away for a while is waited for. `idle` is called between jobs."""
        try:
            while not stop.is_set():
                try:
                    busy = self.run_once()
                    if not busy:
                        idle()
                except Exception:
                    log.exception("worker could not reach its jobs")
                    busy = False
                if not busy:
                    stop.wait(pause_seconds)
        finally:
            self.stop_training()


class WorkerThread:
    """A worker beside the web server, in its own thread."""

    def __init__(self, instance: Instance) -> None:
        self._stop = threading.Event()
        # Beside the server, in whose memory the vectors are wanted.
        given = (self._stop, 1.0, instance.warm)
        self._thread = threading.Thread(target=Worker(instance).run, args=given, daemon=True, name="worker")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
