"""实例: the parts of a running hotline, put together once from the settings."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from threadpoolctl import threadpool_limits

from api.calendar_file import CalendarFile
from api.deadline_file import read_profile
from api.notifiers import Notifiers
from api.settings import Settings
from assistant.intents import TypeClassifier
from assistant.reply_quality import ReplyJudge
from assistant.safety import Guard
from assistant.similar_orders import NEWEST, STATES, SimilarOrders
from assistant.turn import Assistant
from casework.callback.polite_hours import PoliteHours
from casework.deadline.calendar import CITY_TIME, Calendar, OfficialCalendar, WorkingTime
from casework.deadline.calendar_table import CalendarTable
from casework.deadline.deadlines import PROFILES
from casework.deadline.limits import Limits
from casework.errors import Unavailable
from casework.filing import Rules
from casework.organisation.city import City
from casework.organisation.department import Department
from casework.organisation.department_change import DepartmentHistory
from casework.ports import WorkOrderFilter
from casework.work_order import WorkOrder
from knowledge.encoder import SHIPPED, OnnxEncoder
from knowledge.retriever import Retriever
from knowledge.scoring import Scorer
from knowledge.shelf import IndexShelf
from knowledge.stored_vectors import StoredVectors
from routing.artifact import ArtifactError
from routing.decision import Router
from routing.demands import DemandSplitter
from routing.duties import Duties
from routing.matters import Matters
from routing.places import Places
from routing.predictor import Predictor
from routing.registry import ModelRegistry
from routing.related import GistReader
from routing.relations import RelatedOrders
from routing.rules import Rules as RoutingRules
from routing.taxonomy import Taxonomy
from storage.attachment_files import FOLDER, AttachmentFiles
from storage.engine import migrate, open_engine
from storage.secrets import InstanceSecrets
from storage.unit_of_work import SqlUnitOfWork, UnitOfWork

log = logging.getLogger("hotline.instance")


class SystemClock:
    """系统时钟, aware."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def today() -> date:
    """The day in the city."""
    return datetime.now(CITY_TIME).date()


