"""派单决定: the model's candidates, the duties, the rules, the place and the list of departments become one decision with its evidence."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentHistory
from knowledge.text import has_words
from routing.artifact import Manifest
from routing.candidates import SHOWN, candidates_of
from routing.case import MAX_TEXT, Asked, Case
from routing.cleaning import readable
from routing.demands import Demand, DemandSplitter
from routing.duties import Duties
from routing.evidence import against, evidence_of, nothing_read
from routing.judgement import judge
from routing.known_predictions import KnownDemands, KnownPredictions
from routing.labels import Labels
from routing.places import Location, Places
from routing.predictor import Prediction, Predictor
from routing.rules import BrokenRule, Rule, Rules
from routing.taxonomy import Taxonomy
from routing.units import Units

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
        self._labels, self._units = Labels(departments, history), Units(departments or ())
        self._places, self._taxonomy = places, taxonomy or Taxonomy.empty()
        self._splitter = splitter
        self._brief = False

    @property
    def manifest(self) -> Manifest | None:
        """Of the model in use."""
        return self._predictor.manifest if self._predictor else None

    def under(self) -> "Callable[[Rules], Router]":
        """Gives routers like this one under other rules, for a trial: they read each text once between them, and look for
        nothing that only people read: no similar orders, and no proposal to divide what a rule decides."""
        base = copy.copy(self)
        base._similar, base._brief = None, True
        if self._predictor:
            base._predictor = KnownPredictions(self._predictor)
        if self._splitter:
            base._splitter = KnownDemands(self._splitter)

        def other(rules: Rules) -> Router:
            router = copy.copy(base)
            router._rules = rules
            return router

        return other

    def candidates(self, text: str) -> list[dict]:
        """The candidates of a decision alone, in a fraction of its time; [] for a text without words."""
        case = self._cases([Asked(text)])[0]
        return self._shown(case) if case else []

    def decide(
        self, text: str, type: str = "", district: str = "", on: date | None = None, place: str = ""
    ) -> DispatchDecision:
        """Decide for one appeal. Any text is answered: what cannot be read goes to review, never an exception.

        `on` is the day the rules are asked for, today when not given; `place` is where it is, as told apart from the text.
        """
        return self.decide_all([Asked(text, type, district, place)], on)[0]

    def decide_all(self, appeals: Sequence[tuple[str, ...]], on: date | None = None) -> list[DispatchDecision]:
        """One decision an appeal (see `Asked`), in order; many are predicted on all cores."""
        day = on or date.today()
        cases = self._cases([Asked(*row) for row in appeals])
        rules = [self._rule(case, day) if case else None for case in cases]
        parts = self._parts(cases, rules)
        return [
            self._decide(case, rule, own) if case else self._unreadable()
            for case, rule, own in zip(cases, rules, parts, strict=True)
        ]

    def _cases(self, asked: Sequence[Asked]) -> list[Case | None]:
        """None for an appeal without words."""
        legible = [i for i, one in enumerate(asked) if has_words(one.text)]
        predictions: Sequence[Prediction | None] = [None] * len(legible)
        if self._predictor:
            predictions = self._predictor.predict([asked[i].text[:MAX_TEXT] for i in legible])
        cases: list[Case | None] = [None] * len(asked)
        for i, prediction in zip(legible, predictions, strict=True):
            cases[i] = self._case(asked[i], prediction)
        return cases

    def _case(self, asked: Asked, prediction: Prediction | None) -> Case:
        told = readable(asked.text[:MAX_TEXT])
        duties = self._duties.matches(told, prediction.vector if prediction else None) if self._duties else []
        learned = self._predictor.labels if self._predictor else ()
        candidates = candidates_of(prediction, learned, duties, self._labels)
        return Case(told, asked, self._locate(told, asked), prediction, duties, candidates)

    def _locate(self, told: str, asked: Asked) -> Location:
        location = self._places.locate(told, asked.place) if self._places else Location()
        named = asked.district
        if named and named != location.district:
            return replace(location, district=named, street="", place=named, said=named, told=True, ambiguous=[])
        return location

    def _rule(self, case: Case, day: date) -> Rule | BrokenRule | None:
        return self._rules.first(
            case.told,
            case.asked.type or case.traits.get("type", ""),
            case.location.district,
            day,
            category=case.category,
            department="" if case.nobody else case.best[0],
            urgency=case.traits.get("urgency", ""),
        )

    def _parts(self, cases: Sequence[Case | None], rules: Sequence[Rule | BrokenRule | None]) -> list[Sequence[Demand]]:
        """The demands of each text, [] where nobody wants to know them: they change nothing of what a rule decides."""
        parts: list[Sequence[Demand]] = [[] for _ in cases]
        if self._splitter is None:
            return parts
        wanted = {
            i: case.told
            for i, (case, rule) in enumerate(zip(cases, rules, strict=True))
            if case and not (self._brief and isinstance(rule, Rule))
        }
        for i, own in zip(wanted, self._splitter.split_all(list(wanted.values())), strict=True):
            parts[i] = own
        return parts

    def _decide(self, case: Case, rule: Rule | BrokenRule | None, parts: Sequence[Demand]) -> DispatchDecision:
        prediction, manifest = case.prediction, self.manifest
        best, confidence, decision, reason, supporting = judge(case, rule, self._labels, manifest)
        demands = self._demands(case, parts)
        if demands and not isinstance(rule, Rule):
            decision, reason = "review", f"这张工单可能包含{len(demands)}件事，请确认是否拆分。{reason}"
        placement = self._units.placed(best, case.location) if best else None
        if placement and placement.ask and case.location.ambiguous and not isinstance(rule, Rule):
            decision = "review"
        reason += against(case, best) + (placement.reason if placement else "")
        label = self._labels.today(prediction.label, prediction.category, case.duties) if prediction else ""
        return DispatchDecision(
            department=placement.department if placement else "",
            confidence=confidence,
            decision=decision,
            candidates=self._shown(case),
            category=case.category,
            evidence=evidence_of(case, best, rule, reason, self._labels, self._taxonomy)
            | {"similar": self._similar(case.told) if self._similar else [], "demands": demands},
            model_version=manifest.id if manifest else "",
            model_department=self._placed(label, case) if label else "",
            supporting=tuple(self._placed(code, case) for code in supporting),
            district=case.location.district,
        )

    def _demands(self, case: Case, parts: Sequence[Demand]) -> list[dict]:
        """The parts of an appeal that seems to bring several demands for different departments; [] for one demand."""
        rows: list[dict] = []
        for part in parts:
            known = self._labels.known(part.label)
            department = self._placed(known, case) if known else ""
            if rows and rows[-1]["department"] == department:
                rows[-1]["text"] += part.text  # two matters of one department are one order
                continue
            told = {"text": part.text, "department": department, "category": part.category}
            rows.append(told | {"confidence": round(part.confidence, 4)})
        return rows if len({row["department"] for row in rows}) > 1 else []

    def _shown(self, case: Case) -> list[dict]:
        first = list(case.candidates.items())[:SHOWN]
        return [{"department": self._placed(code, case), "confidence": round(share, 4)} for code, share in first]

    def _placed(self, code: str, case: Case) -> str:
        """The unit where the matter lies, of a department whose duties are local; else the department itself."""
        return self._units.placed(code, case.location).department

    def _unreadable(self) -> DispatchDecision:
        version = self.manifest.id if self.manifest else ""
        evidence = nothing_read("诉求中没有可识别的文字，请人工阅读。")
        return DispatchDecision("", 0.0, "review", evidence=evidence, model_version=version)
