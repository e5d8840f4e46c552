"""Insight on real parts: hot topics found by the job and alerted once, shares, the league, reports, masked exports."""

import csv
import io
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
import typer
from docx import Document
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from typer.testing import CliRunner

from api.app import create_app
from api.auth import hasher
from api.cli.batch import Context
from api.cli.insight import register
from api.endpoints.console_admin import REPORT_HEADERS
from api.instance import Instance
from api.jobs import HANDLERS
from api.jobs.insight import REPORTS, TOPICS
from api.services.exports import export_orders
from api.services.reports import make_due, make_report
from api.settings import Settings
from casework.appeal import AppealType, Requester
from casework.calendar import CITY_TIME
from casework.callback import Callback, CallbackState
from casework.errors import InvalidInput
from casework.events import SYSTEM, Actor, WorkOrderEvent
from casework.export import MOST_ROWS
from casework.job import Job
from casework.periodic_report import ReportKind
from casework.ports import WorkOrderFilter
from casework.quality import Finding, FindingVerdict, Inspection, Severity
from casework.staff import Staff
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


def notices(instance: Instance) -> list:
    with instance.unit() as work:
        return [one for one in work.notices.open_for(Role.SUPERVISOR) if one.kind == "hot_topic"]


def test_a_spike_is_told_once_however_often_the_job_runs(instance: Instance) -> None:
    outage(instance)
    run(instance)
    run(instance)
    (told,) = notices(instance)
    assert "停水" in told.text and "东区" in told.text and "6件" in told.text
    with instance.unit() as work:
        (topic,) = work.hot_topics.since(NOW)
        assert (topic.count, topic.alerted_at) == (6, NOW)
    instance.clock.move(minutes=10)
    put(instance, -0.1, "自来水停水了，一滴水都没有，还要等多久")
    run(instance)
    assert len(notices(instance)) == 1
    with instance.unit() as work:
        (later,) = work.hot_topics.since(NOW)
    assert (later.id, later.key, later.count, later.found_at, later.alerted_at) == (topic.id, topic.key, 7, NOW, NOW)


def test_a_worker_that_starts_anew_goes_on_with_the_same_topic(instance: Instance) -> None:
    outage(instance)
    run(instance)
    again = opened(instance.settings.data_dir, NOW + timedelta(minutes=10))
    run(again)
    assert len(notices(again)) == 1
    with again.unit() as work:
        assert len(work.hot_topics.since(NOW)) == 1
    assert len(again.encoder.seen) < 3, "the vectors were kept"
    again.engine.dispose()


def test_a_topic_that_ends_stays_as_it_was(instance: Instance) -> None:
    outage(instance)
    run(instance)
    instance.clock.move(days=4)
    run(instance)
    client = client_of(instance, "supervisor")
    assert client.get("/api/console/topics").json()["items"] == []
    (past,) = client.get("/api/console/topics?past=true").json()["items"]
    assert (past["present"], past["count"]) == (False, 6)
    assert len(notices(instance)) == 1


def test_departments_never_see_confidential_members(instance: Instance) -> None:
    shown = put(
        instance,
        3,
        f"自来水停水了，一滴水都没有，我叫王小明，电话{SECRET_PHONE}",
        requester=Requester(SECRET_NAME, SECRET_PHONE),
    )
    hidden = outage(instance, 5, confidential=True)
    run(instance)
    office_view = client_of(instance, "supervisor")
    (topic,) = office_view.get("/api/console/topics").json()["items"]
    assert (topic["count"], topic["confidential"], topic["districts"]) == (
        6,
        5,
        [{"code": "", "name": "东区", "count": 6}],
    )
    everything = office_view.get(f"/api/console/topics/{topic['id']}").json()
    assert {row["id"] for row in everything["members"]} == {shown.id, *(order.id for order in hidden)}
    water = client_of(instance, "water")
    own = water.get(f"/api/console/topics/{topic['id']}").json()
    assert ([row["id"] for row in own["members"]], own["hidden"]) == ([shown.id], 5)
    assert SECRET_PHONE not in str(everything) and "王小明" not in str(everything)
    other = client_of(instance, "street")
    assert other.get("/api/console/topics").json()["items"] == []
    assert other.get(f"/api/console/topics/{topic['id']}").status_code == 404
    assert office_view.get("/api/console/topics/999").status_code == 404


