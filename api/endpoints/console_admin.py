"""管理 endpoints: models, training jobs, statistics."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import actor, require
from api.endpoints import Services, day_bounds, services, signed_in
from api.schemas import TrainingRequest
from api.services.models import models_view, promote, rollback
from api.services.statistics import overview
from casework.job import Job
from casework.satisfaction import satisfaction_rates
from casework.staff import Staff
from casework.transitions import Role

router = APIRouter(prefix="/api", tags=["管理"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]


@router.get("/console/models")
def models(given: In, staff: Who) -> dict:
    require(staff, Role.SUPERVISOR, Role.ADMINISTRATOR)
    return models_view(given.instance)


@router.post("/console/models/{model_id}/promote")
def promote_model(model_id: str, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    promote(given.instance, model_id, actor(staff).id)
    return models_view(given.instance)


@router.post("/console/models/rollback")
def rollback_model(given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    rollback(given.instance, actor(staff).id)
    return models_view(given.instance)


@router.post("/console/training", status_code=202)
def train(body: TrainingRequest, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    now = given.instance.clock.now()
    key = f"train_routing:{now:%Y%m%d%H%M}"
    payload = {"since": body.since.isoformat() if body.since else "", "trainer": body.trainer, "by": staff.username}
    with given.instance.unit() as work:
        work.jobs.add(Job("train_routing", key, now, payload))
        work.commit()
    return {"job": key}


@router.get("/console/jobs")
def jobs(given: In, staff: Who) -> list[dict]:
    require(staff, Role.SUPERVISOR, Role.ADMINISTRATOR)
    with given.instance.unit() as work:
        rows = work.jobs.list()
    return [
        {
            "key": job.key,
            "kind": job.kind,
            "state": job.state.value,
            "due_at": job.due_at,
            "attempts": job.attempts,
            "error": job.error,
        }
        for job in rows
    ]


@router.get("/statistics/satisfaction")
def satisfaction(
    given: In,
    staff: Who,
    start: Annotated[date | None, Query(alias="from")] = None,
    end: Annotated[date | None, Query(alias="to", description="this day included")] = None,
    department: str = "",
) -> dict:
    department = staff.department if staff.role is Role.DEPARTMENT else department
    first, last = day_bounds(start, end)
    with given.instance.unit() as work:
        callbacks = work.callbacks.between(first, last, department)
        closings = work.callbacks.closings_between(first, last, department)
    return satisfaction_rates(callbacks, closings).as_dict()


@router.get("/statistics/overview")
def statistics(given: In, staff: Who) -> dict:
    return overview(given.instance, staff.department if staff.role is Role.DEPARTMENT else "")
