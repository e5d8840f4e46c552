"""Open311 服务 (GeoReport v2): other systems file appeals and read what is public of orders; filed orders go the same way as all."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.instance import Instance
from api.services.conversations import ConversationService
from api.services.open311_format import moment
from assistant.safety import is_emergency
from casework.appeal import Appeal, AppealType, FiveElements, Requester
from casework.deadline.calendar import CITY_TIME
from casework.errors import NotFound
from casework.events import CITIZEN
from casework.notification.publication import PublishedFilter, public_place, public_text
from casework.notification.subscribing import follow_own
from casework.organisation.department import Department
from casework.transitions import STATE_NAMES, State
from casework.work_order import WorkOrder

CHANNEL = "open311"
AUTO = "auto"
"""The service_code of those who choose no category."""
SPAN = timedelta(days=90)
MOST = 1000
MOST_IDS = 100
CLOSED = frozenset(
    (State.CLOSED, State.CALLBACK, State.ARCHIVED, State.ANSWERED, State.REJECTED, State.EMERGENCY_TRANSFERRED)
)
TYPE = "TYPE"
_COORDINATES = re.compile(r"（?北纬(-?\d{1,2}(?:\.\d{1,8})?)，东经(-?\d{1,3}(?:\.\d{1,8})?)）?")


class Open311Error(Exception):
    """An error in the specification's terms: `status` is the code too."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status, self.description = status, description


@dataclass(frozen=True, slots=True)
class _Service:
    code: str
    name: str
    description: str
    group: str
    keywords: str
    path: str


