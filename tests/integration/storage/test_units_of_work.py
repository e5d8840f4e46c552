"""Contract of the unit of work: what is committed lasts, everything else is as if it had not been."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from casework.errors import Conflict
from casework.organisation.department import Department
from casework.ports import WorkOrderFilter
from casework.work_order import WorkOrder
from tests.integration.storage.conftest import Backend, Database


def names(backend: Backend | Database) -> list[str]:
    with backend.unit() as unit:
        return [department.name for department in unit.departments.all()]


def test_leaving_without_commit_rolls_back(backend: Backend, new_order: Callable[..., WorkOrder]) -> None:
    with backend.unit() as unit:
        unit.departments.put(Department("A", "城管局"))
        unit.work_orders.add(new_order())
        assert unit.departments.get("A").name == "城管局", "a unit sees its own writes"
    assert names(backend) == []
    with backend.unit() as unit:
        assert unit.work_orders.list(WorkOrderFilter()) == ([], 0)


def test_an_error_rolls_back_and_goes_on(backend: Backend) -> None:
    with pytest.raises(RuntimeError, match="on the way"), backend.unit() as unit:
        unit.departments.put(Department("A", "城管局"))
        raise RuntimeError("on the way")
    assert names(backend) == []


def test_a_unit_goes_on_after_commit(backend: Backend) -> None:
    with backend.unit() as unit:
        unit.departments.put(Department("A", "城管局"))
        unit.commit()
        unit.departments.put(Department("B", "公安局"))
    assert names(backend) == ["城管局"]


def test_others_do_not_see_what_is_not_committed(backend: Backend) -> None:
    with backend.unit() as unit:
        unit.departments.put(Department("A", "城管局"))
        assert names(backend) == [], "a reader neither waits for a writer nor sees its work"
        unit.commit()
    assert names(backend) == ["城管局"]


def test_a_unit_that_has_read_can_write_after_another_wrote(backend: Backend) -> None:
    with backend.unit() as early:
        assert early.departments.all() == []
        with backend.unit() as other:
            other.departments.put(Department("A", "城管局"))
            other.commit()
        early.departments.put(Department("B", "公安局"))
        early.commit()
    assert names(backend) == ["城管局", "公安局"]


def test_of_many_writers_of_one_version_exactly_one_wins(backend: Backend, new_order: Callable[..., WorkOrder]) -> None:
    order = new_order()
    with backend.unit() as unit:
        unit.work_orders.add(order)
        unit.commit()

    def write(number: int) -> bool:
        try:
            with backend.unit() as unit:
                mine = unit.work_orders.get(order.id)
                time.sleep(0.05)  # so that all have read before the first writes
                mine.category = str(number)
                unit.work_orders.save(mine)
                unit.commit()
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(write, range(4)))
    with backend.unit() as unit:
        after = unit.work_orders.get(order.id)
    assert after.version == sum(won) >= 1
    assert won[int(after.category)]


def test_numbers_stay_unique_under_concurrent_filing(backend: Backend, new_order: Callable[..., WorkOrder]) -> None:
    def file(_: int) -> list[WorkOrder]:
        orders = [new_order() for _ in range(5)]
        for order in orders:
            with backend.unit() as unit:
                unit.work_orders.add(order)
                unit.commit()
        return orders

    with ThreadPoolExecutor(4) as pool:
        filed = [order for orders in pool.map(file, range(4)) for order in orders]
    assert len({order.number for order in filed}) == len({order.query_code for order in filed}) == 20
