"""Storage in memory for unit tests, held to the same contract suite as the databases (tests/integration/storage).

    store = FakeStore()
    with store.unit() as unit:
        unit.work_orders.add(order)
        unit.commit()

Units behave as over SQLite: reads see what is committed, the first write waits for its turn, leaving without
commit rolls back, and nothing read or written is shared with the caller.
"""

import secrets
import threading
from datetime import datetime, timedelta
from typing import Any, Self

from assistant.conversation import Conversations
from assistant.suggestion_log import SuggestionRecords
from casework.deadline.notice import Notices
from casework.errors import Unavailable
from casework.handling.attachment import Attachments
from casework.handling.supplement import Supplements
from casework.insight.export import Exports
from casework.insight.figures import Figures
from casework.insight.hot_topic import HotTopics
from casework.insight.periodic_report import PeriodicReports
from casework.notification.outbox import NotifyingEvents
from casework.notification.subscription import Subscriptions
from casework.ports import Callbacks, DepartmentChanges, Departments, Events, Jobs, StaffMembers, WorkOrders
from casework.quality.quality import QualityRecords
from knowledge.entry import KnowledgeEntries
from knowledge.unanswered import UnansweredQuestions
from routing.rule_versions import RuleVersions
from storage.columns import utc
from tests.fake_figures import FakeFigures
from tests.fake_knowledge import FakeKnowledge, FakeSuggestions, FakeUnanswered
from tests.fake_records import (
    FakeAttachments,
    FakeExports,
    FakeHotTopics,
    FakeNotices,
    FakePeriodicReports,
    FakeQualityRecords,
    FakeSubscriptions,
    FakeSupplements,
)
from tests.fake_repositories import (
    FakeCallbacks,
    FakeConversations,
    FakeDepartmentChanges,
    FakeDepartments,
    FakeEvents,
    FakeJobs,
    FakeRuleVersions,
    FakeStaff,
    FakeWorkOrders,
    Tables,
)

TABLES = (
    "orders",
    "codes",
    "events",
    "callbacks",
    "departments",
    "department_changes",
    "staff",
    "jobs",
    "entries",
    "revision",
    "entry_numbers",
    "revisions",
    "removed",
    "history",
    "imported",
    "unanswered",
    "suggestions",
    "conversations",
    "rule_versions",
    "supplements",
    "attachments",
    "notices",
    "subscriptions",
    "inspections",
    "findings",
    "special_inspections",
    "hot_topics",
    "periodic_reports",
    "exports",
)
WAIT_SECONDS = 10


class FakeStore:
    """What is committed. `tables` may be read and tampered with by tests."""

    def __init__(self) -> None:
        self.tables: Tables = {name: {} for name in TABLES}
        self.tables["revision"][1] = self.tables["revisions"][0] = f"0-{secrets.token_hex(4)}"
        self.turn_to_write = threading.Lock()

    def unit(self) -> "FakeUnitOfWork":
        return FakeUnitOfWork(self)


class FakeClock:
    """时钟 that stands still until moved."""

    def __init__(self, now: datetime) -> None:
        self._now = utc(now)

    def now(self) -> datetime:
        return self._now

    def move(self, **by: float) -> None:
        """Go on by timedelta(**by)."""
        self._now += timedelta(**by)


class FakeUnitOfWork:
    """工作单元 over a FakeStore."""

    work_orders: WorkOrders
    events: Events
    callbacks: Callbacks
    departments: Departments
    department_changes: DepartmentChanges
    staff: StaffMembers
    jobs: Jobs
    supplements: Supplements
    attachments: Attachments
    notices: Notices
    subscriptions: Subscriptions
    quality: QualityRecords
    hot_topics: HotTopics
    figures: Figures
    periodic_reports: PeriodicReports
    exports: Exports
    knowledge: KnowledgeEntries
    conversations: Conversations
    unanswered: UnansweredQuestions
    suggestions: SuggestionRecords
    rule_versions: RuleVersions

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._changed: Tables | None = None

    def __enter__(self) -> Self:
        self.work_orders = FakeWorkOrders(self)
        self.events = NotifyingEvents(FakeEvents(self), self)
        self.callbacks = FakeCallbacks(self)
        self.departments = FakeDepartments(self)
        self.department_changes = FakeDepartmentChanges(self)
        self.staff = FakeStaff(self)
        self.jobs = FakeJobs(self)
        self.knowledge = FakeKnowledge(self)
        self.conversations = FakeConversations(self)
        self.unanswered = FakeUnanswered(self)
        self.suggestions = FakeSuggestions(self)
        self.rule_versions = FakeRuleVersions(self)
        self.supplements = FakeSupplements(self)
        self.attachments = FakeAttachments(self)
        self.notices = FakeNotices(self)
        self.subscriptions = FakeSubscriptions(self)
        self.quality = FakeQualityRecords(self)
        self.figures = FakeFigures(self)
        self.hot_topics = FakeHotTopics(self)
        self.exports = FakeExports(self)
        self.periodic_reports = FakePeriodicReports(self)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._changed is not None:
            self._changed = None
            self._store.turn_to_write.release()

    def commit(self) -> None:
        if self._changed is not None:
            self._store.tables, self._changed = self._changed, None
            self._store.turn_to_write.release()

    def rows(self, table: str) -> dict[Any, Any]:
        """For reading."""
        return (self._changed or self._store.tables)[table]

    def write(self, table: str) -> dict[Any, Any]:
        """For changing; rows are replaced in it, never changed in place."""
        if self._changed is None:
            if not self._store.turn_to_write.acquire(timeout=WAIT_SECONDS):
                raise Unavailable("数据库暂时繁忙或无法连接，请稍后重试；如持续出现，请联系系统管理员。")
            self._changed = {name: dict(rows) for name, rows in self._store.tables.items()}
        return self._changed[table]
