"""承办单位 endpoints: the register and its edits, and changes of departments (机构调整)."""

import base64
import binascii
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from api.auth import actor, require
from api.endpoints import Services, services, signed_in
from api.schemas import LONG, Strict
from casework.errors import InvalidInput
from casework.organisation.department import Department
from casework.organisation.department_change import ChangeKind
from casework.organisation.reorganisation import Reorganisation
from casework.organisation.staff import Staff
from casework.transitions import Role

router = APIRouter(prefix="/api/console/departments", tags=["承办单位"])
In = Annotated[Services, Depends(services)]
Who = Annotated[Staff, Depends(signed_in)]
READERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
MOST = 200
"""Departments, categories or accounts in one change."""


class DepartmentIn(Strict):
    code: str = Field(max_length=200)
    name: str = Field("", max_length=500)
    short_name: str = Field("", max_length=500)
    duties: list[Annotated[str, Field(max_length=5000)]] = Field(default_factory=list, max_length=2000)
    jurisdiction: str = Field("", max_length=500)
    working_hours: str = Field("", max_length=500)
    contact: str = Field("", max_length=500)
    parent: str = Field("", max_length=200)

    def department(self) -> Department:
        return Department(**{name: getattr(self, name) for name in DepartmentIn.model_fields})


class DepartmentEdit(DepartmentIn):
    active: bool = True
    version: str = Field(max_length=64)


class DepartmentFile(Strict):
    name: str = Field(max_length=300)
    content: str = Field(max_length=LONG * 10, description="base64")

    def data(self) -> bytes:
        try:
            return base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput("文件没有完整上传，请重新选择文件。") from None


class ChangeIn(Strict):
    kind: Literal["rename", "merge", "split"]
    sources: list[str] = Field(max_length=MOST)
    targets: list[DepartmentIn] = Field(max_length=MOST)
    mapping: dict[str, str] = Field(default_factory=dict, max_length=2000)
    staff: dict[str, str] = Field(default_factory=dict, max_length=2000)
    note: str = Field("", max_length=5000)

    def wanted(self) -> Reorganisation:
        return Reorganisation(
            ChangeKind(self.kind),
            tuple(self.sources),
            tuple(target.department() for target in self.targets),
            self.mapping,
            self.staff,
            self.note,
        )


class ChangeConfirmed(ChangeIn):
    version: int


@router.get("/all")
def departments(given: In, staff: Who) -> dict:
    require(staff, *READERS)
    return given.departments.all()


@router.post("", status_code=201)
def add(body: DepartmentIn, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.departments.add(body.department())


@router.put("")
def edit(body: DepartmentEdit, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    department = body.department()
    department.active = body.active
    return given.departments.edit(department, body.version)


@router.post("/import")
def import_file(body: DepartmentFile, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.departments.import_file(body.name, body.data())


@router.get("/changes")
def changes(given: In, staff: Who) -> list[dict]:
    require(staff, *READERS)
    return given.departments.history()


@router.post("/changes/preview")
def preview(body: ChangeIn, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.departments.preview(body.wanted(), actor(staff))


@router.post("/changes")
def reorganise(body: ChangeConfirmed, given: In, staff: Who) -> dict:
    require(staff, Role.ADMINISTRATOR)
    return given.departments.reorganise(body.wanted(), body.version, actor(staff))
