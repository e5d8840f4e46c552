"""工单查询与回访 endpoints, for citizens: everything under the query code and the phone's last four digits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.endpoints import Services, address, services
from api.schemas import CallbackAnswer, OrderQuery
from casework.errors import NotFound

router = APIRouter(prefix="/api", tags=["查询"])
In = Annotated[Services, Depends(services)]


def _guarded(given: Services, request: Request, code: str, ask):
    """Ask, and count a failure against the address and against the code."""
    keys = ("address:" + address(request), "code:" + code.upper().replace("-", "").replace(" ", ""))
    given.query_throttle.check(*keys)
    try:
        return ask()
    except NotFound:
        given.query_throttle.count(*keys)
        raise


@router.post("/work-orders/query")
def query(body: OrderQuery, request: Request, given: In) -> dict:
    return _guarded(given, request, body.query_code, lambda: given.orders.query(body.query_code, body.phone_last4))


@router.post("/callbacks/answer")
def answer(body: CallbackAnswer, request: Request, given: In) -> dict:
    def ask() -> dict:
        return given.orders.answer_callback(
            body.query_code, body.phone_last4, body.contacted, body.resolved, body.rating, body.comment, body.number
        )

    return _guarded(given, request, body.query_code, ask)
