"""承办单位: who handles work orders, with duties (权责清单) and jurisdiction."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from casework.errors import InvalidInput

NO_DEPARTMENT = "无承办单位"
"""Label of appeals that are no department's (courts' matters, private quarrels, chat): learned like a department, never
dispatched to."""
MAX_NAME = 100
_CODE = re.compile(r"[\w-]{1,40}")


@dataclass(slots=True)
class Department:
    """承办单位; `code` is stable, `name` may change."""

    code: str
    name: str
    short_name: str = ""
    duties: list[str] = field(default_factory=list)
    jurisdiction: str = ""
    working_hours: str = ""
    contact: str = ""
    active: bool = True
    parent: str = ""
    """Code of the department whose unit in one district this is; `jurisdiction` names the district. "" = none."""


def with_units(code: str, departments: Iterable[Department]) -> tuple[str, ...]:
    """The code and those of the department's units: whose orders its staff may read."""
    return (code, *(one.code for one in departments if code and one.parent == code))


def check_code(code: str) -> None:
    """Raises: InvalidInput unless it can be a department's code."""
    if not _CODE.fullmatch(code):
        raise InvalidInput(f"单位代码“{code}”应为1至40个字母、数字、汉字、下划线或连字符。")


def check_unique_name(name: str, others: Iterable[Department]) -> None:
    """Names and short names are labels too: one of them must not mean two departments. Raises: InvalidInput."""
    if len(name) > MAX_NAME:
        raise InvalidInput(f"单位名称请控制在{MAX_NAME}字以内。")
    for other in others:
        if name in (other.name, other.short_name):
            raise InvalidInput(f"“{name}”已是单位“{other.name}”（{other.code}）的名称或简称，请换一个。")


def check_parent(department: Department, known: Mapping[str, Department]) -> None:
    """A parent exists, works, and is no unit itself. Raises: InvalidInput."""
    if not department.parent:
        return
    parent = known.get(department.parent)
    if parent is None or not parent.active:
        raise InvalidInput(f"没有代码为“{department.parent}”的上级单位，或它已停用。")
    if parent.code == department.code or parent.parent:
        raise InvalidInput(f"“{parent.name}”不能作“{department.name}”的上级：上级应是市级单位，不能是单位自己。")