class Open311Service:
    """Open311 服务."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._filing = ConversationService(instance)

    def services(self, given: Mapping[str, str]) -> list[dict]:
        """GET services."""
        self._check_jurisdiction(given)
        return [
            {
                "service_code": one.code,
                "service_name": one.name,
                "description": one.description,
                "metadata": True,
                "type": "realtime",
                "keywords": one.keywords,
                "group": one.group,
            }
            for one in self._services().values()
        ]

    def definition(self, code: str, given: Mapping[str, str]) -> dict:
        """GET services/{code}: the one attribute that every service has."""
        self._check_jurisdiction(given)
        service = self._service(code)
        attribute = {
            "variable": True,
            "code": TYPE,
            "datatype": "singlevaluelist",
            "required": False,
            "datatype_description": "不填的由系统识别",
            "order": 1,
            "description": "诉求类型",
            "values": [{"key": kind.value, "name": kind.value} for kind in AppealType],
        }
        return {"service_code": service.code, "attributes": [attribute]}

    def file(self, given: Mapping[str, str]) -> list[dict]:
        """POST requests. Raises: Open311Error, InvalidInput."""
        self._check_key(given.get("api_key", ""))
        self._check_jurisdiction(given)
        if not given.get("service_code"):
            raise Open311Error(400, "缺少 service_code。不选择类别的请填 auto。")
        service = self._service(given["service_code"])
        appeal = self._appeal(given)
        email = given.get("email", "")
        notifiers = self._instance.notifiers
        address = notifiers.check("email", email) if email and "email" in notifiers.kinds else ""
        door = self._instance.guard.door(appeal.text)
        order = self._filing.file(appeal, CITIZEN, service.path)
        if address:
            self._follow(order, address)
        notice = f"已登记，查询码：{order.query_code}。请凭查询码和电话后四位在热线网页查询。"
        if door is not None and is_emergency(door):
            notice = f"{door.message}{notice}"
        return [{"service_request_id": order.number, "service_notice": notice, "account_id": None}]

    def requests(self, given: Mapping[str, str]) -> list[dict]:
        """GET requests. Raises: Open311Error."""
        self._check_jurisdiction(given)
        if given.get("service_request_id"):
            numbers = list(dict.fromkeys(part.strip() for part in given["service_request_id"].split(",")))
            if len(numbers) > MOST_IDS:
                raise Open311Error(400, f"一次最多查询{MOST_IDS}个 service_request_id。")
            return self._views([order for number in numbers if (order := self._public(number)) is not None])
        wanted = self._filter(given)
        size = _number(given, "page_size", MOST, MOST)
        page = _number(given, "page", 1, 10_000)
        with self._instance.unit() as work:
            orders = list(work.work_orders.published(wanted, size, (page - 1) * size))
        return self._views(orders)

    def request(self, number: str, given: Mapping[str, str]) -> list[dict]:
        """GET requests/{id}. Raises: Open311Error."""
        self._check_jurisdiction(given)
        order = self._public(number)
        if order is None:
            raise Open311Error(404, "没有找到这个 service_request_id。")
        return self._views([order])

    def token(self, token: str, given: Mapping[str, str]) -> list[dict]:
        """GET tokens/{id}: every request has its id at once, which is its token too. Raises: Open311Error."""
        self._check_jurisdiction(given)
        if self._public(token) is None:
            raise Open311Error(404, "没有找到这个 token。")
        return [{"service_request_id": token, "token": token}]

    def _services(self) -> dict[str, _Service]:
        automatic = _Service(AUTO, "不选择类别", "由系统识别类别和承办单位", "", "", "")
        found = {AUTO: automatic}
        taxonomy = self._instance.taxonomy
        for first in taxonomy.children(""):
            for node in (first, *taxonomy.children(first.code)):
                keywords = ",".join(child.name for child in taxonomy.children(node.code))
                found[node.code] = _Service(node.code, node.name, node.path, first.name, keywords, node.path)
        return found

    def _service(self, code: str) -> _Service:
        service = self._services().get(code.strip())
        if service is None:
            raise Open311Error(404, "没有这个 service_code，请先用 GET services 查询；不选择类别的请填 auto。")
        return service

    def _check_jurisdiction(self, given: Mapping[str, str]) -> None:
        own, told = self._instance.settings.open311_jurisdiction, given.get("jurisdiction_id", "")
        if own and told and told != own:
            raise Open311Error(404, "没有找到这个 jurisdiction_id。")

    def _check_key(self, key: str) -> None:
        if not key:
            raise Open311Error(403, "缺少 api_key。")
        # All are compared, so that the time tells nothing.
        known = [hmac.compare_digest(key.encode(), one.encode()) for one in self._instance.settings.open311_keys if one]
        if not any(known):
            raise Open311Error(403, "api_key 无效。")

    def _appeal(self, given: Mapping[str, str]) -> Appeal:
        """Raises: Open311Error, InvalidInput."""
        text = given.get("description", "").strip()
        if not text:
            raise Open311Error(400, "缺少 description，请写明诉求内容。")
        place = _place(given)
        if media := given.get("media_url", "").strip():
            if len(media) > 500 or not re.fullmatch(r"https?://[^\s<>\"']+", media):
                raise Open311Error(400, "media_url 应为 http 或 https 网址，不超过500个字符。")
            text = f"{text}\n附件链接：{media}"
        told = given.get(f"attribute[{TYPE}]", "").strip()
        if told and told not in list(AppealType):
            raise Open311Error(400, f"attribute[{TYPE}] 应为：{'、'.join(AppealType)}。")
        name = "".join(given.get(part, "").strip() for part in ("last_name", "first_name"))[:50]
        phone = re.sub(r"[\s-]", "", given.get("phone", "")).removeprefix("+86")
        return Appeal(
            AppealType(told) if told else self._instance.types.type_of(text),
            text,
            FiveElements(place=place),
            Requester(name, phone),
            district=self._instance.places.locate(text, place).district,
            channel=CHANNEL,
        )

    def _follow(self, order: WorkOrder, address: str) -> None:
        with self._instance.unit() as work:
            follow_own(work, work.work_orders.get(order.id), "email", address, self._instance.clock)
            work.commit()

    def _filter(self, given: Mapping[str, str]) -> PublishedFilter:
        start, end = _time(given, "start_date"), _time(given, "end_date")
        now = self._instance.clock.now()
        try:
            if end is None:
                end = min(start + SPAN, now + timedelta(seconds=1)) if start else now + timedelta(seconds=1)
            start = start or end - SPAN
        except OverflowError:
            raise Open311Error(400, "start_date 或 end_date 超出范围。") from None
        if end - start > SPAN:
            raise Open311Error(400, "start_date 与 end_date 之间最多相隔90天。")
        named = [word.strip() for word in given.get("status", "").split(",") if word.strip()]
        if set(named) - {"open", "closed"}:
            raise Open311Error(400, "status 应为 open 或 closed，可用逗号分隔。")
        states = tuple(one for one in State if ("closed" if one in CLOSED else "open") in named)
        codes = [code for code in given.get("service_code", "").split(",") if code.strip()]
        categories = tuple(self._service(code).path for code in codes) if codes else None
        channel = CHANNEL if self._instance.settings.open311_listing == "own" else ""
        return PublishedFilter(start, end, states, channel, categories)

    def _public(self, number: str) -> WorkOrder | None:
        """The order, if everybody may know of it."""
        with self._instance.unit() as work:
            try:
                order = work.work_orders.by_number(number)
            except NotFound:
                return None
        own_only = self._instance.settings.open311_listing == "own"
        return None if order.confidential or (own_only and order.channel != CHANNEL) else order

    def _views(self, orders: list[WorkOrder]) -> list[dict]:
        with self._instance.unit() as work:
            departments = {one.code: one for one in work.departments.all(active_only=False)}
        return [self._view(order, departments) for order in orders]

    def _view(self, order: WorkOrder, departments: dict[str, Department]) -> dict:
        """Nothing of the requester; the citizen's words are masked, the department's reply is not shown at all."""
        code, name = self._code_of(order.category)
        moments = (order.created_at, order.dispatched_at, order.signed_at, order.replied_at, order.closed_at)
        lead = departments.get(order.lead_department)
        spot = _COORDINATES.search(order.elements.place)
        return {
            "service_request_id": order.number,
            "status": "closed" if order.state in CLOSED else "open",
            "status_notes": STATE_NAMES[order.state],
            "detailed_status": order.state.value,
            "service_name": name,
            "service_code": code,
            "description": public_text(order),
            "agency_responsible": lead.name if lead else "",
            "service_notice": None,
            "requested_datetime": moment(order.created_at),
            "updated_datetime": moment(max(at for at in moments if at is not None)),
            "expected_datetime": moment(order.due_at),
            "address": public_place(_COORDINATES.sub("", order.elements.place)) or order.district or None,
            "address_id": None,
            "zipcode": None,
            "lat": float(spot[1]) if spot else None,
            "long": float(spot[2]) if spot else None,
            "media_url": None,
        }

    def _code_of(self, category: str) -> tuple[str, str]:
        """The service of a category: its second level, else its first."""
        names = category.split("/")
        for depth in (2, 1):
            code = self._instance.taxonomy.code("/".join(names[:depth])) if len(names) >= depth else ""
            if code:
                return code, names[depth - 1]
        return AUTO, "不选择类别"


def _place(given: Mapping[str, str]) -> str:
    """Where it is. Raises: Open311Error when nothing says so."""
    address = given.get("address_string", "").strip()
    if len(address) > 300:
        raise Open311Error(400, "address_string 过长，请控制在300字以内。")
    lat, long = given.get("lat", "").strip(), given.get("long", "").strip()
    spot = ""
    if lat or long:
        if not (_coordinate(lat, 90) and _coordinate(long, 180)):
            raise Open311Error(400, "lat 和 long 应为 WGS84 的十进制度数，须同时填写。")
        spot = f"北纬{float(lat):.6f}，东经{float(long):.6f}"
    if not (address or spot):
        raise Open311Error(400, "请填写 lat 和 long，或 address_string。")
    return f"{address}（{spot}）" if address and spot else address or spot


def _coordinate(text: str, limit: int) -> bool:
    return bool(re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?", text)) and abs(float(text)) <= limit


def _time(given: Mapping[str, str], name: str) -> datetime | None:
    """Raises: Open311Error."""
    # An offset's plus that was not escaped arrives as a space.
    text = re.sub(r" (\d\d:?\d\d)$", r"+\1", given.get(name, "").strip())
    if not text:
        return None
    try:
        told = datetime.fromisoformat(text)
        return (told if told.tzinfo else told.replace(tzinfo=CITY_TIME)).astimezone(CITY_TIME)
    except (ValueError, OverflowError):
        raise Open311Error(400, f"{name} 应为 W3C 日期时间，例如 2026-01-31T08:00:00+08:00。") from None


def _number(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    """Raises: Open311Error."""
    text = given.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise Open311Error(400, f"{name} 应为1至{most}的整数。")
    return int(text)
