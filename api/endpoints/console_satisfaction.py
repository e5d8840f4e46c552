"""满意度 endpoints: rates by group, and the closings behind each figure."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.endpoints import Services, day_bounds, services, signed_in
from casework.callback.satisfaction import ClosingFilter
from casework.organisation.staff import Staff

router = APIRouter(prefix="/api/statistics/satisfaction", tags=["统计"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
Word = Annotated[str, Query(max_length=100)]


def closing_filter(
    start: Annotated[date | None, Query(alias="from", description="of the closing")] = None,
    end: Annotated[date | None, Query(alias="to", description="this day included")] = None,
    district: Word = "",
    type: Word = "",
    channel: Word = "",
) -> ClosingFilter:
    """Dependency: which closings are meant; departments are added by the service, which knows their units."""
    first, last = day_bounds(start, end)
    return ClosingFilter(first, last, (), district, type, channel)


Wanted = Annotated[ClosingFilter, Depends(closing_filter)]


@router.get("")
def rates(given: In, staff: Who, wanted: Wanted, department: Word = "", group: Word = "") -> dict:
    return given.satisfaction.rates(wanted, department, group, staff)


@router.get("/rows")
def rows(
    given: In,
    staff: Who,
    wanted: Wanted,
    measure: Word,
    part: Word,
    department: Word = "",
    reason: Word = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict:
    return given.satisfaction.rows(wanted, department, measure, part, reason, staff, page, size)
