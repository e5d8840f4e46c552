"""管理 endpoints: models, training jobs, drift, statistics."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.auth import actor, require
from api.endpoints import Services, services, signed_in
from api.schemas import Promotion, SelectionIn, TrainingRequest
from api.services.drift import MAX_WEEKS, drift_view
from api.services.models import model_view, models_view, promote, report_page, rollback
from api.services.statistics import overview
from api.training_data import Selection
from casework.organisation.staff import Staff
from casework.transitions import Role

router = APIRouter(prefix="/api", tags=["管理"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
REPORT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""A report quotes citizens: it is shown to whoever may read it, and nothing in it runs or is fetched."""


@router.get("/console/models")
def models(given: In, staff: Who) -> dict:
    require(staff, Role.SUPERVISOR, Role.ADMINISTRATOR)
    return models_view(given.instance)


@router.post("/console/models/rollback")
def rollback_model(given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    rollback(given.instance, actor(staff).id)
    return models_view(given.instance)


@router.get("/console/models/{model_id}")
def model(model_id: str, given: In, staff: Who) -> dict:
    require(staff, Role.SUPERVISOR, Role.ADMINISTRATOR)
    return model_view(given.instance, model_id)


@router.get("/console/models/{model_id}/report", response_class=HTMLResponse)
def model_report(model_id: str, given: In, staff: Who) -> HTMLResponse:
    require(staff, Role.SUPERVISOR, Role.ADMINISTRATOR)
    return HTMLResponse(report_page(given.instance, model_id), headers=REPORT_HEADERS)


@router.post("/console/models/{model_id}/promote")
def promote_model(model_id: str, given: In, staff: Who, body: Promotion | None = None) -> dict:
    require(staff, Role.ADMINISTRATOR)
    promote(given.instance, model_id, actor(staff).id, body.reason if body else "")
    return models_view(given.instance)


@router.get("/console/drift")
def drift(given: In, staff: Who, weeks: Annotated[int, Query(ge=1, le=MAX_WEEKS)] = 12) -> dict:
    require(staff, Role.SUPERVISOR, Role.ADMINISTRATOR)
    return drift_view(given.instance, weeks)


@router.post("/console/training/report")
def training_report(body: SelectionIn, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.training.report(_selection(body))


@router.post("/console/training", status_code=202)
def train(body: TrainingRequest, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return {"job": given.training.queue(_selection(body), body.trainer, body.promote, staff.username)}


@router.post("/console/training/{key}/cancel", status_code=204)
def cancel_training(key: str, given: In, staff: Who) -> None:
    require(staff, Role.ADMINISTRATOR)
    given.training.cancel(key, staff.username)


@router.get("/console/jobs")
def jobs(given: In, staff: Who) -> list[dict]:
    require(staff, Role.SUPERVISOR, Role.ADMINISTRATOR)
    return given.training.jobs()


def _selection(body: SelectionIn) -> Selection:
    first, last = (day.isoformat() if day else "" for day in (body.start, body.end))
    return Selection.of(first, last, body.departments)


@router.get("/statistics/overview")
def statistics(given: In, staff: Who) -> dict:
    return overview(given.instance, staff.department if staff.role is Role.DEPARTMENT else "")
