"""Contract of department changes, of holding the departments, and of the orders that departments are involved in."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from casework.errors import Conflict
from casework.events import SYSTEM, Actor, WorkOrderEvent, first_break
from casework.organisation.department import Department
from casework.organisation.department_change import ChangeKind, DepartmentChange
from casework.organisation.reorganisation import Reorganisation
from casework.organisation.succession import reorganise
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.fakes import FakeClock
from tests.integration.storage.conftest import NOW, Backend

SPLIT = DepartmentChange(
    ChangeKind.SPLIT, ("城管", "b"), ("c", "d"), NOW, "guan", {"市容/占道": "c", "": "d"}, "示府发〔2026〕3号 '; --"
)
RENAME = DepartmentChange(ChangeKind.RENAME, ("c",), ("c",), NOW - timedelta(days=3), "guan")


def test_changes_come_back_as_they_were_added_in_that_order(backend: Backend) -> None:
    with backend.unit() as unit:
        assert unit.department_changes.all() == []
        first = unit.department_changes.add(SPLIT)
        second = unit.department_changes.add(RENAME)
        unit.commit()
    assert 0 < first.id < second.id and replace(first, id=0) == SPLIT
    with backend.unit() as unit:
        assert unit.department_changes.all() == [first, second]
        unit.department_changes.add(RENAME)
    with backend.unit() as unit:
        assert len(unit.department_changes.all()) == 2, "without a commit nothing is kept"


def test_who_holds_the_departments_reads_the_latest_and_others_wait(backend: Backend) -> None:
    entered, seen = threading.Event(), []

    def second() -> None:
        with backend.unit() as unit:
            assert unit.department_changes.all() == []
            entered.set()
            unit.departments.hold()
            seen.append(([one.code for one in unit.departments.all()], len(unit.department_changes.all())))

    with backend.unit() as unit:
        unit.departments.hold()
        other = threading.Thread(target=second)
        other.start()
        assert entered.wait(10)
        other.join(0.3)
        assert other.is_alive() and not seen, "the second must wait for the first"
        unit.departments.put(Department("neu", "新局"))
        unit.department_changes.add(SPLIT)
        unit.commit()
    other.join(10)
    assert seen == [(["neu"], 1)]


def test_who_holds_the_events_is_the_only_one_to_append(backend: Backend) -> None:
    appended = []

    def event(reason: str) -> WorkOrderEvent:
        return WorkOrderEvent(1, "DepartmentSucceeded", NOW, SYSTEM, reason=reason)

    def second() -> None:
        with backend.unit() as unit:
            appended.append(unit.events.append(event("第二")).sequence)
            unit.commit()

    with backend.unit() as unit:
        unit.events.hold()
        other = threading.Thread(target=second)
        other.start()
        other.join(0.3)
        assert other.is_alive() and not appended
        assert unit.events.append(event("第一")).sequence == 1, "holding takes no number"
        unit.commit()
    other.join(10)
    assert appended == [2]
    with backend.unit() as unit:
        events, head = unit.events.chain()
        assert first_break(list(events), head) is None


def test_orders_a_department_leads_or_supports(backend: Backend, new_order: Callable[..., WorkOrder]) -> None:
    def order(lead: str, *supporting: str, state: State = State.DISPATCHED, day: int = 0) -> WorkOrder:
        return new_order(
            lead_department=lead,
            supporting_departments=list(supporting),
            state=state,
            created_at=NOW + timedelta(days=day),
        )

    orders = [
        order("a", day=5),
        order("x", "b", 'q"%', day=4),
        order("x", "ab", "B", "城管", day=3),
        order("a", state=State.CLOSED, day=2),
        order("", day=1),
    ]
    with backend.unit() as unit:
        for one in orders:
            unit.work_orders.add(one)
        unit.commit()
    with backend.unit() as unit:

        def involved(*departments: str, states: tuple = (State.DISPATCHED,)) -> list[int]:
            return [
                orders.index(next(o for o in orders if o.id == found.id))
                for found in unit.work_orders.involving(departments, states)
            ]

        assert involved("a", "b") == [1, 0], "oldest first"
        assert involved("b") == [1] and involved("B") == [2] and involved("城管") == [2]
        assert involved('q"%') == [1] and involved("%") == [] and involved("_") == []
        assert involved("a", states=(State.DISPATCHED, State.CLOSED)) == [3, 0]
        assert involved() == [] and involved("a", states=()) == []
        assert unit.work_orders.involving(["城管"], [State.DISPATCHED])[0].supporting_departments == ["ab", "B", "城管"]


def test_of_two_administrators_at_the_same_moment_one_wins(backend: Backend) -> None:
    with backend.unit() as unit:
        for code in ("a", "b", "c"):
            unit.departments.put(Department(code, f"{code}局"))
        unit.commit()
    ready, results = threading.Barrier(2), []

    def merge(source: str) -> None:
        wanted = Reorganisation(ChangeKind.MERGE, (source,), (Department("c", ""),), note="依据")
        ready.wait(10)
        try:
            with backend.unit() as unit:
                reorganise(unit, wanted, 0, Actor(source, Role.ADMINISTRATOR), FakeClock(NOW))
                unit.commit()
            results.append(source)
        except Conflict:
            results.append("told")

    threads = [threading.Thread(target=merge, args=(source,)) for source in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    (winner,) = [result for result in results if result != "told"]
    assert sorted(results) == sorted([winner, "told"])
    with backend.unit() as unit:
        assert [change.sources for change in unit.department_changes.all()] == [(winner,)]
        assert {one.code for one in unit.departments.all()} == {"a", "b", "c"} - {winner}
