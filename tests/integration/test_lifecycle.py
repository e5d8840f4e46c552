"""The whole lifecycle over HTTP: extension, suspension, supporting departments, corrections, urging, additions, two at once."""

import hashlib
import io
import itertools
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from casework.errors import InvalidInput
from casework.events import Actor
from casework.handling.action import Action
from casework.organisation.staff import Staff
from casework.transitions import Role
from tests.small_instance import PASSWORD, small_instance

if TYPE_CHECKING:
    from api.instance import Instance

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(range(256)) * 40 + b"\xff\xd9"
PHONES = (f"1380000{number:04}" for number in itertools.count(1234))
"""Each order another person's: the same person's same words would be a 重单."""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Instance"]:
    from api.auth import hasher

    made = small_instance(
        tmp_path_factory.mktemp("lifecycle"),
        attachment_megabytes=0.02,
        callback_delay_minutes=0,
        callback_hours="",
        query_attempts=1000,
        login_attempts=1000,
    )
    with made.unit() as work:
        for name, role, department in (
            ("dispatcher", Role.DISPATCHER, ""),
            ("street", Role.DEPARTMENT, "street"),
            ("power", Role.DEPARTMENT, "power"),
            ("water", Role.DEPARTMENT, "water"),
        ):
            work.staff.put(Staff(name, name, role, hasher().hash(PASSWORD), department))
        work.commit()
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def app(instance: "Instance"):
    from api.app import create_app

    return create_app(instance)


@contextmanager
def signed_in(app, username: str) -> Iterator[TestClient]:
    with TestClient(app) as client:
        done = client.post("/api/session", json={"username": username, "password": PASSWORD})
        assert done.status_code == 200, done.text
        yield client


@pytest.fixture(scope="module")
def staff(app) -> Iterator[dict[str, TestClient]]:
    """A signed-in client for each of the staff, and a citizen's."""
    with TestClient(app) as citizen:
        clients = {"citizen": citizen}
        for name in ("agent", "dispatcher", "supervisor", "street", "power", "water"):
            client = TestClient(app)
            assert client.post("/api/session", json={"username": name, "password": PASSWORD}).status_code == 200
            clients[name] = client
        yield clients


class Order:
    """One order, as its citizen and the staff act on it."""

    def __init__(self, staff: dict[str, TestClient], **more: object) -> None:
        self.staff = staff
        body = {"type": "投诉", "text": "烧烤摊占道，油烟熏得开不了窗", "name": "王小明", "phone": next(PHONES)} | more
        filed = staff["agent"].post("/api/console/work-orders", json=body)
        assert filed.status_code == 201, filed.text
        self.id, self.code = filed.json()["id"], filed.json()["query_code"]
        self.key = {"query_code": self.code, "phone_last4": str(body["phone"])[-4:]}

    def detail(self, who: str = "supervisor") -> dict:
        found = self.staff[who].get(f"/api/console/work-orders/{self.id}")
        assert found.status_code == 200, found.text
        return found.json()

    def act(self, who: str, action: str, status: int = 200, **what: object) -> dict:
        version = self.detail()["version"]
        done = self.staff[who].post(
            f"/api/console/work-orders/{self.id}/actions", json={"action": action, "version": version, **what}
        )
        assert done.status_code == status, done.text
        return done.json()

    def citizen(self, path: str = "query", status: int = 200, **what: object) -> dict:
        done = self.staff["citizen"].post(f"/api/work-orders/{path}", json=self.key | what)
        assert done.status_code == status, done.text
        return done.json()

    def upload(self, name: str, content: object, status: int = 200, **headers: str) -> dict:
        key = {"X-Query-Code": self.code, "X-Phone-Last4": self.key["phone_last4"]} | headers
        done = self.staff["citizen"].post(
            "/api/work-orders/attachments", params={"name": name}, content=content, headers=key
        )
        assert done.status_code == status, done.text
        return done.json()


@pytest.fixture
def order(staff) -> Order:
    return Order(staff)


@pytest.fixture
def processing(order: Order) -> Order:
    """Led by the street's department, supported by power."""
    order.act("dispatcher", "dispatch", department="street", supporting=["power"])
    order.act("street", "sign")
    return order


def step_names(view: dict) -> list[str]:
    return [step["name"] for step in view["steps"]]


