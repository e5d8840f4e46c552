"""属地 over HTTP: the place chooses the district of an order, and who of a department and its units sees what."""

import json
import shutil
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

import demo
from api.app import create_app
from api.auth import hasher
from api.instance import Instance
from api.settings import Settings
from casework.appeal import AppealType
from casework.organisation.department import Department
from casework.organisation.staff import Staff
from casework.transitions import Role, State
from casework.work_order import WorkOrder

PASSWORD = "local-12345"
STAFF = {"city": "cgj", "north": "cgj-beiyuan", "south": "cgj-nanting", "water": "swjt"}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The demonstration city's departments and places, without its history, knowledge and model."""
    folder = tmp_path_factory.mktemp("units") / "data"
    made = Instance(Settings(data_dir=folder, env="demo", worker_in_serve=False, turns_per_minute=1000))
    shutil.copy(demo.CITY, folder / "city.json")
    password = hasher().hash(PASSWORD)
    with made.unit() as work:
        for path in demo.departments():
            for line in path.read_text(encoding="utf-8").splitlines():
                work.departments.put(Department(**json.loads(line)))
        work.staff.put(Staff("agent", "坐席", Role.AGENT, password))
        for name, department in STAFF.items():
            work.staff.put(Staff(name, name, Role.DEPARTMENT, password, department))
        work.commit()
    yield made
    made.engine.dispose()


@pytest.fixture
def client(instance: Instance) -> Iterator[TestClient]:
    with TestClient(create_app(instance)) as made:
        yield made


def sign_in(client: TestClient, username: str) -> None:
    answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def order_of(instance: Instance, department: str) -> WorkOrder:
    with instance.unit() as work:
        order = WorkOrder(AppealType.COMPLAINT, f"派给{department}的诉求", instance.clock.now())
        order.state, order.lead_department = State.DISPATCHED, department
        work.work_orders.add(order)
        work.commit()
    return order


def test_units_are_listed_with_their_parent_and_district(client: TestClient) -> None:
    sign_in(client, "agent")
    rows = {row["code"]: row for row in client.get("/api/console/departments").json()}
    assert (rows["cgj-beiyuan"]["parent"], rows["cgj-beiyuan"]["jurisdiction"]) == ("cgj", "北苑区")
    assert rows["cgj"]["parent"] == "" and len([row for row in rows.values() if row["parent"]]) == 47


def test_a_departments_staff_see_its_units_orders_and_units_only_their_own(
    client: TestClient, instance: Instance
) -> None:
    of = {code: order_of(instance, code) for code in STAFF.values()}
    seen = {"city": {"cgj", "cgj-beiyuan", "cgj-nanting"}, "north": {"cgj-beiyuan"}, "water": {"swjt"}}
    for username, codes in seen.items():
        sign_in(client, username)
        listed = client.get("/api/console/work-orders", params={"text": "派给", "size": 100}).json()
        assert {row["lead_department"] for row in listed["items"]} == codes and listed["total"] == len(codes)
        for code, order in of.items():
            status = client.get(f"/api/console/work-orders/{order.id}").status_code
            assert status == (200 if code in codes else 403), (username, code)
    sign_in(client, "city")
    narrowed = client.get("/api/console/work-orders", params={"text": "派给", "department": "cgj-nanting"}).json()
    assert [row["lead_department"] for row in narrowed["items"]] == ["cgj-nanting"]
    other = client.get("/api/console/work-orders", params={"text": "派给", "department": "swjt"}).json()
    assert other["total"] == 0


def test_what_a_department_only_sees_it_cannot_handle(client: TestClient, instance: Instance) -> None:
    order = order_of(instance, "cgj-beiyuan")
    sign_in(client, "city")
    detail = client.get(f"/api/console/work-orders/{order.id}").json()
    assert detail["actions"] == []
    sign = {"action": "sign", "version": detail["version"]}
    assert client.post(f"/api/console/work-orders/{order.id}/actions", json=sign).status_code == 403
    sign_in(client, "north")
    assert client.post(f"/api/console/work-orders/{order.id}/actions", json=sign).status_code == 200


@pytest.mark.parametrize(
    ("text", "place", "district"),
    [
        ("我住云湖区，反映怀荫路的井盖丢了", "", "北苑区"),
        ("井盖丢了", "渔港那边", "南汀区"),
        ("和平小区的门禁坏了", "", ""),
    ],
)
def test_an_agents_form_finds_the_district(
    client: TestClient, instance: Instance, text: str, place: str, district: str
) -> None:
    sign_in(client, "agent")
    elements = {"place": place, "time": "", "subject": "", "event": "", "demand": ""}
    answer = client.post("/api/console/work-orders", json={"type": "投诉", "text": text, "elements": elements})
    assert answer.status_code == 201, answer.text
    with instance.unit() as work:
        assert work.work_orders.get(answer.json()["id"]).district == district
