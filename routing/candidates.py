"""候选单位: the departments that an appeal may go to, with their shares: the model's, and the duties' for those it has never seen."""

from collections.abc import Sequence

from casework.organisation.department import NO_DEPARTMENT
from routing.duties import DutyMatch
from routing.labels import Labels
from routing.predictor import Prediction

SHOWN = 5
"""Candidates that a decision names."""


def candidates_of(
    prediction: Prediction | None, learned: Sequence[str], duties: Sequence[DutyMatch], labels: Labels
) -> dict[str, float]:
    """Code → confidence, best first. `learned` are the model's own labels.

    Departments the model has never seen take their duties' share of the whole; without a prediction the duties alone speak.
    """
    if prediction is None:
        return {match.department: match.share for match in duties}
    shares: dict[str, float] = {}
    for label, share in zip(learned, prediction.probabilities, strict=True):
        code = labels.today(label, prediction.category, duties)
        shares[code] = shares.get(code, 0.0) + float(share)
    shares.pop(NO_DEPARTMENT, None)
    unseen = {match.department: match.share for match in duties if match.department not in shares}
    left = 1 - sum(unseen.values())
    mixed = {code: share * left for code, share in shares.items()} | unseen
    return dict(sorted(mixed.items(), key=lambda pair: -pair[1]))
