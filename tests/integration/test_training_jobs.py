"""Training as a job: queued over HTTP, run in a subprocess by a worker, really killed; the model in use serves on.

Small data and the shipped encoder; the tests share one instance and go on from each other's state only where they say so.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.instance import Instance
from api.training_data import Selection
from api.training_run import LEASE_SECONDS, TRAIN
from api.worker import Worker
from casework.job import Job, JobState
from knowledge.encoder import SHIPPED
from tests.fakes import FakeClock
from tests.small_instance import PASSWORD, small_instance

pytestmark = [
    pytest.mark.skipif(not (SHIPPED / "encoder.onnx").is_file(), reason="the shipped encoder is not there"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc"),
]
SECONDS = 240
"""Other work may hold up the machine."""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """With a model in use, trained as a job."""
    instance = small_instance(tmp_path_factory.mktemp("training") / "data")
    instance.clock = FakeClock(datetime.now(UTC))  # type: ignore[assignment]
    with TestClient(create_app(instance)) as client:
        key = queue(client)
    worker = Worker(instance)
    until(lambda: ended(instance, worker, key))
    done = job_of(instance, key)
    assert done.state is JobState.DONE, done.error
    assert step_of(instance, key) == "完成"
    assert not any(instance.settings.data_dir.glob(".training-*")), "citizens' words are not left behind"
    return instance


@pytest.fixture
def client(instance: Instance) -> Iterator[TestClient]:
    instance.clock.move(seconds=5)  # type: ignore[attr-defined]
    with TestClient(create_app(instance)) as client:
        yield client


def sign_in(client: TestClient, username: str = "administrator") -> None:
    assert client.post("/api/session", json={"username": username, "password": PASSWORD}).status_code == 200


def queue(client: TestClient, **more: object) -> str:
    sign_in(client)
    body = {"from": "2026-01-01", "to": "2026-12-31", "departments": [], "trainer": "light", "promote": True} | more
    answer = client.post("/api/console/training", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()["job"]


def job_of(instance: Instance, key: str) -> Job:
    with instance.unit() as work:
        job = work.jobs.get(key)
    assert job is not None
    return job


def step_of(instance: Instance, key: str) -> str:
    return (job_of(instance, key).progress or {}).get("step", "")


def until(check: Callable[[], object], what: str = "", pause: float = 0.2) -> None:
    end = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < end, what or "it took too long"
        time.sleep(pause)


def ended(instance: Instance, worker: Worker, key: str) -> bool:
    worker.run_once()
    return job_of(instance, key).state in (JobState.DONE, JobState.FAILED)


def trains_nothing(worker: Worker) -> bool:
    """Whether it takes up no training, when whatever else is due is done."""
    while worker.run_once():
        if worker.training is not None:
            return False
    return worker.training is None


def running(instance: Instance, worker: Worker, key: str) -> int:
    """Begin it, hold it still when it is at work, and give its pid."""
    until(lambda: worked(worker).training)
    assert worker.training is not None
    pid = held(worker.training.pid, instance.settings.data_dir)
    until(lambda: worked(worker) and step_of(instance, key))
    assert alive(pid)
    return pid


def held(pid: int, folder: Path) -> int:
    """Stopped as soon as it has said where it is: on a quiet machine so small a training is over in a second. It can be killed."""
    until(lambda: any(folder.glob(".training-*/progress.json")), pause=0.005)
    os.kill(pid, signal.SIGSTOP)
    return pid


def worked(worker: Worker) -> Worker:
    """After one more round."""
    worker.run_once()
    return worker


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def trainings(folder: Path) -> list[int]:
    """Pids of the training processes over a data folder."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                words = (place / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"training" in words and any(str(folder).encode() in word for word in words) and alive(int(place.name)):
                found.append(int(place.name))
    return found


