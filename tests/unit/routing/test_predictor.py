import numpy as np
import pytest

from routing.predictor import MANY, Predictor
from routing.target import Target, sharpened, softmax
from tests.small_city import TEXTS, small_encoder
from training.routing_training import Trained


def test_what_is_served_is_what_was_trained(trained: Trained, predictor: Predictor) -> None:
    """The features of serving, computed from the texts alone, are to the last bit those of training."""
    from tests.small_city import DEPARTMENTS
    from training.progress import Progress
    from training.routing_data import Columns
    from training.routing_material import Plan, gather
    from training.routing_training import features_of, space_of

    plan = Plan(trained.folder.parent / "appeals.jsonl", Columns(time="created_at"))
    with Progress("test") as said:
        material = gather(plan, small_encoder(), DEPARTMENTS, said)
    space, rows = space_of(material), np.arange(5, 35)
    assert space.features.terms == predictor.terms.terms
    learned, served = features_of(material, space, rows), predictor.features([material.rows[i].text for i in rows])
    assert (learned.terms != served.terms).nnz == 0
    assert np.array_equal(learned.known, served.known) and np.array_equal(learned.vectors, served.vectors)
    assert np.array_equal(learned.directions, served.directions)


def test_a_text_gets_the_same_answer_alone_and_among_others(predictor: Predictor) -> None:
    texts = [text for own in TEXTS.values() for text in own[:3]]
    together = predictor.predict(texts)
    for text, one in zip(texts, together, strict=True):
        alone = predictor.predict([text])[0]
        assert alone.label == one.label
        assert np.allclose(alone.probabilities, one.probabilities, atol=1e-6)


def test_many_texts_on_all_cores_are_answered_as_one_by_one_and_in_order(predictor: Predictor) -> None:
    texts = [*(text for own in TEXTS.values() for text in own), "", "😀", "自来水又停了"]
    assert len(texts) > 2 * MANY
    for text, one in zip(texts, predictor.predict(texts), strict=True):
        alone = predictor.predict([text])[0]
        assert (one.label, one.category, one.terms, one.known) == (
            alone.label,
            alone.category,
            alone.terms,
            alone.known,
        )
        assert np.allclose(one.probabilities, alone.probabilities, atol=1e-6)


def test_probabilities_sum_to_one_and_candidates_are_in_order(predictor: Predictor) -> None:
    found = predictor.predict(["自来水停了一整天，什么时候来水"])[0]
    assert found.label == "water"
    assert np.isclose(found.probabilities.sum(), 1)
    shares = [candidate.confidence for candidate in found.candidates]
    assert shares == sorted(shares, reverse=True) and shares[0] == found.confidence


def test_the_terms_that_spoke_for_it_stand_in_the_text(predictor: Predictor) -> None:
    text = "今天自来水又停水了，打电话问也不说几点来水"
    found = predictor.predict([text])[0]
    assert found.terms and all(term in text for term in found.terms)
    assert any("水" in term for term in found.terms)


def test_the_category_is_one_of_the_departments_own(predictor: Predictor) -> None:
    found = predictor.predict(["电费一个月六百多，电表走得飞快"])[0]
    assert found.label == "power" and found.category == "power/费用"


@pytest.mark.parametrize(
    "text", ["", " ", "😀😀😀", "\x00\x01", "啊" * 5000, "'; DROP TABLE x; --", "<b>x</b>", "\ud800"]
)
def test_any_text_is_answered(predictor: Predictor, text: str) -> None:
    found = predictor.predict([text])[0]
    assert np.isfinite(found.probabilities).all() and 0 <= found.known <= 1


def test_no_texts_no_predictions(predictor: Predictor) -> None:
    assert predictor.predict([]) == []


def test_operators_phrases_do_not_sway_the_prediction(predictor: Predictor) -> None:
    plain, leaking = predictor.predict(["路灯坏了一个礼拜", "路灯坏了一个礼拜，请市教育局核实处理。"])
    assert plain.label == leaking.label == "street"
    assert abs(plain.confidence - leaking.confidence) < 0.02


def test_a_target_survives_storing(predictor: Predictor) -> None:
    target = Target(["a", "b"], np.array([0.5, -0.5], dtype=np.float32), np.ones((3, 2), dtype=np.float32))
    again = Target.from_weights("x", ["a", "b"], target.as_weights("x"))
    assert np.array_equal(again.term_weights, target.term_weights) and again.vector_weights is None


def test_softmax_survives_great_numbers() -> None:
    assert np.allclose(softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])), [[1, 0], [0.5, 0.5]])


def test_sharpening_changes_the_first_and_leaves_the_order() -> None:
    plain = np.array([[0.9, 0.06, 0.04], [0.4, 0.35, 0.25]])
    duller = sharpened(plain, 0.5, 0.0)
    assert np.allclose(duller.sum(axis=1), 1) and duller[0, 0] == pytest.approx(0.75)
    assert duller[0, 1] / duller[0, 2] == pytest.approx(1.5)
    assert np.array_equal(np.argsort(-duller), np.argsort(-plain))
    assert np.array_equal(sharpened(plain, 1.0, -2.0)[1], plain[1]), "a first label that would fall behind stays"
    assert np.allclose(sharpened(plain, 1.0, 0.0), plain)
    assert np.isfinite(sharpened(np.array([[1.0, 0.0]]), 0.5, 0.1)).all()
