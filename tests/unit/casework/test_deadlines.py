"""时限方案: the presets, a city's own, department hours, and the day for returning."""

from datetime import datetime, timedelta

import pytest

from casework.appeal import AppealType, Urgency
from casework.deadline.calendar import CITY_TIME, OfficialCalendar, WorkingTime
from casework.deadline.custom_profile import custom_profile
from casework.deadline.deadlines import PROFILES, provisional
from casework.deadline.working_hours import WorkingHours
from casework.errors import InvalidInput

TIME = WorkingTime(OfficialCalendar())
MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=CITY_TIME)
GUANGDONG, SHANDONG, BEIJING = PROFILES["guangdong-2022"], PROFILES["shandong-2020"], PROFILES["beijing"]


@pytest.mark.parametrize(
    ("profile", "kind", "urgency", "due"),
    [
        (GUANGDONG, AppealType.CONSULTATION, Urgency.CRITICAL, datetime(2026, 3, 11, 17, 30)),
        (GUANGDONG, AppealType.COMPLAINT, Urgency.NORMAL, datetime(2026, 3, 30, 17, 30)),
        (SHANDONG, AppealType.COMPLAINT, Urgency.NORMAL, datetime(2026, 3, 16, 17, 30)),
        (BEIJING, AppealType.COMPLAINT, Urgency.CRITICAL, datetime(2026, 3, 9, 12, 0)),
        (BEIJING, AppealType.COMPLAINT, Urgency.URGENT, datetime(2026, 3, 10, 10, 0)),
        (BEIJING, AppealType.CONSULTATION, Urgency.NORMAL, datetime(2026, 3, 16, 10, 0)),
        (BEIJING, AppealType.HELP, Urgency.HARD, datetime(2026, 3, 24, 10, 0)),
    ],
)
def test_when_an_order_is_due(profile, kind: AppealType, urgency: Urgency, due: datetime) -> None:
    assert profile.due_at(MONDAY, kind, TIME, urgency) == due.replace(tzinfo=CITY_TIME)


@pytest.mark.parametrize(
    ("hours", "start", "due"),
    [
        (None, MONDAY, datetime(2026, 3, 9, 14, 0)),
        ("09:00-12:00,13:30-17:30", MONDAY, datetime(2026, 3, 9, 15, 30)),
        ("00:00-24:00", MONDAY + timedelta(hours=12), datetime(2026, 3, 10, 2, 0)),
        ("00:00-24:00", datetime(2026, 10, 3, 9, 0, tzinfo=CITY_TIME), datetime(2026, 10, 3, 13, 0)),
    ],
)
def test_a_department_signs_by_its_own_hours(hours: str | None, start: datetime, due: datetime) -> None:
    read = WorkingHours.parse(hours) if hours else None
    assert GUANGDONG.sign_due_at(start, TIME, read) == due.replace(tzinfo=CITY_TIME)


def test_nobody_has_longer_to_sign_than_to_handle() -> None:
    due = BEIJING.due_at(MONDAY, AppealType.HELP, TIME, Urgency.CRITICAL)
    assert BEIJING.sign_due_at(MONDAY, TIME, None, due) == due
    late = MONDAY - timedelta(days=3)
    assert BEIJING.sign_due_at(MONDAY, TIME, None, late) == MONDAY + timedelta(hours=4), (
        "of one that is late, its own time"
    )


def test_an_order_is_returned_within_a_working_day() -> None:
    until = datetime(2026, 3, 10, 17, 30, tzinfo=CITY_TIME)
    GUANGDONG.check_return(MONDAY, until, TIME)
    GUANGDONG.check_return(None, until + timedelta(days=300), TIME)
    with pytest.raises(InvalidInput, match=r"派单后1个工作日内提出.*2026年3月10日17:30.*请先签收办理.*联系派单员改派"):
        GUANGDONG.check_return(MONDAY, until + timedelta(seconds=1), TIME)


def test_a_deadline_in_an_unknown_year_is_provisional() -> None:
    new_year = datetime(2027, 1, 1, 0, 30, tzinfo=CITY_TIME)
    assert provisional(new_year, TIME) and not provisional(new_year - timedelta(hours=1), TIME)
    assert not provisional(new_year, TIME, natural=True) and not provisional(None, TIME)


FULL = {
    "name": "某市2026",
    "based_on": "shandong-2020",
    "days": {"咨询": 1, "投诉": 7},
    "hours_by_urgency": {"特急": 1.5},
    "sign_hours": 2,
    "return_days": 2,
    "max_extension_days": 5,
    "rework_days": 7,
    "contact_days": 2,
}


def test_a_citys_own_profile_says_what_differs() -> None:
    own = custom_profile(FULL)
    assert (own.days[AppealType.CONSULTATION], own.days[AppealType.COMPLAINT], own.days[AppealType.HELP]) == (1, 7, 5)
    assert own.due_at(MONDAY, AppealType.HELP, TIME, Urgency.CRITICAL) == MONDAY + timedelta(hours=1.5)
    numbers = own.sign_hours, own.return_days, own.max_extension_days, own.rework_days, own.contact_days
    assert numbers == (2, 2, 5, 7, 2) and own.name == "某市2026"
    assert custom_profile({"name": "x"}).days == GUANGDONG.days


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 3}, "name"),
        ({}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"based_on": "hunan"}, "based_on"),
        ({"based_on": []}, "based_on"),
        ({"days": [2]}, "days"),
        ({"days": {"咨询": 0}}, "days.咨询"),
        ({"days": {"咨询": 2.5}}, "days.咨询"),
        ({"days": {"咨询": True}}, "days.咨询"),
        ({"days": {"诉苦": 2}}, "days.诉苦"),
        ({"days": {"咨询": 366}}, "days.咨询"),
        ({"hours_by_urgency": {"特急": "2"}}, "hours_by_urgency.特急"),
        ({"hours_by_urgency": {"特急": 0}}, "hours_by_urgency.特急"),
        ({"hours_by_urgency": {"特急": float("nan")}}, "hours_by_urgency.特急"),
        ({"hours_by_urgency": {"很急": 2}}, "hours_by_urgency.很急"),
        ({"sign_hours": -1}, "sign_hours"),
        ({"sign_hours": 241}, "sign_hours"),
        ({"return_days": "1"}, "return_days"),
        ({"rework_days": 0}, "rework_days"),
        ({"contact_days": 31}, "contact_days"),
        ({"deadline": 3}, "deadline"),
    ],
)
def test_a_wrong_field_is_named(row: dict, field: str) -> None:
    name = {} if "name" in row or not row else {"name": "x"}
    with pytest.raises(InvalidInput, match=f"“{field}”有误"):
        custom_profile(name | row)


@pytest.mark.parametrize("row", [[], "guangdong-2022", None, 3])
def test_what_is_no_object_is_refused(row: object) -> None:
    with pytest.raises(InvalidInput, match="JSON 对象"):
        custom_profile(row)