def test_the_model_says_who_made_it_of_what_and_how_it_went(instance: Instance, client: TestClient) -> None:
    assert client.get("/api/console/models").status_code == 401
    sign_in(client, "supervisor")
    told = client.get("/api/console/models").json()
    (row,) = told["items"]
    assert row["id"] == told["current"] and row["state"] == "current" and row["verdict"]["outcome"] == "first"
    assert (row["by"], row["promoted_by"], row["rows"]) == ("administrator", "administrator", 40)
    assert row["selection"] == {"from": "2026-01-01", "to": "2026-12-31", "departments": [], "corrected": 2}
    assert len(row["data"]["hash"]) == 64
    assert [event["action"] for event in told["history"]] == ["promote", "add"]
    detail = client.get(f"/api/console/models/{row['id']}").json()
    assert row["id"] in detail["card"] and detail["has_report"] and sum(detail["counts"].values()) == 40
    (job,) = client.get("/api/console/jobs").json()
    assert job["state"] == "done" and job["progress"]["result"]["model"] == row["id"] and job["progress"]["rows"] == 40
    assert job["request"]["by"] == "administrator"


def test_the_report_is_a_page_that_runs_nothing_for_those_who_may_read_it(
    instance: Instance, client: TestClient
) -> None:
    current = instance.registry.current()
    assert current is not None
    path = f"/api/console/models/{current.name}/report"
    assert client.get(path).status_code == 401
    sign_in(client, "agent")
    assert client.get(path).status_code == client.get(f"/api/console/models/{current.name}").status_code == 403
    sign_in(client, "supervisor")
    page = client.get(path)
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'") and "script" not in policy
    assert page.headers["x-content-type-options"] == "nosniff" and "训练报告" in page.text
    for wrong in ("none", "..%2f..", "registry.json"):
        assert client.get(f"/api/console/models/{wrong}/report").status_code == 404


def test_the_data_report_comes_without_a_training(instance: Instance, client: TestClient) -> None:
    before = len(client.get("/api/console/jobs").json())
    sign_in(client, "supervisor")
    assert client.post("/api/console/training/report", json={}).status_code == 403
    sign_in(client)
    answer = client.post("/api/console/training/report", json={"from": None, "to": None, "departments": []})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["problem"] == "" and found["rows"] == found["kept"] == 40 and found["corrected"] == 2
    assert {"department": "street", "name": "市城市管理综合执法局", "count": 10} in found["departments"]
    none = client.post("/api/console/training/report", json={"from": "2030-01-01"}).json()
    assert none["rows"] == 0 and "放宽" in none["problem"]
    for body, words in (({"from": "2026-02-01", "to": "2026-01-01"}, "晚于"), ({"departments": ["x"]}, "没有代码")):
        refused = client.post("/api/console/training/report", json=body)
        assert refused.status_code == 422 and words in refused.json()["error"]["message"]
    assert len(client.get("/api/console/jobs").json()) >= before
    assert not any(instance.settings.data_dir.glob(".report-*"))


def test_a_second_training_waits_for_none_it_is_refused_until_the_first_is_cancelled(instance, client) -> None:
    key = queue(client)
    again = client.post("/api/console/training", json={})
    assert again.status_code == 409 and "已有训练任务" in again.json()["error"]["message"]
    sign_in(client, "supervisor")
    assert client.post(f"/api/console/training/{key}/cancel").status_code == 403
    sign_in(client)
    assert client.post(f"/api/console/training/{key}/cancel").status_code == 204
    row = client.get("/api/console/jobs").json()[0]
    assert row["state"] == "cancelled" and "administrator" in row["error"]
    assert trains_nothing(Worker(instance)), "nothing is left to do"
    assert client.post(f"/api/console/training/{key}/cancel").status_code == 409
    assert client.post("/api/console/training/none/cancel").status_code == 404


