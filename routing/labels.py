"""名录对照: which department of today a label means. Models, duties and rules name departments by code, name or short name, and models
also such as are gone."""

from collections.abc import Sequence

from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentHistory
from routing.duties import DutyMatch


class Labels:
    """名录对照. Without `departments` every label is taken as it is."""

    def __init__(self, departments: Sequence[Department] | None, history: DepartmentHistory | None = None) -> None:
        """`history` finds today's department for a label that the model learned before a reorganisation."""
        self._departments = None if departments is None else {department.code: department for department in departments}
        self._codes = _codes(departments or ())
        self._history = history or DepartmentHistory(())

    def code(self, label: str) -> str:
        """A label may be a department's code, name or short name (of a unit: it means its parent); what is none of these stays."""
        return self._codes.get(label, label)

    def today(self, label: str, category: str, duties: Sequence[DutyMatch]) -> str:
        """The department that a label means now: of the successors of a split one, whose duties are nearest."""
        code = self.code(label)
        if self._departments is None or code in self._departments:
            return code
        heirs = [heir for heir in self._history.now(code, category) if self.known(heir)]
        nearest = (match.department for match in duties if match.department in heirs)
        return heirs[0] if len(heirs) == 1 else next(nearest, code)

    def known(self, label: str) -> str:
        """The code of an existing, active department, else ""."""
        code = self.code(label)
        if self._departments is None:
            return code
        department = self._departments.get(code)
        return code if department and department.active else ""

    def name(self, code: str) -> str:
        """The department's name, or the code where nobody has it."""
        department = (self._departments or {}).get(code)
        return department.name if department else code


def _codes(departments: Sequence[Department]) -> dict[str, str]:
    codes: dict[str, str] = {}
    for department in departments:
        for label in (department.code, department.name, department.short_name):
            if label:
                codes.setdefault(label, department.parent or department.code)
    return codes
