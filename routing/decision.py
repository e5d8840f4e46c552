"""派单决定: the model's candidates, the duties, the rules and the list of departments become one decision with its evidence."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from casework.department import Department
from knowledge.text import has_words
from routing.artifact import Manifest
from routing.cleaning import readable
from routing.duties import Duties, DutyMatch
from routing.predictor import Prediction, Predictor
from routing.rules import BrokenRule, Rule, Rules

logger = logging.getLogger(__name__)
CANDIDATES = 5
MAX_TEXT = 5000
"""Characters; a longer text is read up to here and decided by a person."""
MIN_KNOWN = 0.2
"""Share of a text's words that training must have seen before the model may decide alone."""
SimilarOrders = Callable[[str], list[dict]]
"""Similar closed orders of a text: [{"number", "department", "excerpt"}], nearest first."""


@dataclass(frozen=True, slots=True)
class DispatchDecision:
    """派单决定. `department` is the recommendation ("" = none); only with `decision` "auto" is it carried out."""

    department: str
    confidence: float
    decision: str
    """auto | review"""
    candidates: list[dict] = field(default_factory=list)
    """[{"department", "confidence"}], best first."""
    category: str = ""
    evidence: dict = field(default_factory=dict)
    """{"duty", "terms", "similar", "rule", "reason"}, see docs/api.md."""
    model_version: str = ""
    model_department: str = ""
    """What the model said, kept apart from what a rule decided."""

    def as_dict(self) -> dict:
        """The row that `hotline route` writes, without its id."""
        return {
            "department": self.department,
            "confidence": round(self.confidence, 4),
            "decision": self.decision,
            "candidates": self.candidates,
            "category": self.category,
            "evidence": self.evidence,
        }


