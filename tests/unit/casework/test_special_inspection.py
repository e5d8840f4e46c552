"""专项质检: drawn by a seed and by department, worked through by people, summed up."""

from collections import Counter

import pytest

from casework.errors import Conflict, Forbidden, InvalidInput, NotFound
from casework.quality.quality import ClosingQuery, SpecialInspection
from casework.quality.special_inspection import begin_special, close_special, draw, judge_order, next_order, summary
from tests.unit.casework.desk import AGENT, HANDLED, SUPERVISOR, Desk

SELECTED = [(number, "a" if number <= 60 else "b" if number <= 90 else "c") for number in range(1, 101)]


def test_a_draw_is_stratified_and_repeatable() -> None:
    drawn = draw(SELECTED, 10, 7)
    departments = dict(SELECTED)
    assert Counter(departments[one] for one in drawn) == {"a": 6, "b": 3, "c": 1}
    assert len(set(drawn)) == 10
    assert draw(SELECTED, 10, 7) == drawn
    assert draw(SELECTED, 10, 8) != drawn


def test_a_draw_gives_all_when_more_is_wanted() -> None:
    assert sorted(draw(SELECTED[:5], 50, 1)) == [1, 2, 3, 4, 5]


@pytest.fixture
def closed(desk: Desk) -> list[int]:
    return [desk.go(desk.file(text=f"{number}号楼垃圾没人清运"), *HANDLED).id for number in range(3)]


ALL = ClosingQuery()


def begin(desk: Desk, query: ClosingQuery = ALL, size: int = 2, name: str = "垃圾专项", by=SUPERVISOR):
    return desk.work(begin_special, name, query, size, 1, by, desk.clock)


def test_it_is_worked_through_and_summed_up(desk: Desk, closed: list[int]) -> None:
    special: SpecialInspection = begin(desk)
    assert special.query == {"selected": 3}
    first = next_order(special)
    assert first in closed

    def judge(order_id: int, verdict: str, rules=(), note: str = "", by=SUPERVISOR) -> SpecialInspection:
        return desk.work(judge_order, special.id, order_id, verdict, rules, note, by, desk.clock)

    with pytest.raises(Forbidden):
        judge(first, "ok", by=AGENT)
    with pytest.raises(InvalidInput):
        judge(first, "fine")
    with pytest.raises(InvalidInput, match="问题类型"):
        judge(first, "fault")
    with pytest.raises(InvalidInput, match="规则"):
        judge(first, "fault", ["nothing"])
    with pytest.raises(InvalidInput, match="不在"):
        judge(9999, "ok")
    after = judge(first, "fault", ["template", "template"], "全是套话")
    with pytest.raises(Conflict, match="评定过"):
        judge(first, "ok")
    second = next_order(after)
    assert second not in (None, first)
    done = judge(second, "ok")
    assert next_order(done) is None
    assert summary(done) == {"sampled": 2, "judged": 2, "faults": 1, "rules": {"template": 1}}
    with pytest.raises(Conflict):
        desk.work(close_special, special.id, done.version + 1, SUPERVISOR)
    assert desk.work(close_special, special.id, done.version, SUPERVISOR).closed
    with pytest.raises(Conflict, match="结束"):
        judge(second, "ok")


def test_what_cannot_begin_says_why(desk: Desk, closed: list[int]) -> None:
    with pytest.raises(Forbidden):
        begin(desk, by=AGENT)
    with pytest.raises(InvalidInput, match="名称"):
        begin(desk, name=" ")
    for size in (0, 1001):
        with pytest.raises(InvalidInput, match="数量"):
            begin(desk, size=size)
    with pytest.raises(InvalidInput, match="没有符合条件"):
        begin(desk, ClosingQuery(text="飞碟"))
    with pytest.raises(NotFound):
        desk.work(judge_order, 42, 1, "ok", [], "", SUPERVISOR, desk.clock)


def test_the_query_narrows_what_is_drawn_from(desk: Desk, closed: list[int]) -> None:
    assert begin(
        desk, ClosingQuery(text="1号楼", departments=("chengguan",), closing_kind="已解决")
    ).work_order_ids == [closed[1]]
    with pytest.raises(InvalidInput):
        begin(desk, ClosingQuery(departments=("shuiwu",)))
