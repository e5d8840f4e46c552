"""时限重算: deadlines in a year whose holidays were not known yet, or were corrected, move when they are."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from casework.deadline.calendar import CITY_TIME, Calendar, WorkingTime, local
from casework.deadline.deadlines import provisional
from casework.deadline.notice import Notice
from casework.deadline.watch import rearm, settle
from casework.events import SYSTEM, WorkOrderEvent
from casework.filing import Rules, hours_of
from casework.ports import CaseworkUnit, Clock
from casework.transitions import Role, State
from casework.work_order import WorkOrder

RESCHEDULED, RESCHEDULED_NAME = "DeadlinesRescheduled", "时限重算"
"""The event of an order whose deadlines moved with the calendar."""
CALENDAR = "calendar"
"""Kind of the notice that a year's holidays are not known."""


@dataclass(frozen=True, slots=True)
class NewCalendar:
    """新的放假安排: from the beginning of year `first` on, `former` no longer holds. `mark` tells this change from others."""

    first: int
    former: Calendar
    since: datetime
    mark: str

    @property
    def begins(self) -> datetime:
        """The first moment that may have changed."""
        return datetime.combine(date(self.first, 1, 1), datetime.min.time(), CITY_TIME)


def calendar_key(year: int) -> str:
    """The notice's key: one for each year."""
    return f"{CALENDAR}:{year}"


def ask_for_calendar(unit: CaseworkUnit, year: int, now: datetime) -> bool:
    """Tell the administrators that deadlines reach a year whose holidays are not known; False when they were told before."""
    text = (
        f"有工单的期限已经到了{year}年，而系统还没有{year}年的放假安排，期限暂按周一至周五推算。"
        f"请在国务院公布放假安排后导入（hotline calendar import 文件），在办工单的期限会自动重算。"
    )
    return unit.notices.add(Notice(calendar_key(year), now, CALENDAR, Role.ADMINISTRATOR, text))


def calendar_known(unit: CaseworkUnit, year: int, now: datetime) -> bool:
    """Settle the notice that asked for it; False when nobody was asked."""
    notice = unit.notices.by_key(calendar_key(year))
    if notice is None:
        return False
    if notice.done_at is None:
        notice.done_at, notice.done_by = now, SYSTEM.id
        unit.notices.save(notice)
    return True


def reschedule(
    unit: CaseworkUnit, order_id: int, new: NewCalendar, rules: Rules, clock: Clock
) -> WorkOrderEvent | None:
    """Move the order's deadlines by the new calendar, keeping the working time that was given in the years concerned.

    None when nothing moves: done before, or reckoned by the new calendar already. Nothing is committed here.
    Raises: NotFound; Conflict.
    """
    order, now = unit.work_orders.get(order_id), clock.now()
    events = unit.events.of(order_id)
    if any(event.name == RESCHEDULED and (event.data or {}).get("calendar") == new.mark for event in events):
        return None
    begun = order.created_at
    if order.reworks:
        again = [event.at for event in events if event.name in ("ReworkOrdered", "WorkOrderDispatched")]
        begun = max(again, default=begun)
    moved = _move(unit, order, new, rules, begun)
    if not moved:
        return None
    rearm(order, rules, now)
    settle(unit, order, now)
    unit.work_orders.save(order)
    return unit.events.append(
        WorkOrderEvent(
            work_order_id=order.id,
            name=RESCHEDULED,
            at=now,
            actor=SYSTEM,
            state_from=order.state.value,
            state_to=order.state.value,
            reason=f"{new.first}年放假安排更新，期限按新的工作日历重算",
            data={"calendar": new.mark, **moved},
        )
    )


def _move(unit: CaseworkUnit, order: WorkOrder, new: NewCalendar, rules: Rules, begun: datetime) -> dict[str, str]:
    """Set what moves; returns from and to of each deadline for the event."""
    time = rules.time
    moved: dict[str, str] = {}

    def move(
        name: str, due: datetime | None, by: WorkingTime, started: datetime | None, fresh: datetime | None = None
    ) -> datetime | None:
        """`fresh`: what the new calendar says of a deadline that nobody has changed."""
        if due is None or due == fresh or due < new.begins or (started is not None and started > new.since):
            return due
        again = rebased(due, new, by)
        if again == due:
            return due
        stem = name.replace("_at", "")
        moved[f"{stem}_from"], moved[f"{stem}_to"] = (local(one).isoformat(timespec="seconds") for one in (due, again))
        return again

    profile = rules.deadlines
    fresh = None if order.reworks else profile.due_at(order.created_at, order.type, time, order.urgency)
    if not profile.natural(order.urgency, order.reworks > 0):
        order.due_at = move("due_at", order.due_at, time, begun, fresh)
    if order.state is State.DISPATCHED and order.dispatched_at is not None and order.sign_due_at != order.due_at:
        hours, sent = hours_of(unit, order.lead_department), order.dispatched_at
        sign = profile.sign_due_at(sent, time, hours, order.due_at)
        order.sign_due_at = move("sign_due_at", order.sign_due_at, time.during(hours), sent, sign)
    if order.contacted_at is None:
        order.contact_due_at = move("contact_due_at", order.contact_due_at, time, begun)
    for work in order.support_work:
        if work.opined_at is None:
            work.due_at = move(f"support_due_at/{work.department}", work.due_at, time, order.dispatched_at)
    return moved


def due_provisional(order: WorkOrder, rules: Rules) -> bool:
    """暂定期限: the open order is due in a year whose holidays are not known yet."""
    natural = rules.deadlines.natural(order.urgency, order.reworks > 0)
    return order.closed_at is None and provisional(order.due_at, rules.time, natural)


def rebased(due: datetime, new: NewCalendar, time: WorkingTime) -> datetime:
    """The moment that is as much working time after `new.begins` by `time` as `due` was by the former calendar."""
    former = WorkingTime(new.former, time.hours)
    return time.add(new.begins, max(former.between(new.begins, due), timedelta(0)))
