"""运维命令: audit verify, backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from api.services.archive import backup, restore
from casework.errors import InvalidInput
from casework.events import first_break


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    audit = typer.Typer(no_args_is_help=True, help="审计。")
    app.add_typer(audit, name="audit")

    @audit.command("verify", help="校验工单事件的审计链：被改、被删、被换的记录都会被发现。")
    def verify(context: typer.Context) -> None:
        with context.obj.instance().unit() as work:
            events, head = work.events.chain()
            events = list(events)
        broken = first_break(events, head)
        if broken is not None:
            raise InvalidInput(f"审计链在第{broken}条事件处断裂：该条被修改、删除或调换过。")
        print(f"审计链完整，共{len(events)}条事件。")

    @app.command("backup", help="把实例的全部数据备份为一个文件。")
    def backup_(context: typer.Context, file: Annotated[Path, typer.Argument(help="备份文件（.tar.gz）")]) -> None:
        count = backup(context.obj.instance(), file)
        print(f"已备份{count}个文件到 {file}。备份含加密密钥，请妥善保管。")

    @app.command("restore", help="从备份恢复到一个空的数据目录。")
    def restore_(context: typer.Context, file: Annotated[Path, typer.Argument(help="备份文件（.tar.gz）")]) -> None:
        folder = context.obj.settings().data_dir
        count = restore(file, folder)
        print(f"已恢复{count}个文件到 {folder}。")
