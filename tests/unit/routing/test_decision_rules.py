"""派单决定: what the model says of an appeal reaches the rules, and what a rule wants is done."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from routing.artifact import read_artifact
from routing.decision import DispatchDecision, Router
from routing.predictor import Candidate, Prediction, Predictor
from routing.rules import Rules
from routing.taxonomy import Taxonomy
from tests.small_city import DEPARTMENTS, small_encoder
from training.routing_training import Trained

WATER = "自来水从早上停到现在，一滴都没有，什么时候来水"


class Telling(Predictor):
    """A predictor that is sure of a text's type and urgency too."""

    traits: dict[str, Candidate]

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        return [replace(one, traits=self.traits) for one in super().predict(texts)]


def decide(trained: Trained, rules: Sequence[dict], text: str = WATER, traits=(), **asked: str) -> DispatchDecision:
    """Decided by a model that dispatches anything by itself, under these rules."""
    artifact = read_artifact(trained.folder)
    lines = dict.fromkeys(artifact.manifest.labels, 0.0)
    predictor = Telling(replace(artifact, manifest=replace(artifact.manifest, thresholds=lines)), small_encoder())
    predictor.traits = {name: Candidate(label, 0.9) for name, label in traits}
    router = Router(predictor, None, Rules.of(rules), DEPARTMENTS, taxonomy=Taxonomy.empty())
    return router.decide(text, **asked)


def rule(when: dict, **then: object) -> dict:
    return {"id": "r1", "when": when, "then": then or {"department": "school"}, "note": "演练"}


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"category": "water"}, True),
        ({"category": "water/故障"}, True),
        ({"category": "wat"}, False),
        ({"category": "power"}, False),
        ({"department": "water"}, True),
        ({"department": "power"}, False),
        ({"urgency": "紧急"}, True),
        ({"urgency": "一般"}, False),
        ({"type": "投诉"}, True),
        ({"type": "咨询"}, False),
        ({"urgency": "紧急", "category": "water/故障", "department": "water", "any_terms": ["停到现在"]}, True),
        ({"urgency": "紧急", "category": "water/费用", "department": "water", "any_terms": ["停到现在"]}, False),
    ],
)
def test_a_rule_may_ask_for_what_the_model_says(trained: Trained, when: dict, holds: bool) -> None:
    found = decide(trained, [rule(when)], traits=[("urgency", "紧急"), ("type", "投诉")])
    assert (found.department == "school") is holds and (found.evidence["rule"] is not None) is holds
    assert found.model_department == "water" and found.candidates[0]["department"] == "water"


def test_the_type_that_was_told_counts_before_the_one_that_was_read(trained: Trained) -> None:
    told = decide(trained, [rule({"type": "咨询"})], traits=[("type", "投诉")], type="咨询")
    assert told.department == "school"
    assert decide(trained, [rule({"type": "投诉"})], traits=[("type", "投诉")], type="咨询").department == "water"


def test_without_traits_a_rule_about_urgency_does_not_hold(trained: Trained) -> None:
    assert decide(trained, [rule({"urgency": "紧急"})]).department == "water"


def test_a_rule_may_send_to_a_person_what_the_model_is_sure_of(trained: Trained) -> None:
    assert decide(trained, []).decision == "auto"
    found = decide(trained, [rule({"any_terms": ["停到现在"]}, review=True)])
    assert (found.department, found.decision) == ("water", "review")
    assert found.confidence == pytest.approx(found.candidates[0]["confidence"], abs=1e-4)
    assert "按规则“r1：演练”" in found.evidence["reason"] and found.evidence["rule"] == "r1：演练"


def test_a_rule_may_name_the_department_and_leave_the_word_to_a_person(trained: Trained) -> None:
    found = decide(trained, [rule({"any_terms": ["停"]}, department="power", supporting=["street"], review=True)])
    assert (found.department, found.decision, found.supporting) == ("power", "review", ("street",))
    assert found.model_department == "water"


def test_the_first_rule_that_holds_decides(trained: Trained) -> None:
    rules = [
        rule({"category": "power"}, department="power"),
        rule({"category": "water"}, department="street") | {"id": "r2"},
        rule({"any_terms": ["停"]}) | {"id": "r3"},
    ]
    found = decide(trained, rules)
    assert found.department == "street" and found.evidence["rule"] == "r2：演练"


def test_category_and_traits_are_told_as_evidence(trained: Trained) -> None:
    found = decide(trained, [], traits=[("urgency", "紧急")])
    levels = [level["name"] for level in found.evidence["category"]["levels"]]
    assert levels == ["water", "故障"] and 0 < found.evidence["category"]["confidence"] <= 1
    assert found.evidence["traits"] == {"urgency": {"label": "紧急", "confidence": 0.9}}
    assert found.evidence["location"] is None


def test_the_row_of_an_unreadable_appeal_has_the_same_evidence(trained: Trained) -> None:
    assert set(decide(trained, [], text="😀").evidence) == set(decide(trained, []).evidence)


def test_a_supporting_department_that_is_not_known_is_told_not_dropped_in_silence(trained: Trained) -> None:
    found = decide(trained, [rule({"any_terms": ["自来水"]}, department="water", supporting=["power", "nobody"])])
    assert found.supporting == ("power",) and "“nobody”" in found.evidence["reason"]
