"""坐席工作台 endpoints: work orders, actions, departments, the taxonomy."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import OFFICE, actor, require
from api.endpoints import Services, services, signed_in
from api.schemas import NewOrder, OrderAction, SplitIn, SupplementIn
from casework.appeal import Appeal, AppealType, FiveElements, Requester
from casework.errors import InvalidInput
from casework.handling.handling import Action
from casework.handling.splitting import Part
from casework.organisation.staff import Staff
from casework.ports import WorkOrderFilter
from casework.transitions import State

router = APIRouter(prefix="/api/console", tags=["工作台"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]


@router.get("/work-orders")
def work_orders(
    given: In,
    staff: Who,
    state: str = "",
    department: str = "",
    text: Annotated[str, Query(max_length=200)] = "",
    merged: bool | None = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict:
    try:
        states = tuple(State(name) for name in state.split(",") if name)
    except ValueError:
        raise InvalidInput("没有这个工单状态。") from None
    # Who searches for an order finds it, merged or not.
    wanted = merged if merged is not None or text.strip() else False
    found = WorkOrderFilter(states, department, text.strip(), merged=wanted)
    return given.orders.list(found, actor(staff), page, size)


@router.get("/work-orders/{order_id}")
def work_order(order_id: int, given: In, staff: Who) -> dict:
    return given.orders.detail(order_id, actor(staff))


@router.post("/work-orders", status_code=201)
def file(body: NewOrder, given: In, staff: Who) -> dict:
    require(staff, *OFFICE)
    if body.type not in set(AppealType):
        raise InvalidInput("诉求类型应为：" + "、".join(AppealType) + "。")
    appeal = Appeal(
        type=AppealType(body.type),
        text=body.text,
        elements=FiveElements(**body.elements.model_dump()),
        requester=Requester(body.name, body.phone),
        district=body.district or given.instance.places.locate(body.text, body.elements.place).district,
        channel="phone",
        confidential=body.confidential,
    )
    by, conversations = actor(staff), given.conversations
    answered = body.answer.strip()
    order = conversations.answer(appeal, answered, by) if answered else conversations.file(appeal, by)
    earlier = given.orders.earlier(order)
    return {"id": order.id, "number": order.number, "query_code": order.query_code} | earlier


@router.post("/work-orders/{order_id}/actions")
def act(order_id: int, body: OrderAction, given: In, staff: Who) -> dict:
    wanted = body.model_dump()
    name, supporting = wanted.pop("action"), wanted.pop("supporting")
    known = None if supporting is None else tuple(dict.fromkeys(supporting))
    action = Action(name, supporting=known, **wanted)
    return given.orders.act(order_id, action, actor(staff))


@router.post("/work-orders/{order_id}/phone")
def phone(order_id: int, given: In, staff: Who) -> dict:
    return given.orders.phone(order_id, actor(staff))


@router.post("/work-orders/{order_id}/supplements")
def supplement(order_id: int, body: SupplementIn, given: In, staff: Who) -> dict:
    by = actor(staff)
    given.additions.supplement(order_id, body.text, by)
    return given.orders.detail(order_id, by)


@router.post("/work-orders/{order_id}/split")
def split(order_id: int, body: SplitIn, given: In, staff: Who) -> dict:
    parts = [
        Part(part.text, part.department, tuple(dict.fromkeys(part.supporting)), part.category, part.type)
        for part in body.parts
    ]
    return given.orders.split(order_id, body.version, parts, actor(staff))


@router.get("/departments")
def departments(given: In, staff: Who, inactive: bool = False) -> list[dict]:
    return given.departments.names(inactive)


@router.get("/taxonomy")
def taxonomy(given: In, staff: Who) -> list[dict]:
    return [
        {"code": node.code, "name": node.name, "path": node.path, "parent": node.parent}
        for node in given.instance.taxonomy
    ]
