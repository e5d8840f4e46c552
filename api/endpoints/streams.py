"""事件流 endpoint: server-sent events of one conversation (docs/api.md)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sse_starlette.sse import EventSourceResponse

from api.endpoints import Services, address, services

router = APIRouter(prefix="/api/conversations", tags=["会话"])
In = Annotated[Services, Depends(services)]
HEARTBEAT_SECONDS = 15
SEND_SECONDS = 30
"""A receiver that takes nothing for so long is gone."""


@router.get("/{conversation_id}/events")
async def events(
    conversation_id: str, request: Request, given: In, after: Annotated[str, Query(max_length=40)] = ""
) -> EventSourceResponse:
    cursor = request.headers.get("last-event-id") or after
    listener = await given.streams.open(conversation_id, address(request), cursor)
    return EventSourceResponse(given.streams.events(listener), ping=HEARTBEAT_SECONDS, send_timeout=SEND_SECONDS)
