"""运维命令: audit verify, backup, restore."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from api.services.archive import backup, restore
from casework.audit import MAX_ASTRAY
from casework.audit import audit as audit_
from casework.errors import InvalidInput, NotFound
from casework.ports import CaseworkUnit


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    audit = typer.Typer(no_args_is_help=True, help="审计。")
    app.add_typer(audit, name="audit")

    @audit.command("verify", help="校验工单事件的审计链：被改、被删、被换的记录都会被发现。")
    def verify(context: typer.Context) -> None:
        began = time.monotonic()

        def tell(count: int) -> None:
            print(f"已校验{count:,}条，每秒{count / (time.monotonic() - began):,.0f}条……", file=sys.stderr, flush=True)

        with context.obj.instance().unit() as work:
            found = audit_(work, tell)
            numbers = {number: _number(work, number) for number in found.astray}
            if found.broken is not None:
                of = _number(work, found.broken.work_order_id) if found.broken.work_order_id else "无"
                broken = (
                    f"审计链在第{found.broken.sequence}条事件处断裂（{found.broken.damage}；该处事件所属工单：{of}）。"
                )
                raise InvalidInput(broken + _astray(list(numbers.values())))
        if found.astray:
            raise InvalidInput(f"审计链本身完整，共{found.events}条事件。" + _astray(list(numbers.values())))
        if not found.events:
            print("数据库中还没有工单事件，没有可校验的内容。请确认 --data-dir 指向要校验的实例。")
            return
        print(f"审计链完整，共{found.events}条事件，链尾{found.head}。")

    @app.command("backup", help="把实例的全部数据备份为一个文件。")
    def backup_(context: typer.Context, file: Annotated[Path, typer.Argument(help="备份文件（.tar.gz）")]) -> None:
        count = backup(context.obj.instance(), file)
        print(f"已备份{count}个文件到 {file}。备份含加密密钥，请妥善保管。")

    @app.command("restore", help="从备份恢复到一个空的数据目录。")
    def restore_(context: typer.Context, file: Annotated[Path, typer.Argument(help="备份文件（.tar.gz）")]) -> None:
        folder = context.obj.settings().data_dir
        count = restore(file, folder)
        print(f"已恢复{count}个文件到 {folder}。")


def _number(work: CaseworkUnit, order_id: int) -> str:
    try:
        return work.work_orders.get(order_id).number
    except NotFound:
        return f"已不存在（内部编号{order_id}）"


def _astray(numbers: list[str]) -> str:
    if not numbers:
        return ""
    more = f"（只列出前{MAX_ASTRAY}张）" if len(numbers) == MAX_ASTRAY else ""
    return f"以下工单的状态与其最后一条事件不符，可能被直接改过数据库：{'、'.join(numbers)}{more}。"
