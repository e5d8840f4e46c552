"""应用: the FastAPI app over one instance: endpoints, errors, limits, the built web files."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from api import errors
from api.endpoints import (
    Services,
    attachments,
    console_admin,
    console_callbacks,
    console_departments,
    console_insight,
    console_knowledge,
    console_notices,
    console_orders,
    console_quality,
    console_rules,
    console_satisfaction,
    console_suggestions,
    conversations,
    info,
    open311,
    orders,
    session,
    streams,
    subscriptions,
)
from api.instance import Instance
from api.worker import WorkerThread

STATIC = Path(__file__).parent / "static"
MAX_BODY = 1_000_000
"""Bytes of a request's body."""
UPLOADS = re.compile(r"/api/(console/work-orders/\d+|work-orders)/attachments")
"""Where files come in, with a limit of their own (`attachment_megabytes`)."""
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "frame-ancestors 'self'; base-uri 'self'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(instance: Instance) -> FastAPI:
    """The app. The worker runs inside it unless the settings say otherwise."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        worker = WorkerThread(instance) if instance.settings.worker_in_serve else None
        if worker:
            worker.start()
        yield
        if worker:
            worker.stop()

    app = FastAPI(title="hotline12345", docs_url="/api/docs", openapi_url="/api/openapi.json", lifespan=lifespan)
    app.state.services = Services.of(instance)
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    if instance.settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=instance.settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type"],
        )

    @app.middleware("http")
    async def guard(request: Request, call_next):
        length = request.headers.get("content-length", "0")
        uploading = request.method == "POST" and UPLOADS.fullmatch(request.url.path)  # counts what it reads itself
        chunked = "chunked" in request.headers.get("transfer-encoding", "")
        if not length.isdigit() or (not uploading and (int(length) > MAX_BODY or chunked)):
            return JSONResponse(errors.body("too_large", "提交的内容太大，请精简后再试。"), 413)
        response = await call_next(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        path = request.url.path
        if path.startswith("/assets/") or path.startswith("/console/assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif not path.startswith("/api/"):
            response.headers["Cache-Control"] = "no-cache"
        return response

    modules = (
        info,
        conversations,
        orders,
        attachments,
        session,
        console_orders,
        console_knowledge,
        console_suggestions,
        console_quality,
        console_rules,
        console_departments,
        console_insight,
        console_notices,
        console_admin,
        console_callbacks,
        console_satisfaction,
        subscriptions,
        streams,
        open311,
    )
    for module in modules:
        app.include_router(module.router)
    if STATIC.is_dir():
        app.mount("/", StaticFiles(directory=STATIC, html=True), name="web")
    return app
