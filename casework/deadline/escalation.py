"""预警与督办升级: the table of steps that a deadline brings, when each is due, and who must act."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from casework.transitions import MAX_RETURNS, Role, State
from casework.work_order import WorkOrder

if TYPE_CHECKING:  # filing arms what it files
    from casework.filing import Rules


class Deadline(StrEnum):
    """时限种类."""

    SIGN = "sign"
    HANDLE = "handle"
    SUPPORT = "support"
    CONTACT = "contact"


PAUSED = (State.SUSPENDED, State.EXTENSION_PENDING)
"""States in which the deadline for handling neither warns nor escalates."""
HOLDERS = {
    State.PENDING_DISPATCH: Role.DISPATCHER,
    State.REWORK: Role.DISPATCHER,
    State.RETURNED: Role.DISPATCHER,
    State.ADJUDICATED: Role.DISPATCHER,
    State.DISPATCHED: Role.DEPARTMENT,
    State.SIGNED: Role.DEPARTMENT,
    State.PROCESSING: Role.DEPARTMENT,
    State.EXTENSION_PENDING: Role.SUPERVISOR,
    State.SUSPENDED: Role.DEPARTMENT,
    State.REPLIED: Role.AGENT,
}
"""Whose turn it is, by state. An order in no other state is late any more."""
_HANDLING = (State.DISPATCHED, State.SIGNED, State.PROCESSING, State.EXTENSION_PENDING, State.REPLIED)
SIGN_WARNING = 0.25
"""Share of the time for signing that is left when it warns."""
WARNING = 0.2
"""Share of the time for handling that is left when it warns; a working day at least, though never more than half."""


@dataclass(frozen=True, slots=True)
class Running:
    """一个时限 of an order as it stands: `department` is who supports, of 协办."""

    kind: Deadline
    at: datetime
    department: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """升级步骤: `action` is the verb of the transition table; `roles` who must act, None being whose turn it is."""

    name: str
    title: str
    deadline: Deadline
    moment: Callable[[WorkOrder, Running, "Rules"], datetime]
    action: str
    roles: tuple[Role | None, ...]
    text: str
    level: int = 0
    """督办级别 that it raises the order to."""


@dataclass(frozen=True, slots=True)
class DueStep:
    """到期步骤: one step of one running deadline, and when it is due."""

    step: Step
    running: Running
    moment: datetime

    @property
    def marker(self) -> str:
        """What makes it this step: a changed deadline makes another of it."""
        return _marker(self.step, self.running)


def _at(order: WorkOrder, running: Running, rules: "Rules") -> datetime:
    return running.at


def _sign_warning(order: WorkOrder, running: Running, rules: "Rules") -> datetime:
    """By the hotline's hours; at night, where a department is there around the clock, by the clock."""
    ahead = timedelta(hours=rules.deadlines.sign_hours * SIGN_WARNING)
    end = running.at
    works = rules.time.add(end, timedelta(0)) == end
    warned = rules.time.add(end, -ahead) if works else end - ahead
    return max(warned, order.dispatched_at) if order.dispatched_at else warned


def _handling_warning(order: WorkOrder, running: Running, rules: "Rules") -> datetime:
    rework, profile = order.reworks > 0, rules.deadlines
    given = profile.allowance(order.type, order.urgency, rework, rules.time)
    if profile.natural(order.urgency, rework):
        return running.at - given * WARNING
    return rules.time.add(running.at, -min(max(given * WARNING, rules.time.day), given / 2))


def _working_days_after(days: int) -> Callable[[WorkOrder, Running, "Rules"], datetime]:
    def moment(order: WorkOrder, running: Running, rules: "Rules") -> datetime:
        return rules.time.add(running.at, days * rules.time.day)

    return moment


