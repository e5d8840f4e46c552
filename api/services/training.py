"""训练服务: the data report of a selection, a training as a job, its progress, its end by hand."""

import json
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from api.instance import Instance
from api.jobs import HANDLERS
from api.jobs.periodic import PERIODIC
from api.training_data import Selection, Written, write_departments, write_orders
from api.training_process import run_training
from api.training_run import TRAIN
from casework.errors import Conflict, InvalidInput, NotFound, Unavailable
from casework.job import Job, JobState
from storage.unit_of_work import UnitOfWork

REPORT_SECONDS = 120
"""A report that takes longer is given up."""
OPEN = (JobState.WAITING, JobState.RUNNING)
_LATEST = 100
_CANCELLER = "cancelled-by-hand"


class TrainingService:
    """训练服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._reporting = threading.Lock()

    def report(self, chosen: Selection) -> dict:
        """The data report of docs/api.md; nothing is trained.

        Raises: InvalidInput, Conflict (another report is being made), Unavailable (it took too long, or failed).
        """
        if not self._reporting.acquire(blocking=False):
            raise Conflict("上一份数据报告还在统计，请稍后再试。")
        try:
            with TemporaryDirectory(dir=self._instance.settings.data_dir, prefix=".report-") as folder:
                return report_on_orders(self._instance, chosen, Path(folder))
        finally:
            self._reporting.release()

    def queue(self, chosen: Selection, trainer: str, promote: bool, by: str) -> str:
        """The key of the new job. Raises: InvalidInput; Conflict when a training is waiting or running."""
        now = self._instance.clock.now()
        payload = chosen.as_dict() | {"trainer": trainer, "promote": promote, "by": by}
        job = Job(TRAIN, f"{TRAIN}:{now:%Y%m%d%H%M%S}", now, payload)
        with self._instance.unit() as work:
            known = {department.code for department in work.departments.all(active_only=False)}
            if missing := [code for code in chosen.departments if code not in known]:
                raise InvalidInput(f"没有代码为“{'”“'.join(missing)}”的承办单位，请重新选择。")
            # Added first: of two at the same moment the second waits here, and then sees the first.
            added = work.jobs.add(job)
            others = [one for one in _trainings(work) if one.key != job.key and one.state in OPEN]
            if not added or others:
                raise Conflict("已有训练任务在等待或进行中，请等它结束，或先取消它。")
            work.commit()
        return job.key

    def cancel(self, key: str, by: str) -> None:
        """End a waiting or running training; its worker kills the subprocess within seconds.

        Raises: NotFound; Conflict when it is over.
        """
        with self._instance.unit() as work:
            job = work.jobs.get(key)
            if job is None or job.kind != TRAIN:
                raise NotFound("没有这个训练任务。")
            if job.state is JobState.WAITING:
                # It is taken as a worker would take it, so that none can begin it meanwhile.
                now = max(self._instance.clock.now(), job.due_at)
                job = work.jobs.claim(_CANCELLER, now, 60, (TRAIN,))
            if job is None or job.key != key or job.state is not JobState.RUNNING:
                raise Conflict("这次训练已经结束，不能取消。")
            told = (job.progress or {}) | {"cancelled_by": by}
            holder = job.worker
            if not work.jobs.tell(job, holder, told, self._instance.clock.now()) or not work.jobs.fail(
                job, holder, f"已由“{by}”取消；在用模型不受影响。", None
            ):
                raise Conflict("这次训练刚刚有变化，请刷新后再试。")
            work.commit()

    def jobs(self) -> list[dict]:
        """Jobs of docs/api.md: the newest, trainings first to be found among many callbacks; those that come again every
        minute are left out."""
        shown = sorted(set(HANDLERS) - {one.kind for one in PERIODIC})
        with self._instance.unit() as work:
            rows = {job.id: job for job in [*work.jobs.list(50, shown), *_trainings(work, 10)]}
        return [_view(rows[id]) for id in sorted(rows, reverse=True)]


def report_on_orders(instance: Instance, chosen: Selection, folder: Path) -> dict:
    """Write the orders to `folder`, have them reported on in a subprocess. Raises: InvalidInput, Unavailable."""
    data, departments = folder / "orders.jsonl", folder / "departments.jsonl"
    written = write_orders(instance, data, chosen)
    names = {code: department.name for code, department in instance.departments().items()}
    if not written.rows:
        return {"rows": 0, "problem": "所选期间和单位没有已定承办单位的工单，请放宽选择。"} | _of_orders(written, names)
    write_departments(instance, departments)
    arguments = ["data-report", "--data", str(data), "--time", "created_at"]
    if departments.stat().st_size:
        arguments += ["--departments", str(departments)]
    return reported(arguments) | {"rows": written.rows} | _of_orders(written, names)


def reported(arguments: list[str]) -> dict:
    """What `python -m training data-report …` tells. Raises: InvalidInput, Unavailable."""
    try:
        code, told = run_training(arguments, quiet=True, seconds=REPORT_SECONDS)
    except TimeoutError:
        raise Unavailable(
            f"工单太多，{REPORT_SECONDS}秒内没有统计完。请缩短期间或减少单位后再看报告；也可以不看报告直接训练。"
        ) from None
    if code < 0:
        raise Unavailable("数据报告没有完成：统计进程被系统终止，可能是内存不足。请缩短期间或减少单位。")
    if code:
        raise InvalidInput(f"数据报告没有完成。{told}")
    return json.loads(told)


def _of_orders(written: Written, names: dict[str, str]) -> dict:
    """What the orders tell beyond their texts."""
    return {
        "corrected": written.corrected,
        "unresolved": written.unresolved,
        "closed": written.closed,
        "departments": [
            {"department": code, "name": names.get(code, code), "count": count}
            for code, count in written.counts.most_common()
        ],
    }


def _trainings(work: UnitOfWork, limit: int = _LATEST) -> list[Job]:
    return list(work.jobs.list(limit, (TRAIN,)))


def _view(job: Job) -> dict:
    progress = job.progress if job.kind == TRAIN else None
    return {
        "key": job.key,
        "kind": job.kind,
        "state": "cancelled" if progress and progress.get("cancelled_by") else job.state.value,
        "due_at": job.due_at,
        "attempts": job.attempts,
        "error": job.error,
        "progress": progress,
        "request": {name: job.payload.get(name) for name in ("from", "to", "departments", "trainer", "promote", "by")}
        if job.kind == TRAIN
        else None,
    }
