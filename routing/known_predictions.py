"""预测记录: what was said of texts before, so that several lists of rules are tried over one reading of each text. For one trial:
nothing is ever forgotten."""

from collections.abc import Sequence

from routing.demands import Demand, DemandSplitter
from routing.predictor import Prediction, Predictor


class KnownPredictions(Predictor):
    """The same model as `predictor`, with a memory."""

    def __init__(self, predictor: Predictor) -> None:
        vars(self).update(vars(predictor))
        self._predictor = predictor
        self._known: dict[str, Prediction] = {}

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """One prediction a text, in order; texts that are new are predicted together."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(fresh, self._predictor.predict(fresh), strict=True)
        return [self._known[text] for text in texts]


class KnownDemands(DemandSplitter):
    """The same splitter, with a memory."""

    def __init__(self, splitter: DemandSplitter) -> None:
        vars(self).update(vars(splitter))
        self._splitter = splitter
        self._known: dict[str, list[Demand]] = {}

    def split_all(self, texts: Sequence[str]) -> list[list[Demand]]:
        """The demands of each text, in order; texts that are new are split together."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(fresh, self._splitter.split_all(fresh), strict=True)
        return [self._known[text] for text in texts]
