"""日历服务: a year's holidays are imported, and open orders' deadlines follow."""

import secrets

from api.instance import Instance
from api.jobs.deadlines import reschedule_job
from casework.deadline.calendar_table import CalendarTable
from casework.deadline.rescheduling import calendar_known


def import_calendar(instance: Instance, table: CalendarTable) -> bool:
    """Take the years of `table` over, and let a worker move the deadlines; False when all of it was known."""
    known = instance.calendar_file.table()
    if all(known.of_year(year) == table.of_year(year) for year in table.years):
        return False
    now = instance.clock.now()
    former = CalendarTable.of(one for one in known.days.values() if one.day.year in table.years)
    # The job first: should we be killed before the file is written, it says that the import was not finished.
    with instance.unit() as work:
        work.jobs.add(reschedule_job(secrets.token_hex(6), former, table, now))
        for year in table.years:
            calendar_known(work, year, now)
        work.commit()
    instance.calendar_file.save(known.with_years_of(table))
    return True