def test_extension_from_request_to_the_citizens_new_date(processing: Order) -> None:
    before = processing.detail()["due_at"]
    refused = processing.act("street", "request_extension", 422, reason="需要招标", days=11)
    assert "1至10个工作日" in refused["error"]["message"]
    asked = processing.act("street", "request_extension", reason="需要招标", days=5)
    assert asked["state"] == "extension_pending" and asked["extension_days"] == 5
    assert "申请延期5个工作日" in asked["events"][-1]["details"]
    view = processing.citizen()
    assert view["responsible"]["task"] == "正在办理，延期申请等待审批"
    processing.act("street", "decide_extension", 403, approved=True, reason="x")
    granted = processing.act("supervisor", "decide_extension", approved=True, reason="情况属实")
    assert granted["due_at"] > before and granted["extensions"] == 1
    assert granted["events"][-1]["details"][0] == "同意延期5个工作日"
    view = processing.citizen()
    step = view["steps"][-1]
    assert step["name"] == "同意延期" and step["note"].startswith("办理期限调整为")
    assert "情况属实" not in json.dumps(view, ensure_ascii=False) and "招标" not in json.dumps(view, ensure_ascii=False)


def test_suspension_as_the_citizen_sees_it(processing: Order) -> None:
    processing.act("street", "suspend", reason="等待产权方")
    view = processing.citizen()
    assert view["suspended"] and view["responsible"] == {
        "name": "市城市管理综合执法局",
        "task": "已暂时挂起，条件具备后恢复办理",
        "until": None,
    }
    assert step_names(view)[-1] == "暂时挂起" and "产权方" not in json.dumps(view, ensure_ascii=False)
    processing.act("street", "resume")
    assert step_names(processing.citizen())[-1] == "恢复办理"


def test_a_supporting_department_opines_and_the_lead_waits(processing: Order) -> None:
    theirs = processing.detail("power")
    assert [row["action"] for row in theirs["actions"]] == ["opine"] and theirs["supporting"]
    assert not theirs["may_supplement"] and not theirs["may_attach"]
    assert processing.detail("street")["support_work"][0]["due_at"]
    assert processing.staff["water"].get(f"/api/console/work-orders/{processing.id}").status_code == 403
    waiting = processing.act("street", "reply", 422, reply="已清理。")
    assert waiting["error"]["code"] == "support_outstanding" and "供电公司" in waiting["error"]["message"]
    processing.act("power", "opine", opinion="电表箱不在占道范围。")
    work = processing.detail("street")["support_work"][0]
    assert work["opinion"] == "电表箱不在占道范围。" and work["opined_at"]
    assert processing.act("street", "reply", reply="已清理。")["state"] == "replied"
    assert "电表箱" not in json.dumps(processing.citizen(), ensure_ascii=False)


def test_the_lead_replies_without_opinions_only_with_a_reason(processing: Order) -> None:
    processing.act("street", "reply", 422, reply="已清理。", without_support=True)
    done = processing.act("street", "reply", reply="已清理。", without_support=True, reason="与供电无关")
    assert any("未等市供电公司的协办意见" in line for line in done["events"][-1]["details"])


def test_a_correction_moves_the_deadline_and_is_told(order: Order) -> None:
    later = Order(order.staff, type="求助", text="楼道灯不亮，想请人来修")
    refused = later.act("agent", "reclassify", 403, type="投诉", reason="实为投诉")
    assert "督办员" in refused["error"]["message"]
    done = later.act("supervisor", "reclassify", type="投诉", reason="实为投诉")
    assert done["type"] == "投诉" and "诉求类型：求助 → 投诉" in done["events"][-1]["details"]
    step = later.citizen()["steps"][-1]
    assert step["name"] == "诉求类型更正" and step["note"].startswith("由求助更正为投诉，办理期限调整为")
    order.act("agent", "reclassify", category="市容/油烟", reason="细分")
    assert step_names(order.citizen())[-1] == "已受理", "how the hotline sorts is not the citizen's business"


def test_a_category_is_one_of_the_citys_taxonomy() -> None:
    from api.services.orders import OrderService

    service = OrderService(SimpleNamespace(taxonomy=[SimpleNamespace(path="市容/油烟")]))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="没有这个诉求分类"):
        service.act(1, Action("reclassify", 1, category="市容/油"), Actor("agent", Role.AGENT))


