"""实例: the parts of a running hotline, put together once from the settings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from api.settings import Settings
from assistant.intents import TypeClassifier
from assistant.safety import Guard
from assistant.similar_orders import NEWEST, STATES, SimilarOrders
from assistant.turn import Assistant
from casework.calendar import CITY_TIME, OfficialCalendar, WorkingTime
from casework.city import City
from casework.deadlines import PROFILES
from casework.department import Department
from casework.filing import Rules
from casework.ports import WorkOrderFilter
from casework.work_order import WorkOrder
from knowledge.encoder import SHIPPED, OnnxEncoder
from knowledge.retriever import Retriever
from knowledge.scoring import Scorer
from knowledge.shelf import IndexShelf
from knowledge.stored_vectors import StoredVectors
from routing.decision import Router
from routing.duties import Duties
from routing.predictor import Predictor
from routing.registry import ModelRegistry
from routing.rules import Rules as RoutingRules
from storage.engine import migrate, open_engine
from storage.secrets import InstanceSecrets
from storage.unit_of_work import SqlUnitOfWork, UnitOfWork


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
        self.clock = SystemClock()
        self._router: tuple[tuple, Router] | None = None

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
    def assistant(self) -> Assistant:
        guard, types = Guard.load(self.encoder), TypeClassifier.load(self.encoder)
        return Assistant(self.retriever, guard, types, self.city)

    @cached_property
    def rules(self) -> Rules:
        return Rules(
            PROFILES[self.settings.deadline_profile],
            WorkingTime(OfficialCalendar()),
            self.settings.callback_delay_minutes,
            self.settings.callback_window_days,
        )

    @cached_property
    def registry(self) -> ModelRegistry:
        return ModelRegistry(self.settings.data_dir / "models")

    @cached_property
    def similar_orders(self) -> SimilarOrders:
        return SimilarOrders(self._closed_orders, self.encoder, self.clock)

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
        rules = self.settings.data_dir / "rules.json"
        key = (
            self.registry.current(),
            tuple((d.code, tuple(d.duties)) for d in departments.values()),
            rules.stat().st_mtime_ns if rules.exists() else 0,
        )
        if self._router is None or self._router[0] != key:
            self._router = (key, self.build_router(self.registry.current(), departments))
        return self._router[1]

    def build_router(self, folder: Path | None, departments: dict[str, Department] | None) -> Router:
        """A router over one model folder (None: none yet, everything goes to review).

        Without `departments` the label set is the model's own and there are neither duties nor rules.
        """
        predictor = Predictor.load(folder, self.encoder) if folder else None
        if departments is None:
            return Router(predictor)
        active = list(departments.values())
        rules = RoutingRules.load(self.settings.data_dir / "rules.json")
        vectors = StoredVectors(self.encoder, self.settings.data_dir / "duty-vectors.npz")
        duties = Duties(active, vectors)
        vectors.keep()
        return Router(predictor, duties, rules, active, self.similar_orders)
