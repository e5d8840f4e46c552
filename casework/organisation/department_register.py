"""承办单位名录: departments are added, edited and imported; names change and departments end by a change of their own."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from casework.deadline.working_hours import WorkingHours
from casework.errors import Conflict, InvalidInput
from casework.organisation.department import Department, check_code, check_parent, check_unique_name
from casework.organisation.department_change import DepartmentHistory
from casework.organisation.reorganisation import code_taken, why_inactive
from casework.organisation.succession import IN_HAND
from casework.ports import CaseworkUnit

MAX_DUTIES, MAX_DUTY, MAX_FIELD = 300, 500, 200
MAX_TOLD = 20
"""Problems of a file that are told at once."""
TEXTS = {
    "name": "名称",
    "short_name": "简称",
    "jurisdiction": "辖区",
    "working_hours": "工作时间",
    "contact": "联系方式",
}
_DUTY_ENDS = re.compile(r"[\n；;|]")
_YES, _NO = ("是", "启用", "true", "1", "yes"), ("否", "停用", "false", "0", "no")

Rows = Sequence[tuple[str, Mapping[str, object]]]
"""(place, field → value): 第3行 and what stands there; a field that is absent or empty leaves what is known."""


@dataclass(slots=True)
class Imported:
    """导入结果."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def fingerprint(department: Department) -> str:
    """What an editor saw; another fingerprint means that someone has changed it since."""
    told = json.dumps(asdict(department), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def add_department(unit: CaseworkUnit, department: Department) -> Department:
    """Raises: InvalidInput."""
    known, history = _held(unit)
    if department.code in known:
        raise InvalidInput(code_taken(known[department.code]) + "请换一个代码。")
    made = _checked(unit, department, known, history)
    unit.departments.put(made)
    return made


def edit_department(unit: CaseworkUnit, department: Department, seen: str) -> Department:
    """Replace all but code and name. `seen` is the fingerprint of what was edited. Raises: NotFound, Conflict, InvalidInput."""
    known, history = _held(unit)
    stored = unit.departments.get(department.code)
    if fingerprint(stored) != seen:
        raise Conflict("这个单位刚刚被其他人修改过，请查看最新内容后再保存。")
    made = _checked(unit, department, known, history)
    unit.departments.put(made)
    return made


def import_departments(unit: CaseworkUnit, rows: Rows) -> Imported:
    """Add and update departments; with a single problem nothing is written.

    Raises: InvalidInput that names each problem by its place.
    """
    known, history = _held(unit)
    wanted: dict[str, tuple[str, Department]] = {}
    problems: list[str] = []
    for place, row in rows:
        try:
            department = _read(row, known)
            if department.code in wanted:
                raise InvalidInput(f"代码“{department.code}”与{wanted[department.code][0]}重复")
            wanted[department.code] = place, department
        except InvalidInput as error:
            problems.append(f"{place}：{error.message}")
    after = known | {code: department for code, (_, department) in wanted.items()}
    made = []
    for place, department in wanted.values():
        try:
            made.append(_checked(unit, department, known, history, after))
        except InvalidInput as error:
            problems.append(f"{place}：{error.message}")
    if problems:
        order = {place: number for number, (place, _) in enumerate(rows)}
        problems.sort(key=lambda problem: order[problem.partition("：")[0]])
        told = "\n".join(problems[:MAX_TOLD])
        more = f"\n……另有{len(problems) - MAX_TOLD}处。" if len(problems) > MAX_TOLD else ""
        raise InvalidInput(f"名录中有{len(problems)}处问题，没有保存任何内容，请改正后重新导入：\n{told}{more}")
    if not made:
        raise InvalidInput("名录中没有单位。")
    done = Imported()
    for department in made:
        if department.code not in known:
            done.added += 1
        elif department == known[department.code]:
            done.unchanged += 1
            continue
        else:
            done.changed += 1
        unit.departments.put(department)
    return done


def _held(unit: CaseworkUnit) -> tuple[dict[str, Department], DepartmentHistory]:
    unit.departments.hold()
    known = {department.code: department for department in unit.departments.all(active_only=False)}
    return known, DepartmentHistory(unit.department_changes.all())


def _checked(
    unit: CaseworkUnit,
    department: Department,
    known: Mapping[str, Department],
    history: DepartmentHistory,
    after: Mapping[str, Department] | None = None,
) -> Department:
    """`after`: all departments as they will be, where several are written at once."""
    check_code(department.code)
    made = replace(department, duties=_duties(department.duties))
    for name, told in TEXTS.items():
        text = getattr(made, name).strip()
        if len(text) > MAX_FIELD:
            raise InvalidInput(f"{told}请控制在{MAX_FIELD}字以内。")
        made = replace(made, **{name: text})
    if not made.name:
        raise InvalidInput("请填写单位名称。")
    if made.working_hours and (made.code not in known or made.working_hours != known[made.code].working_hours):
        made = replace(made, working_hours=str(WorkingHours.parse(made.working_hours)))
    others = {code: one for code, one in (after or known).items() if code != made.code and one.active}
    stored = known.get(made.code)
    if stored is not None:
        _check_change(unit, stored, made, history, others)
    if made.active:
        for label in (made.name, made.short_name):
            if label and (stored is None or label not in (stored.name, stored.short_name)):
                check_unique_name(label, others.values())
        check_parent(made, others)
        if made.parent and (unit_of := next((one for one in others.values() if one.parent == made.code), None)):
            raise InvalidInput(f"“{made.name}”已有下属单位“{unit_of.name}”，不能再有上级单位。")
    return made


def _check_change(
    unit: CaseworkUnit,
    stored: Department,
    made: Department,
    history: DepartmentHistory,
    others: Mapping[str, Department],
) -> None:
    if not stored.active and history.end_of(stored.code):
        raise InvalidInput(f"“{stored.name}”{why_inactive(stored.code, history)}，不能再修改。{code_taken(stored)}")
    if made.name != stored.name:
        raise InvalidInput(f"{code_taken(stored)}单位改了名称的，请用“更名”办理。")
    if not stored.active or made.active:
        return
    if led := [one for one in unit.work_orders.involving([stored.code], IN_HAND) if one.lead_department == stored.code]:
        raise InvalidInput(f"“{stored.name}”还有{len(led)}张在办工单，不能停用；请先改派，或用“合并”“拆分”办理。")
    if unit_of := next((one for one in others.values() if one.parent == stored.code), None):
        raise InvalidInput(f"“{stored.name}”还有下属单位“{unit_of.name}”，不能停用。")


def _duties(duties: Sequence[str]) -> list[str]:
    told = list(dict.fromkeys(duty.strip() for duty in duties if duty.strip()))
    if len(told) > MAX_DUTIES:
        raise InvalidInput(f"权责清单有{len(told)}条，请控制在{MAX_DUTIES}条以内。")
    if long := next((duty for duty in told if len(duty) > MAX_DUTY), ""):
        raise InvalidInput(f"权责“{long[:20]}……”过长，每条请控制在{MAX_DUTY}字以内。")
    return told


def _read(row: Mapping[str, object], known: Mapping[str, Department]) -> Department:
    code = str(row.get("code") or "").strip()
    if not code:
        raise InvalidInput("缺少单位代码")
    if code not in known and not row.get("name"):
        raise InvalidInput("缺少单位名称")
    given: dict[str, Any] = {}
    for name in (*TEXTS, "parent"):
        value = row.get(name)
        if value is not None and not isinstance(value, str | int):
            raise InvalidInput(f"{name} 应为文字")
        if value is not None and str(value).strip():
            given[name] = str(value).strip()
    duties = row.get("duties")
    if isinstance(duties, str):
        duties = _DUTY_ENDS.split(duties)
    if duties:
        if not (isinstance(duties, list) and all(isinstance(duty, str) for duty in duties)):
            raise InvalidInput("权责清单应为文字，每条一行")
        given["duties"] = duties
    active = row.get("active")
    if active not in (None, ""):
        told = str(active).strip().lower()
        if told not in (*_YES, *_NO):
            raise InvalidInput(f"“是否启用”应填是或否，不能是“{active}”")
        given["active"] = told in _YES
    return replace(known.get(code, Department(code, "")), **given)
