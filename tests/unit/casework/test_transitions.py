"""The illegal-transition matrix: every state × action × role, against a table written out a second time."""

import copy
import itertools

import pytest

from casework.errors import Forbidden, IllegalTransition, InvalidInput
from casework.transitions import (
    MAX_RETURNS,
    ROLE_NAMES,
    STATE_NAMES,
    TABLE,
    Role,
    State,
    Transition,
    legal_transitions,
    transition,
)
from casework.work_order import WorkOrder
from tests.unit.casework.desk import ACTORS, MONDAY

# state → actions → target, as DOMAIN.md has it.
LEGAL: dict[State, dict[str, State]] = {
    State.SUBMITTED: {
        "accept": State.ACCEPTED,
        "reject": State.REJECTED,
        "transfer": State.EMERGENCY_TRANSFERRED,
        "answer": State.ANSWERED,
    },
    State.ACCEPTED: {"queue": State.PENDING_DISPATCH},
    State.REJECTED: {},
    State.EMERGENCY_TRANSFERRED: {},
    State.ANSWERED: {"call_back": State.CALLBACK},
    State.PENDING_DISPATCH: {
        "dispatch": State.DISPATCHED,
        "merge": State.PENDING_DISPATCH,
        "unmerge": State.PENDING_DISPATCH,
        "split": State.PENDING_DISPATCH,
        "conclude": State.CLOSED,
    },
    State.DISPATCHED: {"reassign": State.DISPATCHED, "sign": State.SIGNED, "return": State.RETURNED},
    State.SIGNED: {"reassign": State.DISPATCHED, "start": State.PROCESSING},
    State.RETURNED: {"requeue": State.PENDING_DISPATCH, "adjudicate": State.ADJUDICATED},
    State.ADJUDICATED: {"dispatch": State.DISPATCHED},
    State.PROCESSING: {
        "reassign": State.DISPATCHED,
        "request_extension": State.EXTENSION_PENDING,
        "suspend": State.SUSPENDED,
        "reply": State.REPLIED,
    },
    State.EXTENSION_PENDING: {"decide_extension": State.PROCESSING},
    State.SUSPENDED: {"resume": State.PROCESSING},
    State.REPLIED: {"reject_reply": State.PROCESSING, "close": State.CLOSED},
    State.CLOSED: {"call_back": State.CALLBACK},
    State.CALLBACK: {"archive": State.ARCHIVED, "reopen": State.REWORK},
    State.ARCHIVED: {},
    State.REWORK: {"dispatch": State.DISPATCHED},
}
OPEN = {
    State.PENDING_DISPATCH,
    State.DISPATCHED,
    State.SIGNED,
    State.RETURNED,
    State.ADJUDICATED,
    State.PROCESSING,
    State.EXTENSION_PENDING,
    State.SUSPENDED,
    State.REPLIED,
    State.REWORK,
}
HANDLING = OPEN - {State.PENDING_DISPATCH, State.RETURNED, State.ADJUDICATED, State.REWORK}
# What leaves the state as it is → the states in which it may happen.
FLAGS: dict[str, set[State]] = {
    "urge": OPEN,
    "warn": OPEN,
    "supervise": OPEN,
    "release": OPEN,
    "reclassify": OPEN,
    "supplement": OPEN | {State.SUBMITTED, State.ACCEPTED},
    "attach": OPEN | {State.SUBMITTED, State.ACCEPTED, State.CLOSED, State.CALLBACK},
    "opine": HANDLING,
    "contact": HANDLING | {State.REWORK},
    "reveal": HANDLING | {State.REWORK, State.CLOSED, State.CALLBACK},
    "follow_up": {State.ARCHIVED},
}
S, A, D, U, B = Role.SYSTEM, Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.DEPARTMENT
WHO: dict[str, set[Role]] = {
    "accept": {S, A, D, U},
    "reject": {S, A, D, U},
    "transfer": {S, A, D, U},
    "answer": {A, U},
    "queue": {S, A, D, U},
    "dispatch": {S, D, U},
    "reassign": {D, U},
    "merge": {S, D, U},
    "unmerge": {Role.CITIZEN, S, D, U},
    "split": {A, D, U},
    "conclude": {S},
    "sign": {B, A, U},
    "return": {B, A, U},
    "requeue": {S, D, U},
    "adjudicate": {U},
    "start": {B, A, U},
    "request_extension": {B, A},
    "decide_extension": {U},
    "suspend": {B, U},
    "resume": {B, U, S},
    "reply": {B, A, U},
    "reject_reply": {A, U},
    "close": {A, U},
    "call_back": {S, A},
    "archive": {S, A, U},
    "reopen": {S, A, U},
    "urge": {Role.CITIZEN, S, A, D, U},
    "warn": {S},
    "supervise": {S, U},
    "release": {U},
    "reclassify": {A, D, U},
    "supplement": {Role.CITIZEN, A, D, U},
    "attach": {Role.CITIZEN, B, A, D, U},
    "opine": {B},
    "contact": {B, A, D, U},
    "reveal": {B, A, D, U},
    "follow_up": {Role.CITIZEN},
}
REASONED = {
    "reject",
    "reassign",
    "transfer",
    "return",
    "adjudicate",
    "request_extension",
    "decide_extension",
    "suspend",
    "reject_reply",
    "reopen",
    "supervise",
    "release",
    "reclassify",
    "contact",
}


