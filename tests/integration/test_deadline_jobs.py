"""The deadlines' jobs over a real database: steps, workers at once, an order that cannot be watched, a calendar that comes late."""

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.calendar_file import CalendarFile, read_calendar
from api.instance import Instance
from api.jobs import HANDLERS
from api.jobs.deadlines import RESCHEDULE, WATCH, WATCH_CALENDAR
from api.jobs.periodic import PERIODIC
from api.services.calendar import import_calendar
from api.settings import Settings
from api.worker import Worker
from casework.appeal import Appeal, AppealType
from casework.deadline.calendar import CITY_TIME
from casework.deadline.notice import Notice
from casework.deadline.rescheduling import RESCHEDULED, due_provisional
from casework.errors import InvalidInput
from casework.filing import file_appeal
from casework.job import Job, JobState
from casework.transitions import Role, State
from casework.work_order import Dispatching, WorkOrder
from tests.fakes import FakeClock
from tests.holidays import csv_2027
from tests.small_instance import small_instance

START = datetime(2026, 12, 29, 10, 0, tzinfo=CITY_TIME)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = small_instance(tmp_path / "data")
    made.clock = FakeClock(START)  # type: ignore[assignment]
    return made


def file(instance: Instance, kind: AppealType = AppealType.CONSULTATION) -> WorkOrder:
    with instance.unit() as work:
        order = file_appeal(
            work, Appeal(kind, "路灯坏了"), Dispatching("street", "auto"), "路灯", instance.rules, instance.clock
        )
        work.commit()
    return order


def run(instance: Instance, kind: str) -> None:
    HANDLERS[kind](instance, Job(kind, "test", instance.clock.now()))


def order_of(instance: Instance, order: WorkOrder) -> WorkOrder:
    with instance.unit() as work:
        return work.work_orders.get(order.id)


def names(instance: Instance, order: WorkOrder) -> list[str]:
    with instance.unit() as work:
        return [event.name for event in work.events.of(order.id)]


def inbox(instance: Instance, role: Role) -> list[Notice]:
    with instance.unit() as work:
        return list(work.notices.open_for(role))


def work_all(instance: Instance) -> None:
    worker = Worker(instance)
    while worker.run_once():
        pass


def test_the_watch_is_planned_each_minute_and_takes_the_steps(instance: Instance) -> None:
    assert {(one.kind, one.every_seconds) for one in PERIODIC} >= {(WATCH, 60), (WATCH_CALENDAR, 600)}
    order = file(instance)
    instance.clock.move(hours=4)
    work_all(instance)
    assert names(instance, order)[3:] == ["DeadlineWarned", "WorkOrderUrged"]
    assert {one.kind for one in inbox(instance, Role.DEPARTMENT)} == {"sign_warning", "sign_overdue"}
    assert [one.kind for one in inbox(instance, Role.DISPATCHER)] == ["sign_overdue"]
    work_all(instance)
    assert len(names(instance, order)) == 5


