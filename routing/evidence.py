"""派单依据: what a decision rests on, as the console shows it and the order keeps it (see docs/api.md)."""

from routing.case import Case
from routing.duties import DutyMatch
from routing.labels import Labels
from routing.places import Location
from routing.predictor import Prediction
from routing.rules import BrokenRule, Rule
from routing.taxonomy import Taxonomy


def evidence_of(
    case: Case,
    best: str,
    rule: Rule | BrokenRule | None,
    reason: str,
    labels: Labels,
    taxonomy: Taxonomy,
) -> dict:
    """{"duty", "terms", "rule", "reason", "location", "category", "traits"} for the recommended department `best`."""
    prediction = case.prediction
    meant = labels.today(prediction.label, prediction.category, case.duties) if prediction else ""
    return {
        "duty": _duty(case, best),
        "terms": list(prediction.terms) if prediction and meant == best else [],
        "rule": rule.label if isinstance(rule, Rule) else None,
        "reason": reason,
        "location": _location(case.location),
        "category": _category(prediction, taxonomy),
        "traits": {
            name: {"label": found.label, "confidence": round(found.confidence, 4)}
            for name, found in (prediction.traits if prediction else {}).items()
        },
    }


def nothing_read(reason: str) -> dict:
    """Of an appeal without anything to read."""
    evidence: dict = {"duty": None, "terms": [], "similar": [], "rule": None, "reason": reason}
    return evidence | {"location": None, "category": None, "traits": {}, "demands": []}


def against(case: Case, best: str) -> str:
    """What the duty list says against the recommended department; "" = nothing."""
    nearest: DutyMatch | None = case.duties[0] if case.duties else None
    if _match(case, best) and nearest and nearest.department != best:
        return f"（按权责清单，“{nearest.name}：{nearest.text}”更接近。）"
    return ""


def _match(case: Case, best: str) -> DutyMatch | None:
    return next((match for match in case.duties if match.department == best), None)


def _duty(case: Case, best: str) -> dict | None:
    match = _match(case, best)
    if match is None:
        return None
    return {
        "department": match.department,
        "name": match.name,
        "text": match.text,
        "similarity": match.similarity,
    }


def _location(location: Location) -> dict | None:
    if not location.district and not location.ambiguous:
        return None
    return {
        "district": location.district,
        "place": location.place,
        "said": location.said,
        "certainty": location.certainty.value,
        "ambiguous": location.ambiguous,
    }


def _category(prediction: Prediction | None, taxonomy: Taxonomy) -> dict | None:
    if prediction is None or not prediction.category:
        return None
    return {
        "levels": taxonomy.levels(prediction.category),
        "confidence": round(prediction.category_confidence, 4),
    }