def test_a_citizen_urges_once_a_day_and_is_told_so(processing: Order) -> None:
    view = processing.citizen("urge")
    assert view["urges"] == 1 and step_names(view)[-1] == "催办已记录" and not view["may"]["urge"]
    again = processing.citizen("urge", 409)
    assert "今天已经催办过" in again["error"]["message"]
    assert processing.detail()["urges"] == 1
    processing.act("agent", "urge")
    assert processing.detail()["urges"] == 2 and step_names(processing.citizen())[-1] == "热线已催办"


def test_on_what_is_over_a_citizen_is_told_what_to_do(order: Order) -> None:
    """What staff could do instead is not theirs to choose."""
    order.act("dispatcher", "dispatch", department="street")
    order.act("street", "sign")
    order.act("street", "reply", reply="已经清理。")
    order.act("agent", "close", closing_kind="已解决")
    answers = [order.citizen("urge", 409), order.citizen("supplements", 409, text="又来了")]
    for told in answers:
        assert "已办结" in told["error"]["message"] and "重新提交诉求" in told["error"]["message"]
        assert "可以执行的操作" not in told["error"]["message"]


def test_supervision_is_not_the_citizens_business(processing: Order) -> None:
    done = processing.act("supervisor", "supervise", level=2, reason="群众反映强烈")
    assert done["supervision_level"] == 2 and "督办级别：二级" in done["events"][-1]["details"]
    assert "督办" not in json.dumps(processing.citizen(), ensure_ascii=False)
    processing.act("supervisor", "supervise", 422, level=1, reason="x")
    processing.act("supervisor", "release", reason="已办")


def test_supplements_by_the_citizen_and_by_an_agent(processing: Order) -> None:
    view = processing.citizen("supplements", text="晚上十点以后更严重")
    assert step_names(view)[-1] == "补充已收到" and view["supplements"][0]["text"] == "晚上十点以后更严重"
    done = processing.staff["agent"].post(
        f"/api/console/work-orders/{processing.id}/supplements", json={"text": "来电补充：周末也有"}
    )
    assert [row["text"] for row in done.json()["supplements"]] == ["晚上十点以后更严重", "来电补充：周末也有"]
    processing.citizen("supplements", 422, text=" ")
    processing.citizen("supplements", 422, text="长" * 2001)
    theirs = processing.staff["street"].post(
        f"/api/console/work-orders/{processing.id}/supplements", json={"text": "x"}
    )
    assert theirs.status_code == 403
    wrong = processing.key | {"phone_last4": "0000", "text": "x"}
    assert processing.staff["citizen"].post("/api/work-orders/supplements", json=wrong).status_code == 404


def test_an_attachment_from_the_citizens_phone_to_the_departments_desk(processing: Order, instance) -> None:
    view = processing.upload("现场照片.jpg", JPEG)
    assert view["attachments"] == [{"at": view["attachments"][0]["at"], "name": "现场照片.jpg", "size": len(JPEG)}]
    assert step_names(view)[-1] == "附件已收到"
    (row,) = processing.detail("street")["attachments"]
    assert row["media_type"] == "image/jpeg" and row["image"] and row["name"] == "现场照片.jpg"
    path = f"/api/console/work-orders/{processing.id}/attachments/{row['id']}"
    found = processing.staff["street"].get(path)
    assert found.content == JPEG
    assert found.headers["content-disposition"].startswith("attachment;")
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"].startswith("sandbox")
    assert processing.staff["power"].get(path).status_code == 200, "who supports reads"
    assert processing.staff["water"].get(path).status_code == 403
    assert processing.staff["citizen"].get(path).status_code == 401
    other = Order(processing.staff)
    wrong = f"/api/console/work-orders/{other.id}/attachments/{row['id']}"
    assert processing.staff["agent"].get(wrong).status_code == 404
    sha = hashlib.sha256(JPEG).hexdigest()
    stored = instance.settings.data_dir / "attachments" / sha[:2] / sha
    assert JPEG[:20] not in stored.read_bytes()