class Router:
    """派单器. Without `predictor` the duties alone propose and a person decides; without `departments` the model's own
    labels are taken as they are."""

    def __init__(
        self,
        predictor: Predictor | None,
        duties: Duties | None = None,
        rules: Rules | None = None,
        departments: Sequence[Department] | None = None,
        similar: SimilarOrders | None = None,
    ) -> None:
        self._predictor = predictor
        self._duties = duties.placed(predictor.centre) if duties and predictor else duties
        self._rules = rules or Rules()
        self._similar = similar
        self._departments = None if departments is None else {department.code: department for department in departments}
        self._codes = _codes(departments or ())

    @property
    def manifest(self) -> Manifest | None:
        """Of the model in use."""
        return self._predictor.manifest if self._predictor else None

    def decide(self, text: str, type: str = "", district: str = "", on: date | None = None) -> DispatchDecision:
        """Decide for one appeal. Any text is answered: what cannot be read goes to review, never an exception.

        `on` is the day the rules are asked for, today when not given.
        """
        return self.decide_all([(text, type, district)], on)[0]

    def decide_all(self, appeals: Sequence[tuple[str, str, str]], on: date | None = None) -> list[DispatchDecision]:
        """One decision an appeal (text, type, district), in order."""
        day = on or date.today()
        readable = [i for i, (text, _, _) in enumerate(appeals) if has_words(text)]
        texts = [appeals[i][0][:MAX_TEXT] for i in readable]
        predictions: list[Prediction | None] = [None] * len(appeals)
        if self._predictor:
            for i, prediction in zip(readable, self._predictor.predict(texts), strict=True):
                predictions[i] = prediction
        return [
            self._decide(text, type, district, day, prediction)
            for (text, type, district), prediction in zip(appeals, predictions, strict=True)
        ]

    def _decide(
        self, text: str, type: str, district: str, day: date, prediction: Prediction | None
    ) -> DispatchDecision:
        if not has_words(text):
            return self._review("诉求中没有可识别的文字，请人工阅读。")
        told = readable(text[:MAX_TEXT])
        duties = self._duties.matches(told, prediction.vector if prediction else None) if self._duties else []
        candidates = self._candidates(prediction, duties)
        found = self._rules.first(told, type, district, day)
        best, confidence = next(iter(candidates.items()), ("", 0.0))
        reason, decision, rule = "", "review", None
        if isinstance(found, Rule):
            rule, best_by_rule = f"{found.id}：{found.note}" if found.note else found.id, self._known(found.department)
            if best_by_rule:
                best, confidence, decision = best_by_rule, 1.0, "auto"
                reason = f"按规则“{rule}”派至{self._name(best)}。"
            else:
                logger.error("routing rule %s names the unknown or inactive department %s", found.id, found.department)
                reason = f"规则“{found.id}”指定的单位“{found.department}”不在名录中或已停用，请人工派单并修正规则。"
        elif isinstance(found, BrokenRule):
            reason = f"{found.problem}。请人工派单并修正规则。"
        elif prediction is None:
            reason = (
                "尚无派单模型，候选单位由权责清单给出，请人工派单。" if candidates else "尚无派单模型，请人工派单。"
            )
        else:
            decision, reason = self._judge(text, best, confidence, prediction, duties)
        return DispatchDecision(
            department=best,
            confidence=confidence,
            decision=decision,
            candidates=[{"department": code, "confidence": round(share, 4)} for code, share in candidates.items()][
                :CANDIDATES
            ],
            category=prediction.category if prediction else "",
            evidence=self._evidence(told, best, duties, prediction, rule, reason),
            model_version=self._predictor.manifest.id if self._predictor else "",
            model_department=self._code(prediction.label) if prediction else "",
        )

    def _judge(
        self, text: str, best: str, confidence: float, prediction: Prediction, duties: list[DutyMatch]
    ) -> tuple[str, str]:
        """auto or review, and why."""
        assert self._predictor is not None
        name = self._name(best)
        label = next((c.label for c in prediction.candidates if self._code(c.label) == best), "")
        threshold = self._predictor.manifest.thresholds.get(label)
        if len(text) > MAX_TEXT:
            return "review", f"诉求超过{MAX_TEXT}字，只读了前面的部分，请人工派单。"
        if not self._known(best):
            return "review", f"模型建议的“{name}”不在承办单位名录中或已停用，请人工派单。"
        if not label:
            return "review", f"{name}还没有历史工单，由权责清单推荐，请人工确认。"
        if prediction.known < MIN_KNOWN:
            return "review", "诉求中的词语在历史工单里很少出现，模型没有把握，请人工派单。"
        if threshold is None:
            return "review", f"在历史工单上，派给{name}的准确率还不足以自动派单，一律人工确认。"
        if confidence < threshold:
            return "review", f"置信度{confidence:.0%}低于{name}的自动派单线{threshold:.0%}，请从候选单位中选择。"
        supported = next((place for place, match in enumerate(duties) if match.department == best), None)
        backing = "，权责清单也支持" if supported == 0 else ""
        return "auto", f"置信度{confidence:.0%}达到{name}的自动派单线{threshold:.0%}{backing}。"

    def _candidates(self, prediction: Prediction | None, duties: list[DutyMatch]) -> dict[str, float]:
        """Code → confidence, best first. Departments the model has never seen take their duties' share of the whole."""
        if prediction is None or self._predictor is None:
            return {match.department: match.share for match in duties}
        shares: dict[str, float] = {}
        for label, share in zip(self._predictor.labels, prediction.probabilities, strict=True):
            code = self._code(label)
            shares[code] = shares.get(code, 0.0) + float(share)
        unseen = {match.department: match.share for match in duties if match.department not in shares}
        left = 1 - sum(unseen.values())
        mixed = {code: share * left for code, share in shares.items()} | unseen
        return dict(sorted(mixed.items(), key=lambda pair: -pair[1]))

    def _evidence(
        self,
        text: str,
        best: str,
        duties: list[DutyMatch],
        prediction: Prediction | None,
        rule: str | None,
        reason: str,
    ) -> dict:
        match = next((match for match in duties if match.department == best), None)
        nearest = duties[0] if duties else None
        if match and nearest and nearest.department != best:
            reason += f"（按权责清单，“{nearest.name}：{nearest.text}”更接近。）"
        return {
            "duty": {
                "department": match.department,
                "name": match.name,
                "text": match.text,
                "similarity": match.similarity,
            }
            if match
            else None,
            "terms": list(prediction.terms) if prediction and self._code(prediction.label) == best else [],
            "similar": self._similar(text) if self._similar else [],
            "rule": rule,
            "reason": reason,
        }

    def _review(self, reason: str) -> DispatchDecision:
        version = self._predictor.manifest.id if self._predictor else ""
        evidence: dict = {"duty": None, "terms": [], "similar": [], "rule": None, "reason": reason}
        return DispatchDecision("", 0.0, "review", evidence=evidence, model_version=version)

    def _code(self, label: str) -> str:
        """A label may be a department's code, name or short name; what is none of these stays as it is."""
        return self._codes.get(label, label)

    def _known(self, label: str) -> str:
        """The code of an existing, active department, else ""."""
        code = self._code(label)
        if self._departments is None:
            return code
        department = self._departments.get(code)
        return code if department and department.active else ""

    def _name(self, code: str) -> str:
        department = (self._departments or {}).get(code)
        return department.name if department else code


def _codes(departments: Sequence[Department]) -> dict[str, str]:
    codes: dict[str, str] = {}
    for department in departments:
        for label in (department.code, department.name, department.short_name):
            if label:
                codes.setdefault(label, department.code)
    return codes
