"""协办: what supporting departments owe the lead: an opinion by a sub-deadline of their own."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from casework.deadline.calendar import CITY_TIME, WorkingTime
from casework.errors import Forbidden, InvalidInput
from casework.events import Actor, WorkOrderEvent
from casework.transitions import Role
from casework.work_order import SupportWork, WorkOrder

MAX_OPINION = 5000
"""Characters of all that one supporting department has to say."""


def assign(order: WorkOrder, share: float, time: WorkingTime, now: datetime) -> None:
    """Each supporting department owes an opinion; one that gave it, or had its time set before, keeps what it has."""
    known = {work.department: work for work in order.support_work}
    due = support_due_at(order.due_at, share, time, now)
    order.support_work = [known.get(code) or SupportWork(code, due) for code in order.supporting_departments]


def support_due_at(due_at: datetime | None, share: float, time: WorkingTime, now: datetime) -> datetime | None:
    """The end of its share of the working days that the lead has left, at least one; not after the lead's own deadline
    while that is still to come. None when there is no deadline."""
    if due_at is None:
        return None
    left = _working_days(time, now, due_at)
    own = time.add_days(now, max(1, int(left * share)))
    return min(own, due_at) if due_at > now else own


def _working_days(time: WorkingTime, start: datetime, end: datetime) -> int:
    """Working days after the day of `start`, up to the day of `end`."""
    first, last = (moment.astimezone(CITY_TIME).date().toordinal() for moment in (start, end))
    return sum(time.calendar.is_working_day(date.fromordinal(number)) for number in range(first + 1, last + 1))


def owes(order: WorkOrder, by: Actor) -> bool:
    """Whether the department of `by` is one that supports the order."""
    return by.role is Role.DEPARTMENT and any(work.department == by.department for work in order.support_work)


def outstanding(order: WorkOrder) -> list[SupportWork]:
    """Those that have not given their opinion yet."""
    return [work for work in order.support_work if work.opined_at is None]


def opine(order: WorkOrder, text: str, by: Actor, now: datetime) -> WorkOrderEvent:
    """协办意见: for the lead to read; a further one is added to the first.

    Raises: InvalidInput, Forbidden (not a supporting department), IllegalTransition.
    """
    mine = next((work for work in order.support_work if work.department == by.department), None)
    if mine is None:
        raise Forbidden("本单位不是这张工单的协办单位，不能填写协办意见。")
    if not text.strip():
        raise InvalidInput("请填写协办意见。")
    whole = f"{mine.opinion}\n{text.strip()}".strip()
    if len(whole) > MAX_OPINION:
        raise InvalidInput(f"协办意见合计超过{MAX_OPINION}字，请精简后再提交。")
    event = order.apply("opine", by, now, department=by.department)
    mine.opinion, mine.opined_at = whole, now
    return event


def check_heard(order: WorkOrder, without: bool, reason: str, name_of: Callable[[str], str]) -> dict[str, list[str]]:
    """Before the lead replies: the opinions are there, or it is said why they are not waited for.

    Returns what the event keeps of it. Raises: InvalidInput.
    """
    missing = [work.department for work in outstanding(order)]
    if not missing:
        return {}
    if not without:
        names = "、".join(name_of(code) for code in missing)
        raise InvalidInput(
            f"协办单位（{names}）还没有反馈意见。请等待反馈，或者勾选“不等协办意见，直接答复”并说明原因。",
            "support_outstanding",
        )
    if not reason.strip():
        raise InvalidInput("不等协办意见直接答复的，须填写原因。")
    return {"without_support": missing}


def succeed(order: WorkOrder, heirs: Sequence[tuple[str, str]]) -> None:
    """机构调整: what a former department owed or gave is its successor's; of two that become one, the one that gave counts.

    `heirs`: (former code, code of now) for each of the former supporting departments.
    """
    by_code: dict[str, SupportWork] = {}
    now = dict(heirs)
    for work in order.support_work:
        code = now.get(work.department, work.department)
        other = by_code.get(code)
        if other is None or (other.opined_at is None and work.opined_at is not None):
            by_code[code] = SupportWork(code, work.due_at, work.opinion, work.opined_at)
    order.support_work = [by_code[code] for code in order.supporting_departments if code in by_code]
