"""城市信息与健康检查 endpoints."""

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends

from api.endpoints import Services, services

router = APIRouter(prefix="/api", tags=["信息"])
In = Annotated[Services, Depends(services)]


@router.get("/info")
def info(given: In) -> dict:
    city = given.instance.city
    return {
        "city": city.name,
        "hotline": city.hotline,
        "notice": city.notice,
        "demo": given.instance.settings.env == "demo",
        "version": version("hotline12345"),
        "notifications": [kind for kind in given.instance.notifiers.kinds if kind == "email"],
    }


@router.get("/health")
def health(given: In) -> dict:
    index = given.instance.shelf.current()
    current = given.instance.registry.current()
    return {
        "status": "ok",
        "entries": len(index),
        "index": index.revision,
        "routing_model": current.name if current else "",
    }
