"""From a step of an order to its subscribers: delivered once, tried again, given up; followed and dropped by who may."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.instance import Instance
from api.jobs.notifications import GIVE_UP_AFTER, next_attempt
from api.settings import Settings
from api.worker import Worker
from casework.appeal import Appeal, AppealType, Requester
from casework.errors import InvalidInput
from casework.events import Actor
from casework.filing import dispatch, file_appeal
from casework.job import JobState
from casework.notification.outbox import NOTIFY
from casework.notification.subscribing import follow_all, follow_own
from casework.notification.subscription import Subscription
from casework.transitions import Role
from casework.work_order import Dispatching, WorkOrder
from tests.receivers import OK, mail_server, receiver, says, status
from tests.small_instance import PASSWORD, small_instance

ADMINISTRATOR = Actor("administrator", Role.ADMINISTRATOR)
DISPATCHER = Actor("pai", Role.DISPATCHER)


class Clock:
    """A clock that is moved."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small city's data folder, made once; each test has a copy."""
    folder = tmp_path_factory.mktemp("city")
    made = small_instance(folder)
    made.secrets  # noqa: B018 - made when first needed
    made.engine.dispose()
    return folder


@pytest.fixture
def opened(city: Path, tmp_path: Path) -> Callable[..., Instance]:
    def opened(**settings: object) -> Instance:
        folder = tmp_path / "data"
        shutil.copytree(city, folder)
        made = Instance(Settings(data_dir=folder, worker_in_serve=False, encoder_threads=1, **settings))
        made.clock = Clock(made.clock.now())
        return made

    return opened


@pytest.fixture
def instance(opened: Callable[..., Instance]) -> Instance:
    return opened(webhook_allowed_hosts=["127.0.0.1"], public_url="https://12345.example.cn/")


def file(instance: Instance, phone: str = "13900001234") -> WorkOrder:
    with instance.unit() as work:
        appeal = Appeal(AppealType.COMPLAINT, "楼下垃圾没人清运，我叫赵晓岚", requester=Requester("赵晓岚", phone))
        order = file_appeal(work, appeal, Dispatching("street", "review"), "", instance.rules, instance.clock)
        work.commit()
    return order


def give(instance: Instance, order: WorkOrder, department: str = "street") -> None:
    with instance.unit() as work:
        stored = work.work_orders.get(order.id)
        work.events.append(dispatch(stored, department, DISPATCHER, instance.rules, instance.clock))
        work.work_orders.save(stored)
        work.commit()


def follow(instance: Instance, url: str, department: str = "") -> Subscription:
    with instance.unit() as work:
        added = follow_all(work, "webhook", url, [], department, ADMINISTRATOR, instance.clock)
        work.commit()
    return added


def deliver(instance: Instance) -> None:
    worker = Worker(instance)
    while worker.run_once():
        pass


def jobs(instance: Instance) -> list:
    with instance.unit() as work:
        return list(work.jobs.list(50, (NOTIFY,)))


def later(instance: Instance, **by: float) -> None:
    instance.clock.at += timedelta(**by)


def test_a_step_is_told_once(instance: Instance):
    order = file(instance)
    with receiver(says(OK)) as there:
        follow(instance, there.url, "street")
        give(instance, order)
        deliver(instance)
        deliver(instance)
        (request,) = there.requests
    told = json.loads(request.body)["data"]
    assert (told["number"], told["step"], told["department"]) == (order.number, "已派单", "市城市管理综合执法局")
    assert told["link"] == "https://12345.example.cn/#query"
    for private in ("赵晓岚", "13900001234", "垃圾", order.query_code):
        assert private not in request.body.decode()
    assert jobs(instance)[0].state is JobState.DONE


def test_another_try_carries_the_same_id(instance: Instance):
    with receiver(status(500, text="down"), says(OK)) as there:
        follow(instance, there.url)
        give(instance, file(instance))
        deliver(instance)
        first = len(there.requests)
        (failed, *_) = [job for job in jobs(instance) if job.error]
        assert failed.state is JobState.WAITING and "500" in failed.error and "down" in failed.error
        later(instance, minutes=2)
        deliver(instance)
        assert len(there.requests) > first
        ids = [one.headers["webhook-id"] for one in there.requests]
    assert len(ids) - len(set(ids)) == 1
    assert {job.state for job in jobs(instance)} == {JobState.DONE}