def test_every_cell_of_the_shares_lists_its_orders(instance: Instance) -> None:
    outage(instance)
    client = client_of(instance, "agent")
    told = client.get("/api/console/shares?by=category_1&by=district&from=2026-03-01").json()
    assert told["total"] == sum(cell["count"] for cell in told["cells"]) > 6
    assert [one["name"] for one in told["dimensions"]] == ["一级分类", "区县"]
    for cell in told["cells"]:
        value = [f"category_1:{cell['values'][0]}", f"district:{cell['values'][1]}"]
        rows = client.get("/api/console/shares/rows", params={"value": value, "from": "2026-03-01", "size": 100}).json()
        assert rows["total"] == len(rows["items"]) == cell["count"]
        assert {row["district"] for row in rows["items"]} == {cell["values"][1]}
    water = client_of(instance, "water")
    mine = water.get("/api/console/shares?by=department").json()
    assert [cell["values"] for cell in mine["cells"]] == [["water"]]
    assert mine["cells"][0]["names"] == ["市水务集团"]


@pytest.mark.parametrize(
    "asked", ["by=nothing", "by=day&by=day", "by=day&by=week&by=month", "by=day&from=2026-13-01", ""]
)
def test_wrong_shares_are_refused(instance: Instance, asked: str) -> None:
    assert client_of(instance, "agent").get(f"/api/console/shares?{asked}").status_code in (400, 422)
    assert client_of(instance, "agent").get("/api/console/shares/rows?value=東").status_code in (400, 422)


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


def test_every_figure_of_the_league_lists_its_orders(instance: Instance) -> None:
    handled(instance)
    client = client_of(instance, "supervisor")
    told = client.get("/api/console/league?from=2026-03-31&to=2026-03-31").json()
    assert told["least"] == 20
    rows = {row["department"]: row for row in told["rows"]}
    water, street = rows["water"], rows["street"]
    assert (water["volume"], street["volume"]) == (4, 0)
    wanted = {"satisfaction": (3, 4), "resolution": (3, 4), "response": (4, 4), "faulty": (1, 1), "supervised": (1, 4),
              "closed_in_time": (4, 4), "signed_in_time": (4, 4), "first_right": (4, 4), "returned": (0, 4), "extended": (0, 4)}  # fmt: skip
    assert {key: (one["numerator"], one["denominator"]) for key, one in water["measures"].items()} == wanted
    assert street["measures"]["returned"]["numerator"] == 1
    assert all(one["rank"] is None for row in told["rows"] for one in row["measures"].values()), "too few for a rank"
    for row in told["rows"]:
        for key, one in row["measures"].items():
            for part in ("numerator", "denominator"):
                asked = {
                    "department": row["department"],
                    "measure": key,
                    "part": part,
                    "from": "2026-03-31",
                    "to": "2026-03-31",
                }
                found = client.get("/api/console/league/rows", params=asked).json()
                assert found["total"] == len(found["items"]) == one[part], (key, part)
    every = {"from": "2026-03-31", "to": "2026-03-31"}
    assert client.get("/api/console/league/rows", params=every).json()["total"] == 4
    assert client.get("/api/console/league/rows", params=every | {"measure": "returned"}).json()["total"] == 5


def test_departments_see_all_places_but_list_their_own_orders(instance: Instance) -> None:
    handled(instance)
    water = client_of(instance, "water")
    assert len(water.get("/api/console/league?from=2026-03-31").json()["rows"]) >= 2
    assert water.get("/api/console/league/rows?department=water&from=2026-03-31").json()["total"] == 4
    for other in ("street", ""):
        assert water.get(f"/api/console/league/rows?department={other}&from=2026-03-31").status_code == 403
    for wrong in ("sort=best", "from=2026-04-02&to=2026-04-01", "from=2001-01-01&to=2026-01-01", "to=0001-01-01"):
        assert water.get(f"/api/console/league?{wrong}").status_code in (400, 422), wrong


def test_units_stand_with_their_department_or_alone(instance: Instance) -> None:
    put(instance, 3, "占道经营", lead_department="street-east")
    client = client_of(instance, "supervisor")
    together = client.get("/api/console/league?from=2026-03-31").json()["rows"]
    alone = client.get("/api/console/league?from=2026-03-31&together=false").json()["rows"]
    assert [(row["department"], row["volume"]) for row in together] == [("street", 1)]
    assert [(row["department"], row["volume"], row["parent"]) for row in alone] == [("street-east", 1, "street")]
    asked = "/api/console/league/rows?department=street&from=2026-03-31"
    assert client.get(asked).json()["total"] == 1
    assert client.get(f"{asked}&together=false").json()["total"] == 0