def target_of(action: str, state: State) -> State | None:
    """Where a legal action leads, the state itself for a flag; None where it is illegal."""
    if action in FLAGS:
        return state if state in FLAGS[action] else None
    return LEGAL[state].get(action)


def order_in(state: State, returns: int = 0) -> WorkOrder:
    order = WorkOrder(type="投诉", text="路灯不亮", created_at=MONDAY, id=7)
    order.state, order.returns = state, returns
    return order


def test_the_matrix_covers_every_state_and_action() -> None:
    assert set(LEGAL) == set(State) == set(STATE_NAMES)
    assert set(WHO) == {row.action for row in TABLE} and set(ROLE_NAMES) == set(Role)
    assert {row.action for row in TABLE if row.needs_reason} == REASONED
    assert {row.action for row in TABLE if row.target is None} == set(FLAGS)


@pytest.mark.parametrize("state", State)
def test_every_action_by_every_role(state: State) -> None:
    for action, role in itertools.product(WHO, Role):
        order = order_in(state)
        before = copy.deepcopy(order)
        target = target_of(action, state)
        if target is not None and role in WHO[action]:
            event = order.apply(action, ACTORS[role], MONDAY, " 有原因 ")
            assert order.state is target
            assert (event.state_from, event.state_to) == (state.value, order.state.value)
            assert (event.work_order_id, event.actor, event.at) == (7, ACTORS[role], MONDAY)
            assert event.reason == "有原因"
            before.state = target
            assert order == before, "a transition changes the state alone"
            continue
        error = IllegalTransition if target is None else Forbidden
        with pytest.raises(error) as caught:
            order.apply(action, ACTORS[role], MONDAY, "有原因")
        assert order == before, "an illegal action has changed the order"
        if error is IllegalTransition:
            assert f"“{STATE_NAMES[state]}”" in caught.value.message
            names = {row.name for row in TABLE if row.action in LEGAL[state]}
            told = caught.value.message.split("可以执行的操作：")[1].rstrip("。").split("、")
            assert set(told) == (names or {"无（流程已结束）"})
        else:
            allowed = caught.value.message.split("须由")[1].removesuffix("执行。").split("、")
            assert set(allowed) == {ROLE_NAMES[item] for item in WHO[action]}


@pytest.mark.parametrize("action", sorted(REASONED))
def test_a_needed_reason_must_not_be_blank(action: str) -> None:
    row = next(row for row in TABLE if row.action == action)
    order = order_in(next(iter(row.sources)))
    before = copy.deepcopy(order)
    with pytest.raises(InvalidInput, match=f"“{row.name}”须填写原因"):
        order.apply(action, ACTORS[next(iter(row.roles))], MONDAY, " \n ")
    assert order == before


def test_an_action_that_does_not_exist_is_illegal() -> None:
    with pytest.raises(IllegalTransition, match="受理、不予受理、转紧急渠道、直接答复"):
        transition("delete", State.SUBMITTED, Role.SUPERVISOR)


@pytest.mark.parametrize("returns", range(MAX_RETURNS + 3))
def test_at_most_two_returns_then_only_adjudication(returns: int) -> None:
    left = {row.action for row in legal_transitions(State.RETURNED, returns=returns) if row.target is not None}
    if returns <= 2:
        assert left == {"requeue", "adjudicate"}
        assert transition("requeue", State.RETURNED, Role.DISPATCHER, returns).target is State.PENDING_DISPATCH
    else:
        assert left == {"adjudicate"}
        with pytest.raises(IllegalTransition) as caught:
            transition("requeue", State.RETURNED, Role.DISPATCHER, returns)
        assert caught.value.message.endswith("可以执行的操作：裁定。")
    assert transition("adjudicate", State.RETURNED, Role.SUPERVISOR, returns).target is State.ADJUDICATED


@pytest.mark.parametrize(("state", "role"), list(itertools.product(State, [*Role, None])))
def test_what_is_listed_as_legal_is_what_transition_lets_pass(state: State, role: Role | None) -> None:
    def passes(row: Transition) -> bool:
        return state in row.sources and (role is None or role in row.roles)

    assert legal_transitions(state, role) == [row for row in TABLE if passes(row)]


def test_an_event_has_a_name_of_its_own_in_the_past_tense() -> None:
    names = [row.event for row in TABLE]
    assert len(set(names)) == len(names)
    assert all(name.endswith(("ed", "Split", "Given", "Shown")) for name in names)


def test_from_every_state_the_order_can_come_to_an_end() -> None:
    ends = {State.REJECTED, State.EMERGENCY_TRANSFERRED, State.ARCHIVED}
    reached = set(ends)
    for _ in State:
        reached |= {state for state, actions in LEGAL.items() if reached & set(actions.values())}
    assert reached == set(State)
