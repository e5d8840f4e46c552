"""待办提醒服务: what somebody of a role must act on, with the order that it speaks of."""

from collections.abc import Mapping
from datetime import datetime

from api.instance import Instance
from api.services.staff_names import NO_NAMES, staff_names, who
from casework.deadline.escalation import STEPS
from casework.deadline.notice import Notice
from casework.deadline.rescheduling import CALENDAR
from casework.deadline.watch import moot
from casework.errors import NotFound
from casework.events import Actor
from casework.handling.sight import sight_of
from casework.organisation.department import Department
from casework.transitions import STATE_NAMES
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

MOST = 200
"""Notices that one inbox shows."""
KIND_NAMES = {step.name: step.title for step in STEPS} | {
    CALENDAR: "放假安排",
    "callback_handover": "回访转人工",
    "urged": "催办",
    "quality": "质检",
    "hot_topic": "热点预警",
}
OTHER = "提醒"
GONE = "没有找到这条提醒。"


class NoticeService:
    """提醒服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def inbox(self, by: Actor) -> dict:
        """Open notices for the role of `by`, newest first; department staff see those of their department and its units."""
        with self._instance.unit() as work:
            sight = sight_of(work, by)
            found = work.notices.open_for(by.role, sight, MOST)
            total = work.notices.count_open(by.role, sight)
            departments = {one.code: one for one in work.departments.all(active_only=False)}
            rows = [(notice, _order(work, notice)) for notice in found]
        # What an order has outgrown is settled by the watch within a minute; until then nobody need read it.
        shown = [(notice, order) for notice, order in rows if order is None or not moot(notice, order)]
        now = self._instance.clock.now()
        items = [_view(notice, order, departments, now) for notice, order in shown]
        return {"items": items, "open": total - (len(rows) - len(shown))}

    def count(self, by: Actor) -> dict:
        """How many wait."""
        with self._instance.unit() as work:
            return {"open": work.notices.count_open(by.role, sight_of(work, by))}

    def done(self, notice_id: int, by: Actor) -> dict:
        """Somebody has seen to it; a second one changes nothing. Raises: NotFound (another role's or department's too), Conflict."""
        with self._instance.unit() as work:
            notice = work.notices.get(notice_id)
            sight = sight_of(work, by)
            if notice.role is not by.role or (sight and notice.department not in sight):
                raise NotFound(GONE)
            if notice.done_at is None:
                notice.done_at, notice.done_by = self._instance.clock.now(), by.id
                work.notices.save(notice)
                work.commit()
            departments = {one.code: one for one in work.departments.all(active_only=False)}
            names = staff_names(work, [notice.done_by])
            return _view(notice, _order(work, notice), departments, self._instance.clock.now(), names)


def _order(work: UnitOfWork, notice: Notice) -> WorkOrder | None:
    if notice.work_order_id is None:
        return None
    try:
        return work.work_orders.get(notice.work_order_id)
    except NotFound:
        return None


def _view(
    notice: Notice,
    order: WorkOrder | None,
    departments: dict[str, Department],
    now: datetime,
    names: Mapping[str, str] = NO_NAMES,
) -> dict:
    """NoticeView of docs/api.md."""
    department = departments.get(notice.department)
    return {
        "id": notice.id,
        "at": notice.at,
        "kind": notice.kind,
        "kind_name": KIND_NAMES.get(notice.kind, OTHER),
        "text": notice.text,
        "department": notice.department,
        "department_name": department.name if department else "",
        "order": None
        if order is None
        else {
            "id": order.id,
            "number": order.number,
            "state_name": STATE_NAMES[order.state],
            "due_at": order.due_at,
            "supervision_level": order.supervision_level,
            "overdue": order.overdue(now),
        },
        "done_at": notice.done_at,
        "done_by": notice.done_by,
        "done_by_name": who(names, notice.done_by),
    }