def test_a_report_is_made_once_and_its_figures_lead_to_their_orders(instance: Instance) -> None:
    handled(instance)
    run(instance)
    instance.clock.move(days=1)
    run(instance, REPORTS)
    run(instance, REPORTS)
    client = client_of(instance, "supervisor")
    reports = client.get("/api/console/reports").json()
    assert sorted(row["kind_name"] for row in reports) == ["周报", "日报", "月报"]
    day = next(row for row in reports if row["kind"] == "day")
    assert (day["period"], day["count"]) == ("2026年3月31日", 5)
    content = client.get(f"/api/console/reports/{day['id']}").json()["content"]
    queries = re.findall(r"'query': '([^']*)'", str(content))
    assert content["volume"]["query"] in queries
    told = {row["key"]: row for row in content["rates"]}
    for row in told.values():
        for part in ("numerator", "denominator"):
            asked = row[f"{part}_query"].removeprefix("of=league&")
            assert client.get(f"/api/console/league/rows?{asked}").json()["total"] == row[part], row["name"]
    for share in content["shares"]:
        assert sum(row["count"] for row in share["rows"]) + share["others"] == share["total"] == 5
        for row in share["rows"]:
            asked = row["query"].removeprefix("of=slice&")
            assert client.get(f"/api/console/shares/rows?{asked}").json()["total"] == row["count"]
    assert [row["why"] for row in content["notable"]] == ["督办（已解除）"]
    assert client.get("/api/console/reports?kind=month").json()[0]["kind"] == "month"
    assert client.get("/api/console/reports?kind=year").status_code == 422


def test_the_report_as_a_page_and_as_a_document(instance: Instance) -> None:
    handled(instance)
    put(instance, 4, "<script>alert(1)</script>漏水", category="<b>城建</b>")
    instance.clock.move(days=1)
    client = client_of(instance, "supervisor")
    made = client.post("/api/console/reports", json={"kind": "day", "from": "2026-03-31"})
    assert made.status_code == 201, made.text
    assert client.post("/api/console/reports", json={"kind": "day", "from": "2026-03-31"}).json() == made.json()
    number = made.json()["id"]
    page = client.get(f"/api/console/reports/{number}/html")
    assert {name: page.headers[name] for name in REPORT_HEADERS} == REPORT_HEADERS
    assert "<script>" not in page.text and "<b>城建" not in page.text
    for section in (
        "一、受理情况",
        "二、诉求构成",
        "三、热点诉求",
        "四、办理与回访",
        "五、承办单位",
        "六、重点工单",
        "统计说明",
    ):
        assert section in page.text
    assert "/console/#/figures?of=league&amp;from=2026-03-31" in page.text
    assert "//" not in re.sub(r"http-equiv", "", page.text).replace("<!doctype html>", ""), "nothing is fetched"
    document = client.get(f"/api/console/reports/{number}/docx")
    word = Document(io.BytesIO(document.content))
    assert word.paragraphs[0].text.endswith("12345热线日报")
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    assert "满意率" in cells and "3 / 4" in cells
    for role in ("agent", "water"):
        assert client_of(instance, role).get(f"/api/console/reports/{number}/html").status_code == 403
    assert client.get("/api/console/reports/999/docx").status_code == 404
    early = client.post("/api/console/reports", json={"kind": "month", "from": "2026-04-02"})
    assert early.status_code == 422 and "尚未结束" in early.text


def test_a_report_of_an_empty_period_and_by_the_command(instance: Instance, tmp_path: Path) -> None:
    report = make_report(instance, ReportKind.MONTH, datetime(2019, 5, 6).date())
    assert report.content["volume"] | {"query": "", "before_query": ""} == {
        "count": 0, "before": 0, "change": None, "days": [], "query": "", "before_query": ""}  # fmt: skip
    app = typer.Typer()

    @app.callback()
    def common(context: typer.Context) -> None:
        context.obj = Context({"data_dir": instance.settings.data_dir})

    register(app)
    for name in ("leer.html", "leer.docx"):
        path = tmp_path / name
        done = CliRunner().invoke(app, ["report", "--kind", "month", "--from", "2019-05-01", "--out", str(path)])
        assert done.exit_code == 0, done.output
        assert path.stat().st_size > 1000
    assert "本期没有诉求" in (tmp_path / "leer.html").read_text(encoding="utf-8")
    for wrong in (["--from", "2019-5-x"], ["--kind", "year"], ["--out", str(tmp_path / "x.pdf")]):
        given = {"--kind": "month", "--from": "2019-05-01", "--out": str(tmp_path / "y.html")} | {wrong[0]: wrong[1]}
        failed = CliRunner().invoke(app, ["report", *(part for pair in given.items() for part in pair)])
        assert isinstance(failed.exception, InvalidInput), failed.output


