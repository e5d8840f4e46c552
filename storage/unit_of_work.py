"""工作单元: all repositories over one transaction; committed at the edge, rolled back when left without."""

from collections.abc import Callable
from typing import Protocol, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

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
from casework.ports import (
    Callbacks,
    CaseworkUnit,
    DepartmentChanges,
    Departments,
    Events,
    Jobs,
    StaffMembers,
    WorkOrders,
)
from casework.quality.quality import QualityRecords
from knowledge.entry import KnowledgeEntries
from knowledge.unanswered import UnansweredQuestions
from routing.rule_versions import RuleVersions
from storage.callbacks import SqlCallbacks
from storage.conversations import SqlConversations
from storage.department_changes import SqlDepartmentChanges
from storage.departments import SqlDepartments
from storage.events import SqlEvents
from storage.figures import SqlFigures
from storage.insight import SqlExports, SqlHotTopics, SqlPeriodicReports
from storage.jobs import SqlJobs
from storage.knowledge_entries import SqlKnowledgeEntries
from storage.order_records import SqlAttachments, SqlNotices, SqlSubscriptions, SqlSupplements
from storage.quality import SqlQualityRecords
from storage.rule_versions import SqlRuleVersions
from storage.secrets import InstanceSecrets
from storage.staff import SqlStaff
from storage.suggestion_records import SqlSuggestionRecords
from storage.unanswered_questions import SqlUnansweredQuestions
from storage.work_orders import SqlWorkOrders


class UnitOfWork(CaseworkUnit, Protocol):
    """工作单元 with everything that is stored: casework, knowledge, conversations and dispatch rules."""

    knowledge: KnowledgeEntries
    conversations: Conversations
    unanswered: UnansweredQuestions
    suggestions: SuggestionRecords
    rule_versions: RuleVersions


UnitOfWorkFactory = Callable[[], UnitOfWork]
"""Gives a new unit of work, to be used in `with`."""


class SqlUnitOfWork:
    """工作单元 over a database. Use it in one thread and leave it before anything slow (inference, a stream)."""

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

    def __init__(self, engine: Engine, secrets: InstanceSecrets) -> None:
        self._engine, self._secrets = engine, secrets
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        try:
            connection = self._connection = self._engine.connect()
        except PoolTimeout as error:
            raise Unavailable("当前访问人数较多，请稍后重试。") from error
        self.work_orders = SqlWorkOrders(connection, self._secrets)
        self.events = NotifyingEvents(SqlEvents(connection), self)
        self.callbacks = SqlCallbacks(connection, self._secrets)
        self.departments = SqlDepartments(connection)
        self.department_changes = SqlDepartmentChanges(connection)
        self.staff = SqlStaff(connection)
        self.jobs = SqlJobs(connection)
        self.knowledge = SqlKnowledgeEntries(connection)
        self.conversations = SqlConversations(connection, self._secrets)
        self.unanswered = SqlUnansweredQuestions(connection, self._secrets)
        self.suggestions = SqlSuggestionRecords(connection, self._secrets)
        self.rule_versions = SqlRuleVersions(connection)
        self.supplements = SqlSupplements(connection, self._secrets)
        self.attachments = SqlAttachments(connection, self._secrets)
        self.notices = SqlNotices(connection, self._secrets)
        self.subscriptions = SqlSubscriptions(connection, self._secrets)
        self.quality = SqlQualityRecords(connection, self._secrets)
        self.figures = SqlFigures(connection)
        self.hot_topics = SqlHotTopics(connection, self._secrets)
        self.exports = SqlExports(connection, self._secrets)
        self.periodic_reports = SqlPeriodicReports(connection, self._secrets)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def commit(self) -> None:
        """Make everything since the last commit lasting; the unit may go on with a new transaction."""
        if self._connection is None:
            raise RuntimeError("a unit of work is committed inside its `with`")
        self._connection.commit()
