"""Measure what the console, the citizen's query and the worker read of a large database (loaded by benchmarks.storage_load).

python -m benchmarks.storage --url sqlite:////tmp/large.db
python -m benchmarks.storage --url postgresql://postgres@127.0.0.1/large --audit

Every query is run RUNS times with other arguments each time, after a few that warm the machine's memory up; p50 and p95 in milliseconds, of
the whole call, rows read and decrypted. Nothing is written.
"""

import argparse
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from api.instance import Instance
from api.services import statistics
from api.settings import Settings
from benchmarks.machine import write
from benchmarks.storage_load import NOW, SECRETS, phone, query_code
from casework.audit import audit
from casework.callback.callback_task import TaskFilter, TaskKind
from casework.callback.satisfaction import ClosingFilter, Group
from casework.insight.figures import Dimension, Period, Slice
from casework.ports import WorkOrderFilter
from casework.transitions import State
from storage.unit_of_work import SqlUnitOfWork

RUNS, WARMING = 60, 6
LIMITS = {"sqlite": 300, "postgresql": 100}
"""p95 in milliseconds."""
WORDS = (
    "公积金", "噪音", "停水", "路灯", "物业", "医保", "社保", "幼儿园", "积水", "欠薪", "退款", "井盖", "公交", "垃圾",
    "电动车", "充电桩", "施工", "油烟", "学位", "暖气", "宽带", "停车位", "流浪狗", "身份证",
)  # fmt: skip
RARE = ("精神障碍稳定期", "旧衣回收箱", "自愿放弃公积金", "红手印", "不存在的这句话")
COMMON = ("的", "了", "没有", "街道", "我们", "怎么")
QUICK = (
    (State.PENDING_DISPATCH, State.RETURNED), (State.PROCESSING,), (State.REPLIED,), (State.ARCHIVED,),
    (State.CLOSED, State.CALLBACK, State.ARCHIVED), (State.DISPATCHED,), (State.REWORK,),
)  # fmt: skip


class _LoadClock:
    """Stands still at the moment that the load describes."""

    def now(self) -> datetime:
        return NOW


