"""Knowledge over HTTP, on real parts: a question in vain becomes an entry; reviews, histories, suggestions, refusals."""

import json

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from assistant.similar_orders import SimilarOrders
from knowledge.entry import EntryKind, KnowledgeEntry, ReviewState, Source
from tests.integration.test_story import begin, file_complaint, say, sign_in

LAW = "law-4f0c2a9be1d7-第三十八条"
SOURCE = {"title": "示范市养犬管理条例", "locator": "第十二条", "document_number": "示府发〔2024〕9号"}
DOG = {
    "title": "养犬登记证怎么办理？",
    "answer": "请携带身份证和犬只免疫证明，到居住地派出所办理养犬登记证。",
    "sources": [SOURCE],
}


@pytest.fixture(scope="module")
def instance(make_instance):
    instance = make_instance(turns_per_minute=10_000)
    with instance.unit() as work:
        article = KnowledgeEntry(
            LAW,
            EntryKind.REGULATION,
            "示范市养犬管理条例",
            "个人饲养犬只应当登记。",
            "第三十八条",
            sources=[Source("示范市养犬管理条例")],
        )
        work.knowledge.put_all([article])
        work.commit()
    instance.shelf.sync(instance.unit)
    return instance


@pytest.fixture(scope="module")
def client(instance):
    with TestClient(create_app(instance)) as client:
        yield client


def get(client: TestClient, path: str, **params: object) -> dict:
    answer = client.get(f"/api/console/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client: TestClient, path: str, body: dict, status: int = 200, **params: object) -> dict:
    answer = client.post(f"/api/console/{path}", json=body, params=params)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else {}


def refused(answer, status: int) -> str:
    """The message of a refusal."""
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]


def gap_of(client: TestClient, text: str) -> dict | None:
    items = get(client, "gaps", size=100)["items"]
    return next((gap for gap in items if any(text in wording["text"] for wording in gap["wordings"])), None)


def asked_in_vain(client: TestClient, text: str) -> dict:
    """A question to which nothing is known; where something else is offered, none of it is meant."""
    conversation = begin(client)
    reply = say(client, conversation, text)
    if reply["outcome"] == "clarify":
        reply = say(client, conversation, "都不是", "none")
    assert reply["outcome"] == "abstained", reply
    return reply


def test_what_was_asked_in_vain_is_answered_once_an_administrator_sees_to_it(client):
    first, second = "示范市的宠物龟登记证怎么办理", "示范市宠物龟的登记证要怎么办理呢"
    sign_in(client, "admin")
    asked_in_vain(client, first)
    assert gap_of(client, first)["count"] == 1
    asked_in_vain(client, second)
    gap = gap_of(client, first)
    assert (gap["count"], {wording["text"] for wording in gap["wordings"]}) == (2, {first, second})
    assert gap["nearest"]["entry_id"]
    entry = {"title": "宠物龟登记证怎么办理？", "answer": "带龟到街道便民中心登记。", "sources": [SOURCE]}
    sign_in(client, "supervisor")
    body = {"questions": gap["questions"], "entry": entry}
    assert "管理员" in refused(client.post("/api/console/gaps/entry", json=body), 403)
    sign_in(client, "admin")
    unsourced = {"questions": gap["questions"], "entry": entry | {"sources": []}}
    assert "来源" in refused(client.post("/api/console/gaps/entry", json=unsourced), 422)
    made = post(client, "gaps/entry", body, 201)
    assert (made["review_state"], made["wordings_added"], made["wordings_left_out"]) == ("published", 2, 0)
    for text in (first, second):
        reply = say(client, begin(client), text)
        assert reply["outcome"] == "answered"
        assert reply["citations"][0]["entry_id"] == made["entry_id"]
    assert gap_of(client, first) is None
    history = get(client, "knowledge/entry/history", id=made["entry_id"])
    assert [(row["action"], row["actor"]) for row in history] == [("published", "admin"), ("created", "admin")]
    assert "刷新" in refused(client.post("/api/console/gaps/entry", json=body), 409)


