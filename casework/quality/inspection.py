"""质检流程: a closing asks to be inspected, what was found is stored once, and what is serious changes what happens next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casework.callback.callback import CallbackState
from casework.deadline.notice import Notice
from casework.errors import Conflict, Forbidden, InvalidInput
from casework.events import Actor
from casework.handling.sight import sight_of
from casework.job import Job
from casework.ports import CaseworkUnit, Clock
from casework.quality.quality import Finding, FindingVerdict, Inspection, Severity
from casework.quality.quality_rules import RULES, score_of
from casework.quality.reply_rules import Spotted
from casework.transitions import Role
from casework.work_order import WorkOrder

INSPECT = "inspect"
"""Kind of job: one closing is inspected."""
NOTICE = "quality"
"""Kind of notice: something serious was found."""
PRIORITY = 16
"""Added to a callback's priority: what was found in the reply is asked about first (`casework.callback.callback_priority`)."""
MAX_NOTE = 500
MAX_PASSAGE = 500
"""Characters of a quoted passage."""
INSPECTORS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Found:
    """质检结果 of one closing, before it is stored."""

    spotted: Sequence[Spotted]
    rules_version: str


def request_inspection(unit: CaseworkUnit, order: WorkOrder, clock: Clock) -> None:
    """Every closing is inspected: a job of its own, added with the closing."""
    payload = {"order": order.id, "round": order.reworks}
    unit.jobs.add(Job(INSPECT, f"{INSPECT}:{order.id}:{order.reworks}", clock.now(), payload))


def record_inspection(
    unit: CaseworkUnit, order: WorkOrder, round_: int, found: Found, clock: Clock
) -> Inspection | None:
    """Store the inspection of a closing and do what follows; None when it was inspected before. Nothing is committed here."""
    now = clock.now()
    spotted = first_of_each(found.spotted)
    inspection = Inspection(
        work_order_id=order.id,
        at=now,
        score=score_of({one.rule for one in spotted}),
        round=round_,
        department=order.lead_department,
        rules_version=found.rules_version,
    )
    findings = [
        Finding(
            work_order_id=order.id,
            rule=one.rule,
            severity=RULES[one.rule].severity,
            passage=one.passage[:MAX_PASSAGE],
            explanation=one.explanation or RULES[one.rule].explanation,
            at=now,
            department=order.lead_department,
        )
        for one in spotted
    ]
    if not unit.quality.add(inspection, findings):
        return None
    serious = [one for one in findings if one.severity is Severity.SERIOUS]
    if serious:
        _tell(unit, order, round_, serious, clock)
        _ask_first(unit, order, round_)
    return inspection


def first_of_each(spotted: Iterable[Spotted]) -> list[Spotted]:
    """One finding a rule, the first."""
    kept: dict[str, Spotted] = {}
    for one in spotted:
        kept.setdefault(one.rule, one)
    return list(kept.values())


def _tell(unit: CaseworkUnit, order: WorkOrder, round_: int, serious: Sequence[Finding], clock: Clock) -> None:
    names = "、".join(RULES[one.rule].name for one in serious)
    text = f"工单{order.number}办结后质检发现：{names}。请核实并处理。"
    key = f"{NOTICE}:{order.id}:{round_}"
    unit.notices.add(Notice(key, clock.now(), NOTICE, Role.SUPERVISOR, text, work_order_id=order.id))


def _ask_first(unit: CaseworkUnit, order: WorkOrder, round_: int) -> None:
    for callback in unit.callbacks.of(order.id):
        waiting = callback.state in (CallbackState.SCHEDULED, CallbackState.DUE)
        if callback.round == round_ and waiting and not callback.priority & PRIORITY:
            callback.priority |= PRIORITY
            unit.callbacks.save(callback)


def decide_finding(
    unit: CaseworkUnit, finding_id: int, version: int, upheld: bool, note: str, by: Actor, clock: Clock
) -> Finding:
    """维持或否决, once. Raises: NotFound, Forbidden, Conflict (decided before, or changed since it was seen), InvalidInput."""
    if by.role not in INSPECTORS:
        raise Forbidden("质检结论须由督办员或管理员作出。")
    finding = unit.quality.finding(finding_id)
    if finding.verdict is not FindingVerdict.OPEN:
        raise Conflict("这条质检问题已有结论，请刷新后查看。")
    _check_version(finding, version)
    note = _note(note)
    if not upheld and not note:
        raise InvalidInput("否决质检问题须填写理由，用来改进规则。")
    finding.verdict = FindingVerdict.UPHELD if upheld else FindingVerdict.REJECTED
    finding.decided_by, finding.decided_at, finding.note = by.id, clock.now(), note
    unit.quality.save_finding(finding)
    return finding


def object_to(unit: CaseworkUnit, finding_id: int, version: int, note: str, by: Actor, clock: Clock) -> Finding:
    """申诉 of the department that is meant, once and before there is a verdict.

    Raises: NotFound, Forbidden, Conflict, InvalidInput.
    """
    finding = unit.quality.finding(finding_id)
    if by.role is not Role.DEPARTMENT or finding.department not in sight_of(unit, by):
        raise Forbidden("只有被质检的承办单位可以申诉。")
    if finding.objected_at is not None:
        raise Conflict("这条质检问题已经申诉过，请等待质检员处理。")
    if finding.verdict is not FindingVerdict.OPEN:
        raise Conflict("这条质检问题已有结论，不能再申诉。")
    _check_version(finding, version)
    told = _note(note)
    if not told:
        raise InvalidInput("请填写申诉理由。")
    finding.objection, finding.objected_by, finding.objected_at = told, by.id, clock.now()
    unit.quality.save_finding(finding)
    return finding


def _check_version(finding: Finding, version: int) -> None:
    if finding.version != version:
        raise Conflict("这条质检问题刚刚被其他人处理过，请刷新后重试。")


def _note(note: str) -> str:
    if len(note) > MAX_NOTE:
        raise InvalidInput(f"说明请控制在{MAX_NOTE}字以内。")
    return note.strip()
