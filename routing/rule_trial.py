"""规则试算: what a changed list of rules would have decided on the orders at hand, compared with the list in force."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from routing.decision import DispatchDecision
from routing.rules import Rule, Rules

MOST = 2000
"""Orders of one trial."""
ORDER = ("wrong", "right", "")
"""What is shown first: what the change spoils."""


@dataclass(frozen=True, slots=True)
class TrialOrder:
    """试算工单."""

    number: str
    text: str
    type: str = ""
    district: str = ""
    place: str = ""
    settled: str = ""
    """The department that has signed it; "" = still waiting for one."""
    excerpt: str = ""
    """Masked; "" for a confidential order."""
    confidential: bool = False


Decide = Callable[[Rules, Sequence[TrialOrder]], Sequence[DispatchDecision]]
"""What a list of rules decides, one decision an order."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """试算结果 of one order under one list."""

    department: str
    decision: str
    """auto | review"""
    supporting: tuple[str, ...]
    rule: str
    """Id of the rule that decided; "" = none."""


@dataclass(frozen=True, slots=True)
class TrialRow:
    """变化的工单."""

    order: TrialOrder
    before: Outcome
    after: Outcome

    @property
    def right_before(self) -> bool:
        """Whether the former list names the department that settled it."""
        return bool(self.order.settled) and self.before.department == self.order.settled

    @property
    def right_after(self) -> bool:
        """Whether the new list does."""
        return bool(self.order.settled) and self.after.department == self.order.settled

    @property
    def verdict(self) -> str:
        """right | wrong | "": what the change makes of it, by the department that settled it."""
        if self.right_before == self.right_after:
            return ""
        return "right" if self.right_after else "wrong"


@dataclass(frozen=True, slots=True)
class Trial:
    """试算. Right is the recommendation that names the settled department, whether it was carried out or left to a person."""

    orders: int
    confidential: int
    settled: int
    right_before: int
    right_after: int
    became_right: int
    became_wrong: int
    auto_before: int
    auto_after: int
    hits: dict[str, int]
    """Rule of the new list → how many orders it decides, in the list's order."""
    hits_before: dict[str, int]
    rows: list[TrialRow] = field(default_factory=list)
    """Changed orders: first those that became wrong, then those that became right; newest first as they were given."""

    @property
    def changed(self) -> int:
        """Orders with another department, supporting departments, or auto instead of review."""
        return len(self.rows)


def try_rules(
    rows_before: Sequence[object], rows_after: Sequence[object], orders: Sequence[TrialOrder], decide: Decide
) -> Trial:
    """Decide every order under both lists, given as parsed JSON."""
    rules_before, rules_after = Rules.of(rows_before), Rules.of(rows_after)
    before, after = _outcomes(rules_before, orders, decide), _outcomes(rules_after, orders, decide)
    every = [TrialRow(*three) for three in zip(orders, before, after, strict=True)]
    changed = [row for row in every if _effect(row.before) != _effect(row.after)]
    return Trial(
        orders=len(every),
        confidential=sum(order.confidential for order in orders),
        settled=sum(bool(order.settled) for order in orders),
        right_before=sum(row.right_before for row in every),
        right_after=sum(row.right_after for row in every),
        became_right=sum(row.verdict == "right" for row in every),
        became_wrong=sum(row.verdict == "wrong" for row in every),
        auto_before=sum(row.before.decision == "auto" for row in every),
        auto_after=sum(row.after.decision == "auto" for row in every),
        hits=_hits(rules_after, after),
        hits_before=_hits(rules_before, before),
        rows=sorted(changed, key=lambda row: ORDER.index(row.verdict)),
    )


def _outcomes(rules: Rules, orders: Sequence[TrialOrder], decide: Decide) -> list[Outcome]:
    labels = {rule.label: rule for rule in reversed(rules.rows) if isinstance(rule, Rule)}
    found = []
    for decision in decide(rules, orders):
        rule = labels.get(decision.evidence.get("rule") or "")
        found.append(Outcome(decision.department, decision.decision, decision.supporting, rule.id if rule else ""))
    return found


def _effect(outcome: Outcome) -> tuple[str, str, frozenset[str]]:
    """What happens to the order, whichever rule brought it about."""
    return outcome.department, outcome.decision, frozenset(outcome.supporting)


def _hits(rules: Rules, outcomes: Sequence[Outcome]) -> dict[str, int]:
    counts = Counter(outcome.rule for outcome in outcomes)
    return {rule.id: counts[rule.id] for rule in rules.rows}
