"""Dispatch rules over HTTP and on the command line, on real parts: checked, tried, saved, in force at once, restored."""

import json
import time

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.services.rules import RuleService
from casework.appeal import AppealType, Requester
from casework.transitions import State
from casework.work_order import WorkOrder
from tests.integration.test_commands import hotline
from tests.integration.test_story import sign_in

OWL = "后山捡到一只受伤的猫头鹰，联系电话13912345678，请派人来看看"
RULE = {
    "id": "猛禽",
    "when": {"any_terms": ["猫头鹰", "老鹰"]},
    "then": {"department": "sthj", "supporting": ["jyj"]},
    "note": "野生动物统一受理",
}
BROKEN = {"id": "坏的", "when": {"any_terms": ["地铁"]}, "then": {"department": "没有这个单位"}}


@pytest.fixture(scope="module")
def instance(make_instance):
    instance = make_instance(turns_per_minute=10_000)
    now = instance.clock.now()
    with instance.unit() as work:
        for settled, confidential in (("sthj", False), ("jyj", False), ("sthj", True)):
            order = WorkOrder(AppealType.HELP, OWL, now, requester=Requester("赵晓岚", "13912345678"))
            order.state, order.lead_department, order.confidential = State.PROCESSING, settled, confidential
            work.work_orders.add(order)
        work.commit()
    return instance


@pytest.fixture(scope="module")
def client(instance):
    with TestClient(create_app(instance)) as client:
        sign_in(client, "admin")
        yield client


@pytest.fixture
def clean(client):
    """Whatever a test saved is replaced by an empty list."""
    yield
    now = client.get("/api/console/rules").json()
    if now["rules"]:
        put(client, [], "清空", now["version"])


def put(client: TestClient, rules: list, note: str, version: int, proof: str | None = None):
    """Saved as the page saves: tried before, unless a proof is given."""
    if proof is None:
        proof = tried(client, rules, 1)["proof"] or ""
    body = {"rules": rules, "note": note, "version": version, "proof": proof}
    return client.put("/api/console/rules", json=body)


def rules_of(client: TestClient) -> dict:
    answer = client.get("/api/console/rules")
    assert answer.status_code == 200, answer.text
    return answer.json()


def tried(client: TestClient, rules: list, last: int = 50) -> dict:
    answer = client.post("/api/console/rules/trial", json={"rules": rules, "last": last})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_before_the_first_save_the_file_is_in_force_and_then_no_more(client, instance):
    assert rules_of(client)["source"] == "none"
    instance.rules_file.write_text(json.dumps([RULE], ensure_ascii=False), encoding="utf-8")
    told = rules_of(client)
    assert (told["version"], told["source"], told["rules"], told["problems"]) == (0, "file", [RULE], [])
    assert instance.router().decide(OWL).department == "sthj"
    saved = put(client, [], "规则文件改由工作台管理", 0)
    assert saved.status_code == 200 and saved.json()["source"] == "database"
    assert instance.router().decide(OWL).evidence["rule"] is None
    instance.rules_file.unlink()


def test_a_file_that_cannot_be_read_is_told(client, instance, make_instance, tmp_path):
    other = make_instance(data_dir=tmp_path / "leer")
    other.rules_file.write_text("[{", encoding="utf-8")
    told = RuleService(other).current()
    assert told["rules"] == [] and "无法读取" in told["problems"][0]["message"]
    assert other.router().decide(OWL).decision == "review"


def test_the_page_names_what_can_be_chosen(client):
    choices = rules_of(client)["choices"]
    assert "投诉" in choices["types"] and "紧急" in choices["urgencies"] and "云湖区" in choices["districts"]
    deep = next(path for path in choices["categories"] if path.count("/") >= 2)
    assert deep.rsplit("/", 1)[0] in choices["categories"]


