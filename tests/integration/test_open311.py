"""Open311 GeoReport v2 with a client written from the specification, in both formats."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from lxml import etree

from api.app import create_app
from api.instance import Instance
from api.settings import Settings
from casework.appeal import AppealType, FiveElements, Requester
from casework.deadline.calendar import CITY_TIME
from casework.transitions import State
from casework.work_order import WorkOrder
from tests.integration.open311_client import Open311Client, Open311Failure
from tests.small_instance import small_instance

KEY = "k-" + "a" * 30
TAXONOMY = (
    ("01", "城市管理", ""),
    ("0101", "市容环境", "01"),
    ("010101", "垃圾清运", "0101"),
    ("0102", "路灯", "01"),
    ("02", "供水", ""),
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    made = small_instance(folder)
    made.secrets  # noqa: B018 - made when first needed
    made.engine.dispose()
    with (folder / "taxonomy.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "name", "parent", "source"), *((*row, "") for row in TAXONOMY)])
    return folder


@pytest.fixture
def data(city: Path, tmp_path: Path) -> Path:
    return shutil.copytree(city, tmp_path / "data")


def opened(folder: Path, **settings: object) -> Instance:
    given = {"open311_keys": [KEY], "turns_per_minute": 1000} | settings
    return Instance(Settings(data_dir=folder, worker_in_serve=False, encoder_threads=1, **given))


@pytest.fixture
def instance(data: Path) -> Instance:
    return opened(data)


@pytest.fixture
def http(instance: Instance) -> Iterator[TestClient]:
    with TestClient(create_app(instance)) as made:
        yield made


@pytest.fixture(params=["json", "xml"])
def client(request: pytest.FixtureRequest, http: TestClient) -> Open311Client:
    return Open311Client(http, request.param, api_key=KEY)


def refused(expected: int, ask, /, *arguments: str, **fields: str) -> str:
    with pytest.raises(Open311Failure) as caught:
        ask(*arguments, **fields)
    assert caught.value.status == expected
    (error,) = caught.value.errors
    assert str(error["code"]) == str(expected)
    return error["description"]


def add(instance: Instance, **fields: object) -> WorkOrder:
    given = {
        "type": AppealType.COMPLAINT,
        "text": "垃圾没人清运",
        "created_at": instance.clock.now(),
        "channel": "open311",
    }
    order = WorkOrder(**(given | fields))  # type: ignore[arg-type]
    with instance.unit() as work:
        work.work_orders.add(order)
        work.commit()
    return order


def test_services_are_auto_and_two_levels(client: Open311Client):
    services = client.services()
    assert [one["service_code"] for one in services] == ["auto", "01", "0101", "0102", "02"]
    assert services[2]["service_name"] == "市容环境" and services[2]["group"] == "城市管理"
    assert {one["type"] for one in services} == {"realtime"}
    assert {str(one["metadata"]).lower() for one in services} == {"true"}
    for one in services:
        definition = client.definition(one["service_code"])
        assert definition["service_code"] == one["service_code"]
        (attribute,) = definition["attributes"]
        assert (attribute["code"], attribute["datatype"]) == ("TYPE", "singlevaluelist")
        assert [value["key"] for value in attribute["values"]] == list(AppealType)
    assert "service_code" in refused(404, client.definition, "99")


def test_what_is_filed_goes_the_same_way_as_everything(client: Open311Client, instance: Instance):
    filed = client.submit(
        "auto",
        description="我叫赵晓岚，楼道灯坏了三天，请修一下，电话13900001234",
        address_string="望湖路18号3栋502室",
        lat="23.129110",
        long="113.264385",
        first_name="晓岚",
        last_name="赵",
        phone="139 0000 1234",
        media_url="https://example.com/a.jpg",
    )
    number = filed["service_request_id"]
    assert client.by_token(number) == number
    with instance.unit() as work:
        order = work.work_orders.by_number(number)
        events = [event.name for event in work.events.of(order.id)]
    assert order.channel == "open311" and order.requester == Requester("赵晓岚", "13900001234")
    assert order.dispatching is not None and events[:2] == ["WorkOrderAccepted", "DispatchQueued"]
    assert "https://example.com/a.jpg" in order.text and "望湖路18号" in order.elements.place
    code = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", filed["service_notice"])
    assert code is not None
    queried = client.http.post("/api/work-orders/query", json={"query_code": code[0], "phone_last4": "1234"})
    assert queried.status_code == 200 and queried.json()["number"] == number
    shown = client.request(number)
    assert shown["status"] == "open" and shown["detailed_status"] == "pending_dispatch"
    assert shown["address"] == "望湖路18号"
    assert (float(shown["lat"]), float(shown["long"])) == (23.12911, 113.264385)
    assert shown["expected_datetime"] and shown["service_code"] == "auto"
    everything = json.dumps([shown, client.requests()], ensure_ascii=False, default=str)
    for private in ("赵晓岚", "13900001234", "502室", code[0]):
        assert private not in everything


def test_a_service_is_a_hint_and_decides_nothing(client: Open311Client, instance: Instance):
    filed = client.submit(
        "0101", description="家里停水两天了", address_string="人民路66号", **{"attribute[TYPE]": "求助"}
    )
    with instance.unit() as work:
        order = work.work_orders.by_number(filed["service_request_id"])
    assert order.type is AppealType.HELP and order.dispatching.evidence["service"] == "城市管理/市容环境"
    assert order.category == ""


def test_an_emergency_is_told_whom_to_call(client: Open311Client):
    filed = client.submit("auto", description="家里着火了，快来人救火", address_string="人民路66号")
    assert "119" in filed["service_notice"] and filed["service_request_id"]


def test_a_report_is_never_shown(client: Open311Client, instance: Instance):
    fields = {"description": "举报某单位违规收费", "address_string": "人民路66号", "attribute[TYPE]": "举报"}
    number = client.submit("auto", **fields)["service_request_id"]
    refused(404, client.request, number)
    refused(404, client.by_token, number)
    assert client.requests() == [] and client.requests(service_request_id=number) == []


BAD = [
    (400, "description", {"description": " "}),
    (400, "lat", {"address_string": ""}),
    (400, "lat", {"address_string": "", "lat": "23.1"}),
    (400, "WGS84", {"lat": "91", "long": "113"}),
    (400, "WGS84", {"lat": "1e1", "long": "113"}),
    (400, "WGS84", {"lat": "nan", "long": "nan"}),
    (400, "300", {"address_string": "长" * 301}),
    (400, "service_code", {"service_code": ""}),
    (404, "service_code", {"service_code": "99"}),
    (400, "TYPE", {"attribute[TYPE]": "吐槽"}),
    (400, "电话", {"phone": "abc"}),
    (400, "media_url", {"media_url": "javascript:alert(1)"}),
    (400, "5000", {"description": "长" * 5001}),
    (403, "api_key", {"api_key": ""}),
    (403, "api_key", {"api_key": KEY[:-1]}),
    (403, "api_key", {"api_key": "密钥"}),
]


def test_bad_input_is_refused_in_the_format_asked_for(client: Open311Client, instance: Instance):
    for status, told, change in BAD:
        fields = {"description": "路灯坏了", "address_string": "人民路66号"} | change
        code = fields.pop("service_code", "auto")
        assert told in refused(status, client.submit, code, **fields), change
    assert client.requests() == []


def test_without_keys_nobody_files(data: Path):
    with TestClient(create_app(opened(data, open311_keys=[]))) as http:
        for key in (KEY, "", "x"):
            client = Open311Client(http, "xml", api_key=key)
            assert "api_key" in refused(403, client.submit, "auto", description="路灯坏了", address_string="人民路")
    with TestClient(create_app(opened(data, open311_keys=[""]))) as http:
        refused(403, Open311Client(http, "json").submit, "auto", description="路灯坏了", address_string="人民路")


def test_another_jurisdiction_is_not_found(data: Path):
    with TestClient(create_app(opened(data, open311_jurisdiction="city.example.cn"))) as http:
        assert Open311Client(http, "json", jurisdiction_id="city.example.cn").services()
        assert Open311Client(http, "json").services()
        refused(404, Open311Client(http, "xml", jurisdiction_id="other.example.cn").services)


def test_lists_by_time_status_service_and_page(client: Open311Client, instance: Instance):
    now = instance.clock.now()
    days = lambda count: now - timedelta(days=count)  # noqa: E731
    new = add(instance, category="城市管理/市容环境/垃圾清运")
    closed = add(instance, category="城市管理/路灯", created_at=days(10), state=State.ARCHIVED, closed_at=days(5))
    other = add(instance, category="供水", created_at=days(20))
    old = add(instance, created_at=days(100))

    def found(**wanted: str) -> list[str]:
        return [one["service_request_id"] for one in client.requests(**wanted)]

    assert found() == [new.number, closed.number, other.number]
    assert found(status="closed") == [closed.number]
    assert found(status="open") == [new.number, other.number]
    assert found(status="open,closed") == found()
    assert found(service_code="01") == [new.number, closed.number]
    assert found(service_code="0102,02") == [closed.number, other.number]
    assert found(start_date=days(110).isoformat()) == [old.number]
    assert found(end_date=days(15).isoformat()) == [other.number, old.number]
    assert found(start_date=days(15).isoformat(), end_date=days(5).isoformat()) == [closed.number]
    assert found(start_date=days(15).astimezone(CITY_TIME).date().isoformat()) == [new.number, closed.number]
    assert found(page_size="2") == [new.number, closed.number]
    assert found(page_size="2", page="2") == [other.number]
    assert found(page="3") == []
    assert found(service_request_id=f"{old.number}, {new.number},{old.number},1") == [old.number, new.number]
    shown = client.request(closed.number)
    assert (shown["status"], shown["detailed_status"], shown["service_code"]) == ("closed", "archived", "0102")
    assert datetime.fromisoformat(shown["updated_datetime"]) > datetime.fromisoformat(shown["requested_datetime"])
    assert client.request(new.number)["service_code"] == "0101"


def test_a_plus_that_was_not_escaped_is_understood(http: TestClient, instance: Instance):
    order = add(instance)
    start = (order.created_at - timedelta(hours=1)).astimezone(CITY_TIME).isoformat(timespec="seconds")
    answer = http.get(f"/open311/v2/requests.json?start_date={start}")
    assert [one["service_request_id"] for one in answer.json()] == [order.number]


WRONG = (
    {"start_date": "gestern"},
    {"start_date": "2026-13-01T00:00:00Z"},
    {"start_date": "9999-12-31T23:59:59-01:00"},
    {"end_date": "0001-01-01T00:00:00Z"},
    {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
    {"status": "pending"},
    {"page": "0"},
    {"page": "-1"},
    {"page_size": "1001"},
    {"page_size": "１０"},
    {"service_request_id": ",".join(map(str, range(101)))},
)


def test_wrong_questions_are_told_what_is_wrong(client: Open311Client):
    for wanted in WRONG:
        told = refused(400, client.requests, **wanted)
        assert any(name in told for name in wanted), wanted
    refused(404, client.requests, service_code="99")
    refused(404, client.request, "20260101000001")


def test_only_own_orders_are_listed_unless_the_city_says_so(data: Path):
    instance = opened(data)
    web = add(instance, channel="web", text="电话13900001234")
    hidden = add(instance, channel="web", confidential=True)
    with TestClient(create_app(instance)) as http:
        client = Open311Client(http, "json")
        assert client.requests() == []
        refused(404, client.request, web.number)
    with TestClient(create_app(opened(data, open311_listing="all"))) as http:
        client = Open311Client(http, "json")
        shown = client.requests()
        assert [one["service_request_id"] for one in shown] == [web.number]
        assert shown[0]["description"] == "电话139****1234"
        refused(404, client.request, hidden.number)


def test_control_characters_and_markup_come_through_as_text(http: TestClient, instance: Instance):
    text = "路灯<b>&坏了\x0b\x08]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;"
    order = add(instance, text=text, elements=FiveElements(place="人民路\x1b66号"))
    shown = Open311Client(http, "xml").request(order.number)
    assert shown["description"] == re.sub("[\x08\x0b]", "", text)
    assert Open311Client(http, "json").request(order.number)["description"] == text


def test_forms_that_are_none(http: TestClient):
    path = "/open311/v2/requests.xml"
    for content, kind in (
        (b"{}", "application/json"),
        (b"a=1&" * 300, "application/x-www-form-urlencoded"),
        (b"description=%ff%fe", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
    ):
        answer = http.post(path, content=content, headers={"content-type": kind})
        assert (answer.status_code, etree.fromstring(answer.content).tag) == (400, "errors")
    too_large = http.post(path, content=b"a" * 1_000_001, headers={"content-type": "application/x-www-form-urlencoded"})
    assert too_large.status_code == 413


def test_what_there_is_not(http: TestClient):
    for method, path in (
        ("GET", "/open311/v2/requests.yaml"),
        ("GET", "/open311/v2/nothing.json"),
        ("GET", "/open311/v3/services.json"),
        ("PUT", "/open311/v2/requests.json"),
        ("DELETE", "/open311/v2/requests/1.json"),
    ):
        answer = http.request(method, path)
        assert answer.status_code == 404 and answer.json()[0]["code"] == 404
    assert etree.fromstring(http.get("/open311/v2/nothing.xml").content).tag == "errors"


def test_discovery_leads_to_the_endpoint(http: TestClient):
    found = http.get("/open311/discovery.json").json()
    assert found["endpoints"][0]["url"] == "http://testserver/open311/v2"
    assert etree.fromstring(http.get("/open311/discovery.xml").content).findtext("endpoints/endpoint/formats/format")
