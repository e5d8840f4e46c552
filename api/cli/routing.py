"""派单命令: route, train routing, evaluate, models."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from api.cli.batch import emit, one_or_batch, run_batch
from api.cli.evaluation import evaluate_retrieval_of
from api.cli.knowledge import Batch, Out
from api.instance import Instance
from api.services.models import models_view, promote, rollback
from api.training_process import run_training, write_departments, write_orders
from casework.errors import InvalidInput

By = "cli"
Model = Annotated[Path | None, typer.Option("--model", help="模型目录（默认：当前启用的模型）")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    train = typer.Typer(no_args_is_help=True, help="训练模型。")
    evaluation = typer.Typer(no_args_is_help=True, help="评测模型与检索。")
    models = typer.Typer(no_args_is_help=True, help="查看、启用、回退派单模型。")
    app.add_typer(train, name="train")
    app.add_typer(evaluation, name="evaluate")
    app.add_typer(models, name="models")

    @app.command(help="判断诉求应派给哪个承办单位。")
    def route(
        context: typer.Context,
        text: Annotated[str | None, typer.Argument(help="诉求内容")] = None,
        model: Model = None,
        as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
        batch: Batch = None,
        out: Out = None,
    ) -> None:
        instance = context.obj.instance()
        single = list(one_or_batch(text, batch, out))
        router = instance.build_router(model, None) if model else instance.router()

        def answer(row: dict) -> dict:
            return router.decide(row["text"], district=instance.city.district_of(row["text"])).as_dict()

        if batch is not None and out is not None:
            run_batch(batch, out, answer)
            return
        told = answer({"text": single[0]})
        if as_json:
            emit({"id": None, **told})
            return
        names = {code: department.name for code, department in instance.departments().items()}
        verdict = "自动派单" if told["decision"] == "auto" else "待人工确认"
        print(f"{names.get(told['department'], told['department'])}（{told['confidence']:.2f}，{verdict}）")
        for row in told["candidates"]:
            print(f"  {row['confidence']:.3f} {names.get(row['department'], row['department'])}")
        if told["evidence"].get("reason"):
            print(told["evidence"]["reason"])

    @train.command("routing", help="用数据文件或已办工单训练派单模型。")
    def train_routing(
        context: typer.Context,
        data: Annotated[Path | None, typer.Option(help="csv、xlsx 或 jsonl")] = None,
        orders: Annotated[bool, typer.Option("--orders", help="用本实例已定承办单位的工单")] = False,
        since: Annotated[str, typer.Option(help="只用这一天以后的工单，例如 2026-01-01")] = "",
        text: Annotated[str | None, typer.Option(help="文本列名")] = None,
        label: Annotated[str | None, typer.Option(help="标签列名")] = None,
        time: Annotated[str | None, typer.Option(help="时间列名")] = None,
        trainer: Annotated[str, typer.Option(help="light|transformer")] = "light",
        out: Annotated[Path | None, typer.Option(help="模型写到这个目录，不进入本实例")] = None,
        seed: Annotated[int, typer.Option(help="随机种子")] = 12345,
    ) -> None:
        if (data is None) == (not orders):
            raise typer.BadParameter("请给出 --data FILE 或 --orders 其中之一")
        if trainer not in ("light", "transformer"):
            raise typer.BadParameter("应为 light 或 transformer", param_hint="--trainer")
        raise typer.Exit(_train(context.obj.instance(), data, since, text, label, time, trainer, out, seed))

    @evaluation.command("routing", help="在带标签的数据上评测派单模型。")
    def evaluate_routing(
        data: Annotated[Path, typer.Option(help="csv、xlsx 或 jsonl")],
        model: Annotated[Path, typer.Option(help="模型目录")],
        text: Annotated[str | None, typer.Option(help="文本列名")] = None,
        label: Annotated[str | None, typer.Option(help="标签列名")] = None,
    ) -> None:
        arguments = ["evaluate-routing", "--model", str(model), "--data", str(data)]
        code, told = run_training(arguments + _columns(text, label, None))
        print(told, end="")
        raise typer.Exit(code)

    @evaluation.command(
        "retrieval", help='评测检索：每行 {"text", "entry_ids": [...]}，或 {"question", "articles": ["法规名第几条"]}。'
    )
    def evaluate_retrieval(
        context: typer.Context,
        queries: Annotated[Path, typer.Option(help="JSON Lines")],
        k: Annotated[int, typer.Option("-k", min=1, max=1000)] = 10,
    ) -> None:
        evaluate_retrieval_of(context.obj.instance(), queries, k)

    @models.command("list", help="列出派单模型。")
    def list_models(context: typer.Context) -> None:
        emit(models_view(context.obj.instance()))

    @models.command("promote", help="启用一个候选模型（须通过晋级门槛）。")
    def promote_model(context: typer.Context, model_id: str) -> None:
        promote(context.obj.instance(), model_id, By)
        print(f"已启用模型 {model_id}。")

    @models.command("rollback", help="回退到上一个模型。")
    def rollback_model(context: typer.Context) -> None:
        instance = context.obj.instance()
        rollback(instance, By)
        current = instance.registry.current()
        print(f"已回退，当前模型：{current.name if current else '无'}。")


def _columns(text: str | None, label: str | None, time: str | None) -> list[str]:
    given = (("--text", text), ("--label", label), ("--time", time))
    return [part for name, value in given if value for part in (name, value)]


def _train(instance: Instance, data, since, text, label, time, trainer, out, seed) -> int:
    with tempfile.TemporaryDirectory(dir=instance.settings.data_dir) as folder:
        arguments = ["--trainer", trainer, "--seed", str(seed), "--by", By]
        if data is None:
            data, time = Path(folder) / "orders.jsonl", "created_at"
            if not write_orders(instance, data, since):
                raise InvalidInput("没有可用于训练的已定工单。请先办理一些工单，或用 --data 给出数据文件。")
            text = label = None
        departments = Path(folder) / "departments.jsonl"
        write_departments(instance, departments)
        if out is not None:
            arguments += ["--out", str(out)]
        else:
            arguments += ["--registry", str(instance.settings.data_dir / "models"), "--promote"]
            if departments.stat().st_size:
                arguments += ["--departments", str(departments)]
        code, told = run_training(["routing", "--data", str(data), *arguments, *_columns(text, label, time)])
    print(told, end="")
    return code
