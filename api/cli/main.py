"""命令行入口: options common to all verbs, errors as exit codes: 0 done, 1 failed, 2 wrong usage."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli.batch import Context
from casework.errors import HotlineError

app = typer.Typer(
    name="hotline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="12345 政务服务便民热线：智能问答、诉求派单、回访闭环。",
)  # fmt: skip


@app.callback()
def common(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="实例数据目录（默认 data 或 HOTLINE_DATA_DIR）")
    ] = None,
) -> None:
    context.obj = Context({"data_dir": data_dir} if data_dir else {})


def main() -> None:
    """Run a command; expected errors become one Chinese line on stderr and exit code 1."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    from api.cli import calendar, departments, insight, knowledge, operations, routing, rules, serving, training

    for module in (serving, knowledge, routing, rules, departments, calendar, insight, operations, training):
        module.register(app)
    try:
        app()
    except HotlineError as error:
        print(error.message, file=sys.stderr)
        raise SystemExit(1) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("已中断。", file=sys.stderr)
        raise SystemExit(130) from None
