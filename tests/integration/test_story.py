"""The main story over HTTP, on real parts: ask, file, route, handle, call back, retrain."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.seeding import PASSWORD
from api.worker import Worker

COMPLAINT = (
    "松岭区石桥街道纺织社区楼下的烧烤摊每天晚上十二点还在放音响，油烟直往我家窗户里灌，已经半个月了，希望尽快管一管"
)


@pytest.fixture(scope="module")
def instance(make_instance):
    return make_instance(turns_per_minute=1000, query_attempts=5)


@pytest.fixture(scope="module")
def client(instance):
    with TestClient(create_app(instance)) as client:
        yield client


def begin(client: TestClient) -> str:
    answer = client.post("/api/conversations", json={"channel": "web"})
    assert answer.status_code == 201
    return answer.json()["id"]


def say(client: TestClient, conversation: str, text: str, option: str | None = None) -> dict:
    answer = client.post(f"/api/conversations/{conversation}/turns", json={"text": text, "option": option})
    assert answer.status_code == 200, answer.text
    return answer.json()["reply"]


def sign_in(client: TestClient, username: str) -> None:
    answer = client.post("/api/session", json={"username": username, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def file_complaint(client: TestClient, text: str = COMPLAINT, contact: str = "我姓陈 13900000000") -> tuple[str, dict]:
    """File by conversation, answering what is asked; the conversation and the order."""
    conversation = begin(client)
    reply = say(client, conversation, f"我要投诉，{text}")
    for _ in range(6):
        if reply["expects"] == "confirm":
            break
        assert reply["outcome"] == "intake"
        assert "部门" not in reply["text"]
        reply = say(client, conversation, contact if "电话" in reply["text"] else "说不清，跳过", None)
    assert reply["draft"]["elements"]["place"]
    reply = say(client, conversation, "确认提交", "confirm")
    assert reply["outcome"] == "filed", reply
    return conversation, reply["order"]


def test_a_question_is_answered_with_its_citation_and_followed_up(client):
    conversation = begin(client)
    reply = say(client, conversation, "租房子可以提取公积金吗")
    assert reply["outcome"] == "answered"
    assert reply["citations"][0]["title"] == "住房公积金管理条例"
    assert reply["citations"][0]["locator"] == "第二十四条"
    reply = say(client, conversation, "那需要什么材料？")
    assert reply["outcome"] == "answered"
    assert reply["citations"][0]["entry_id"] == "gjj-tq-zufang-cailiao"


def test_an_ambiguous_question_gets_one_choice_and_the_choice_is_answered(client):
    conversation = begin(client)
    reply = say(client, conversation, "公积金怎么提取")
    assert reply["outcome"] == "clarify"
    assert reply["options"][0]["id"].startswith("item:")
    reply = say(client, conversation, reply["options"][0]["label"], reply["options"][0]["id"])
    assert reply["outcome"] == "answered"


def test_what_the_base_does_not_hold_is_said_plainly(client):
    reply = say(client, begin(client), "今年中秋节放几天假？")
    assert reply["outcome"] == "abstained"
    assert not reply["citations"]


def test_the_order_goes_from_complaint_to_rework(client, instance):
    conversation, order = file_complaint(client)
    code = {"query_code": order["query_code"], "phone_last4": "0000"}
    view = client.post("/api/work-orders/query", json=code).json()
    assert view["state"] in ("dispatched", "pending_dispatch")

    sign_in(client, "supervisor")
    rows = client.get("/api/console/work-orders", params={"text": order["number"]}).json()
    assert rows["total"] == 1
    detail = client.get(f"/api/console/work-orders/{rows['items'][0]['id']}").json()
    assert len(detail["dispatching"]["candidates"]) >= 3
    assert detail["dispatching"]["model_version"]
    assert detail["requester"]["phone"] == "139****0000"

    def act(action: str, **more: str) -> dict:
        nonlocal detail
        body = {"action": action, "version": detail["version"], **more}
        answer = client.post(f"/api/console/work-orders/{detail['id']}/actions", json=body)
        assert answer.status_code == 200, answer.text
        detail = answer.json()
        return detail

    if detail["state"] == "pending_dispatch":
        assert detail["dispatching"]["decision"] == "review"
        act("dispatch", department="cgj")
    act("sign")
    assert detail["state"] == "processing"
    act("reply", reply="已责令该摊主停止占道经营并关闭音响，现场已清理，今后每晚巡查。")
    act("close", closing_kind="已解决")
    assert detail["state"] == "closed"

    worker = Worker(instance)
    while worker.run_once():
        pass
    view = client.post("/api/work-orders/query", json=code).json()
    assert view["state"] == "callback"
    assert view["callback"]["state"] == "due"
    assert [step["name"] for step in view["steps"]][-2:] == ["已办结", "回访中"]
    turns = client.get(f"/api/conversations/{conversation}").json()["turns"]
    assert "联系过您" in turns[-1]["reply"]["text"]

    assert "解决" in say(client, conversation, "没人联系我")["text"]
    reply = say(client, conversation, "没有，还是老样子")
    assert reply["expects"] == "rating"
    say(client, conversation, "很不满意")
    reply = say(client, conversation, "昨晚又摆出来了，音响照样响")
    assert "重办" in reply["text"]
    view = client.post("/api/work-orders/query", json=code).json()
    assert view["state"] == "rework"

    rates = client.get("/api/statistics/satisfaction").json()
    assert rates["response_rate"] == {"numerator": 0, "denominator": 1, "share": 0.0}
    assert rates["satisfaction_rate"]["denominator"] == 1
    again = {**code, "contacted": True, "resolved": True, "rating": 5, "comment": ""}
    answer = client.post("/api/callbacks/answer", json=again)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_a_wrong_query_code_reads_like_wrong_digits_and_is_throttled(make_instance):
    with TestClient(create_app(make_instance(turns_per_minute=1000, query_attempts=3))) as client:
        _, order = file_complaint(client)
        wrong_code = client.post("/api/work-orders/query", json={"query_code": "AAAAA-AAAAA", "phone_last4": "0000"})
        digits = client.post("/api/work-orders/query", json={"query_code": order["query_code"], "phone_last4": "1111"})
        assert wrong_code.status_code == digits.status_code == 404
        assert wrong_code.json() == digits.json()
        right = {"query_code": order["query_code"], "phone_last4": "0000"}
        assert client.post("/api/work-orders/query", json=right).status_code == 200
        client.post("/api/work-orders/query", json={"query_code": "BBBBB-BBBBB", "phone_last4": ""})
        blocked = client.post("/api/work-orders/query", json=right)
        assert blocked.status_code == 429
        assert blocked.headers["retry-after"]


@pytest.mark.parametrize("text", ["", "   ", "😀😀👍", "\x00\x01\x02", "？！…"])
def test_what_cannot_be_read_gets_a_hint(client, text):
    assert say(client, begin(client), text)["outcome"] == "invalid"


def test_100_kilobytes_are_refused_and_the_conversation_goes_on(client):
    conversation = begin(client)
    answer = client.post(f"/api/conversations/{conversation}/turns", json={"text": "公积金" * 11_000, "option": None})
    assert answer.status_code == 422
    assert "1000字" in answer.json()["error"]["message"]
    answer = client.post(f"/api/conversations/{conversation}/turns", json={"text": "公" * 110_000, "option": None})
    assert answer.status_code == 422
    assert client.post(f"/api/conversations/{conversation}/turns", content=b"x" * 2_000_000).status_code == 413
    assert say(client, conversation, "公积金转移到外地多久能到账")["outcome"] in ("answered", "clarify")


@pytest.mark.parametrize(
    "nasty", ["'; DROP TABLE work_orders; --", "<script>alert(1)</script>", "{{7*7}} %s %n", '" OR 1=1 --']
)
def test_sql_and_html_are_only_text(client, nasty):
    _conversation, order = file_complaint(client, COMPLAINT + nasty)
    view = client.post("/api/work-orders/query", json={"query_code": order["query_code"], "phone_last4": "0000"}).json()
    assert nasty in view["text"]
    sign_in(client, "agent")
    for path in ("work-orders", "knowledge"):
        assert client.get(f"/api/console/{path}", params={"text": nasty}).status_code == 200
    for body in ({"query_code": nasty[:40], "phone_last4": nasty[:8]},):
        assert client.post("/api/work-orders/query", json=body).status_code in (404, 429)
    assert client.get(f"/api/conversations/{nasty}").status_code in (404, 405)


def test_an_emergency_comes_first_in_every_phase(client):
    conversation = begin(client)
    assert say(client, conversation, "我家厨房着火了，火好大")["outcome"] == "emergency"
    say(client, conversation, "我要投诉")
    reply = say(client, conversation, "楼上有人要跳楼")
    assert reply["outcome"] == "emergency"
    assert "110" in reply["text"]


def test_staff_see_and_do_only_what_their_role_allows(client):
    client.delete("/api/session")
    assert client.get("/api/console/work-orders").status_code == 401
    wrong = client.post("/api/session", json={"username": "admin", "password": "x"})
    assert wrong.status_code == 401
    sign_in(client, "department")
    rows = client.get("/api/console/work-orders", params={"size": 100}).json()["items"]
    assert rows
    assert {row["lead_department"] for row in rows if not row["supporting"]} == {"gjj"}
    for row in (row for row in rows if row["supporting"]):
        supported = client.get(f"/api/console/work-orders/{row['id']}").json()
        assert "gjj" in [one["code"] for one in supported["supporting_departments"]] and {
            row["action"] for row in supported["actions"]
        } <= {"opine"}
    assert client.get("/api/console/models").status_code == 403
    assert client.post("/api/console/training", json={}).status_code == 403


def test_retraining_on_stored_orders_makes_a_candidate_and_rollback_undoes_it(client, instance, city_copy):
    command = [sys.executable, "-m", "api.cli", "--data-dir", str(city_copy)]
    before = instance.registry.current()
    done = subprocess.run([*command, "train", "routing", "--orders"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    listed = json.loads(subprocess.run([*command, "models", "list"], capture_output=True, text=True, check=True).stdout)
    assert len(listed["items"]) == 2
    promoted = listed["current"] != before.name
    assert promoted == told["promoted"]
    if promoted:
        subprocess.run([*command, "models", "rollback"], check=True, capture_output=True)
        assert instance.registry.current() == before
    else:
        newest = next(item["id"] for item in listed["items"] if item["id"] != before.name)
        refused = subprocess.run([*command, "models", "promote", newest], capture_output=True, text=True, check=False)
        assert refused.returncode == 1


def test_the_audit_chain_is_whole(city_copy):
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "--data-dir", str(city_copy), "audit", "verify"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "完整" in done.stdout


def test_backup_and_restore_bring_everything_back(city_copy: Path, tmp_path: Path):
    command = [sys.executable, "-m", "api.cli", "--data-dir"]
    file, again = tmp_path / "backup.tar.gz", tmp_path / "again"
    subprocess.run([*command, str(city_copy), "backup", str(file)], check=True, capture_output=True)
    subprocess.run([*command, str(again), "restore", str(file)], check=True, capture_output=True)
    answer = subprocess.run(
        [*command, str(again), "ask", "租房子可以提取公积金吗", "--json"], check=True, capture_output=True, text=True
    )
    assert json.loads(answer.stdout)["outcome"] == "answered"
    over = subprocess.run([*command, str(again), "restore", str(file)], capture_output=True, text=True, check=False)
    assert over.returncode == 1
    assert "不是空的" in over.stderr


def test_what_the_model_reads_of_urgency_and_sentiment_is_kept_with_the_order(client, instance):
    sign_in(client, "agent")
    body = {"type": "求助", "text": "楼道里煤气味特别重，老人已经头晕了，快来人！"}
    filed = client.post("/api/console/work-orders", json=body).json()
    assert client.get(f"/api/console/work-orders/{filed['id']}").json()["urgency"] == "紧急"
    with instance.unit() as work:
        assert work.work_orders.get(filed["id"]).sentiment in ("不满", "激烈", "平和")
