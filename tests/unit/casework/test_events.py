"""工单事件: the audit chain tells where it was broken."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from casework.events import GENESIS, Actor, WorkOrderEvent, first_break
from casework.transitions import Role
from tests.unit.casework.desk import HANDLED, MONDAY, OFFICER, Desk


@pytest.fixture
def chain() -> list[WorkOrderEvent]:
    previous, chain = GENESIS, []
    for number in range(1, 6):
        event = WorkOrderEvent(
            number % 2,
            "WorkOrderReturned",
            MONDAY + timedelta(hours=number),
            OFFICER,
            "dispatched",
            "returned",
            reason=f"原因{number}",
            department_from="chengguan",
            data={"confidence": 0.5},
        )
        chain.append(event.chained(previous, number))
        previous = chain[-1].hash
    return chain


def test_a_whole_chain_has_no_break(chain: list[WorkOrderEvent]) -> None:
    assert first_break(chain) is None
    assert first_break(chain, chain[-1].hash) is None
    assert first_break([], GENESIS) is None
    assert chain[0].previous_hash == GENESIS


@pytest.mark.parametrize(
    "edit",
    [
        {"reason": "别的原因"},
        {"name": "WorkOrderSigned"},
        {"work_order_id": 9},
        {"actor": Actor("别人", Role.DEPARTMENT, "chengguan")},
        {"actor": Actor(OFFICER.id, Role.SUPERVISOR, "chengguan")},
        {"actor": Actor(OFFICER.id, Role.DEPARTMENT, "shuiwu")},
        {"at": MONDAY},
        {"state_from": "signed"},
        {"state_to": "signed"},
        {"department_from": "shuiwu"},
        {"department_to": "shuiwu"},
        {"data": {"confidence": 0.9}},
        {"data": None},
        {"hash": "f" * 64},
        {"previous_hash": "f" * 64},
        {"sequence": 7},
    ],
    ids=lambda edit: "-".join(edit),
)
def test_an_edited_row_is_found(chain: list[WorkOrderEvent], edit: dict) -> None:
    chain[2] = replace(chain[2], **edit)
    assert first_break(chain) == 3


def test_an_edited_row_with_a_fitting_hash_breaks_the_next(chain: list[WorkOrderEvent]) -> None:
    forged = replace(chain[2], reason="别的原因")
    chain[2] = forged.chained(forged.previous_hash, 3)
    assert first_break(chain) == 4


def test_a_removed_row_is_found(chain: list[WorkOrderEvent]) -> None:
    assert first_break(chain[:2] + chain[3:]) == 3
    assert first_break(chain[1:]) == 1


def test_a_removed_row_with_new_numbers_is_found(chain: list[WorkOrderEvent]) -> None:
    left = [replace(event, sequence=number) for number, event in enumerate(chain[:2] + chain[3:], 1)]
    assert first_break(left) == 3


def test_swapped_rows_are_found(chain: list[WorkOrderEvent]) -> None:
    chain[1], chain[2] = chain[2], chain[1]
    assert first_break(chain) == 2
    swapped = [replace(event, sequence=number) for number, event in enumerate(chain, 1)]
    assert first_break(swapped) == 2


def test_rows_cut_off_at_the_end_are_found_by_the_head(chain: list[WorkOrderEvent]) -> None:
    head = chain[-1].hash
    assert first_break(chain[:3], head) == 4
    assert first_break([], head) == 1
    assert first_break(chain[:3]) is None, "without the head nothing tells"


def test_the_hash_does_not_depend_on_the_zone_a_time_is_written_in(chain: list[WorkOrderEvent]) -> None:
    event = chain[0]
    abroad = replace(event, at=event.at.astimezone(timezone(timedelta(hours=-5))))
    assert abroad.digest(GENESIS, 1) == event.hash


def test_what_the_desk_does_is_one_whole_chain(desk: Desk) -> None:
    for _ in range(2):
        desk.go(desk.file(), *HANDLED)
    events, head = desk.work(lambda unit: unit.events.chain())
    events = list(events)
    assert len(events) == 14 and first_break(events, head) is None
    assert first_break(events[:-1], head) == 14
