"""一单多诉 and 协办 over HTTP, on real parts: filed by an agent, split, dispatched, seen by each department, called back each."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import hasher
from api.seeding import PASSWORD
from api.training_data import Selection, write_orders
from api.worker import Worker
from casework.organisation.staff import Staff
from casework.transitions import Role
from tests.integration.test_links import act, by_agent, detail, listed
from tests.integration.test_story import begin, say, sign_in

LAMP, WATER = "云湖区文澜街道书院路的路灯坏了一个星期，晚上摸黑走", "家里自来水发黄，有铁锈味，请水务集团派人检测水质"
TWO = f"{LAMP}。另外，{WATER}。"


@pytest.fixture(scope="module")
def instance(make_instance):
    instance = make_instance(turns_per_minute=1000)
    with instance.unit() as work:
        for code in ("cgj", "swjt", "zjj"):
            work.staff.put(Staff(code, code, Role.DEPARTMENT, hasher().hash(PASSWORD), code))
        work.commit()
    return instance


@pytest.fixture(scope="module")
def client(instance):
    with TestClient(create_app(instance)) as client:
        sign_in(client, "supervisor")
        yield client


def split(client: TestClient, order: dict, *parts: dict, status: int = 200) -> dict:
    body = {"version": order["version"], "parts": list(parts)}
    answer = client.post(f"/api/console/work-orders/{order['id']}/split", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def handle(client: TestClient, order_id: int, reply: str) -> None:
    alone = {"without_support": True, "reason": "协办单位已电话告知无意见"}
    for action, more in (("sign", {}), ("reply", {"reply": reply} | alone)):
        act(client, order_id, action, **more)
    sign_in(client, "supervisor")
    act(client, order_id, "close", closing_kind="已解决")


def test_two_demands_are_split_dispatched_handled_and_called_back_each(client, instance, tmp_path):
    sign_in(client, "agent")
    filed = by_agent(client, TWO, "13922220001", "求助")
    order = detail(client, filed["id"])
    assert (order["state"], order["splittable"]) == ("pending_dispatch", True)
    demands = order["dispatching"]["evidence"]["demands"]
    assert [row["text"][:4] for row in demands] == ["云湖区文", "另外，家"] and "拆分" in order["dispatching"][
        "evidence"
    ]["reason"]

    sign_in(client, "dispatcher")
    lamp, water = {"text": LAMP, "department": "cgj", "supporting": ["zjj"]}, {"text": WATER, "department": "swjt"}
    main = split(client, order, lamp, water)
    assert (main["text"], main["state"], main["lead_department"]) == (TWO, "dispatched", "cgj")
    assert [row["code"] for row in main["supporting_departments"]] == ["zjj"] and not main["splittable"]
    assert main["events"][-1]["supporting"] == ["市住房和城乡建设局"]
    (link,) = [link for link in main["links"] if link["relation"] == "part"]
    part = detail(client, link["id"])
    assert (part["text"], part["state"], part["lead_department"]) == (WATER, "dispatched", "swjt")
    assert part["links"][0]["number"] == main["number"] and part["due_at"] == main["due_at"]
    assert len(part["dispatching"]["candidates"]) >= 3, "read by the model by itself"
    assert split(client, part, lamp, water, status=409)["error"]["code"] == "illegal_transition"

    for who, seen, supporting in (("cgj", main, False), ("swjt", part, False), ("zjj", main, True)):
        sign_in(client, who)
        assert {
            number: row["supporting"]
            for number, row in listed(client).items()
            if number in (main["number"], part["number"])
        } == {seen["number"]: supporting}, who
        told = detail(client, seen["id"])
        assert told["supporting"] is supporting
        assert ([row["action"] for row in told["actions"]] == ["opine"]) is supporting
    act(client, main["id"], "sign", 403)
    other = client.get(f"/api/console/work-orders/{part['id']}")
    assert other.status_code == 403

    sign_in(client, "cgj")
    handle(client, main["id"], "路灯已修复。")
    code = {"query_code": filed["query_code"], "phone_last4": "0001"}
    view = client.post("/api/work-orders/query", json=code).json()
    assert [(row["number"], row["state_name"], row["department"]) for row in view["parts"]] == [
        (part["number"], "已派单", "市水务集团")
    ]
    sign_in(client, "swjt")
    handle(client, part["id"], "管网已冲洗，水质合格。")
    worker = Worker(instance)
    while worker.run_once():
        pass
    view = client.post("/api/work-orders/query", json=code).json()
    assert (view["reply"], view["parts"][0]["reply"]) == ("路灯已修复。", "管网已冲洗，水质合格。")
    assert view["callback"]["state"] == view["parts"][0]["callback"]["state"] == "due"
    answer = {**code, "contacted": True, "resolved": False, "rating": 1, "comment": "还是黄的"}
    assert client.post("/api/callbacks/answer", json=answer | {"number": order["number"][:-1]}).status_code == 404
    view = client.post("/api/callbacks/answer", json=answer | {"number": part["number"]}).json()
    assert (view["state"], view["parts"][0]["state"]) == ("callback", "rework")
    view = client.post("/api/callbacks/answer", json=answer | {"rating": 5, "resolved": True, "comment": ""}).json()
    assert (view["state"], view["parts"][0]["state"]) == ("archived", "rework")

    write_orders(
        instance, tmp_path / "orders.jsonl", Selection(first=(instance.clock.now() - timedelta(days=1)).date())
    )
    written = (tmp_path / "orders.jsonl").read_text(encoding="utf-8")
    assert LAMP in written and WATER in written and TWO not in written, "each department learns its own part"


def test_an_agents_split_waits_for_the_dispatcher(client):
    sign_in(client, "agent")
    order = detail(client, by_agent(client, f"{TWO}谢谢", "13922220002", "求助")["id"])
    main = split(client, order, {"text": LAMP, "department": "cgj"}, {"text": WATER})
    part = detail(client, next(link["id"] for link in main["links"] if link["relation"] == "part"))
    assert main["state"] == part["state"] == "pending_dispatch"
    assert (main["dispatching"]["department"], main["dispatching"]["decision"]) == ("cgj", "review")
    sign_in(client, "dispatcher")
    assert act(client, part["id"], "dispatch", department="swjt", supporting=["cgj"])["state"] == "dispatched"


def test_a_conversation_tells_of_every_part_and_asks_about_one_after_the_other(client, instance):
    conversation = begin(client)
    reply = say(client, conversation, f"我要求助，{TWO}")
    for _ in range(6):
        if reply["expects"] == "confirm":
            break
        reply = say(client, conversation, "我姓吴 13922220003" if "电话" in reply["text"] else "说不清，跳过")
    filed = say(client, conversation, "确认提交", "confirm")["order"]
    sign_in(client, "dispatcher")
    order = detail(client, next(iter(listed(client, text=filed["number"]).values()))["id"])
    main = split(client, order, {"text": LAMP, "department": "cgj"}, {"text": WATER, "department": "swjt"})
    part = next(link["number"] for link in main["links"] if link["relation"] == "part")
    told = say(client, conversation, "我的工单办得怎么样了")
    assert filed["number"] in told["text"] and part in told["text"]

    sign_in(client, "supervisor")
    handle(client, main["id"], "路灯已修复。")
    handle(client, next(link["id"] for link in main["links"] if link["number"] == part), "水质已恢复。")
    worker = Worker(instance)
    while worker.run_once():
        pass
    asked = client.get(f"/api/conversations/{conversation}").json()["turns"][-1]["reply"]["text"]
    assert filed["number"] in asked and part not in asked
    for option in ("yes", "yes", "rate:5"):
        say(client, conversation, "", option)
    reply = say(client, conversation, "", "skip")
    assert "感谢" in reply["text"] and part in reply["text"] and reply["expects"] == "option"
    code = {"query_code": filed["query_code"], "phone_last4": "0003"}
    view = client.post("/api/work-orders/query", json=code).json()
    assert (view["state"], view["parts"][0]["state"]) == ("archived", "callback")


@pytest.mark.parametrize(
    ("parts", "status", "message"),
    [
        ([{"text": LAMP}], 422, "2至5件"),
        ([{"text": LAMP}, {"text": " "}], 422, "第2件没有内容"),
        ([{"text": LAMP}, {"text": WATER, "department": "nowhere"}], 404, "第2件：没有代码为“nowhere”"),
        ([{"text": LAMP}, {"text": WATER, "type": "骂人"}], 422, ""),
    ],
)
def test_what_cannot_be_split_is_refused_with_its_reason(client, parts, status, message):
    sign_in(client, "supervisor")
    order = detail(client, by_agent(client, f"{TWO}{len(str(parts))}", "", "求助")["id"])
    assert message in split(client, order, *parts, status=status)["error"]["message"]
    assert detail(client, order["id"])["version"] == order["version"]
    stale = order | {"version": order["version"] - 1}
    assert split(client, stale, {"text": LAMP}, {"text": WATER}, status=409)["error"]["code"] == "conflict"
