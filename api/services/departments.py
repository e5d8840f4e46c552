"""承办单位服务: the register with what hangs on each department, edits and imports, and changes of departments."""

from collections import Counter

from api.instance import Instance
from api.services.department_files import read_departments
from api.services.department_views import change_view, department_view, impact_view
from casework.events import Actor
from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentHistory
from casework.organisation.department_register import add_department, edit_department, import_departments
from casework.organisation.reorganisation import Reorganisation
from casework.organisation.succession import IN_HAND, move_orders, newest, preview, reorganise
from routing.rules import read_rows
from storage.unit_of_work import UnitOfWork


class DepartmentService:
    """承办单位服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def all(self) -> dict:
        """DepartmentList of docs/api.md: all departments, those that are no more too."""
        with self._instance.unit() as work:
            return self._list(work)

    def names(self, inactive: bool) -> list[dict]:
        """Departments to choose from; with `inactive` those that are no more too, since orders of the past are theirs."""
        with self._instance.unit() as work:
            departments = work.departments.all(active_only=not inactive)
        return [
            {
                "code": d.code,
                "name": d.name,
                "duties": d.duties,
                "active": d.active,
                "parent": d.parent,
                "jurisdiction": d.jurisdiction,
            }
            for d in departments
        ]

    def add(self, department: Department) -> dict:
        """DepartmentDetail of a new department. Raises: see `add_department`."""
        with self._instance.unit() as work:
            made = add_department(work, department)
            work.commit()
            return self._detail(work, made.code)

    def edit(self, department: Department, version: str) -> dict:
        """DepartmentDetail of a changed one. Raises: see `edit_department`."""
        with self._instance.unit() as work:
            made = edit_department(work, department, version)
            work.commit()
            return self._detail(work, made.code)

    def import_file(self, name: str, data: bytes) -> dict:
        """{"added", "changed", "unchanged"}; with a single wrong line nothing is saved. Raises: InvalidInput."""
        rows = read_departments(name, data)
        with self._instance.unit() as work:
            done = import_departments(work, rows)
            work.commit()
        return {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}

    def history(self) -> list[dict]:
        """Changes of docs/api.md, newest first."""
        with self._instance.unit() as work:
            changes = work.department_changes.all()
            known = _known(work)
        history = DepartmentHistory(changes)
        return [change_view(change, known, history) for change in reversed(changes)]

    def preview(self, wanted: Reorganisation, by: Actor) -> dict:
        """DepartmentImpact of docs/api.md; nothing is written. Raises: InvalidInput."""
        rules = self._rules()
        with self._instance.unit() as work:
            version = newest(work.department_changes.all())
            impact = preview(work, wanted, by, self._instance.clock, rules)
            return impact_view(impact, _known(work), version)

    def reorganise(self, wanted: Reorganisation, version: int, by: Actor) -> dict:
        """Carry it out; DepartmentImpact of what was done. Raises: InvalidInput, Conflict."""
        rules, clock = self._rules(), self._instance.clock
        with self._instance.unit() as work:
            known = _known(work)
            done = reorganise(work, wanted, version, by, clock, rules)
            work.commit()
        with self._instance.unit() as work:
            # Until the commit an order may still have been given to a department that is no more.
            move_orders(work, done, by, clock)
            work.commit()
            return impact_view(done, known, newest(work.department_changes.all()))

    def _rules(self) -> list:
        """The routing rules in force, as rows of JSON; those of a broken file are told where rules are edited."""
        with self._instance.unit() as work:
            saved = work.rule_versions.newest()
        if saved:
            return list(saved.rules)
        try:
            return read_rows(self._instance.rules_file)
        except (OSError, ValueError):
            return []

    def _list(self, work: UnitOfWork) -> dict:
        changes = work.department_changes.all()
        known, history = _known(work), DepartmentHistory(changes)
        staff = Counter(account.department for account in work.staff.all() if account.active)
        in_hand = Counter[str]()
        for row in work.work_orders.counts():
            in_hand[row.department] += row.count if row.state in IN_HAND else 0
        items = [
            department_view(department, known, history, in_hand[department.code], staff[department.code])
            for department in known.values()
        ]
        return {"version": newest(changes), "items": items}

    def _detail(self, work: UnitOfWork, code: str) -> dict:
        return next(item for item in self._list(work)["items"] if item["code"] == code)


def _known(work: UnitOfWork) -> dict[str, Department]:
    return {department.code: department for department in work.departments.all(active_only=False)}