def test_a_cancelled_training_is_killed_and_the_model_in_use_serves_on(instance, client) -> None:
    before = (instance.settings.data_dir / "models" / "registry.json").read_bytes()
    key, worker = queue(client), Worker(instance)
    pid = running(instance, worker, key)
    shown = client.get("/api/console/jobs").json()[0]
    assert shown["state"] == "running" and shown["progress"]["expected_seconds"] > 0
    assert client.post(f"/api/console/training/{key}/cancel").status_code == 204
    until(lambda: worked(worker).training is None)
    assert not alive(pid) and job_of(instance, key).state is JobState.FAILED
    assert (instance.settings.data_dir / "models" / "registry.json").read_bytes() == before
    assert instance.router().decide("水龙头没水了").model_version


def test_a_killed_training_is_told_and_changes_nothing(instance, client) -> None:
    before = (instance.settings.data_dir / "models" / "registry.json").read_bytes()
    key, worker = queue(client), Worker(instance)
    os.kill(running(instance, worker, key), signal.SIGKILL)
    until(lambda: ended(instance, worker, key))
    failed = job_of(instance, key)
    assert failed.state is JobState.FAILED and "现用模型不受影响" in failed.error and "内存" in failed.error
    assert (instance.settings.data_dir / "models" / "registry.json").read_bytes() == before
    assert not any(instance.settings.data_dir.glob(".training-*"))


def test_callbacks_do_not_wait_for_a_training_and_a_stopped_worker_gives_it_back(instance, client) -> None:
    key, worker = queue(client), Worker(instance)
    pid = running(instance, worker, key)
    with instance.unit() as work:
        work.jobs.add(Job("callback_begin", "c1", instance.clock.now(), {"callback": 0}))
        work.commit()
    until(lambda: worked(worker) and job_of(instance, "c1").attempts)
    assert worker.training is not None
    worker.stop_training()
    given_back = job_of(instance, key)
    assert not alive(pid) and given_back.state is JobState.WAITING and "自动重新训练" in given_back.error
    client.post(f"/api/console/training/{key}/cancel")
    assert job_of(instance, key).state is JobState.FAILED


def test_a_killed_worker_takes_its_training_with_it_and_the_next_takes_the_job_up(instance, client) -> None:
    """The candidate of the same data is as good as the model in use."""
    folder = instance.settings.data_dir
    key = queue(client, promote=False)
    instance.clock.move(hours=-1)  # a worker process has the machine's clock
    command = [sys.executable, "-m", "api.cli", "--data-dir", str(folder), "worker"]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pids: list[int] = []
    try:
        until(lambda: trainings(folder), "the worker has not begun to train", pause=0.005)
        pids = [held(pid, folder) for pid in trainings(folder)]
        until(lambda: step_of(instance, key), "nothing was told")
    finally:
        worker.kill()
        worker.wait()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    until(lambda: not trainings(folder), "the training outlived its worker")
    left = job_of(instance, key)
    assert left.state is JobState.RUNNING and left.attempts == 1
    instance.clock.move(seconds=(datetime.now(UTC) - instance.clock.now()).total_seconds())
    second = Worker(instance)
    if left.leased_until is not None and left.leased_until > instance.clock.now():
        assert trains_nothing(second), "as long as the lease runs it is the other's"
    instance.clock.move(seconds=LEASE_SECONDS + 10)
    until(lambda: ended(instance, second, key))
    done = job_of(instance, key)
    assert done.state is JobState.DONE, done.error
    assert done.attempts == 2 and done.progress is not None
    result = done.progress["result"]
    assert result["promoted"] is False and result["verdict"]["incumbent"] == instance.registry.current().name
    assert result["verdict"]["rows"] > 0 and result["verdict"]["difference"]["top1"] == 0


def test_the_candidate_is_promoted_and_rolled_back_by_name(instance, client) -> None:
    """Goes on from the candidate that the test before has left."""
    sign_in(client)
    told = client.get("/api/console/models").json()
    candidate = next(row for row in told["items"] if row["state"] == "candidate")
    assert candidate["verdict"]["outcome"] in ("level", "better") and "不相上下" in candidate["verdict"]["explanation"]
    sign_in(client, "supervisor")
    assert client.post(f"/api/console/models/{candidate['id']}/promote", json={}).status_code == 403
    sign_in(client)
    now = client.post(f"/api/console/models/{candidate['id']}/promote", json={"reason": ""}).json()
    assert now["current"] == candidate["id"]
    back = client.post("/api/console/models/rollback").json()
    assert back["current"] == told["current"]
    newest = back["history"][0]
    assert (newest["action"], newest["by"], newest["from"]) == ("rollback", "administrator", candidate["id"])


