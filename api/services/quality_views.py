"""质检视图: findings, rules and special inspections as the console shows them."""

from collections.abc import Mapping

from api.services.staff_names import NO_NAMES, who
from casework.callback.satisfaction import Rate
from casework.organisation.department import Department
from casework.quality.quality import Finding, FindingVerdict, Inspection, SpecialInspection
from casework.quality.quality_rules import RULES
from casework.quality.reply_rules import Spotted
from casework.quality.special_inspection import VERDICTS, next_order, summary
from casework.work_order import WorkOrder

VERDICT_NAMES = {
    FindingVerdict.OPEN: "待认定",
    FindingVerdict.UPHELD: "维持",
    FindingVerdict.REJECTED: "否决",
}


def spotted_view(spotted: Spotted) -> dict:
    """A suspicion in a draft or a reply that is not closed yet."""
    rule = RULES[spotted.rule]
    return {
        "rule": rule.code,
        "rule_name": rule.name,
        "severity": rule.severity.value,
        "cost": rule.cost,
        "passage": spotted.passage,
        "explanation": spotted.explanation or rule.explanation,
    }


def finding_view(
    finding: Finding, number: str, departments: dict[str, Department], names: Mapping[str, str] = NO_NAMES
) -> dict:
    rule = RULES.get(finding.rule)
    return {
        "id": finding.id,
        "version": finding.version,
        "work_order_id": finding.work_order_id,
        "number": number,
        "rule": finding.rule,
        "rule_name": rule.name if rule else finding.rule,
        "severity": finding.severity.value,
        "passage": finding.passage,
        "explanation": finding.explanation,
        "department": finding.department,
        "department_name": department_name(departments, finding.department),
        "at": finding.at,
        "verdict": finding.verdict.value,
        "verdict_name": VERDICT_NAMES[finding.verdict],
        "decided_by": finding.decided_by,
        "decided_by_name": who(names, finding.decided_by),
        "decided_at": finding.decided_at,
        "note": finding.note,
        "objection": finding.objection,
        "objected_at": finding.objected_at,
    }


def inspection_view(inspection: Inspection) -> dict:
    return {
        "id": inspection.id,
        "round": inspection.round,
        "at": inspection.at,
        "score": inspection.score,
        "rules_version": inspection.rules_version,
    }


def rule_view(code: str, tally: dict[tuple[str, str], int], months: list[dict], off: dict | None) -> dict:
    """One rule with how often it was upheld of what was decided; `flagged` where that is too seldom."""
    rule = RULES[code]
    counts = {verdict: tally.get((code, verdict.value), 0) for verdict in FindingVerdict}
    decided = counts[FindingVerdict.UPHELD] + counts[FindingVerdict.REJECTED]
    precision = Rate(counts[FindingVerdict.UPHELD], decided)
    return {
        "rule": code,
        "name": rule.name,
        "severity": rule.severity.value,
        "cost": rule.cost,
        "explanation": rule.explanation,
        "found": sum(counts.values()),
        "open": counts[FindingVerdict.OPEN],
        "precision": precision.as_dict(),
        "flagged": decided >= ENOUGH and (precision.share or 0.0) < WANTED,
        "months": months,
        "on": off is None,
        "off": off,
    }


ENOUGH, WANTED = 20, 0.8
"""A rule is flagged when fewer than WANTED of at least ENOUGH decided findings were upheld."""


def special_view(
    special: SpecialInspection,
    orders: dict[int, WorkOrder] | None = None,
    names: Mapping[str, str] = NO_NAMES,
) -> dict:
    """With `orders`, the sample row by row."""
    view = {
        "id": special.id,
        "version": special.version,
        "name": special.name,
        "at": special.at,
        "actor": special.actor,
        "actor_name": who(names, special.actor),
        "query": special.query,
        "size": special.size,
        "seed": special.seed,
        "closed": special.closed,
        "next": None if special.closed else next_order(special),
        "summary": summary(special),
    }
    if orders is not None:
        view["orders"] = [
            _sampled(special, order_id, orders.get(order_id), names) for order_id in special.work_order_ids
        ]
    return view


def _sampled(special: SpecialInspection, order_id: int, order: WorkOrder | None, names: Mapping[str, str]) -> dict:
    told = special.verdicts.get(str(order_id))
    return {
        "id": order_id,
        "number": order.number if order else "",
        "department": order.lead_department if order else "",
        "verdict": told["verdict"] if told else "",
        "verdict_name": VERDICTS[told["verdict"]] if told else "待评定",
        "rules": [{"rule": code, "name": RULES[code].name} for code in told["rules"] if code in RULES] if told else [],
        "note": told["note"] if told else "",
        "by": told["by"] if told else "",
        "by_name": who(names, told["by"]) if told else "",
    }


def department_name(departments: dict[str, Department], code: str) -> str:
    return departments[code].name if code in departments else code