def test_several_workers_at_once_take_each_step_once(instance: Instance) -> None:
    orders = [file(instance) for _ in range(6)]
    instance.clock.move(days=40)
    running = [threading.Thread(target=run, args=(instance, WATCH)) for _ in range(3)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    run(instance, WATCH)
    taken = ["DeadlineWarned", "WorkOrderUrged", "DeadlineWarned", "WorkOrderUrged", *["SupervisionRaised"] * 3]
    for order in orders:
        assert sorted(names(instance, order)[3:]) == sorted(taken)
        assert order_of(instance, order).supervision_level == 3
    with instance.unit() as work:
        assert work.work_orders.to_watch(instance.clock.now(), 10) == []


def test_an_order_that_cannot_be_watched_keeps_no_other_from_its_turn(instance: Instance) -> None:
    broken, order = file(instance), file(instance)
    with instance.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE work_orders SET steps_done = '[\"x@no-time\"]' WHERE id = {broken.id}")
    instance.clock.move(hours=4)
    run(instance, WATCH)
    assert "WorkOrderUrged" in names(instance, order) and "WorkOrderUrged" not in names(instance, broken)


def test_notices_of_closed_orders_are_settled_by_themselves(instance: Instance) -> None:
    order = file(instance)
    instance.clock.move(hours=4)
    run(instance, WATCH)
    with instance.unit() as work:
        stored = work.work_orders.get(order.id)
        stored.state = State.CLOSED
        work.work_orders.save(stored)
        work.commit()
    run(instance, WATCH)
    assert inbox(instance, Role.DEPARTMENT) == inbox(instance, Role.DISPATCHER) == []
    assert order_of(instance, order).watch_at is not None, "no minute has come in which it is looked at"
    instance.clock.move(days=30)
    run(instance, WATCH)
    assert order_of(instance, order).watch_at is None


def test_a_calendar_that_comes_late_moves_deadlines_and_settles_the_notice(instance: Instance) -> None:
    orders = [file(instance, AppealType.COMPLAINT), file(instance, AppealType.HELP)]
    due = [order.due_at for order in orders]
    assert due_provisional(orders[0], instance.rules)
    for _ in range(2):
        run(instance, WATCH_CALENDAR)
    (asked,) = inbox(instance, Role.ADMINISTRATOR)
    assert asked.key == "calendar:2027"
    instance.clock.move(minutes=10)
    assert import_calendar(instance, read_calendar("2027.csv", csv_2027().encode()))
    later = file(instance, AppealType.COMPLAINT)
    work_all(instance)
    assert inbox(instance, Role.ADMINISTRATOR) == []
    for order, former in zip(orders, due, strict=True):
        moved = order_of(instance, order)
        right = instance.rules.deadlines.due_at(START, order.type, instance.rules.time)
        assert moved.due_at == right != former and names(instance, order)[-1] == RESCHEDULED
        assert not due_provisional(moved, instance.rules)
    assert order_of(instance, later).due_at == later.due_at and RESCHEDULED not in names(instance, later)
    with instance.unit() as work:
        (job,) = work.jobs.list(10, (RESCHEDULE,))
        assert job.state is JobState.DONE
    HANDLERS[RESCHEDULE](instance, job)
    assert names(instance, orders[0]).count(RESCHEDULED) == 1


def test_the_same_calendar_again_changes_nothing_and_a_corrected_one_moves_deadlines_again(instance: Instance) -> None:
    order, soon = file(instance, AppealType.COMPLAINT), file(instance, AppealType.CONSULTATION)
    table = read_calendar("2027.csv", csv_2027().encode())
    assert import_calendar(instance, table) and not import_calendar(instance, table)
    work_all(instance)
    first = order_of(instance, order).due_at
    instance.clock.move(minutes=1)
    corrected = csv_2027().replace("2027-01-01,否,元旦", "2027-01-01,否,元旦\n2027-01-04,否,元旦")
    assert import_calendar(instance, read_calendar("x.csv", corrected.encode()))
    work_all(instance)
    assert first + timedelta(days=1) == order_of(instance, order).due_at
    assert names(instance, order).count(RESCHEDULED) == 2 and RESCHEDULED not in names(instance, soon)


def test_a_newer_library_is_noticed(instance: Instance) -> None:
    order = file(instance, AppealType.COMPLAINT)
    with instance.unit() as work:
        work.notices.add(Notice("calendar:2026", START, "calendar", Role.ADMINISTRATOR, "2026年放假安排"))
        work.commit()
    run(instance, WATCH_CALENDAR)
    assert [one.key for one in inbox(instance, Role.ADMINISTRATOR)] == ["calendar:2027"], "2026 is known"
    with instance.unit() as work:
        (job,) = work.jobs.list(10, (RESCHEDULE,))
    assert job.payload["years"] == [2026] and job.key.endswith("library:2026")
    HANDLERS[RESCHEDULE](instance, job)
    assert RESCHEDULED not in names(instance, order), "it was reckoned by what the library knows"


def test_an_import_that_was_not_finished_moves_nothing(instance: Instance) -> None:
    order = file(instance, AppealType.COMPLAINT)
    import_calendar(instance, read_calendar("2027.csv", csv_2027().encode()))
    instance.calendar_file.path.unlink()
    with instance.unit() as work:
        (job,) = work.jobs.list(10, (RESCHEDULE,))
    with pytest.raises(InvalidInput, match="没有导入完成"):
        HANDLERS[RESCHEDULE](instance, job)
    assert order_of(instance, order).due_at == order.due_at


def test_a_running_instance_reads_the_calendar_again(instance: Instance) -> None:
    assert not instance.rules.time.calendar.knows(2027)
    rules = instance.rules
    assert instance.rules is rules
    CalendarFile(instance.settings.data_dir).save(read_calendar("2027.csv", csv_2027().encode()))
    assert instance.rules.time.calendar.knows(2027)
    instance.calendar_file.path.write_text("日期,是否上班\n坏,坏\n", encoding="utf-8")
    assert instance.rules.time.calendar.knows(2027), "what cannot be read leaves what was known"
    with pytest.raises(InvalidInput, match=r"(?s)calendar\.csv 无法使用.*“坏”不是日期"):
        Instance(instance.settings)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"name": "x", "sign_hours": 0}', "sign_hours"),
        (b"{", "第1行不是合法的 JSON"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b"[]", "JSON 对象"),
    ],
)
def test_a_wrong_profile_is_told_at_the_start(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "deadlines.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=words) as told:
        Instance(Settings(data_dir=tmp_path))
    assert "deadlines.json" in told.value.message


def test_a_citys_own_profile_is_used(tmp_path: Path) -> None:
    row = {"name": "本市", "based_on": "shandong-2020", "sign_hours": 2, "days": {"咨询": 1}}
    (tmp_path / "deadlines.json").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    rules = Instance(Settings(data_dir=tmp_path)).rules
    assert rules.deadlines.name == "本市" and rules.deadlines.days[AppealType.CONSULTATION] == 1
    assert rules.deadlines.days[AppealType.COMPLAINT] == 5 and rules.deadlines.sign_hours == 2
