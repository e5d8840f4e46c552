"""机构调整方案: what is to become of departments, checked against what there is and worked out in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from casework.deadline.working_hours import WorkingHours
from casework.errors import InvalidInput
from casework.organisation.department import Department, check_code, check_parent, check_unique_name
from casework.organisation.department_change import (
    CHANGE_NAMES,
    FORMER_NAME,
    ChangeKind,
    DepartmentChange,
    DepartmentHistory,
    category_prefix,
)
from casework.organisation.staff import Staff
from casework.ports import CaseworkUnit

MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """调整方案: what is wanted.

    A target without a name is a department that exists; with a name it is a new one, or (of a rename that keeps the
    code) the new name. What a rename or a merge leaves empty is taken over from the sources.
    """

    kind: ChangeKind
    sources: tuple[str, ...]
    targets: tuple[Department, ...]
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Of a split: {category prefix: target}, "" = all others. A source that lives on takes the others by itself."""
    staff: Mapping[str, str] = field(default_factory=dict)
    """Of a split: {username: target}; accounts not named go with "all others", or stay."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """调整结果, worked out: every row that will be written but for the orders."""

    change: DepartmentChange
    departments: list[Department]
    """As they will be: new and changed targets, closed sources, units with another parent."""
    former: dict[str, Department]
    """Those among them that exist, as they are."""
    staff: list[tuple[Staff, str]]
    """Accounts of the sources and where they go; "" = they stay."""
    orphans: list[Department]
    """Units of a closed department for which no target takes "all others": their parent is to be chosen by hand."""


def worked_out(unit: CaseworkUnit, wanted: Reorganisation, by: str, at: datetime) -> Plan:
    """Check and complete what is wanted. Raises: InvalidInput that says what to do."""
    known = {department.code: department for department in unit.departments.all(active_only=False)}
    changes = unit.department_changes.all()
    _check_form(wanted)
    history = DepartmentHistory(changes)
    sources = [_source(known, code, history) for code in wanted.sources]
    targets = [_target(known, target, wanted, sources) for target in wanted.targets]
    codes = tuple(target.code for target in targets)
    mapping = _mapping(wanted, codes)
    if wanted.kind is ChangeKind.RENAME:
        mapping = {FORMER_NAME: sources[0].name}
    change = DepartmentChange(wanted.kind, wanted.sources, codes, at, by, mapping, wanted.note.strip())
    DepartmentHistory([*changes, change])  # refuses circles
    closed = {source.code: replace(source, active=False) for source in sources if source.code not in codes}
    rest = mapping.get("", "") if wanted.kind is ChangeKind.SPLIT else codes[0]
    below = [one for one in known.values() if one.active and one.parent in closed and one.code not in (*closed, *codes)]
    units = [replace(one, parent=rest) for one in below if rest]
    changed = [target for target in targets if target != known.get(target.code)]
    written = [*changed, *closed.values(), *units]
    return Plan(
        change,
        written,
        {department.code: known[department.code] for department in written if department.code in known},
        _desks(unit.staff.all(), wanted, codes, rest) if change.sources != change.targets else [],
        [] if rest else below,
    )


def _check_form(wanted: Reorganisation) -> None:
    sources, targets = wanted.sources, [target.code for target in wanted.targets]
    kind, name = wanted.kind, CHANGE_NAMES[wanted.kind]
    if not wanted.note.strip():
        raise InvalidInput("请填写调整依据，例如“市机构改革方案（示府发〔2026〕3号）”。")
    if len(wanted.note) > MAX_NOTE:
        raise InvalidInput(f"调整依据请控制在{MAX_NOTE}字以内。")
    if len(set(sources)) < len(sources) or len(set(targets)) < len(targets):
        raise InvalidInput(f"{name}的单位有重复，请检查。")
    if not sources or (kind is not ChangeKind.MERGE and len(sources) > 1):
        raise InvalidInput("请选择要合并的单位。" if kind is ChangeKind.MERGE else f"请选择一个要{name}的单位。")
    if kind is ChangeKind.SPLIT and len(targets) < 2:
        raise InvalidInput("拆分后至少要有两个单位；原单位保留的，把它也列入拆分后的单位。")
    if kind is not ChangeKind.SPLIT and len(targets) != 1:
        raise InvalidInput(f"{name}后应是一个单位。")
    if kind is ChangeKind.MERGE and targets[0] in sources:
        raise InvalidInput("并入的单位不用列在被合并的单位里，请去掉。")
    if kind is not ChangeKind.SPLIT and (wanted.mapping or wanted.staff):
        raise InvalidInput("只有拆分才需要填写分类去向和人员去向。")


def _source(known: Mapping[str, Department], code: str, history: DepartmentHistory) -> Department:
    source = known.get(code)
    if source is None:
        raise InvalidInput(f"没有代码为“{code}”的承办单位。")
    if not source.active:
        raise InvalidInput(f"“{source.name}”{why_inactive(code, history)}，不能再调整。")
    return source


def why_inactive(code: str, history: DepartmentHistory) -> str:
    """已于2026-03-09合并, or 已停用."""
    end = history.end_of(code)
    return f"已于{end.at:%Y-%m-%d}{CHANGE_NAMES[end.kind]}" if end else "已停用"


def _target(
    known: Mapping[str, Department], target: Department, wanted: Reorganisation, sources: Sequence[Department]
) -> Department:
    check_code(target.code)
    name, found = target.name.strip(), known.get(target.code)
    if found is not None:
        made = _existing(found, name, wanted, sources)
    elif not name:
        raise InvalidInput(f"没有代码为“{target.code}”的承办单位；新单位请填写名称。")
    else:
        base = sources[0] if wanted.kind is ChangeKind.RENAME else Department("", "")
        made = replace(base, code=target.code, name=name, short_name="")
    fields = ("short_name", "duties", "jurisdiction", "working_hours", "contact", "parent")
    given = {name: value for name in fields if (value := getattr(target, name))}
    if target.working_hours.strip():
        given["working_hours"] = str(WorkingHours.parse(target.working_hours))
    if wanted.kind is ChangeKind.MERGE and "duties" not in given:
        duties = [*made.duties, *(duty for source in sources for duty in source.duties)]
        given["duties"] = list(dict.fromkeys(duties))
    made = replace(made, **given)
    _check_names(made, found, known, wanted)
    if made.parent in wanted.sources:
        raise InvalidInput("被调整的单位不能作新单位的上级。")
    if target.parent:  # one that it has already is left as it is, even where it is to be chosen anew
        check_parent(made, known)
    return made


def _check_names(
    made: Department, found: Department | None, known: Mapping[str, Department], wanted: Reorganisation
) -> None:
    codes = {target.code for target in wanted.targets}
    closed = {code for code in wanted.sources if code not in codes}
    others = [one for one in known.values() if one.active and one.code not in {made.code, *closed}]
    others += [one for one in wanted.targets if one.name and one.code not in {made.code, *known}]
    for label in (made.name, made.short_name):
        if label and (found is None or label not in (found.name, found.short_name)):
            check_unique_name(label, others)


def _existing(found: Department, name: str, wanted: Reorganisation, sources: Sequence[Department]) -> Department:
    if wanted.kind is ChangeKind.RENAME:
        if found.code != sources[0].code:
            raise InvalidInput(code_taken(found) + "请填写新的代码，或保留原代码；并入已有单位请用“合并”。")
        if not name or name == found.name:
            raise InvalidInput("请填写新的单位名称。")
        return replace(found, name=name, short_name="")
    if not found.active or (name and name != found.name):
        raise InvalidInput(code_taken(found) + "请换一个代码。")
    return found


def code_taken(found: Department) -> str:
    """Why a code is not given to another department."""
    used = "已是" if found.active else "曾是"
    return f"代码“{found.code}”{used}“{found.name}”的代码，历史工单靠它识别，不能再给其他单位使用。"


def _mapping(wanted: Reorganisation, codes: Sequence[str]) -> dict[str, str]:
    if wanted.kind is not ChangeKind.SPLIT:
        return {}
    mapping: dict[str, str] = {}
    for category, target in wanted.mapping.items():
        prefix = category_prefix(category)
        told = prefix or "其余分类"
        if category.strip() and not prefix:
            raise InvalidInput(f"分类“{category}”无法识别，请按“一级/二级”填写。")
        if target not in codes:
            raise InvalidInput(f"分类“{told}”的去向“{target}”不在拆分后的单位里。")
        if mapping.setdefault(prefix, target) != target:
            raise InvalidInput(f"分类“{told}”写了两个去向，请保留一个。")
    lives_on = wanted.sources[0] in codes
    return ({"": wanted.sources[0]} if lives_on else {}) | mapping


def _desks(staff: Sequence[Staff], wanted: Reorganisation, codes: Sequence[str], rest: str) -> list[tuple[Staff, str]]:
    accounts = [account for account in staff if account.department in wanted.sources]
    if strangers := wanted.staff.keys() - {account.username for account in accounts}:
        raise InvalidInput(f"账号“{min(strangers)}”不属于被拆分的单位。")
    if wrong := next((code for code in wanted.staff.values() if code and code not in codes), ""):
        raise InvalidInput(f"人员去向“{wrong}”不在拆分后的单位里。")
    moves = [(account, wanted.staff.get(account.username) or rest) for account in accounts]
    return [(account, "" if target == account.department else target) for account, target in moves]
