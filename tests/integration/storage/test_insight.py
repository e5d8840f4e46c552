"""Contract of what insight keeps: reports found by their period, exports recorded, topics put by their key."""

from dataclasses import replace
from datetime import timedelta

from casework.insight.export import Export
from casework.insight.hot_topic import HotTopic
from casework.insight.periodic_report import PeriodicReport, ReportKind
from tests.integration.storage.conftest import NOW, Backend

DAY = timedelta(days=1)


def test_a_report_is_found_by_its_period(backend: Backend) -> None:
    report = PeriodicReport(ReportKind.DAY, NOW, NOW + DAY, NOW + DAY, {"volume": {"count": 3}})
    with backend.unit() as unit:
        assert unit.periodic_reports.of_period(ReportKind.DAY, NOW) is None
        assert unit.periodic_reports.add(report)
        assert not unit.periodic_reports.add(replace(report, content={}))
        unit.commit()
    with backend.unit() as unit:
        assert unit.periodic_reports.of_period(ReportKind.DAY, NOW) == report
        assert unit.periodic_reports.of_period(ReportKind.WEEK, NOW) is None
        assert unit.periodic_reports.of_period(ReportKind.DAY, NOW + DAY) is None


def test_exports_are_listed_newest_first(backend: Backend) -> None:
    made = [Export(NOW + n * DAY, "hua", "agent", "orders", "csv", 7, {"state": "closed", "n": n}) for n in (0, 2, 1)]
    with backend.unit() as unit:
        assert list(unit.exports.list()) == []
        for export in made:
            unit.exports.add(export)
        unit.commit()
    with backend.unit() as unit:
        assert list(unit.exports.list()) == [made[1], made[2], made[0]]
        assert list(unit.exports.list(1)) == [made[1]]


def test_a_topic_put_again_is_the_same_and_stays_alerted(backend: Backend) -> None:
    topic = HotTopic(
        "12:东区", "停水 · 东区", ["停水"], NOW, NOW - DAY, NOW, 5, [12, 13], {"usual": 0.5}, alerted_at=NOW
    )
    with backend.unit() as unit:
        unit.hot_topics.put(topic)
        unit.commit()
    later = replace(topic, found_at=NOW + DAY, window_to=NOW + DAY, count=6, alerted_at=None, id=0, version=0)
    with backend.unit() as unit:
        unit.hot_topics.put(later)
        unit.commit()
    with backend.unit() as unit:
        (stored,) = unit.hot_topics.since(NOW + DAY)
    assert (stored.id, stored.count, stored.found_at, stored.alerted_at) == (topic.id, 6, NOW, NOW)
