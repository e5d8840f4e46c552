"""回访过程: when, by which channel and how often a citizen is asked; who is not; calls, refusals, persons, 追评."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from casework.appeal import Appeal, AppealType, Requester, Urgency
from casework.callback.callback import Callback, CallbackChannel, CallbackState, TryOutcome
from casework.callback.callback_call import record_call, show_phone
from casework.callback.callback_priority import priority_of, reasons_of
from casework.callback.follow_up import (
    ATTEMPT,
    HANDOVER,
    answer_callback,
    attempted,
    begin_callback,
    due_attempt,
    expire_callback,
    hand_over,
    refuse_callback,
    without_conversation,
)
from casework.callback.follow_up_comment import add_follow_up
from casework.callback.polite_hours import PoliteHours
from casework.deadline.calendar import CITY_TIME
from casework.errors import Conflict, InvalidInput
from casework.filing import file_appeal
from casework.handling.linking import merge
from casework.transitions import Role, State
from casework.work_order import Dispatching, WorkOrder
from tests.unit.casework.desk import AGENT, DISPATCHER, HANDLED, MONDAY, RULES, Desk

POLITE = replace(RULES, callback_delay_minutes=0, polite_hours=PoliteHours.read("09:00-12:00,14:00-20:00"))
PHONE = "13900001234"


def file(desk: Desk, phone: str = "", conversation: str | None = None, **values: object) -> WorkOrder:
    appeal = Appeal(
        AppealType.COMPLAINT, "楼下垃圾没人清运", requester=Requester("", phone), conversation_id=conversation, **values
    )
    return desk.work(file_appeal, appeal, Dispatching("chengguan", "auto"), "市容环境", RULES, desk.clock)


def closed(
    desk: Desk, phone: str = "", conversation: str | None = None, **values: object
) -> tuple[WorkOrder, Callback]:
    order = desk.go(file(desk, phone, conversation, **values), *HANDLED)
    return order, desk.callbacks(order.id)[0]


def begin(desk: Desk, callback: Callback) -> Callback:
    desk.work(begin_callback, callback.id, POLITE, desk.clock)
    return desk.callbacks(callback.work_order_id)[-1]


def asked(desk: Desk, callback_id: int, outcome: TryOutcome = TryOutcome.ASKED) -> Callback:
    """The citizen is asked in the conversation, as the job does it."""

    def ask(unit) -> Callback:
        callback = unit.callbacks.get(callback_id)
        attempted(unit, callback, outcome, POLITE, desk.clock)
        return callback

    return desk.work(ask)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=CITY_TIME)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (local(9, 10), local(9, 10)),
        (local(9, 12), local(9, 14)),
        (local(9, 13, 59), local(9, 14)),
        (local(9, 19, 59), local(9, 19, 59)),
        (local(9, 21), local(10, 9)),
        (local(9, 3), local(9, 9)),
        (local(14, 20), local(15, 9)),  # a Sunday, too
    ],
)
def test_polite_hours(at: datetime, due: datetime) -> None:
    assert POLITE.polite_hours.next(at) == due
    assert PoliteHours().next(at) == at and PoliteHours.read("  ") == PoliteHours()


@pytest.mark.parametrize(
    "written", ["9-12", "09:00-25:00", "12:00-09:00", "09:00-12:00,11:00-13:00", "abc", "09:00-12:00,"]
)
def test_hours_that_cannot_be_read_are_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match="回访时段"):
        PoliteHours.read(written)


def test_by_channel(desk: Desk) -> None:
    for phone, conversation, channel in (
        (PHONE, "c1", "web"),
        ("", "c1", "web"),
        (PHONE, None, "phone"),
        ("", None, "code"),
    ):
        _, callback = closed(desk, phone, conversation)
        assert callback.channel == channel
        begun = begin(desk, callback)
        assert (begun.next_attempt_at is not None) == (channel == "phone"), "an agent's task"
        assert begun.attempts == (channel == "code")
    assert [one["outcome"] for one in begun.tries] == ["opened"]


def test_what_the_statistics_count_by_is_kept_with_the_closing(desk: Desk) -> None:
    _order, callback = closed(desk, PHONE)
    told = callback.closed_at, callback.department, callback.order_type, callback.order_channel
    assert told == (desk.clock.now(), "chengguan", "投诉", "web")


def test_reminders_are_spaced_polite_and_limited(desk: Desk) -> None:
    _, callback = closed(desk, "", "c1")
    begin(desk, callback)
    desk.clock.move(hours=1)
    times = []
    for number in (1, 2, 3):
        assert desk.work(due_attempt, callback.id, number, desk.clock) is not None
        told = asked(desk, callback.id)
        assert desk.work(due_attempt, callback.id, number, desk.clock) is None, "a job that runs twice asks once"
        times.append(told.next_attempt_at)
        if told.next_attempt_at is not None:
            desk.clock.move(seconds=(told.next_attempt_at - desk.clock.now()).total_seconds() + 7 * 3600)
    assert times == [local(10, 11), local(11, 18), None], (
        "11:00 the next day; from 18:00 on again a day later; no fourth"
    )
    jobs = [job for job in desk.work(lambda unit: unit.jobs.list()) if job.kind == ATTEMPT]
    assert sorted(job.payload["number"] for job in jobs) == [2, 3]


def test_a_reminder_in_the_evening_waits_for_the_morning_and_none_falls_out_of_the_window(desk: Desk) -> None:
    _, callback = closed(desk, "", "c1")
    begin(desk, callback)
    desk.clock.move(hours=11)
    assert asked(desk, callback.id).next_attempt_at == local(11, 9)
    desk.clock.move(days=6)
    assert asked(desk, callback.id).next_attempt_at is None


@pytest.mark.parametrize("phone", [PHONE, ""])
def test_without_its_conversation_it_goes_on_by_phone_or_code(desk: Desk, phone: str) -> None:
    order, callback = closed(desk, phone, "gone")
    begin(desk, callback)

    def lose(unit) -> None:
        without_conversation(unit, order, unit.callbacks.get(callback.id), desk.clock)

    desk.work(lose)
    (told,) = desk.callbacks(order.id)
    assert told.channel == (CallbackChannel.PHONE if phone else CallbackChannel.CODE)
    assert (told.next_attempt_at is not None) == bool(phone)
    assert desk.work(due_attempt, callback.id, told.attempts + 1, desk.clock) is None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"confidential": True}, "no_contact"),
        ({"confidential": True, "phone": PHONE}, ""),
        ({"confidential": False}, ""),
    ],
)
def test_a_confidential_report_without_contact_is_excluded_and_archived(desk: Desk, values: dict, reason: str) -> None:
    order, callback = closed(desk, **values)
    assert callback.excluded == reason
    if reason:
        assert callback.state is CallbackState.EXCLUDED
        for _ in range(2):
            assert desk.work(begin_callback, callback.id, RULES, desk.clock) is None
        assert desk.order(order.id).state is State.ARCHIVED
        assert "保密" in desk.events(order.id)[-1].reason and desk.events(order.id)[-2].name == "CallbackStarted"
        assert desk.work(expire_callback, callback.id, desk.clock) is None
        with pytest.raises(Conflict):
            desk.work(answer_callback, callback.id, True, True, 5, "", RULES, desk.clock)


@pytest.mark.parametrize(("phones", "excluded"), [((PHONE, PHONE), "duplicate"), ((PHONE, "13911112222"), "")])
def test_requesters_of_merged_orders_are_asked_the_same_person_only_once(
    desk: Desk, phones: tuple[str, str], excluded: str
) -> None:
    main = file(desk, phones[0])
    appeal = Appeal(AppealType.COMPLAINT, "垃圾还是没人清运", requester=Requester("", phones[1]))
    other = desk.work(file_appeal, appeal, Dispatching("chengguan", "review"), "", RULES, desk.clock)
    desk.work(
        lambda unit: (
            merge(unit, held := unit.work_orders.get(other.id), main.number, DISPATCHER, desk.clock),
            unit.work_orders.save(held),
        )
    )
    desk.go(main, *HANDLED)
    assert desk.callbacks(main.id)[0].state is CallbackState.SCHEDULED
    (callback,) = desk.callbacks(other.id)
    assert callback.excluded == excluded and callback.department == "chengguan"
    assert reasons_of(callback.priority) == ([] if excluded else ["重复"])


def test_priority_puts_the_dissatisfied_first_then_repeats_urgent_and_hard_ones(desk: Desk) -> None:
    order = file(desk)
    bad = Callback(1, MONDAY, MONDAY, rating=2)
    changes = [
        (lambda: [bad], ["不满意"]),
        (lambda: setattr(order, "repeat_of", 7) or [], ["重复"]),
        (lambda: setattr(order, "urgency", Urgency.URGENT) or [], ["重复", "紧急"]),
        (lambda: setattr(order, "returns", 1) or [], ["重复", "紧急"]),
        (lambda: setattr(order, "returns", 2) or [], ["重复", "紧急", "疑难"]),
    ]
    for change, names in changes:
        assert reasons_of(priority_of(order, change())) == names
    assert priority_of(replace(order, repeat_of=None, returns=0), [bad]) > priority_of(order, [])
    plain = replace(order, repeat_of=None, returns=0, urgency=Urgency.NORMAL)
    for hard in ({"extensions": 1}, {"supervision_level": 1}, {"reworks": 1}):
        assert reasons_of(priority_of(replace(plain, **hard), [])) == ["疑难"]
    assert priority_of(plain, []) == 0


def call(desk: Desk, callback: Callback, outcome: TryOutcome, again_at: datetime | None = None) -> Callback:
    return desk.work(record_call, callback.id, callback.version, outcome, AGENT, POLITE, desk.clock, again_at)


def test_calls_in_vain_are_spaced_and_end_after_the_third(desk: Desk) -> None:
    order, callback = closed(desk, PHONE)
    told = begin(desk, callback)
    desk.clock.move(hours=12)
    told = call(desk, told, TryOutcome.NO_ANSWER)
    assert told.next_attempt_at == local(11, 9) and told.attempts == 1
    assert told.tries == [{"at": "2026-03-09T22:00:00+08:00", "actor": "hua", "outcome": "no_answer"}]
    told = call(desk, call(desk, told, TryOutcome.NO_ANSWER), TryOutcome.NO_ANSWER)
    assert told.next_attempt_at is None and told.state is CallbackState.DUE, (
        "the query code is open until the window ends"
    )
    desk.clock.move(days=7)
    assert desk.work(expire_callback, callback.id, desk.clock).state is State.ARCHIVED
    with pytest.raises(Conflict, match="已过期"):
        call(desk, desk.callbacks(order.id)[0], TryOutcome.NO_ANSWER)


def test_a_time_that_the_citizen_named_is_kept_and_a_wrong_number_not_called_again(desk: Desk) -> None:
    _, callback = closed(desk, PHONE)
    told = begin(desk, callback)
    for wrong in (None, desk.clock.now(), callback.expires_at + timedelta(seconds=1)):
        with pytest.raises(InvalidInput, match="再次拨打"):
            call(desk, told, TryOutcome.LATER, wrong)
    told = call(desk, told, TryOutcome.LATER, local(12, 21))
    assert told.next_attempt_at == local(12, 21)
    assert call(desk, told, TryOutcome.WRONG_NUMBER).next_attempt_at is None


def test_a_call_is_recorded_on_what_the_agent_saw_and_on_what_is_due(desk: Desk) -> None:
    _, callback = closed(desk, PHONE)
    with pytest.raises(Conflict, match="没有到时间"):
        call(desk, callback, TryOutcome.NO_ANSWER)
    told = begin(desk, callback)
    with pytest.raises(InvalidInput, match="通话结果"):
        call(desk, told, TryOutcome.ANSWERED)
    call(desk, told, TryOutcome.NO_ANSWER)
    with pytest.raises(Conflict, match="新的进展"):
        call(desk, told, TryOutcome.NO_ANSWER)


def test_the_number_is_shown_to_who_calls_and_that_is_written_down(desk: Desk) -> None:
    order, callback = closed(desk, PHONE)
    begin(desk, callback)
    assert desk.work(show_phone, callback.id, AGENT, desk.clock) == PHONE
    (told,) = desk.callbacks(order.id)
    assert [(one["actor"], one["outcome"]) for one in told.tries] == [("hua", "phone_shown")] and told.attempts == 0
    _, without = closed(desk, "", "c1")
    begin(desk, without)
    with pytest.raises(InvalidInput, match="没有留电话"):
        desk.work(show_phone, without.id, AGENT, desk.clock)


@pytest.mark.parametrize("by", [None, AGENT])
def test_a_refusal_is_a_category_of_its_own(desk: Desk, by: object) -> None:
    order, callback = closed(desk, PHONE)
    told = begin(desk, callback)
    if by is None:
        desk.work(refuse_callback, callback.id, desk.clock)
    else:
        call(desk, told, TryOutcome.REFUSED)
    (told,) = desk.callbacks(order.id)
    assert (told.state, told.next_attempt_at) == (CallbackState.REFUSED, None)
    assert desk.order(order.id).state is State.ARCHIVED and desk.events(order.id)[-1].reason == "市民谢绝回访"
    assert desk.work(expire_callback, callback.id, desk.clock) is None
    with pytest.raises(Conflict, match="按您的意愿"):
        desk.work(answer_callback, callback.id, True, True, 5, "", RULES, desk.clock)


def test_who_wants_a_person_gets_one_and_the_notice_ends_with_the_answer(desk: Desk) -> None:
    order, callback = closed(desk, PHONE, "c1")
    begin(desk, callback)
    asked(desk, callback.id)
    for _ in range(2):
        told = desk.work(hand_over, callback.id, POLITE, desk.clock, True, False)
    assert told.handover and told.next_attempt_at == desk.clock.now() and desk.order(order.id).state is State.CALLBACK
    assert (told.contacted, told.resolved, told.rating) == (True, False, None), "kept for whoever calls"
    assert desk.work(due_attempt, callback.id, 2, desk.clock) is None, "nobody reminds who waits for a call"
    (notice,) = desk.work(lambda unit: unit.notices.open_for(Role.AGENT))
    assert (notice.kind, notice.work_order_id) == (HANDOVER, order.id) and "请电话回访" in notice.text
    assert PHONE not in notice.text
    desk.work(answer_callback, callback.id, True, True, 4, "", RULES, desk.clock, (), AGENT)
    assert desk.work(lambda unit: unit.notices.open_for(Role.AGENT)) == []
    assert desk.events(order.id)[-1].actor == AGENT
    with pytest.raises(Conflict):
        desk.work(hand_over, callback.id, POLITE, desk.clock)


def answer(desk: Desk, callback: Callback, resolved: bool, rating: int, rules=RULES) -> WorkOrder:
    desk.work(answer_callback, callback.id, True, resolved, rating, "", rules, desk.clock)
    return desk.order(callback.work_order_id)


@pytest.mark.parametrize(
    ("kind", "rule", "state"),
    [
        ("已解决", "solved", State.REWORK),
        ("解释说明", "solved", State.ARCHIVED),
        ("解释说明", "always", State.REWORK),
        ("已解决", "never", State.ARCHIVED),
    ],
)
def test_not_resolved_though_satisfied_reopens_by_the_rule(desk: Desk, kind: str, rule: str, state: State) -> None:
    order = desk.go(desk.file(), "sign", "reply")
    desk.act(order, "close", closing_kind=kind)
    reopened = answer(desk, desk.callbacks(order.id)[0], False, 3, replace(RULES, reopen_unresolved=rule))
    assert reopened.state is state
    assert ("未解决" in desk.events(order.id)[-1].reason) == (state is State.REWORK)


def test_a_bad_rating_asks_for_a_person_within_a_working_day(desk: Desk) -> None:
    order, callback = closed(desk)
    desk.put(lambda stored: setattr(stored, "contacted_at", MONDAY), order)
    reopened = answer(desk, callback, False, 1)
    assert reopened.contact_due_at == RULES.time.add_days(desk.clock.now(), 1) and reopened.contacted_at is None


def archived(desk: Desk) -> tuple[WorkOrder, Callback]:
    _order, callback = closed(desk)
    return answer(desk, callback, True, 4), callback


def test_one_more_comment_once_and_within_thirty_days(desk: Desk) -> None:
    order, _callback = archived(desk)
    desk.clock.move(days=30)
    desk.work(lambda unit: add_follow_up(unit, unit.work_orders.get(order.id), "  又坏了，请再来看看 ", desk.clock))
    (told,) = desk.callbacks(order.id)
    assert (told.follow_up, told.followed_up_at, told.rating) == ("又坏了，请再来看看", desk.clock.now(), 4)
    event = desk.events(order.id)[-1]
    assert (event.name, event.actor.role, event.data) == ("FollowUpCommented", Role.CITIZEN, {"round": 0})
    assert "又坏了" not in str(event)
    with pytest.raises(Conflict, match="已经追评过"):
        desk.work(lambda unit: add_follow_up(unit, unit.work_orders.get(order.id), "再说一次", desk.clock))


@pytest.mark.parametrize(
    ("text", "days", "error"), [("好", 31, Conflict), (" ", 0, InvalidInput), ("好" * 2001, 0, InvalidInput)]
)
def test_a_comment_too_late_empty_or_too_long_is_refused(desk: Desk, text: str, days: int, error: type) -> None:
    order, _callback = archived(desk)
    desk.clock.move(days=days)
    with pytest.raises(error):
        desk.work(lambda unit: add_follow_up(unit, unit.work_orders.get(order.id), text, desk.clock))
    assert desk.callbacks(order.id)[0].follow_up == ""


def test_only_on_an_archived_order_with_a_rating(desk: Desk) -> None:
    reworked, callback = closed(desk)
    answer(desk, callback, False, 1)
    silent, other = closed(desk)
    desk.clock.move(days=8)
    desk.work(expire_callback, other.id, desk.clock)
    for order in (reworked, silent):
        with pytest.raises(Conflict, match="不能追评"):
            desk.work(
                lambda unit, order=order: add_follow_up(unit, unit.work_orders.get(order.id), "说一句", desk.clock)
            )


def test_a_reason_that_nobody_knows_is_refused(desk: Desk) -> None:
    _, callback = closed(desk)
    with pytest.raises(InvalidInput, match="未联系"):
        desk.work(answer_callback, callback.id, True, True, 2, "", RULES, desk.clock, ["太贵"])
