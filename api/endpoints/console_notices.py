"""待办提醒 endpoints: the inbox of whoever is signed in, its counter, and what was seen to."""

from typing import Annotated

from fastapi import APIRouter, Depends

from api.auth import actor
from api.endpoints import Services, services, signed_in
from casework.organisation.staff import Staff

router = APIRouter(prefix="/api/console/notices", tags=["待办提醒"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]


@router.get("")
def notices(given: In, staff: Who) -> dict:
    return given.notices.inbox(actor(staff))


@router.get("/count")
def count(given: In, staff: Who) -> dict:
    return given.notices.count(actor(staff))


@router.post("/{notice_id}/done")
def done(notice_id: int, given: In, staff: Who) -> dict:
    return given.notices.done(notice_id, actor(staff))
