"""派单决定: what belongs to no department, and which district's unit handles what belongs to one."""

import json
from dataclasses import replace

import pytest

import demo
from casework.organisation.city import City
from casework.organisation.department import NO_DEPARTMENT, Department
from routing.artifact import read_artifact
from routing.decision import DispatchDecision, Router
from routing.duties import Duties
from routing.places import Places
from routing.predictor import Predictor
from routing.rules import Rules
from tests.small_city import DEPARTMENTS, small_encoder
from training.routing_training import Trained

NORTH = Department("street-b", "北苑区城管局", jurisdiction="北苑区", parent="street")
SOUTH = Department("street-n", "南汀区城管局", jurisdiction="南汀区", parent="street")
CITY = [*DEPARTMENTS, NORTH, SOUTH]
PLACES = Places(City.from_dict(json.loads(demo.CITY.read_text(encoding="utf-8"))))
LAMP = "路灯坏了一个礼拜，晚上摸黑走"
SCHOOL = "老师在群里骂学生，家长都看不下去"


def router(trained: Trained, line: float = 0.0, rules=(), departments=CITY, **renamed: str) -> Router:
    """A router over the city with units; `renamed` labels are the model's under other names, all with the threshold `line`."""
    artifact = read_artifact(trained.folder)
    labels = [renamed.get(label, label) for label in artifact.manifest.labels]
    manifest = replace(artifact.manifest, labels=labels, thresholds=dict.fromkeys(labels, line))
    encoder = small_encoder()
    predictor = Predictor(replace(artifact, manifest=manifest), encoder)
    return Router(predictor, Duties(departments, encoder), Rules.of(rules), departments, places=PLACES)


def listed(found: DispatchDecision) -> list[str]:
    return [row["department"] for row in found.candidates]


def test_what_is_no_departments_goes_to_a_person_without_a_recommendation(trained: Trained) -> None:
    found = router(trained, school=NO_DEPARTMENT).decide(SCHOOL)
    assert (found.department, found.confidence, found.decision) == ("", 0.0, "review")
    assert found.model_department == NO_DEPARTMENT and "不属于任何承办单位" in found.evidence["reason"]
    assert len(found.candidates) >= 3 and NO_DEPARTMENT not in listed(found)
    assert found.supporting == ()


def test_what_may_be_no_departments_is_still_no_candidate_of_others(trained: Trained) -> None:
    found = router(trained, school=NO_DEPARTMENT).decide("自来水从早上停到现在，一滴都没有")
    assert (found.department, found.decision) == ("water", "auto") and NO_DEPARTMENT not in listed(found)


def test_a_rule_decides_also_what_the_model_calls_nobodys(trained: Trained) -> None:
    rule = {"id": "r1", "when": {"any_terms": ["骂学生"]}, "then": {"department": "power"}}
    found = router(trained, rules=[rule], school=NO_DEPARTMENT).decide(SCHOOL)
    assert (found.department, found.decision, found.model_department) == ("power", "auto", NO_DEPARTMENT)


def test_a_rule_about_the_models_first_candidate_does_not_take_the_second_for_it(trained: Trained) -> None:
    nobodys = router(trained, school=NO_DEPARTMENT)
    second = listed(nobodys.decide(SCHOOL))[0]
    rule = {"id": "r1", "when": {"department": second}, "then": {"department": second}}
    found = router(trained, rules=[rule], school=NO_DEPARTMENT).decide(SCHOOL)
    assert (found.department, found.decision, found.evidence["rule"]) == ("", "review", None)


@pytest.mark.parametrize(
    ("text", "place", "unit"),
    [
        (f"北苑区{LAMP}", "", "street-b"),
        (f"槐荫路的{LAMP}", "", "street-b"),
        (LAMP, "南汀区滨河公园", "street-n"),
        (f"青溪县{LAMP}", "", "street"),
        (LAMP, "", "street"),
    ],
)
def test_the_place_chooses_the_unit_for_what_is_recommended_and_for_what_the_model_said(
    trained: Trained, text: str, place: str, unit: str
) -> None:
    found = router(trained).decide(text, place=place)
    assert (found.department, found.model_department, found.decision) == (unit, unit, "auto")
    assert listed(found)[0] == unit and found.confidence > 0.5


def test_a_known_district_chooses_the_unit_without_any_place(trained: Trained) -> None:
    found = router(trained).decide(LAMP, district="北苑区")
    assert (found.department, found.district) == ("street-b", "北苑区")
    assert found.evidence["location"]["district"] == "北苑区" and "北苑区城管局" in found.evidence["reason"]


def test_a_department_without_units_is_itself_everywhere(trained: Trained) -> None:
    found = router(trained).decide("北苑区自来水停了一天，一滴水都没有")
    assert (found.department, found.district) == ("water", "北苑区")


def test_a_place_in_two_districts_is_asked_about(trained: Trained) -> None:
    found = router(trained).decide(f"建设路的{LAMP}")
    assert (found.department, found.decision, found.district) == ("street", "review", "")
    assert "建设路" in found.evidence["reason"] and "请核实地点" in found.evidence["reason"]
    assert found.evidence["location"]["ambiguous"][0]["districts"] == ["南汀区", "北苑区"]


def test_where_no_unit_hangs_on_it_an_ambiguous_place_does_not_matter(trained: Trained) -> None:
    assert router(trained).decide("建设路自来水从早上停到现在，一滴都没有").decision == "auto"


def test_a_model_whose_labels_are_units_recommends_the_unit_of_the_place(trained: Trained) -> None:
    """Trained on a file by hand, a model may know units; they count as their parent, whose unit the place chooses."""
    both = router(trained, street="北苑区城管局", school="street-n")
    found = both.decide(f"南汀区{LAMP}")
    assert (found.department, found.model_department) == ("street-n", "street-n")
    assert len(set(listed(found))) == len(found.candidates), "two units of one department are one candidate"
    assert both.decide(LAMP).department == "street"


def test_a_unit_whose_department_was_closed_gets_nothing_by_itself(trained: Trained) -> None:
    closed = [replace(one, active=False) if one.code == "street" else one for one in CITY]
    found = router(trained, departments=closed).decide(f"北苑区{LAMP}")
    assert found.decision == "review" and "停用" in found.evidence["reason"]


def test_supporting_departments_are_placed_too_and_unknown_ones_left_out(trained: Trained) -> None:
    then = {"department": "water", "supporting": ["street", "power", "gone"]}
    rule = {"id": "r1", "when": {"any_terms": ["路灯"]}, "then": then}
    found = router(trained, rules=[rule]).decide(f"北苑区{LAMP}")
    assert (found.department, found.decision, found.supporting) == ("water", "auto", ("street-b", "power"))


def test_a_rule_that_decides_is_not_held_up_by_an_ambiguous_place(trained: Trained) -> None:
    rule = {"id": "r1", "when": {"any_terms": ["路灯"]}, "then": {"department": "street"}}
    found = router(trained, rules=[rule]).decide(f"建设路的{LAMP}")
    assert (found.department, found.decision) == ("street", "auto")
