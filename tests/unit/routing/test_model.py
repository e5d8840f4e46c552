"""派单模型: categories help departments and departments categories; what is stored is what is read; a network is mixed in."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from routing.artifact import ArtifactError, read_artifact
from routing.model import UNNAMED, Mixture, Model, category_scores
from routing.predictor import Predictor
from routing.target import Target
from tests.small_city import small_encoder
from tests.unit.routing.test_target import features
from training.routing_training import Trained

WATER = "自来水从早上停到现在，一滴都没有，什么时候来水"


def plain(labels: str, bias: list[float], **more: float) -> Target:
    return Target(list(labels), np.array(bias, dtype=np.float32), **more)


def model() -> Model:
    """Two departments of which the texts say nothing, three categories of which the second is likely; its texts were b's."""
    owned = np.array([[1.0, 0.0], [0.1, 0.9], [0.5, 0.5]], dtype=np.float32)
    return Model(plain("ab", [0.2, 0.0], category_weight=1.0), plain("xyz", [0.0, 2.0, 0.0]), owned)


def test_a_likely_category_brings_its_department_forward() -> None:
    found = model().probabilities(features())
    assert found.departments.argmax(axis=1).tolist() == [1] * 4
    without = Model(model().department)
    assert without.probabilities(features()).departments.argmax(axis=1).tolist() == [0] * 4
    assert without.probabilities(features()).categories is None


def test_a_category_is_likely_where_the_departments_speak_for_it_too() -> None:
    one = model()
    assert one.category is not None
    alone = one.category.probabilities(features())[0]
    together = one.probabilities(features()).categories
    assert together is not None and np.allclose(together.sum(axis=1), 1)
    assert together[0, 1] > alone[1] and together[0, 0] < alone[0], "b's category gains, a's loses"


def test_a_department_that_no_likely_category_was_seen_with_is_not_ruled_out() -> None:
    said = category_scores(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert np.isfinite(said).all() and said[0, 0] > said[0, 1]


def test_a_model_with_every_part_survives_storing() -> None:
    one = model()
    one.traits = {"type": plain("pq", [1.0, 0.0])}
    one.mixture = Mixture(0.7, 1.3, np.array([0.1, -0.1]), 0.8, 0.05)
    again = Model.from_weights(["a", "b"], list("xyz"), {"type": ["p", "q"]}, one.as_weights())
    scores = np.array([[0.3, 0.9]] * 4)
    first, second = (each.probabilities(features(), lambda: scores) for each in (one, again))
    assert np.allclose(first.departments, second.departments) and np.allclose(first.categories, second.categories)
    assert again.mixture is not None and again.mixture.as_dict() == one.mixture.as_dict()
    assert np.array_equal(again.mixture.bias, one.mixture.bias)
    assert np.allclose(again.traits["type"].probabilities(features()), one.traits["type"].probabilities(features()))


def test_an_ownership_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="owned"):
        Model.from_weights(["a", "b"], list("xyz"), {}, model().as_weights() | {"owned": np.ones((2, 2))})


def test_the_mixture_weighs_both_and_rules_nothing_out() -> None:
    light, network = np.array([[0.9, 0.1], [1.0, 0.0]]), np.array([[0.0, 4.0], [0.0, 20.0]])
    mixed = Mixture(1.0, 1.0, np.zeros(2)).probabilities(light, network)
    assert np.allclose(mixed.sum(axis=1), 1)
    assert mixed.argmax(axis=1).tolist() == [1, 1], (
        "the light model's nought does not forbid what the network is sure of"
    )
    assert np.allclose(Mixture(1.0, 0.0, np.zeros(2)).probabilities(light, network), light, atol=1e-3)


class OneSided:
    """A network that is sure of the same label for any text."""

    def __init__(self, label: int, labels: int) -> None:
        self._row = np.where(np.arange(labels) == label, 30.0, 0.0)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        return np.tile(self._row, (len(texts), 1))


def test_a_mixed_model_needs_its_network_and_listens_to_it(trained: Trained) -> None:
    artifact = read_artifact(trained.folder)
    labels = artifact.manifest.labels
    mixture = {"mixture.scalars": np.array([1.0, 1.0, 1.0, 0.0]), "mixture.bias": np.zeros(len(labels))}
    mixed = replace(artifact, weights=artifact.weights | mixture)
    with pytest.raises(ArtifactError, match=r"缺少神经网络文件.*重新训练"):
        Predictor(mixed, small_encoder())
    school = labels.index("school")
    found = Predictor(mixed, small_encoder(), OneSided(school, len(labels))).predict([WATER])[0]
    assert found.label == "school" and Predictor(artifact, small_encoder()).predict([WATER])[0].label == "water"


def test_the_category_of_texts_that_were_given_none_is_never_shown(trained: Trained) -> None:
    artifact = read_artifact(trained.folder)
    names = [UNNAMED + name for name in artifact.manifest.categories]
    hidden = replace(artifact, manifest=replace(artifact.manifest, categories=names))
    plain_one, found = (Predictor(one, small_encoder()).predict([WATER])[0] for one in (artifact, hidden))
    assert plain_one.category == "water/故障" and found.category == ""
    assert np.array_equal(found.probabilities, plain_one.probabilities), "it helps to tell the departments all the same"
