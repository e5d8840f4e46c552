"""Periodic jobs: each slot once, whatever number of workers plan; old ones are cleared; the index follows the database."""

from datetime import timedelta
from pathlib import Path

import pytest

from api.instance import Instance
from api.jobs.index import SYNC
from api.jobs.periodic import CLEARING, KEEP_DONE, PERIODIC, Periodic, plan
from api.worker import Worker
from casework.job import JobState
from knowledge.entry import EntryKind, KnowledgeEntry
from tests.fakes import FakeClock
from tests.small_instance import FIRST, small_instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = small_instance(tmp_path)
    made.clock = FakeClock(FIRST + timedelta(days=400))  # type: ignore[assignment]
    return made


def states(instance: Instance, kind: str) -> list[JobState]:
    with instance.unit() as work:
        return [job.state for job in work.jobs.list(1000, (kind,))]


def test_each_slot_is_planned_once(instance: Instance) -> None:
    for _ in range(3):
        plan(instance)
    assert [len(states(instance, one.kind)) for one in PERIODIC] == [1] * len(PERIODIC)
    instance.clock.move(seconds=60)
    plan(instance)
    assert len(states(instance, SYNC)) == 2
    assert len(states(instance, CLEARING)) == 1


def test_slots_that_passed_are_not_made_up_for(instance: Instance) -> None:
    plan(instance)
    instance.clock.move(days=3)
    plan(instance)
    assert len(states(instance, SYNC)) == 2


def test_a_clock_set_back_within_the_slot_adds_nothing() -> None:
    every = Periodic("x", 60)
    assert every.job(FIRST + timedelta(seconds=59)).key == every.job(FIRST).key
    assert every.job(FIRST - timedelta(seconds=1)).key != every.job(FIRST).key


def test_finished_jobs_are_cleared_after_a_while(instance: Instance) -> None:
    worker = Worker(instance)
    while worker.run_once():
        pass
    assert set(states(instance, SYNC)) == {JobState.DONE}
    instance.clock.move(days=KEEP_DONE.days + 1)
    while worker.run_once():
        pass
    assert states(instance, SYNC) == [JobState.DONE]


def test_the_index_follows_what_another_process_wrote(instance: Instance) -> None:
    entry = KnowledgeEntry("faq:1", EntryKind.FAQ, "自来水停水了怎么办", "请拨打供水热线报修。")
    with instance.unit() as work:
        work.knowledge.put_all([entry])
        revision = work.knowledge.revision()
        work.commit()
    assert not instance.shelf.is_current(revision)
    worker = Worker(instance)
    while worker.run_once():
        pass
    assert instance.shelf.is_current(revision)
