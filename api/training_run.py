"""训练任务: a claimed training job, run in a subprocess and looked after until it ends, is cancelled, or the lease is lost."""

import json
import logging
import shutil
import time
from datetime import timedelta
from pathlib import Path

from api.instance import Instance
from api.training_data import Selection, Written, write_departments, write_orders
from api.training_process import TrainingProcess, encoder_option, private_folder
from casework.errors import InvalidInput, Unavailable
from casework.job import Job

log = logging.getLogger("hotline.training")
TRAIN = "train_routing"
"""The job's kind."""
LEASE_SECONDS = 180
"""So long after its worker was killed the job is taken up again."""
LOOK_SECONDS = 2.0
EXPECTED = {"light": (15.0, 0.0045), "transformer": (60.0, 0.15)}
"""Seconds of a training and of each of its rows, until one of this kind has run here and told."""
FOLDER = ".training-"
"""Prefix of the folders in the data folder; there is one training at a time, so any other is a killed one's."""


class TrainingFailed(Unavailable):
    """训练失败: it would fail again; the model in use is as it was."""


class TrainingRun:
    """训练任务. `look` is to be called every second or so."""

    def __init__(self, instance: Instance, job: Job, worker: str) -> None:
        """Write the data and start. Raises: InvalidInput (nothing to train on)."""
        self._instance, self._job, self._worker = instance, job, worker
        self._looked = self._held = self._started = time.monotonic()
        self._said: tuple[dict, str] | None = None
        for left in instance.settings.data_dir.glob(f"{FOLDER}*"):
            shutil.rmtree(left, ignore_errors=True)
        self._folder = private_folder(instance.settings.data_dir, FOLDER)
        try:
            self._written = self._write()
            self._expected = self._expected_seconds()
            self._process = TrainingProcess(self._arguments(), self._folder)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    @property
    def job(self) -> Job:
        return self._job

    @property
    def pid(self) -> int:
        """Of the subprocess."""
        return self._process.pid

    def look(self) -> bool:
        """Tell how far it is and renew the lease; True when there is nothing more to look after.

        Raises: TrainingFailed when the training failed, with what it said.
        """
        code = self._process.exit_code()
        if code is None:
            if time.monotonic() - self._started > self._instance.settings.training_hours * 3600:
                self.end()
                hours = self._instance.settings.training_hours
                raise TrainingFailed(f"训练超过{hours:g}小时，已停止，现用模型不受影响。请减少数据量后重试。")
            if time.monotonic() - self._looked >= LOOK_SECONDS and not self._tell(self._process.progress() or {}):
                log.warning("training %s was cancelled or taken over; its process is ended", self._job.key)
                self.end()
                return True
            return False
        if self._said is None:  # asked once: should the database be away now, we are asked again
            self._said = self._process.summary(), self._process.last_word()
        self.end()
        summary, word = self._said
        if code < 0:
            raise TrainingFailed(
                f"训练进程被系统终止（信号{-code}，可能是内存不足），现用模型不受影响。请减少数据量后重试。"
            )
        if code:
            raise TrainingFailed(f"训练没有完成，现用模型不受影响。{word}")
        result = {name: summary.get(name) for name in ("model", "promoted", "verdict", "seconds")}
        self._tell({"step": "完成", "result": result})
        return True

    def end(self) -> None:
        """Kill the subprocess if it runs, and remove the data."""
        self._process.end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tell(self, progress: dict) -> bool:
        """False when the job is no longer ours; a database that is away is borne as long as the lease."""
        now = time.monotonic()
        self._looked = now
        until = self._instance.clock.now() + timedelta(seconds=LEASE_SECONDS)
        told = progress | {"rows": self._written.rows, "expected_seconds": self._expected}
        try:
            with self._instance.unit() as work:
                held = work.jobs.tell(self._job, self._worker, told, until)
                work.commit()
        except Exception:
            log.exception("the progress of %s could not be stored", self._job.key)
            return now - self._held < LEASE_SECONDS
        self._held = now
        return held

    def _write(self) -> Written:
        chosen = Selection.from_dict(self._job.payload)
        written = write_orders(self._instance, self._data, chosen)
        if not written.rows:
            raise InvalidInput("所选期间和单位没有已定承办单位的工单，无法训练。请放宽选择。")
        write_departments(self._instance, self._departments)
        return written

    def _expected_seconds(self) -> float:
        """From the last training of this kind, in proportion to the rows; else from the table."""
        trainer, rows = self._job.payload.get("trainer", "light"), self._written.rows
        with self._instance.unit() as work:
            done = [job for job in work.jobs.list(20, (TRAIN,)) if job.payload.get("trainer") == trainer]
        for progress in (job.progress or {} for job in done):
            seconds, before = (progress.get("result") or {}).get("seconds"), progress.get("rows")
            if seconds and before:
                return round(seconds * max(rows / before, 0.5), 1)
        fixed, each = EXPECTED.get(trainer, EXPECTED["light"])
        return round(fixed + each * rows, 1)

    @property
    def _data(self) -> Path:
        return self._folder / "orders.jsonl"

    @property
    def _departments(self) -> Path:
        return self._folder / "departments.jsonl"

    def _arguments(self) -> list[str]:
        payload, settings = self._job.payload, self._instance.settings
        arguments = [
            "routing", "--data", str(self._data), "--time", "created_at", "--trainer", payload.get("trainer", "light"),
            "--by", payload["by"], "--registry", str(settings.data_dir / "models"), *encoder_option(settings),
            "--selection", json.dumps(Selection.from_dict(payload).as_dict() | {"corrected": self._written.corrected}),
        ]  # fmt: skip
        if self._departments.stat().st_size:
            arguments += ["--departments", str(self._departments)]
        return arguments + (["--promote"] if payload.get("promote", True) else [])
