"""Exports on real parts: masked by role, harmless, complete, recorded."""

import csv
import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from api.instance import Instance
from api.services.exports import export_orders
from casework.appeal import AppealType, Requester
from casework.errors import InvalidInput
from casework.events import Actor
from casework.insight.export import MOST_ROWS
from casework.ports import WorkOrderFilter
from casework.transitions import Role
from casework.work_order import WorkOrder
from tests.integration.insight_office import (
    HOUR,
    NOW,
    SECRET_NAME,
    SECRET_PHONE,
    client_of,
    handled,
    instance,
    outage,
    put,
    run,
    template,
)

__all__ = ["instance", "template"]  # fixtures


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
    assert (findings[0]["结论"], findings[0]["引文"]) == ("维持", "'=尽快处理，电话139****5678")
    assert findings[0]["规则"] == "承诺无期限", "the name, not the code"
    assert len(read_csv(client.get("/api/console/exports/findings?form=csv&verdict=upheld").content)) == len(findings)
    for other in ("verdict=rejected", "rule=tone", "department=nobody"):
        assert read_csv(client.get(f"/api/console/exports/findings?form=csv&{other}").content) == []
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