def test_the_departments_evidence_is_not_shown_to_the_citizen(processing: Order) -> None:
    path = f"/api/console/work-orders/{processing.id}/attachments"
    done = processing.staff["street"].post(path, params={"name": "整改.jpg"}, content=JPEG)
    assert done.status_code == 200 and done.json()["attachments"][0]["role_name"] == "承办单位"
    assert processing.staff["power"].post(path, params={"name": "a.jpg"}, content=JPEG).status_code == 403
    view = processing.citizen()
    assert view["attachments"] == [] and "附件已收到" not in step_names(view)


def docx() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml"):
            archive.writestr(name, "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("照片.jpg", docx(), "内容是Word文档，与扩展名“.jpg”不一致"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "不支持上传"),
        ("a.jpg", JPEG[:500] + docx(), "夹带了其他内容"),
        ("a.html", b"<html>", "不支持上传"),
        ("a.jpg", b"", "是空的"),
    ],
)
def test_files_that_lie_are_refused_and_leave_nothing(order: Order, name: str, content: bytes, message: str) -> None:
    refused = order.upload(name, content, 422)
    assert message in refused["error"]["message"]
    assert order.citizen()["attachments"] == []


def test_a_file_is_counted_while_it_comes_in_whatever_it_announces(order: Order) -> None:
    told = order.upload("a.jpg", JPEG * 4, 413)
    assert told["error"]["code"] == "too_large" and "0.02MB" in told["error"]["message"]

    def chunks() -> Iterator[bytes]:
        for _ in range(200):
            yield JPEG

    order.upload("a.jpg", chunks(), 413)
    assert len(order.upload("a.jpg", iter([JPEG[:100], JPEG[100:]]))["attachments"]) == 1, "in pieces, within the limit"
    order.upload("a.jpg", JPEG, 404, **{"X-Phone-Last4": "0000"})
    elsewhere = order.staff["citizen"].post("/api/work-orders/supplements", content=chunks())
    assert elsewhere.status_code == 413, "everything else stays as small as ever"


def test_who_reported_is_shown_to_no_department(staff) -> None:
    text = "我叫王小明，电话13900001234，举报饭店夜里偷排油烟"
    report = Order(staff, type="举报", text=text, phone="13900001234")
    report.act("dispatcher", "dispatch", department="street")
    report.citizen("supplements", text="我是王小明，他们昨天又排了")
    report.upload("王小明拍的.jpg", JPEG)
    for told in (report.detail("street"), staff["street"].get("/api/console/work-orders").json()):
        shown = json.dumps(told, ensure_ascii=False)
        assert "王小明" not in shown and "13900001234" not in shown
    theirs = report.detail("street")
    assert theirs["requester"] == {"name": "", "phone": "", "withheld": True} and theirs["confidential"]
    attachment = theirs["attachments"][0]
    path = f"/api/console/work-orders/{report.id}/attachments/{attachment['id']}"
    assert "%E7%8E%8B" not in staff["street"].get(path).headers["content-disposition"]
    office = report.detail("agent")
    assert office["requester"] == {"name": "王**", "phone": "139****1234", "withheld": False}
    assert office["attachments"][0]["name"] == "王小明拍的.jpg"


def test_the_lead_sees_the_number_to_call_and_it_is_kept_who_looked(processing: Order, instance: "Instance") -> None:
    with instance.unit() as work:
        work.staff.put(replace(work.staff.by_username("street"), name="李敏"))
        work.commit()
    path, staff = f"/api/console/work-orders/{processing.id}/phone", processing.staff
    before = processing.detail("street")
    assert before["may_reveal"] and before["requester"]["phone"].startswith("138****")
    shown = staff["street"].post(path).json()
    assert shown["phone"].startswith("1380000") and len(shown["phone"]) == 11
    after = processing.detail("street")
    assert after["version"] == before["version"], "who is writing a reply meanwhile is not disturbed"
    event = after["events"][-1]
    assert (event["name"], event["actor"], event["actor_name"]) == ("查看联系电话", "street", "李敏")
    assert shown["phone"] not in json.dumps(after)
    assert step_names(processing.citizen()) == ["已受理", "已派单", "承办单位已签收"]
    assert not processing.detail("power")["may_reveal"]
    assert staff["power"].post(path).status_code == staff["water"].post(path).status_code == 403
    assert staff["citizen"].post(path).status_code == 401
    assert staff["agent"].post("/api/console/work-orders/999999/phone").status_code == 404
    anonymous = Order(staff, name="", phone="")
    anonymous.act("dispatcher", "dispatch", department="street")
    none = staff["street"].post(f"/api/console/work-orders/{anonymous.id}/phone")
    assert none.status_code == 422 and "没有留电话" in none.json()["error"]["message"]
    report = Order(staff, type="举报", text="举报饭店夜里偷排油烟")
    report.act("dispatcher", "dispatch", department="street")
    kept = staff["street"].post(f"/api/console/work-orders/{report.id}/phone")
    assert kept.status_code == 403 and "保密工单" in kept.json()["error"]["message"]
    assert not report.detail("street")["may_reveal"] and report.detail("agent")["may_reveal"]


