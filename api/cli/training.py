"""训练命令: train routing, and models: the registry, its history, drift."""

import getpass
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from api.cli.batch import emit
from api.instance import Instance
from api.services.drift import MAX_WEEKS, drift_view
from api.services.models import models_view, promote, rollback
from api.services.training import report_on_orders, reported
from api.training_data import Selection, write_departments, write_orders
from api.training_process import encoder_option, run_training
from casework.errors import InvalidInput

Since = Annotated[str, typer.Option(help="只用这一天及以后的工单，例如 2026-01-01")]
Until = Annotated[str, typer.Option(help="只用这一天及以前的工单")]
Chosen = Annotated[list[str] | None, typer.Option("--department", help="只用这个单位（代码）的工单，可重复")]


def user() -> str:
    """Who gives the command, as it is kept with the model."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError, ImportError):  # a container's account without a name
        return "cli"


@dataclass(slots=True)
class Wanted:
    """What `hotline train routing` was asked for."""

    data: Path | None
    chosen: Selection
    columns: list[str]
    options: list[str] = field(default_factory=list)
    """For training only."""
    cleaning: bool = True
    out: Path | None = None
    promote: bool = True


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    train = typer.Typer(no_args_is_help=True, help="训练模型。")
    models = typer.Typer(no_args_is_help=True, help="查看、启用、回退派单模型。")
    app.add_typer(train, name="train")
    app.add_typer(models, name="models")
    _register_models(models)

    @train.callback()
    def several() -> None:
        """A group, though it has one command."""

    @train.command("routing", help="用数据文件或已办工单训练派单模型；--report 只看数据报告。")
    def train_routing(
        context: typer.Context,
        data: Annotated[Path | None, typer.Option(help="csv、xlsx 或 jsonl")] = None,
        orders: Annotated[bool, typer.Option("--orders", help="用本实例已定承办单位的工单")] = False,
        since: Since = "",
        until: Until = "",
        department: Chosen = None,
        text: Annotated[str | None, typer.Option(help="文本列名")] = None,
        label: Annotated[str | None, typer.Option(help="标签列名")] = None,
        time: Annotated[str | None, typer.Option(help="时间列名")] = None,
        category: Annotated[str | None, typer.Option(help="诉求分类列名")] = None,
        trainer: Annotated[str, typer.Option(help="light|transformer")] = "light",
        base: Annotated[Path | None, typer.Option(help="transformer 训练的起点（检查点目录）")] = None,
        epochs: Annotated[int | None, typer.Option(min=1, max=100, help="transformer 训练轮数")] = None,
        precision: Annotated[float | None, typer.Option(help="自动派单想要的准确率，默认 0.95")] = None,
        no_cleaning: Annotated[bool, typer.Option("--no-cleaning", help="不删写明承办单位的经办用语")] = False,
        out: Annotated[Path | None, typer.Option(help="模型写到这个目录，不进入本实例")] = None,
        seed: Annotated[int, typer.Option(help="随机种子")] = 12345,
        no_promote: Annotated[bool, typer.Option("--no-promote", help="只登记为候选，通过比较也不启用")] = False,
        report: Annotated[bool, typer.Option("--report", help="只看数据报告，不训练")] = False,
    ) -> None:
        if (data is None) == (not orders):
            raise typer.BadParameter("请给出 --data FILE 或 --orders 其中之一")
        if data is not None and (since or until or department):
            raise typer.BadParameter("--since、--until、--department 只能与 --orders 同用")
        if trainer not in ("light", "transformer"):
            raise typer.BadParameter("应为 light 或 transformer", param_hint="--trainer")
        given = (("--base", base), ("--epochs", epochs), ("--precision", precision))
        wanted = Wanted(
            data,
            Selection.of(since, until, department or ()),
            columns(text, label, time, category) if data else ["--time", "created_at"],
            ["--trainer", trainer, "--seed", str(seed), "--by", user(), *_given(given)],
            not no_cleaning,
            out,
            not no_promote,
        )
        instance = context.obj.instance()
        if report:
            emit(_report(instance, wanted))
            return
        raise typer.Exit(_train(instance, wanted))


def _register_models(models: typer.Typer) -> None:
    @models.command("list", help="列出派单模型：何人、何时、用何数据训练，结果如何，以及启用和回退的历史。")
    def list_models(context: typer.Context) -> None:
        emit(models_view(context.obj.instance()))

    @models.command("promote", help="启用一个候选模型（须通过比较）。")
    def promote_model(
        context: typer.Context,
        model_id: str,
        reason: Annotated[str, typer.Option(help="比较用的工单太少时，写明启用的理由")] = "",
    ) -> None:
        promote(context.obj.instance(), model_id, user(), reason)
        print(f"已启用模型 {model_id}。")

    @models.command("rollback", help="回退到上一个模型。")
    def rollback_model(context: typer.Context) -> None:
        instance = context.obj.instance()
        rollback(instance, user())
        current = instance.registry.current()
        print(f"已回退，当前模型：{current.name if current else '无'}。")

    @models.command("drift", help="逐周查看模型是否仍然可靠：置信度、自动派单占比、退单率、单位分布。")
    def drift(
        context: typer.Context,
        weeks: Annotated[int, typer.Option(min=1, max=MAX_WEEKS, help="最近几周")] = 12,
        as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
    ) -> None:
        told = drift_view(context.obj.instance(), weeks)
        if as_json:
            emit(told)
            return
        print(drift_table(told))


def drift_table(told: dict) -> str:
    """Drift as lines for a terminal: a figure past its line is marked with ！."""
    if not told["weeks"]:
        return "这段时间没有经模型判断的工单。"
    lines = ["　".join(["周　　　", "工单", *(measure["name"] for measure in told["measures"])])]
    for week in told["weeks"]:
        cells = []
        for measure in told["measures"]:
            figure = week["figures"][measure["key"]]
            shown = "—" if figure["value"] is None else _shown(measure["key"], figure["value"])
            cells.append(shown + ("！" if figure["warning"] else ""))
        lines.append("　".join([week["week"], str(week["orders"]), *cells]))
    if told["warning"]:
        lines += [f"警告（{told['warning']['week']}）：", *told["warning"]["sentences"]]
    return "\n".join(lines)


def _shown(key: str, value: float) -> str:
    return f"{value:.2f}" if key == "shift" else f"{value:.1%}"


def columns(text: str | None, label: str | None, time: str | None, category: str | None) -> list[str]:
    """The options that name columns."""
    return _given((("--text", text), ("--label", label), ("--time", time), ("--category", category)))


def _given(options: tuple[tuple[str, object], ...]) -> list[str]:
    return [part for name, value in options if value is not None for part in (name, str(value))]


def _report(instance: Instance, wanted: Wanted) -> dict:
    if wanted.data is not None:
        return reported(["data-report", "--data", str(wanted.data), *wanted.columns])
    with tempfile.TemporaryDirectory(dir=instance.settings.data_dir, prefix=".report-") as folder:
        return report_on_orders(instance, wanted.chosen, Path(folder))


def _train(instance: Instance, wanted: Wanted) -> int:
    with tempfile.TemporaryDirectory(dir=instance.settings.data_dir, prefix=".cli-training-") as folder:
        arguments, data = list(wanted.options), wanted.data
        if data is None:
            data = Path(folder) / "orders.jsonl"
            written = write_orders(instance, data, wanted.chosen)
            if not written.rows:
                raise InvalidInput("没有可用于训练的已定工单。请先办理一些工单，或用 --data 给出数据文件。")
            if written.unresolved or written.closed:
                print(
                    f"未采用：拆分后归属不明的{written.unresolved}条，单位已撤销且无承继的{written.closed}条。",
                    file=sys.stderr,
                )
            arguments += ["--selection", json.dumps(wanted.chosen.as_dict() | {"corrected": written.corrected})]
        departments = Path(folder) / "departments.jsonl"
        write_departments(instance, departments)
        if wanted.out is not None:
            arguments += ["--out", str(wanted.out)]
        else:
            arguments += ["--registry", str(instance.settings.data_dir / "models")]
            arguments += ["--promote"] if wanted.promote else []
            if departments.stat().st_size:
                arguments += ["--departments", str(departments)]
        arguments += [*encoder_option(instance.settings), *([] if wanted.cleaning else ["--no-cleaning"])]
        code, told = run_training(["routing", "--data", str(data), *arguments, *wanted.columns])
    print(told, end="")
    return code
