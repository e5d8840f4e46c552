"""研判 endpoints: hot topics, shares of appeals, the departments' league, periodic reports, exports."""

from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from api.auth import OFFICE, actor, require
from api.endpoints import Services, day_bounds, services, signed_in
from api.endpoints.console_admin import REPORT_HEADERS
from api.schemas import ReportIn
from api.services.exports import File, export_findings, export_league, export_orders, export_topics
from api.services.league import LeagueQuery, league_rows, league_view
from api.services.reports import file_name, get_report, make_report, report_file, report_view, reports_view
from api.services.shares import dimension_of, shares_view, slice_rows
from api.services.topics import topic_detail, topics_view
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput
from casework.insight.league import LeagueMeasure, measure_of
from casework.insight.periodic_report import kind_of
from casework.organisation.staff import Staff
from casework.ports import WorkOrderFilter
from casework.quality.quality import FindingFilter
from casework.transitions import Role, State

router = APIRouter(prefix="/api/console", tags=["研判"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
From = Annotated[date | None, Query(alias="from")]
To = Annotated[date | None, Query(alias="to", description="this day included")]
Page = Annotated[int, Query(ge=1, le=100_000)]
Size = Annotated[int, Query(ge=1, le=100)]
LEADING = (Role.SUPERVISOR, Role.ADMINISTRATOR)
USUAL_DAYS = 30
"""The league's period where none is asked for."""


@router.get("/topics")
def topics(given: In, staff: Who, past: bool = False) -> dict:
    return topics_view(given.instance, actor(staff), past)


@router.get("/topics/{topic_id}")
def topic(topic_id: int, given: In, staff: Who) -> dict:
    return topic_detail(given.instance, topic_id, actor(staff))


@router.get("/shares")
def shares(
    given: In,
    staff: Who,
    by: Annotated[list[str], Query(description="one or two dimensions")],
    start: From = None,
    end: To = None,
) -> dict:
    return shares_view(given.instance, actor(staff), *day_bounds(start, end), [dimension_of(name) for name in by])


@router.get("/shares/rows")
def share_rows(
    given: In,
    staff: Who,
    value: Annotated[list[str] | None, Query(description="dimension:value")] = None,
    start: From = None,
    end: To = None,
    page: Page = 1,
    size: Size = 20,
) -> dict:
    return slice_rows(given.instance, actor(staff), *day_bounds(start, end), value or [], page, size)


@router.get("/league")
def league(
    given: In, staff: Who, start: From = None, end: To = None, together: bool = True, sort: str = "satisfaction"
) -> dict:
    query = _query(given, start, end, together, measure_of(sort))
    return league_view(given.instance, query, actor(staff))


@router.get("/league/rows")
def rows_of_league(
    given: In,
    staff: Who,
    department: str = "",
    measure: Annotated[str, Query(description="empty: the volume")] = "",
    part: Annotated[str, Query(pattern="^(numerator|denominator)?$")] = "denominator",
    start: From = None,
    end: To = None,
    together: bool = True,
    page: Page = 1,
    size: Size = 20,
) -> dict:
    asked = measure_of(measure) if measure else None
    query = _query(given, start, end, together)
    numerator = part == "numerator"
    return league_rows(given.instance, query, department, asked, numerator, actor(staff), page, size)


def _query(
    given: Services,
    start: date | None,
    end: date | None,
    together: bool,
    sort: LeagueMeasure = LeagueMeasure.SATISFACTION,
) -> LeagueQuery:
    last_day = end or given.instance.clock.now().astimezone(CITY_TIME).date()
    try:
        first_day = start or last_day - timedelta(days=USUAL_DAYS - 1)
    except OverflowError:
        raise InvalidInput("统计期间超出范围，请重新选择。") from None
    first, last = day_bounds(first_day, last_day)
    return LeagueQuery(_told(first), _told(last), together, sort)


def _told(moment: datetime | None) -> datetime:
    if moment is None:
        raise InvalidInput("请选择统计期间。")
    return moment


@router.get("/reports")
def reports(given: In, staff: Who, kind: str = "") -> list[dict]:
    require(staff, *LEADING)
    return reports_view(given.instance, kind_of(kind) if kind else None)


@router.post("/reports", status_code=201)
def new_report(body: ReportIn, given: In, staff: Who) -> dict:
    require(staff, *LEADING)
    return report_view(make_report(given.instance, kind_of(body.kind), body.start))


@router.get("/reports/{report_id}")
def report(report_id: int, given: In, staff: Who) -> dict:
    require(staff, *LEADING)
    found = get_report(given.instance, report_id)
    return report_view(found) | {"content": found.content}


@router.get("/reports/{report_id}/html", response_class=HTMLResponse)
def report_page(report_id: int, given: In, staff: Who) -> HTMLResponse:
    require(staff, *LEADING)
    found = get_report(given.instance, report_id)
    return HTMLResponse(report_file(given.instance, found, "html"), headers=REPORT_HEADERS)


@router.get("/reports/{report_id}/docx")
def report_document(report_id: int, given: In, staff: Who) -> Response:
    require(staff, *LEADING)
    found = get_report(given.instance, report_id)
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    headers = _attachment(file_name(found, "docx"))
    return Response(report_file(given.instance, found, "docx"), media_type=media_type, headers=headers)


@router.get("/exports/orders")
def orders_file(
    given: In,
    staff: Who,
    form: str = "xlsx",
    state: str = "",
    department: str = "",
    text: Annotated[str, Query(max_length=200)] = "",
    merged: bool | None = None,
    start: From = None,
    end: To = None,
) -> StreamingResponse:
    try:
        states = tuple(State(name) for name in state.split(",") if name)
    except ValueError:
        raise InvalidInput("没有这个工单状态。") from None
    shown = merged if merged is not None or text.strip() else False
    first, last = day_bounds(start, end)
    wanted = WorkOrderFilter(states, department, text.strip(), first, last, merged=shown)
    told = _as_told(state=state, department=department, text=text, merged=shown, start=start, end=end)
    return _sent(export_orders(given.instance, wanted, form, actor(staff), told))


@router.get("/exports/league")
def league_file(
    given: In, staff: Who, form: str = "xlsx", start: From = None, end: To = None, together: bool = True
) -> StreamingResponse:
    query = _query(given, start, end, together)
    told = _as_told(start=start, end=end, together=together)
    return _sent(export_league(given.instance, query, form, actor(staff), told))


@router.get("/exports/topics")
def topics_file(given: In, staff: Who, form: str = "xlsx") -> StreamingResponse:
    require(staff, *OFFICE)
    return _sent(export_topics(given.instance, form, actor(staff), {}))


@router.get("/exports/findings")
def findings_file(
    given: In,
    staff: Who,
    form: str = "xlsx",
    rule: Annotated[str, Query(max_length=40)] = "",
    severity: Annotated[str, Query(max_length=20)] = "",
    department: Annotated[str, Query(max_length=40)] = "",
    verdict: Annotated[str, Query(max_length=20)] = "",
    start: From = None,
    end: To = None,
) -> StreamingResponse:
    wanted = FindingFilter(rule, severity, department, verdict, *day_bounds(start, end))
    told = _as_told(rule=rule, severity=severity, department=department, verdict=verdict, start=start, end=end)
    return _sent(export_findings(given.instance, wanted, form, actor(staff), told))


@router.get("/exports")
def exports(given: In, staff: Who) -> list[dict]:
    """导出记录, newest first."""
    require(staff, Role.ADMINISTRATOR)
    with given.instance.unit() as work:
        found = work.exports.list()
    return [
        {
            "at": one.at,
            "actor": one.actor,
            "role": one.role,
            "kind": one.kind,
            "form": one.form,
            "rows": one.rows,
            "query": one.query,
        }
        for one in found
    ]


def _as_told(**query: object) -> dict:
    """What was asked for, as it is recorded."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in query.items()
        if value not in ("", None)
    }


def _sent(file: File) -> StreamingResponse:
    return StreamingResponse(file.content, media_type=file.media_type, headers=_attachment(file.name))


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
