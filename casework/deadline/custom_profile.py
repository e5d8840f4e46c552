"""自定时限方案: a city's own deadlines, read from deadlines.json; every fault is named by its field."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import NoReturn, TypeVar

from casework.appeal import AppealType, Urgency
from casework.deadline.deadlines import PROFILES, DeadlineProfile
from casework.errors import InvalidInput

Name = TypeVar("Name", bound=StrEnum)
MAX_NAME = 60
NUMBERS = {
    "return_days": (1, 30),
    "max_extension_days": (1, 60),
    "rework_days": (1, 90),
    "contact_days": (1, 30),
}
"""Whole working days: field → from, to."""
MOST_DAYS, MOST_HOURS = 365, 24 * 365
FIELDS = ("name", "based_on", "days", "hours_by_urgency", "sign_hours", *NUMBERS)


def custom_profile(row: object) -> DeadlineProfile:
    """{"name", "based_on": a preset, "days": {type: working days}, "hours_by_urgency": {urgency: natural hours}, "sign_hours",
    "return_days", "max_extension_days", "rework_days", "contact_days"}; what is not said is the preset's.

    Raises: InvalidInput naming the wrong field.
    """
    if not isinstance(row, Mapping):
        raise InvalidInput('时限方案应是一个 JSON 对象，例如 {"name": "本市", "based_on": "guangdong-2022"}。')
    if unknown := sorted(row.keys() - set(FIELDS)):
        _refuse(unknown[0], f"不认识这个字段；可用的字段：{'、'.join(FIELDS)}")
    preset = row.get("based_on", "guangdong-2022")
    if not isinstance(preset, str) or preset not in PROFILES:
        _refuse("based_on", f"应为：{'、'.join(PROFILES)}")
    profile = PROFILES[preset]
    name = row.get("name", "")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        _refuse("name", f"请填写方案名称，{MAX_NAME}字以内")
    days = _mapping(row, "days", AppealType, lambda told: _whole(told, 1, MOST_DAYS), f"1至{MOST_DAYS}个工作日的整数")
    hours = _mapping(row, "hours_by_urgency", Urgency, _is_hours, f"大于0、不超过{MOST_HOURS}的小时数")
    profile = replace(
        profile,
        name=name.strip(),
        days={**profile.days, **{kind: int(told) for kind, told in days.items()}},
        by_urgency={**profile.by_urgency, **{key: timedelta(hours=told) for key, told in hours.items()}},
    )
    if "sign_hours" in row:
        sign = row["sign_hours"]
        if not _is_hours(sign) or sign > 240:
            _refuse("sign_hours", "应为大于0、不超过240的工作小时数")
        profile = replace(profile, sign_hours=float(sign))
    for field, (least, most) in NUMBERS.items():
        if field in row:
            if not _whole(row[field], least, most):
                _refuse(field, f"应为{least}至{most}的整数（工作日）")
            profile = replace(profile, **{field: row[field]})
    return profile


def _mapping(
    row: Mapping, field: str, names: type[Name], valid: Callable[[object], bool], told: str
) -> dict[Name, float]:
    given = row.get(field, {})
    if not isinstance(given, Mapping):
        _refuse(field, f"应是一个对象，键为：{'、'.join(names)}")
    for key, value in given.items():
        if key not in set(names):
            _refuse(f"{field}.{key}", f"没有这一项，应为：{'、'.join(names)}")
        if not valid(value):
            _refuse(f"{field}.{key}", f"应为{told}")
    return {names(key): value for key, value in given.items()}


def _whole(told: object, least: int, most: int) -> bool:
    return isinstance(told, int) and not isinstance(told, bool) and least <= told <= most


def _is_hours(told: object) -> bool:
    return isinstance(told, int | float) and not isinstance(told, bool) and 0 < told <= MOST_HOURS


def _refuse(field: str, told: str) -> NoReturn:
    raise InvalidInput(f"时限方案的“{field}”有误：{told}。")