class _Instance(Instance):
    """An instance over a database that is there already, at the moment that the load describes."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(Settings(data_dir=folder, database_url=url))
        self.clock = _LoadClock()  # type: ignore[assignment]

    def unit(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.engine, SECRETS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", default="", help="only queries whose name holds this")
    parser.add_argument("--audit", action="store_true", help="verify the whole audit chain as well")
    parser.add_argument("--name", default="", help="name of the result file; none is written without")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        instance = _Instance(Path(folder), options.url)
        kind = instance.engine.dialect.name
        size = _size(instance)
        queries = {name: act for name, act in _queries(instance, size).items() if options.only in name}
        rows = {name: _measure(act, options.runs) for name, act in queries.items()}
        slow = [name for name, row in rows.items() if row["p95_ms"] > LIMITS[kind]]
        result: dict[str, Any] = {
            "database": _version(instance),
            "size": size,
            "limit_p95_ms": LIMITS[kind],
            "over_limit": slow,
            "queries": rows,
        }
        if options.audit:
            result["audit"] = _audit(instance)
    for name, row in rows.items():
        print(
            f"{name:34} p50 {row['p50_ms']:8.1f}  p95 {row['p95_ms']:8.1f}{'  <-- over' if name in slow else ''}",
            flush=True,
        )
    if options.name:
        write(options.name, result)
    elif options.audit:
        print(result["audit"])
    return 0


def _queries(instance: Instance, size: dict) -> dict[str, Callable[[random.Random], object]]:
    """By name: one call with arguments drawn by chance."""
    with instance.unit() as work:
        departments = [row.department for row in work.work_orders.counts() if row.department]
    departments = sorted(set(departments))

    def read(make: Callable[[Any, random.Random], object]) -> Callable[[random.Random], object]:
        def act(chance: random.Random) -> object:
            with instance.unit() as work:
                return make(work, chance)

        return act

    def listed(make: Callable[[random.Random], dict], pages: int = 1) -> Callable[[random.Random], object]:
        return read(lambda work, c: work.work_orders.list(WorkOrderFilter(**make(c)), 20, 20 * c.randrange(pages)))

    def days(chance: random.Random, length: int) -> dict:
        start = NOW - timedelta(days=chance.randrange(length, 1000))
        return {"created_from": start, "created_to": start + timedelta(days=length)}

    def one(chance: random.Random) -> int:
        return chance.randint(1, size["orders"])

    several = lambda c: tuple(c.sample(departments, 6))  # noqa: E731
    return {
        "list: all": listed(lambda c: {"merged": False}),
        "list: all, a later page": listed(lambda c: {"merged": False}, 400),
        "list: by states": listed(lambda c: {"states": c.choice(QUICK), "merged": False}),
        "list: by department": listed(lambda c: {"department": c.choice(departments), "merged": False}),
        "list: by department and state": listed(
            lambda c: {"department": c.choice(departments), "states": c.choice(QUICK), "merged": False}
        ),
        "list: by sight": listed(lambda c: {"sight": several(c), "merged": False}),
        "list: by sight and state": listed(lambda c: {"sight": several(c), "states": c.choice(QUICK), "merged": False}),
        "list: by period": listed(lambda c: days(c, 30)),
        "list: by period and state": listed(lambda c: days(c, 30) | {"states": c.choice(QUICK)}),
        "list: merged ones": listed(lambda c: {"merged": True}),
        "search: a word": listed(lambda c: {"text": c.choice(WORDS)}),
        "search: a word, a later page": listed(lambda c: {"text": c.choice(WORDS)}, 20),
        "search: a rare phrase": listed(lambda c: {"text": c.choice(RARE)}),
        "search: in most orders": listed(lambda c: {"text": c.choice(COMMON)}),
        "search: a word within a sight": listed(lambda c: {"text": c.choice(WORDS), "sight": several(c)}),
        "search: a word in a month": listed(lambda c: {"text": c.choice(WORDS)} | days(c, 30)),
        "search: a word and states": listed(lambda c: {"text": c.choice(WORDS), "states": c.choice(QUICK)}),
        "search: a number": listed(lambda c: {"text": f"{one(c):06d}"}),
        "search: a day's numbers": listed(lambda c: {"text": f"{NOW - timedelta(days=c.randrange(1000)):%Y%m%d}"}),
        "order: by query code": read(lambda work, c: work.work_orders.by_query_code(query_code(one(c)))),
        "order: with its events": read(
            lambda work, c: [get(one(c)) for get in (work.work_orders.get, work.events.of, work.callbacks.of, work.work_orders.linked_to)]
        ),
        "orders: of a requester": read(lambda work, c: work.work_orders.of_requester(phone(one(c)), NOW - timedelta(days=90))),
        "orders: to watch": read(lambda work, c: work.work_orders.to_watch(NOW + timedelta(hours=c.randrange(24)), 200)),
        "orders: late": read(lambda work, c: work.work_orders.overdue_count(NOW, c.choice(["", *departments]))),
        "statistics: overview": lambda c: statistics.overview(instance, c.choice(["", "", *departments])),
        "statistics: a month's satisfaction": read(lambda work, c: work.callbacks.tally(_closed(c), c.choice(list(Group)))),
        "statistics: a month's departments": read(lambda work, c: work.figures.tallies(_period(c))),
        "statistics: a month's appeals": read(
            lambda work, c: work.figures.counts(Slice(*_month(c)), (c.choice((Dimension.CATEGORY_1, Dimension.DISTRICT, Dimension.DAY)),))
        ),
        "callbacks: to call": read(lambda work, c: work.callbacks.tasks(TaskFilter(c.choice(list(TaskKind))), NOW, 20)),
        "jobs: claim": read(lambda work, c: work.jobs.claim("bench", NOW + timedelta(days=c.randrange(6)), 60, ("callback_begin", "callback_expire"))),
        "jobs: newest of a kind": read(lambda work, c: work.jobs.list(20, ("train",))),
    }  # fmt: skip


def _month(chance: random.Random) -> tuple[datetime, datetime]:
    start = NOW - timedelta(days=30 * chance.randrange(1, 30))
    return start, start + timedelta(days=30)


def _closed(chance: random.Random) -> ClosingFilter:
    return ClosingFilter(*_month(chance))


def _period(chance: random.Random) -> Period:
    return Period(*_month(chance), NOW)


def _measure(act: Callable[[random.Random], object], runs: int) -> dict:
    chance = random.Random(12345)
    seconds = []
    for number in range(-WARMING, runs):
        began = time.perf_counter()
        act(chance)
        if number >= 0:
            seconds.append(time.perf_counter() - began)
    return {f"p{q}_ms": round(float(np.percentile(seconds, q)) * 1000, 1) for q in (50, 95)} | {"runs": runs}


def _audit(instance: Instance) -> dict:
    began = time.perf_counter()
    with instance.unit() as work:
        found = audit(work)
    seconds = time.perf_counter() - began
    return {
        "events": found.events,
        "whole": found.broken is None,
        "seconds": round(seconds),
        "events_per_second": round(found.events / seconds),
    }


def _size(instance: Instance) -> dict:
    with instance.engine.connect() as connection:
        largest = {
            "orders": "max(id) FROM work_orders",
            "events": "max(sequence) FROM events",
            "jobs": "count(*) FROM jobs",
        }
        size = {name: connection.execute(text(f"SELECT {what}")).scalar_one() for name, what in largest.items()}
        if instance.engine.dialect.name == "postgresql":
            whole = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        else:
            whole = Path(instance.engine.url.database or "").stat().st_size
    return size | {"gigabytes": round(whole / 1e9, 1)}


def _version(instance: Instance) -> str:
    if instance.engine.dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}, {platform.machine()}"
    with instance.engine.connect() as connection:
        return "PostgreSQL " + connection.execute(text("SHOW server_version")).scalar_one()


if __name__ == "__main__":
    raise SystemExit(main())
