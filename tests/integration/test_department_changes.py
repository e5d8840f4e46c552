"""Departments over HTTP and the command line, on real parts: edited, imported, merged, split; history stays usable."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from fastapi.testclient import TestClient
from openpyxl import Workbook
from typer.testing import CliRunner

from api.app import create_app
from api.auth import hasher
from api.cli.batch import Context
from api.cli.departments import register
from api.instance import Instance
from api.seeding import PASSWORD
from api.settings import Settings
from casework.appeal import Appeal, AppealType
from casework.errors import InvalidInput
from casework.filing import file_appeal
from casework.organisation.department import Department
from casework.organisation.staff import Staff
from casework.transitions import Role, State
from casework.work_order import Dispatching, WorkOrder
from tests.integration.test_story import sign_in

NOTE = "示府发〔2026〕3号"


STAFF = {
    "dispatcher": Role.DISPATCHER,
    "department": Role.DEPARTMENT,
    "supervisor": Role.SUPERVISOR,
    "admin": Role.ADMINISTRATOR,
}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An office of its own, without a model: two departments, staff, and an order of the past."""
    instance = Instance(Settings(data_dir=tmp_path_factory.mktemp("office"), env="demo", worker_in_serve=False))
    password = hasher().hash(PASSWORD)
    with instance.unit() as work:
        work.departments.put(Department("gjj", "市住房公积金管理中心", "公积金中心", ["受理公积金提取"]))
        work.departments.put(Department("cgj", "市城市管理局", "城管局", ["查处占道经营"]))
        for username, role in STAFF.items():
            code = "gjj" if role is Role.DEPARTMENT else ""
            work.staff.put(Staff(username, username, role, password, code))
        past = WorkOrder(AppealType.CONSULTATION, "公积金怎么提取", instance.clock.now(), lead_department="gjj")
        past.state = State.ARCHIVED
        work.work_orders.add(past)
        work.commit()
    return instance


@pytest.fixture(scope="module")
def client(instance: Instance) -> Iterator[TestClient]:
    with TestClient(create_app(instance)) as client:
        yield client


