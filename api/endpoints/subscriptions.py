"""通知 endpoints: citizens follow the own order under its query code, administrators manage the general subscriptions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from api.auth import actor, require
from api.endpoints import Services, guarded, services, signed_in
from api.schemas import OrderQuery, Strict
from casework.organisation.staff import Staff
from casework.transitions import Role

router = APIRouter(prefix="/api", tags=["通知"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
Event = Annotated[str, Field(max_length=60)]


class OwnAddress(OrderQuery):
    email: str = Field(max_length=500)


class OwnDrop(OrderQuery):
    id: int


class Followed(Strict):
    events: list[Event] = Field([], max_length=100, description="names of events; [] = all that citizens may see")
    department: str = Field("", max_length=40, description="only its orders; the empty string = all orders")


class NewSubscription(Followed):
    kind: Literal["email", "webhook", "sms"]
    address: str = Field(max_length=2000)


class SubscriptionChange(Followed):
    active: bool
    version: int


@router.post("/work-orders/subscriptions/query")
def own(body: OrderQuery, request: Request, given: In) -> dict:
    return guarded(given, request, body.query_code, lambda: given.subscriptions.own(body.query_code, body.phone_last4))


@router.post("/work-orders/subscriptions", status_code=201)
def follow(body: OwnAddress, request: Request, given: In) -> dict:
    def ask() -> dict:
        return given.subscriptions.follow_own(body.query_code, body.phone_last4, body.email)

    return guarded(given, request, body.query_code, ask)


@router.post("/work-orders/subscriptions/drop")
def drop(body: OwnDrop, request: Request, given: In) -> dict:
    def ask() -> dict:
        return given.subscriptions.drop_own(body.query_code, body.phone_last4, body.id)

    return guarded(given, request, body.query_code, ask)


@router.get("/console/subscriptions")
def listed(given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.subscriptions.all()


@router.post("/console/subscriptions", status_code=201)
def add(body: NewSubscription, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.subscriptions.add(body.kind, body.address, body.events, body.department, actor(staff))


@router.put("/console/subscriptions/{subscription_id}")
def change(subscription_id: int, body: SubscriptionChange, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.subscriptions.change(subscription_id, body.version, body.events, body.department, body.active)


@router.delete("/console/subscriptions/{subscription_id}", status_code=204)
def remove(subscription_id: int, given: In, staff: Who) -> None:
    require(staff, Role.ADMINISTRATOR)
    given.subscriptions.remove(subscription_id)


@router.post("/console/subscriptions/{subscription_id}/secret")
def secret(subscription_id: int, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.subscriptions.renew_secret(subscription_id)


@router.post("/console/subscriptions/{subscription_id}/test")
def probe(subscription_id: int, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.subscriptions.probe(subscription_id)
