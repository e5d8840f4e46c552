from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from casework.organisation.department import Department
from routing.artifact import read_artifact
from routing.case import MAX_TEXT
from routing.decision import Router
from routing.demands import Demand, DemandSplitter
from routing.duties import Duties
from routing.predictor import Predictor
from routing.rules import Rules
from tests.small_city import DEPARTMENTS, small_encoder
from training.routing_training import Trained

WATER = "自来水从早上停到现在，一滴都没有，什么时候来水"


def router_with(
    trained: Trained, thresholds: dict[str, float | None] | float, departments=DEPARTMENTS, rules=(), **more
) -> Router:
    """A router whose model has these thresholds."""
    artifact = read_artifact(trained.folder)
    lines = thresholds if isinstance(thresholds, dict) else dict.fromkeys(artifact.manifest.labels, thresholds)
    changed = replace(artifact, manifest=replace(artifact.manifest, thresholds=lines))
    encoder = small_encoder()
    duties = Duties(departments, encoder) if departments is not None else None
    return Router(Predictor(changed, encoder), duties, Rules.of(rules), departments, **more)


def test_above_the_threshold_it_dispatches_by_itself(trained: Trained) -> None:
    found = router_with(trained, 0.3).decide(WATER)
    assert (found.department, found.decision, found.model_department) == ("water", "auto", "water")
    assert found.confidence >= 0.3 and "市水务集团" in found.evidence["reason"]
    assert found.model_version == trained.manifest.id


def test_below_the_threshold_a_person_chooses_among_at_least_three(trained: Trained) -> None:
    found = router_with(trained, 1.01).decide(WATER)
    assert (found.department, found.decision) == ("water", "review")
    assert len(found.candidates) >= 3 and found.candidates[0]["department"] == "water"
    assert "低于" in found.evidence["reason"]


def test_a_label_without_a_threshold_is_always_reviewed(trained: Trained) -> None:
    found = router_with(trained, {"water": None}).decide(WATER)
    assert found.decision == "review" and "一律人工确认" in found.evidence["reason"]


def test_each_label_has_its_own_threshold(trained: Trained) -> None:
    router = router_with(trained, {"water": 0.3, "power": 1.01})
    assert router.decide(WATER).decision == "auto"
    assert router.decide("一开空调就跳闸停电，整栋楼的电表都这样").decision == "review"


@pytest.mark.parametrize(
    "departments",
    [DEPARTMENTS[1:], [replace(DEPARTMENTS[0], active=False), *DEPARTMENTS[1:]]],
)
def test_a_department_that_is_gone_gets_nothing_by_itself(trained: Trained, departments: list[Department]) -> None:
    found = router_with(trained, 0.1, departments).decide(WATER)
    assert found.decision == "review" and "停用" in found.evidence["reason"]


def test_labels_may_be_names(trained: Trained) -> None:
    artifact = read_artifact(trained.folder)
    names = {department.code: department.short_name for department in DEPARTMENTS}
    lines = dict.fromkeys(names.values(), 0.2)
    manifest = replace(artifact.manifest, labels=[names[label] for label in artifact.manifest.labels], thresholds=lines)
    router = Router(Predictor(replace(artifact, manifest=manifest), small_encoder()), None, None, DEPARTMENTS)
    found = router.decide(WATER)
    assert (found.department, found.decision) == ("water", "auto")


def test_without_departments_the_models_own_labels_are_taken(trained: Trained) -> None:
    found = router_with(trained, 0.2, None).decide(WATER)
    assert (found.department, found.decision) == ("water", "auto")


def test_the_evidence_has_what_the_console_shows(trained: Trained) -> None:
    found = router_with(
        trained, 0.3, similar=lambda text: [{"number": "1", "department": "water", "excerpt": text[:5]}]
    ).decide(WATER)
    told = {"duty", "terms", "similar", "rule", "reason", "location", "category", "traits", "demands"}
    assert set(found.evidence) == told
    assert found.evidence["duty"]["department"] == "water" and found.evidence["duty"]["name"] == "市水务集团"
    assert found.evidence["terms"] and all(term in WATER for term in found.evidence["terms"])
    assert found.evidence["similar"][0]["number"] == "1" and found.evidence["rule"] is None


def test_the_row_of_the_command_has_the_contracts_fields(trained: Trained) -> None:
    row = router_with(trained, 0.3).decide(WATER).as_dict()
    assert set(row) == {"department", "confidence", "decision", "candidates", "category", "evidence"}
    assert row["category"].startswith("water/")


def test_a_rule_decides_and_what_the_model_said_is_kept_apart(trained: Trained) -> None:
    rule = {"id": "r1", "when": {"any_terms": ["停到现在"]}, "then": {"department": "school"}, "note": "演练"}
    found = router_with(trained, 0.3, rules=[rule]).decide(WATER)
    assert (found.department, found.decision, found.model_department) == ("school", "auto", "water")
    assert found.evidence["rule"] == "r1：演练" and found.candidates[0]["department"] == "water"


def test_a_rule_outside_its_days_does_not_decide(trained: Trained) -> None:
    rule = {"id": "r1", "when": {"any_terms": ["停"]}, "then": {"department": "school"}, "to": "2026-01-31"}
    router = router_with(trained, 0.3, rules=[rule])
    assert router.decide(WATER, on=date(2026, 1, 31)).department == "school"
    assert router.decide(WATER, on=date(2026, 2, 1)).department == "water"


