import numpy as np
import pytest

from casework.organisation.department import Department
from routing.duties import Duties, duty_texts, owner_similarity
from tests.fake_encoder import FakeEncoder
from tests.small_city import DEPARTMENTS, small_encoder


def test_the_nearest_duty_is_found_with_its_department() -> None:
    match = Duties(DEPARTMENTS, small_encoder()).matches("水费算错了，水表要更换")[0]
    assert (match.department, match.text) == ("water", "抄表、水费核算和水表更换")
    assert 0 < match.similarity <= 1


def test_shares_are_of_all_departments_and_in_order() -> None:
    matches = Duties(DEPARTMENTS, small_encoder()).matches("电表坏了")
    assert len(matches) == 4
    assert sum(match.share for match in matches) == pytest.approx(1)
    assert [match.share for match in matches] == sorted((match.share for match in matches), reverse=True)


def test_a_boundary_never_speaks_for_its_department() -> None:
    assert not any("边界" in text for text in duty_texts(DEPARTMENTS[0]))
    with_boundary = Department("a", "甲局", duties=["修桥", "边界:河道淤塞由水利局负责"])
    other = Department("b", "水利局", duties=["河道清淤"])
    assert Duties([with_boundary, other], FakeEncoder()).matches("河道淤塞")[0].department == "b"


def test_departments_that_are_not_active_are_left_out() -> None:
    departments = [DEPARTMENTS[0], Department("old", "市水务旧局", duties=["自来水停水"], active=False)]
    assert [match.department for match in Duties(departments, small_encoder()).matches("停水")] == ["water"]


def test_a_districts_unit_inherits_its_parents_duties_and_is_not_matched_itself() -> None:
    unit = Department("water-n", "北区水务局", duties=["自来水停水"], jurisdiction="北区", parent="water")
    matches = Duties([*DEPARTMENTS, unit], small_encoder()).matches("北区水务局停水")
    assert {match.department for match in matches} == {one.code for one in DEPARTMENTS}


def test_a_department_without_duties_is_matched_by_its_name() -> None:
    assert Duties([Department("x", "市气象局")], small_encoder()).matches("气象")[0].text == "市气象局"


def test_without_departments_there_is_nothing_to_match() -> None:
    assert Duties([], small_encoder()).matches("停水") == []


def test_a_known_vector_is_not_encoded_again() -> None:
    encoder = small_encoder()
    duties = Duties(DEPARTMENTS, encoder)
    vector = encoder.encode(["停水"])[0]
    seen = len(encoder.seen)
    assert duties.matches("停水", vector) == duties.matches("停水", vector)
    assert len(encoder.seen) == seen


def test_an_owners_similarity_is_the_mean_of_its_two_best() -> None:
    directions = np.array([[1.0, 0.0]])
    duties = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.8, 0.6]])
    found = owner_similarity(directions, duties, np.array([0, 0, 0, 2]), 3)
    assert np.allclose(found, [[0.8, -1.0, 0.8]])
