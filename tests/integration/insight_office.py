"""An office with four usual weeks behind it, for the tests of insight: a clock that stands still, an encoder of no files."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import hasher
from api.instance import Instance
from api.jobs import HANDLERS
from api.jobs.insight import TOPICS
from api.settings import Settings
from casework.appeal import AppealType
from casework.callback.callback import Callback, CallbackState
from casework.events import SYSTEM, WorkOrderEvent
from casework.job import Job
from casework.organisation.staff import Staff
from casework.quality.quality import Finding, FindingVerdict, Inspection, Severity
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.fake_encoder import FakeEncoder
from tests.fakes import FakeClock
from tests.small_instance import PASSWORD, small_instance

NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)
"""Noon of a Tuesday in the city."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JOB = Job(TOPICS, "find_topics:1", NOW)
SECRET_PHONE, SECRET_NAME = "13912345678", "欧阳晓岚"


class Office(Instance):
    """With an encoder that needs no model file."""

    @cached_property
    def encoder(self):
        return FakeEncoder()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small city with 40 old orders and four usual weeks; departments with staff of their own."""
    folder = tmp_path_factory.mktemp("template") / "data"
    instance = small_instance(folder)
    password = hasher().hash(PASSWORD)
    with instance.unit() as work:
        for code in ("water", "street", "power"):
            work.staff.put(Staff(code, code, Role.DEPARTMENT, password, code))
        for day in range(28):
            for n, text in enumerate(("路灯不亮看不见路", "公园长椅坏了没人修", "公交车等了很久不来")):
                at = NOW - timedelta(days=4 + day, hours=n)
                order = WorkOrder(AppealType.HELP, text, at, district="西区", category="其他", lead_department="street")
                work.work_orders.add(order)
        work.commit()
    instance.engine.dispose()
    return folder


def opened(folder: Path, now: datetime = NOW) -> Instance:
    instance = Office(Settings(data_dir=folder, worker_in_serve=False, encoder_threads=1))
    instance.clock = FakeClock(now)
    return instance


def put(instance: Instance, hours_ago: float, text: str, **fields: object) -> WorkOrder:
    values = {
        "district": "东区",
        "category": "城建/供水/停水",
        "lead_department": "water",
        "state": State.PROCESSING,
    } | fields
    order = WorkOrder(AppealType.COMPLAINT, text, NOW - hours_ago * HOUR, **values)
    with instance.unit() as work:
        work.work_orders.add(order)
        if order.lead_department:
            event = WorkOrderEvent(order.id, "WorkOrderDispatched", order.created_at, SYSTEM, "", "")
            work.events.append(event.moved("", order.lead_department))
        work.commit()
    return order


def outage(instance: Instance, count: int = 6, first: int = 0, **fields: object) -> list[WorkOrder]:
    return [put(instance, 2 + 0.2 * n, f"自来水停水了，一滴水都没有，第{first + n}天", **fields) for n in range(count)]


@pytest.fixture
def instance(template: Path, tmp_path: Path) -> Iterator[Instance]:
    shutil.copytree(template, tmp_path / "data")
    made = opened(tmp_path / "data")
    yield made
    made.engine.dispose()


def client_of(instance: Instance, username: str) -> TestClient:
    client = TestClient(create_app(instance))
    told = client.post("/api/session", json={"username": username, "password": PASSWORD})
    assert told.status_code == 200, told.text
    return client


def run(instance: Instance, kind: str = TOPICS) -> None:
    HANDLERS[kind](instance, JOB)


def handled(instance: Instance) -> None:
    """Orders of two departments with answers to their callbacks, a returned one, an upheld finding, a supervised one."""
    orders = outage(instance, 4, closed_at=NOW - HOUR, due_at=NOW, sign_due_at=NOW, signed_at=NOW - HOUR)
    returned = put(instance, 5, "井盖丢了", lead_department="")
    with instance.unit() as work:
        for number, order in enumerate(orders):
            callback = Callback(order.id, NOW - HOUR, NOW + DAY, state=CallbackState.ANSWERED, rating=5 - number)
            callback.contacted, callback.resolved, callback.answered_at = True, number < 3, NOW
            callback.closed_at, callback.department = NOW - HOUR, "water"
            work.callbacks.add(callback)
        for name, former, department in (("WorkOrderDispatched", "", "street"), ("WorkOrderReturned", "street", "")):
            work.events.append(WorkOrderEvent(returned.id, name, NOW, SYSTEM, "", "").moved(former, department))
        work.events.append(WorkOrderEvent(orders[0].id, "SupervisionRaised", NOW, SYSTEM, "", ""))
        finding = Finding(
            orders[0].id, "no_date", Severity.MEDIUM, "=尽快处理，电话13912345678", "没有时限", NOW, "water"
        )
        work.quality.add(Inspection(orders[0].id, NOW, 80, department="water"), [finding])
        finding.verdict = FindingVerdict.UPHELD
        work.quality.save_finding(finding)
        work.commit()