@dataclass
class Instance:
    """实例. Parts are made when first needed, so that a command loads only what it uses."""

    settings: Settings

    def __post_init__(self) -> None:
        self.settings.check()
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        # Requests run side by side; threads within one small product would only wait for each other.
        threadpool_limits(1, user_api="blas")
        self.clock = SystemClock()
        self._router: tuple[tuple, Router] | None = None
        self._rules: tuple[CalendarTable, Rules] | None = None
        # Read at once: what is wrong with them must be known before anybody waits for a deadline.
        self.deadlines = read_profile(self.settings.data_dir) or PROFILES[self.settings.deadline_profile]
        self.calendar_file = CalendarFile(self.settings.data_dir)
        self.calendar_file.load()

    @cached_property
    def secrets(self) -> InstanceSecrets:
        if self.settings.secret_key:
            return InstanceSecrets.from_key(self.settings.secret_key)
        return InstanceSecrets.load(self.settings.data_dir)

    @cached_property
    def engine(self):
        url = self.settings.database()
        migrate(url)
        return open_engine(url)

    def unit(self) -> UnitOfWork:
        """A new unit of work."""
        return SqlUnitOfWork(self.engine, self.secrets)

    @cached_property
    def encoder(self) -> OnnxEncoder:
        folder = Path(self.settings.encoder) if self.settings.encoder else SHIPPED
        return OnnxEncoder(folder, self.settings.encoder_threads)

    @cached_property
    def shelf(self) -> IndexShelf:
        return IndexShelf(self.settings.data_dir / "index", self.encoder)

    @cached_property
    def retriever(self) -> Retriever:
        known = (self.settings.data_dir / "city.json").exists()
        return Retriever(self.encoder, Scorer.load(), self.city.jurisdictions if known else ())

    @cached_property
    def city(self) -> City:
        path = self.settings.data_dir / "city.json"
        if not path.exists():
            return City("本市")
        return City.from_dict(json.loads(path.read_text(encoding="utf-8")))

    @cached_property
    def places(self) -> Places:
        return Places(self.city)

    @cached_property
    def taxonomy(self) -> Taxonomy:
        path = self.settings.data_dir / "taxonomy.csv"
        return Taxonomy.load(path) if path.exists() else Taxonomy.empty()

    @cached_property
    def guard(self) -> Guard:
        return Guard.load(self.encoder)

    @cached_property
    def types(self) -> TypeClassifier:
        return TypeClassifier.load(self.encoder)

    @cached_property
    def reply_judge(self) -> ReplyJudge | None:
        """None where the model does not fit the encoder in use: then only what can be looked up is inspected."""
        try:
            return ReplyJudge.load(self.encoder)
        except Unavailable as error:
            log.error("replies are inspected without the learned rules: %s", error.message)
            return None

    @cached_property
    def assistant(self) -> Assistant:
        return Assistant(self.retriever, self.guard, self.types, self.places)

    @property
    def rules(self) -> Rules:
        """办理规则; made anew when the calendar's file has changed."""
        table = self.calendar_file.table()
        if self._rules is None or self._rules[0] is not table:
            self._rules = (table, self._rules_by(OfficialCalendar(table)))
        return self._rules[1]

    def _rules_by(self, calendar: Calendar) -> Rules:
        return Rules(
            self.deadlines,
            WorkingTime(calendar),
            self.settings.callback_delay_minutes,
            self.settings.callback_window_days,
            self.settings.callback_attempts,
            self.settings.callback_spacing_hours,
            PoliteHours.read(self.settings.callback_hours),
            self.settings.callback_reopen_unresolved,
            limits=self._limits(),
        )

    def _limits(self) -> Limits:
        settings = self.settings
        return Limits(
            settings.extension_days,
            settings.extensions,
            settings.support_share,
            settings.supplements_per_order,
            settings.attachments_per_order,
            int(settings.attachment_megabytes * 1024 * 1024),
        )

    @cached_property
    def attachment_files(self) -> AttachmentFiles:
        return AttachmentFiles(self.settings.data_dir / FOLDER, self.secrets)

    @cached_property
    def notifiers(self) -> Notifiers:
        return Notifiers(self.settings)

    @cached_property
    def registry(self) -> ModelRegistry:
        return ModelRegistry(self.settings.data_dir / "models")

    @cached_property
    def similar_orders(self) -> SimilarOrders:
        return SimilarOrders(self._closed_orders, self.encoder, self.clock)

    @cached_property
    def related_orders(self) -> RelatedOrders:
        return RelatedOrders(self.unit, GistReader(self.places), self.encoder, self.clock)

    @cached_property
    def matters(self) -> Matters:
        """What hot topics are looked for in; its vectors are kept in the data folder."""
        return Matters(GistReader(self.places), self.encoder, self.settings.data_dir / "topics")

    def warm(self) -> bool:
        """Remember a few more vectors of the orders that new ones are compared with; False when all are known. Nothing is
        done before the first decision: a process that files nothing needs none."""
        if self._router is None:
            return False
        return self.related_orders.warm() or self.similar_orders.warm()

    def _closed_orders(self) -> Sequence[WorkOrder]:
        with self.unit() as work:
            return work.work_orders.list(WorkOrderFilter(states=STATES), limit=NEWEST)[0]

    def departments(self) -> dict[str, Department]:
        """Active departments by code."""
        with self.unit() as work:
            return {department.code: department for department in work.departments.all()}

    def router(self) -> Router:
        """The router with the current model; made anew when the model, the departments or the rules change."""
        departments = self.departments()
        key = (
            self.registry.current(),
            tuple(
                (d.code, d.name, d.short_name, tuple(d.duties), d.jurisdiction, d.parent) for d in departments.values()
            ),
            self._rules_mark(),
        )
        if self._router is None or self._router[0] != key:
            try:
                router = self.build_router(self.registry.current(), departments)
            except ArtifactError as error:
                # Of a former version, or damaged: citizens are served all the same, and people dispatch.
                log.error("the routing model in use cannot be loaded, every order goes to a person: %s", error.message)
                router = self.build_router(None, departments)
            self._router = (key, router)
        return self._router[1]

    @property
    def rules_file(self) -> Path:
        """Where dispatch rules stand until the first list is saved."""
        return self.settings.data_dir / "rules.json"

    def routing_rules(self) -> RoutingRules:
        """The dispatch rules in force: the newest saved version, before the first one those of the file."""
        with self.unit() as work:
            saved = work.rule_versions.newest()
        return RoutingRules.of(saved.rules) if saved else RoutingRules.load(self.rules_file)

    def _rules_mark(self) -> tuple[int, int]:
        """Changes whenever the rules in force do."""
        with self.unit() as work:
            number = work.rule_versions.newest_number()
        return number, 0 if number or not self.rules_file.exists() else self.rules_file.stat().st_mtime_ns

    def build_router(self, folder: Path | None, departments: dict[str, Department] | None) -> Router:
        """A router over one model folder (None: none yet, everything goes to review).

        Without `departments` the label set is the model's own and there are neither duties nor rules.
        """
        predictor = Predictor.load(folder, self.encoder) if folder else None
        if departments is None:
            return Router(predictor)
        active = list(departments.values())
        rules = self.routing_rules()
        vectors = StoredVectors(self.encoder, self.settings.data_dir / "duty-vectors.npz")
        duties = Duties(active, vectors)
        vectors.keep()
        splitter = DemandSplitter(predictor) if predictor else None
        with self.unit() as work:
            history = DepartmentHistory(work.department_changes.all())
        return Router(
            predictor, duties, rules, active, self.similar_orders, self.places, self.taxonomy, splitter, history
        )
