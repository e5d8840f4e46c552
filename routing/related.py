"""关联度: how like two appeals are in what they are about, whether they speak of the same place, and what they say of each other.

The place is read apart from the matter: with the names left in, two appeals from one estate are alike whatever they
are about.
"""

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from casework.organisation.city import PlaceKind
from knowledge.encoder import Encoder
from knowledge.text import bigrams, has_words, normalize
from routing.places import Places

REMEMBERED = 4096
"""Texts whose vectors are kept."""
_FINE = (PlaceKind.ESTATE, PlaceKind.LANDMARK, PlaceKind.ROAD, PlaceKind.COMMUNITY)
_AGAIN = re.compile(
    r"上次|上回|上个?月|之前|以前|前几天|前天|天前|反映过|投诉过|举报过|说过|问过|找过|打过|反映的|投诉的|登记的|说的那|那件事|那个事|的事|又(?:开始|来|出|回|停|是|返|在|跳|堆|堵|漏|淹)"
    r"|还是|还在|还没|仍|再次|依旧|照样|处理到|进展|回复|答复|承诺|没人来|没人管|至今|到现在|到今天|补充|刚才说|卷土重来|变本加厉|一直没|半个月|消停"
)
"""Words that lean on an earlier appeal."""
_THANKS = re.compile(
    r"谢|点赞|点个赞|表扬|锦旗|已经?(?:修好|解决|处理好|接好|恢复|退还?给)|修好了|解决了|全亮了|换新的了|要回来了"
)
_YET = re.compile(r"没(?:有)?(?:解决|修好|处理|人)|又|还是|还没|不到|但是?|可是?|只")


@dataclass(frozen=True, slots=True)
class Site:
    """所在: the district, the streets and the places in them that an appeal names; all may be missing."""

    district: str = ""
    streets: frozenset[str] = frozenset()
    spots: frozenset[str] = frozenset()
    """Estates, landmarks, roads and communities."""

    def same(self, other: "Site") -> bool:
        """Whether both may be the same place: one name in both, or one street, or one district where one of them says no more."""
        if self.district and other.district and self.district != other.district:
            return False
        if self.spots & other.spots:
            return True
        if not (self.district and other.district):
            return False
        if self.spots and other.spots:
            return bool(self.streets & other.streets)
        return not (self.streets and other.streets) or bool(self.streets & other.streets)


@dataclass(frozen=True, slots=True)
class Gist:
    """要旨: what is compared of one appeal."""

    told: str
    """The text as it was told."""
    bare: str
    """Normalised, marks and blanks left out: equal where the same was sent twice."""
    matter: str
    """The text without the names of places."""
    pairs: frozenset[str]
    """Character pairs of the matter."""
    site: Site
    again: bool
    """It leans on an earlier appeal."""
    thanks: bool
    """It thanks, and complains of nothing."""


class GistReader:
    """要旨提取 over a city's places."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def read(self, text: str, district: str = "", told: str = "") -> Gist:
        """`district` and `told` (the place) as they were told apart from the text."""
        found = self._places.locate(text, told)
        matter, at = "", 0
        for row in found.found:
            if not row["told"]:
                matter, at = matter + text[at : row["start"]], row["end"]
        matter += text[at:]
        return Gist(
            told=text,
            bare="".join(char for char in normalize(text) if char.isalnum()),
            matter=matter if has_words(matter) else text,
            pairs=frozenset(bigrams(matter)),
            site=self._site([row["place"] for row in found.found], district or found.district),
            again=bool(_AGAIN.search(text)),
            thanks=bool(_THANKS.search(text)) and not _YET.search(text),
        )

    def _site(self, names: Sequence[str], district: str) -> Site:
        places = [place for name in names for place in self._places.city.named.get(name, ())]
        inside = [place for place in places if not district or place.district == district]
        return Site(
            district,
            frozenset(place.street for place in inside if place.street),
            frozenset(place.name for place in inside if place.kind in _FINE),
        )


class Vectors:
    """向量记忆: of texts, remembered across calls, so that comparing with the same orders again costs nothing."""

    def __init__(self, encoder: Encoder, most: int = REMEMBERED) -> None:
        self._encoder, self._most = encoder, most
        self._known: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (len(texts), dimension). Each is encoded by itself (see `routing.features.encode_each`), the quick way."""
        rows = []
        for text in texts:
            vector = self._known.get(text)
            if vector is None:
                vector = self._encoder.encode([text], quick=True)[0]
            rows.append(vector)
        with self._lock:
            for text, vector in zip(texts, rows, strict=True):
                self._known.pop(text, None)
                self._known[text] = vector  # the last used stand last
            while len(self._known) > self._most:
                del self._known[next(iter(self._known))]
        return np.stack(rows) if rows else np.zeros((0, self._encoder.dimension), dtype=np.float32)

    def knows(self, text: str) -> bool:
        return text in self._known


def shared(pairs: Collection[str], other: frozenset[str]) -> float:
    """0–1: how many character pairs two texts have in common (Dice)."""
    return 2 * len(other.intersection(pairs)) / (len(pairs) + len(other)) if pairs and other else 0.0


def likeness(gist: Gist, others: Sequence[Gist], vectors: Vectors) -> np.ndarray:
    """float32 (len(others),): the mean of the texts' cosine and of their matters', at most 1."""
    texts = vectors.of([gist.told, *(other.told for other in others)])
    matters = vectors.of([gist.matter, *(other.matter for other in others)])
    return (texts[1:] @ texts[0] + matters[1:] @ matters[0]) / 2
