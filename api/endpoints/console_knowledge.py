"""知识管理 endpoints: entries, their review and history, and the gaps that citizens' questions show."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import actor
from api.endpoints import Services, services, signed_in
from api.knowledge_schemas import BulkMove, EntryEdit, EntryIn, EntryMove, GapEntry, GapQuestions, GapSimilar, SimilarIn
from casework.organisation.staff import Staff
from knowledge.entry import EntryKind, ReviewState

router = APIRouter(prefix="/api/console", tags=["知识管理"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
EntryId = Annotated[str, Query(alias="id", min_length=1, max_length=500)]
Page = Annotated[int, Query(ge=1, le=100_000)]
Size = Annotated[int, Query(ge=1, le=100)]


@router.get("/knowledge")
def entries(
    given: In,
    staff: Who,
    text: Annotated[str, Query(max_length=200)] = "",
    library: Annotated[str | None, Query(max_length=100)] = None,
    state: ReviewState | None = None,
    kind: EntryKind | None = None,
    generated: bool | None = None,
    page: Page = 1,
    size: Size = 20,
) -> dict:
    return given.knowledge.list(text.strip(), page, size, library=library, state=state, kind=kind, generated=generated)


@router.get("/knowledge/libraries")
def libraries(given: In, staff: Who) -> list[dict]:
    return list(given.knowledge.libraries())


@router.post("/knowledge", status_code=201)
def create(body: EntryIn, given: In, staff: Who) -> dict:
    return given.knowledge.create(body.entry(), actor(staff))


@router.post("/knowledge/review")
def review(body: BulkMove, given: In, staff: Who) -> dict:
    wanted = body.filter.model_dump() if body.filter else None
    return given.knowledge.move_all(body.ids, wanted, body.to, actor(staff), body.note)


@router.get("/knowledge/entry")
def entry(given: In, staff: Who, entry_id: EntryId) -> dict:
    return given.knowledge.get(entry_id, actor(staff))


@router.put("/knowledge/entry")
def edit(body: EntryEdit, given: In, staff: Who, entry_id: EntryId) -> dict:
    return given.knowledge.edit(body.entry.entry(entry_id), body.version, actor(staff), body.note)


@router.post("/knowledge/entry/transition")
def move(body: EntryMove, given: In, staff: Who, entry_id: EntryId) -> dict:
    return given.knowledge.move(entry_id, body.to, actor(staff), body.note)


@router.post("/knowledge/entry/similar")
def similar(body: SimilarIn, given: In, staff: Who, entry_id: EntryId) -> dict:
    return given.knowledge.similar(entry_id, body.questions, actor(staff))


@router.get("/knowledge/entry/history")
def history(given: In, staff: Who, entry_id: EntryId) -> list[dict]:
    return list(given.knowledge.history(entry_id))


@router.get("/gaps")
def gaps(given: In, staff: Who, page: Page = 1, size: Size = 20) -> dict:
    return given.gaps.list(actor(staff), page, size)


@router.post("/gaps/entry", status_code=201)
def gap_entry(body: GapEntry, given: In, staff: Who) -> dict:
    return given.gaps.new_entry(body.questions, body.entry.entry(), actor(staff))


@router.post("/gaps/similar")
def gap_similar(body: GapSimilar, given: In, staff: Who) -> dict:
    return given.gaps.known_entry(body.questions, body.entry_id, actor(staff))


@router.post("/gaps/dismiss", status_code=204)
def dismiss(body: GapQuestions, given: In, staff: Who) -> None:
    given.gaps.dismiss(body.questions, actor(staff))
