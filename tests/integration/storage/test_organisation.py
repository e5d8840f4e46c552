"""Contract of departments and staff: put adds or replaces."""

from dataclasses import replace

import pytest

from casework.errors import NotFound
from casework.organisation.department import Department
from casework.organisation.staff import Staff
from casework.transitions import Role
from tests.integration.storage.conftest import Backend

FULL = Department("CGJ", "城市管理局", "城管", ["占道经营", "'; --"], "东城区", "9:00-17:30", "0000-1234567", False)


def test_departments_are_added_and_replaced_by_code(backend: Backend) -> None:
    with backend.unit() as unit:
        unit.departments.put(Department("ZJJ", "住建局"))
        unit.departments.put(FULL)
        unit.departments.put(Department("aj", "小写"))
        unit.departments.put(Department("中", "汉字"))
        unit.commit()
    with backend.unit() as unit:
        assert unit.departments.get("CGJ") == FULL
        assert [item.code for item in unit.departments.all()] == ["ZJJ", "aj", "中"], "active, in code-point order"
        assert [item.code for item in unit.departments.all(active_only=False)] == ["CGJ", "ZJJ", "aj", "中"]
        unit.departments.put(replace(FULL, name="综合执法局", active=True))
        unit.commit()
    with backend.unit() as unit:
        assert unit.departments.get("CGJ") == replace(FULL, name="综合执法局", active=True)
        assert len(unit.departments.all()) == 4
        with pytest.raises(NotFound, match="XXX"):
            unit.departments.get("XXX")


def test_staff_are_added_and_replaced_by_username(backend: Backend) -> None:
    first = Staff("li", "李敏", Role.DEPARTMENT, "$argon2id$x", "CGJ", False)
    second = Staff("admin", "管理员", Role.ADMINISTRATOR, "$argon2id$y")
    with backend.unit() as unit:
        unit.staff.put(first)
        unit.staff.put(second)
        unit.commit()
    assert 0 < first.id != second.id > 0
    with backend.unit() as unit:
        assert unit.staff.by_username("li") == first
        assert unit.staff.by_username("LI") is None
        assert unit.staff.all() == [second, first]
        changed = Staff("li", "李敏", Role.AGENT, "$argon2id$z")
        unit.staff.put(changed)
        unit.commit()
    assert changed.id == first.id
    with backend.unit() as unit:
        assert unit.staff.by_username("li") == changed
        assert len(unit.staff.all()) == 2
        assert unit.staff.names(["li", "admin", "system", ""]) == {"li": "李敏", "admin": "管理员"}
        assert unit.staff.names(()) == {}
