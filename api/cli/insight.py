"""研判命令: report."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.services.reports import write_report
from casework.errors import InvalidInput
from casework.insight.periodic_report import kind_of


def register(app: typer.Typer) -> None:
    """Add the verbs."""

    @app.command("report", help="生成一期日报、周报或月报（已生成过的直接取用），写成网页或 Word 文档。")
    def report(
        context: typer.Context,
        kind: Annotated[str, typer.Option("--kind", help="day 日报、week 周报、month 月报")],
        start: Annotated[str, typer.Option("--from", help="该期内的任意一天，如 2026-10-01")],
        out: Annotated[Path, typer.Option("--out", help="写到这个文件（.html 或 .docx）")],
    ) -> None:
        try:
            day = datetime.strptime(start, "%Y-%m-%d").date()
        except ValueError:
            raise InvalidInput("日期应写作 2026-10-01。") from None
        made = write_report(context.obj.instance(), kind_of(kind), day, out)
        print(f"已写出 {out}（共{made.content['volume']['count']}件诉求）。")
