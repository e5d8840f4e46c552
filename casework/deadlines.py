"""办理时限: how long each type of appeal may take. Presets by place; a city's own rules win."""

from dataclasses import dataclass
from datetime import datetime

from casework.appeal import AppealType
from casework.calendar import WorkingTime


@dataclass(frozen=True, slots=True)
class DeadlineProfile:
    """时限方案: working days by type, working hours to sign, working days to rectify a rework."""

    name: str
    days: dict[AppealType, int]
    sign_hours: float = 4
    rework_days: int = 15

    def due_at(self, accepted_at: datetime, kind: AppealType, time: WorkingTime) -> datetime:
        """When the order must be closed (absolute)."""
        return time.add_days(accepted_at, self.days[kind])

    def sign_due_at(self, dispatched_at: datetime, time: WorkingTime) -> datetime:
        """When the department must have signed (absolute)."""
        return time.add_hours(dispatched_at, self.sign_hours)

    def rework_due_at(self, reopened_at: datetime, time: WorkingTime) -> datetime:
        """When a rework must be rectified (absolute)."""
        return time.add_days(reopened_at, self.rework_days)


def _profile(name: str, consultation: int, help_: int, complaint: int) -> DeadlineProfile:
    return DeadlineProfile(
        name,
        {
            AppealType.CONSULTATION: consultation,
            AppealType.HELP: help_,
            AppealType.SUGGESTION: help_,
            AppealType.PRAISE: help_,
            AppealType.COMPLAINT: complaint,
            AppealType.REPORT: complaint,
        },
    )


PROFILES = {
    profile.name: profile for profile in (_profile("guangdong-2022", 2, 10, 15), _profile("shandong-2020", 5, 5, 5))
}
DEFAULT_PROFILE = PROFILES["guangdong-2022"]
