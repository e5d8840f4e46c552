"""kill -9 at any moment loses and doubles nothing; two workers on one database; a clock that is set back."""

import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.instance import Instance
from api.jobs.periodic import PERIODIC
from api.settings import Settings
from api.worker import LEASE_SECONDS, Worker
from casework.appeal import AppealType, Requester
from casework.audit import audit
from casework.callback.callback import CallbackState
from casework.callback.follow_up import BEGIN, EXPIRE, schedule_callback
from casework.deadline.calendar import CITY_TIME, OfficialCalendar, WorkingTime
from casework.deadline.deadlines import PROFILES
from casework.events import Actor
from casework.filing import Rules
from casework.job import Job, JobState
from casework.transitions import Role, State
from casework.work_order import ClosingKind, WorkOrder
from tests.fakes import FakeClock
from tests.integration.storage.conftest import Database
from tests.integration.storage.worker_processes import WorkersInstance

START = datetime(2026, 3, 9, 9, 30, tzinfo=CITY_TIME)
RULES = Rules(PROFILES["guangdong-2022"], WorkingTime(OfficialCalendar()), 0, 10 / 1440)
"""Callbacks are due at once, and their window ends ten minutes later."""
AGENT = Actor("li", Role.AGENT)
CALLED = ["WorkOrderAnswered", "CallbackStarted", "WorkOrderArchived"]


def fill(instance: Instance, count: int) -> list[int]:
    """Orders answered one after the other, each with its callback and the jobs of it; half of them left no phone."""
    made = []
    with instance.unit() as work:
        for number in range(count):
            now = FakeClock(START + timedelta(seconds=10 * number))
            requester = Requester("市民", "13900001234" if number % 2 else "")
            order = WorkOrder(AppealType.CONSULTATION, f"咨询{number}", now.now(), requester=requester)
            work.work_orders.add(order)
            work.events.append(order.apply("answer", AGENT, now.now()))
            order.closed_at, order.closing_kind, order.reply = now.now(), ClosingKind.EXPLAINED, "已答复。"
            schedule_callback(work, order, RULES, now)
            work.work_orders.save(order)
            made.append(order.id)
        work.commit()
    return made


def killed(instance: Instance, kills: int, workers: int, seed: int) -> datetime:
    """Have workers killed; the moment at which the last ones' leases have run out."""
    given = {
        "folder": str(instance.settings.data_dir),
        "url": instance.settings.database_url,
        "start": START.isoformat(),
        "kills": kills,
        "workers": workers,
        "jobs": 30,
        "seed": seed,
    }
    command = [sys.executable, "-m", "tests.integration.storage.worker_processes", json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["killed"] >= kills
    return datetime.fromisoformat(told["end"])


def drain(folder: Path, url: str, moments: list[datetime]) -> None:
    """One worker does what is left, at each of these moments."""
    for moment in moments:
        instance = WorkersInstance(str(folder), url, moment)
        worker = Worker(instance)
        for _ in range(10_000):
            if not worker.run_once():
                break
        instance.engine.dispose()


def check(instance: Instance, orders: list[int]) -> None:
    with instance.unit() as work:
        assert audit(work).whole
        jobs = work.jobs.list(100_000)
        waiting = {job.kind for job in jobs if job.state is JobState.WAITING}
        assert not waiting & {BEGIN, EXPIRE}, "none is lost"
        # A periodic job whose workers were killed five times is given up: that of the next slot does the same work.
        ended = [job for job in jobs if job.kind not in {one.kind for one in PERIODIC}]
        assert [(job.key, job.error) for job in ended if job.state in (JobState.FAILED, JobState.RUNNING)] == []
        assert Counter(job.kind for job in jobs if job.kind in (BEGIN, EXPIRE)) == {
            BEGIN: len(orders),
            EXPIRE: len(orders),
        }
        for order_id in orders:
            assert [event.name for event in work.events.of(order_id)] == CALLED, "each step was taken once"
            assert work.work_orders.get(order_id).state is State.ARCHIVED
            (callback,) = work.callbacks.of(order_id)
            assert (callback.state, len(callback.tries)) == (CallbackState.UNREACHED, callback.attempts)
            assert callback.attempts <= 1, "begun once"
        assert sum(row.count for row in work.work_orders.counts() if row.state is State.ARCHIVED) == len(orders)


def instance_over(database: Database, folder: Path) -> Instance:
    instance = Instance(Settings(data_dir=folder, database_url=database.url, encoder_threads=1))
    with instance.unit() as work:
        revision = work.knowledge.revision()
    if not instance.shelf.is_current(revision):
        instance.shelf.sync(instance.unit)  # so that no killed worker is busy loading an encoder
    return instance


@pytest.mark.parametrize(
    ("database", "kills"),
    [("sqlite", 200), pytest.param("postgresql", 30, marks=pytest.mark.postgres)],
    indirect=["database"],
)
def test_killed_at_random_nothing_is_lost_and_nothing_doubled(database: Database, kills: int, tmp_path: Path) -> None:
    instance = instance_over(database, tmp_path / "data")
    orders = fill(instance, kills * 2)
    end = killed(instance, kills, workers=3, seed=kills)
    with instance.unit() as work:
        states = Counter(job.state for job in work.jobs.list(100_000) if job.kind in (BEGIN, EXPIRE))
    assert states[JobState.DONE] > kills // 4, "the killed ones got somewhere"
    day = timedelta(days=1)
    drain(instance.settings.data_dir, database.url, [end + day, end + 2 * day, end + 3 * day])
    check(instance, orders)


def test_two_workers_share_one_database(database: Database, tmp_path: Path) -> None:
    instance = instance_over(database, tmp_path / "data")
    orders = fill(instance, 40)
    stop, done = threading.Event(), []

    def one() -> None:
        own = WorkersInstance(str(instance.settings.data_dir), database.url, START + timedelta(hours=2))
        worker = Worker(own)
        busy = Counter[bool]()
        while not stop.is_set() and busy[False] < 3:
            busy[worker.run_once()] += 1
        done.append(busy[True])

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(one) for _ in range(2)]:
            future.result(timeout=60)
    assert all(done), "both took their part"
    later = START + timedelta(days=1)
    drain(instance.settings.data_dir, database.url, [later, later + timedelta(days=1)])
    check(instance, orders)