_DEPARTMENT, _DISPATCHER, _TURN = (Role.DEPARTMENT,), (Role.DISPATCHER,), (None,)
STEPS = (
    Step(
        "sign_warning",
        "未签收预警",
        Deadline.SIGN,
        _sign_warning,
        "warn",
        _DEPARTMENT,
        "应于{due}前签收，尚未签收，请尽快签收；不属于本单位职责的，请在退单时限内退单",
    ),
    Step(
        "sign_overdue",
        "未签收催办",
        Deadline.SIGN,
        _at,
        "urge",
        (Role.DEPARTMENT, Role.DISPATCHER),
        "应于{due}前签收，已超过签收时限，请{holder}立即签收，派单员跟进",
    ),
    Step(
        "due_warning",
        "办理预警",
        Deadline.HANDLE,
        _handling_warning,
        "warn",
        _TURN,
        "应于{due}前办结，请{holder}抓紧处理",
    ),
    Step("overdue", "超期催办", Deadline.HANDLE, _at, "urge", _TURN, "应于{due}前办结，已超期，请{holder}立即处理"),
    Step(
        "supervision_1",
        "督办一级",
        Deadline.HANDLE,
        _at,
        "supervise",
        _DISPATCHER,
        "应于{due}前办结，已超期，列为一级督办，请派单员督促{holder}办理",
        1,
    ),
    Step(
        "supervision_2",
        "督办二级",
        Deadline.HANDLE,
        _working_days_after(2),
        "supervise",
        (Role.SUPERVISOR,),
        "应于{due}前办结，超期已满2个工作日，列为二级督办，请督办员约谈{holder}",
        2,
    ),
    Step(
        "supervision_3",
        "督办三级",
        Deadline.HANDLE,
        _working_days_after(5),
        "supervise",
        (Role.ADMINISTRATOR,),
        "应于{due}前办结，超期已满5个工作日，列为三级督办，请热线负责人报分管领导督办{holder}",
        3,
    ),
    Step(
        "support_overdue",
        "协办超期",
        Deadline.SUPPORT,
        _at,
        "urge",
        _DEPARTMENT,
        "的协办意见应于{due}前提交，已超期，请协办单位立即提交",
    ),
    Step(
        "contact_overdue",
        "差评联系超期",
        Deadline.CONTACT,
        _at,
        "urge",
        (None, Role.SUPERVISOR),
        "经回访退回重办，应于{due}前联系诉求人，尚未联系，请{holder}立即联系，督办员跟进",
    ),
)
"""In order of severity: of two steps due at one moment the first comes first."""
BY_NAME = {step.name: step for step in STEPS}


def running_deadlines(order: WorkOrder, paused: bool = False) -> Iterator[Running]:
    """What can still be missed as the order stands; with `paused` also what stands still for now."""
    if order.held or order.state not in HOLDERS:
        return
    if order.state is State.DISPATCHED and order.sign_due_at is not None:
        yield Running(Deadline.SIGN, order.sign_due_at)
    if order.due_at is not None and (paused or order.state not in PAUSED):
        yield Running(Deadline.HANDLE, order.due_at)
    if order.state in _HANDLING or (paused and order.state is State.SUSPENDED):
        for work in order.support_work:
            if work.due_at is not None and work.opined_at is None:
                yield Running(Deadline.SUPPORT, work.due_at, work.department)
    if order.contact_due_at is not None and order.contacted_at is None:
        yield Running(Deadline.CONTACT, order.contact_due_at)


def steps_to_come(order: WorkOrder, rules: "Rules") -> list[DueStep]:
    """Steps not taken yet, past or future, in the order in which they are due."""
    done = set(order.steps_done)
    found = [
        DueStep(step, running, step.moment(order, running, rules))
        for running in running_deadlines(order)
        for step in STEPS
        if step.deadline is running.kind and _marker(step, running) not in done
    ]
    return sorted(found, key=lambda due: (due.moment, STEPS.index(due.step)))


def markers(order: WorkOrder) -> set[str]:
    """Of all steps of the deadlines as they stand, paused ones too."""
    return {
        _marker(step, running)
        for running in running_deadlines(order, paused=True)
        for step in STEPS
        if step.deadline is running.kind
    }


def holder(order: WorkOrder) -> Role:
    """Whose turn it is; returned for the third time, the order waits for a supervisor's 裁定."""
    if order.state is State.RETURNED and order.returns > MAX_RETURNS:
        return Role.SUPERVISOR
    return HOLDERS[order.state]


def marked_at(marker: str) -> datetime:
    """The deadline that a marker belongs to."""
    return datetime.fromisoformat(marker.rpartition("@")[2])


def _marker(step: Step, running: Running) -> str:
    who = f"/{running.department}" if running.department else ""
    return f"{step.name}{who}@{running.at.astimezone(UTC).isoformat(timespec='seconds')}"
