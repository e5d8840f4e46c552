"""坐席工作台 endpoints: work orders, actions, departments."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import OFFICE, actor, require
from api.endpoints import Services, services, signed_in
from api.schemas import NewOrder, OrderAction
from casework.appeal import Appeal, AppealType, FiveElements, Requester
from casework.errors import InvalidInput
from casework.handling import Action
from casework.ports import WorkOrderFilter
from casework.staff import Staff
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
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict:
    try:
        states = tuple(State(name) for name in state.split(",") if name)
    except ValueError:
        raise InvalidInput("没有这个工单状态。") from None
    return given.orders.list(WorkOrderFilter(states, department, text.strip()), actor(staff), page, size)


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
        district=body.district or given.instance.city.district_of(f"{body.elements.place} {body.text}"),
        channel="phone",
    )
    order = given.conversations.file(appeal, actor(staff))
    return {"id": order.id, "number": order.number, "query_code": order.query_code}


@router.post("/work-orders/{order_id}/actions")
def act(order_id: int, body: OrderAction, given: In, staff: Who) -> dict:
    action = Action(body.action, body.version, body.reason, body.department, body.reply, body.closing_kind)
    return given.orders.act(order_id, action, actor(staff))


@router.get("/departments")
def departments(given: In, staff: Who) -> list[dict]:
    return [
        {"code": item.code, "name": item.name, "duties": item.duties} for item in given.instance.departments().values()
    ]
