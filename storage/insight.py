"""Repositories of insight: 热点、定期报告、导出记录."""

from collections.abc import Sequence
from datetime import datetime

from casework.insight.export import Export
from casework.insight.hot_topic import HotTopic
from casework.insight.periodic_report import PeriodicReport, ReportKind
from storage.records import Records
from storage.service_tables import exports, hot_topics, periodic_reports


class SqlHotTopics(Records[HotTopic]):
    """热点 repository."""

    table, kind, name = hot_topics, HotTopic, "个热点"

    def put(self, topic: HotTopic) -> None:
        known = self.by_key(topic.key)
        if known is None and self._insert(topic, "key"):
            return
        known = known or self.by_key(topic.key)
        if known is None:
            raise RuntimeError("a topic with this key was there and is gone")
        topic.id, topic.version = known.id, known.version
        topic.alerted_at, topic.found_at = topic.alerted_at or known.alerted_at, known.found_at
        self._save(topic)

    def get(self, topic_id: int) -> HotTopic:
        return self._get(topic_id)

    def by_key(self, key: str) -> HotTopic | None:
        return next(iter(self._where(self.table.c.key == key)), None)

    def since(self, moment: datetime, limit: int = 50) -> Sequence[HotTopic]:
        largest = self.table.c.count.desc(), self.table.c.id.desc()
        return self._where(self.table.c.window_to >= moment, order=largest, limit=limit)


class SqlPeriodicReports(Records[PeriodicReport]):
    """定期报告 repository."""

    table, kind, name = periodic_reports, PeriodicReport, "份报告"
    converted = {"kind": ReportKind}  # noqa: RUF012

    def add(self, report: PeriodicReport) -> bool:
        return self._insert(report, "kind", "period_from")

    def get(self, report_id: int) -> PeriodicReport:
        return self._get(report_id)

    def of_period(self, kind: ReportKind, period_from: datetime) -> PeriodicReport | None:
        same = self.table.c.kind == kind.value, self.table.c.period_from == period_from
        return next(iter(self._where(*same)), None)

    def list(self, kind: ReportKind | None = None, limit: int = 50) -> Sequence[PeriodicReport]:
        conditions = [] if kind is None else [self.table.c.kind == kind.value]
        return self._where(*conditions, order=(self.table.c.period_from.desc(), self.table.c.id.desc()), limit=limit)


class SqlExports(Records[Export]):
    """导出记录 repository."""

    table, kind, name = exports, Export, "条导出记录"

    def add(self, export: Export) -> None:
        self._insert(export)

    def list(self, limit: int = 100) -> Sequence[Export]:
        return self._where(order=(self.table.c.at.desc(), self.table.c.id.desc()), limit=limit)
