"""附件 endpoints: files come as the request's raw body, read with a hard cap; they leave as downloads only, never as pages."""

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.auth import actor
from api.endpoints import Services, guarded, services, signed_in
from casework.errors import TooLarge
from casework.organisation.staff import Staff

router = APIRouter(prefix="/api", tags=["附件"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
Name = Annotated[str, Query(max_length=400, description="the file's name with its extension")]
DOWNLOAD_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


@router.post("/work-orders/attachments")
async def attach_own(
    request: Request,
    given: In,
    name: Name,
    number: Annotated[str, Query(max_length=40)] = "",
    x_query_code: Annotated[str, Header(max_length=200)] = "",
    x_phone_last4: Annotated[str, Header(max_length=40)] = "",
) -> dict:
    """The code comes in headers (percent-encoded), because addresses end up in logs."""
    key = unquote(x_query_code), unquote(x_phone_last4)
    most = await run_in_threadpool(
        guarded, given, request, key[0], lambda: given.additions.may_attach_own(*key, number)
    )
    content = await read_capped(request, most)
    return await run_in_threadpool(given.additions.attach_own, *key, name, content, number)


@router.post("/console/work-orders/{order_id}/attachments")
async def attach(order_id: int, request: Request, given: In, staff: Who, name: Name) -> dict:
    by = actor(staff)
    most = await run_in_threadpool(given.additions.may_attach, order_id, by)
    content = await read_capped(request, most)
    await run_in_threadpool(given.additions.attach, order_id, name, content, by)
    return await run_in_threadpool(given.orders.detail, order_id, by)


@router.get("/console/work-orders/{order_id}/attachments/{attachment_id}")
def content(order_id: int, attachment_id: int, given: In, staff: Who) -> Response:
    name, media_type, found = given.additions.content(order_id, attachment_id, actor(staff))
    disposition = f"attachment; filename=\"attachment-{attachment_id}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = DOWNLOAD_HEADERS | {"Content-Disposition": disposition}
    return Response(found, media_type=media_type, headers=headers)


async def read_capped(request: Request, most: int) -> bytes:
    """The body, counted while it comes in, whatever its length was announced to be. Raises: TooLarge."""
    told = f"附件不能超过{most / 1024 / 1024:.3g}MB，请压缩后再上传。"
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise TooLarge(told)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise TooLarge(told)
    return bytes(content)
