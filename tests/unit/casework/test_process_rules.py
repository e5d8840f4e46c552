"""过程规则: a type changed when time ran out, and a 差评 that nobody called about in time."""

from datetime import datetime, timedelta

import pytest

from casework.appeal import AppealType
from casework.deadline.calendar import CITY_TIME
from casework.events import Actor, WorkOrderEvent
from casework.quality.process_rules import late_contact, type_changed
from casework.transitions import Role
from casework.work_order import WorkOrder

FILED = datetime(2026, 3, 2, 9, 0, tzinfo=CITY_TIME)
DUE = FILED + timedelta(days=10)
BY = Actor("du", Role.SUPERVISOR)


def order(**values: object) -> WorkOrder:
    return WorkOrder(AppealType.COMPLAINT, "路灯坏了", FILED, **values)  # type: ignore[arg-type]


def changed(at: datetime, to: datetime | None, name: str = "WorkOrderReclassified") -> WorkOrderEvent:
    data = {"changes": {"type": ["咨询", "投诉"]}} | (
        {"due_from": DUE.isoformat(), "due_to": to.isoformat()} if to else {}
    )
    return WorkOrderEvent(1, name, at, BY, reason="市民实为投诉", data=data)


@pytest.mark.parametrize("left", [timedelta(hours=20), timedelta(days=2), timedelta(hours=-3)])
def test_a_later_deadline_when_little_time_was_left_is_suspicious(left: timedelta) -> None:
    (found,) = type_changed(order(), [changed(DUE - left, DUE + timedelta(days=5))])
    assert found.rule == "type_changed"
    assert found.passage == "市民实为投诉"
    assert "推后5.0天" in found.explanation


@pytest.mark.parametrize(
    "event",
    [
        changed(FILED + timedelta(hours=2), DUE + timedelta(days=5)),
        changed(DUE - timedelta(hours=2), DUE - timedelta(days=1)),
        changed(DUE - timedelta(hours=2), None),
        changed(DUE - timedelta(hours=2), DUE + timedelta(days=5), "ExtensionDecided"),
    ],
)
def test_a_correction_in_time_or_without_gain_is_none(event: WorkOrderEvent) -> None:
    assert type_changed(order(), [event]) == []


def test_a_late_contact_is_found() -> None:
    due = FILED + timedelta(days=1)
    late = order(contact_due_at=due, contacted_at=due + timedelta(hours=3))
    assert "晚了3.0小时" in late_contact(late)[0].explanation
    never = order(contact_due_at=due, closed_at=due + timedelta(days=3))
    assert "没有联系记录" in late_contact(never)[0].explanation


def test_a_contact_in_time_or_not_owed_is_none() -> None:
    due = FILED + timedelta(days=1)
    assert late_contact(order()) == []
    assert late_contact(order(contact_due_at=due, contacted_at=due)) == []
    assert late_contact(order(contact_due_at=due, closed_at=due - timedelta(hours=1))) == []
    assert late_contact(order(contact_due_at=due)) == []
