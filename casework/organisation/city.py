"""城市: its name, its districts and the places in them that appeals name."""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum


class PlaceKind(StrEnum):
    """地点类别."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    ROAD = "road"
    LANDMARK = "landmark"
    ESTATE = "estate"


LISTS = {
    "communities": PlaceKind.COMMUNITY,
    "roads": PlaceKind.ROAD,
    "landmarks": PlaceKind.LANDMARK,
    "estates": PlaceKind.ESTATE,
}
"""The lists of a street in city.json, each of which may be missing."""
ENDINGS = ("街道", "社区", "镇", "乡", "村")
"""What is often left out of the name of a street (街道、镇、乡) or a community (社区、村)."""


@dataclass(frozen=True, slots=True)
class Place:
    """地点: one place of that name. A name may stand for places in several streets or districts."""

    name: str
    kind: PlaceKind
    district: str
    street: str = ""
    """"" for a district."""

    @property
    def stem(self) -> str:
        """The name as it is said for short (石桥 for 石桥街道, 云湖 for 云湖区); the whole name where there is no shorter one."""
        if self.kind is PlaceKind.DISTRICT:
            return self.name[:-1] if len(self.name) > 2 else self.name
        if self.kind in (PlaceKind.STREET, PlaceKind.COMMUNITY):
            for ending in ENDINGS:
                if self.name.endswith(ending) and len(self.name) - len(ending) >= 2:
                    return self.name[: -len(ending)]
        return self.name


@dataclass(frozen=True, slots=True)
class City:
    """城市."""

    name: str
    hotline: str = "12345"
    notice: str = ""
    districts: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    """Streets, and what lies in them, in the order of city.json; the districts themselves are not among them."""
    within: tuple[str, ...] = ()
    """The province and whatever else the city lies in, by name: their rules hold in it."""
    codes: dict[str, str] = field(default_factory=dict, compare=False)
    """Of the districts, by name, where city.json gives them: what maps know them by."""
    _named: dict[str, tuple[Place, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        named: dict[str, list[Place]] = defaultdict(list)
        for place in (*(Place(name, PlaceKind.DISTRICT, name) for name in self.districts), *self.places):
            named[place.name].append(place)
        self._named.update({name: tuple(places) for name, places in named.items()})

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Whose rules hold for those who ask here, beside the nation's."""
        return (*self.within, self.name, *self.districts)

    @property
    def named(self) -> dict[str, tuple[Place, ...]]:
        """All names, the districts' first, with the places that are called so."""
        return self._named

    @classmethod
    def from_dict(cls, row: dict) -> "City":
        """Read city.json: {"name", "hotline", "notice", "within", "districts": [{"name", "code", "streets": [{"name", "communities",
        "roads", "landmarks", "estates"}]}]}; only the names are needed."""
        places = []
        for district in row.get("districts", []):
            for street in district.get("streets", []):
                places.append(Place(street["name"], PlaceKind.STREET, district["name"], street["name"]))
                for key, kind in LISTS.items():
                    places += [Place(name, kind, district["name"], street["name"]) for name in street.get(key, [])]
        names = tuple(district["name"] for district in row.get("districts", []))
        return cls(
            row["name"],
            row.get("hotline", "12345"),
            row.get("notice", ""),
            names,
            tuple(places),
            tuple(row.get("within", [])),
            {district["name"]: str(district["code"]) for district in row.get("districts", []) if "code" in district},
        )

    def district_of(self, text: str) -> str:
        """The district that a text names, by itself or by a place in it; "" when none or several.

        By the names as they are written alone; `routing.places` reads short forms and misspellings as well.
        """
        found = {name for name in self.districts if name in text}
        for places in self._named.values():
            districts = {place.district for place in places}
            if len(districts) == 1 and _known_as(places[0], text):
                found |= districts
        return found.pop() if len(found) == 1 else ""


def _known_as(place: Place, text: str) -> bool:
    """Streets and communities are often named without 街道/镇/社区/村; a name of two characters is a word too easily."""
    if len(place.name) > 2 and place.name in text:
        return True
    return place.stem != place.name and any(
        place.stem + tail in text for tail in ("街道", "社区", "镇", "村", "那边", "这边")
    )
