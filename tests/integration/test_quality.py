"""质检 over HTTP with the real models: closings inspected by the worker, replies checked before closing, verdicts, objections,
switches, coverage, special inspections."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import hasher
from api.instance import Instance
from api.jobs.quality import CATCH_UP
from api.services.quality_inspection import inspect_closing
from api.worker import Worker
from casework.handling.handling import Action, act
from casework.job import JobState
from casework.organisation.staff import Staff
from casework.quality.inspection import INSPECT, NOTICE
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from knowledge.entry import EntryKind, KnowledgeEntry
from tests.fakes import FakeClock
from tests.small_instance import FIRST, PASSWORD, small_instance
from tests.unit.casework.desk import AGENT, SUPERVISOR

GOOD = "市民您好，3月6日供水所到现场检查，接头老化漏水情况属实，当日已更换接头并恢复供水，复查水压正常。"
PASSED_ON = "您好，此事不属于我单位职责，我们无权处理，建议您自行找其他部门反映。"
FORMULA = (
    "您好，您反映的问题我们高度重视，将始终坚持以人民为中心，不断提升服务水平，努力让群众满意。感谢您的理解与支持！"
)
LEAK = "经查，漏水系楼上住户管道破裂所致，已修复。住户周文斌（住和平小区3栋2单元501，电话13900001234）已道歉。"
WAITING = "经核查情况属实，目前漏水仍未修复，待材料到货后再行更换。"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    made = small_instance(tmp_path_factory.mktemp("quality"), turns_per_minute=10_000)
    made.clock = FakeClock(FIRST.replace(month=6))  # type: ignore[assignment]
    with made.unit() as work:
        work.staff.put(replace(work.staff.by_username("supervisor"), name="赵敏"))
        for code in ("water", "power"):
            work.staff.put(Staff(f"staff-{code}", code, Role.DEPARTMENT, hasher().hash(PASSWORD), code))
        work.commit()
    return made


def signed_in(instance: Instance, username: str) -> TestClient:
    client = TestClient(create_app(instance))
    assert client.post("/api/session", json={"username": username, "password": PASSWORD}).status_code == 200
    return client


@pytest.fixture(scope="module")
def supervisor(instance: Instance) -> TestClient:
    return signed_in(instance, "supervisor")


@pytest.fixture(scope="module")
def administrator(instance: Instance) -> TestClient:
    return signed_in(instance, "administrator")


@pytest.fixture(scope="module")
def water(instance: Instance) -> TestClient:
    return signed_in(instance, "staff-water")


def replied(instance: Instance, reply: str, text: str = "家里水管漏水，请派人来修") -> WorkOrder:
    """An order of `water` with a reply that waits for its review."""
    from casework.appeal import AppealType

    now = instance.clock.now()
    order = WorkOrder(
        AppealType.HELP, text, now, state=State.REPLIED, lead_department="water", reply=reply, replied_at=now
    )
    with instance.unit() as work:
        work.work_orders.add(order)
        work.commit()
    return order


def close(instance: Instance, order: WorkOrder, kind: str = "已解决") -> None:
    with instance.unit() as work:
        version = work.work_orders.get(order.id).version
        act(work, order.id, Action("close", version, closing_kind=kind), AGENT, instance.rules, instance.clock)
        work.commit()


def closed(instance: Instance, reply: str, kind: str = "已解决") -> WorkOrder:
    """Closed and inspected as the worker does it."""
    order = replied(instance, reply)
    close(instance, order, kind)
    assert inspect_closing(instance, order.id, 0) is not None
    return order


def rules_of(client: TestClient, order: WorkOrder) -> set[str]:
    told = client.get(f"/api/console/work-orders/{order.id}/quality").json()
    return {found["rule"] for one in told["inspections"] for found in one["findings"]}


def test_the_worker_inspects_a_closing_once_and_tells_what_is_serious(
    instance: Instance, supervisor: TestClient
) -> None:
    order = replied(instance, PASSED_ON)
    close(instance, order, "解释说明")
    worker = Worker(instance)
    while worker.run_once():
        pass
    with instance.unit() as work:
        assert work.jobs.get(f"{INSPECT}:{order.id}:0").state is JobState.DONE  # type: ignore[union-attr]
        (inspection,) = work.quality.inspections_of(order.id)
        assert inspection.score <= 60
        assert [one.kind for one in work.notices.of(order.id)].count(NOTICE) == 1
        (callback,) = work.callbacks.of(order.id)
        assert callback.priority & 16
    assert inspect_closing(instance, order.id, 0) is None
    (finding,) = (one for one in supervisor.get("/api/console/quality/findings?rule=buck_passing").json()["items"])
    assert finding["number"] == order.number
    assert finding["passage"] in PASSED_ON
    assert finding["severity"] == "严重"


@pytest.mark.parametrize(
    ("reply", "kind", "rule"),
    [
        (FORMULA, "解释说明", "template"),
        (LEAK, "已解决", "personal_data"),
        (WAITING, "已解决", "no_action"),
        ("😀😀😀", "已解决", "template"),
    ],
)
def test_what_is_wrong_is_found(instance: Instance, supervisor: TestClient, reply: str, kind: str, rule: str) -> None:
    assert rule in rules_of(supervisor, closed(instance, reply, kind))


def test_a_good_reply_has_no_findings(instance: Instance, supervisor: TestClient) -> None:
    assert rules_of(supervisor, closed(instance, GOOD)) == set()


def test_the_reply_is_checked_before_closing(instance: Instance) -> None:
    agent = signed_in(instance, "agent")
    order = replied(instance, PASSED_ON)
    path = f"/api/console/work-orders/{order.id}/reply-check"
    told = agent.get(path).json()
    assert "buck_passing" in {one["rule"] for one in told["findings"]}
    assert told["score"] <= 60
    assert (told["closing_kind"], told["presumed"]) == ("已解决", True)
    draft = agent.post(path, json={"text": GOOD, "closing_kind": "已解决"}).json()
    clean = {"score": 100, "findings": [], "closing_kind": "已解决"}
    assert draft == clean | {"presumed": False}
    unsaid = agent.post(path, json={"text": WAITING}).json()
    assert "no_action" in {one["rule"] for one in unsaid["findings"]} and unsaid["presumed"]
    assert "no_action" in {
        one["rule"] for one in agent.post(path, json={"text": WAITING, "closing_kind": "已解决"}).json()["findings"]
    }
    assert "no_action" not in {
        one["rule"] for one in agent.post(path, json={"text": WAITING, "closing_kind": "未解决"}).json()["findings"]
    }
    assert agent.post(path, json={"text": "  "}).json() == clean | {"presumed": True}
    assert agent.post(path, json={"text": GOOD, "closing_kind": "好了"}).status_code == 422
    assert agent.post(path, json={"text": "长" * 100_001}).status_code == 422
    with instance.unit() as work:
        assert work.quality.inspections_of(order.id) == []


def test_a_reply_of_100000_characters_is_looked_at_in_bounds(instance: Instance) -> None:
    agent = signed_in(instance, "agent")
    order = replied(instance, "x")
    text = "请您自行找其他部门反映，我单位无权处理。" * 5000
    answer = agent.post(f"/api/console/work-orders/{order.id}/reply-check", json={"text": text})
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 10


def test_department_staff_check_their_own_orders_only(instance: Instance, water: TestClient) -> None:
    order = replied(instance, PASSED_ON)
    assert water.get(f"/api/console/work-orders/{order.id}/reply-check").status_code == 200
    drafted = water.post(f"/api/console/work-orders/{order.id}/reply-check", json={"text": WAITING}).json()
    assert "no_action" in {one["rule"] for one in drafted["findings"]}, "the lead checks its draft before it is sent"
    power = signed_in(instance, "staff-power")
    for path in ("reply-check", "quality"):
        assert power.get(f"/api/console/work-orders/{order.id}/{path}").status_code == 403


def test_a_knowledge_base_document_that_ended_is_found(instance: Instance, supervisor: TestClient) -> None:
    from datetime import date

    title = "示范市供水收费办法"
    entry = KnowledgeEntry(
        "law:fee",
        EntryKind.REGULATION,
        title,
        "水价每吨三元。",
        effective_from=date(2020, 1, 1),
        effective_to=date(2025, 12, 31),
    )
    with instance.unit() as work:
        work.knowledge.put_all([entry])
        work.commit()
    order = closed(
        instance, f"经核查，水表计量准确，依据《{title}》第五条，应收水费36元，计费无误，已向您当面说明。", "解释说明"
    )
    assert "expired_policy" in rules_of(supervisor, order)


def test_an_order_reopened_meanwhile_is_inspected_as_it_was_closed(instance: Instance) -> None:
    order = replied(instance, PASSED_ON)
    close(instance, order, "解释说明")
    with instance.unit() as work:
        reopened = work.work_orders.get(order.id)
        reopened.reworks, reopened.closing_kind, reopened.state = 1, None, State.REWORK
        work.work_orders.save(reopened)
        work.commit()
    assert inspect_closing(instance, order.id, 0) is not None
    with instance.unit() as work:
        later = work.work_orders.get(order.id)
        instance.clock.move(hours=1)  # type: ignore[attr-defined]
        later.reply, later.replied_at, later.reworks = GOOD, instance.clock.now(), 2
        work.work_orders.save(later)
        work.commit()
    assert inspect_closing(instance, order.id, 1) is None
    assert inspect_closing(instance, 10**9, 0) is None


def test_closings_that_were_missed_are_made_up_for(instance: Instance, supervisor: TestClient) -> None:
    order = replied(instance, FORMULA)
    close(instance, order, "解释说明")
    with instance.unit() as work:
        job = work.jobs.get(f"{INSPECT}:{order.id}:0")
        assert job is not None
        claimed = work.jobs.claim("w", instance.clock.now(), 60, (INSPECT,))
        while claimed is not None and claimed.key != job.key:
            claimed = work.jobs.claim("w", instance.clock.now(), 60, (INSPECT,))
        assert claimed is not None
        work.jobs.fail(claimed, "w", "broken", None)
        work.commit()
    instance.clock.move(minutes=20)  # type: ignore[attr-defined]
    from api.jobs import HANDLERS
    from casework.job import Job

    HANDLERS[CATCH_UP](instance, Job(CATCH_UP, "x", instance.clock.now()))
    assert "template" in rules_of(supervisor, order)
    told = supervisor.get("/api/console/quality/coverage").json()["coverage"]
    assert told["numerator"] <= told["denominator"]


def test_verdicts_make_the_precision_and_come_once(
    instance: Instance, supervisor: TestClient, administrator: TestClient
) -> None:
    order = closed(instance, PASSED_ON, "解释说明")
    (one,) = (
        found
        for found in supervisor.get("/api/console/quality/findings?verdict=open&size=100").json()["items"]
        if found["work_order_id"] == order.id and found["rule"] == "buck_passing"
    )
    path = f"/api/console/quality/findings/{one['id']}/verdict"
    assert supervisor.post(path, json={"version": one["version"], "upheld": False}).status_code == 422
    before = next(row for row in supervisor.get("/api/console/quality/rules").json() if row["rule"] == "buck_passing")
    done = supervisor.post(path, json={"version": one["version"], "upheld": True, "note": "属实"})
    assert done.json()["verdict_name"] == "维持"
    assert (done.json()["decided_by"], done.json()["decided_by_name"]) == ("supervisor", "赵敏")
    again = administrator.post(path, json={"version": one["version"], "upheld": False, "note": "不属实"})
    assert again.status_code == 409
    after = next(row for row in supervisor.get("/api/console/quality/rules").json() if row["rule"] == "buck_passing")
    assert after["precision"]["numerator"] == before["precision"]["numerator"] + 1
    assert after["precision"]["denominator"] == before["precision"]["denominator"] + 1
    assert after["months"][-1]["precision"]["denominator"] >= 1
    assert len(after["months"]) == 6
    assert after["flagged"] is False


def test_a_department_sees_its_own_findings_and_objects_once(instance: Instance, water: TestClient) -> None:
    order = closed(instance, PASSED_ON, "解释说明")
    mine = water.get("/api/console/quality/findings?size=100").json()["items"]
    assert {one["department"] for one in mine} == {"water"}
    one = next(found for found in mine if found["work_order_id"] == order.id)
    assert signed_in(instance, "staff-power").get("/api/console/quality/findings").json()["total"] == 0
    path = f"/api/console/quality/findings/{one['id']}"
    assert (
        water.post(f"{path}/verdict", json={"version": one["version"], "upheld": False, "note": "x"}).status_code == 403
    )
    told = water.post(f"{path}/objection", json={"version": one["version"], "note": "已电话转告住建局"})
    assert told.json()["objection"] == "已电话转告住建局"
    assert water.post(f"{path}/objection", json={"version": told.json()["version"], "note": "再"}).status_code == 409
    assert water.get("/api/console/quality/rules").status_code == 403
    assert signed_in(instance, "agent").get("/api/console/quality/findings").status_code == 403


def test_an_administrator_switches_a_rule_off_and_on(
    instance: Instance, supervisor: TestClient, administrator: TestClient
) -> None:
    path = "/api/console/quality/rules/template"
    assert supervisor.put(path, json={"on": False, "note": "试"}).status_code == 403
    assert administrator.put(path, json={"on": False}).status_code == 422
    assert administrator.put("/api/console/quality/rules/nothing", json={"on": False, "note": "试"}).status_code == 404
    off = administrator.put(path, json={"on": False, "note": "误报多，先停用"}).json()
    assert next(row for row in off if row["rule"] == "template")["off"]["note"] == "误报多，先停用"
    try:
        assert "template" not in rules_of(supervisor, closed(instance, FORMULA, "解释说明"))
    finally:
        administrator.put(path, json={"on": True})
    assert "template" in rules_of(supervisor, closed(instance, FORMULA, "解释说明"))


def test_broken_switches_switch_nothing_off(instance: Instance, supervisor: TestClient) -> None:
    path = instance.settings.data_dir / "quality.json"
    path.write_text('{"off": ["template"]', encoding="utf-8")
    try:
        assert all(row["on"] for row in supervisor.get("/api/console/quality/rules").json())
    finally:
        path.unlink()


def test_a_special_inspection_is_drawn_worked_through_and_closed(instance: Instance, supervisor: TestClient) -> None:
    for _ in range(2):
        closed(instance, GOOD)
    query = {"departments": ["water"], "text": "水管", "types": ["求助"]}
    made = supervisor.post(
        "/api/console/quality/specials", json={"name": "漏水专项", "query": query, "size": 2, "seed": 5}
    )
    assert made.status_code == 201
    special = made.json()
    assert special["query"]["departments"] == ["water"]
    assert len(special["orders"]) == 2
    assert (special["actor"], special["actor_name"]) == ("supervisor", "赵敏")
    path = f"/api/console/quality/specials/{special['id']}"
    told = supervisor.post(f"{path}/orders/{special['next']}", json={"verdict": "fault", "rules": ["missing"]}).json()
    assert {one["by_name"] for one in told["orders"]} == {"赵敏", ""}
    assert told["summary"] == {"sampled": 2, "judged": 1, "faults": 1, "rules": {"missing": 1}}
    again = supervisor.post(f"{path}/orders/{special['next']}", json={"verdict": "ok"})
    assert again.status_code == 409
    assert supervisor.post(f"{path}/close", json={"version": told["version"]}).json()["closed"]
    assert supervisor.get("/api/console/quality/specials").json()[0]["name"] == "漏水专项"
    nothing = {"name": "空", "query": {"text": "没有这样的工单"}, "size": 2}
    assert supervisor.post("/api/console/quality/specials", json=nothing).status_code == 422
    assert signed_in(instance, "agent").get("/api/console/quality/specials").status_code == 403


def test_filters_that_mean_nothing_are_refused(supervisor: TestClient) -> None:
    for query in ("severity=大", "verdict=maybe", "rule=nothing", "from=2026-13-01"):
        assert supervisor.get(f"/api/console/quality/findings?{query}").status_code == 422
    assert supervisor.get("/api/console/quality/findings?from=2030-01-01").json()["total"] == 0
    assert {one["code"] for one in supervisor.get("/api/console/quality/choices").json()["rules"]} >= {
        "tone",
        "template",
    }


def test_direct_answers_and_agents_words_are_inspected(instance: Instance, supervisor: TestClient) -> None:
    order = replied(instance, GOOD)
    reason = "已告知店主，投诉人系楼上402室的住户，请其自行协商。"
    with instance.unit() as work:
        version = work.work_orders.get(order.id).version
        act(work, order.id, Action("urge", version, reason=reason), SUPERVISOR, instance.rules, instance.clock)
        work.commit()
    close(instance, order)
    inspect_closing(instance, order.id, 0)
    assert "agent_personal_data" in rules_of(supervisor, order)
