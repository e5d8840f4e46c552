"""立单: auto → dispatched, review → pending; deadlines by type; what an appeal must be."""

from datetime import datetime, timedelta

import pytest

from casework.appeal import MAX_TEXT, Appeal, AppealType, FiveElements, Requester
from casework.callback.callback import Callback
from casework.deadline.calendar import CITY_TIME
from casework.deadline.deadlines import PROFILES
from casework.errors import InvalidInput
from casework.filing import file_appeal, proposed_supporting
from casework.transitions import Role, State
from casework.work_order import Dispatching
from tests.unit.casework.desk import AGENT, MONDAY, RULES, Desk


def city(month: int, day: int, hour: int = 17, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CITY_TIME)


def test_a_sure_decision_dispatches_at_once(desk: Desk) -> None:
    order = desk.file(decision="auto")
    assert desk.order(order.id).state is State.DISPATCHED
    assert (order.lead_department, order.dispatched_at, order.corrected) == ("chengguan", MONDAY, False)
    assert order.sign_due_at == city(3, 9, 14, 0), "four working hours from Monday, ten o'clock"
    *_, dispatched = desk.events(order.id)
    assert (dispatched.name, dispatched.actor.role) == ("WorkOrderDispatched", Role.SYSTEM)
    assert (dispatched.department_from, dispatched.department_to) == ("", "chengguan")
    assert dispatched.data == {"confidence": 0.91}


def test_a_rules_supporting_departments_are_told_with_the_dispatch_alone(desk: Desk) -> None:
    for decision, supporting in (("auto", ["shuiwu"]), ("review", [])):
        # Where a person decides, they are proposed to that person.
        given = Dispatching("chengguan", decision, evidence={"supporting": ["shuiwu", "chengguan"]})
        order = desk.work(file_appeal, Appeal(AppealType.HELP, "路灯不亮"), given, "", RULES, desk.clock)
        assert desk.order(order.id).supporting_departments == supporting
        assert proposed_supporting(order) == ["shuiwu", "chengguan"]
    assert desk.events(1)[-1].data == {"confidence": 0.0, "supporting": ["shuiwu"]}


def test_an_unsure_one_waits_for_a_dispatcher(desk: Desk) -> None:
    order = desk.order(desk.file(decision="review").id)
    assert order.state is State.PENDING_DISPATCH
    assert (order.lead_department, order.dispatched_at, order.sign_due_at) == ("", None, None)
    assert [event.name for event in desk.events(order.id)] == ["WorkOrderAccepted", "DispatchQueued"]


def test_an_agents_intake_is_accepted_by_the_agent(desk: Desk) -> None:
    order = desk.file(decision="auto", by=AGENT)
    assert [event.actor.id for event in desk.events(order.id)] == ["hua", "hua", "system"]


def test_the_citizen_gets_a_number_and_a_code_that_finds_the_order(desk: Desk) -> None:
    one, other = desk.file(), desk.file()
    assert one.number != other.number and one.query_code != other.query_code
    assert desk.work(lambda unit: unit.work_orders.by_query_code(one.query_code)).id == one.id
    assert desk.order(one.id).query_code == "", "the clear code is never stored"


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        (AppealType.CONSULTATION, city(3, 11)),
        (AppealType.HELP, city(3, 23)),
        (AppealType.SUGGESTION, city(3, 23)),
        (AppealType.PRAISE, city(3, 23)),
        (AppealType.COMPLAINT, city(3, 30)),
        (AppealType.REPORT, city(3, 30)),
    ],
)
def test_the_deadline_is_that_of_the_type(desk: Desk, kind: AppealType, due: datetime) -> None:
    assert desk.file(kind).due_at == due


def test_every_profile_has_a_deadline_for_every_type() -> None:
    assert all(set(profile.days) == set(AppealType) for profile in PROFILES.values())
    assert set(PROFILES["shandong-2020"].days.values()) == {5}


def test_what_the_appeal_tells_is_kept(desk: Desk) -> None:
    appeal = Appeal(
        AppealType.REPORT,
        "有人偷倒渣土",
        elements=FiveElements(place="汀兰街道"),
        requester=Requester("张三", "13800001111"),
        district="南汀区",
        channel="phone",
        conversation_id="c1",
    )
    decided = Dispatching("chengguan", "review")
    order = desk.order(desk.work(file_appeal, appeal, decided, "渣土", RULES, desk.clock).id)
    assert (order.type, order.text, order.elements.place) == (AppealType.REPORT, "有人偷倒渣土", "汀兰街道")
    assert (order.requester, order.district, order.channel) == (Requester("张三", "13800001111"), "南汀区", "phone")
    assert (order.conversation_id, order.category) == ("c1", "渣土")
    assert order.confidential and not order.anonymous


@pytest.mark.parametrize("kind", AppealType)
def test_only_a_report_is_confidential_unless_told(kind: AppealType) -> None:
    assert Appeal(kind, "有事").confidential is (kind is AppealType.REPORT)
    assert Appeal(kind, "有事", confidential=False).confidential is False
    assert Appeal(kind, "有事", confidential=True).confidential is True


def test_an_appeal_without_name_and_phone_is_anonymous(desk: Desk) -> None:
    assert desk.file().anonymous


@pytest.mark.parametrize("text", ["", "  \n\t", "\u3000"])
def test_an_appeal_needs_a_text(text: str) -> None:
    with pytest.raises(InvalidInput, match="请填写诉求内容"):
        Appeal(AppealType.HELP, text)


def test_a_text_that_is_too_long_is_refused_and_not_cut() -> None:
    assert len(Appeal(AppealType.HELP, "长" * MAX_TEXT).text) == MAX_TEXT
    with pytest.raises(InvalidInput, match="5000"):
        Appeal(AppealType.HELP, "长" * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    "phone", ["123456", "1234567890123", "1380000111a", "１３８００００１１１１", "138 0000 1111", "٠١٢٣٤٥٦٧"]
)
def test_a_phone_that_is_none_is_refused(phone: str) -> None:
    with pytest.raises(InvalidInput, match="7至12位数字"):
        Appeal(AppealType.HELP, "有事", requester=Requester("", phone))


@pytest.mark.parametrize("phone", ["", "1234567", "13800001111", "075512345678"])
def test_a_phone_may_be_withheld_or_of_any_kind(phone: str) -> None:
    assert Appeal(AppealType.HELP, "有事", requester=Requester("", phone)).requester.phone == phone


def test_missing_elements_in_the_order_they_are_asked() -> None:
    assert FiveElements(time="昨天", demand="退款").missing() == ["place", "subject", "event"]


def test_a_callback_has_no_rating_until_answered() -> None:
    assert not Callback(1, MONDAY, MONDAY + timedelta(days=7)).bad
