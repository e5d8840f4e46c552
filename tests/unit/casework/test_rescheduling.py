"""时限重算: what a new calendar does to open orders' deadlines, once, and to no others."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.appeal import AppealType, Urgency
from casework.deadline.calendar import CITY_TIME, OfficialCalendar, WorkingTime
from casework.deadline.calendar_table import read_table
from casework.deadline.deadlines import DEFAULT_PROFILE, PROFILES
from casework.deadline.rescheduling import (
    RESCHEDULED,
    NewCalendar,
    ask_for_calendar,
    calendar_known,
    due_provisional,
    rebased,
    reschedule,
)
from casework.events import WorkOrderEvent
from casework.filing import Rules
from casework.transitions import Role, State
from casework.work_order import SupportWork, WorkOrder
from tests.fakes import FakeClock
from tests.holidays import rows_2027
from tests.unit.casework.desk import RULES, Desk

GUESS = OfficialCalendar()
KNOWN = Rules(DEFAULT_PROFILE, WorkingTime(OfficialCalendar(read_table(rows_2027()))))
FILED = datetime(2026, 12, 30, 10, 0, tzinfo=CITY_TIME)
SINCE = FILED + timedelta(days=1)
NEW = NewCalendar(2027, GUESS, SINCE, "import-1")


@pytest.fixture
def desk() -> Desk:
    return Desk(clock=FakeClock(FILED))


def after(desk: Desk, order: WorkOrder, new: NewCalendar = NEW, rules: Rules = KNOWN) -> WorkOrderEvent | None:
    desk.clock.move(seconds=(SINCE - desk.clock.now()).total_seconds() + 60)
    return desk.work(reschedule, order.id, new, rules, desk.clock)


def test_a_deadline_reckoned_monday_to_friday_moves_with_the_holidays(desk: Desk) -> None:
    order = desk.file(AppealType.CONSULTATION)
    guessed = datetime(2027, 1, 1, 17, 30, tzinfo=CITY_TIME)
    assert order.due_at == guessed and due_provisional(order, RULES) and not due_provisional(order, KNOWN)
    event = after(desk, order)
    due = datetime(2027, 1, 4, 17, 30, tzinfo=CITY_TIME)
    moved = desk.order(order.id)
    assert moved.due_at == due == KNOWN.deadlines.due_at(FILED, AppealType.CONSULTATION, KNOWN.time)
    assert event is not None and event.name == RESCHEDULED and "2027年放假安排" in event.reason
    assert event.data == {"calendar": "import-1", "due_from": guessed.isoformat(), "due_to": due.isoformat()}
    assert moved.watch_at is not None and moved.version == order.version + 1


def test_done_again_nothing_moves(desk: Desk) -> None:
    order = desk.file(AppealType.CONSULTATION)
    assert after(desk, order) is not None
    version = desk.order(order.id).version
    assert after(desk, order) is None and desk.order(order.id).version == version
    extended = desk.put(lambda order: setattr(order, "due_at", datetime(2027, 2, 16, 17, 30, tzinfo=CITY_TIME)), order)
    assert after(desk, extended) is None, "extended by the new calendar since"


def test_an_order_filed_by_the_new_calendar_stays_as_it_is(desk: Desk) -> None:
    order = desk.file(AppealType.COMPLAINT)
    right = KNOWN.deadlines.due_at(FILED, AppealType.COMPLAINT, KNOWN.time)
    order = desk.put(lambda order: setattr(order, "due_at", right), order)
    assert after(desk, order) is None and desk.order(order.id).due_at == right
    late = desk.put(lambda order: setattr(order, "created_at", SINCE + timedelta(seconds=1)), order)
    late = desk.put(lambda order: setattr(order, "due_at", right + timedelta(days=9)), late)
    assert after(desk, late) is None


def test_an_extended_deadline_keeps_the_working_time_given(desk: Desk) -> None:
    extended = RULES.time.add_days(FILED, 20)
    order = desk.put(lambda order: setattr(order, "due_at", extended), desk.file(AppealType.COMPLAINT))
    after(desk, order)
    moved = desk.order(order.id).due_at
    begins = NEW.begins
    assert moved is not None and moved > extended
    assert KNOWN.time.between(begins, moved) == RULES.time.between(begins, extended)


def test_every_deadline_of_the_order_moves_and_those_met_do_not(desk: Desk) -> None:
    before, there = datetime(2026, 12, 31, 17, 30, tzinfo=CITY_TIME), datetime(2027, 1, 1, 11, 0, tzinfo=CITY_TIME)

    def change(order: WorkOrder) -> None:
        order.contact_due_at = before
        order.sign_due_at = there
        order.support_work = [SupportWork("shuiwu", there), SupportWork("jiu", there, "已核", before)]

    order = desk.put(change, desk.file(AppealType.COMPLAINT))
    event = after(desk, order)
    moved, later = desk.order(order.id), datetime(2027, 1, 4, 11, 0, tzinfo=CITY_TIME)
    assert (moved.contact_due_at, moved.sign_due_at) == (before, later)
    assert [work.due_at for work in moved.support_work] == [later, there]
    assert event is not None and event.data is not None
    assert {"sign_due_to", "support_due/shuiwu_to", "due_to"} <= event.data.keys()


def test_natural_deadlines_do_not_move(desk: Desk) -> None:
    natural = Rules(PROFILES["beijing"], KNOWN.time)
    due = FILED + timedelta(days=7)
    order = desk.put(lambda order: setattr(order, "due_at", due), desk.file())
    order = desk.put(lambda order: setattr(order, "state", State.PROCESSING), order)
    order = desk.put(lambda order: setattr(order, "urgency", Urgency.HARD), order)
    assert after(desk, order, rules=natural) is None and not due_provisional(
        order, Rules(PROFILES["beijing"], RULES.time)
    )


def test_a_rework_ordered_since_is_left_alone(desk: Desk) -> None:
    due = RULES.time.add_days(SINCE, 15)

    def change(order: WorkOrder) -> None:
        order.reworks, order.state, order.due_at = 1, State.REWORK, due

    order = desk.put(change, desk.file())
    again = WorkOrderEvent(order.id, "ReworkOrdered", SINCE + timedelta(seconds=5), desk.events(order.id)[0].actor)
    desk.work(lambda unit: unit.events.append(again))
    assert after(desk, order) is None


def test_the_administrators_are_asked_once_a_year(desk: Desk) -> None:
    asked = [desk.work(ask_for_calendar, year, FILED) for year in (2027, 2027, 2028)]
    assert asked == [True, False, True]
    found = desk.work(lambda unit: unit.notices.open_for(Role.ADMINISTRATOR))
    assert len(found) == 2 and "请在国务院公布放假安排后导入" in found[0].text
    assert desk.work(calendar_known, 2027, FILED) and not desk.work(calendar_known, 2029, FILED)
    assert [one.key for one in desk.work(lambda unit: unit.notices.open_for(Role.ADMINISTRATOR))] == ["calendar:2028"]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.dates(date(2026, 11, 1), date(2027, 2, 20)))
def test_what_was_accepted_under_the_guess_ends_where_it_would_have(days: int, filed: date) -> None:
    start = datetime.combine(filed, datetime.min.time(), CITY_TIME) + timedelta(hours=10)
    guessed, right = RULES.time.add_days(start, days), KNOWN.time.add_days(start, days)
    if guessed >= NEW.begins and start < NEW.begins:
        assert rebased(guessed, NEW, KNOWN.time) == right
