"""错误映射: every expected error has one HTTP status and one JSON shape; the unexpected are logged under an id."""

import logging
import uuid

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from casework import errors

log = logging.getLogger("hotline")

STATUS: dict[type[errors.HotlineError], int] = {
    errors.InvalidInput: 422,
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.IllegalTransition: 409,
    errors.TooManyRequests: 429,
    errors.TooLarge: 413,
    errors.Unavailable: 503,
}
NOT_READY = "系统正在准备中，请稍后再试，或拨打12345。"
"""What citizens are told instead of an administrator's message."""
_HTTP = {404: ("not_found", "没有这个页面或接口。"), 405: ("invalid_input", "请求方法不对。")}


def status_of(error: errors.HotlineError) -> int:
    """The status of the nearest class in the table, 400 for the rest."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def body(code: str, message: str) -> dict:
    """The one shape of an error."""
    return {"error": {"code": code, "message": message}}


def install(app: FastAPI) -> None:
    """Register the mappings."""

    @app.exception_handler(errors.HotlineError)
    def expected(request: Request, error: errors.HotlineError) -> JSONResponse:
        if isinstance(error, errors.Unavailable) and not request.url.path.startswith("/api/console"):
            log.error("unavailable at %s: %s", request.url.path, error.message)
            return JSONResponse(body(error.code, NOT_READY), status_of(error))
        headers = {"Retry-After": "600"} if isinstance(error, errors.TooManyRequests) else None
        return JSONResponse(body(error.code, error.message), status_of(error), headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = "、".join(dict.fromkeys(str(item["loc"][-1]) for item in error.errors()))
        return JSONResponse(body("invalid_input", f"请求内容有误，请检查：{fields}。"), 422)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        code, message = _HTTP.get(error.status_code, ("invalid_input", "请求无法处理。"))
        return JSONResponse(body(code, message), error.status_code)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        number = uuid.uuid4().hex[:8]
        log.error("error %s at %s %s", number, request.method, request.url.path, exc_info=error)
        return JSONResponse(body("internal", f"系统出了点问题（编号{number}），请稍后再试，或拨打12345。"), 500)