def test_one_department_alone_fails_with_what_to_do_and_is_not_tried_again(instance, client) -> None:
    key, worker = queue(client, departments=["water"]), Worker(instance)
    until(lambda: ended(instance, worker, key))
    failed = job_of(instance, key)
    assert "一个单位" in failed.error and failed.attempts == 1


def test_a_lost_lease_ends_the_subprocess_and_tells_nothing(instance, client) -> None:
    key, worker = queue(client), Worker(instance)
    pid = running(instance, worker, key)
    instance.clock.move(seconds=LEASE_SECONDS + 60)
    with instance.unit() as work:
        taken = work.jobs.claim("another", instance.clock.now(), 3600, (TRAIN,))
        assert taken is not None and taken.key == key
        work.commit()
    until(lambda: worked(worker).training is None)
    held = job_of(instance, key)
    assert not alive(pid) and (held.state, held.worker, held.attempts) == (JobState.RUNNING, "another", 2)
    assert client.post(f"/api/console/training/{key}/cancel").status_code == 204


def test_a_training_that_goes_on_for_ever_is_ended(instance, client) -> None:
    instance.settings.training_hours = 1e-6
    try:
        key, worker = queue(client), Worker(instance)
        until(lambda: ended(instance, worker, key))
    finally:
        instance.settings.training_hours = 12
    assert "已停止" in job_of(instance, key).error


def test_bad_requests_are_refused_before_anything_is_queued(instance, client) -> None:
    sign_in(client)
    for body in ({"trainer": "oracle"}, {"from": "soon"}, {"since": "2026-01-01"}, {"departments": ["nobody"]}):
        assert client.post("/api/console/training", json=body).status_code == 422
    assert Selection.of() == Selection()
    assert trains_nothing(Worker(instance))


def test_drift_is_told_week_by_week_against_the_model(instance, client) -> None:
    assert client.get("/api/console/drift").status_code == 401
    sign_in(client, "agent")
    assert client.get("/api/console/drift").status_code == 403
    sign_in(client, "supervisor")
    assert client.get("/api/console/drift?weeks=0").status_code == 422
    told = client.get("/api/console/drift").json()
    assert told["weeks"] == [] and told["warning"] is None, "past orders were never shown to a model"
    from casework.appeal import AppealType
    from casework.transitions import State
    from casework.work_order import Dispatching, WorkOrder

    monday = instance.clock.now() - timedelta(days=7)
    with instance.unit() as work:
        for number in range(40):
            said = Dispatching(
                "water", "review", 0.4, "水务集团", told["model"], [{"department": "water", "confidence": 0.4}]
            )
            order = WorkOrder(AppealType.COMPLAINT, "停水了", monday, dispatching=said, state=State.SIGNED)
            order.lead_department, order.dispatched_at, order.returns = "power", monday, int(number < 10)
            work.work_orders.add(order)
        work.commit()
    told = client.get("/api/console/drift?weeks=4").json()
    (week,) = told["weeks"]
    assert week["orders"] == 40 and week["models"] == [told["model"]]
    assert week["figures"]["confidence"]["value"] == 0.4 and week["figures"]["agreement"]["value"] == 0
    assert week["figures"]["returns"] == {"value": 0.25, "n": 40, "line": 0.1, "warning": True}
    assert week["figures"]["shift"]["warning"] and week["shifts"][0]["name"] == "市供电公司"
    assert told["warning"]["week"] == week["week"] and any("重新训练" in one for one in told["warning"]["sentences"])
