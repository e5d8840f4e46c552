"""派单规则视图: a trial and the history of rules as the console shows them."""

from casework.organisation.department import Department
from routing.rule_trial import Outcome, Trial, TrialRow
from routing.rule_versions import RuleVersion

MAX_ROWS = 200
"""Changed orders that a trial names; the counts are of all."""


def trial_view(trial: Trial, departments: dict[str, Department]) -> dict:
    """Trial of docs/api.md."""
    return {
        "orders": trial.orders,
        "confidential": trial.confidential,
        "changed": trial.changed,
        "settled": trial.settled,
        "right_before": trial.right_before,
        "right_after": trial.right_after,
        "became_right": trial.became_right,
        "became_wrong": trial.became_wrong,
        "auto_before": trial.auto_before,
        "auto_after": trial.auto_after,
        "hits": [{"rule": rule, "count": count} for rule, count in trial.hits.items()],
        "rows": [_row_view(row, departments) for row in trial.rows[:MAX_ROWS]],
    }


def _row_view(row: TrialRow, departments: dict[str, Department]) -> dict:
    return {
        "number": row.order.number,
        "excerpt": row.order.excerpt,
        "confidential": row.order.confidential,
        "settled": row.order.settled,
        "settled_name": _name(row.order.settled, departments),
        "verdict": row.verdict,
        "rule": row.after.rule or row.before.rule,
        "before": _outcome_view(row.before, departments),
        "after": _outcome_view(row.after, departments),
    }


def _outcome_view(outcome: Outcome, departments: dict[str, Department]) -> dict:
    return {
        "department": outcome.department,
        "department_name": _name(outcome.department, departments),
        "supporting": [_name(code, departments) for code in outcome.supporting],
        "decision": outcome.decision,
        "rule": outcome.rule,
    }


def history_view(version: RuleVersion, former: RuleVersion | None) -> dict:
    """A version, and which rules it added, removed and changed, by id."""
    now, before = _by_id(version), _by_id(former) if former else {}
    kept = [name for name in now if name in before]
    return {
        "version": version.number,
        "at": version.at,
        "by": version.actor,
        "note": version.note,
        "rules": version.rules,
        "added": [name for name in now if name not in before],
        "removed": [name for name in before if name not in now],
        "changed": [name for name in kept if now[name] != before[name]],
        "moved": kept != [name for name in before if name in now],
    }


def _by_id(version: RuleVersion) -> dict[str, dict]:
    return {str(row.get("id", "")): row for row in version.rules}


def _name(code: str, departments: dict[str, Department]) -> str:
    return departments[code].name if code in departments else code