def test_a_trial_says_what_would_change_and_saves_nothing(client, clean):
    before = rules_of(client)["version"]
    trial = tried(client, [RULE, BROKEN | {"then": {"department": "jyj"}}])["trial"]
    assert trial["hits"] == [{"rule": "猛禽", "count": 3}, {"rule": "坏的", "count": 0}]
    rows = {(row["settled"], row["confidential"]): row for row in trial["rows"] if row["rule"] == "猛禽"}
    assert len(rows) == 3
    open_, secret = rows["sthj", False], rows["sthj", True]
    assert open_["after"]["department"] == "sthj" and open_["after"]["decision"] == "auto"
    assert open_["after"]["supporting"] == ["市教育局"]
    assert "139****5678" in open_["excerpt"] and "13912345678" not in json.dumps(trial)
    assert secret["excerpt"] == "" and trial["confidential"] >= 1
    assert trial["right_after"] - trial["right_before"] == trial["became_right"] - trial["became_wrong"]
    assert trial["orders"] <= 50 and rules_of(client)["version"] == before


def test_rules_with_errors_are_neither_tried_nor_saved(client):
    told = tried(client, [RULE, BROKEN])
    assert told["trial"] is None
    (problem,) = told["problems"]
    assert (problem["row"], problem["rule"], problem["field"]) == (2, "坏的", "then.department")
    before = rules_of(client)["version"]
    answer = put(client, [RULE, BROKEN, 7], "试试", before)
    assert answer.status_code == 422 and "第2条" in answer.json()["error"]["message"]
    assert "共2处错误" in answer.json()["error"]["message"]
    assert put(client, [RULE], "  ", before).status_code == 422
    assert rules_of(client)["version"] == before


@pytest.mark.parametrize("last", [0, 2001, -1])
def test_the_number_of_orders_has_bounds(client, last):
    assert client.post("/api/console/rules/trial", json={"rules": [], "last": last}).status_code == 422


def test_rules_are_saved_only_with_the_proof_that_exactly_they_were_tried(client, instance, clean):
    version = rules_of(client)["version"]
    proof = tried(client, [RULE], 1)["proof"]
    other = RULE | {"then": {"department": "jyj"}}
    for rules, given, why in (
        ([RULE], "", "还没有试算"),
        ([RULE], "刚才试过了", "凭证无效"),
        ([RULE], proof[:-2] + "xx", "凭证无效"),
        ([other], proof, "又有改动"),
        ([RULE, BROKEN | {"then": {"department": "jyj"}}], proof, "又有改动"),
    ):
        answer = put(client, rules, "不该成功", version, given)
        assert answer.status_code == 422, answer.text
        error = answer.json()["error"]
        assert error["code"] == "not_tried" and why in error["message"] and "试算" in error["message"]
    assert rules_of(client)["version"] == version
    again = {"note": RULE["note"], **{key: RULE[key] for key in ("then", "when", "id")}}
    assert put(client, [again], "顺序不同，内容相同", version, proof).json()["version"] == version + 1

    late = put(client, [RULE], "旧版本上的试算", version + 1, proof)
    assert late.status_code == 422 and "换了版本" in late.json()["error"]["message"]
    assert put(client, [RULE], "别人先保存", version, proof).status_code == 409, "told before anything else"
    bare = client.put("/api/console/rules", json={"rules": [], "note": "没有凭证", "version": version + 1})
    assert bare.status_code == 422 and bare.json()["error"]["code"] == "not_tried"


def test_saved_rules_decide_at_once_and_their_history_stays(client, instance, clean):
    version = rules_of(client)["version"]
    saved = put(client, [RULE], "增加猛禽规则", version).json()
    assert (saved["version"], saved["by"], saved["note"]) == (version + 1, "admin", "增加猛禽规则")
    decision = instance.router().decide(OWL)
    assert (decision.department, decision.decision) == ("sthj", "auto")
    assert "野生动物统一受理" in decision.evidence["reason"]

    late = put(client, [], "慢了一步", version)
    assert late.status_code == 409 and late.json()["error"]["code"] == "conflict"
    assert put(client, [], "超前", version + 9).status_code == 409

    changed = RULE | {"then": {"department": "jyj"}}
    put(client, [changed], "改派", version + 1)
    assert instance.router().decide(OWL).department == "jyj"
    restored = client.post("/api/console/rules/restore", json={"version": version + 1, "note": "改错了"})
    assert restored.status_code == 200 and restored.json()["rules"] == [RULE]
    assert instance.router().decide(OWL).department == "sthj"

    history = client.get("/api/console/rules/history").json()
    assert [row["version"] for row in history] == list(range(version + 3, 0, -1))
    assert history[0]["note"] == f"恢复第{version + 1}版：改错了" and history[0]["changed"] == ["猛禽"]
    assert history[2]["added"] == ["猛禽"] and history[2]["by"] == "admin"


