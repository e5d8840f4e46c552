"""质检流程: every closing asks for it, it is stored once, what is serious has consequences, verdicts and objections are given once."""

from datetime import timedelta

import pytest

from casework.callback.callback_priority import reasons_of
from casework.errors import Conflict, Forbidden, InvalidInput, NotFound
from casework.quality.inspection import (
    INSPECT,
    MAX_NOTE,
    NOTICE,
    PRIORITY,
    Found,
    decide_finding,
    object_to,
    record_inspection,
)
from casework.quality.quality import Finding, FindingVerdict
from casework.quality.quality_rules import RULES, score_of
from casework.quality.reply_rules import Spotted
from casework.transitions import Role
from casework.work_order import WorkOrder
from tests.unit.casework.desk import AGENT, HANDLED, OFFICER, STRANGER, SUPERVISOR, Desk

PASSED_ON = Spotted("buck_passing", "请您自行联系开发商。", "")
UNDATED = Spotted("no_date", "将尽快维修。", "没有写明日期。")


@pytest.fixture
def closed(desk: Desk) -> WorkOrder:
    return desk.go(desk.file(), *HANDLED)


def inspect(desk: Desk, order: WorkOrder, *spotted: Spotted, round_: int = 0):
    found = Found(spotted, "rules-1")
    return desk.work(lambda unit: record_inspection(unit, unit.work_orders.get(order.id), round_, found, desk.clock))


def findings(desk: Desk, order: WorkOrder) -> list[Finding]:
    return list(desk.work(lambda unit: unit.quality.findings_of(order.id)))


def decide(
    desk: Desk, one: Finding, upheld: bool, note: str = "", by=SUPERVISOR, version: int | None = None
) -> Finding:
    told = one.version if version is None else version
    return desk.work(decide_finding, one.id, told, upheld, note, by, desk.clock)


def test_every_closing_asks_to_be_inspected_once(desk: Desk) -> None:
    order = desk.go(desk.file(), *HANDLED)
    answered = desk.file()
    jobs = {job.key: job for job in desk.work(lambda unit: unit.jobs.list(100, (INSPECT,)))}
    assert set(jobs) == {f"inspect:{order.id}:0"}
    assert jobs[f"inspect:{order.id}:0"].payload == {"order": order.id, "round": 0}
    assert f"inspect:{answered.id}:0" not in jobs


def test_an_inspection_costs_points_by_its_rules_and_is_stored_once(desk: Desk, closed: WorkOrder) -> None:
    made = inspect(desk, closed, PASSED_ON, UNDATED, Spotted("no_date", "择日再修。", ""))
    assert made is not None
    assert made.score == 100 - RULES["buck_passing"].cost - RULES["no_date"].cost
    assert inspect(desk, closed, PASSED_ON) is None
    stored = findings(desk, closed)
    assert [(one.rule, one.passage) for one in stored] == [
        ("buck_passing", "请您自行联系开发商。"),
        ("no_date", "将尽快维修。"),
    ]
    assert stored[0].explanation == RULES["buck_passing"].explanation
    assert stored[1].explanation == "没有写明日期。"
    assert stored[0].department == "chengguan"


def test_a_score_never_falls_below_nothing() -> None:
    assert score_of(set(RULES)) == 0
    assert score_of(set()) == 100


def test_something_serious_is_told_to_supervisors_and_asked_about_first(desk: Desk, closed: WorkOrder) -> None:
    inspect(desk, closed, UNDATED, PASSED_ON)
    (notice,) = (one for one in desk.work(lambda unit: unit.notices.of(closed.id)) if one.kind == NOTICE)
    assert notice.role is Role.SUPERVISOR
    assert "推诿" in notice.text
    assert "承诺无期限" not in notice.text
    (callback,) = desk.callbacks(closed.id)
    assert callback.priority & PRIORITY
    assert "质检存疑" in reasons_of(callback.priority)


def test_what_is_minor_changes_nothing_but_the_score(desk: Desk, closed: WorkOrder) -> None:
    before = desk.callbacks(closed.id)
    inspect(desk, closed, UNDATED)
    assert [one for one in desk.work(lambda unit: unit.notices.of(closed.id)) if one.kind == NOTICE] == []
    assert desk.callbacks(closed.id) == before


def test_a_verdict_is_given_once_by_an_inspector(desk: Desk, closed: WorkOrder) -> None:
    inspect(desk, closed, PASSED_ON, UNDATED)
    passed_on, undated = findings(desk, closed)
    for by in (AGENT, OFFICER):
        with pytest.raises(Forbidden):
            decide(desk, passed_on, True, by=by)
    with pytest.raises(InvalidInput, match="理由"):
        decide(desk, passed_on, False, "  ")
    with pytest.raises(InvalidInput, match="500"):
        decide(desk, passed_on, False, "字" * (MAX_NOTE + 1))
    with pytest.raises(Conflict, match="刷新"):
        decide(desk, passed_on, True, version=7)
    with pytest.raises(NotFound):
        desk.work(decide_finding, 999, 0, True, "", SUPERVISOR, desk.clock)
    rejected = decide(desk, passed_on, False, "已写明经办单位和电话")
    assert (rejected.verdict, rejected.decided_by) == (FindingVerdict.REJECTED, "du")
    with pytest.raises(Conflict, match="已有结论"):
        decide(desk, passed_on, True)
    assert decide(desk, undated, True).verdict is FindingVerdict.UPHELD


def test_the_department_objects_once_before_the_verdict(desk: Desk, closed: WorkOrder) -> None:
    inspect(desk, closed, PASSED_ON, UNDATED)
    one, other = findings(desk, closed)

    def plead(finding: Finding, note: str, by=OFFICER) -> Finding:
        return desk.work(object_to, finding.id, finding.version, note, by, desk.clock)

    for by in (STRANGER, AGENT, SUPERVISOR):
        with pytest.raises(Forbidden):
            plead(one, "不是我们", by)
    with pytest.raises(InvalidInput):
        plead(one, " ")
    told = plead(one, "已电话告知市民由住建局办理")
    assert (told.objection, told.objected_by) == ("已电话告知市民由住建局办理", "cheng")
    with pytest.raises(Conflict, match="申诉过"):
        plead(told, "再说一次")
    decide(desk, other, True)
    with pytest.raises(Conflict, match="已有结论"):
        plead(findings(desk, closed)[1], "晚了")
    assert decide(desk, told, False, "采纳申诉").objection == "已电话告知市民由住建局办理"


def test_each_closing_of_a_reworked_order_is_inspected(desk: Desk, closed: WorkOrder) -> None:
    assert inspect(desk, closed, UNDATED) is not None
    assert inspect(desk, closed, UNDATED, round_=1) is not None
    desk.clock.move(**{"hours": timedelta(days=1).total_seconds() / 3600})
    rounds = [one.round for one in desk.work(lambda unit: unit.quality.inspections_of(closed.id))]
    assert rounds == [0, 1]
