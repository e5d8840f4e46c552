"""后台任务: claims due jobs with a lease and does them; every job may run twice and must then change nothing more."""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from api.instance import Instance
from api.training_run import LEASE_SECONDS as TRAINING_LEASE_SECONDS
from api.training_run import TRAIN, TrainingFailed, TrainingRun
from assistant import callback_dialogue
from assistant.conversation import Phase
from assistant.turn import append
from casework.calendar import CITY_TIME
from casework.errors import HotlineError, InvalidInput, NotFound
from casework.follow_up import BEGIN, EXPIRE, begin_callback, expire_callback
from casework.job import MAX_ATTEMPTS, Job

log = logging.getLogger("hotline.worker")
LEASE_SECONDS = 120
RETRY_SECONDS = 30
STOPPED = "后台任务已停止，重新启动后将自动重新训练；在用模型不受影响。"


def _begin(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        begun = begin_callback(work, job.payload["callback"], instance.clock)
        if begun is None:
            return
        order, callback = begun
        if order.conversation_id:
            try:
                conversation = work.conversations.get(order.conversation_id)
            except NotFound:
                conversation = None
            if conversation is not None and conversation.phase is not Phase.INTAKE:
                expires = callback.expires_at.astimezone(CITY_TIME).strftime("%m月%d日")
                reply = callback_dialogue.begin(conversation, callback.id, order.number, expires)
                if reply is not None:
                    append(conversation, "", reply, instance.clock.now())
                work.conversations.save(conversation)
        work.commit()


def _expire(instance: Instance, job: Job) -> None:
    with instance.unit() as work:
        order = expire_callback(work, job.payload["callback"], instance.clock)
        if order is not None and order.conversation_id:
            try:
                conversation = work.conversations.get(order.conversation_id)
            except NotFound:
                conversation = None
            if conversation is not None and callback_dialogue.asks_about(conversation, job.payload["callback"]):
                following = callback_dialogue.drop(conversation, job.payload["callback"])
                if following is not None:
                    append(conversation, "", following, instance.clock.now())
                work.conversations.save(conversation)
        work.commit()


HANDLERS: dict[str, Callable[[Instance, Job], None]] = {BEGIN: _begin, EXPIRE: _expire}
"""What is done at once; a training goes on beside it."""


class Worker:
    """工人: one loop over due jobs; a training is looked after between them, so that no callback waits for it."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.training: TrainingRun | None = None

    def run_once(self) -> bool:
        """Begin or end one due job; False when there is nothing to do now, though a training may be running."""
        if self.training is not None and self._looked_after(self.training):
            self.training = None
            return True
        now = self._instance.clock.now()
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
