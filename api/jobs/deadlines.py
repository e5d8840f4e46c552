"""时限任务: orders whose next step is due are looked at, years without a calendar are told, and deadlines follow a new one."""

import logging
from collections.abc import Iterator
from datetime import datetime

from api.instance import Instance
from api.jobs.handler import Handler
from casework.deadline.calendar import CITY_TIME, OfficialCalendar, local
from casework.deadline.calendar_table import CalendarDay, CalendarTable
from casework.deadline.escalation import BY_NAME, HOLDERS
from casework.deadline.rescheduling import NewCalendar, ask_for_calendar, calendar_known, reschedule
from casework.deadline.watch import look
from casework.errors import Conflict, HotlineError, InvalidInput
from casework.events import SYSTEM
from casework.job import Job

log = logging.getLogger("hotline.deadlines")
WATCH, WATCH_CALENDAR, RESCHEDULE = "watch_deadlines", "watch_calendar", "reschedule_deadlines"
BATCH = 100
MOST = 2000
"""Orders looked at in one job; the others have their turn a minute later, and the lease does not run out meanwhile."""
YEARS_AHEAD = 3
OPEN = tuple(HOLDERS)


def _watch(instance: Instance, job: Job) -> None:
    looked = 0
    passed: set[int] = set()
    while looked < MOST:
        with instance.unit() as work:
            due = work.work_orders.to_watch(instance.clock.now(), BATCH + len(passed))
        waiting = [order_id for order_id in due if order_id not in passed]
        if not waiting:
            break
        for order_id in waiting:
            looked += 1
            # An order that was left as it is must not be met again in this job.
            passed.add(order_id)
            _look(instance, order_id)
    _settle(instance)


def _look(instance: Instance, order_id: int) -> None:
    """One order in a unit of its own: what is wrong with one keeps no other from its turn."""
    try:
        with instance.unit() as work:
            look(work, order_id, instance.rules, instance.clock)
            work.commit()
    except Conflict:
        pass  # somebody acts on it at this moment; it is looked at again in a minute
    except HotlineError as error:
        log.error("order %d could not be watched: %s", order_id, error.message)
    except Exception:
        log.exception("order %d could not be watched", order_id)


def _settle(instance: Instance) -> None:
    """Notices of orders that were closed by whatever way."""
    with instance.unit() as work:
        outlived = work.notices.outlived(tuple(BY_NAME), OPEN)
        for notice in outlived:
            notice.done_at, notice.done_by = instance.clock.now(), SYSTEM.id
            work.notices.save(notice)
        if outlived:
            work.commit()


def _watch_calendar(instance: Instance, job: Job) -> None:
    """Tell of years without a calendar that deadlines reach, and, when a newer library knows such a year, move them."""
    now, calendar = instance.clock.now(), instance.rules.time.calendar
    table = instance.calendar_file.table()
    year = local(now).year
    with instance.unit() as work:
        for wanted in range(year, year + YEARS_AHEAD):
            begins = datetime(wanted, 1, 1, tzinfo=CITY_TIME)
            if not calendar.knows(wanted):
                if work.work_orders.due_from(begins, OPEN, limit=1):
                    ask_for_calendar(work, wanted, now)
            elif calendar_known(work, wanted, now) and wanted not in table.years:
                work.jobs.add(reschedule_job(f"library:{wanted}", CalendarTable({}, frozenset((wanted,))), None, now))
        work.commit()


def reschedule_job(mark: str, former: CalendarTable, imported: CalendarTable | None, now: datetime) -> Job:
    """Let open orders follow the years that are imported (None: that the library has learned); `former` is what held in them
    so far, and says nothing of years that the library knew."""
    years = sorted(imported.years if imported is not None else former.years)
    payload = {
        "mark": mark,
        "years": years,
        "former": {str(year): _rows(former, year) for year in years if year in former.years},
        "imported": {str(year): _rows(imported, year) for year in years} if imported is not None else None,
        "since": now.isoformat(),
    }
    return Job(RESCHEDULE, f"{RESCHEDULE}:{mark}", now, payload)


def _rows(table: CalendarTable, year: int) -> list:
    return [[one.day.isoformat(), one.worked, one.name] for one in table.of_year(year)]


def _reschedule(instance: Instance, job: Job) -> None:
    told, table = job.payload, instance.calendar_file.table()
    if told["imported"] is not None and any(_rows(table, int(year)) != days for year, days in told["imported"].items()):
        raise InvalidInput("放假安排没有导入完成，或者已被再次修改，请重新导入。")
    kept = [day for day in table.days.values() if day.day.year not in told["years"]]
    before = [
        CalendarDay(datetime.fromisoformat(day).date(), worked, name)
        for days in told["former"].values()
        for day, worked, name in days
    ]
    known = CalendarTable.of([*kept, *before])
    former = OfficialCalendar(CalendarTable(known.days, known.years | {int(year) for year in told["former"]}))
    new = NewCalendar(min(told["years"]), former, datetime.fromisoformat(told["since"]), told["mark"])
    for order_id in _orders_from(instance, new.begins):
        with instance.unit() as work:
            if reschedule(work, order_id, new, instance.rules, instance.clock) is not None:
                work.commit()


def _orders_from(instance: Instance, moment: datetime) -> Iterator[int]:
    after = 0
    while True:
        with instance.unit() as work:
            found = work.work_orders.due_from(moment, OPEN, after)
        if not found:
            return
        yield from found
        after = found[-1]


HANDLERS: dict[str, Handler] = {WATCH: _watch, WATCH_CALENDAR: _watch_calendar, RESCHEDULE: _reschedule}
