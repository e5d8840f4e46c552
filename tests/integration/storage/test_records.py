"""Contract of what is kept beside the orders: 补充、附件、提醒、订阅、质检、热点、定期报告, and the clearing of old jobs."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.deadline.notice import Notice
from casework.errors import Conflict, NotFound
from casework.handling.attachment import Attachment
from casework.handling.supplement import Supplement
from casework.insight.hot_topic import HotTopic
from casework.insight.periodic_report import PeriodicReport, ReportKind
from casework.job import Job, JobState
from casework.notification.subscription import Subscription
from casework.quality.quality import Finding, FindingVerdict, Inspection, Severity
from casework.transitions import Role
from casework.work_order import WorkOrder
from tests.integration.storage.conftest import NOW, Backend, Database

NewOrder = Callable[..., WorkOrder]
DAY = timedelta(days=1)
UNSAID = {"id", "version", "inspection_id"}
"""Given by storage."""


@pytest.fixture
def order_id(backend: Backend, new_order: NewOrder) -> int:
    order = new_order()
    with backend.unit() as unit:
        unit.work_orders.add(order)
        unit.commit()
    return order.id


def full(item: Any) -> Any:
    """The item itself: every field of it says something, so that the test tries every column."""
    assert is_dataclass(item)
    empty = [one.name for one in fields(item) if not getattr(item, one.name) and one.name not in UNSAID]
    assert not empty, f"the test must try {empty}"
    return item


def write(backend: Backend, act: Callable[[Any], Any]) -> Any:
    with backend.unit() as unit:
        result = act(unit)
        unit.commit()
    return result


def supplement(order: int, text: str = "昨晚又停水了，联系13900001234。") -> Supplement:
    return Supplement(order, NOW, "citizen", Role.CITIZEN, text)


def attachment(order: int, name: str = "赵晓岚身份证.pdf") -> Attachment:
    return Attachment(order, NOW, "li", Role.AGENT, name, "application/pdf", 12_345, "ab" * 32)


def notice(key: str = "deadline:1:late", **values: Any) -> Notice:
    given = {"role": Role.DEPARTMENT, "department": "CGJ", "work_order_id": 9} | values
    return Notice(key, NOW, "deadline", text="工单即将超期", **given)


def subscription(order: int | None, **values: Any) -> Subscription:
    given = {"events": ["WorkOrderClosed"], "secret": "shared-secret-1", "work_order_id": order, "department": "CGJ"}
    return Subscription("webhook", "https://example.test/in", NOW, "admin", **(given | values))


def finding(order: int, rule: str = "buck_passing", **values: Any) -> Finding:
    given = {"department": "CGJ", "decided_by": "sun", "decided_at": NOW + DAY, "note": "属实"}
    given |= {"verdict": FindingVerdict.UPHELD}
    given |= {"objection": "已电话告知赵晓岚", "objected_by": "cheng", "objected_at": NOW}
    passage = "请找赵晓岚13900001234核实"
    return Finding(order, rule, Severity.SERIOUS, passage, "答复让市民另找单位", NOW, **(given | values))


def inspection(order: int, round_: int = 1, at: datetime = NOW) -> Inspection:
    return Inspection(order, at, 70, round_, "CGJ", "rules-3")


def topic(key: str = "停水:东城", **values: Any) -> HotTopic:
    given = {"members": [3, 5], "figures": {"rise": 2.5, "districts": {"东城": 7}}, "main_order_id": 3}
    given |= {"alerted_at": NOW} | values
    return HotTopic(key, "东城区停水", ["停水", "水压"], NOW, NOW - DAY, NOW, values.pop("count", 12), **given)


def test_supplements_come_back_oldest_first(backend: Backend, order_id: int) -> None:
    first, second, other = full(supplement(order_id)), supplement(order_id, "补充二"), supplement(order_id, "三")
    for one in (first, second, other):
        write(backend, lambda unit, one=one: unit.supplements.add(one))
    with backend.unit() as unit:
        assert unit.supplements.of(order_id) == [first, second, other]
        assert unit.supplements.of(order_id + 1) == []
    assert 0 < first.id < second.id


def test_attachments_come_back(backend: Backend, order_id: int) -> None:
    one, two = full(attachment(order_id)), attachment(order_id, "现场照片.jpg")
    write(backend, lambda unit: [unit.attachments.add(item) for item in (one, two)])
    with backend.unit() as unit:
        assert unit.attachments.of(order_id) == [one, two]
        assert unit.attachments.get(two.id) == two
        for unknown in (0, two.id + 1, 10**30):
            with pytest.raises(NotFound, match="附件"):
                unit.attachments.get(unknown)


def test_a_notice_is_given_once_and_seen_to_once(backend: Backend) -> None:
    one = full(notice(done_at=NOW + DAY, done_by="wang"))
    assert write(backend, lambda unit: unit.notices.add(one)) is True
    assert write(backend, lambda unit: unit.notices.add(notice())) is False
    with backend.unit() as unit:
        assert unit.notices.get(one.id) == one
        assert unit.notices.of(9) == [one]
        assert unit.notices.of(8) == []
        with pytest.raises(NotFound):
            unit.notices.get(one.id + 1)
    with backend.unit() as first, backend.unit() as second:
        mine, theirs = first.notices.get(one.id), second.notices.get(one.id)
        mine.done_by = theirs.done_by = "zhou"
        first.notices.save(mine)
        first.commit()
        with pytest.raises(Conflict):
            second.notices.save(theirs)


def test_open_notices_are_those_of_a_role_and_its_departments(backend: Backend) -> None:
    rows = [
        notice("a"),
        notice("b", department="GAJ"),
        notice("c", role=Role.SUPERVISOR, department=""),
        notice("d", done_at=NOW),
        notice("e"),
    ]
    write(backend, lambda unit: [unit.notices.add(row) for row in rows])

    def keys(*wanted: Any, **options: Any) -> list[str]:
        with backend.unit() as unit:
            return [one.key for one in unit.notices.open_for(*wanted, **options)]

    assert keys(Role.DEPARTMENT) == ["e", "b", "a"]
    assert keys(Role.DEPARTMENT, ("CGJ",)) == ["e", "a"]
    assert keys(Role.DEPARTMENT, ("CGJ", "GAJ"), limit=2) == ["e", "b"]
    assert keys(Role.SUPERVISOR) == ["c"]
    assert keys(Role.AGENT) == []


def test_subscriptions_come_back_of_one_order_or_of_none(backend: Backend, order_id: int) -> None:
    own, general = full(subscription(order_id)), subscription(None, active=False)
    write(backend, lambda unit: [unit.subscriptions.add(one) for one in (own, general)])
    with backend.unit() as unit:
        assert unit.subscriptions.of(order_id) == [own]
        assert unit.subscriptions.general() == [general]
        changed = replace(own, active=False, secret="another", events=[])
        unit.subscriptions.save(changed)
        unit.commit()
        assert unit.subscriptions.get(own.id) == changed
        with pytest.raises(Conflict):
            unit.subscriptions.save(own)
        with pytest.raises(NotFound):
            unit.subscriptions.get(general.id + 1)


def test_a_closing_is_inspected_once(backend: Backend, order_id: int) -> None:
    made = full(inspection(order_id))
    found = [full(finding(order_id)), finding(order_id, "no_action", verdict=FindingVerdict.OPEN, decided_at=None)]
    assert write(backend, lambda unit: unit.quality.add(made, found)) is True
    again = [finding(order_id, "tone")]
    assert write(backend, lambda unit: unit.quality.add(inspection(order_id), again)) is False
    assert write(backend, lambda unit: unit.quality.add(inspection(order_id, 2), [])) is True
    assert {one.inspection_id for one in found} == {made.id} and made.id > 0
    with backend.unit() as unit:
        assert [one.round for one in unit.quality.inspections_of(order_id)] == [1, 2]
        assert unit.quality.inspections_of(order_id)[0] == made
        assert unit.quality.findings_of(order_id) == found
        assert unit.quality.findings_of(order_id + 1) == []


def test_a_finding_is_decided_once(backend: Backend, order_id: int) -> None:
    one = finding(order_id, verdict=FindingVerdict.OPEN, decided_by="", decided_at=None)
    write(backend, lambda unit: unit.quality.add(inspection(order_id), [one]))
    with backend.unit() as unit:
        decided = replace(one, verdict=FindingVerdict.REJECTED, decided_by="sun", decided_at=NOW + DAY, note="已写明")
        unit.quality.save_finding(decided)
        unit.commit()
        assert unit.quality.finding(one.id) == decided
        with pytest.raises(Conflict):
            unit.quality.save_finding(one)
        with pytest.raises(NotFound):
            unit.quality.finding(one.id + 1)


def test_a_topic_found_again_keeps_that_it_was_alerted(backend: Backend) -> None:
    first = full(topic())
    write(backend, lambda unit: unit.hot_topics.put(first))
    again = replace(topic(alerted_at=None, figures={}), found_at=NOW + DAY, count=20, members=[3, 5, 8])
    write(backend, lambda unit: unit.hot_topics.put(again))
    with backend.unit() as unit:
        stored = unit.hot_topics.by_key(first.key)
        assert stored == unit.hot_topics.get(first.id)
        assert (stored.id, stored.alerted_at, stored.found_at) == (first.id, NOW, NOW)
        assert (stored.count, stored.members, stored.figures) == (20, [3, 5, 8], {})
        assert unit.hot_topics.by_key("别的") is None
        with pytest.raises(NotFound):
            unit.hot_topics.get(first.id + 1)


def test_topics_are_listed_largest_first(backend: Backend) -> None:
    rows = [replace(topic(f"t{number}"), count=number % 3, window_to=NOW - number * DAY) for number in range(4)]
    write(backend, lambda unit: [unit.hot_topics.put(row) for row in rows])
    with backend.unit() as unit:
        assert [one.key for one in unit.hot_topics.since(NOW - 2 * DAY)] == ["t2", "t1", "t0"]
        assert [one.key for one in unit.hot_topics.since(NOW - 3 * DAY, limit=3)] == ["t2", "t1", "t3"]
        assert unit.hot_topics.since(NOW + DAY) == []


def test_a_period_is_reported_once(backend: Backend) -> None:
    day = full(PeriodicReport(ReportKind.DAY, NOW - DAY, NOW, NOW, {"表": [1, None]}))
    week = replace(day, kind=ReportKind.WEEK)
    later = replace(day, period_from=NOW, period_to=NOW + DAY)
    assert [write(backend, lambda unit, r=row: unit.periodic_reports.add(r)) for row in (day, week, later)] == [
        True
    ] * 3
    assert write(backend, lambda unit: unit.periodic_reports.add(replace(day, content={}))) is False
    with backend.unit() as unit:
        assert unit.periodic_reports.get(day.id) == day
        assert [one.id for one in unit.periodic_reports.list(ReportKind.DAY)] == [later.id, day.id]
        assert len(unit.periodic_reports.list()) == 3
        assert [one.id for one in unit.periodic_reports.list(limit=1)] == [later.id]
        with pytest.raises(NotFound):
            unit.periodic_reports.get(10**30)


def test_finished_jobs_of_some_kinds_are_removed(backend: Backend) -> None:
    old, new = NOW - 2 * DAY, NOW
    jobs = [
        Job("scan", "old", old, state=JobState.DONE),
        Job("scan", "new", new, state=JobState.DONE),
        Job("scan", "waiting", old),
        Job("scan", "failed", old, state=JobState.FAILED),
        Job("callback_begin", "other", old, state=JobState.DONE),
    ]
    write(backend, lambda unit: [unit.jobs.add(job) for job in jobs])
    assert write(backend, lambda unit: unit.jobs.prune(NOW - DAY, ("scan", "report"))) == 1
    assert write(backend, lambda unit: unit.jobs.prune(NOW - DAY, ())) == 0
    with backend.unit() as unit:
        assert {job.key for job in unit.jobs.list()} == {"new", "waiting", "failed", "other"}
        assert unit.jobs.get("old") is None


SECRETS = ("13900001234", "赵晓岚", "example.test", "shared-secret-1")


def test_rows_hold_nothing_in_clear_that_is_to_be_hidden(database: Database, new_order: NewOrder) -> None:
    with database.unit() as unit:
        order = new_order(text="路灯不亮")
        unit.work_orders.add(order)
        unit.supplements.add(supplement(order.id, "补充：电话13900001234，赵晓岚"))
        unit.attachments.add(attachment(order.id))
        unit.subscriptions.add(subscription(order.id))
        unit.quality.add(inspection(order.id), [finding(order.id)])
        unit.commit()
    content = database.raw()
    if database.engine.dialect.name == "sqlite":
        folder = Path(database.engine.url.database or "").parent
        content += "".join(path.read_bytes().decode("utf-8", "replace") for path in folder.glob("hotline.db*"))
    assert content.count("路灯不亮") >= 1, "the rows were really read"
    assert [hidden for hidden in SECRETS if hidden in content] == []
    with database.unit() as unit:
        assert unit.supplements.of(order.id)[0].text == "补充：电话13900001234，赵晓岚"
        assert unit.quality.findings_of(order.id)[0].passage == "请找赵晓岚13900001234核实"
