"""时限监控: which step comes when, once, in order, to whom; pauses, changed deadlines, clocks set back, workers away."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.appeal import AppealType, Urgency
from casework.deadline.calendar import CITY_TIME
from casework.deadline.deadlines import PROFILES
from casework.deadline.escalation import HOLDERS, STEPS, steps_to_come
from casework.deadline.notice import Notice
from casework.deadline.watch import inherit, look, moot, rearm, settle
from casework.filing import Rules
from casework.transitions import TABLE, Role, State
from casework.work_order import SupportWork, WorkOrder
from tests.unit.casework.desk import MONDAY, RULES, Desk


def at(month: int, day: int, clock: str = "17:30") -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=CITY_TIME)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def arm(desk: Desk, order: WorkOrder, change: Callable[[WorkOrder], None] = lambda order: None) -> WorkOrder:
    def both(stored: WorkOrder) -> None:
        change(stored)
        rearm(stored, RULES, desk.clock.now())

    return desk.put(both, order)


def watch(desk: Desk, order: WorkOrder) -> list[str]:
    """The steps that are taken now."""
    return [event.data["step"] for event in desk.work(look, order.id, RULES, desk.clock)]


def go_to(desk: Desk, moment: datetime) -> None:
    desk.clock.move(seconds=(moment - desk.clock.now()).total_seconds())


def through(desk: Desk, order: WorkOrder) -> list[tuple[str, datetime]]:
    """Each step with its moment, a watch that never sleeps."""
    taken = []
    while (watch_at := desk.order(order.id).watch_at) is not None:
        go_to(desk, watch_at)
        taken += [(name, watch_at.astimezone(CITY_TIME)) for name in watch(desk, order)]
    return taken


def notices(desk: Desk, order: WorkOrder, open_only: bool = True) -> list[Notice]:
    found = desk.work(lambda unit: unit.notices.of(order.id))
    return [one for one in found if one.done_at is None or not open_only]


def test_a_complaint_that_nobody_touches(desk: Desk) -> None:
    order = desk.file()
    assert through(desk, order) == [
        ("sign_warning", at(3, 9, "13:00")),
        ("sign_overdue", at(3, 9, "14:00")),
        ("due_warning", at(3, 26, "09:00")),
        ("overdue", at(3, 30)),
        ("supervision_1", at(3, 30)),
        ("supervision_2", at(4, 1)),
        ("supervision_3", at(4, 7, "17:30")),
    ]
    stored = desk.order(order.id)
    assert (stored.urges, stored.supervision_level, stored.watch_at) == (2, 3, None)
    assert [event.name for event in desk.events(order.id)][3:] == [
        "DeadlineWarned",
        "WorkOrderUrged",
        "DeadlineWarned",
        "WorkOrderUrged",
        *["SupervisionRaised"] * 3,
    ]


def test_who_must_act(desk: Desk) -> None:
    order = desk.file()
    through(desk, order)
    told = [(one.kind, one.role, one.department) for one in notices(desk, order)]
    assert told == [
        ("sign_warning", Role.DEPARTMENT, "chengguan"),
        ("sign_overdue", Role.DEPARTMENT, "chengguan"),
        ("sign_overdue", Role.DISPATCHER, ""),
        ("due_warning", Role.DEPARTMENT, "chengguan"),
        ("overdue", Role.DEPARTMENT, "chengguan"),
        ("supervision_1", Role.DISPATCHER, ""),
        ("supervision_2", Role.SUPERVISOR, ""),
        ("supervision_3", Role.ADMINISTRATOR, ""),
    ]
    text = next(one.text for one in notices(desk, order) if one.kind == "supervision_2")
    assert order.number in text and "2026年3月30日17:30" in text and "城市管理局" in text
    assert order.text not in "".join(one.text for one in notices(desk, order))


@pytest.mark.parametrize(
    ("state", "role", "department"),
    [
        (State.PENDING_DISPATCH, Role.DISPATCHER, ""),
        (State.RETURNED, Role.DISPATCHER, ""),
        (State.PROCESSING, Role.DEPARTMENT, "chengguan"),
        (State.REPLIED, Role.AGENT, ""),
    ],
)
def test_whose_turn_it_is_is_warned(desk: Desk, state: State, role: Role, department: str) -> None:
    order = arm(desk, desk.file(), lambda order: setattr(order, "state", state))
    go_to(desk, at(3, 26, "09:00"))
    assert watch(desk, order) == ["due_warning"]
    assert [(one.role, one.department) for one in notices(desk, order)] == [(role, department)]


def test_a_third_return_waits_for_the_supervisor(desk: Desk) -> None:
    def returned(order: WorkOrder) -> None:
        order.state, order.returns = State.RETURNED, 3

    order = arm(desk, desk.file(), returned)
    go_to(desk, at(3, 26, "09:00"))
    watch(desk, order)
    assert [one.role for one in notices(desk, order)] == [Role.SUPERVISOR]


@pytest.mark.parametrize(
    ("kind", "warned"),
    [
        (AppealType.CONSULTATION, at(3, 10)),  # two days: one working day is more than a fifth of them
        (AppealType.HELP, at(3, 19)),  # ten days: two are left
        (AppealType.COMPLAINT, at(3, 26, "09:00")),  # fifteen days: three are left
    ],
)
def test_it_warns_a_fifth_or_a_working_day_before(desk: Desk, kind: AppealType, warned: datetime) -> None:
    order = arm(desk, desk.file(kind), lambda order: setattr(order, "state", State.PROCESSING))
    (first, *_) = steps_to_come(order, RULES)
    assert first.step.name == "due_warning"
    assert RULES.time.between(first.moment, warned) == timedelta(0) == RULES.time.between(warned, first.moment)


@pytest.mark.parametrize(("urgency", "hours"), [(Urgency.CRITICAL, 2), (Urgency.URGENT, 24), (Urgency.NORMAL, 168)])
def test_natural_deadlines_warn_by_the_clock(desk: Desk, urgency: Urgency, hours: int) -> None:
    rules = Rules(PROFILES["beijing"], RULES.time)
    order = desk.file()
    order.urgency, order.state = urgency, State.PROCESSING
    order.due_at = rules.deadlines.due_at(order.created_at, order.type, rules.time, urgency)
    first = steps_to_come(order, rules)[0]
    assert first.moment == MONDAY + timedelta(hours=hours * 0.8)


@pytest.mark.parametrize("state", [State.SUSPENDED, State.EXTENSION_PENDING])
def test_pauses_neither_warn_nor_escalate(desk: Desk, state: State) -> None:
    order = arm(desk, desk.file(), lambda order: setattr(order, "state", state))
    assert order.watch_at is None
    desk.clock.move(days=90)
    assert watch(desk, order) == []
    order = arm(desk, order, lambda order: setattr(order, "state", State.PROCESSING))
    assert order.watch_at == at(3, 26, "09:00")


@pytest.mark.parametrize("state", sorted(set(State) - set(HOLDERS)))
def test_what_is_not_open_is_not_watched(desk: Desk, state: State) -> None:
    order = arm(desk, desk.file(), lambda order: setattr(order, "state", state))
    desk.clock.move(days=90)
    assert order.watch_at is None and watch(desk, order) == []


def test_a_merged_order_is_its_main_orders_matter(desk: Desk) -> None:
    main, order = desk.file(), desk.file(decision="review")
    order = arm(desk, order, lambda order: setattr(order, "merged_into", main.id))
    assert order.watch_at is None


def test_looked_at_again_nothing_more_happens(desk: Desk) -> None:
    order = desk.file()
    go_to(desk, at(3, 30))
    first = watch(desk, order)
    version = desk.order(order.id).version
    assert first and watch(desk, order) == [] and desk.order(order.id).version == version
    assert len({one.key for one in notices(desk, order)}) == len(notices(desk, order))


def test_after_three_days_without_a_worker_each_step_comes_once_with_its_true_time(desk: Desk) -> None:
    order = arm(desk, desk.file(AppealType.CONSULTATION), lambda order: setattr(order, "state", State.PROCESSING))
    go_to(desk, at(3, 13, "18:00"))
    assert watch(desk, order) == ["due_warning", "overdue", "supervision_1", "supervision_2"]
    texts = [event.reason for event in desk.events(order.id)[-4:]]
    assert "（本步骤应于2026年3月11日17:30进行，于2026年3月13日18:00补办）" in texts[1]
    assert "应于2026年3月13日17:30进行" in texts[3]
    go_to(desk, at(3, 30))
    assert watch(desk, order) == ["supervision_3"]


def test_a_clock_set_back_repeats_and_skips_nothing(desk: Desk) -> None:
    order = desk.file()
    go_to(desk, at(3, 9, "14:00"))
    assert watch(desk, order) == ["sign_warning", "sign_overdue"]
    go_to(desk, at(3, 9, "10:00"))
    assert watch(desk, order) == []
    arm(desk, order)
    assert desk.order(order.id).watch_at == at(3, 26, "09:00")
    go_to(desk, at(3, 9, "15:00"))
    assert watch(desk, order) == []
    go_to(desk, at(3, 30))
    assert watch(desk, order) == ["due_warning", "overdue", "supervision_1"]


def test_a_changed_deadline_starts_its_steps_anew_and_the_others_go_on(desk: Desk) -> None:
    order = desk.file()
    go_to(desk, at(3, 30))
    assert len(watch(desk, order)) == 5
    order = arm(desk, order, lambda order: setattr(order, "due_at", at(4, 20)))
    assert order.watch_at == at(4, 16, "09:00")
    go_to(desk, at(4, 20))
    assert watch(desk, order) == ["due_warning", "overdue"], "level one it had reached before"
    order = arm(desk, order, lambda order: setattr(order, "due_at", at(3, 30)))
    assert watch(desk, order) == ["supervision_2", "supervision_3"], "of the former deadline nothing twice"


def test_steps_of_long_former_deadlines_are_forgotten(desk: Desk) -> None:
    order = desk.file()
    go_to(desk, at(3, 30))
    watch(desk, order)
    desk.clock.move(days=60)
    order = arm(desk, order, lambda order: setattr(order, "due_at", at(9, 1)))
    assert [name.partition("@")[0] for name in order.steps_done] == ["sign_warning", "sign_overdue"]


def test_a_level_that_a_person_has_raised_is_not_raised_again(desk: Desk) -> None:
    order = arm(desk, desk.file(), lambda order: setattr(order, "supervision_level", 2))
    go_to(desk, at(4, 10))
    assert watch(desk, order) == ["sign_warning", "sign_overdue", "due_warning", "overdue", "supervision_3"]


def test_supporting_departments_and_the_contact_have_times_of_their_own(desk: Desk) -> None:
    def change(order: WorkOrder) -> None:
        order.state, order.supporting_departments = State.PROCESSING, ["shuiwu"]
        order.support_work = [SupportWork("shuiwu", at(3, 12)), SupportWork("jiu", at(3, 12), "已核", at(3, 10))]
        order.contact_due_at = at(3, 10)

    order = arm(desk, desk.file(), change)
    assert through(desk, order)[:2] == [("contact_overdue", at(3, 10)), ("support_overdue", at(3, 12))]
    told = [(one.kind, one.role, one.department) for one in notices(desk, order)][:3]
    assert told == [
        ("contact_overdue", Role.DEPARTMENT, "chengguan"),
        ("contact_overdue", Role.SUPERVISOR, ""),
        ("support_overdue", Role.DEPARTMENT, "shuiwu"),
    ]


def test_contacted_and_opined_nothing_is_due(desk: Desk) -> None:
    def change(order: WorkOrder) -> None:
        order.state, order.due_at = State.PROCESSING, None
        order.support_work = [SupportWork("shuiwu", at(3, 12), "已核", at(3, 10)), SupportWork("jiu")]
        order.contact_due_at = order.contacted_at = at(3, 10)

    assert arm(desk, desk.file(), change).watch_at is None


def test_notices_are_settled_when_nobody_need_act_any_more(desk: Desk) -> None:
    order = desk.file()
    go_to(desk, at(3, 26, "09:00"))
    watch(desk, order)
    assert len(notices(desk, order)) == 4
    desk.act(order, "sign")
    assert [one.kind for one in notices(desk, order)] == ["due_warning"], "signed: what urged to sign is settled"
    desk.go(order, "reply", "close")
    assert notices(desk, order) == []
    assert {one.done_by for one in notices(desk, order, open_only=False)} == {"system"}


def test_a_department_that_lost_the_order_has_no_notice_of_it(desk: Desk) -> None:
    order = desk.go(desk.file(), "sign")
    go_to(desk, at(3, 26, "09:00"))
    watch(desk, order)
    desk.act(order, "reassign", reason="职责调整", department="shuiwu")
    assert notices(desk, order) == []


def test_a_successor_inherits_what_was_to_be_seen_to(desk: Desk) -> None:
    order = desk.go(desk.file(), "sign")
    go_to(desk, at(3, 26, "09:00"))
    watch(desk, order)
    desk.work(inherit, order, {"chengguan": "shuiwu", "jiu": "shuiwu"})
    assert [one.department for one in notices(desk, order)] == ["shuiwu"]


def test_what_is_watched_can_be_warned_urged_and_supervised() -> None:
    for action in ("warn", "urge", "supervise"):
        assert set(HOLDERS) == next(row.sources for row in TABLE if row.action == action)


def test_notices_of_other_kinds_are_left_alone(desk: Desk) -> None:
    order = desk.file()
    other = Notice("callback:1", MONDAY, "callback_handover", Role.AGENT, "请联系", work_order_id=order.id)
    desk.work(lambda unit: unit.notices.add(other))
    closed = desk.put(lambda order: setattr(order, "state", State.CLOSED), order)
    desk.work(settle, closed, MONDAY)
    assert not moot(other, closed) and len(notices(desk, order)) == 1


def test_a_notice_of_supervision_ends_with_it(desk: Desk) -> None:
    order = desk.go(desk.file(), "sign")
    go_to(desk, at(3, 30))
    watch(desk, order)
    desk.act(order, "release", reason="已约谈")
    assert "supervision_1" not in [one.kind for one in notices(desk, order)]


MOMENTS = st.datetimes(datetime(2026, 1, 5), datetime(2026, 12, 30), timezones=st.just(CITY_TIME))


@settings(max_examples=40, deadline=None)
@given(
    MOMENTS,
    st.sampled_from(list(AppealType)),
    st.sampled_from(list(Urgency)),
    st.sampled_from(list(PROFILES.values())),
    st.booleans(),
)
def test_steps_are_ordered_however_the_deadline_lies(start, kind, urgency, profile, rework) -> None:
    rules = Rules(profile, RULES.time)
    due = profile.due_at(start, kind, rules.time, urgency)
    order = WorkOrder(kind, "x", start, urgency=urgency, state=State.PROCESSING, due_at=due, reworks=int(rework))
    if rework:
        order.due_at = due = profile.rework_due_at(start, rules.time)
    steps = steps_to_come(order, rules)
    assert [one.step.name for one in steps] == [
        "due_warning",
        "overdue",
        "supervision_1",
        "supervision_2",
        "supervision_3",
    ]
    assert [one.moment for one in steps] == sorted(one.moment for one in steps)
    warned, late, first, second, third = (one.moment for one in steps)
    assert start <= warned < late == first == due < second < third
    rearm(order, rules, start)
    assert order.watch_at == warned


def test_each_step_says_who_must_act_by_a_name_of_its_own() -> None:
    assert len({step.name for step in STEPS}) == len({step.title for step in STEPS}) == len(STEPS)
    assert all(step.roles for step in STEPS)
    assert [step.level for step in STEPS if step.action == "supervise"] == [1, 2, 3]
