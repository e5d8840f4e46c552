"""派单命令: route, evaluate."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.batch import emit, one_or_batch, run_batches
from api.cli.evaluation import evaluate_retrieval_of
from api.cli.knowledge import Batch, Out
from api.cli.training import columns
from api.training_process import encoder_option, run_training

BATCH = 128
"""Texts routed together: enough to keep every core busy, few enough for the bar to move."""
Model = Annotated[Path | None, typer.Option("--model", help="模型目录（默认：当前启用的模型）")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    evaluation = typer.Typer(no_args_is_help=True, help="评测模型与检索。")
    app.add_typer(evaluation, name="evaluate")

    @app.command(help="判断诉求应派给哪个承办单位。")
    def route(
        context: typer.Context,
        text: Annotated[str | None, typer.Argument(help="诉求内容")] = None,
        model: Model = None,
        as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
        batch: Batch = None,
        out: Out = None,
    ) -> None:
        # A batch is divided among the cores by texts: threads within one text would get in each other's way.
        instance = context.obj.instance(encoder_threads=1 if batch else None)
        single = list(one_or_batch(text, batch, out))
        router = instance.build_router(model, None) if model else instance.router()

        def answer(rows: list[dict]) -> list[dict]:
            return [decision.as_dict() for decision in router.decide_all([(row["text"],) for row in rows])]

        if batch is not None and out is not None:
            run_batches(batch, out, answer, BATCH)
            return
        told = answer([{"text": single[0]}])[0]
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

    @evaluation.command("routing", help="在带标签的数据上评测派单模型。")
    def evaluate_routing(
        context: typer.Context,
        data: Annotated[Path, typer.Option(help="csv、xlsx 或 jsonl")],
        model: Annotated[Path, typer.Option(help="模型目录")],
        text: Annotated[str | None, typer.Option(help="文本列名")] = None,
        label: Annotated[str | None, typer.Option(help="标签列名")] = None,
        category: Annotated[str | None, typer.Option(help="诉求分类列名")] = None,
    ) -> None:
        arguments = ["evaluate-routing", "--model", str(model), "--data", str(data)]
        arguments += encoder_option(context.obj.settings())
        code, told = run_training(arguments + columns(text, label, None, category))
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
