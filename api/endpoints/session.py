"""登录 endpoints, for staff."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.auth import COOKIE
from api.endpoints import Services, address, services, signed_in
from api.schemas import SignIn
from casework.errors import NotSignedIn
from casework.organisation.staff import Staff
from casework.transitions import ROLE_NAMES

router = APIRouter(prefix="/api/session", tags=["登录"])
In = Annotated[Services, Depends(services)]


def _view(staff: Staff) -> dict:
    return {
        "username": staff.username,
        "name": staff.name,
        "role": staff.role.value,
        "role_name": ROLE_NAMES[staff.role],
        "department": staff.department,
    }


@router.post("")
def sign_in(body: SignIn, request: Request, response: Response, given: In) -> dict:
    keys = ("address:" + address(request), "account:" + body.username)
    given.login_throttle.check(*keys)
    try:
        staff = given.auth.sign_in(body.username, body.password)
    except NotSignedIn:
        given.login_throttle.count(*keys)
        raise
    given.auth.remember(response, staff)
    return _view(staff)


@router.get("")
def show(staff: Annotated[Staff, Depends(signed_in)]) -> dict:
    return _view(staff)


@router.delete("", status_code=204)
def sign_out(response: Response) -> None:
    response.delete_cookie(COOKIE)
