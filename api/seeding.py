"""演示数据: fills an empty instance with the demonstration city; what is there already is left alone."""

import json
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import demo
from api.auth import hasher
from api.cli.knowledge import update_index
from api.demo_activity import seed_activity
from api.instance import Instance
from api.training_data import Selection, write_departments, write_orders
from api.training_process import encoder_option, run_training
from casework.appeal import AppealType, Requester, Urgency
from casework.callback.callback import Callback, CallbackState
from casework.callback.callback_exclusion import HISTORY
from casework.events import SYSTEM, Actor
from casework.filing import dispatch
from casework.organisation.department import Department
from casework.organisation.staff import Staff
from casework.transitions import Role
from casework.work_order import ClosingKind, Dispatching, WorkOrder
from knowledge.importing import ImportOptions, import_files
from routing.artifact import ArtifactError, read_manifest
from routing.units import Units

STAFF = (
    ("agent", "话务员（演示）", Role.AGENT, ""),
    ("dispatcher", "派单员（演示）", Role.DISPATCHER, ""),
    ("department", "公积金中心经办人（演示）", Role.DEPARTMENT, "gjj"),
    ("supervisor", "督办员（演示）", Role.SUPERVISOR, ""),
    ("admin", "管理员（演示）", Role.ADMINISTRATOR, ""),
)
PASSWORD = "demo-12345"
NOT_ACCEPTED = {
    "法院仲裁": "属于诉讼、仲裁事项，请向人民法院或仲裁机构提出。",
    "纪检监察": "属于纪检监察事项，请拨打12388反映。",
    "行政复议": "属于行政复议事项，请向行政复议机构申请。",
    "信访": "正在信访程序中办理，请向原受理的信访部门查询。",
    "中央或省级垂直机构": "不属于本市单位职责，请向该行业的主管机构或其服务热线反映。",
    "外地": "不是发生在本市的事项，请拨打当地12345。",
    "民间纠纷": "属于个人之间的纠纷，可先申请人民调解，或向人民法院起诉。",
    "无实质内容": "没有可以办理的具体诉求。",
    "企业自主经营": "属于企业自主经营的事项，请与企业协商。",
    "已办理重复": "同一事项已经办结答复，没有新的情况。",
}
"""Why an appeal of the demonstration city was not accepted, and the right door."""
HISTORY_REPLY = "（演示数据：这是示范市的历史工单，未收录当时的答复内容。）"


def seed(instance: Instance, activity: bool = False) -> None:
    """Bring the demonstration city up; every step is skipped when it was done before.

    With `activity` a new city also gets its last three weeks: orders on their way, callbacks, ratings.
    """
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    for shipped in (demo.CITY, demo.TAXONOMY):
        own = instance.settings.data_dir / shipped.name
        if not own.exists():
            shutil.copy(shipped, own)
    with instance.unit() as work:
        empty = not work.staff.all()
    if empty:
        say("正在建立示范市：承办单位、工作人员和历史工单……")
        _casework(instance)
    with ThreadPoolExecutor(1) as beside:  # the training is a process of its own
        trained = None
        if not _has_model(instance):
            say("正在用示范市的诉求训练派单模型……")
            trained = beside.submit(_train, instance)
        import_files([demo.KNOWLEDGE], instance.unit, ImportOptions(by="demo"))
        update_index(instance)
        if trained is not None:
            trained.result()
    if empty and activity:
        say("正在生成示范市近三周的工单……")
        seed_activity(instance)


def _has_model(instance: Instance) -> bool:
    """Whether a model of this version serves; one of a former version is trained anew."""
    current = instance.registry.current()
    if current is None:
        return False
    try:
        read_manifest(current)
    except ArtifactError:
        return False
    return True


def _rows(paths: list[Path]) -> list[dict]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


