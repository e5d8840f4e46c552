"""待办提醒 over HTTP, the calendar's commands, and working hours where departments are edited and imported."""

import io
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import typer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.auth import hasher
from api.cli import calendar as calendar_commands
from api.cli.batch import Context
from api.instance import Instance
from api.jobs import HANDLERS
from api.jobs.deadlines import WATCH, WATCH_CALENDAR
from api.services.departments import DepartmentService
from api.settings import Settings
from casework.appeal import Appeal, AppealType
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput
from casework.filing import file_appeal
from casework.job import Job
from casework.organisation.staff import Staff
from casework.transitions import Role, State
from casework.work_order import Dispatching, WorkOrder
from tests.fakes import FakeClock
from tests.holidays import csv_2027
from tests.small_instance import PASSWORD, UNIT, small_instance

START = datetime(2026, 12, 29, 10, 0, tzinfo=CITY_TIME)
STAFF = {"street": "street", "east": UNIT.code, "power": "power", "nobody": ""}


@pytest.fixture
def instance(tmp_path: Path, made_once: Path) -> Iterator[Instance]:
    shutil.copytree(made_once, tmp_path / "data")
    made = Instance(Settings(data_dir=tmp_path / "data", worker_in_serve=False, encoder_threads=1, login_attempts=1000))
    made.clock = FakeClock(START)  # type: ignore[assignment]
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that each test has a copy of."""
    made = small_instance(tmp_path_factory.mktemp("notices") / "data")
    password = hasher().hash(PASSWORD)
    with made.unit() as work:
        work.staff.put(Staff("dispatcher", "派", Role.DISPATCHER, password))
        for name, department in STAFF.items():
            work.staff.put(Staff(name, name, Role.DEPARTMENT, password, department))
        work.commit()
    made.engine.dispose()
    return made.settings.data_dir


@pytest.fixture
def client(instance: Instance) -> Iterator[TestClient]:
    with TestClient(create_app(instance)) as made:
        yield made


def sign_in(client: TestClient, username: str) -> None:
    assert client.post("/api/session", json={"username": username, "password": PASSWORD}).status_code == 200


def inbox(client: TestClient, username: str) -> list[dict]:
    sign_in(client, username)
    answer = client.get("/api/console/notices")
    assert answer.status_code == 200, answer.text
    assert (
        answer.json()["open"] == len(answer.json()["items"]) == client.get("/api/console/notices/count").json()["open"]
    )
    return answer.json()["items"]


def late(instance: Instance, department: str) -> WorkOrder:
    with instance.unit() as work:
        appeal, told = Appeal(AppealType.COMPLAINT, "路灯坏了"), Dispatching(department, "auto")
        order = file_appeal(work, appeal, told, "路灯", instance.rules, instance.clock)
        work.commit()
    return order


def watch(instance: Instance, kind: str = WATCH) -> None:
    HANDLERS[kind](instance, Job(kind, "test", instance.clock.now()))


def test_each_sees_what_is_theirs_to_do(instance: Instance, client: TestClient) -> None:
    assert client.get("/api/console/notices").status_code == 401
    order, of_unit = late(instance, "street"), late(instance, UNIT.code)
    instance.clock.move(hours=5)
    watch(instance)
    mine = inbox(client, "street")
    assert {one["order"]["id"] for one in mine} == {order.id, of_unit.id}, "the department sees its unit's"
    assert {one["kind_name"] for one in mine} == {"未签收预警", "未签收催办"}
    assert mine[0]["order"] | {"overdue": False} == mine[0]["order"] and mine[0]["order"]["state_name"] == "已派单"
    assert {one["order"]["id"] for one in inbox(client, "east")} == {of_unit.id}
    assert inbox(client, "power") == inbox(client, "nobody") == inbox(client, "supervisor") == []
    assert [one["kind"] for one in inbox(client, "dispatcher")] == ["sign_overdue", "sign_overdue"]
    assert "路灯坏了" not in str(mine)


def test_a_notice_is_done_once_by_whom_it_concerns(instance: Instance, client: TestClient) -> None:
    late(instance, "street")
    with instance.unit() as work:
        work.staff.put(replace(work.staff.by_username("street"), name="李敏"))
        work.commit()
    instance.clock.move(hours=3)
    watch(instance)
    (notice,) = inbox(client, "street")
    path = f"/api/console/notices/{notice['id']}/done"
    for stranger in ("power", "dispatcher", "nobody", "east"):
        sign_in(client, stranger)
        refused = client.post(path)
        assert refused.status_code == 404 and refused.json()["error"]["message"] == "没有找到这条提醒。"
    sign_in(client, "street")
    done = client.post(path).json()
    assert done["done_by"] == "street" and done["done_at"]
    assert done["done_by_name"] == "李敏"
    instance.clock.move(minutes=1)
    assert client.post(path).json() == done, "a second time changes nothing"
    assert inbox(client, "street") == []
    assert client.post("/api/console/notices/999999/done").status_code == 404
    assert client.post("/api/console/notices/99999999999999999999/done").status_code in (404, 422)


def test_what_an_order_has_outgrown_is_not_shown(instance: Instance, client: TestClient) -> None:
    order = late(instance, "street")
    instance.clock.move(hours=5)
    watch(instance)
    with instance.unit() as work:
        stored = work.work_orders.get(order.id)
        stored.state = State.PROCESSING
        work.work_orders.save(stored)
        work.commit()
    sign_in(client, "street")
    assert client.get("/api/console/notices").json() == {"items": [], "open": 0}


def test_signing_settles_and_a_late_return_is_refused(instance: Instance, client: TestClient) -> None:
    order = late(instance, "street")
    instance.clock.move(days=2)
    watch(instance)
    sign_in(client, "street")
    detail = client.get(f"/api/console/work-orders/{order.id}").json()
    path = f"/api/console/work-orders/{order.id}/actions"
    late_return = {"action": "return", "version": detail["version"], "reason": "不是我们的"}
    refused = client.post(path, json=late_return)
    assert refused.status_code == 422, refused.text
    assert "退单应在派单后1个工作日内提出" in refused.json()["error"]["message"]
    assert client.post(path, json={"action": "sign", "version": detail["version"]}).status_code == 200
    assert inbox(client, "street") == inbox(client, "dispatcher") == []
    names = [event["name"] for event in client.get(f"/api/console/work-orders/{order.id}").json()["events"]]
    assert {"时限预警", "催办"} <= set(names)


def test_a_provisional_deadline_says_so_until_the_calendar_comes(instance: Instance, client: TestClient) -> None:
    order = late(instance, "street")
    watch(instance, WATCH_CALENDAR)
    (notice,) = inbox(client, "administrator")
    assert notice["kind_name"] == "放假安排" and notice["order"] is None and "2027年" in notice["text"]
    detail = client.get(f"/api/console/work-orders/{order.id}").json()
    listed = next(row for row in client.get("/api/console/work-orders").json()["items"] if row["id"] == order.id)
    assert detail["due_provisional"] and listed["due_provisional"]
    query = {"query_code": order.query_code, "phone_last4": ""}
    asked = client.post("/api/work-orders/query", json=query)
    assert asked.json()["due_provisional"] is True, asked.text
    (instance.settings.data_dir / "calendar.csv").write_text(csv_2027(), encoding="utf-8")
    assert client.get(f"/api/console/work-orders/{order.id}").json()["due_provisional"] is False


@pytest.fixture
def hotline(tmp_path: Path):
    """The calendar's commands on an instance: (exit code, output)."""
    app = typer.Typer()
    calendar_commands.register(app)

    @app.callback()
    def _common(context: typer.Context) -> None:
        context.obj = Context({"data_dir": tmp_path / "data"})

    def call(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["calendar", *words])
        told = result.exception.message if isinstance(result.exception, InvalidInput) else ""
        return result.exit_code, result.output + told

    return call