def test_a_version_is_not_restored_without_a_reason_or_when_its_department_is_gone(client, instance, clean):
    version = put(client, [RULE], "增加", rules_of(client)["version"]).json()["version"]
    put(client, [], "去掉", version)
    refused = client.post("/api/console/rules/restore", json={"version": version, "note": " "})
    assert refused.status_code == 422 and "说明" in refused.json()["error"]["message"]
    assert client.post("/api/console/rules/restore", json={"version": 10**12, "note": "x"}).status_code == 404
    with instance.unit() as work:
        department = work.departments.get("sthj")
        department.active = False
        work.departments.put(department)
        work.commit()
    try:
        refused = client.post("/api/console/rules/restore", json={"version": version, "note": "再用"})
        assert refused.status_code == 422 and "已停用" in refused.json()["error"]["message"]
    finally:
        with instance.unit() as work:
            department.active = True
            work.departments.put(department)
            work.commit()


def test_who_may_see_and_who_may_save(instance):
    with TestClient(create_app(instance)) as client:
        assert client.get("/api/console/rules").status_code == 401
        sign_in(client, "supervisor")
        assert client.get("/api/console/rules").status_code == 200
        assert client.get("/api/console/rules/history").status_code == 200
        assert "trial" in tried(client, [])
        assert put(client, [], "不该成功", 1).status_code == 403
        assert client.post("/api/console/rules/restore", json={"version": 1, "note": "x"}).status_code == 403
        sign_in(client, "agent")
        for answer in (
            client.get("/api/console/rules"),
            client.get("/api/console/rules/history"),
            client.post("/api/console/rules/trial", json={"rules": []}),
        ):
            assert answer.status_code == 403


def test_a_trial_of_five_hundred_orders_is_quick(client, instance):
    tried(client, [RULE], 1)  # loads the model
    start = time.process_time()
    trial = tried(client, [RULE], 500)["trial"]
    assert trial["orders"] >= 100
    assert time.process_time() - start < 30, "processor seconds, so that other work on the machine does not count"


def test_the_commands_test_and_save_a_file(client, city_copy, tmp_path, clean):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps([RULE], ensure_ascii=False), encoding="utf-8")
    bad.write_text(json.dumps([BROKEN], ensure_ascii=False), encoding="utf-8")
    version = rules_of(client)["version"]

    failed = hotline(city_copy, "rules", "save", str(bad), "--note", "试试")
    assert failed.returncode == 1 and "没有代码为“没有这个单位”" in failed.stdout and "1处错误" in failed.stderr
    (tmp_path / "worse.json").write_text("[\n{", encoding="utf-8")
    assert "第2行" in hotline(city_copy, "rules", "test", str(tmp_path / "worse.json")).stderr
    assert hotline(city_copy, "rules", "save", str(good)).returncode == 2, "a note is needed"
    assert rules_of(client)["version"] == version

    tested = hotline(city_copy, "rules", "test", str(good), "--last", "20")
    assert tested.returncode == 0 and "猛禽：3张" in tested.stdout and "13912345678" not in tested.stdout
    saved = hotline(city_copy, "rules", "save", str(good), "--note", "猛禽统一受理", "--last", "20")
    assert saved.returncode == 0 and f"第{version + 1}版" in saved.stdout
    assert rules_of(client)["by"] == "cli"
    listed = hotline(city_copy, "rules", "list")
    assert "猛禽：野生动物统一受理：含任一“猫头鹰”、“老鹰” → 派至 sthj，协办 jyj" in listed.stdout
