"""A desk to work at: a store in memory, a clock, two departments, staff of every role, and an order in any state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from casework.appeal import Appeal, AppealType
from casework.callback.callback import Callback
from casework.deadline.calendar import CITY_TIME, OfficialCalendar, WorkingTime
from casework.deadline.deadlines import DEFAULT_PROFILE
from casework.events import CITIZEN, SYSTEM, Actor, WorkOrderEvent
from casework.filing import Rules, file_appeal
from casework.handling.handling import Action, act
from casework.organisation.department import Department
from casework.transitions import Role
from casework.work_order import Dispatching, WorkOrder
from tests.fakes import FakeClock, FakeStore, FakeUnitOfWork

T = TypeVar("T")
MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=CITY_TIME)
"""An ordinary week without a holiday begins."""
RULES = Rules(DEFAULT_PROFILE, WorkingTime(OfficialCalendar()))
ACTORS = {
    Role.CITIZEN: CITIZEN,
    Role.SYSTEM: SYSTEM,
    Role.AGENT: Actor("hua", Role.AGENT),
    Role.DISPATCHER: Actor("pai", Role.DISPATCHER),
    Role.DEPARTMENT: Actor("cheng", Role.DEPARTMENT, "chengguan"),
    Role.SUPERVISOR: Actor("du", Role.SUPERVISOR),
    Role.ADMINISTRATOR: Actor("guan", Role.ADMINISTRATOR),
}
AGENT, DISPATCHER, OFFICER, SUPERVISOR = (
    ACTORS[role] for role in (Role.AGENT, Role.DISPATCHER, Role.DEPARTMENT, Role.SUPERVISOR)
)
STRANGER = Actor("shui", Role.DEPARTMENT, "shuiwu")
STEPS: dict[str, tuple[Actor, dict]] = {
    "dispatch": (DISPATCHER, {"department": "chengguan"}),
    "sign": (OFFICER, {}),
    "return": (OFFICER, {"reason": "不属于本单位职责"}),
    "requeue": (DISPATCHER, {}),
    "adjudicate": (SUPERVISOR, {"reason": "由城管局承办"}),
    "reply": (OFFICER, {"reply": "已清运垃圾。"}),
    "close": (AGENT, {"closing_kind": "已解决"}),
}
"""How an action is usually taken."""
HANDLED = ("sign", "reply", "close")


@dataclass
class Desk:
    """工作台: every call is one unit of work, committed."""

    store: FakeStore = field(default_factory=FakeStore)
    clock: FakeClock = field(default_factory=lambda: FakeClock(MONDAY))

    def __post_init__(self) -> None:
        with self.store.unit() as unit:
            unit.departments.put(Department("chengguan", "城市管理局"))
            unit.departments.put(Department("shuiwu", "水务局"))
            unit.departments.put(Department("jiu", "旧城办", active=False))
            unit.commit()

    def work(self, use_case: Callable[..., T], *arguments: object) -> T:
        """One use case in a unit of its own; nothing is committed when it raises."""
        with self.store.unit() as unit:
            result = use_case(unit, *arguments)
            unit.commit()
        return result

    def file(
        self,
        kind: AppealType = AppealType.COMPLAINT,
        decision: str = "auto",
        department: str = "chengguan",
        text: str = "楼下垃圾没人清运",
        by: Actor = CITIZEN,
    ) -> WorkOrder:
        appeal = Appeal(kind, text)
        dispatching = Dispatching(department, decision, confidence=0.91, model_department=department)
        return self.work(file_appeal, appeal, dispatching, "市容环境", RULES, self.clock, by)

    def order(self, order_id: int) -> WorkOrder:
        return self.work(lambda unit: unit.work_orders.get(order_id))

    def events(self, order_id: int) -> list[WorkOrderEvent]:
        return list(self.work(lambda unit: unit.events.of(order_id)))

    def callbacks(self, order_id: int) -> list[Callback]:
        return list(self.work(lambda unit: unit.callbacks.of(order_id)))

    def act(self, order: WorkOrder, action: str, by: Actor | None = None, **what: str) -> WorkOrder:
        """An action on the order as it stands now, taken as usual but for `by` and `what`."""
        actor, usual = STEPS.get(action, (SUPERVISOR, {"reason": "按规定办理"}))
        wanted = Action(action, self.order(order.id).version, **{**usual, **what})
        return self.work(act, order.id, wanted, by or actor, RULES, self.clock)

    def go(self, order: WorkOrder, *actions: str) -> WorkOrder:
        """Several actions in turn."""
        for action in actions:
            order = self.act(order, action)
        return order

    def put(self, change: Callable[[WorkOrder], None], order: WorkOrder) -> WorkOrder:
        """Bring an order into any condition, past the rules."""

        def save(unit: FakeUnitOfWork) -> WorkOrder:
            stored = unit.work_orders.get(order.id)
            change(stored)
            unit.work_orders.save(stored)
            return stored

        return self.work(save)
