"""城市: its name, its districts, streets and communities: the places that appeals name."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class City:
    """城市. `places` maps a street's or community's name to its district's."""

    name: str
    hotline: str = "12345"
    notice: str = ""
    districts: tuple[str, ...] = ()
    places: dict[str, str] = field(default_factory=dict)
    within: tuple[str, ...] = ()
    """The province and whatever else the city lies in, by name: their rules hold in it."""

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Whose rules hold for those who ask here, beside the nation's."""
        return (*self.within, self.name, *self.districts)

    @classmethod
    def from_dict(cls, row: dict) -> "City":
        """Read city.json: {"name", "hotline", "notice", "within", "districts": [{"name", "streets": [{"name", "communities"}]}]}."""
        places = {}
        for district in row.get("districts", []):
            for street in district.get("streets", []):
                for place in (street["name"], *street.get("communities", [])):
                    places[place] = district["name"]
        names = tuple(district["name"] for district in row.get("districts", []))
        return cls(
            row["name"], row.get("hotline", "12345"), row.get("notice", ""), names, places, tuple(row.get("within", []))
        )

    def district_of(self, text: str) -> str:
        """The district that a text names, by itself or by a place in it; "" when none or several."""
        found = {name for name in self.districts if name in text}
        found |= {district for place, district in self.places.items() if _known_as(place, text)}
        return found.pop() if len(found) == 1 else ""


def _known_as(place: str, text: str) -> bool:
    """Places are often named without 街道/镇/社区/村, but only names of two characters or more are told so."""
    short = place
    for ending in ("街道", "社区", "镇", "乡", "村"):
        if place.endswith(ending) and len(place) - len(ending) >= 2:
            short = place[: -len(ending)]
            break
    return place in text or (
        len(short) >= 2 and any(short + tail in text for tail in ("街道", "社区", "镇", "村", "那边", "这边"))
    )