def test_a_year_is_shown_and_imported(hotline, tmp_path: Path) -> None:
    code, told = hotline("show", "2026")
    assert code == 0 and "国务院公布的安排；工作日248天" in told and "2026-02-14\t周六\t上班\t春节" in told
    assert "尚无安排，按周一至周五推算；工作日261天" in hotline("show", "2027")[1]
    file = tmp_path / "2027.csv"
    file.write_text(csv_2027(), encoding="utf-8")
    code, told = hotline("import", str(file))
    assert code == 0 and "全年工作日248天" in told and "将由后台任务重算" in told
    assert "没有变化" in hotline("import", str(file))[1]
    code, told = hotline("show", "2027", "--json")
    assert '"source": "table"' in told and '"name": "春节调休"' in told
    with Instance(Settings(data_dir=tmp_path / "data")).unit() as work:
        assert len(work.jobs.list(10, ("reschedule_deadlines",))) == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.txt", b"2027", "请用 .csv 或 .xlsx"),
        ("x.csv", b"", "文件是空的"),
        ("x.csv", b"a,b\n1,2\n", "要有“日期”“是否上班”“名称”三列"),
        ("x.csv", "日期,是否上班\n2027-01-01,否\n2027-01-01,是\n".encode(), "第3行：2027-01-01与第2行重复"),
        ("x.csv", "日期,是否上班\n2027-01-01,否\n".encode("gb18030"), "10月1日（国庆节）应放假"),
        ("x.xlsx", b"PK no workbook", ""),
    ],
)
def test_a_bad_file_is_refused_in_words(hotline, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    code, told = hotline("import", str(tmp_path / name))
    assert code == 1 and words in told and told.strip()
    assert "尚无安排" in hotline("show", "2027")[1]


@pytest.mark.parametrize("year", ["0", "9999", "-1", "abc"])
def test_a_year_that_is_none_is_refused(hotline, year: str) -> None:
    with redirect_stdout(io.StringIO()):
        assert hotline("show", "--", year)[0] == 2


def test_working_hours_are_checked_where_departments_are_written(instance: Instance, client: TestClient) -> None:
    sign_in(client, "administrator")
    new = {"code": "duty", "name": "值班室", "working_hours": "全天"}
    refused = client.post("/api/console/departments", json=new)
    assert refused.status_code == 422 and "看不懂工作时间“全天”" in refused.json()["error"]["message"]
    made = client.post("/api/console/departments", json=new | {"working_hours": "0:00—24:00"}).json()
    assert made["working_hours"] == "00:00-24:00"
    service = DepartmentService(instance)
    with pytest.raises(InvalidInput, match="第2行：看不懂工作时间“早九晚五”"):
        service.import_file("x.csv", "代码,名称,工作时间\npower,,早九晚五\n".encode())
    done = service.import_file("x.csv", "代码,名称,工作时间\npower,,9:00-12:00，13:30-17:30\n".encode())
    assert done["changed"] == 1
    at_night = START.replace(hour=23)
    instance.clock.move(seconds=(at_night - instance.clock.now()).total_seconds())
    assert late(instance, "duty").sign_due_at == at_night.replace(day=30, hour=3)
    assert late(instance, "power").sign_due_at == at_night.replace(day=30, hour=14, minute=30)
