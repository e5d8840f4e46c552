"""派单规则 endpoints: the rules in force, their history, a trial before saving, saving, restoring."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from api.auth import actor, require
from api.endpoints import Services, services, signed_in
from api.schemas import Strict
from api.services.rules import LAST
from casework.organisation.staff import Staff
from casework.transitions import Role
from routing.rule_trial import MOST

router = APIRouter(prefix="/api/console/rules", tags=["派单规则"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
READERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


class RuleList(Strict):
    """Rows are checked by `routing.rule_checks`, which says what is wrong with each."""

    rules: list[Any] = Field(max_length=10_000)


class RuleTrial(RuleList):
    last: int = Field(LAST, ge=1, le=MOST)


class RuleSave(RuleList):
    note: str = Field("", max_length=500)
    version: int
    proof: str = Field("", max_length=500)
    """Of the trial of exactly these rules."""


class RuleRestore(Strict):
    version: int
    note: str = Field("", max_length=400)


@router.get("")
def rules(given: In, staff: Who) -> dict:
    require(staff, *READERS)
    return given.rules.current()


@router.get("/history")
def history(given: In, staff: Who) -> list[dict]:
    require(staff, *READERS)
    return list(given.rules.history())


@router.post("/trial")
def trial(body: RuleTrial, given: In, staff: Who) -> dict:
    require(staff, *READERS)
    return given.rules.try_checked(body.rules, body.last)


@router.put("")
def save(body: RuleSave, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.rules.save(body.rules, body.note, body.version, actor(staff).id, body.proof)


@router.post("/restore")
def restore(body: RuleRestore, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.rules.restore(body.version, body.note, actor(staff).id)
