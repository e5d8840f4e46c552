"""会话 endpoints, for citizens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.endpoints import Services, address, services
from api.schemas import Helpful, NewConversation, NewTurn
from api.services.conversations import conversation_view, turn_view

router = APIRouter(prefix="/api/conversations", tags=["会话"])
In = Annotated[Services, Depends(services)]


@router.post("", status_code=201)
def begin(body: NewConversation, request: Request, given: In) -> dict:
    given.turn_throttle.check(address(request))
    given.turn_throttle.count(address(request))
    return conversation_view(given.conversations.begin(body.channel))


@router.get("/{conversation_id}")
def show(conversation_id: str, given: In) -> dict:
    return conversation_view(given.conversations.get(conversation_id))


@router.post("/{conversation_id}/turns")
def turn(conversation_id: str, body: NewTurn, request: Request, given: In) -> dict:
    given.turn_throttle.check(address(request))
    given.turn_throttle.count(address(request))
    return turn_view(given.conversations.turn(conversation_id, body.text, body.option))


@router.post("/{conversation_id}/turns/{number}/helpful", status_code=204)
def helpful(conversation_id: str, number: int, body: Helpful, given: In) -> None:
    given.conversations.helpful(conversation_id, number, body.helpful)