def ask(client: TestClient, method: str, path: str, body: object = None, status: int = 200) -> dict:
    answer = client.request(method, f"/api/console/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def told(client: TestClient, method: str, path: str, body: object, status: int) -> str:
    return ask(client, method, path, body, status)["error"]["message"]


def department(client: TestClient, code: str) -> dict:
    return next(item for item in ask(client, "GET", "departments/all")["items"] if item["code"] == code)


def change(kind: str, sources: list[str], *targets: dict, **more: object) -> dict:
    return {"kind": kind, "sources": sources, "targets": list(targets), "note": NOTE, **more}


def carry_out(client: TestClient, body: dict) -> dict:
    seen = ask(client, "POST", "departments/changes/preview", body)
    return ask(client, "POST", "departments/changes", body | {"version": seen["version"]})


def order_of(client: TestClient, code: str, category: str, instance: Instance) -> dict:
    """A new order that was given to this department by itself."""
    appeal = Appeal(AppealType.COMPLAINT, f"关于{category}的投诉，请尽快处理。")
    dispatching = Dispatching(code, "auto", 0.98, model_department=code)
    with instance.unit() as work:
        order = file_appeal(work, appeal, dispatching, category, instance.rules, instance.clock)
        work.commit()
    return ask(client, "GET", f"work-orders/{order.id}")


def test_only_administrators_change_and_supervisors_read(client: TestClient) -> None:
    body = change("rename", ["cgj"], {"code": "cgj", "name": "综合执法局"})
    for username, reads in (("supervisor", 200), ("dispatcher", 403), ("department", 403)):
        sign_in(client, username)
        assert client.get("/api/console/departments/all").status_code == reads
        assert client.get("/api/console/departments/changes").status_code == reads
        for path, sent in (
            ("departments/changes/preview", body),
            ("departments/changes", body | {"version": 0}),
            ("departments/import", {"name": "a.csv", "content": ""}),
            ("departments", {"code": "neu", "name": "新局"}),
        ):
            assert client.post(f"/api/console/{path}", json=sent).status_code == 403


def test_a_department_is_edited_and_the_router_learns_it(client: TestClient, instance: Instance) -> None:
    sign_in(client, "admin")
    row = department(client, "gjj")
    sent = {
        name: row[name]
        for name in ("code", "name", "short_name", "jurisdiction", "working_hours", "parent", "active", "version")
    }
    before = instance.router()
    duties = [*row["duties"], "边界：商业贷款由银行负责"]
    after = ask(client, "PUT", "departments", sent | {"duties": duties, "contact": "0000-12329"})
    assert (after["duties"], after["contact"], after["open_orders"]) == (duties, "0000-12329", row["open_orders"])
    assert instance.router() is not before
    assert "刚刚被其他人修改过" in told(client, "PUT", "departments", sent | {"duties": []}, 409)
    renamed = sent | {"name": "公积金局", "version": after["version"]}
    assert "请用“更名”" in told(client, "PUT", "departments", renamed, 422)


def test_an_import_names_the_wrong_lines_and_saves_nothing(client: TestClient) -> None:
    sign_in(client, "admin")
    before = ask(client, "GET", "departments/all")

    def send(name: str, data: bytes, status: int = 200) -> dict:
        body = {"name": name, "content": base64.b64encode(data).decode()}
        return ask(client, "POST", "departments/import", body, status)

    book = Workbook()
    for row in (("单位名录",), ("单位代码*", "单位名称", "职责"), ("neu-1", "甲局", "修路\n修桥"), ("", "乙局", "")):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    message = send("名录.xlsx", stream.getvalue(), 422)["error"]["message"]
    assert "没有保存任何内容" in message and "第4行：缺少单位代码" in message
    for name, data, words in (
        ("a.docx", b"x", ".jsonl、.csv 或 .xlsx"),
        ("a.csv", "姓名,电话\n甲,1\n".encode(), "“代码”和“名称”两列"),
        ("a.jsonl", b'{"code": "neu-1", "nmae": "x"}\n', "第1行有不认识的字段“nmae”"),
        ("a.jsonl", b'{"code": "neu-1", "name": "x"}\n[1]\n', "第2行"),
        ("a.jsonl", b'{"code": \n', "第1行不是有效的单位"),
        ("a.jsonl", b"", "空"),
        ("a.xlsx", b"code,name\n", "扩展名"),
    ):
        assert words in send(name, data, 422)["error"]["message"]
    assert "重新选择文件" in told(client, "POST", "departments/import", {"name": "a.csv", "content": "*"}, 422)
    assert ask(client, "GET", "departments/all") == before
    gbk = "代码,名称,上级代码,辖区\nneu-2,石桥区分局,neu-1,石桥区\nneu-1,甲局,,\n".encode("gbk")
    assert send("名录.csv", gbk) == {"added": 2, "changed": 0, "unchanged": 0}
    assert department(client, "neu-2")["parent_name"] == "甲局"


def test_after_a_merge_orders_staff_and_training_go_by_the_new_department(
    client: TestClient, instance: Instance
) -> None:
    sign_in(client, "admin")
    order = order_of(client, "gjj", "住房公积金/提取", instance)
    past = department(client, "gjj")
    body = change("merge", ["gjj"], {"code": "zjzx", "name": "市住房保障中心"})
    seen = ask(client, "POST", "departments/changes/preview", body)
    assert seen["moved"] == [{"department": "zjzx", "name": "市住房保障中心", "count": past["open_orders"]}]
    assert [row["username"] for row in seen["staff"]] == ["department"] and seen["history"] > 0
    assert department(client, "gjj") == past, "a preview writes nothing"
    done = ask(client, "POST", "departments/changes", body | {"version": seen["version"]})
    assert done["moved"] == seen["moved"] and done["history"] == seen["history"]
    other = change("rename", ["neu-1"], {"code": "neu-1", "name": "丁局"})
    late = told(client, "POST", "departments/changes", other | {"version": seen["version"]}, 409)
    assert "重新预览" in late
    sign_in(client, "department")
    detail = ask(client, "GET", f"work-orders/{order['id']}")
    assert detail["lead_department_name"] == "市住房保障中心"
    event = detail["events"][-1]
    assert (event["name"], event["department_from"], event["department_to"], event["reason"]) == (
        "机构调整",
        past["name"],
        "市住房保障中心",
        NOTE,
    )
    assert [action["action"] for action in detail["actions"]] == ["sign", "return", "contact"]
    sign_in(client, "admin")
    gone = department(client, "gjj")
    assert not gone["active"] and gone["successors"] == [{"code": "zjzx", "name": "市住房保障中心"}]
    rows = ask(client, "GET", "departments/changes")
    assert (rows[0]["kind_name"], rows[0]["sources"][0]["name"], rows[0]["actor"]) == ("合并", past["name"], "admin")
    counted = client.get("/api/statistics/overview").json()["departments"]
    assert {"gjj", "zjzx"} <= {row["department"] for row in counted}, "orders of the past keep their department"
    assert "曾是" in told(client, "POST", "departments", {"code": "gjj", "name": "又一局"}, 422)


def test_a_split_leaves_the_doubtful_to_a_dispatcher_who_reassigns_them(client: TestClient, instance: Instance) -> None:
    sign_in(client, "admin")
    source = "neu-1"
    clear = order_of(client, source, "甲类/修路", instance)
    doubtful = order_of(client, source, "丙类", instance)
    body = change(
        "split",
        [source],
        {"code": "lu", "name": "公路局", "duties": ["修路"]},
        {"code": "qiao", "name": "桥梁局", "duties": ["修桥"]},
        mapping={"甲类": "lu", "乙类": "qiao"},
    )
    done = carry_out(client, body)
    assert done["moved"] == [{"department": "lu", "name": "公路局", "count": 1}]
    assert [row["number"] for row in done["pending"]] == [doubtful["number"]] and done["pending_total"] == 1
    assert done["orphans"] == [{"code": "neu-2", "name": "石桥区分局"}]
    assert ask(client, "GET", f"work-orders/{clear['id']}")["lead_department"] == "lu"
    sign_in(client, "dispatcher")
    detail = ask(client, "GET", f"work-orders/{doubtful['id']}")
    assert detail["lead_department_name"] == "甲局"
    assert next(one for one in detail["actions"] if one["action"] == "reassign")["needs"] == ["department"]
    sent = {"action": "reassign", "version": detail["version"], "reason": "属桥梁", "department": "qiao"}
    assert ask(client, "POST", f"work-orders/{doubtful['id']}/actions", sent)["lead_department_name"] == "桥梁局"


def test_a_renamed_department_keeps_its_old_name_in_the_history_of_orders(
    client: TestClient, instance: Instance
) -> None:
    sign_in(client, "admin")
    order = order_of(client, "neu-2", "甲类", instance)
    carry_out(client, change("rename", ["neu-2"], {"code": "neu-2", "name": "石桥区公路分局"}))
    detail = ask(client, "GET", f"work-orders/{order['id']}")
    assert detail["lead_department_name"] == "石桥区公路分局"
    assert detail["events"][-1]["department_to"] == "石桥区分局"


def test_the_same_on_the_command_line(tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    listing = tmp_path / "名录.jsonl"

    def run(*arguments: str) -> str:
        """What is printed. Raises: HotlineError, which the command `hotline` prints."""
        result = CliRunner().invoke(app, ["departments", *arguments], obj=Context({"data_dir": tmp_path / "data"}))
        if result.exception is not None:
            raise result.exception
        return result.stdout

    good = '{"code": "cli-a", "name": "甲办"}\n{"code": "cli-b", "name": "乙办"}\n'
    listing.write_text(good + '{"code": "", "name": "丙办"}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="第3行：缺少单位代码"):
        run("import", str(listing))
    listing.write_text(good, encoding="utf-8")
    assert "新增2个单位" in run("import", str(listing))
    merge = ("merge", "cli-a", "cli-b", "--to", "cli-c", "--name", "丙办", "--note", NOTE)
    seen = run(*merge)
    assert "没有写入" in seen and "新设 cli-c 丙办" in seen
    assert "已办理" in run(*merge, "--yes")
    with pytest.raises(InvalidInput, match="合并"):
        run(*merge, "--yes")
    split = ("--to", "cli-d=丁办", "--to", "cli-e=戊办", "--map", "供水=cli-d", "--default", "cli-e", "--note", NOTE)
    done = json.loads(run("split", "cli-c", *split, "--yes", "--json"))
    states = {row["code"]: row["state"] for row in done["departments"]}
    assert states == {"cli-d": "added", "cli-e": "added", "cli-c": "closed"}
    assert "供水办（原丁办）" in run("rename", "cli-d", "供水办", "--note", NOTE, "--yes")
    history = run("history").splitlines()
    assert "更名\t丁办 → 供水办" in history[0] and "拆分\t丙办 → 丁办、戊办" in history[1]
    assert "cli-a\t甲办（合并，现为供水办、戊办）" in run("list")
    with pytest.raises(InvalidInput, match="分类=单位代码"):
        run("split", "cli-e", *split[:4], "--map", "供水", "--note", NOTE)
    with pytest.raises(SystemExit):  # a note is needed: wrong usage
        run("rename", "cli-d", "新名")
