"""Open311 GeoReport v2 endpoints: XML and JSON; errors in the specification's shape, whatever went wrong."""

import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from api.endpoints import Services, address, services
from api.errors import NOT_READY, status_of
from api.services.open311 import Open311Error
from api.services.open311_format import FORMATS, rendered
from casework.errors import HotlineError, InvalidInput, Unavailable

log = logging.getLogger("hotline.open311")
MOST_FIELDS = 200
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


async def form(request: Request) -> dict[str, str] | None:
    """Dependency: the fields of a form-urlencoded body, the first of each name; None when it is no such body."""
    if not request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return None
    try:
        text = (await request.body()).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    return {name: value for name, value in reversed(pairs)}


router = APIRouter(prefix="/open311", tags=["Open311"])
In = Annotated[Services, Depends(services)]
Form = Annotated[dict[str, str] | None, Depends(form)]


def _answer(kind: str, root: str, ask: Callable[[], list[dict] | dict], status: int = 200) -> Response:
    """What `ask` gives, or its error, in the format `kind`."""
    if kind not in FORMATS:
        return _error("json", 404, "只提供 json 和 xml 两种格式。")
    try:
        return Response(rendered(kind, root, ask()), status, media_type=FORMATS[kind])
    except Open311Error as error:
        return _error(kind, error.status, error.description)
    except InvalidInput as error:
        return _error(kind, 400, error.message)
    except Unavailable as error:
        log.error("unavailable: %s", error.message)
        return _error(kind, 503, NOT_READY)
    except HotlineError as error:
        return _error(kind, status_of(error), error.message)
    except Exception as error:
        number = uuid.uuid4().hex[:8]
        log.error("error %s", number, exc_info=error)
        return _error(kind, 500, f"系统出了点问题（编号{number}），请稍后再试。")


def _error(kind: str, status: int, description: str) -> Response:
    told = [{"code": status, "description": description}]
    return Response(rendered(kind, "errors", told), status, media_type=FORMATS[kind])


def _query(request: Request) -> Mapping[str, str]:
    return dict(request.query_params)


@router.get("/discovery.{kind}")
def discovery(kind: str, request: Request, given: In) -> Response:
    url = (given.instance.settings.public_url or str(request.base_url)).rstrip("/")
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{url}/open311/v2",
        "changeset": "2026-11-21T00:00:00+08:00",
        "type": "production" if given.instance.settings.env == "production" else "test",
        "formats": ["text/xml", "application/json"],
    }
    content = {
        "changeset": endpoint["changeset"],
        "contact": f"{given.instance.city.name}{given.instance.city.hotline}政务服务便民热线",
        "key_service": "请向热线管理员申请 api_key。",
        "endpoints": [endpoint],
    }
    return _answer(kind, "discovery", lambda: content)


@router.get("/v2/services.{kind}")
def listed(kind: str, request: Request, given: In) -> Response:
    return _answer(kind, "services", lambda: given.open311.services(_query(request)))


@router.get("/v2/services/{code}.{kind}")
def definition(code: str, kind: str, request: Request, given: In) -> Response:
    return _answer(kind, "service_definition", lambda: given.open311.definition(code, _query(request)))


@router.get("/v2/requests.{kind}")
def requests(kind: str, request: Request, given: In) -> Response:
    return _answer(kind, "service_requests", lambda: given.open311.requests(_query(request)))


@router.post("/v2/requests.{kind}")
def file(kind: str, request: Request, given: In, fields: Form) -> Response:
    def ask() -> list[dict]:
        if fields is None:
            raise Open311Error(400, "请用 application/x-www-form-urlencoded 提交，编码为 UTF-8。")
        given.turn_throttle.check(address(request))
        given.turn_throttle.count(address(request))
        return given.open311.file({**_query(request), **fields})

    return _answer(kind, "service_requests", ask, 201)


@router.get("/v2/requests/{number}.{kind}")
def shown(number: str, kind: str, request: Request, given: In) -> Response:
    return _answer(kind, "service_requests", lambda: given.open311.request(number, _query(request)))


@router.get("/v2/tokens/{token}.{kind}")
def token(token: str, kind: str, request: Request, given: In) -> Response:
    return _answer(kind, "service_requests", lambda: given.open311.token(token, _query(request)))


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
def nothing(rest: str) -> Response:
    kind = rest.rpartition(".")[2]
    return _error(kind if kind in FORMATS else "json", 404, "没有这个接口，请查看 Open311 GeoReport v2 的说明。")