def test_an_anonymous_order_is_found_by_its_code_alone(staff) -> None:
    anonymous = Order(staff, name="", phone="")
    assert anonymous.detail()["anonymous"]
    assert anonymous.citizen()["state_name"] == "待派单"
    assert anonymous.citizen("urge")["urges"] == 1
    anonymous.upload("a.jpg", JPEG)


def test_an_agent_answers_at_once(staff) -> None:
    answered = Order(staff, type="咨询", text="社保卡怎么补办", answer="带身份证到任一社保卡网点办理。")
    detail = answered.detail()
    assert (detail["state"], detail["lead_department"]) == ("answered", "")
    assert detail["directly_answered"] and not Order(staff).detail()["directly_answered"]
    assert [callback["state"] for callback in detail["callbacks"]] == ["scheduled"]
    view = answered.citizen()
    assert view["reply"] == "带身份证到任一社保卡网点办理。" and step_names(view) == ["已直接答复"]
    assert view["responsible"] is None and view["may"] == {"urge": False, "supplement": False, "attach": False}
    body = {"type": "咨询", "text": "社保卡怎么补办", "answer": "好"}
    assert staff["dispatcher"].post("/api/console/work-orders", json=body).status_code == 403


def test_of_two_who_act_at_once_one_wins_and_nothing_is_lost(order: Order) -> None:
    version = order.detail()["version"]
    answers: dict[str, int] = {}
    barrier = threading.Barrier(2)

    def dispatch(who: str, department: str) -> None:
        body = {"action": "dispatch", "version": version, "department": department}
        barrier.wait()
        answers[department] = (
            order.staff[who].post(f"/api/console/work-orders/{order.id}/actions", json=body).status_code
        )

    threads = [
        threading.Thread(target=dispatch, args=pair) for pair in (("dispatcher", "street"), ("supervisor", "water"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [200, 409]
    detail = order.detail()
    winner = next(department for department, status in answers.items() if status == 200)
    assert detail["lead_department"] == winner and detail["version"] == version + 1
    assert [event["name"] for event in detail["events"]].count("派单") == 1


def test_a_citizens_addition_waits_for_whoever_acts_at_the_same_moment(processing: Order) -> None:
    """A supplement is not refused because of somebody else's action; the action that saw less is."""
    version = processing.detail()["version"]
    processing.citizen("supplements", text="又来了")
    late = processing.staff["street"].post(
        f"/api/console/work-orders/{processing.id}/actions",
        json={"action": "suspend", "version": version, "reason": "x"},
    )
    assert late.status_code == 409 and "刚刚被其他人处理过" in late.json()["error"]["message"]
    results: list[int] = []

    def add(number: int) -> None:
        body = processing.key | {"text": f"补充{number}"}
        with TestClient(processing.staff["citizen"].app) as client:
            results.append(client.post("/api/work-orders/supplements", json=body).status_code)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200, 200, 200]
    assert len(processing.detail()["supplements"]) == 4


def test_backup_and_restore_bring_attachments_back(order: Order, instance, tmp_path: Path) -> None:
    from api.instance import Instance
    from api.services.archive import backup, restore
    from api.settings import Settings

    order.upload("a.jpg", JPEG)
    (instance.settings.data_dir / "attachments" / ".draft-x").write_bytes(b"half")
    backup(instance, tmp_path / "backup.tar.gz")
    restore(tmp_path / "backup.tar.gz", tmp_path / "again")
    again = Instance(Settings(data_dir=tmp_path / "again", worker_in_serve=False))
    with again.unit() as work:
        (row,) = work.attachments.of(order.id)
    assert again.attachment_files.get(row.sha256) == JPEG
    assert not list((tmp_path / "again").rglob(".draft-*"))
    again.engine.dispose()