def test_an_answer_that_did_not_help_and_a_refused_choice_are_gaps(client):
    sign_in(client, "admin")
    conversation = begin(client)
    reply = say(client, conversation, "租房子可以提取公积金吗")
    assert reply["outcome"] == "answered"
    number = client.get(f"/api/conversations/{conversation}").json()["turns"][-1]["number"]

    def helps(helpful: bool) -> None:
        path = f"/api/conversations/{conversation}/turns/{number}/helpful"
        assert client.post(path, json={"helpful": helpful}).status_code == 204

    helps(False)
    gap = gap_of(client, "租房子可以提取公积金吗")
    assert gap["outcomes"] == {"unhelpful": {"name": "没帮助", "count": 1}}
    helps(True)
    assert gap_of(client, "租房子可以提取公积金吗") is None

    conversation = begin(client)
    assert say(client, conversation, "公积金怎么提取")["outcome"] == "clarify"
    assert say(client, conversation, "都不是", "none")["outcome"] == "abstained"
    gap = gap_of(client, "公积金怎么提取")
    assert gap["outcomes"]["none_fits"]["count"] == 1
    assert client.post("/api/console/gaps/dismiss", json={"questions": gap["questions"]}).status_code == 204
    assert gap_of(client, "公积金怎么提取") is None


def test_an_entry_goes_from_draft_to_withdrawn(client):
    sign_in(client, "agent")
    draft = post(client, "knowledge", DOG, 201)
    where = {"id": draft["entry_id"]}
    assert (draft["review_state_name"], draft["may_edit"], draft["transitions"]) == ("草稿", True, [])
    assert "督办员" in refused(
        client.post("/api/console/knowledge/entry/transition", json={"to": "reviewed"}, params=where), 403
    )
    sign_in(client, "supervisor")
    reviewed = post(client, "knowledge/entry/transition", {"to": "reviewed"}, **where)
    assert {row["name"] for row in reviewed["transitions"]} == {"退回修改", "作废"}
    sign_in(client, "admin")
    message = refused(
        client.post("/api/console/knowledge/entry/transition", json={"to": "reviewed"}, params=where), 409
    )
    assert "发布" in message
    published = post(client, "knowledge/entry/transition", {"to": "published"}, **where)
    assert say(client, begin(client), "养犬登记证怎么办理")["citations"][0]["entry_id"] == draft["entry_id"]

    changed = {
        "entry": DOG | {"answer": "请到政务服务大厅办理养犬登记证。"},
        "version": published["version"],
        "note": "地点变了",
    }
    edited = client.put("/api/console/knowledge/entry", json=changed, params=where)
    assert edited.json()["review_state"] == "published"
    assert "政务服务大厅" in say(client, begin(client), "养犬登记证怎么办理")["text"]
    assert "刷新" in refused(client.put("/api/console/knowledge/entry", json=changed, params=where), 409)
    sign_in(client, "agent")
    assert refused(client.put("/api/console/knowledge/entry", json=changed, params=where), 403)

    sign_in(client, "admin")
    bare = client.post("/api/console/knowledge/entry/transition", json={"to": "withdrawn"}, params=where)
    assert "原因" in refused(bare, 422)
    gone = post(client, "knowledge/entry/transition", {"to": "withdrawn", "note": "政策废止"}, **where)
    reply = say(client, begin(client), "养犬登记证怎么办理")
    assert draft["entry_id"] not in {row["entry_id"] for row in reply["citations"]}
    late = changed | {"version": gone["version"]}
    assert "恢复为草稿" in refused(client.put("/api/console/knowledge/entry", json=late, params=where), 409)
    history = get(client, "knowledge/entry/history", **where)
    assert [row["action_name"] for row in history] == ["下架", "编辑", "发布", "审核", "新建"]
    (change,) = history[1]["changes"]
    assert (change["name"], change["before"], history[1]["note"]) == ("答案", DOG["answer"], "地点变了")


def test_ids_in_chinese_are_found(client):
    sign_in(client, "admin")
    assert get(client, "knowledge/entry", id=LAW)["locator"] == "第三十八条"
    assert get(client, "knowledge/entry/history", id=LAW) == []
    assert get(client, "knowledge", text=LAW)["total"] == 1
    found = get(client, "knowledge/entry", id=LAW)
    fields = ("kind", "title", "answer", "locator", "sources", "jurisdiction", "library", "superseded_by")
    body = {"entry": {name: found[name] for name in fields} | {"library": "养犬"}, "version": found["version"]}
    assert client.put("/api/console/knowledge/entry", json=body, params={"id": LAW}).json()["library"] == "养犬"
    libraries = get(client, "knowledge/libraries")
    assert {"library": "养犬", "count": 1} in libraries
    for row in libraries:
        assert get(client, "knowledge", library=row["library"], size=1)["total"] == row["count"]
    assert sum(row["count"] for row in libraries) == get(client, "knowledge", size=1)["total"]
    similar = client.post(
        "/api/console/knowledge/entry/similar", json={"questions": ["养狗要登记吗"]}, params={"id": LAW}
    )
    assert "法规条文" in refused(similar, 422)
    for path in ("knowledge/entry", "knowledge/entry/history"):
        assert client.get(f"/api/console/{path}", params={"id": "law-没有-第一条"}).status_code == 404


