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
FIELDS = {
    "text": "内容",
    "reason": "理由",
    "reply": "答复内容",
    "answer": "直接答复",
    "opinion": "协办意见",
    "comment": "评价说明",
    "note": "说明",
    "name": "名称",
    "phone": "联系电话",
    "phone_last4": "电话后四位",
    "query_code": "查询码",
    "number": "工单号",
    "place": "地点",
    "time": "时间",
    "subject": "被反映对象",
    "event": "事件",
    "demand": "诉求目的",
    "district": "区县",
    "department": "承办单位",
    "category": "诉求分类",
    "type": "诉求类型",
    "rating": "满意度",
    "contacted": "是否联系",
    "resolved": "是否解决",
    "reason_tags": "原因",
    "email": "邮箱",
    "username": "用户名",
    "password": "密码",
    "title": "标题",
    "days": "天数",
    "level": "督办级别",
    "from": "开始日期",
    "to": "结束日期",
    "page": "页码",
    "size": "每页条数",
}
"""Fields that people fill in, by what the pages call them."""
_HTTP = {404: ("not_found", "没有这个页面或接口。"), 405: ("invalid_input", "请求方法不对。")}


def status_of(error: errors.HotlineError) -> int:
    """The status of the nearest class in the table, 400 for the rest."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def body(code: str, message: str) -> dict:
    """The one shape of an error."""
    return {"error": {"code": code, "message": message}}


def _told(problems: list[dict]) -> str:
    """What is wrong with a request's fields; a text that is too long is the one mistake that people make by hand."""
    names = {_name(item): item for item in problems}
    long = {name: item for name, item in names.items() if item["type"] == "string_too_long" and name in FIELDS.values()}
    if len(long) == len(names):
        return (
            "；".join(f"{name}最多{item['ctx']['max_length']}字，请精简后再提交" for name, item in long.items()) + "。"
        )
    return f"请求内容有误，请检查：{'、'.join(names)}。"


def _name(problem: dict) -> str:
    """The field's name as people know it; that of the interface where only programs send it."""
    field = next((str(part) for part in reversed(problem["loc"]) if isinstance(part, str)), "")
    return FIELDS.get(field, field)


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
        return JSONResponse(body("invalid_input", _told(list(error.errors()))), 422)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        code, message = _HTTP.get(error.status_code, ("invalid_input", "请求无法处理。"))
        return JSONResponse(body(code, message), error.status_code)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        number = uuid.uuid4().hex[:8]
        log.error("error %s at %s %s", number, request.method, request.url.path, exc_info=error)
        return JSONResponse(body("internal", f"系统出了点问题（编号{number}），请稍后再试，或拨打12345。"), 500)