def test_a_receiver_that_is_down_is_asked_by_one_delivery_a_minute(instance: Instance):
    with receiver(status(500)) as there:
        follow(instance, there.url)
        for _ in range(3):
            give(instance, file(instance))
        deliver(instance)
        assert len(there.requests) == 1
        assert len([job for job in jobs(instance) if job.error]) == len(jobs(instance)) == 6


def test_it_is_given_up_after_a_day_and_the_error_stays(instance: Instance):
    with receiver(status(503)) as there:
        follow(instance, there.url, "water")
        give(instance, file(instance), "water")
        for _ in range(40):
            deliver(instance)
            later(instance, hours=1)
        (job,) = jobs(instance)
    assert job.state is JobState.FAILED and "503" in job.error
    assert 8 <= len(there.requests) == job.attempts <= 20


def test_what_cannot_work_is_given_up_at_once(instance: Instance):
    with receiver(status(302, "Location: http://127.0.0.1/")) as there:
        follow(instance, there.url, "water")
        give(instance, file(instance), "water")
        deliver(instance)
        assert len(there.requests) == 1
    assert [(job.state, "跳转" in job.error) for job in jobs(instance)] == [(JobState.FAILED, True)]


def test_pauses_grow_to_four_hours_and_end_after_a_day():
    happened = datetime.fromisoformat("2026-03-09T10:00:00+08:00")
    now, attempts, pauses = happened, 1, []
    while (again := next_attempt(happened, attempts, now)) is not None:
        pauses.append(again - now)
        now, attempts = again, attempts + 1
    assert pauses == sorted(pauses) and pauses[0] == timedelta(minutes=1) and pauses[-1] == timedelta(hours=4)
    assert GIVE_UP_AFTER <= now - happened < GIVE_UP_AFTER + timedelta(hours=4)
    # A worker that was away for a week still tries a few times.
    assert next_attempt(happened, 1, happened + timedelta(days=7)) is not None


def test_nobody_who_left_is_told(instance: Instance):
    with receiver(says(OK)) as there:
        removed, stopped = follow(instance, there.url), follow(instance, there.url)
        give(instance, file(instance))
        with instance.unit() as work:
            work.subscriptions.remove(removed.id)
            work.subscriptions.save(replace(work.subscriptions.get(stopped.id), active=False))
            work.commit()
        deliver(instance)
        assert not there.requests
    assert {job.state for job in jobs(instance)} == {JobState.DONE}


def test_a_citizen_gets_a_letter(opened: Callable[..., Instance]):
    with mail_server() as mailbox:
        instance = opened(
            smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none", smtp_sender="a@hotline.example"
        )
        order = file(instance)
        with instance.unit() as work:
            follow_own(work, order, "email", "zhao@example.com", instance.clock)
            work.commit()
        give(instance, order)
        deliver(instance)
    assert [to for to, _ in mailbox.letters] == [["zhao@example.com"]]


def test_addresses_and_secrets_are_not_stored_in_clear(instance: Instance):
    follow(instance, "https://hooks.example.com/very-secret")
    stored = (instance.settings.data_dir / "hotline.db").read_bytes()
    wal = instance.settings.data_dir / "hotline.db-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    assert b"very-secret" not in stored and b"whsec_" not in stored


@pytest.fixture
def client(instance: Instance):
    with TestClient(create_app(instance)) as made:
        yield made


def sign_in(client: TestClient, role: str = "administrator") -> None:
    assert client.post("/api/session", json={"username": role, "password": PASSWORD}).status_code == 200