def test_generated_entries_are_reviewed_by_a_filter(client, instance):
    with instance.unit() as work:
        work.knowledge.put_all(
            [
                KnowledgeEntry(
                    f"gen-{number}", EntryKind.GUIDE, f"第{number}种证怎么办", "到大厅办理。",
                    sources=[Source("办事指南")] if number else [], library="生成", generated=True, review_state=ReviewState.DRAFT,
                )
                for number in range(3)
            ]
        )  # fmt: skip
        work.commit()
    wanted = {"filter": {"generated": True, "library": "生成", "state": "draft"}, "to": "published"}
    sign_in(client, "agent")
    assert refused(client.post("/api/console/knowledge/review", json=wanted), 403)
    sign_in(client, "supervisor")
    assert refused(client.post("/api/console/knowledge/review", json=wanted), 403)
    sign_in(client, "admin")
    told = post(client, "knowledge/review", wanted)
    assert (told["done"], told["refused_total"], told["refused"][0]["entry_id"]) == (2, 1, "gen-0")
    assert get(client, "knowledge", library="生成", state="published")["total"] == 2
    assert post(client, "knowledge/review", {"ids": ["gen-0"], "to": "withdrawn", "note": "不要"})["done"] == 1
    assert refused(client.post("/api/console/knowledge/review", json={"to": "published"}), 422)
    assert refused(client.post("/api/console/knowledge/review", json={"ids": ["没有"], "to": "published"}), 404)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effective_from": "2026-02-01", "effective_to": "2026-01-31"}, "早于生效日期"),
        ({"superseded_by": "没有这一条"}, "没有找到替代它的条目"),
        ({"sources": []}, "来源"),
        ({"title": "？？"}, "不能为空"),
        ({"answer": "\ud83d"}, ""),
        ({"kind": "x"}, "kind"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_unfit_entries_are_refused(client, change, message):
    sign_in(client, "admin")
    asked_in_vain(client, "示范市的热气球执照怎么考取")
    gap = gap_of(client, "热气球")
    body = json.dumps({"questions": gap["questions"], "entry": DOG | change})
    answer = client.post("/api/console/gaps/entry", content=body, headers={"content-type": "application/json"})
    assert message in refused(answer, 422)
    assert gap_of(client, "热气球"), "nothing was settled"


def test_a_circle_of_replacements_is_named(client):
    sign_in(client, "admin")
    one = post(client, "knowledge", DOG | {"title": "圈之甲"}, 201)
    two = post(client, "knowledge", DOG | {"title": "圈之乙", "superseded_by": one["entry_id"]}, 201)
    body = {"entry": DOG | {"title": "圈之甲", "superseded_by": two["entry_id"]}, "version": one["version"]}
    client.put("/api/console/knowledge/entry", json=body, params={"id": one["entry_id"]})
    post(client, "knowledge/entry/transition", {"to": "reviewed"}, id=one["entry_id"])
    answer = client.post(
        "/api/console/knowledge/entry/transition", json={"to": "published"}, params={"id": one["entry_id"]}
    )
    assert "“圈之甲” → “圈之乙” → “圈之甲”" in refused(answer, 422)


def test_an_agent_proposes_a_wording_and_an_administrator_takes_it(client):
    sign_in(client, "agent")
    entry = get(client, "knowledge", kind="faq", state="published", size=1)["items"][0]
    wording = "俺想问的这个事该找谁弄啊"
    told = post(client, "knowledge/entry/similar", {"questions": [wording]}, id=entry["entry_id"])
    assert told == {"added": 0, "proposed": 1}
    gap = gap_of(client, wording)
    assert (gap["proposed_for"], gap["outcomes"]["proposed"]["name"]) == (entry["entry_id"], "坐席提出")
    body = {"questions": gap["questions"], "entry_id": entry["entry_id"]}
    assert refused(client.post("/api/console/gaps/similar", json=body), 403)
    sign_in(client, "admin")
    made = post(client, "gaps/similar", body)
    assert wording in made["similar_questions"]
    sign_in(client, "department")
    assert refused(client.get("/api/console/gaps"), 403)
    for path in ("knowledge/entry/similar", "knowledge/entry/transition"):
        questions = {"questions": ["x"]} if path.endswith("similar") else {"to": "draft"}
        assert client.post(f"/api/console/{path}", json=questions, params={"id": entry["entry_id"]}).status_code in (
            403,
            409,
        )


def test_personal_wordings_are_masked_and_left_out(client):
    sign_in(client, "admin")
    asked_in_vain(client, "示范市的滑翔伞证怎么考取，电话13900001234")
    gap = gap_of(client, "滑翔伞")
    assert gap["wordings"][0]["personal"]
    assert "13900001234" not in json.dumps(gap)
    entry = {"title": "滑翔伞证怎么考？", "answer": "向体育局申请。", "sources": [SOURCE]}
    made = post(client, "gaps/entry", {"questions": gap["questions"], "entry": entry}, 201)
    assert (made["wordings_added"], made["wordings_left_out"], made["similar_questions"]) == (0, 1, [])


def test_suggestions_are_shown_decided_and_counted(client, instance):
    sign_in(client, "supervisor")
    _, order = file_complaint(client)
    row = get(client, "work-orders", text=order["number"])["items"][0]
    similar = get(client, f"work-orders/{row['id']}")["dispatching"]["evidence"]["similar"]
    assert similar, "the demonstration city's closed orders hold a like one"
    assert set(similar[0]) == {"number", "department", "excerpt"}

    before = client.get("/api/statistics/suggestions").json()
    shown = get(client, "suggestions", order=order["number"])
    assert get(client, "suggestions", order=order["number"])["id"] == shown["id"], "shown once"
    assert all(item["number"] != order["number"] for item in shown["similar"])
    for item in shown["hits"]:
        if item["passage"]:
            assert item["text"][item["passage"]["start"] : item["passage"]["end"]].strip()
    first = shown["hits"][0]
    assert shown["drafts"][0]["text"].startswith(first["text"])
    assert "13900000000" not in json.dumps(shown)
    verdict = {"id": shown["id"], "verdict": "edited", "entry_id": first["entry_id"], "final_text": "已处理"}
    path = "/api/console/suggestions/verdict"
    assert "不在这次建议之中" in refused(client.post(path, json=verdict | {"entry_id": "别的"}), 422)
    sign_in(client, "agent")
    assert refused(client.post(path, json=verdict), 403)
    sign_in(client, "supervisor")
    assert client.post(path, json=verdict).status_code == 204
    assert refused(client.post(path, json=verdict), 409)
    assert get(client, "suggestions", order=order["number"])["id"] != shown["id"]
    after = client.get("/api/statistics/suggestions").json()
    assert after["shown"] - before["shown"] == 2
    assert after["edited"] == {"numerator": 1, "denominator": after["shown"], "share": round(1 / after["shown"], 4)}
    assert after["undecided"] == after["shown"] - 1

    conversation = begin(client)
    assert refused(client.get("/api/console/suggestions", params={"conversation": conversation}), 422)
    say(client, conversation, "租房子可以提取公积金吗")
    told = get(client, "suggestions", conversation=conversation)
    assert (told["query"], told["hits"][0]["entry_id"][:3], told["candidates"]) == ("租房子可以提取公积金吗", "gjj", [])
    text = get(client, "suggestions", text="楼下烧烤摊油烟扰民")
    assert (text["id"], len(text["candidates"]) > 2) == (None, True)
    for wrong in ({}, {"text": "x", "order": "1"}):
        assert refused(client.get("/api/console/suggestions", params=wrong), 422)
    assert client.get("/api/console/suggestions", params={"order": "没有"}).status_code == 404
    sign_in(client, "department")
    assert refused(client.get("/api/console/suggestions", params={"conversation": conversation}), 403)
    assert isinstance(instance.similar_orders, SimilarOrders)


def test_a_stranger_sees_nothing(client):
    client.delete("/api/session")
    for path in ("knowledge", "knowledge/entry?id=a", "knowledge/libraries", "gaps", "suggestions?text=a"):
        assert client.get(f"/api/console/{path}").status_code == 401
    assert client.get("/api/statistics/suggestions").status_code == 401