def test_reports_that_are_due_are_the_last_ones_that_are_over(instance: Instance) -> None:
    made = {report.kind: report for report in make_due(instance)}
    told = {kind.value: f"{report.period_from.astimezone(CITY_TIME):%Y-%m-%d}" for kind, report in made.items()}
    assert told == {"day": "2026-03-30", "week": "2026-03-23", "month": "2026-02-01"}


def read_csv(content: bytes) -> list[dict]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_exports_are_masked_by_role_and_recorded(instance: Instance) -> None:
    put(
        instance,
        1,
        f'=HYPERLINK("http://x")我叫王小明，电话{SECRET_PHONE}',
        requester=Requester(SECRET_NAME, SECRET_PHONE),
    )
    put(instance, 2, "路灯不亮", lead_department="power")
    agent = client_of(instance, "agent")
    asked = "/api/console/exports/orders?form=csv&from=2026-03-31"
    answer = agent.get(asked)
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    rows = read_csv(answer.content)
    assert [row["主办单位"] for row in rows] == ["市水务集团", "市供电公司"]
    assert (rows[0]["诉求人"], rows[0]["联系电话"]) == ("欧***", "139****5678")
    assert rows[0]["诉求内容"].startswith("'=HYPERLINK")
    for secret in (SECRET_NAME, SECRET_PHONE, "王小明"):
        assert secret not in answer.text
    mine = read_csv(client_of(instance, "water").get(asked).content)
    assert [row["主办单位"] for row in mine] == ["市水务集团"]
    assert "诉求人" not in mine[0] and "联系电话" not in mine[0]
    book = load_workbook(io.BytesIO(agent.get(asked.replace("csv", "xlsx")).content), read_only=True)
    cells = list(book.active.iter_rows(values_only=True))
    assert len(cells) == 3 and cells[1][9].startswith("'=HYPERLINK") and cells[1][-1] == "139****5678"
    recorded = client_of(instance, "administrator").get("/api/console/exports").json()
    assert [(one["actor"], one["kind"], one["form"], one["rows"]) for one in recorded] == [
        ("agent", "orders", "xlsx", 2), ("water", "orders", "csv", 1), ("agent", "orders", "csv", 2)]  # fmt: skip
    assert recorded[0]["query"]["start"] == "2026-03-31"
    assert agent.get("/api/console/exports").status_code == 403


def test_the_other_exports(instance: Instance) -> None:
    handled(instance)
    outage(instance, 6, first=20)
    run(instance)
    client = client_of(instance, "supervisor")
    league = read_csv(client.get("/api/console/exports/league?form=csv&from=2026-03-31").content)
    assert next(row for row in league if row["单位"] == "市水务集团")["满意率分母"] == "4"
    topics = read_csv(client.get("/api/console/exports/topics?form=csv").content)
    assert len(topics) == 1 and "停水" in topics[0]["热点"]
    findings = read_csv(client.get("/api/console/exports/findings?form=csv").content)
    assert (findings[0]["结论"], findings[0]["引文"]) == ("属实", "'=尽快处理，电话139****5678")
    assert read_csv(client_of(instance, "street").get("/api/console/exports/findings?form=csv").content) == []
    assert client_of(instance, "street").get("/api/console/exports/topics?form=csv").status_code == 403
    for path in ("orders", "league", "topics", "findings"):
        assert client.get(f"/api/console/exports/{path}?form=pdf").status_code == 422
    assert client.get("/api/console/exports/orders?state=nowhere").status_code == 422


def test_every_order_is_exported_once_though_many_are_of_one_moment(instance: Instance) -> None:
    with instance.unit() as work:
        for number in range(1300):
            at = NOW - HOUR - timedelta(minutes=number if number < 100 or number > 1200 else 100)
            work.work_orders.add(WorkOrder(AppealType.HELP, f"第{number}件", at, lead_department="power"))
        work.commit()
    by = Actor("agent", Role.AGENT)
    file = export_orders(instance, WorkOrderFilter(department="power"), "csv", by, {})
    rows = read_csv(b"".join(file.content))
    assert len(rows) == 1310, "with the ten that were there"
    assert len({row["工单编号"] for row in rows}) == 1310


def test_more_than_a_file_holds_is_refused(instance: Instance) -> None:
    assert MOST_ROWS == 100_000
    with pytest.raises(InvalidInput, match="超过9行，请缩短期间"):
        export_orders(instance, WorkOrderFilter(department="water"), "csv", Actor("agent", Role.AGENT), {}, 9)
    with instance.unit() as work:
        assert work.exports.list() == []
