"""派单判断: who is recommended, whether it is carried out without a person, and why: by a rule where one holds, else by the model."""

import logging
from typing import NamedTuple

from routing.artifact import Manifest
from routing.case import MAX_TEXT, Case
from routing.labels import Labels
from routing.rules import BrokenRule, Rule

logger = logging.getLogger(__name__)
MIN_KNOWN = 0.2
"""Share of a text's words that training must have seen before the model may decide alone."""


class Judgement(NamedTuple):
    """派单判断."""

    department: str
    """A functional department's code; "" = nobody is recommended."""
    confidence: float
    decision: str
    """auto | review"""
    reason: str
    supporting: tuple[str, ...] = ()
    """Codes of active departments."""


def judge(case: Case, rule: Rule | BrokenRule | None, labels: Labels, manifest: Manifest | None) -> Judgement:
    """By `rule`, the first that holds; without one by the model of `manifest` (None: there is no model yet)."""
    best, confidence = case.best
    if isinstance(rule, BrokenRule):
        return Judgement(best, confidence, "review", f"{rule.problem}。请人工派单并修正规则。")
    if rule is not None:
        return _supported(_by_rule(rule, case, labels), labels)
    if manifest is None or case.prediction is None:
        found = "，候选单位由权责清单给出" if case.candidates else ""
        return Judgement(best, confidence, "review", f"尚无派单模型{found}，请人工派单。")
    if case.nobody:
        sure = case.prediction.confidence
        return Judgement(
            "", 0.0, "review", f"这件事可能不属于任何承办单位的职责（把握{sure:.0%}），请人工判断是否受理。"
        )
    doubt = _doubt(case, labels, manifest)
    if doubt:
        return Judgement(best, confidence, "review", doubt)
    backing = "，权责清单也支持" if case.duties and case.duties[0].department == best else ""
    line = manifest.thresholds[_label(case, labels)]
    reason = f"置信度{confidence:.1%}达到{labels.name(best)}的自动派单线{line:.1%}{backing}。"
    return Judgement(best, confidence, "auto", reason)


def _by_rule(rule: Rule, case: Case, labels: Labels) -> Judgement:
    best, confidence = case.best
    chosen = labels.known(rule.department) if rule.department else best
    if rule.department and not chosen:
        logger.error("routing rule %s names the unknown or inactive department %s", rule.id, rule.department)
        told = f"规则“{rule.id}”指定的单位“{rule.department}”不在名录中或已停用，请人工派单并修正规则。"
        return Judgement(best, confidence, "review", told)
    if rule.review:
        sure = 1.0 if rule.department else confidence
        return Judgement(chosen, sure, "review", f"按规则“{rule.label}”，请人工派单。", rule.supporting)
    return Judgement(chosen, 1.0, "auto", f"按规则“{rule.label}”派至{labels.name(chosen)}。", rule.supporting)


def _supported(judgement: Judgement, labels: Labels) -> Judgement:
    """With the codes of the supporting departments; one that is not known is told, not dropped in silence."""
    reason = judgement.reason
    for label in judgement.supporting:
        if not labels.known(label):
            logger.error("a routing rule names the unknown or inactive supporting department %s", label)
            reason += f"规则指定的协办单位“{label}”不在名录中或已停用，没有加入，请修正规则。"
    known = tuple(filter(None, map(labels.known, judgement.supporting)))
    return judgement._replace(reason=reason, supporting=known)


def _label(case: Case, labels: Labels) -> str:
    """The model's own label for the first candidate; "" = it has none."""
    assert case.prediction is not None
    best, category = case.best[0], case.prediction.category
    meant = ((one.label, labels.today(one.label, category, case.duties)) for one in case.prediction.candidates)
    return next((label for label, code in meant if code == best), "")


def _doubt(case: Case, labels: Labels, manifest: Manifest) -> str:
    """Why the model may not decide alone; "" = it may."""
    assert case.prediction is not None
    best, confidence = case.best
    name, label = labels.name(best), _label(case, labels)
    threshold = manifest.thresholds.get(label)
    if len(case.asked.text) > MAX_TEXT:
        return f"诉求超过{MAX_TEXT}字，只读了前面的部分，请人工派单。"
    if not labels.known(best):
        return f"模型建议的“{name}”不在承办单位名录中或已停用，请人工派单。"
    if not label:
        return f"{name}还没有历史工单，由权责清单推荐，请人工确认。"
    if case.prediction.known < MIN_KNOWN:
        return "诉求中的词语在历史工单里很少出现，模型没有把握，请人工派单。"
    if threshold is None:
        return f"在历史工单上，派给{name}的准确率还不足以自动派单，一律人工确认。"
    if confidence < threshold:
        return f"置信度{confidence:.1%}低于{name}的自动派单线{threshold:.1%}，请从候选单位中选择。"
    return ""
