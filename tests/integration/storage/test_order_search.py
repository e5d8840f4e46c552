"""Contract of what is kept beside the orders: the search in their texts, counts, supporting departments."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from alembic import command

from casework.insight.order_count import OrderCount
from casework.ports import WorkOrderFilter
from casework.transitions import State
from casework.work_order import Dispatching, WorkOrder
from storage.engine import migrate, migration_config, open_engine
from storage.order_search import folded, grams, number_found
from storage.secrets import InstanceSecrets
from storage.unit_of_work import SqlUnitOfWork
from tests.integration.storage.conftest import Backend, Database

NewOrder = Callable[..., WorkOrder]


def stored(backend: Backend | Database, *orders: WorkOrder) -> None:
    with backend.unit() as unit:
        for order in orders:
            unit.work_orders.add(order)
        unit.commit()


def found(backend: Backend | Database, wanted: str) -> set[str]:
    with backend.unit() as unit:
        orders, count = unit.work_orders.list(WorkOrderFilter(text=wanted))
    assert count == len(orders)
    return {order.text for order in orders}


def test_a_part_of_the_text_is_found_wherever_it_stands(backend: Backend, new_order: NewOrder) -> None:
    texts = [
        "水",
        "停水",
        "小区停电停水停了三天",
        "水电都停",
        "Wi-Fi断了 3 天",
        "a'b\"c*(d) OR AND",
        "😀笑脸",
        "行\n行",
    ]
    stored(backend, *(new_order(text=one) for one in texts))
    for wanted, expected in {
        "水": {"水", "停水", "小区停电停水停了三天", "水电都停"},
        "停水": {"停水", "小区停电停水停了三天"},
        "水停电": set(),
        "停电停水停了三天": {"小区停电停水停了三天"},
        "天": {"小区停电停水停了三天", "Wi-Fi断了 3 天"},
        "WI-fi": {"Wi-Fi断了 3 天"},
        " 3 ": {"Wi-Fi断了 3 天"},
        "'b\"": {"a'b\"c*(d) OR AND"},
        "*(D)": {"a'b\"c*(d) OR AND"},
        "or and": {"a'b\"c*(d) OR AND"},
        "😀": {"😀笑脸"},
        "😀笑": {"😀笑脸"},
        "\n": {"行\n行"},
        "火": set(),
    }.items():
        assert found(backend, wanted) == expected, wanted


def test_a_changed_text_is_found_and_the_former_one_is_not(backend: Backend, new_order: NewOrder) -> None:
    order, other = new_order(text="路灯不亮了"), new_order(text="路灯太暗")
    stored(backend, order, other)
    with backend.unit() as unit:
        order.text = "井盖丢失"
        unit.work_orders.save(order)
        unit.commit()
    assert found(backend, "路灯") == {"路灯太暗"}
    assert found(backend, "井盖") == {"井盖丢失"}
    with backend.unit() as unit:
        order.text = "没有保存的"
        unit.work_orders.save(order)
    assert found(backend, "保存") == set(), "rolled back with the rest"
    assert found(backend, "盖丢") == {"井盖丢失"}


def test_long_texts_and_long_searches(backend: Backend, new_order: NewOrder) -> None:
    chance = random.Random(5)
    long = "".join(chr(0x4E00 + chance.randrange(3000)) for _ in range(5000))
    stored(backend, new_order(text=long), new_order(text=long[:2500]))
    assert found(backend, long[1500:2500]) == {long, long[:2500]}
    assert found(backend, long[2000:3000]) == {long}
    assert found(backend, long[4000:4990][::-1]) == set()


def test_orders_are_counted_by_what_they_are(backend: Backend, new_order: NewOrder) -> None:
    assert counts(backend) == []
    made = [
        new_order(lead_department="A", state=State.SIGNED, dispatching=Dispatching("A", "auto")),
        new_order(lead_department="A", state=State.SIGNED, dispatching=Dispatching("A", "auto")),
        new_order(lead_department="A", state=State.SIGNED, dispatching=Dispatching("A", "person")),
        new_order(state=State.PENDING_DISPATCH),
        new_order(state=State.PENDING_DISPATCH, merged_into=1),
    ]
    stored(backend, *made)
    assert counts(backend) == [
        OrderCount("", State.PENDING_DISPATCH, "", False, 1),
        OrderCount("", State.PENDING_DISPATCH, "", True, 1),
        OrderCount("A", State.SIGNED, "auto", False, 2),
        OrderCount("A", State.SIGNED, "person", False, 1),
    ]
    with backend.unit() as unit:
        made[0].state, made[1].lead_department, made[4].merged_into = State.PROCESSING, "B", None
        made[3].reply = "与计数无关"
        for order in made:
            unit.work_orders.save(order)
        unit.commit()
        made[2].state = State.ARCHIVED
        unit.work_orders.save(made[2])
    assert counts(backend) == [
        OrderCount("", State.PENDING_DISPATCH, "", False, 2),
        OrderCount("A", State.PROCESSING, "auto", False, 1),
        OrderCount("A", State.SIGNED, "person", False, 1),
        OrderCount("B", State.SIGNED, "auto", False, 1),
    ]
    assert counts(backend, "B") == [OrderCount("B", State.SIGNED, "auto", False, 1)]
    with backend.unit() as unit:
        assert unit.work_orders.decisions() == {"auto": 2, "person": 1}


def test_counting_makes_nobody_fail(backend: Backend, new_order: NewOrder) -> None:
    """Orders that change places crosswise at once: on PostgreSQL each transaction counts in the other's rows."""
    made = [new_order(lead_department="AB"[number % 2]) for number in range(8)]
    stored(backend, *made)

    def work(thread: int) -> None:
        for turn in range(6):
            with backend.unit() as unit:
                for one in made[thread * 2 : thread * 2 + 2]:
                    order = unit.work_orders.get(one.id)
                    order.lead_department = "BA"[(turn + thread + one.id) % 2]
                    unit.work_orders.save(order)
                unit.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with backend.unit() as unit:
        told = Counter(unit.work_orders.get(one.id).lead_department for one in made)
    assert {row.department: row.count for row in counts(backend)} == told


