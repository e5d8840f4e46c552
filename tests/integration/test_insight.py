"""Insight on real parts: hot topics found by the job and alerted once, shares, the league, reports."""

import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import typer
from docx import Document
from typer.testing import CliRunner

from api.cli.batch import Context
from api.cli.insight import register
from api.endpoints.console_admin import REPORT_HEADERS
from api.instance import Instance
from api.jobs.insight import REPORTS
from api.services.reports import make_due, make_report
from casework.appeal import Requester
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput
from casework.insight.periodic_report import ReportKind
from casework.transitions import Role
from tests.integration.insight_office import (
    NOW,
    SECRET_NAME,
    SECRET_PHONE,
    client_of,
    handled,
    instance,
    opened,
    outage,
    put,
    run,
    template,
)

__all__ = ["instance", "template"]  # fixtures


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


def test_an_appeal_filed_is_counted_in_its_street(instance: Instance) -> None:
    streets = [{"name": "桥头街道", "estates": ["柳岸花园"]}]
    city = {"name": "示范市", "districts": [{"name": "东区", "streets": streets}, {"name": "西区"}]}
    (instance.settings.data_dir / "city.json").write_text(json.dumps(city), encoding="utf-8")
    client = client_of(instance, "agent")
    for district in ("", "西区"):  # told to lie elsewhere, the text's street is not its own
        body = {"type": "求助", "text": "柳岸花园的路灯不亮", "district": district}
        assert client.post("/api/console/work-orders", json=body).status_code == 201
    rows = client.get("/api/console/shares/rows", params={"value": ["street:桥头街道"]}).json()
    assert [(row["district"], row["excerpt"]) for row in rows["items"]] == [("东区", "柳岸花园的路灯不亮")]


@pytest.mark.parametrize(
    "asked", ["by=nothing", "by=day&by=day", "by=day&by=week&by=month", "by=day&from=2026-13-01", ""]
)
def test_wrong_shares_are_refused(instance: Instance, asked: str) -> None:
    assert client_of(instance, "agent").get(f"/api/console/shares?{asked}").status_code in (400, 422)
    assert client_of(instance, "agent").get("/api/console/shares/rows?value=東").status_code in (400, 422)


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
    nowhere = str(tmp_path / "missing" / "x.html")
    for wrong in (["--from", "2019-5-x"], ["--kind", "year"], ["--out", str(tmp_path / "x.pdf")], ["--out", nowhere]):
        given = {"--kind": "month", "--from": "2019-05-01", "--out": str(tmp_path / "y.html")} | {wrong[0]: wrong[1]}
        failed = CliRunner().invoke(app, ["report", *(part for pair in given.items() for part in pair)])
        assert isinstance(failed.exception, InvalidInput), failed.output


def test_reports_that_are_due_are_the_last_ones_that_are_over(instance: Instance) -> None:
    made = {report.kind: report for report in make_due(instance)}
    told = {kind.value: f"{report.period_from.astimezone(CITY_TIME):%Y-%m-%d}" for kind, report in made.items()}
    assert told == {"day": "2026-03-30", "week": "2026-03-23", "month": "2026-02-01"}
