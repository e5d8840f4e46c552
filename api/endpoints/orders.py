"""工单查询与回访 endpoints, for citizens: everything under the query code and the phone's last four digits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.endpoints import Services, guarded, services
from api.schemas import CallbackAnswer, FollowUpIn, OrderQuery, OwnOrder, OwnSupplement

router = APIRouter(prefix="/api", tags=["查询"])
In = Annotated[Services, Depends(services)]


@router.post("/work-orders/query")
def query(body: OrderQuery, request: Request, given: In) -> dict:
    return guarded(given, request, body.query_code, lambda: given.orders.query(body.query_code, body.phone_last4))


@router.post("/callbacks/answer")
def answer(body: CallbackAnswer, request: Request, given: In) -> dict:
    def ask() -> dict:
        answers = body.contacted, body.resolved, body.rating, body.comment
        return given.callbacks.answer_own(body.query_code, body.phone_last4, *answers, body.number, body.reason_tags)

    return guarded(given, request, body.query_code, ask)


@router.post("/callbacks/follow-up")
def follow_up(body: FollowUpIn, request: Request, given: In) -> dict:
    def ask() -> dict:
        return given.callbacks.follow_up_own(body.query_code, body.phone_last4, body.text, body.number)

    return guarded(given, request, body.query_code, ask)


@router.post("/work-orders/urge")
def urge(body: OwnOrder, request: Request, given: In) -> dict:
    def ask() -> dict:
        return given.additions.urge_own(body.query_code, body.phone_last4, body.number)

    return guarded(given, request, body.query_code, ask)


@router.post("/work-orders/supplements")
def supplement(body: OwnSupplement, request: Request, given: In) -> dict:
    def ask() -> dict:
        return given.additions.supplement_own(body.query_code, body.phone_last4, body.text, body.number)

    return guarded(given, request, body.query_code, ask)
