"""质检 endpoints: findings and verdicts, rules, coverage, special inspections, and the check of a reply before closing."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.auth import actor
from api.endpoints import Services, day_bounds, services, signed_in
from api.schemas import LONG, Strict
from casework.organisation.staff import Staff
from casework.quality.quality import ClosingQuery, FindingFilter

router = APIRouter(prefix="/api/console", tags=["质检"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
Start = Annotated[date | None, Query(alias="from")]
End = Annotated[date | None, Query(alias="to")]
Code = Annotated[str, Field(max_length=40)]


class Verdict(Strict):
    version: int
    upheld: bool
    note: str = Field("", max_length=2000)


class Objection(Strict):
    version: int
    note: str = Field(max_length=2000)


class ReplyDraft(Strict):
    text: str = Field(max_length=LONG)
    closing_kind: str = Field("", max_length=20)


class RuleSwitch(Strict):
    on: bool
    note: str = Field("", max_length=2000)


class SpecialQuery(Strict):
    start: date | None = Field(None, alias="from")
    end: date | None = Field(None, alias="to")
    departments: list[Code] = Field([], max_length=2000)
    districts: list[Annotated[str, Field(max_length=50)]] = Field([], max_length=200)
    types: list[Annotated[str, Field(max_length=20)]] = Field([], max_length=10)
    category: str = Field("", max_length=200)
    text: str = Field("", max_length=200)
    closing_kind: str = Field("", max_length=20)
    ratings: list[Annotated[int, Field(ge=1, le=5)]] = Field([], max_length=5)
    rules: list[Code] = Field([], max_length=50)


class NewSpecial(Strict):
    name: str = Field(max_length=200)
    query: SpecialQuery
    size: int
    seed: int | None = Field(None, ge=0, lt=2**31)


class SpecialVerdict(Strict):
    verdict: str = Field(max_length=20)
    rules: list[Code] = Field([], max_length=50)
    note: str = Field("", max_length=2000)


class Version(Strict):
    version: int


@router.get("/quality/choices")
def choices(given: In, staff: Who) -> dict:
    return given.quality.choices()


@router.get("/quality/findings")
def findings(
    given: In,
    staff: Who,
    rule: Annotated[str, Query(max_length=40)] = "",
    severity: Annotated[str, Query(max_length=20)] = "",
    department: Annotated[str, Query(max_length=40)] = "",
    verdict: Annotated[str, Query(max_length=20)] = "",
    start: Start = None,
    end: End = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict:
    first, last = day_bounds(start, end)
    wanted = FindingFilter(rule, severity, department, verdict, first, last)
    return given.quality.findings(wanted, actor(staff), page, size)


@router.post("/quality/findings/{finding_id}/verdict")
def decide(finding_id: int, body: Verdict, given: In, staff: Who) -> dict:
    return given.quality.decide(finding_id, body.version, body.upheld, body.note, actor(staff))


@router.post("/quality/findings/{finding_id}/objection")
def object_to(finding_id: int, body: Objection, given: In, staff: Who) -> dict:
    return given.quality.object_to(finding_id, body.version, body.note, actor(staff))


@router.get("/quality/rules")
def rules(given: In, staff: Who, start: Start = None, end: End = None) -> list[dict]:
    return given.quality.rules(*day_bounds(start, end), actor(staff))


@router.put("/quality/rules/{rule}")
def switch(rule: str, body: RuleSwitch, given: In, staff: Who) -> list[dict]:
    return given.quality.switch(rule, body.on, body.note, actor(staff))


@router.get("/quality/coverage")
def coverage(given: In, staff: Who, start: Start = None, end: End = None) -> dict:
    return given.quality.coverage(*day_bounds(start, end), actor(staff))


@router.get("/quality/specials")
def specials(given: In, staff: Who) -> list[dict]:
    return given.quality.specials(actor(staff))


@router.post("/quality/specials", status_code=201)
def begin_special(body: NewSpecial, given: In, staff: Who) -> dict:
    told = body.query
    first, last = day_bounds(told.start, told.end)
    wanted = ClosingQuery(
        first,
        last,
        tuple(told.departments),
        tuple(told.districts),
        tuple(told.types),
        told.category.strip("/ "),
        told.text.strip(),
        told.closing_kind,
        tuple(told.ratings),
        tuple(told.rules),
    )
    return given.quality.begin_special(body.name, wanted, body.size, body.seed, actor(staff))


@router.get("/quality/specials/{special_id}")
def special(special_id: int, given: In, staff: Who) -> dict:
    return given.quality.special(special_id, actor(staff))


@router.post("/quality/specials/{special_id}/orders/{order_id}")
def judge(special_id: int, order_id: int, body: SpecialVerdict, given: In, staff: Who) -> dict:
    return given.quality.judge(special_id, order_id, body.verdict, body.rules, body.note, actor(staff))


@router.post("/quality/specials/{special_id}/close")
def close_special(special_id: int, body: Version, given: In, staff: Who) -> dict:
    return given.quality.close_special(special_id, body.version, actor(staff))


@router.get("/work-orders/{order_id}/quality")
def of_order(order_id: int, given: In, staff: Who) -> dict:
    return given.quality.of_order(order_id, actor(staff))


@router.get("/work-orders/{order_id}/reply-check")
def reply_check(order_id: int, given: In, staff: Who, closing_kind: Annotated[str, Query(max_length=20)] = "") -> dict:
    return given.quality.reply_check(order_id, actor(staff), closing=closing_kind)


@router.post("/work-orders/{order_id}/reply-check")
def draft_check(order_id: int, body: ReplyDraft, given: In, staff: Who) -> dict:
    return given.quality.reply_check(order_id, actor(staff), body.text, body.closing_kind)
