"""派单决定: the model's candidates, the duties, the rules, the place and the list of departments become one decision with its evidence."""

import copy
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from casework.department import NO_DEPARTMENT, Department
from casework.department_change import DepartmentHistory
from knowledge.text import has_words
from routing.artifact import Manifest
from routing.cleaning import readable
from routing.demands import Demand, DemandSplitter
from routing.duties import Duties, DutyMatch
from routing.known_predictions import KnownPredictions
from routing.places import Location, Places
from routing.predictor import MANY, Prediction, Predictor
from routing.rules import BrokenRule, Rule, Rules
from routing.taxonomy import Taxonomy
from routing.units import Placement, Units

logger = logging.getLogger(__name__)
CANDIDATES = 5
MAX_TEXT = 5000
"""Characters; a longer text is read up to here and decided by a person."""
MIN_KNOWN = 0.2
"""Share of a text's words that training must have seen before the model may decide alone."""
SimilarOrders = Callable[[str], list[dict]]
"""Similar closed orders of a text: [{"number", "department", "excerpt"}], nearest first."""


class Asked(NamedTuple):
    """派单请求: what is known of an appeal; only the text is needed."""

    text: str
    type: str = ""
    district: str = ""
    place: str = ""
    """Where it is, as it was told apart from the text."""


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
    """{"duty", "terms", "similar", "rule", "reason", "location", "category", "traits", "demands"}, see docs/api.md."""
    model_version: str = ""
    model_department: str = ""
    """What the model said, kept apart from what a rule decided; of a department with units the unit where it is."""
    supporting: tuple[str, ...] = ()
    """协办单位, where a rule names them."""
    district: str = ""
    """Where it is, "" when nobody told."""

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


