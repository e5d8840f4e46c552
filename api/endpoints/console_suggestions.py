"""座席建议 endpoints: suggestions, their verdicts, and how often they were taken."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import OFFICE, actor, require
from api.endpoints import Services, day_bounds, services, signed_in
from api.knowledge_schemas import SuggestionVerdict
from assistant.suggestion_log import Verdict
from casework.errors import InvalidInput
from casework.organisation.staff import Staff

router = APIRouter(prefix="/api", tags=["座席建议"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]


@router.get("/console/suggestions")
def suggestions(
    given: In,
    staff: Who,
    text: Annotated[str, Query(max_length=5000)] = "",
    order: Annotated[str, Query(max_length=40)] = "",
    conversation: Annotated[str, Query(max_length=100)] = "",
) -> dict:
    if sum(map(bool, (text, order, conversation))) != 1:
        raise InvalidInput("请给出 text、order、conversation 三者之一。")
    if order:
        return given.suggestions.for_order(order, actor(staff))
    if conversation:
        require(staff, *OFFICE)
        return given.suggestions.for_conversation(conversation, actor(staff))
    return given.suggestions.for_text(text)


@router.post("/console/suggestions/verdict", status_code=204)
def verdict(body: SuggestionVerdict, given: In, staff: Who) -> None:
    given.suggestions.decide(body.id, Verdict(body.verdict), body.entry_id, body.final_text, actor(staff))


@router.get("/statistics/suggestions")
def statistics(
    given: In,
    staff: Who,
    start: Annotated[date | None, Query(alias="from")] = None,
    end: Annotated[date | None, Query(alias="to", description="this day included")] = None,
) -> dict:
    require(staff, *OFFICE)
    return given.suggestions.statistics(*day_bounds(start, end))
