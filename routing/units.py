"""属地承办: the district's unit of a department whose duties are local.

A department with a `parent` is its unit (派出单位) in the district that its `jurisdiction` names. Units have no duties of
their own: they inherit their parent's. What the model, the duties and the rules choose is always the parent, the
functional department; the place of the matter then chooses the unit.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from casework.organisation.department import Department
from routing.places import Certainty, Location


@dataclass(frozen=True, slots=True)
class Placement:
    """属地判断: the code of who handles it, and why in Chinese ("" where there is nothing to say)."""

    department: str
    reason: str = ""
    ask: bool = False
    """Whether the place would have to be asked: the department has units, and the district is not known."""


class Units:
    """属地单位. Departments that are not active are left out."""

    def __init__(self, departments: Iterable[Department]) -> None:
        active = [department for department in departments if department.active]
        self._departments = {department.code: department for department in active}
        self._units = {(unit.parent, unit.jurisdiction): unit for unit in active if unit.parent}
        self._parents = {parent for parent, _ in self._units}

    def unit_of(self, code: str, district: str) -> Department | None:
        """The unit of the department (or of the unit's own parent) in a district; None when there is none."""
        return self._units.get((self.parent_of(code), district))

    def parent_of(self, code: str) -> str:
        """The functional department's code: the parent of a unit, else the code itself."""
        department = self._departments.get(code)
        return department.parent if department and department.parent else code

    def placed(self, code: str, location: Location) -> Placement:
        """Who handles it for the department: its unit in the district, or the department itself where that is unknown."""
        code = self.parent_of(code)
        if code not in self._parents:
            return Placement(code)
        unit = self.unit_of(code, location.district) if location.district else None
        if unit is not None:
            return Placement(unit.code, f"{_where(location)}，由{unit.name}办理。")
        name = self._departments[code].name if code in self._departments else code
        if location.district:
            return Placement(code, f"{_where(location)}，{name}在该地没有下属单位，由{name}办理。")
        if location.ambiguous:
            place = location.ambiguous[0]
            return Placement(
                code,
                f"“{place['place']}”在{_and(place['districts'])}都有，区县未定，先由{name}承办，请核实地点。",
                True,
            )
        named = list(dict.fromkeys(one for found in location.found for one in found["districts"]))
        told = f"文中提到的地点分属{_and(named)}" if len(named) > 1 else "文中没有说明在哪个区县"
        return Placement(code, f"{told}，区县未定，先由{name}承办，请核实地点。", True)


def _where(location: Location) -> str:
    """What says in which district it is."""
    source = "登记的地点是" if location.told else "文中提到"
    if location.place == location.district:
        return f"{source}{location.district}"
    said = f"“{location.said}”"
    if location.certainty is Certainty.MISSPELT:
        said += f"（应为“{location.place}”）"
    return f"{source}{said}，在{location.district}"


def _and(names: list[str]) -> str:
    return f"{'、'.join(names[:-1])}和{names[-1]}" if len(names) > 1 else "".join(names)
