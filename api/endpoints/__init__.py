"""HTTP endpoints: one module a noun; each translates between HTTP and a service, and decides nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from fastapi import Request

from api.auth import Auth
from api.instance import Instance
from api.services.additions import AdditionService
from api.services.callbacks import CallbackService
from api.services.conversations import ConversationService
from api.services.departments import DepartmentService
from api.services.gaps import GapService
from api.services.knowledge import KnowledgeService
from api.services.notices import NoticeService
from api.services.open311 import Open311Service
from api.services.orders import OrderService
from api.services.quality import QualityService
from api.services.rules import RuleService
from api.services.satisfaction import SatisfactionService
from api.services.streams import Streams
from api.services.subscriptions import SubscriptionService
from api.services.suggestions import SuggestionService
from api.services.training import TrainingService
from api.throttle import Throttle
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput, NotFound
from casework.organisation.staff import Staff
from storage.query_code import normalize_query_code

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """What endpoints use, kept at `app.state.services`."""

    instance: Instance
    auth: Auth
    conversations: ConversationService
    orders: OrderService
    additions: AdditionService
    callbacks: CallbackService
    satisfaction: SatisfactionService
    knowledge: KnowledgeService
    gaps: GapService
    suggestions: SuggestionService
    training: TrainingService
    rules: RuleService
    departments: DepartmentService
    notices: NoticeService
    subscriptions: SubscriptionService
    streams: Streams
    open311: Open311Service
    quality: QualityService
    turn_throttle: Throttle
    query_throttle: Throttle
    login_throttle: Throttle

    @classmethod
    def of(cls, instance: Instance) -> "Services":
        settings = instance.settings
        instance.notifiers  # noqa: B018 - a wrong setting of mail or text messages is told at the start
        return cls(
            instance,
            Auth(instance),
            ConversationService(instance),
            OrderService(instance),
            AdditionService(instance),
            CallbackService(instance),
            SatisfactionService(instance),
            KnowledgeService(instance),
            GapService(instance),
            SuggestionService(instance),
            TrainingService(instance),
            RuleService(instance),
            DepartmentService(instance),
            NoticeService(instance),
            SubscriptionService(instance),
            Streams(instance),
            Open311Service(instance),
            QualityService(instance),
            Throttle("turn", settings.turns_per_minute, 1, "您发送得太快了，请稍等一分钟再发。"),
            Throttle(
                "query", settings.query_attempts, 10, "查询码或电话后四位多次不正确，请十分钟后再试，或拨打12345查询。"
            ),
            Throttle("login", settings.login_attempts, 10, "登录失败次数过多，请十分钟后再试。"),
        )


def services(request: Request) -> Services:
    """Dependency: the services of this app."""
    return request.app.state.services


def signed_in(request: Request) -> Staff:
    """Dependency: the member of staff. Raises: NotSignedIn."""
    return services(request).auth.staff(request)


def address(request: Request) -> str:
    """The client's address, as a key of throttles."""
    return request.client.host if request.client else "unknown"


def guarded(given: Services, request: Request, code: str, ask: Callable[[], T]) -> T:
    """Ask by query code, and count a failure against the address and against the code."""
    # As storage reads it: another spelling of a code must not be another code to the throttle.
    target = "code:" + normalize_query_code(code)
    keys = ("address:" + address(request), target)
    given.query_throttle.check(*keys)
    with given.query_throttle.reserved(target):
        try:
            return ask()
        except NotFound:
            given.query_throttle.count(*keys)
            raise


def day_bounds(start: date | None, end: date | None) -> tuple[datetime | None, datetime | None]:
    """The days from `start` to `end`, both included, in the city's time: [first, last). Raises: InvalidInput."""
    try:
        last = datetime.combine(end + timedelta(days=1), time.min, CITY_TIME) if end else None
        return datetime.combine(start, time.min, CITY_TIME) if start else None, last
    except OverflowError:
        raise InvalidInput("截止日期太晚，请重新选择。") from None
