"""后台任务: claims due jobs with a lease and does them; every job may run twice and must then change nothing more."""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from api.instance import Instance
from api.training_process import train_from_orders
from assistant import callback_dialogue
from assistant.conversation import Phase
from assistant.turn import append
from casework.calendar import CITY_TIME
from casework.errors import HotlineError, NotFound
from casework.follow_up import BEGIN, EXPIRE, begin_callback, expire_callback
from casework.job import MAX_ATTEMPTS, Job

log = logging.getLogger("hotline.worker")
LEASE_SECONDS = 120
LONG_LEASE_SECONDS = 4 * 3600
"""Lease of a retraining, which cannot renew it meanwhile."""
RETRY_SECONDS = 30


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
            if conversation is not None and conversation.state.get("callback", {}).get("id") == job.payload["callback"]:
                callback_dialogue.drop(conversation)
                work.conversations.save(conversation)
        work.commit()


def _train(instance: Instance, job: Job) -> None:
    train_from_orders(instance, job.payload.get("since", ""), job.payload.get("trainer", "light"), job.payload["by"])


HANDLERS: dict[str, Callable[[Instance, Job], None]] = {BEGIN: _begin, EXPIRE: _expire, "train_routing": _train}


class Worker:
    """工人: one loop over due jobs."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"

    def run_once(self) -> bool:
        """Do one due job; False when none is due."""
        now = self._instance.clock.now()
        with self._instance.unit() as work:
            quick = tuple(kind for kind in HANDLERS if kind != "train_routing")
            job = work.jobs.claim(self.name, now, LEASE_SECONDS, quick)
            job = job or work.jobs.claim(self.name, now, LONG_LEASE_SECONDS, ("train_routing",))
            work.commit()
        if job is None:
            return False
        try:
            HANDLERS[job.kind](self._instance, job)
        except Exception as error:
            self._failed(job, error)
        else:
            with self._instance.unit() as work:
                work.jobs.finish(job, self.name)
                work.commit()
        return True

    def _failed(self, job: Job, error: Exception) -> None:
        told = error.message if isinstance(error, HotlineError) else f"{type(error).__name__}: {error}"
        log.error("job %s failed: %s", job.key, told, exc_info=not isinstance(error, HotlineError))
        final = isinstance(error, HotlineError) and job.kind == "train_routing"
        again = (
            None
            if final or job.attempts >= MAX_ATTEMPTS
            else self._instance.clock.now() + timedelta(seconds=RETRY_SECONDS)
        )
        with self._instance.unit() as work:
            work.jobs.fail(job, self.name, told[:2000], again)
            work.commit()

    def run(self, stop: threading.Event, pause_seconds: float = 1.0) -> None:
        """Work until told to stop; a database that is away for a while is waited for."""
        while not stop.is_set():
            try:
                busy = self.run_once()
            except Exception:
                log.exception("worker could not reach its jobs")
                busy = False
            if not busy:
                stop.wait(pause_seconds)


class WorkerThread:
    """A worker beside the web server, in its own thread."""

    def __init__(self, instance: Instance) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=Worker(instance).run, args=(self._stop,), daemon=True, name="worker")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
