"""知识命令: import, search, ask."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from api.cli.batch import emit, one_or_batch, run_batch
from api.instance import Instance, today
from api.services.conversations import ConversationService
from api.services.knowledge_views import hit_view
from casework.errors import InvalidInput
from knowledge.entry import EntryKind
from knowledge.importing import ImportOptions, import_files

Batch = Annotated[Path | None, typer.Option("--batch", help='JSON Lines，每行 {"id", "text"}')]
Out = Annotated[Path | None, typer.Option("--out", help="输出文件（JSON Lines）")]


def update_index(instance: Instance, rebuild: bool = False) -> None:
    """Bring the index up to date with the entries; progress, rate and time left on stderr."""
    with tqdm(desc="建立索引", file=sys.stderr, unit="段") as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        instance.shelf.sync(instance.unit, show, rebuild)


def register(app: typer.Typer) -> None:
    """Add the verbs."""

    @app.command(
        "import", help="导入知识：法规、问答、办事指南，文件或文件夹（.md .txt .docx .pdf .html .csv .xlsx .jsonl）。"
    )
    def import_(
        context: typer.Context,
        paths: Annotated[list[Path] | None, typer.Argument(help="文件或文件夹")] = None,
        kind: Annotated[str, typer.Option(help="auto|regulation|faq|guide")] = "auto",
        source: Annotated[str, typer.Option(help="来源名称")] = "",
        library: Annotated[str, typer.Option(help="子库名称")] = "",
        jurisdiction: Annotated[str, typer.Option(help="适用地区，如 浙江省；不写时按法规名称识别")] = "",
        rebuild: Annotated[bool, typer.Option("--rebuild", help="只按已有知识重新建立索引")] = False,
    ) -> None:
        if kind != "auto" and kind not in set(EntryKind):
            raise typer.BadParameter("应为 auto、regulation、faq 或 guide", param_hint="--kind")
        instance = context.obj.instance()
        if not paths and not rebuild:
            raise typer.BadParameter("请给出要导入的文件或文件夹", param_hint="PATH")
        wanted = None if kind == "auto" else EntryKind(kind)
        faults = _import(instance, paths or [], ImportOptions(wanted, source, library, jurisdiction, "hotline import"))
        update_index(instance, rebuild)
        print(f"知识库现有{len(instance.shelf.current())}条可用条目。")
        if faults:
            raise typer.Exit(1)

    @app.command(help="检索知识库。")
    def search(
        context: typer.Context,
        text: Annotated[str | None, typer.Argument(help="检索词")] = None,
        k: Annotated[int, typer.Option("-k", min=1, max=1000, help="返回条数")] = 10,
        as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
        batch: Batch = None,
        out: Out = None,
    ) -> None:
        instance = context.obj.instance()
        single = list(one_or_batch(text, batch, out))
        index = instance.shelf.current()

        def answer(row: dict) -> dict:
            return {"hits": [hit_view(hit) for hit in instance.retriever.search(index, row["text"], k, today())]}

        if batch is not None and out is not None:
            run_batch(batch, out, answer)
            return
        hits = answer({"text": single[0]})["hits"]
        if as_json:
            emit({"id": None, "hits": hits})
            return
        for number, hit in enumerate(hits, 1):
            print(f"{number}. [{hit['score']:.3f}] {hit['title']} {hit['locator']}\n   {hit['text'][:80]}")
        if not hits:
            print("没有找到相关内容。")

    @app.command(help="提问，得到带依据的回答，或明确的“不知道”。")
    def ask(
        context: typer.Context,
        text: Annotated[str | None, typer.Argument(help="问题")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
        batch: Batch = None,
        out: Out = None,
    ) -> None:
        instance = context.obj.instance()
        single = list(one_or_batch(text, batch, out))
        service = ConversationService(instance)

        def answer(row: dict) -> dict:
            try:
                reply = service.ask(row["text"]).as_dict()
            except InvalidInput as error:
                reply = {
                    "outcome": "abstained",
                    "text": error.message,
                    "confidence": 0.0,
                    "citations": [],
                    "options": [],
                }
            outcome = "abstained" if reply["outcome"] == "invalid" else reply["outcome"]
            told = {"outcome": "smalltalk" if outcome == "status" else outcome, "answer": reply["text"]}
            return told | {name: reply[name] for name in ("confidence", "citations", "options")}

        if batch is not None and out is not None:
            run_batch(batch, out, answer)
            return
        told = answer({"text": single[0]})
        if as_json:
            emit({"id": None, **told})
            return
        print(told["answer"])
        for citation in told["citations"]:
            print(f"依据：《{citation['title']}》{citation['locator']}（{citation['source']}）")
        for number, option in enumerate(told["options"], 1):
            print(f"  {number}. {option['label']}")


def _import(instance: Instance, paths: list[Path], options: ImportOptions) -> list[tuple[str, str]]:
    if not paths:
        return []
    with tqdm(desc="读取文件", file=sys.stderr, unit="个") as bar:

        def show(name: str, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = import_files(paths, instance.unit, options, show, instance.clock.now)
    print(
        f"导入{report.files}个文件，{report.unchanged}个没有变化；写入{report.entries}条，"
        f"移除{report.removed}条；{len(report.faults)}个文件有问题。"
    )
    for name, message in (*report.faults, *report.warnings):
        print(f"{name}：{message}", file=sys.stderr)
    return report.faults
