"""服务命令: serve, worker."""

import signal
import sys
import threading
from typing import Annotated

import typer

from api.instance import Instance
from casework.errors import InvalidInput

DEMO_CALLBACK_DELAY_MINUTES = 0.5


def register(app: typer.Typer) -> None:
    """Add the verbs."""

    @app.command(help="启动网页、接口和后台任务。")
    def serve(
        context: typer.Context,
        demo: Annotated[bool, typer.Option("--demo", help="建立并使用示范市")] = False,
        host: Annotated[str | None, typer.Option(help="监听地址，默认 127.0.0.1")] = None,
        port: Annotated[int | None, typer.Option(help="监听端口，默认 8000")] = None,
    ) -> None:
        given = {"host": host, "port": port}
        if demo:
            given["env"] = "demo"
        instance = context.obj.instance(**given)
        if demo:
            if "callback_delay_minutes" not in instance.settings.model_fields_set:
                instance.settings.callback_delay_minutes = DEMO_CALLBACK_DELAY_MINUTES
            if "callback_hours" not in instance.settings.model_fields_set:
                instance.settings.callback_hours = ""  # whoever tries it in the evening is called back too
            if "open311_listing" not in instance.settings.model_fields_set:
                instance.settings.open311_listing = "all"  # nobody real has told anything
            from api.seeding import seed

            seed(instance, activity=True)
        _serve(instance, demo)

    @app.command(help="只运行后台任务（回访、时限、训练）。")
    def worker(context: typer.Context) -> None:
        from api.worker import Worker

        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        print("后台任务已启动，按 Ctrl+C 停止。", file=sys.stderr)
        Worker(context.obj.instance()).run(stop)


def _serve(instance: Instance, demo: bool) -> None:
    import socket

    import uvicorn

    from api.app import create_app

    settings = instance.settings
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise InvalidInput(
            f"无法监听 {settings.host}:{settings.port}（{error.strerror}）。请换一个端口：hotline serve --port 8001。"
        ) from None
    app = create_app(instance)
    warm_up(instance)
    address = f"http://{settings.host}:{listener.getsockname()[1]}"
    print(f"市民页面：{address}/\n工作台：  {address}/console/\n接口说明：{address}/api/docs", flush=True)
    if demo:
        from api.seeding import PASSWORD, STAFF

        names = "、".join(f"{username}（{name.removesuffix('（演示）')}）" for username, name, _, _ in STAFF)
        print(f"演示账号：{names}，密码都是 {PASSWORD}", flush=True)
    # Open event streams end by themselves at a signal; what else is still open after ten seconds is cut off.
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=10)
    uvicorn.Server(config).run(sockets=[listener])


def warm_up(instance: Instance) -> None:
    """Load what the first question needs before saying that we are ready; a missing index is told, not fatal."""
    from casework.errors import Unavailable
    from knowledge.text import warm_up as load_dictionary

    load_dictionary()
    try:
        instance.assistant  # noqa: B018
        instance.shelf.current()
        instance.router()
    except Unavailable as error:
        print(error.message, file=sys.stderr)
