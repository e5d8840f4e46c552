"""承办单位命令: departments list, import, rename, merge, split, history."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.batch import emit
from api.services.departments import DepartmentService
from casework.errors import InvalidInput
from casework.events import Actor
from casework.organisation.department import Department
from casework.organisation.department_change import ChangeKind
from casework.organisation.reorganisation import Reorganisation
from casework.transitions import Role
from knowledge.file_content import read_bytes

BY = Actor("cli", Role.ADMINISTRATOR)
STATES = {"added": "新设", "changed": "变更", "closed": "停用"}
SHOWN = 20
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Note = Annotated[str, typer.Option("--note", help="调整依据，例如文件名称和文号")]
Yes = Annotated[bool, typer.Option("--yes", help="确认办理；不加只预览")]
Name = Annotated[str, typer.Option("--name", help="新单位的名称")]
Targets = Annotated[list[str], typer.Option("--to", help="拆分后的单位：代码=名称；已有单位只写代码")]
Mapping = Annotated[list[str] | None, typer.Option("--map", help="分类去向：分类=单位代码，可多次")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    departments = typer.Typer(no_args_is_help=True, help="承办单位：名录、导入、更名、合并、拆分。")
    app.add_typer(departments, name="departments")

    @departments.command("list", help="列出承办单位，已停用的也列出。")
    def list_departments(context: typer.Context, as_json: AsJson = False) -> None:
        told = _service(context).all()
        if as_json:
            emit(told)
            return
        for row in told["items"]:
            now = "、".join(one["name"] for one in row["successors"])
            ended = (
                f"（{row['ended']['kind_name']}，现为{now}）" if row["ended"] else "" if row["active"] else "（停用）"
            )
            print(f"{row['code']}\t{row['name']}{ended}\t权责{len(row['duties'])}条\t在办{row['open_orders']}张")

    @departments.command("import", help="导入名录（.jsonl、.csv、.xlsx）；有一行不对就什么也不保存。")
    def import_(context: typer.Context, file: Annotated[Path, typer.Argument(help="名录文件")]) -> None:
        done = _service(context).import_file(file.name, read_bytes(file))
        print(f"新增{done['added']}个单位，更新{done['changed']}个，{done['unchanged']}个没有变化。")

    @departments.command("rename", help="更名：保留代码，或用 --code 换新代码。")
    def rename(
        context: typer.Context,
        code: str,
        name: str,
        note: Note,
        short_name: Annotated[str, typer.Option("--short-name", help="新简称")] = "",
        new_code: Annotated[str, typer.Option("--code", help="新代码")] = "",
        yes: Yes = False,
        as_json: AsJson = False,
    ) -> None:
        target = Department(new_code or code, name, short_name)
        _change(context, Reorganisation(ChangeKind.RENAME, (code,), (target,), note=note), yes, as_json)

    @departments.command("merge", help="合并：若干单位并入一个已有或新设的单位。")
    def merge(
        context: typer.Context,
        sources: Annotated[list[str], typer.Argument(help="被合并单位的代码")],
        to: Annotated[str, typer.Option("--to", help="并入单位的代码")],
        note: Note,
        name: Name = "",
        yes: Yes = False,
        as_json: AsJson = False,
    ) -> None:
        wanted = Reorganisation(ChangeKind.MERGE, tuple(sources), (Department(to, name),), note=note)
        _change(context, wanted, yes, as_json)

    @departments.command("split", help="拆分：按诉求分类分给几个单位；--default 接收其余分类。")
    def split(
        context: typer.Context,
        source: str,
        to: Targets,
        note: Note,
        mapping: Mapping = None,
        default: Annotated[str, typer.Option("--default", help="接收其余分类的单位代码")] = "",
        yes: Yes = False,
        as_json: AsJson = False,
    ) -> None:
        told = dict(_pair(row, "--map 应为 分类=单位代码") for row in mapping or ())
        targets = tuple(Department(code, name) for code, _, name in (row.partition("=") for row in to))
        told |= {"": default} if default else {}
        _change(context, Reorganisation(ChangeKind.SPLIT, (source,), targets, told, note=note), yes, as_json)

    @departments.command("history", help="列出机构调整记录。")
    def history(context: typer.Context, as_json: AsJson = False) -> None:
        rows = _service(context).history()
        if as_json:
            emit(rows)
            return
        for row in rows:
            sources, targets = ("、".join(one["name"] for one in row[side]) for side in ("sources", "targets"))
            print(f"{row['at']:%Y-%m-%d}\t{row['kind_name']}\t{sources} → {targets}\t{row['actor']}\t{row['note']}")
        if not rows:
            print("没有机构调整记录。")


def _service(context: typer.Context) -> DepartmentService:
    return DepartmentService(context.obj.instance())


def _pair(row: str, problem: str) -> tuple[str, str]:
    category, equals, code = row.rpartition("=")
    if not (equals and category.strip() and code.strip()):
        raise InvalidInput(f"{problem}，不能是“{row}”。")
    return category, code.strip()


def _change(context: typer.Context, wanted: Reorganisation, yes: bool, as_json: bool) -> None:
    service = _service(context)
    told = service.preview(wanted, BY)
    if yes:
        told = service.reorganise(wanted, told["version"], BY)
    if as_json:
        emit(told)
        return
    _print(told, yes)


def _print(told: dict, done: bool) -> None:
    print("已办理：" if done else "预览（没有写入；确认办理请加 --yes）：")
    for row in told["departments"]:
        former = f"（原{row['former_name']}）" if row["former_name"] else ""
        print(f"  {STATES[row['state']]} {row['code']} {row['name']}{former}")
    for row in told["moved"]:
        print(f"  在办工单{row['count']}张转给{row['name']}")
    if told["supporting"]:
        print(f"  {told['supporting']}张工单调整协办单位")
    for row in told["staff"]:
        print(f"  账号{row['username']}（{row['name']}）{'转到' if row['target'] else '仍在'}{row['target_name']}")
    if told["orphans"]:
        print(f"  下属单位需另定上级：{'、'.join(row['name'] for row in told['orphans'])}")
    if told["rules"]:
        print(f"  有{len(told['rules'])}条派单规则涉及原单位，请修改：{'、'.join(told['rules'])}")
    print(f"  历史工单{told['history']}张，单位名称不变")
    if told["pending_total"]:
        print(f"  {told['pending_total']}张在办工单的分类没有去向，仍留在原单位，请派单员逐张改派：")
        for row in told["pending"][:SHOWN]:
            print(f"    {row['number']} {row['category'] or '（无分类）'} {row['excerpt']}")
