"""演示数据: fills an empty instance with the demonstration city; what is there already is left alone."""

import json
import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import demo
from api.auth import hasher
from api.cli.knowledge import update_index
from api.instance import Instance
from api.training_process import run_training, write_departments
from casework.appeal import AppealType, Requester, Urgency
from casework.department import Department
from casework.events import SYSTEM, Actor
from casework.filing import dispatch
from casework.staff import Staff
from casework.transitions import Role
from casework.work_order import ClosingKind, Dispatching, WorkOrder
from knowledge.importing import ImportOptions, import_files

STAFF = (
    ("agent", "话务员（演示）", Role.AGENT, ""),
    ("dispatcher", "派单员（演示）", Role.DISPATCHER, ""),
    ("department", "公积金中心经办人（演示）", Role.DEPARTMENT, "gjj"),
    ("supervisor", "督办员（演示）", Role.SUPERVISOR, ""),
    ("admin", "管理员（演示）", Role.ADMINISTRATOR, ""),
)
PASSWORD = "demo-12345"
HISTORY_REPLY = "（演示数据：这是示范市的历史工单，未收录当时的答复内容。）"


def seed(instance: Instance) -> None:
    """Bring the demonstration city up; every step is skipped when it was done before."""
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    city = instance.settings.data_dir / "city.json"
    if not city.exists():
        shutil.copy(demo.CITY, city)
    with instance.unit() as work:
        empty = not work.staff.all()
    if empty:
        say("正在建立示范市：承办单位、工作人员和历史工单……")
        _casework(instance)
    import_files([demo.KNOWLEDGE], instance.unit, ImportOptions(by="demo"))
    update_index(instance)
    if instance.registry.current() is None:
        say("正在用示范市的诉求训练派单模型……")
        _train(instance)


def _rows(paths: list[Path]) -> list[dict]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


def _casework(instance: Instance) -> None:
    password = hasher().hash(PASSWORD)
    rows = sorted(_rows(demo.appeals()), key=lambda row: row["created_at"])
    with instance.unit() as work:
        for row in _rows(demo.departments()):
            work.departments.put(Department(**row))
        for username, name, role, department in STAFF:
            work.staff.put(Staff(username, name, role, password, department))
        for row in rows:
            _history(instance, work, row)
        work.commit()


def _history(instance: Instance, work, row: dict) -> None:
    """One appeal of the past as an archived order, dispatched by a person, so that there is something to train on.

    No rating is made up: history has no callbacks.
    """
    at = datetime.fromisoformat(row["created_at"])
    rules = instance.rules
    kind = AppealType(row["type"])
    order = WorkOrder(
        type=kind,
        text=row["text"],
        created_at=at,
        requester=Requester(),
        channel="demo",
        district=row["district"],
        category=row["category"],
        urgency=Urgency(row["urgency"]),
        confidential=kind is AppealType.REPORT,
        dispatching=Dispatching(row["department"], "person"),
        due_at=rules.deadlines.due_at(at, kind, rules.time),
    )
    work.work_orders.add(order)
    person, office = Actor("dispatcher", Role.DISPATCHER), Actor("department", Role.DEPARTMENT, row["department"])
    agent = Actor("agent", Role.AGENT)

    class Then:
        def __init__(self, hours: float) -> None:
            self.hours = hours

        def now(self) -> datetime:
            return at + timedelta(hours=self.hours)

    events = [order.apply("accept", SYSTEM, at), order.apply("queue", SYSTEM, at)]
    events.append(dispatch(order, row["department"], person, rules, Then(0.5)))
    order.corrected = False
    order.signed_at, order.replied_at = at + timedelta(hours=2), at + timedelta(hours=26)
    order.closed_at = at + timedelta(hours=28)
    events += [order.apply(name, office, order.signed_at) for name in ("sign", "start")]
    order.reply, order.closing_kind = HISTORY_REPLY, ClosingKind.EXPLAINED
    events += [order.apply("reply", office, order.replied_at), order.apply("close", agent, order.closed_at)]
    events += [order.apply(name, SYSTEM, order.closed_at) for name in ("call_back", "archive")]
    for event in events:
        work.events.append(event)
    work.work_orders.save(order)


def _train(instance: Instance) -> None:
    with tempfile.TemporaryDirectory(dir=instance.settings.data_dir) as folder:
        data, departments = Path(folder) / "appeals.jsonl", Path(folder) / "departments.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) for row in _rows(demo.appeals())]
        data.write_text("\n".join(lines) + "\n", encoding="utf-8")
        write_departments(instance, departments)
        code, told = run_training(
            ["routing", "--data", str(data), "--departments", str(departments), "--by", "demo",
             "--registry", str(instance.settings.data_dir / "models"), "--promote"],
            quiet=True,
        )  # fmt: skip
    if code:
        print(f"派单模型没有训练成功，诉求将全部由派单员确认：{told}", file=sys.stderr)
