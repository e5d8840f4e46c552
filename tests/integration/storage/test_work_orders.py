"""Contract of the work orders: every field, versions, codes, lists."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from casework.appeal import AppealType, FiveElements, Requester, Urgency
from casework.errors import Conflict, InvalidInput, NotFound
from casework.ports import WorkOrderFilter
from casework.transitions import State
from casework.work_order import ClosingKind, Dispatching, SupportWork, WorkOrder
from storage.query_code import ALPHABET
from storage.work_orders import SETTLED
from tests.integration.storage.conftest import NOW, Backend

INJECTION = "'); DROP TABLE work_orders; -- %s :x {0} \\ \" 😀"
NewOrder = Callable[..., WorkOrder]


def stored(backend: Backend, *orders: WorkOrder) -> None:
    with backend.unit() as unit:
        for order in orders:
            unit.work_orders.add(order)
        unit.commit()


def read(backend: Backend, order_id: int) -> WorkOrder:
    with backend.unit() as unit:
        return unit.work_orders.get(order_id)


def full_order() -> WorkOrder:
    """An order in which every field differs from its default."""
    order = WorkOrder(
        type=AppealType.REPORT,
        text="噪音扰民",
        created_at=NOW,
        elements=FiveElements("解放路12号", "每晚十点后", "某工地", "夜间施工", "要求停工"),
        requester=Requester("欧阳若", "13800005678"),
        channel="phone",
        conversation_id="c-1",
        district="东城区",
        street="桥头街道",
        category="城建/噪音",
        urgency=Urgency.URGENT,
        confidential=True,
        state=State.CLOSED,
        lead_department="CGJ",
        supporting_departments=["GAJ", "HBJ"],
        dispatching=Dispatching("CGJ", "auto", 0.91, "HBJ", "light-3", [{"department": "CGJ", "confidence": 0.91}]),
        dispatched_at=NOW + timedelta(hours=1),
        sign_due_at=NOW + timedelta(hours=5),
        signed_at=NOW + timedelta(hours=2),
        due_at=NOW + timedelta(days=15),
        reply="已责令停工。",
        replied_at=NOW + timedelta(days=2),
        closing_kind=ClosingKind.SOLVED,
        closed_at=NOW + timedelta(days=3),
        returns=1,
        reworks=2,
        corrected=True,
        sentiment="不满",
        split_from=11,
        repeat_of=12,
        duplicate_of=13,
        merged_into=14,
        urges=3,
        supervision_level=2,
        watch_at=NOW + timedelta(days=4),
        steps_done=["warned:due"],
        suspended_at=NOW + timedelta(hours=7),
        extension_days=5,
        extensions=1,
        support_work=[
            SupportWork("GAJ", NOW + timedelta(days=3), "已派员核实。", NOW + timedelta(days=2, microseconds=1)),
            SupportWork("HBJ"),
        ],
        contact_due_at=NOW + timedelta(days=5),
        contacted_at=NOW + timedelta(days=4, hours=1),
    )
    order.dispatching.evidence = {"rule": None, "duties": ["夜间施工"], "share": 0.5}
    return order


def test_every_field_comes_back(backend: Backend) -> None:
    order = full_order()
    plain = WorkOrder(AppealType.HELP, "x", NOW)
    default = [f.name for f in fields(order) if getattr(order, f.name) == getattr(plain, f.name)]
    assert default == ["created_at", "id", "number", "query_code", "version"], "the test must try every field"
    stored(backend, order)
    assert read(backend, order.id) == replace(order, query_code="")
    assert read(backend, order.id).created_at.tzinfo is UTC


def test_every_field_can_be_saved(backend: Backend, new_order: NewOrder) -> None:
    first = new_order()
    stored(backend, first)
    changed = replace(full_order(), id=first.id, number=first.number)
    with backend.unit() as unit:
        unit.work_orders.save(changed)
        unit.commit()
    assert changed.version == 1
    assert read(backend, first.id) == changed


def test_saving_changes_neither_number_nor_code(backend: Backend, new_order: NewOrder) -> None:
    order = new_order()
    stored(backend, order)
    code, number = order.query_code, order.number
    with backend.unit() as unit:
        unit.work_orders.save(replace(order, number="1", query_code="AAAAA-AAAAA"))
        unit.commit()
        assert unit.work_orders.by_query_code("AAAAA-AAAAA") is None
        assert unit.work_orders.by_query_code(code).number == number
        assert unit.work_orders.by_number(number).id == order.id


def test_number_is_the_day_in_the_city_and_the_id(backend: Backend, new_order: NewOrder) -> None:
    order = new_order(created_at=datetime(2025, 1, 31, 16, 0, tzinfo=UTC))
    stored(backend, order)
    assert order.number == f"20250201{order.id:06d}"


def test_query_code_is_found_in_every_spelling(backend: Backend, new_order: NewOrder) -> None:
    order, other = new_order(), new_order()
    stored(backend, order, other)
    code = order.query_code
    assert re.fullmatch(f"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", code)
    assert not set("01OIL") & set(ALPHABET)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code)
    bare = code.replace("-", "")
    with backend.unit() as unit:
        for spelling in (code, code.lower(), bare, f" {bare[:3]} {bare[3:]} ", code.replace("-", "—"), wide):
            found = unit.work_orders.by_query_code(spelling)
            assert found is not None and found.id == order.id, spelling
            assert found.query_code == "", "the code is not known to storage in clear"
        for wrong in ("", code[:-1], code + "2", other.query_code[:6] + code[6:]):
            assert unit.work_orders.by_query_code(wrong) is None


def test_second_of_two_writers_is_told(backend: Backend, new_order: NewOrder) -> None:
    order = new_order()
    stored(backend, order)
    with backend.unit() as first, backend.unit() as second:
        mine, theirs = first.work_orders.get(order.id), second.work_orders.get(order.id)
        mine.category, theirs.category = "城管", "环保"
        first.work_orders.save(mine)
        first.commit()
        with pytest.raises(Conflict, match="刷新"):
            second.work_orders.save(theirs)
    assert read(backend, order.id).category == "城管"
    assert read(backend, order.id).version == 1


def test_what_is_not_there_is_not_found(backend: Backend, new_order: NewOrder) -> None:
    with backend.unit() as unit:
        for order_id in (0, -1, 1, 10**30):
            with pytest.raises(NotFound):
                unit.work_orders.get(order_id)
        with pytest.raises(NotFound):
            unit.work_orders.by_number("20250101000001")
        with pytest.raises(NotFound):
            unit.work_orders.save(new_order(id=7))


def test_a_copy_is_given_not_the_row_itself(backend: Backend, new_order: NewOrder) -> None:
    order = new_order(supporting_departments=["A"])
    stored(backend, order)
    order.supporting_departments.append("B")
    read(backend, order.id).supporting_departments.append("C")
    assert read(backend, order.id).supporting_departments == ["A"]


def test_naive_times_are_refused(backend: Backend, new_order: NewOrder) -> None:
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.work_orders.add(new_order(created_at=datetime(2025, 1, 1)))
    with backend.unit() as unit, pytest.raises(ValueError, match="zone"):
        unit.work_orders.add(new_order(due_at=datetime(2025, 1, 1)))


@pytest.mark.parametrize("text", ["a\x00b", "半个\ud83d"])
def test_what_no_database_can_hold_is_refused_with_a_message(backend: Backend, new_order: NewOrder, text: str) -> None:
    for broken in (new_order(text=text), new_order(elements=FiveElements(place=text))):
        with backend.unit() as unit, pytest.raises(InvalidInput, match="无法识别的字符"):
            unit.work_orders.add(broken)


def test_sql_in_every_field_is_only_text(backend: Backend, new_order: NewOrder) -> None:
    order = new_order(
        text=INJECTION,
        elements=FiveElements(*[INJECTION] * 5),
        requester=Requester(INJECTION, INJECTION),
        channel=INJECTION,
        conversation_id=INJECTION,
        district=INJECTION,
        category=INJECTION,
        lead_department=INJECTION,
        supporting_departments=[INJECTION],
        dispatching=Dispatching(INJECTION, INJECTION, evidence={INJECTION: INJECTION}),
        reply=INJECTION,
    )
    stored(backend, order)
    assert read(backend, order.id) == replace(order, query_code="")
    with backend.unit() as unit:
        assert unit.work_orders.list(WorkOrderFilter(text=INJECTION, department=INJECTION))[1] == 1
        assert unit.work_orders.list(WorkOrderFilter(text="'); DROP"))[1] == 1
        assert unit.work_orders.by_query_code(INJECTION) is None
        with pytest.raises(NotFound):
            unit.work_orders.by_number(INJECTION)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("100%", {"补贴只到账100%的一半"}),
        ("%", {"补贴只到账100%的一半"}),
        ("_", {"文件名a_b.txt打不开"}),
        ("a_b", {"文件名a_b.txt打不开"}),
        ("\\", {"路径C:\\temp"}),
        ("c:\\TEMP", {"路径C:\\temp"}),
        ("1000", {"补贴只到账1000元"}),
        ("补贴", {"补贴只到账100%的一半", "补贴只到账1000元"}),
        ("没有", set()),
    ],
)
def test_text_is_found_to_the_letter(backend: Backend, new_order: NewOrder, wanted: str, expected: set[str]) -> None:
    texts = ["补贴只到账100%的一半", "补贴只到账1000元", "文件名a_b.txt打不开", "路径C:\\temp"]
    stored(backend, *(new_order(text=text, created_at=datetime(2024, 5, 6, tzinfo=UTC)) for text in texts))
    with backend.unit() as unit:
        orders, count = unit.work_orders.list(WorkOrderFilter(text=wanted))
    assert {order.text for order in orders} == expected
    assert count == len(expected)


def test_number_is_found_whole_or_in_part_and_long_searches_are_refused(backend: Backend, new_order: NewOrder) -> None:
    other, order = new_order(), new_order(created_at=NOW - timedelta(days=40))
    stored(backend, other, order)

    def found(text: str) -> list[int]:
        with backend.unit() as unit:
            return [one.id for one in unit.work_orders.list(WorkOrderFilter(text=text))[0]]

    for part in (order.number, order.number[:6], order.number[:-1], order.number[8:]):
        assert found(part) == [order.id], part
    assert found(order.number[:3]) == [other.id, order.id]
    for no_part in (order.number[4:], order.number + "0", order.number[9:], "9" * 30, "１２"):
        assert found(no_part) == [], no_part
    with backend.unit() as unit, pytest.raises(InvalidInput, match="过长"):
        unit.work_orders.list(WorkOrderFilter(text="长" * 30_000))


def test_lists_are_filtered_newest_first_and_paged(backend: Backend, new_order: NewOrder) -> None:
    orders = [
        new_order(
            created_at=NOW + timedelta(hours=hour),
            state=State.SIGNED if hour % 2 else State.SUBMITTED,
            lead_department="A" if hour < 3 else "B",
        )
        for hour in (3, 1, 2, 0, 4)
    ]
    same_time = new_order(created_at=NOW + timedelta(hours=4))
    stored(backend, *orders, same_time)

    def hours(limit: int = 50, offset: int = 0, **wanted: object) -> tuple[list[int], int]:
        with backend.unit() as unit:
            found, count = unit.work_orders.list(WorkOrderFilter(**wanted), limit, offset)
        return [(order.created_at - NOW) // timedelta(hours=1) for order in found], count

    assert hours() == ([4, 4, 3, 2, 1, 0], 6)
    assert hours(limit=2, offset=1) == ([4, 3], 6)
    assert hours(limit=2, offset=9) == ([], 6)
    assert hours(states=(State.SIGNED,)) == ([3, 1], 2)
    assert hours(states=(State.SIGNED, State.SUBMITTED), department="A") == ([2, 1, 0], 3)
    assert hours(sight=("B", "C"))[1] == hours(department="B")[1] > 0
    assert hours(sight=("A", "B")) == ([4, 3, 2, 1, 0], 5), "one is led by nobody"
    assert hours(sight=("A", "B"), department="A") == hours(department="A")
    assert hours(sight=("A",), department="B") == ([], 0)
    helped = new_order(created_at=NOW, lead_department="C", supporting_departments=["甲-1", "hjj"])
    alike = new_order(created_at=NOW, lead_department="C", supporting_departments=["HJJ", "hjj_1"])
    stored(backend, helped, alike)
    for sight, wanted in ((("hjj",), [helped]), (("甲-1", "D"), [helped]), (("hj",), []), (("C",), [alike, helped])):
        with backend.unit() as unit:
            found, count = unit.work_orders.list(WorkOrderFilter(sight=sight))
        assert [order.id for order in found] == [order.id for order in wanted] and count == len(wanted), sight
    assert hours(created_from=NOW + timedelta(hours=1), created_to=NOW + timedelta(hours=3)) == ([2, 1], 2)
    with backend.unit() as unit:
        assert unit.work_orders.list(WorkOrderFilter())[0][0].id == same_time.id, "of two at one time the later id"


def test_labelled_are_signed_or_later_with_a_lead_department(backend: Backend, new_order: NewOrder) -> None:
    every = [
        new_order(state=state, lead_department="A", created_at=NOW - timedelta(minutes=minute))
        for minute, state in enumerate(State)
    ]
    stored(backend, *every, new_order(state=State.ARCHIVED, lead_department=""))
    with backend.unit() as unit:
        found = list(unit.work_orders.labelled())
        recent = list(unit.work_orders.labelled(since=NOW - timedelta(minutes=12)))
        unit.work_orders.get(every[0].id)
    assert {order.state for order in found} == set(SETTLED) == {
        State.SIGNED, State.PROCESSING, State.EXTENSION_PENDING, State.SUSPENDED, State.REPLIED, State.CLOSED,
        State.CALLBACK, State.ARCHIVED, State.REWORK,
    }  # fmt: skip
    assert [order.created_at for order in found] == sorted(order.created_at for order in found)
    assert recent == [order for order in found if order.created_at >= NOW - timedelta(minutes=12)]
    assert 0 < len(recent) < len(found)


def test_what_a_model_said_is_told_with_what_became_of_it(backend: Backend, new_order: NewOrder) -> None:
    said = Dispatching("A", "auto", 0.9, "A", "light-1", [{"department": "A", "confidence": 0.9}])
    made: list[dict] = [
        {"dispatching": said, "state": State.SIGNED, "lead_department": "B", "dispatched_at": NOW, "returns": 1},
        {"dispatching": said, "state": State.PENDING_DISPATCH},
        {"dispatching": Dispatching("A", "person"), "state": State.SIGNED, "lead_department": "A"},
        {"dispatching": None},
        {"dispatching": said},
    ]
    hours = 1, 2, 3, 4, 50
    stored(backend, *(new_order(created_at=NOW + timedelta(hours=h), **o) for h, o in zip(hours, made, strict=True)))
    with backend.unit() as unit:
        first, second = unit.work_orders.routed(NOW, NOW + timedelta(hours=50))
    assert (first.lead_department, first.settled, first.dispatched, first.returns) == ("B", True, True, 1)
    assert first.dispatching == said and first.created_at == NOW + timedelta(hours=1)
    assert (second.settled, second.dispatched, second.returns) == (False, False, 0)


def test_orders_of_one_phone_are_found_without_decrypting(backend: Backend, new_order: NewOrder) -> None:
    old, first, second, other, nobody = (
        new_order(requester=Requester("", phone), created_at=NOW - timedelta(days=days))
        for phone, days in (("13900000001", 40), ("13900000001", 2), ("13900000001", 1), ("13900000002", 1), ("", 1))
    )
    stored(backend, old, second, first, other, nobody)
    with backend.unit() as unit:
        since = NOW - timedelta(days=30)
        assert [order.id for order in unit.work_orders.of_requester("13900000001", since)] == [first.id, second.id]
        assert list(unit.work_orders.of_requester("", since)) == []


def test_linked_orders_are_found_from_their_main_order(backend: Backend, new_order: NewOrder) -> None:
    main = new_order()
    stored(backend, main)
    linked = [new_order(**{name: main.id}) for name in ("split_from", "repeat_of", "duplicate_of", "merged_into")]
    stored(backend, *linked, new_order(merged_into=linked[0].id))
    with backend.unit() as unit:
        assert [order.id for order in unit.work_orders.linked_to(main.id)] == [order.id for order in linked]


def test_decisions_are_counted(backend: Backend, new_order: NewOrder) -> None:
    stored(
        backend,
        new_order(lead_department="A", dispatching=Dispatching("A", "auto")),
        new_order(lead_department="B", dispatching=Dispatching("A", "auto")),
        new_order(lead_department="A", dispatching=Dispatching("A", "person")),
        new_order(lead_department="A"),
    )
    with backend.unit() as unit:
        assert unit.work_orders.decisions() == {"auto": 2, "person": 1}
        assert unit.work_orders.decisions("B") == {"auto": 1}
        assert unit.work_orders.decisions("C") == {}


def test_overdue_orders_are_counted_as_the_order_says(backend: Backend, new_order: NewOrder) -> None:
    hour = timedelta(hours=1)
    orders = [
        new_order(lead_department="A", due_at=NOW - hour),
        new_order(lead_department="B", due_at=NOW - hour),
        new_order(lead_department="A", due_at=NOW),
        new_order(lead_department="A", due_at=NOW + hour),
        new_order(lead_department="A", due_at=NOW - 2 * hour, closed_at=NOW - hour),
        new_order(lead_department="A", due_at=NOW - hour, closed_at=NOW - 2 * hour),
        new_order(lead_department="A"),
        new_order(lead_department="A", due_at=NOW - hour, suspended_at=NOW - 2 * hour),  # its time stands still
    ]
    stored(backend, *orders)
    assert [order.overdue(NOW) for order in orders] == [True, True, False, False, True, False, False, False]
    with backend.unit() as unit:
        assert unit.work_orders.overdue_count(NOW) == 3
        assert unit.work_orders.overdue_count(NOW, "A") == 2
        assert unit.work_orders.overdue_count(NOW, "C") == 0
        with pytest.raises(ValueError, match="zone"):
            unit.work_orders.overdue_count(datetime(2025, 1, 1))


def test_merged_orders_are_left_out_or_shown_alone_and_counted(backend: Backend, new_order: NewOrder) -> None:
    main, same, other, report, done = (new_order(text=f"桂花苑停水{number}") for number in range(5))
    stored(backend, main)
    for one in (main, same, other, report, done):
        one.state = State.PENDING_DISPATCH
    same.duplicate_of = other.merged_into = report.merged_into = done.merged_into = main.id
    report.confidential, done.state = True, State.CLOSED
    stored(backend, same, other, report, done)
    with backend.unit() as unit:
        unit.work_orders.save(main)
        unit.commit()
    with backend.unit() as unit:
        listed = {
            wanted: {row.id for row in unit.work_orders.list(WorkOrderFilter(merged=wanted))[0]}
            for wanted in (None, False, True)
        }
        assert listed[None] == {main.id, same.id, other.id, report.id, done.id}
        assert listed[True] == {same.id, other.id, report.id}
        assert listed[False] == {main.id, done.id}
        assert unit.work_orders.merged_counts([main.id, same.id]) == {main.id: 3}
        assert unit.work_orders.merged_counts([main.id], confidential=False) == {main.id: 2}
        assert unit.work_orders.merged_counts([]) == {}
