"""派单模型: the targets of one trained model together: categories first, departments with their help, and the text's other classes."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np

from routing.target import Features, Target, sharpened, softmax

_UNSEEN = 1e-4
"""Share of a department that none of the likely categories was seen with."""
MIXED_FLOOR = 1e-4
"""Least probability of the light model in a mixture: it may not rule out what the network is sure of."""
UNNAMED = "="
"""Begins the category of training texts that were given none; it helps to tell their departments and is never shown."""
SCORES = Callable[[], np.ndarray]


@dataclass(frozen=True, slots=True)
class Probabilities:
    """概率 of n texts."""

    departments: np.ndarray
    """float64 (texts, departments), calibrated."""
    categories: np.ndarray | None
    """float64 (texts, categories); None for a model without categories."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """混合: how the light model's probabilities and a network's scores become one."""

    light: float
    network: float
    bias: np.ndarray
    slope: float = 1.0
    shift: float = 0.0

    def probabilities(self, light: np.ndarray, network: np.ndarray) -> np.ndarray:
        """float64 (texts, labels) from calibrated probabilities and unscaled scores of that shape."""
        logits = self.light * np.log(light + MIXED_FLOOR) + self.network * network + self.bias
        return sharpened(softmax(logits), self.slope, self.shift)

    def as_dict(self) -> dict:
        """Without the labels' biases."""
        return {name: round(value, 5) for name, value in asdict(self).items() if name != "bias"}


@dataclass(slots=True)
class Model:
    """模型. `owned` is (categories × departments): of a category's training texts the share that each department had."""

    department: Target
    category: Target | None = None
    owned: np.ndarray | None = None
    mixture: Mixture | None = None
    """With a network's scores; None = there is no network."""
    traits: dict[str, Target] = field(default_factory=dict)
    """诉求类型、紧急程度、情绪: what else is told of a text, by the name of its column."""

    def probabilities(self, features: Features, network: SCORES | None = None) -> Probabilities:
        """Of texts by their features; `network` gives the scores of a transformer's network."""
        categories, said = None, None
        if self.category is not None and self.owned is not None:
            categories = self.category.probabilities(features)
            said = category_scores(categories, self.owned)
        departments = self.department.probabilities(features, said)
        if self.mixture is not None and network is not None:
            departments = self.mixture.probabilities(departments, network())
        if categories is None or self.owned is None:
            return Probabilities(departments, None)
        # A category is likely where both the text and the likely departments speak for it.
        joint = categories * (departments @ self.owned.T + _UNSEEN)
        return Probabilities(departments, joint / joint.sum(axis=1, keepdims=True))

    def as_weights(self) -> dict[str, np.ndarray]:
        """Arrays for an npz file."""
        arrays = self.department.as_weights("department")
        if self.category is not None and self.owned is not None:
            arrays |= self.category.as_weights("category") | {"owned": self.owned.astype(np.float32)}
        if self.mixture is not None:
            mixed = self.mixture
            arrays["mixture.scalars"] = np.array([mixed.light, mixed.network, mixed.slope, mixed.shift])
            arrays["mixture.bias"] = mixed.bias
        for name, target in self.traits.items():
            arrays |= target.as_weights(f"trait-{name}")
        return arrays

    @classmethod
    def from_weights(
        cls, labels: list[str], categories: list[str], traits: dict[str, list[str]], weights: dict[str, np.ndarray]
    ) -> "Model":
        """Raises: KeyError or ValueError when the arrays do not belong together."""
        model = cls(Target.from_weights("department", labels, weights))
        if categories:
            model.category, model.owned = Target.from_weights("category", categories, weights), weights["owned"]
            if model.owned.shape != (len(categories), len(labels)):
                raise ValueError("owned")
        if "mixture.scalars" in weights:
            light, network, slope, shift = map(float, weights["mixture.scalars"])
            model.mixture = Mixture(light, network, weights["mixture.bias"], slope, shift)
        model.traits = {name: Target.from_weights(f"trait-{name}", own, weights) for name, own in traits.items()}
        return model


def category_scores(categories: np.ndarray, owned: np.ndarray) -> np.ndarray:
    """float32 (texts, departments): the logarithm of each department's share, as the likely categories have it."""
    return np.log(categories @ owned + _UNSEEN).astype(np.float32)