def counts(backend: Backend, department: str = "") -> list[OrderCount]:
    with backend.unit() as unit:
        return list(unit.work_orders.counts(department))


def test_supporting_departments_are_kept_up_to_date(backend: Backend, new_order: NewOrder) -> None:
    order = new_order(supporting_departments=["甲", "乙"], lead_department="主")
    stored(backend, order)

    def seen(*sight: str) -> int:
        with backend.unit() as unit:
            return unit.work_orders.list(WorkOrderFilter(sight=sight))[1]

    assert [seen("甲"), seen("乙"), seen("丙"), seen("主"), seen("甲", "乙", "主")] == [1, 1, 0, 1, 1]
    with backend.unit() as unit:
        order.supporting_departments = ["丙"]
        unit.work_orders.save(order)
        unit.commit()
    assert [seen("甲"), seen("乙"), seen("丙")] == [0, 0, 1]
    with backend.unit() as unit:
        assert [one.id for one in unit.work_orders.involving(["丙"], [State.SUBMITTED])] == [order.id]
        assert list(unit.work_orders.involving(["丙"], [State.SIGNED])) == []
        assert list(unit.work_orders.involving(["甲"], [State.SUBMITTED])) == []


def test_what_a_search_is_made_of() -> None:
    assert grams("AB路") == ["61", "62", "8def", "61z62", "62z8def"]
    assert grams("") == []
    assert folded("ÀBc") == "Àbc", "as the databases fold: ASCII alone"
    assert number_found("000012", "20250101000012") and not number_found("0012", "20250101000012")
    assert number_found("2025", "20250101000012") and not number_found("2025x", "20250101000012")


def test_the_orders_of_a_former_release_are_searched_and_counted(empty_url: str, new_order: NewOrder) -> None:
    migrate(empty_url)
    engine, secrets = open_engine(empty_url), InstanceSecrets.generate()
    former = Database(empty_url, engine, secrets)
    order = new_order(text="第一张", state=State.SIGNED, lead_department="A", supporting_departments=["B"])
    stored(former, order)
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0004")
    migrate(empty_url)
    with SqlUnitOfWork(engine, secrets) as unit:
        assert [one.id for one in unit.work_orders.list(WorkOrderFilter(text="一张"))[0]] == [order.id]
        assert [one.id for one in unit.work_orders.list(WorkOrderFilter(sight=("B",)))[0]] == [order.id]
        assert unit.work_orders.counts() == [OrderCount("A", State.SIGNED, "", False, 1)]
    engine.dispose()
