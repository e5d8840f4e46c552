"""An instance of the small city: four departments, one of them with a district's unit, and forty settled orders."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from casework.appeal import AppealType
from casework.deadline.calendar import CITY_TIME
from casework.organisation.department import Department
from casework.organisation.staff import Staff
from casework.transitions import Role, State
from casework.work_order import Dispatching, WorkOrder
from tests.small_city import DEPARTMENTS, TEXTS

if TYPE_CHECKING:
    from api.instance import Instance

FIRST = datetime(2026, 1, 1, 8, 30, tzinfo=CITY_TIME)
PASSWORD = "small-city"
UNIT = Department("street-east", "东区城市管理执法大队", parent="street", jurisdiction="东区")


def small_instance(folder: Path, **settings: object) -> "Instance":
    """Orders of the departments in turns, one a day from FIRST on; the last of `street` went to its district's unit."""
    from api.auth import hasher
    from api.instance import Instance
    from api.settings import Settings

    instance = Instance(Settings(data_dir=folder, worker_in_serve=False, encoder_threads=1, **settings))
    with instance.unit() as work:
        for department in (*DEPARTMENTS, UNIT):
            work.departments.put(department)
        for role in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AGENT):
            work.staff.put(Staff(role.value, role.value, role, hasher().hash(PASSWORD)))
        rows = [(code, text) for number in range(10) for code, text in ((code, TEXTS[code][number]) for code in TEXTS)]
        for day, (code, text) in enumerate(rows):
            at = FIRST + timedelta(days=day)
            lead = UNIT.code if (code, text) == ("street", TEXTS["street"][-1]) else code
            order = WorkOrder(
                AppealType.COMPLAINT,
                text,
                at,
                category=f"{code}/故障",
                state=State.ARCHIVED,
                lead_department=lead,
                supporting_departments=["power"] if day == 0 else [],
                dispatching=Dispatching(lead, "person"),
                dispatched_at=at,
                corrected=day in (1, 2),
                sentiment="不满" if day == 0 else "",
            )
            work.work_orders.add(order)
        work.commit()
    return instance
