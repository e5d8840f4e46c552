"""待派诉求: an appeal under decision, with what the model, the duties and the places say of it."""

from dataclasses import dataclass
from typing import NamedTuple

from casework.organisation.department import NO_DEPARTMENT
from routing.duties import DutyMatch
from routing.places import Location
from routing.predictor import Prediction

MAX_TEXT = 5000
"""Characters; a longer text is read up to here and decided by a person."""


class Asked(NamedTuple):
    """派单请求: what is known of an appeal; only the text is needed."""

    text: str
    type: str = ""
    district: str = ""
    place: str = ""
    """Where it is, as it was told apart from the text."""


@dataclass(frozen=True, slots=True)
class Case:
    """One appeal under decision. Without a model there is no prediction."""

    told: str
    """The text as it is read: up to MAX_TEXT characters, all of them writable."""
    asked: Asked
    location: Location
    prediction: Prediction | None
    duties: list[DutyMatch]
    """All departments, nearest first."""
    candidates: dict[str, float]
    """Functional departments' codes → confidence, best first."""

    @property
    def best(self) -> tuple[str, float]:
        """The first candidate and its confidence; ("", 0) where there is none."""
        return next(iter(self.candidates.items()), ("", 0.0))

    @property
    def nobody(self) -> bool:
        """Whether the model takes it for no department's matter."""
        return self.prediction is not None and self.prediction.label == NO_DEPARTMENT

    @property
    def category(self) -> str:
        """The model's path; "" = none."""
        return self.prediction.category if self.prediction else ""

    @property
    def traits(self) -> dict[str, str]:
        """Type, urgency and sentiment as the model reads them."""
        return {name: found.label for name, found in self.prediction.traits.items()} if self.prediction else {}
