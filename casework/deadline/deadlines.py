"""办理时限: how long each type of appeal may take. Presets by place; a city's own rules win."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from casework.appeal import AppealType, Urgency
from casework.deadline.calendar import CITY_TIME, WorkingTime, local
from casework.deadline.working_hours import WorkingHours
from casework.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class DeadlineProfile:
    """时限方案: working days by type, or natural time by urgency; working hours to sign; working days for what may follow."""

    name: str
    days: Mapping[AppealType, int]
    by_urgency: Mapping[Urgency, timedelta] = field(default_factory=dict)
    """自然时间: of an urgency named here it holds instead of the type's working days."""
    sign_hours: float = 4
    return_days: int = 1
    """Working days from the dispatch in which the department may return the order (退单)."""
    max_extension_days: int = 10
    """Working days by which one extension may move the deadline."""
    rework_days: int = 15
    contact_days: int = 1
    """Working days in which a person contacts whoever gave a 差评."""

    def due_at(
        self, accepted_at: datetime, kind: AppealType, time: WorkingTime, urgency: Urgency = Urgency.NORMAL
    ) -> datetime:
        """When the order must be closed (absolute)."""
        natural = self.by_urgency.get(urgency)
        return time.add_days(accepted_at, self.days[kind]) if natural is None else local(accepted_at) + natural

    def sign_due_at(
        self,
        dispatched_at: datetime,
        time: WorkingTime,
        hours: WorkingHours | None = None,
        due_at: datetime | None = None,
    ) -> datetime:
        """When the department must have signed (absolute): by its own hours, and never later than the order is due."""
        sign = (time if hours is None else time.during(hours)).add_hours(dispatched_at, self.sign_hours)
        return sign if due_at is None or due_at <= dispatched_at else min(sign, local(due_at))

    def return_due_at(self, dispatched_at: datetime, time: WorkingTime) -> datetime:
        """Until when the department may return the order (absolute)."""
        return time.add_days(dispatched_at, self.return_days)

    def rework_due_at(self, reopened_at: datetime, time: WorkingTime) -> datetime:
        """When a rework must be rectified (absolute)."""
        return time.add_days(reopened_at, self.rework_days)

    def contact_due_at(self, reopened_at: datetime, time: WorkingTime) -> datetime:
        """When a person must have contacted the citizen whose order is reworked (absolute)."""
        return time.add_days(reopened_at, self.contact_days)

    def check_return(self, dispatched_at: datetime | None, now: datetime, time: WorkingTime) -> None:
        """退单时限. Raises: InvalidInput when it is too late to return the order, with what to do."""
        if dispatched_at is None:
            return
        until = self.return_due_at(dispatched_at, time)
        if now > until:
            raise InvalidInput(
                f"退单应在派单后{self.return_days}个工作日内提出，这张工单已于{written(until)}截止。"
                "请先签收办理；确不属于本单位职责的，请联系派单员改派。"
            )

    def natural(self, urgency: Urgency, rework: bool = False) -> bool:
        """Whether the deadline runs in natural time: then no calendar matters."""
        return not rework and urgency in self.by_urgency

    def allowance(self, kind: AppealType, urgency: Urgency, rework: bool, time: WorkingTime) -> timedelta:
        """The time given for handling: natural time where `natural`, else working time."""
        if self.natural(urgency, rework):
            return self.by_urgency[urgency]
        return (self.rework_days if rework else self.days[kind]) * time.day


def provisional(due_at: datetime | None, time: WorkingTime, natural: bool = False) -> bool:
    """暂定: the deadline lies in a year whose holidays are not known yet, and may move when they are."""
    return due_at is not None and not natural and not time.calendar.knows(local(due_at).year)


def written(moment: datetime) -> str:
    """As texts name it: 2026年3月9日14:00, in the city's time."""
    told = moment.astimezone(CITY_TIME)
    return f"{told.year}年{told.month}月{told.day}日{told:%H:%M}"


def _days(consultation: int, help_: int, complaint: int) -> dict[AppealType, int]:
    return {
        AppealType.CONSULTATION: consultation,
        AppealType.HELP: help_,
        AppealType.SUGGESTION: help_,
        AppealType.PRAISE: help_,
        AppealType.COMPLAINT: complaint,
        AppealType.REPORT: complaint,
    }


_BEIJING = {
    Urgency.CRITICAL: timedelta(hours=2),
    Urgency.URGENT: timedelta(hours=24),
    Urgency.NORMAL: timedelta(days=7),
    Urgency.HARD: timedelta(days=15),
}
PROFILES = {
    profile.name: profile
    for profile in (
        DeadlineProfile("guangdong-2022", _days(2, 10, 15)),
        DeadlineProfile("shandong-2020", _days(5, 5, 5)),
        DeadlineProfile("beijing", _days(7, 7, 7), _BEIJING),
    )
}
DEFAULT_PROFILE = PROFILES["guangdong-2022"]