def _casework(instance: Instance) -> None:
    password = hasher().hash(PASSWORD)
    rows = sorted(_rows(demo.appeals()), key=lambda row: row["created_at"])
    with instance.unit() as work:
        departments = [Department(**row) for row in _rows(demo.departments())]
        for department in departments:
            work.departments.put(department)
        for username, name, role, office in STAFF:
            work.staff.put(Staff(username, name, role, password, office))
        units = Units(departments)
        for row in rows:
            _history(instance, work, units, row)
        work.commit()


def _street(instance: Instance, row: dict) -> str:
    located = instance.places.locate(row["text"])
    return located.street if located.district == row["district"] else ""


def _history(instance: Instance, work, units: Units, row: dict) -> None:
    """One appeal of the past as an archived order, dispatched by a person, so that there is something to train on; one that
    was no department's as a rejected order, with the right door.

    No rating is made up: its closings are counted as excluded from the callbacks.
    """
    at = datetime.fromisoformat(row["created_at"])
    rules = instance.rules
    kind = AppealType(row["type"])
    unit = units.unit_of(row["department"], row["district"])
    department = unit.code if unit else row["department"]
    order = WorkOrder(
        type=kind,
        text=row["text"],
        created_at=at,
        requester=Requester(),
        channel="demo",
        district=row["district"],
        street=_street(instance, row),
        category=row["category"],
        urgency=Urgency(row["urgency"]),
        sentiment=row["sentiment"],
        confidential=kind is AppealType.REPORT,
        due_at=rules.deadlines.due_at(at, kind, rules.time, Urgency(row["urgency"])),
    )
    work.work_orders.add(order)
    person, office = Actor("dispatcher", Role.DISPATCHER), Actor("department", Role.DEPARTMENT, department)
    agent = Actor("agent", Role.AGENT)
    if not department:
        work.events.append(order.apply("reject", agent, at + timedelta(hours=0.5), NOT_ACCEPTED[row["reason"]]))
        order.due_at = None
        work.work_orders.save(order)
        return
    order.dispatching = Dispatching(department, "person")

    class Then:
        def __init__(self, hours: float) -> None:
            self.hours = hours

        def now(self) -> datetime:
            return at + timedelta(hours=self.hours)

    events = [order.apply("accept", SYSTEM, at), order.apply("queue", SYSTEM, at)]
    events.append(dispatch(order, department, person, rules, Then(0.5)))
    order.corrected = False
    order.supporting_departments = row.get("supporting", [])
    order.signed_at, order.replied_at = at + timedelta(hours=2), at + timedelta(hours=26)
    order.closed_at = at + timedelta(hours=28)
    events += [order.apply(name, office, order.signed_at) for name in ("sign", "start")]
    order.reply, order.closing_kind = HISTORY_REPLY, ClosingKind.EXPLAINED
    events += [order.apply("reply", office, order.replied_at), order.apply("close", agent, order.closed_at)]
    events += [order.apply(name, SYSTEM, order.closed_at) for name in ("call_back", "archive")]
    for event in events:
        work.events.append(event)
    work.work_orders.save(order)
    work.callbacks.add(
        Callback(
            order.id,
            order.closed_at,
            order.closed_at,
            state=CallbackState.EXCLUDED,
            excluded=HISTORY,
            department=department,
            district=order.district,
            order_type=kind.value,
            order_channel=order.channel,
        )
    )


def _train(instance: Instance) -> None:
    """As `hotline train routing --orders` does it."""
    with tempfile.TemporaryDirectory(dir=instance.settings.data_dir) as folder:
        data, departments = Path(folder) / "orders.jsonl", Path(folder) / "departments.jsonl"
        write_orders(instance, data, Selection())
        write_departments(instance, departments)
        code, told = run_training(
            ["routing", "--data", str(data), "--time", "created_at", "--departments", str(departments), "--by", "demo",
             "--registry", str(instance.settings.data_dir / "models"), "--promote", *encoder_option(instance.settings)],
            quiet=True,
        )  # fmt: skip
    if code:
        print(f"派单模型没有训练成功，诉求将全部由派单员确认：{told}", file=sys.stderr)