def test_an_administrator_manages_them(client: TestClient, instance: Instance):
    sign_in(client)
    page = client.get("/api/console/subscriptions").json()
    assert [kind["kind"] for kind in page["kinds"]] == ["webhook"] and page["items"] == []
    assert {"event": "WorkOrderClosed", "name": "已办结"} in page["events"]
    with receiver(says(OK)) as there:
        body = {"kind": "webhook", "address": there.url, "events": ["WorkOrderDispatched"], "department": "water"}
        added = client.post("/api/console/subscriptions", json=body)
        assert added.status_code == 201
        view = added.json()
        secret = view["secret"]
        assert secret.startswith("whsec_") and view["department_name"] == "市水务集团"
        path = f"/api/console/subscriptions/{view['id']}"
        probe = client.post(f"{path}/test").json()
        assert probe["sent"] and json.loads(there.requests[0].body)["data"]["event"] == "Probe"
        give(instance, file(instance), "water")
        deliver(instance)
        (item,) = client.get("/api/console/subscriptions").json()["items"]
        assert "secret" not in item and secret not in json.dumps(item)
        assert [(one["step"], one["state"]) for one in item["deliveries"]] == [("已派单", "done")]
    failed = client.post(f"{path}/test").json()
    assert not failed["sent"] and "连接不上" in failed["message"]
    renewed = client.post(f"{path}/secret").json()
    assert renewed["secret"] != secret
    change = {"events": [], "department": "", "active": False, "version": view["version"]}
    assert client.put(path, json=change).status_code == 409
    changed = client.put(path, json=change | {"version": renewed["version"]}).json()
    assert (changed["active"], changed["events"]) == (False, [])
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404


REFUSED = (
    ({"address": "https://10.0.0.1/"}, "内部网络"),
    ({"address": "http://example.com/"}, "https"),
    ({"address": "javascript:alert(1)"}, "https"),
    ({"kind": "email", "address": "a@example.com"}, "尚未开通"),
    ({"kind": "fax"}, "kind"),
    ({"events": ["WorkOrderDispatchd"]}, "没有这种办理步骤"),
    ({"department": "nobody"}, "没有代码"),
    ({"secret": "mine"}, "secret"),
)


def test_what_cannot_be_subscribed_is_refused_with_advice(client: TestClient):
    sign_in(client)
    for change, told in REFUSED:
        body = {"kind": "webhook", "address": "https://hooks.example.com/", "events": [], "department": ""} | change
        answer = client.post("/api/console/subscriptions", json=body)
        assert (answer.status_code, told in answer.json()["error"]["message"]) == (422, True), change


def test_only_administrators_manage_them(client: TestClient):
    assert client.get("/api/console/subscriptions").status_code == 401
    sign_in(client, "supervisor")
    assert client.get("/api/console/subscriptions").status_code == 403
    assert client.post("/api/console/subscriptions/1/test").status_code == 403


def test_a_citizen_follows_the_own_order_under_its_code(opened: Callable[..., Instance]):
    instance = opened(smtp_host="127.0.0.1", smtp_sender="a@hotline.example")
    order = file(instance)
    own = {"query_code": order.query_code, "phone_last4": "1234"}
    with TestClient(create_app(instance)) as client:
        assert client.get("/api/info").json()["notifications"] == ["email"]
        url = "/api/work-orders/subscriptions"
        assert client.post(f"{url}/query", json=own).json() == {"open": True, "limit": 3, "items": []}
        view = client.post(url, json=own | {"email": " zhao@example.com "})
        assert view.status_code == 201
        (item,) = view.json()["items"]
        assert item["address"] == "z***@example.com"
        assert client.post(url, json=own | {"email": "zhao@example.com\nBcc: x@y.cn"}).status_code == 422
        for number in range(2):
            assert client.post(url, json=own | {"email": f"z{number}@example.com"}).status_code == 201
        assert client.post(url, json=own | {"email": "more@example.com"}).status_code == 409
        assert len(client.post(f"{url}/drop", json=own | {"id": item["id"]}).json()["items"]) == 2
        wrong = own | {"phone_last4": "9999"}
        refused = [client.post(url, json=wrong | {"email": "x@example.com"}) for _ in range(6)]
        assert [one.status_code for one in refused] == [404] * 5 + [429]
        assert client.post(f"{url}/query", json=own).status_code == 429


def test_without_a_mail_server_citizens_are_told_so(client: TestClient, instance: Instance):
    order = file(instance)
    own = {"query_code": order.query_code, "phone_last4": "1234"}
    assert client.get("/api/info").json()["notifications"] == []
    assert client.post("/api/work-orders/subscriptions/query", json=own).json()["open"] is False
    refused = client.post("/api/work-orders/subscriptions", json=own | {"email": "zhao@example.com"})
    assert refused.status_code == 422 and "尚未开通" in refused.json()["error"]["message"]


def test_a_wrong_mail_setting_is_told_at_the_start(opened: Callable[..., Instance]):
    with pytest.raises(InvalidInput, match="HOTLINE_SMTP_SENDER"):
        create_app(opened(smtp_host="127.0.0.1", smtp_sender="somebody"))
