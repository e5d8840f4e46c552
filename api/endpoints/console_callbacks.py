"""回访 endpoints: the agents' calls."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import actor, require
from api.endpoints import Services, services, signed_in
from api.schemas import CalledAnswer, CallIn
from casework.organisation.staff import Staff
from casework.transitions import Role

router = APIRouter(prefix="/api/console/callbacks", tags=["回访"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
CALLING = (Role.AGENT, Role.SUPERVISOR)


@router.get("")
def tasks(
    given: In,
    staff: Who,
    kind: Annotated[str, Query(max_length=20)] = "all",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict:
    require(staff, *CALLING, Role.ADMINISTRATOR)
    return given.callbacks.tasks(kind, page, size)


@router.post("/{callback_id}/phone")
def phone(callback_id: int, given: In, staff: Who) -> dict:
    require(staff, *CALLING)
    return given.callbacks.phone(callback_id, actor(staff))


@router.post("/{callback_id}/attempts")
def attempt(callback_id: int, body: CallIn, given: In, staff: Who) -> dict:
    require(staff, *CALLING)
    return given.callbacks.record(callback_id, body.version, body.outcome, actor(staff), body.again_at)


@router.post("/{callback_id}/answer")
def answer(callback_id: int, body: CalledAnswer, given: In, staff: Who) -> dict:
    require(staff, *CALLING)
    told = body.contacted, body.resolved, body.rating, body.comment, body.reason_tags
    return given.callbacks.answer(callback_id, body.version, *told, actor(staff))
