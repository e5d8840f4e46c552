"""The repositories of plain rows in memory: what is kept with an order, 质检, 热点, 定期报告."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from casework.callback.callback_exclusion import HISTORY
from casework.deadline.notice import Notice
from casework.handling.attachment import Attachment
from casework.handling.supplement import Supplement
from casework.insight.export import Export
from casework.insight.hot_topic import HotTopic
from casework.insight.periodic_report import PeriodicReport, ReportKind
from casework.notification.subscription import Interest, Subscription
from casework.quality.quality import ClosingQuery, Finding, FindingFilter, Inspection, SpecialInspection
from casework.transitions import Role, State
from storage.columns import utc
from tests.fake_repositories import Repository
from tests.fake_rows import found, own, page, save, searching, within


class Rows(Repository):
    """Rows of one table by id."""

    table: str
    name = "条记录"

    def _insert(self, item: Any, *unique: str) -> bool:
        rows = self._unit.write(self.table)
        row = own(item)
        if unique and any(all(getattr(one, n) == getattr(row, n) for n in unique) for one in rows.values()):
            return False
        row.id = item.id = max(rows, default=0) + 1
        rows[row.id] = row
        return True

    def _get(self, row_id: int) -> Any:
        return found(self._unit.rows(self.table).get(row_id), f"没有找到这{self.name}。")

    def _save(self, item: Any) -> None:
        save(self._unit.write(self.table), item.id, item, self.name)

    def _all(self) -> list[Any]:
        rows = self._unit.rows(self.table)
        return [own(rows[number]) for number in sorted(rows)]

    def _of(self, work_order_id: int) -> list[Any]:
        return [item for item in self._all() if item.work_order_id == work_order_id]


class FakeSupplements(Rows):
    """补充内容 repository."""

    table = "supplements"

    def add(self, supplement: Supplement) -> None:
        self._insert(supplement)

    def of(self, work_order_id: int) -> Sequence[Supplement]:
        return self._of(work_order_id)


class FakeAttachments(Rows):
    """附件 repository."""

    table, name = "attachments", "个附件"

    def add(self, attachment: Attachment) -> None:
        self._insert(attachment)

    def get(self, attachment_id: int) -> Attachment:
        return self._get(attachment_id)

    def of(self, work_order_id: int) -> Sequence[Attachment]:
        return self._of(work_order_id)


class FakeNotices(Rows):
    """提醒 repository."""

    table, name = "notices", "条提醒"

    def add(self, notice: Notice) -> bool:
        return self._insert(notice, "key")

    def get(self, notice_id: int) -> Notice:
        return self._get(notice_id)

    def save(self, notice: Notice) -> None:
        self._save(notice)

    def open_for(self, role: Role, departments: Sequence[str] = (), limit: int = 100) -> Sequence[Notice]:
        return self._open(role, departments)[:limit]

    def count_open(self, role: Role, departments: Sequence[str] = ()) -> int:
        return len(self._open(role, departments))

    def by_key(self, key: str) -> Notice | None:
        return next((one for one in self._all() if one.key == key), None)

    def outlived(self, kinds: Sequence[str], states: Sequence[State], limit: int = 200) -> Sequence[Notice]:
        orders = self._unit.rows("orders")
        mine = [one for one in self._all() if one.done_at is None and one.kind in kinds and one.work_order_id]
        return [one for one in mine if orders[one.work_order_id].state not in states][:limit]

    def _open(self, role: Role, departments: Sequence[str]) -> list[Notice]:
        mine = [one for one in self._all() if one.done_at is None and one.role == role]
        return [one for one in reversed(mine) if not departments or one.department in departments]

    def of(self, work_order_id: int) -> Sequence[Notice]:
        return self._of(work_order_id)


class FakeSubscriptions(Rows):
    """订阅 repository."""

    table, name = "subscriptions", "个订阅"

    def add(self, subscription: Subscription) -> None:
        self._insert(subscription)

    def save(self, subscription: Subscription) -> None:
        self._save(subscription)

    def get(self, subscription_id: int) -> Subscription:
        return self._get(subscription_id)

    def remove(self, subscription_id: int) -> None:
        self._unit.write(self.table).pop(subscription_id, None)

    def interested(self, work_order_id: int) -> Sequence[Interest]:
        order = self._unit.rows("orders").get(work_order_id)
        meant = (None, work_order_id, order.split_from if order else None)
        active = [one for one in self._all() if one.active and one.work_order_id in meant]
        return [Interest(one.id, tuple(one.events), one.department) for one in active]

    def general(self) -> Sequence[Subscription]:
        return [one for one in self._all() if one.work_order_id is None]

    def of(self, work_order_id: int) -> Sequence[Subscription]:
        return self._of(work_order_id)


class FakeQualityRecords(Rows):
    """质检 repository."""

    table, name = "findings", "条质检问题"

    def add(self, inspection: Inspection, findings: Sequence[Finding]) -> bool:
        rows = self._unit.write("inspections")
        same = (inspection.work_order_id, inspection.round)
        if any((one.work_order_id, one.round) == same for one in rows.values()):
            return False
        inspection.id = len(rows) + 1
        rows[inspection.id] = own(inspection)
        for finding in findings:
            finding.inspection_id = inspection.id
            self._insert(finding)
        return True

    def inspections_of(self, work_order_id: int) -> Sequence[Inspection]:
        rows = self._unit.rows("inspections")
        return [own(rows[number]) for number in sorted(rows) if rows[number].work_order_id == work_order_id]

    def findings_of(self, work_order_id: int) -> Sequence[Finding]:
        return self._of(work_order_id)

    def finding(self, finding_id: int) -> Finding:
        return self._get(finding_id)

    def save_finding(self, finding: Finding) -> None:
        self._save(finding)

    def findings(self, wanted: FindingFilter, limit: int = 50, offset: int = 0) -> tuple[Sequence[Finding], int]:
        newest = sorted(self._wanted(wanted), key=lambda one: (one.at, one.id), reverse=True)
        return page(newest, limit, offset)

    def tally(self, wanted: FindingFilter) -> dict[tuple[str, str], int]:
        return dict(Counter((one.rule, one.verdict.value) for one in self._wanted(wanted)))

    def _wanted(self, wanted: FindingFilter) -> list[Finding]:
        inside = within(wanted.start, wanted.end)
        return [
            one
            for one in self._all()
            if wanted.rule in ("", one.rule)
            and wanted.severity in ("", one.severity)
            and wanted.department in ("", one.department)
            and wanted.verdict in ("", one.verdict)
            and inside(one.at)
            and (not wanted.departments or one.department in wanted.departments)
        ]

    def coverage(
        self, start: datetime | None, end: datetime | None, departments: Sequence[str] = ()
    ) -> tuple[int, int]:
        inside, known = within(start, end), self._inspected()
        closed = [
            (one.work_order_id, one.round)
            for one in self._unit.rows("callbacks").values()
            if one.closed_at is not None
            and inside(one.closed_at)
            and one.excluded != HISTORY
            and (not departments or one.department in departments)
        ]
        return sum(one in known for one in closed), len(closed)

    def uninspected(self, before: datetime, limit: int = 200) -> Sequence[tuple[int, int]]:
        known, orders = self._inspected(), self._unit.rows("orders")
        closed = [
            one
            for one in self._unit.rows("callbacks").values()
            if one.closed_at is not None
            and one.closed_at < utc(before)
            and (one.work_order_id, one.round) not in known
            and orders[one.work_order_id].reworks == one.round
            and one.excluded != HISTORY
        ]
        oldest = sorted(closed, key=lambda one: (one.closed_at, one.id))
        return [(one.work_order_id, one.round) for one in oldest[:limit]]

    def closings(self, wanted: ClosingQuery, limit: int = 100_000) -> Sequence[tuple[int, str]]:
        inside, holds = within(wanted.start, wanted.end), searching(wanted.text)
        orders, chosen = self._unit.rows("orders"), {}
        for one in self._unit.rows("callbacks").values():
            order = orders[one.work_order_id]
            if (
                (one.closed_at is not None and inside(one.closed_at))
                and (not wanted.departments or one.department in wanted.departments)
                and (not wanted.districts or one.district in wanted.districts)
                and (not wanted.types or one.order_type in wanted.types)
                and (not wanted.ratings or one.rating in wanted.ratings)
                and (not wanted.category or f"{order.category}/".startswith(f"{wanted.category}/"))
                and (holds(order.number) or holds(order.text) or holds(order.reply))
                and wanted.closing_kind in ("", order.closing_kind)
                and (not wanted.rules or any(found.rule in wanted.rules for found in self._of(order.id)))
            ):
                chosen[order.id] = max(one.department, chosen.get(order.id, ""))
        return sorted(chosen.items())[:limit]

    def _inspected(self) -> set[tuple[int, int]]:
        return {(one.work_order_id, one.round) for one in self._unit.rows("inspections").values()}

    def add_special(self, special: SpecialInspection) -> None:
        FakeSpecials(self._unit)._insert(special)

    def special(self, special_id: int) -> SpecialInspection:
        return FakeSpecials(self._unit)._get(special_id)

    def save_special(self, special: SpecialInspection) -> None:
        FakeSpecials(self._unit)._save(special)

    def specials(self, limit: int = 50) -> Sequence[SpecialInspection]:
        return FakeSpecials(self._unit)._all()[::-1][:limit]


class FakeSpecials(Rows):
    """专项质检 rows."""

    table, name = "special_inspections", "次专项质检"


class FakeHotTopics(Rows):
    """热点 repository."""

    table, name = "hot_topics", "个热点"

    def put(self, topic: HotTopic) -> None:
        known = self.by_key(topic.key)
        if known is None:
            self._insert(topic)
            return
        topic.id, topic.version = known.id, known.version
        topic.alerted_at, topic.found_at = topic.alerted_at or known.alerted_at, known.found_at
        self._save(topic)

    def get(self, topic_id: int) -> HotTopic:
        return self._get(topic_id)

    def by_key(self, key: str) -> HotTopic | None:
        return next((one for one in self._all() if one.key == key), None)

    def since(self, moment: datetime, limit: int = 50) -> Sequence[HotTopic]:
        recent = [one for one in self._all() if one.window_to >= utc(moment)]
        return sorted(recent, key=lambda one: (-one.count, -one.id))[:limit]


class FakePeriodicReports(Rows):
    """定期报告 repository."""

    table, name = "periodic_reports", "份报告"

    def add(self, report: PeriodicReport) -> bool:
        return self._insert(report, "kind", "period_from")

    def get(self, report_id: int) -> PeriodicReport:
        return self._get(report_id)

    def of_period(self, kind: ReportKind, period_from: datetime) -> PeriodicReport | None:
        same = (one for one in self._all() if one.kind is kind and one.period_from == utc(period_from))
        return next(same, None)

    def list(self, kind: ReportKind | None = None, limit: int = 50) -> Sequence[PeriodicReport]:
        wanted = [one for one in self._all() if kind is None or one.kind is kind]
        return sorted(wanted, key=lambda one: (one.period_from, one.id), reverse=True)[:limit]


class FakeExports(Rows):
    """导出记录 repository."""

    table, name = "exports", "条导出记录"

    def add(self, export: Export) -> None:
        self._insert(export)

    def list(self, limit: int = 100) -> Sequence[Export]:
        return sorted(self._all(), key=lambda one: (one.at, one.id), reverse=True)[:limit]
