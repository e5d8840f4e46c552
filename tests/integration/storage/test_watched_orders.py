"""Contract of what the deadlines' watch asks of storage: who is due, who is due from a day on, and the inbox's notices."""

from collections.abc import Callable
from datetime import timedelta

from casework.deadline.notice import Notice
from casework.transitions import Role, State
from casework.work_order import WorkOrder
from tests.integration.storage.conftest import NOW, Backend, Database

NewOrder = Callable[..., WorkOrder]
HOUR = timedelta(hours=1)


def stored(backend: Backend | Database, *orders: WorkOrder) -> list[int]:
    with backend.unit() as unit:
        for order in orders:
            unit.work_orders.add(order)
        unit.commit()
    return [order.id for order in orders]


def test_those_whose_moment_has_come_the_longest_waiting_first(backend: Backend, new_order: NewOrder) -> None:
    late, now, never, soon, same = stored(
        backend,
        new_order(watch_at=NOW - HOUR),
        new_order(watch_at=NOW),
        new_order(),
        new_order(watch_at=NOW + timedelta(seconds=1)),
        new_order(watch_at=NOW - HOUR),
    )
    with backend.unit() as unit:
        assert unit.work_orders.to_watch(NOW, 10) == [late, same, now]
        assert unit.work_orders.to_watch(NOW, 1) == [late]
        assert unit.work_orders.to_watch(NOW - 2 * HOUR, 10) == []
        assert soon in unit.work_orders.to_watch(NOW + HOUR, 10)
        assert never not in unit.work_orders.to_watch(NOW + 9000 * HOUR, 10)


def test_those_due_from_a_day_on(backend: Backend, new_order: NewOrder) -> None:
    states = (State.PROCESSING, State.DISPATCHED)
    ids = stored(
        backend,
        new_order(state=State.PROCESSING, due_at=NOW),
        new_order(state=State.DISPATCHED, due_at=NOW - HOUR, sign_due_at=NOW + HOUR),
        new_order(state=State.PROCESSING, due_at=NOW - HOUR),
        new_order(state=State.CLOSED, due_at=NOW + HOUR),
        new_order(state=State.PROCESSING, contact_due_at=NOW + HOUR),
        new_order(state=State.PROCESSING),
    )
    wanted = [ids[0], ids[1], ids[4]]
    with backend.unit() as unit:
        assert unit.work_orders.due_from(NOW, states) == wanted
        assert unit.work_orders.due_from(NOW, states, after_id=ids[0], limit=1) == [ids[1]]
        assert unit.work_orders.due_from(NOW, states, after_id=ids[4]) == []


def test_the_watch_is_answered_from_an_index(database: Database, new_order: NewOrder) -> None:
    stored(database, new_order(watch_at=NOW))
    assert database.engine.dialect.name in ("sqlite", "postgresql")
    explain = "EXPLAIN QUERY PLAN " if database.engine.dialect.name == "sqlite" else "EXPLAIN "
    with database.engine.begin() as connection:
        if database.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        statement = "SELECT id FROM work_orders WHERE watch_at <= '2030-01-01' ORDER BY watch_at, id LIMIT 100"
        plan = "\n".join(map(str, connection.exec_driver_sql(explain + statement)))
    assert "ix_work_orders_watch" in plan


def notice(key: str, order_id: int | None = None, kind: str = "overdue", **values: object) -> Notice:
    return Notice(key, NOW, kind, **({"role": Role.DEPARTMENT, "text": "请处理", "work_order_id": order_id} | values))


def test_notices_are_counted_and_found_by_key(backend: Backend) -> None:
    with backend.unit() as unit:
        for number, department in enumerate(("CGJ", "CGJ", "SWJ")):
            assert unit.notices.add(notice(f"k{number}", department=department))
        assert unit.notices.add(notice("k3", role=Role.SUPERVISOR))
        unit.commit()
    with backend.unit() as unit:
        assert unit.notices.count_open(Role.DEPARTMENT) == 3
        assert unit.notices.count_open(Role.DEPARTMENT, ("CGJ",)) == 2
        assert unit.notices.count_open(Role.AGENT) == 0
        found = unit.notices.by_key("k1")
        assert found is not None and found.department == "CGJ"
        assert unit.notices.by_key("k9") is None
        found.done_at = NOW
        unit.notices.save(found)
        unit.commit()
    with backend.unit() as unit:
        assert unit.notices.count_open(Role.DEPARTMENT, ("CGJ", "SWJ")) == 2
        assert unit.notices.by_key("k1").done_at == NOW, "found when done, too"


def test_notices_of_orders_that_are_over(backend: Backend, new_order: NewOrder) -> None:
    closed, open_ = stored(backend, new_order(state=State.CLOSED), new_order(state=State.PROCESSING))
    with backend.unit() as unit:
        for made in (
            notice("1", closed),
            notice("2", open_),
            notice("3", closed, kind="callback_handover"),
            notice("4", closed, done_at=NOW),
            notice("5"),
            notice("6", closed),
        ):
            unit.notices.add(made)
        unit.commit()
    with backend.unit() as unit:
        found = unit.notices.outlived(("overdue", "due_warning"), (State.PROCESSING,))
        assert [one.key for one in found] == ["1", "6"]
        assert len(unit.notices.outlived(("overdue",), (State.PROCESSING,), limit=1)) == 1
        assert unit.notices.outlived(("overdue",), (State.PROCESSING, State.CLOSED)) == []
