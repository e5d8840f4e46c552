"""Contract of the jobs: a lease holds one worker at a time; nothing is lost and nothing done twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from casework.job import MAX_ATTEMPTS, Job, JobState
from tests.integration.storage.conftest import NOW, Backend

LEASE = 60
MINUTE = timedelta(minutes=1)


def add(backend: Backend, *jobs: Job) -> list[bool]:
    with backend.unit() as unit:
        added = [unit.jobs.add(job) for job in jobs]
        unit.commit()
    return added


def claim(backend: Backend, worker: str = "w1", now: datetime = NOW, kinds: tuple[str, ...] = ()) -> Job | None:
    with backend.unit() as unit:
        job = unit.jobs.claim(worker, now, LEASE, kinds)
        unit.commit()
    return job


def get(backend: Backend, key: str) -> Job | None:
    with backend.unit() as unit:
        return unit.jobs.get(key)


def test_every_field_comes_back(backend: Backend) -> None:
    job = Job(
        "train", "train-1", NOW, {"表": ["'; --", 1.5, None]}, 0, JobState.FAILED, 3, NOW + MINUTE, "w9", "磁盘已满"
    )
    assert add(backend, job) == [True]
    assert job.id > 0
    assert get(backend, "train-1") == job
    with backend.unit() as unit:
        assert unit.jobs.list() == [job]


def test_a_known_key_is_a_no_op(backend: Backend) -> None:
    first, second = Job("k", "same", NOW, {"n": 1}), Job("other", "same", NOW + MINUTE, {"n": 2})
    assert add(backend, first, second) == [True, False]
    assert add(backend, second) == [False]
    assert get(backend, "same") == first
    assert get(backend, "unknown") is None


def test_the_due_job_that_waited_longest_is_claimed(backend: Backend) -> None:
    add(backend, Job("k", "later", NOW), Job("k", "first", NOW - MINUTE), Job("k", "future", NOW + MINUTE))
    job = claim(backend)
    assert (job.key, job.state, job.worker, job.attempts) == ("first", JobState.RUNNING, "w1", 1)
    assert job.leased_until == NOW + timedelta(seconds=LEASE)
    assert get(backend, "first") == job
    assert claim(backend, "w2").key == "later"
    assert claim(backend, "w3") is None, "the rest is not due"
    assert claim(backend, "w3", now=NOW + MINUTE).key in ("first", "later", "future")


def test_kinds_are_kept_apart(backend: Backend) -> None:
    add(backend, Job("train", "a", NOW - MINUTE), Job("callback", "b", NOW))
    assert claim(backend, kinds=("index",)) is None
    assert claim(backend, kinds=("callback", "index")).key == "b"
    assert claim(backend).key == "a"


def test_a_claim_that_is_rolled_back_does_not_hold(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    with backend.unit() as unit:
        assert unit.jobs.claim("w1", NOW, LEASE).key == "a"
    assert get(backend, "a").state is JobState.WAITING
    assert claim(backend, "w2").attempts == 1


def test_finished_is_done_once(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    job = claim(backend)
    with backend.unit() as unit:
        assert unit.jobs.finish(job, "w2") is False, "another worker cannot finish it"
        assert unit.jobs.finish(job, "w1") is True
        assert unit.jobs.finish(job, "w1") is False
        unit.commit()
    assert get(backend, "a") == job
    assert (job.state, job.leased_until) == (JobState.DONE, None)
    assert claim(backend, now=NOW + timedelta(days=9)) is None


def test_a_lease_that_ran_out_goes_to_another(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    first = claim(backend, "w1")
    assert claim(backend, "w2", NOW + timedelta(seconds=LEASE - 1)) is None
    second = claim(backend, "w2", NOW + timedelta(seconds=LEASE))
    assert (second.key, second.worker, second.attempts) == ("a", "w2", 2)
    with backend.unit() as unit:
        before = replace(first)
        assert unit.jobs.finish(first, "w1") is False
        assert unit.jobs.fail(first, "w1", "x", None) is False
        assert first == before
        assert unit.jobs.finish(second, "w2") is True
        unit.commit()
    assert get(backend, "a").state is JobState.DONE


def test_an_overdue_lease_that_nobody_took_can_still_finish(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    job = claim(backend)
    with backend.unit() as unit:
        assert unit.jobs.finish(job, "w1") is True


def test_a_restarted_worker_of_the_same_name_is_another_claim(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    lost = claim(backend, "w1")
    claim(backend, "w1", NOW + 5 * MINUTE)
    with backend.unit() as unit:
        assert unit.jobs.finish(lost, "w1") is False


def test_progress_is_told_while_the_lease_is_held(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    job, told = claim(backend), {"step": "编码", "done": 3, "total": 9, "seconds_left": 12.5}
    assert job is not None
    with backend.unit() as unit:
        assert unit.jobs.tell(job, "w1", told, NOW + 5 * MINUTE)
        unit.commit()
    stored = get(backend, "a")
    assert stored is not None and (stored.progress, stored.leased_until) == (told, NOW + 5 * MINUTE)
    assert claim(backend, "w2", NOW + 2 * MINUTE) is None, "telling renews the lease"
    assert claim(backend, "w2", NOW + 6 * MINUTE) is not None
    with backend.unit() as unit:
        assert not unit.jobs.tell(job, "w1", {"step": "x"}, NOW + 9 * MINUTE), "another holds it now"


def test_failing_tries_again_or_gives_up(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    job = claim(backend)
    with backend.unit() as unit:
        assert unit.jobs.fail(job, "w1", "网络中断", NOW + MINUTE) is True
        unit.commit()
    assert get(backend, "a") == job
    assert (job.state, job.due_at, job.error, job.leased_until) == (JobState.WAITING, NOW + MINUTE, "网络中断", None)
    assert claim(backend) is None
    again = claim(backend, now=NOW + MINUTE)
    assert again.attempts == 2
    with backend.unit() as unit:
        assert unit.jobs.fail(again, "w1", "又失败", None) is True
        unit.commit()
    assert (get(backend, "a").state, get(backend, "a").error) == (JobState.FAILED, "又失败")
    assert claim(backend, now=NOW + timedelta(days=9)) is None


def test_any_error_can_be_written_down(backend: Backend) -> None:
    add(backend, Job("k", "a", NOW))
    job = claim(backend)
    with backend.unit() as unit:
        assert unit.jobs.fail(job, "w1", "文件 a\x00b\udce4.csv 无法读取", None) is True
        unit.commit()
    assert get(backend, "a").error == job.error == "文件 a\\x00b\\udce4.csv 无法读取"


def test_a_job_that_kills_its_workers_is_given_up(backend: Backend) -> None:
    add(backend, Job("k", "poison", NOW), Job("k", "good", NOW + timedelta(days=1)))
    now = NOW
    for attempt in range(MAX_ATTEMPTS):
        assert claim(backend, now=now).attempts == attempt + 1
        now += 2 * MINUTE
    assert claim(backend, now=now) is None
    assert claim(backend, now=NOW + timedelta(days=1)).key == "good"
    poison = get(backend, "poison")
    assert (poison.state, poison.leased_until) == (JobState.FAILED, None)
    assert "停止重试" in poison.error


def test_each_job_goes_to_one_of_many_workers(backend: Backend) -> None:
    add(backend, *(Job("k", str(number), NOW) for number in range(24)))

    def work(worker: str) -> list[str]:
        done = []
        while job := claim(backend, worker):
            with backend.unit() as unit:
                assert unit.jobs.finish(job, worker)
                unit.commit()
            done.append(job.key)
        return done

    with ThreadPoolExecutor(4) as pool:
        done = [key for keys in pool.map(work, ["w1", "w2", "w3", "w4"]) for key in keys]
    assert sorted(done, key=int) == [str(number) for number in range(24)]


def test_the_list_is_newest_first(backend: Backend) -> None:
    add(backend, *(Job("k", key, NOW) for key in "abc"))
    with backend.unit() as unit:
        assert [job.key for job in unit.jobs.list(limit=2)] == ["c", "b"]


def test_the_list_may_be_of_some_kinds(backend: Backend) -> None:
    add(backend, Job("train", "a", NOW), *(Job("k", key, NOW) for key in "bcd"), Job("train", "e", NOW))
    with backend.unit() as unit:
        assert [job.key for job in unit.jobs.list(limit=2, kinds=("train",))] == ["e", "a"]
        assert [job.key for job in unit.jobs.list(kinds=("other",))] == []


def test_naive_times_are_refused(backend: Backend) -> None:
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.jobs.add(Job("k", "a", datetime(2025, 1, 1)))
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.jobs.claim("w", datetime(2025, 1, 1), LEASE)
