"""办理进度: what a citizen reads of each step, and what stays inside."""

from datetime import datetime

import pytest

from casework.deadline.calendar import CITY_TIME
from casework.events import Actor, WorkOrderEvent
from casework.notification.progress import STEP_NAMES, shown, step_of
from casework.transitions import TABLE, Role
from tests.unit.casework.desk import ACTORS, MONDAY

DUE = {"due_to": datetime(2026, 4, 7, 17, 30, tzinfo=CITY_TIME).isoformat()}
NEW = "办理期限调整为2026年4月7日17:30"


def event(name: str, data: dict | None = None, role: Role = Role.SYSTEM) -> WorkOrderEvent:
    return WorkOrderEvent(1, name, MONDAY, ACTORS[role], reason="内部原因", data=data)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (event("WorkOrderDispatched"), ("已派单", "城市管理局")),
        (event("WorkOrderSigned"), ("承办单位已签收", "")),
        (event("ExtensionDecided", {"approved": True, "days": 5} | DUE), ("同意延期", NEW)),
        (event("ExtensionDecided", {"approved": False, "days": 5}), ("未同意延期", "仍按原期限办理")),
        (event("WorkOrderSuspended"), ("暂时挂起", "暂不计算办理时限，恢复办理后继续计算")),
        (event("WorkOrderResumed", DUE), ("恢复办理", NEW)),
        (event("WorkOrderResumed"), ("恢复办理", "")),
        (
            event("WorkOrderReclassified", {"changes": {"type": ["求助", "投诉"]}} | DUE),
            ("诉求类型更正", f"由求助更正为投诉，{NEW}"),
        ),
        (event("WorkOrderReclassified", {"changes": {"urgency": ["一般", "紧急"]}} | DUE), ("办理期限调整", NEW)),
        (event("WorkOrderReclassified", {"changes": {"category": ["a", "b"]}}), None),
        (event("WorkOrderUrged", role=Role.CITIZEN), ("催办已记录", "")),
        (event("WorkOrderUrged", role=Role.AGENT), ("热线已催办", "")),
        (event("WorkOrderUrged"), None),
        (event("AttachmentAdded", role=Role.CITIZEN), ("附件已收到", "")),
        (event("AttachmentAdded", role=Role.DEPARTMENT), None),
        (event("WorkOrderSupplemented", role=Role.AGENT), ("补充已收到", "")),
        (event("RequesterContacted", role=Role.DEPARTMENT), ("已与您联系", "")),
        (event("SupervisionRaised", {"level": 3}), None),
        (event("SupervisionReleased"), None),
        (event("DeadlineWarned"), None),
        (event("SupportOpinionGiven", role=Role.DEPARTMENT), None),
        (event("WorkOrderMerged"), None),
        (event("ReplyRejected"), None),
    ],
)
def test_what_a_step_is_called(given: WorkOrderEvent, expected: tuple[str, str] | None) -> None:
    assert step_of(given, "城市管理局") == expected
    assert shown(given) is (expected is not None)


def test_no_reason_and_no_name_of_staff_reaches_the_citizen() -> None:
    for row in TABLE:
        told = WorkOrderEvent(1, row.event, MONDAY, Actor("zhangsan", Role.AGENT), reason="内部原因", data=None)
        assert "内部" not in str(step_of(told)) and "zhangsan" not in str(step_of(told))


def test_every_name_is_one_of_an_event() -> None:
    assert set(STEP_NAMES) <= {row.event for row in TABLE} | {"DepartmentSucceeded", "DeadlineRescheduled"}
