"""预测记录: a predictor that remembers what it said, so that several lists of rules are tried over one prediction a text."""

from collections.abc import Sequence

from routing.predictor import Prediction, Predictor


class KnownPredictions(Predictor):
    """The same model as `predictor`, with a memory. For one trial: nothing is ever forgotten."""

    def __init__(self, predictor: Predictor) -> None:
        vars(self).update(vars(predictor))
        self._predictor = predictor
        self._known: dict[str, Prediction] = {}

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction a text, in order; texts that are new are predicted together."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(fresh, self._predictor.predict(fresh), strict=True)
        return [self._known[text] for text in texts]