def test_a_broken_rule_sends_the_order_to_review(trained: Trained) -> None:
    found = router_with(trained, 0.1, rules=[{"id": "bad", "when": {}}]).decide(WATER)
    assert (found.department, found.decision) == ("water", "review") and "bad" in found.evidence["reason"]


def test_a_rule_that_names_no_department_of_ours_sends_the_order_to_review(trained: Trained) -> None:
    rule = {"id": "r1", "when": {"any_terms": ["停"]}, "then": {"department": "gone"}}
    found = router_with(trained, 0.1, rules=[rule]).decide(WATER)
    assert (found.department, found.decision) == ("water", "review") and "gone" in found.evidence["reason"]


@pytest.mark.parametrize("text", ["", "   ", "😀😀😀", "？？！！", "\u200b", "\x00"])
def test_what_cannot_be_read_goes_to_review(trained: Trained, text: str) -> None:
    found = router_with(trained, 0.0).decide(text)
    assert (found.department, found.decision, found.candidates) == ("", "review", [])


@pytest.mark.parametrize(
    "text", ["啊" * 5000, "x", "asdf qwer", "'; DROP TABLE appeals; --", "<script>alert(1)</script>", "1234567890"]
)
def test_what_the_model_knows_nothing_about_goes_to_review(trained: Trained, text: str) -> None:
    assert router_with(trained, 0.0).decide(text).decision == "review"


def test_a_text_that_is_too_long_is_read_in_part_and_reviewed(trained: Trained) -> None:
    found = router_with(trained, 0.0).decide(WATER * (MAX_TEXT // len(WATER) + 1))
    assert (found.department, found.decision) == ("water", "review") and str(MAX_TEXT) in found.evidence["reason"]


def test_a_department_without_examples_can_be_among_the_candidates(trained: Trained) -> None:
    heating = Department("heat", "市供热公司", duties=["处理暖气不热和供热管道漏水", "室温不达标退费"])
    found = router_with(trained, 0.1, [*DEPARTMENTS, heating]).decide("暖气不热，室温不达标，供热要退费")
    assert found.department == "heat" and found.decision == "review"
    assert sum(row["confidence"] for row in found.candidates) == pytest.approx(1, abs=0.01)
    assert "权责清单" in found.evidence["reason"]


def test_without_a_model_the_duties_propose_and_a_person_decides() -> None:
    router = Router(None, Duties(DEPARTMENTS, small_encoder()), None, DEPARTMENTS)
    found = router.decide("水费算错了，水表要更换")
    assert (found.department, found.decision, found.model_version) == ("water", "review", "")
    assert Router(None).decide(WATER).decision == "review"


def test_many_are_decided_as_one_by_one(trained: Trained) -> None:
    router = router_with(trained, 0.3)
    texts = [WATER, "", "老师在群里骂学生", "😀"]
    together = router.decide_all([(text, "", "") for text in texts])
    assert [one.department for one in together] == [router.decide(text).department for text in texts]


def test_the_reason_names_a_duty_that_speaks_against_the_model(trained: Trained) -> None:
    rule = {"id": "r1", "when": {"any_terms": ["停"]}, "then": {"department": "school"}}
    reason = (
        router_with(trained, 0.3, rules=[rule]).decide("停水三天，抄表核算的水费不对，水表要更换").evidence["reason"]
    )
    assert "更接近" in reason and "市水务集团" in reason


def test_the_candidates_alone_are_those_of_the_decision(trained: Trained) -> None:
    router = router_with(trained, 0.3, similar=lambda text: pytest.fail("nobody asked for similar orders"))
    assert router.candidates("😀") == []
    found = router.candidates(WATER)
    assert found == router_with(trained, 0.3).decide(WATER).candidates and found[0]["department"] == "water"


TWO = "自来水从早上停到现在，水龙头一滴水都没有。另外外地转学回来，学区怎么划，老师上课不讲课。"


class Halves(DemandSplitter):
    """Cuts where 另外 begins."""

    def split_all(self, texts: Sequence[str]) -> list[list[Demand]]:
        return [self._halves(text) for text in texts]

    def _halves(self, text: str) -> list[Demand]:
        at = text.find("另外")
        if at < 0:
            return []
        first = Demand(text[:at], 0, at, "water", "water/故障", 0.9)
        return [first, Demand(text[at:], at, len(text), "school", "school/教学", 0.8)]


def test_several_demands_are_a_persons_choice_unless_a_rule_decides(trained: Trained) -> None:
    halves = Halves(Predictor(read_artifact(trained.folder), small_encoder()))
    found = router_with(trained, 0.0, splitter=halves).decide(TWO)
    assert found.decision == "review" and "可能包含2件事" in found.evidence["reason"]
    assert [row["department"] for row in found.evidence["demands"]] == ["water", "school"]

    rule = {"id": "r1", "when": {"any_terms": ["停到现在"]}, "then": {"department": "water"}}
    ruled = router_with(trained, 0.0, rules=[rule], splitter=halves).decide(TWO)
    assert (ruled.department, ruled.decision) == ("water", "auto")
    assert len(ruled.evidence["demands"]) == 2, "whoever opens the order in the console still reads the proposal"
    assert router_with(trained, 0.0, splitter=halves).decide(WATER).evidence["demands"] == []