def test_a_clock_set_back_loses_and_doubles_nothing(database: Database, tmp_path: Path) -> None:
    instance = instance_over(database, tmp_path / "data")
    orders = fill(instance, 4)
    clock = FakeClock(START + timedelta(minutes=1))
    instance.clock = clock  # type: ignore[assignment]
    worker = Worker(instance)

    def begun() -> int:
        with instance.unit() as work:
            return sum(work.callbacks.of(order)[0].state is CallbackState.DUE for order in orders)

    while worker.run_once():
        pass
    assert begun() == 4
    clock.move(hours=-3)
    while worker.run_once():
        pass
    assert begun() == 4, "what was done is not done again, what is due later is not due earlier"
    clock.move(hours=3, minutes=20)
    while worker.run_once():
        pass
    clock.move(days=1)
    while worker.run_once():
        pass
    check(instance, orders)


def test_a_lease_holds_though_the_clock_is_set_back(database: Database) -> None:
    """Held for longer then, but by one worker at a time; and its end is not lost."""
    now = START
    with database.unit() as unit:
        unit.jobs.add(Job("k", "a", now))
        unit.commit()
        held = unit.jobs.claim("one", now, LEASE_SECONDS)
        unit.commit()
    assert held is not None
    for moment in (now - timedelta(hours=5), now, now + timedelta(seconds=LEASE_SECONDS - 1)):
        with database.unit() as unit:
            assert unit.jobs.claim("two", moment, LEASE_SECONDS) is None, moment
            unit.commit()
    with database.unit() as unit:
        taken = unit.jobs.claim("two", now + timedelta(seconds=LEASE_SECONDS), LEASE_SECONDS)
        unit.commit()
        assert taken is not None and taken.attempts == 2
        assert not unit.jobs.finish(held, "one")
        assert unit.jobs.finish(taken, "two")
        unit.commit()


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_that_claim_at_once_none_waits_and_none_gets_the_others_job(database: Database) -> None:
    with database.unit() as unit:
        for number in range(3):
            unit.jobs.add(Job("k", str(number), START + timedelta(seconds=number)))
        unit.jobs.add(Job("k", "dropped", START - timedelta(hours=1)))
        unit.commit()
        assert unit.jobs.claim("dead", START - timedelta(minutes=30), 1).key == "dropped"  # type: ignore[union-attr]
        unit.commit()
    now = START + timedelta(minutes=1)
    with database.unit() as first, database.unit() as second, database.unit() as third:
        mine = first.jobs.claim("one", now, LEASE_SECONDS)
        began = datetime.now(CITY_TIME)
        theirs = second.jobs.claim("two", now, LEASE_SECONDS)
        last = third.jobs.claim("three", now, LEASE_SECONDS)
        assert datetime.now(CITY_TIME) - began < timedelta(seconds=2), "nobody waited for the uncommitted claim"
        assert mine is not None and mine.key == "dropped" and mine.attempts == 2
        taken = [job.key for job in (mine, theirs, last) if job is not None]
        assert len(taken) == len(set(taken)) >= 2
        for unit in (first, second, third):
            unit.commit()
    with database.unit() as unit:
        rest = []
        while job := unit.jobs.claim("four", now, LEASE_SECONDS):
            rest.append(job.key)
        assert sorted([*taken, *rest]) == ["0", "1", "2", "dropped"]