@dataclass(slots=True)
class _Case:
    """One appeal under decision."""

    told: str
    asked: Asked
    location: Location
    prediction: Prediction | None
    duties: list[DutyMatch]
    candidates: dict[str, float]
    """Functional departments' codes → confidence, best first."""

    @property
    def trait(self) -> dict[str, str]:
        return {name: found.label for name, found in self.prediction.traits.items()} if self.prediction else {}


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
        places: Places | None = None,
        taxonomy: Taxonomy | None = None,
        splitter: DemandSplitter | None = None,
        history: DepartmentHistory | None = None,
    ) -> None:
        """`history` finds today's department for a label that the model learned before a reorganisation."""
        self._predictor = predictor
        self._duties = duties.placed(predictor.centre) if duties and predictor else duties
        self._rules = rules or Rules()
        self._similar = similar
        self._departments = None if departments is None else {department.code: department for department in departments}
        self._codes = _codes(departments or ())
        self._places, self._units = places, Units(departments or ())
        self._taxonomy, self._splitter = taxonomy or Taxonomy.empty(), splitter
        self._history = history or DepartmentHistory(())

    @property
    def manifest(self) -> Manifest | None:
        """Of the model in use."""
        return self._predictor.manifest if self._predictor else None

    def under(self) -> "Callable[[Rules], Router]":
        """Gives routers like this one under other rules, for a trial: they predict each text once between them and look for no
        similar orders."""
        base = copy.copy(self)
        base._similar = None
        if self._predictor:
            base._predictor = KnownPredictions(self._predictor)

        def other(rules: Rules) -> Router:
            router = copy.copy(base)
            router._rules = rules
            return router

        return other

    def decide(
        self, text: str, type: str = "", district: str = "", on: date | None = None, place: str = ""
    ) -> DispatchDecision:
        """Decide for one appeal. Any text is answered: what cannot be read goes to review, never an exception.

        `on` is the day the rules are asked for, today when not given; `place` is where it is, as told apart from the text.
        """
        return self.decide_all([Asked(text, type, district, place)], on)[0]

    def decide_all(self, appeals: Sequence[tuple[str, ...]], on: date | None = None) -> list[DispatchDecision]:
        """One decision an appeal (see `Asked`), in order; many are predicted on all cores."""
        day, asked = on or date.today(), [Asked(*row) for row in appeals]
        legible = [i for i, one in enumerate(asked) if has_words(one.text)]
        predictions: list[Prediction | None] = [None] * len(asked)
        if self._predictor:
            texts = [asked[i].text[:MAX_TEXT] for i in legible]
            for i, prediction in zip(legible, self._predictor.predict(texts), strict=True):
                predictions[i] = prediction
        parts = self._parts([one.text for one in asked])
        return [self._decide(*one, day) for one in zip(asked, predictions, parts, strict=True)]

    def _parts(self, texts: Sequence[str]) -> list[list[Demand]]:
        """The demands of each text; [] without a splitter."""
        if self._splitter is None:
            return [[] for _ in texts]
        told = [readable(text[:MAX_TEXT]) for text in texts]
        if len(told) < MANY:
            return [self._splitter.split(text) for text in told]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self._splitter.split, told))

    def _decide(
        self, asked: Asked, prediction: Prediction | None, parts: Sequence[Demand], day: date
    ) -> DispatchDecision:
        if not has_words(asked.text):
            return self._unreadable("诉求中没有可识别的文字，请人工阅读。")
        told = readable(asked.text[:MAX_TEXT])
        duties = self._duties.matches(told, prediction.vector if prediction else None) if self._duties else []
        case = _Case(told, asked, self._locate(told, asked), prediction, duties, self._candidates(prediction, duties))
        best, confidence = next(iter(case.candidates.items()), ("", 0.0))
        rule = self._rule(case, best, day)
        decision = "review"
        supporting: tuple[str, ...] = ()
        if rule is not None:
            best, confidence, decision, supporting, reason = self._by_rule(rule, best, confidence)
        elif prediction is None:
            found = "，候选单位由权责清单给出" if case.candidates else ""
            reason = f"尚无派单模型{found}，请人工派单。"
        elif prediction.label == NO_DEPARTMENT:
            best, confidence = "", 0.0
            reason = f"这件事可能不属于任何承办单位的职责（把握{prediction.confidence:.0%}），请人工判断是否受理。"
        else:
            decision, reason = self._judge(case, best, confidence)
        for code in supporting:
            if not self._known(code):
                logger.error("a routing rule names the unknown or inactive supporting department %s", code)
                reason += f"规则指定的协办单位“{code}”不在名录中或已停用，没有加入，请修正规则。"
        demands = self._demands(case, parts)
        if demands and not isinstance(rule, Rule):
            decision, reason = "review", f"这张工单可能包含{len(demands)}件事，请确认是否拆分。{reason}"
        placement = self._units.placed(best, case.location) if best else Placement("")
        if placement.ask and case.location.ambiguous and decision == "auto" and not isinstance(rule, Rule):
            decision = "review"
        label = self._today(prediction.label, prediction.category, duties) if prediction else ""
        return DispatchDecision(
            department=placement.department,
            confidence=confidence,
            decision=decision,
            candidates=[
                {"department": self._placed(code, case), "confidence": round(share, 4)}
                for code, share in list(case.candidates.items())[:CANDIDATES]
            ],
            category=prediction.category if prediction else "",
            evidence=self._evidence(case, best, rule, reason, placement) | {"demands": demands},
            model_version=self._predictor.manifest.id if self._predictor else "",
            model_department=self._placed(label, case) if label else "",
            supporting=tuple(self._placed(self._known(code), case) for code in supporting if self._known(code)),
            district=case.location.district,
        )

    def _locate(self, told: str, asked: Asked) -> Location:
        location = self._places.locate(told, asked.place) if self._places else Location()
        named = asked.district
        if named and named != location.district:
            return replace(location, district=named, street="", place=named, said=named, told=True, ambiguous=[])
        return location

    def _demands(self, case: _Case, parts: Sequence[Demand]) -> list[dict]:
        """The parts of an appeal that seems to bring several demands for different departments; [] for one demand."""
        rows: list[dict] = []
        for part in parts:
            department = self._placed(self._code(part.label), case) if self._known(part.label) else ""
            if rows and rows[-1]["department"] == department:
                rows[-1]["text"] += part.text  # two matters of one department are one order
                continue
            told = {"text": part.text, "department": department, "category": part.category}
            rows.append(told | {"confidence": round(part.confidence, 4)})
        return rows if len({row["department"] for row in rows}) > 1 else []

    def _rule(self, case: _Case, best: str, day: date) -> Rule | BrokenRule | None:
        nobody = case.prediction is not None and case.prediction.label == NO_DEPARTMENT
        return self._rules.first(
            case.told,
            case.asked.type or case.trait.get("type", ""),
            case.location.district,
            day,
            category=case.prediction.category if case.prediction else "",
            department="" if nobody else best,
            urgency=case.trait.get("urgency", ""),
        )

    def _by_rule(
        self, rule: Rule | BrokenRule, best: str, confidence: float
    ) -> tuple[str, float, str, tuple[str, ...], str]:
        """Department, confidence, decision, supporting departments and reason, as the rule has it."""
        if isinstance(rule, BrokenRule):
            return best, confidence, "review", (), f"{rule.problem}。请人工派单并修正规则。"
        chosen = self._known(rule.department) if rule.department else best
        if rule.department and not chosen:
            logger.error("routing rule %s names the unknown or inactive department %s", rule.id, rule.department)
            told = f"规则“{rule.id}”指定的单位“{rule.department}”不在名录中或已停用，请人工派单并修正规则。"
            return best, confidence, "review", (), told
        if rule.review:
            sure = 1.0 if rule.department else confidence
            return chosen, sure, "review", rule.supporting, f"按规则“{rule.label}”，请人工派单。"
        return chosen, 1.0, "auto", rule.supporting, f"按规则“{rule.label}”派至{self._name(chosen)}。"

    def _judge(self, case: _Case, best: str, confidence: float) -> tuple[str, str]:
        """auto or review, and why."""
        assert self._predictor is not None and case.prediction is not None
        name = self._name(best)
        category = case.prediction.category
        meant = ((c.label, self._today(c.label, category, case.duties)) for c in case.prediction.candidates)
        label = next((label for label, code in meant if code == best), "")
        threshold = self._predictor.manifest.thresholds.get(label)
        if len(case.asked.text) > MAX_TEXT:
            return "review", f"诉求超过{MAX_TEXT}字，只读了前面的部分，请人工派单。"
        if not self._known(best):
            return "review", f"模型建议的“{name}”不在承办单位名录中或已停用，请人工派单。"
        if not label:
            return "review", f"{name}还没有历史工单，由权责清单推荐，请人工确认。"
        if case.prediction.known < MIN_KNOWN:
            return "review", "诉求中的词语在历史工单里很少出现，模型没有把握，请人工派单。"
        if threshold is None:
            return "review", f"在历史工单上，派给{name}的准确率还不足以自动派单，一律人工确认。"
        if confidence < threshold:
            return "review", f"置信度{confidence:.1%}低于{name}的自动派单线{threshold:.1%}，请从候选单位中选择。"
        supported = next((place for place, match in enumerate(case.duties) if match.department == best), None)
        backing = "，权责清单也支持" if supported == 0 else ""
        return "auto", f"置信度{confidence:.1%}达到{name}的自动派单线{threshold:.1%}{backing}。"

    def _candidates(self, prediction: Prediction | None, duties: list[DutyMatch]) -> dict[str, float]:
        """Code → confidence, best first. Departments the model has never seen take their duties' share of the whole."""
        if prediction is None or self._predictor is None:
            return {match.department: match.share for match in duties}
        shares: dict[str, float] = {}
        for label, share in zip(self._predictor.labels, prediction.probabilities, strict=True):
            code = self._today(label, prediction.category, duties)
            shares[code] = shares.get(code, 0.0) + float(share)
        shares.pop(NO_DEPARTMENT, None)
        unseen = {match.department: match.share for match in duties if match.department not in shares}
        left = 1 - sum(unseen.values())
        mixed = {code: share * left for code, share in shares.items()} | unseen
        return dict(sorted(mixed.items(), key=lambda pair: -pair[1]))

    def _evidence(
        self, case: _Case, best: str, rule: Rule | BrokenRule | None, reason: str, placement: Placement
    ) -> dict:
        match = next((match for match in case.duties if match.department == best), None)
        nearest, prediction = case.duties[0] if case.duties else None, case.prediction
        if match and nearest and nearest.department != best:
            reason += f"（按权责清单，“{nearest.name}：{nearest.text}”更接近。）"
        reason += placement.reason
        location = case.location
        return {
            "duty": {
                "department": match.department,
                "name": match.name,
                "text": match.text,
                "similarity": match.similarity,
            }
            if match
            else None,
            "terms": list(prediction.terms)
            if prediction and self._today(prediction.label, prediction.category, case.duties) == best
            else [],
            "similar": self._similar(case.told) if self._similar else [],
            "rule": rule.label if isinstance(rule, Rule) else None,
            "reason": reason,
            "location": {
                "district": location.district,
                "place": location.place,
                "said": location.said,
                "certainty": location.certainty.value,
                "ambiguous": location.ambiguous,
            }
            if location.district or location.ambiguous
            else None,
            "category": {
                "levels": self._taxonomy.levels(prediction.category),
                "confidence": round(prediction.category_confidence, 4),
            }
            if prediction and prediction.category
            else None,
            "traits": {
                name: {"label": found.label, "confidence": round(found.confidence, 4)}
                for name, found in (prediction.traits if prediction else {}).items()
            },
        }

    def _unreadable(self, reason: str) -> DispatchDecision:
        version = self._predictor.manifest.id if self._predictor else ""
        evidence: dict = {"duty": None, "terms": [], "similar": [], "rule": None, "reason": reason}
        evidence |= {"location": None, "category": None, "traits": {}, "demands": []}
        return DispatchDecision("", 0.0, "review", evidence=evidence, model_version=version)

    def _placed(self, code: str, case: _Case) -> str:
        """The unit where the matter lies, of a department whose duties are local; else the department itself."""
        return self._units.placed(code, case.location).department

    def _code(self, label: str) -> str:
        """A label may be a department's code, name or short name (of a unit: it means its parent); what is none of these stays."""
        return self._codes.get(label, label)

    def _today(self, label: str, category: str, duties: Sequence[DutyMatch]) -> str:
        """The department that a label means now: of the successors of a split one, whose duties are nearest."""
        code = self._code(label)
        if self._departments is None or code in self._departments:
            return code
        heirs = [heir for heir in self._history.now(code, category) if self._known(heir)]
        nearest = (match.department for match in duties if match.department in heirs)
        return heirs[0] if len(heirs) == 1 else next(nearest, code)

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
                codes.setdefault(label, department.parent or department.code)
    return codes
