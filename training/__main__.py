"""训练命令: `python -m training routing|data-report|evaluate-routing …`; `hotline train` runs it in a subprocess.

Progress on stderr, one JSON line last on stdout. Exit 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

from casework.errors import HotlineError
from knowledge.encoder import SHIPPED, EncoderError, OnnxEncoder
from routing.registry import ModelRegistry
from training.data_report import data_report
from training.progress import report_to
from training.routing_data import Columns
from training.routing_material import Plan, read_departments
from training.routing_training import evaluate, judge, train


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    try:
        summary = {"routing": _train, "evaluate-routing": _evaluate, "data-report": _report}[options.command](options)
    except (HotlineError, EncoderError) as error:
        print(str(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("已中断；在用模型不受影响。", file=sys.stderr)
        return 1
    except MemoryError:
        print("内存不足，训练已停止；在用模型不受影响。请减少数据量，例如只用近一年的工单。", file=sys.stderr)
        return 1
    except OSError as error:
        # Also what is only written for a while (a network on its way to the folder) needs room.
        where = f"“{error.filename}”" if error.filename else "文件"
        print(
            f"读写{where}失败：{error.strerror or error}。请检查磁盘空间和权限后重试；在用模型不受影响。",
            file=sys.stderr,
        )
        return 1
    print(json.dumps(summary, ensure_ascii=False))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train_it = commands.add_parser("routing", help="训练派单模型")
    train_it.add_argument("--out", type=Path, help="模型写到的目录")
    train_it.add_argument("--registry", type=Path, help="模型登记目录：登记为候选并与在用模型比较")
    train_it.add_argument("--promote", action="store_true", help="比较通过即启用（需要 --registry）")
    train_it.add_argument("--by", default="", help="操作人，记入登记表")
    train_it.add_argument("--trainer", choices=("light", "transformer"), default="light")
    train_it.add_argument("--seed", type=int, default=12345)
    train_it.add_argument("--departments", type=Path, help="承办单位名录（jsonl）：用权责清单帮助学习，并检查单位名称")
    train_it.add_argument("--precision", type=_share, default=0.95, help="自动派单想要的准确率，默认 0.95")
    train_it.add_argument("--no-cleaning", action="store_true", help="不删写明承办单位的经办用语")
    train_it.add_argument("--no-vectors", action="store_true", help="不用编码器，只用词语特征")
    train_it.add_argument("--base", type=Path, help="transformer 训练的起点（transformers 检查点目录）")
    train_it.add_argument("--epochs", type=int, default=3, help="transformer 训练轮数，默认 3")
    train_it.add_argument("--progress", type=Path, help="把进度也写到这个文件；标准输入关闭时结束（供后台任务使用）")
    train_it.add_argument("--selection", type=json.loads, help="选取范围（JSON），记入登记表")
    look = commands.add_parser("data-report", help="数据报告：只统计，不训练")
    look.add_argument("--departments", type=Path, help="承办单位名录（jsonl）：检查单位名称")
    look.add_argument("--no-cleaning", action="store_true", help="不删写明承办单位的经办用语")
    measure = commands.add_parser("evaluate-routing", help="在一份带标签的数据上评测模型")
    measure.add_argument("--model", type=Path, required=True)
    for one in (train_it, look, measure):
        one.add_argument("--data", type=Path, required=True, help="csv、xlsx 或 jsonl 文件")
        one.add_argument("--text", default="text", help="正文列，默认 text")
        one.add_argument("--label", default="department", help="单位列，默认 department")
        one.add_argument("--time", default="", help="时间列；给出则按时间划分测试部分")
        one.add_argument("--category", default="category", help="诉求分类列，默认 category，可以没有")
        one.add_argument("--encoder", type=Path, default=SHIPPED, help="编码器目录，默认随包附带的")
    return parser


def _share(told: str) -> float:
    value = float(told)
    if not 0.5 <= value < 1:
        raise argparse.ArgumentTypeError("应在 0.5 与 1 之间")
    return value


def _plan(options: argparse.Namespace) -> Plan:
    return Plan(options.data, Columns(options.text, options.label, options.time, options.category))


def _train(options: argparse.Namespace) -> dict:
    if not options.out and not options.registry:
        raise _usage("请用 --out 指定模型目录，或用 --registry 登记为候选。")
    if options.promote and not options.registry:
        raise _usage("--promote 需要同时给出 --registry。")
    if options.progress:
        report_to(options.progress)
    plan = _plan(options)
    plan.trainer, plan.seed, plan.wanted_precision = options.trainer, options.seed, options.precision
    plan.clean, plan.use_vectors = not options.no_cleaning, not options.no_vectors
    plan.base, plan.epochs = options.base, options.epochs
    encoder = OnnxEncoder(options.encoder, threads=1) if plan.use_vectors else None
    departments = read_departments(options.departments) if options.departments else []
    registry = ModelRegistry(options.registry) if options.registry else None
    out = options.out or options.registry / ".trained"
    trained = train(plan, out, encoder, departments)
    summary = {
        "model": trained.manifest.id,
        "folder": str(trained.folder),
        "trainer": plan.trainer,
        "rows": trained.manifest.data["rows"],
        "labels": len(trained.manifest.labels),
        "measures": trained.manifest.measures,
        "seconds": round(trained.seconds, 1),
        "data": {
            "duplicates": trained.report.duplicates,
            "conflicts": len(trained.report.conflicts),
            "near_duplicates": trained.report.near_duplicates,
            "rare": trained.report.rare,
            "cut": trained.report.cut,
        },
    }
    if registry:
        incumbent = registry.current()
        verdict = judge(trained, incumbent, encoder).as_dict()
        registry.add(trained.folder, options.by, verdict, options.selection)
        promoted = options.promote and verdict["passed"]
        if promoted:
            registry.promote(trained.manifest.id, options.by, verdict)
        if not options.out:
            shutil.rmtree(out, ignore_errors=True)
        print(verdict["explanation"], file=sys.stderr)
        summary |= {"folder": str(registry.path(trained.manifest.id)), "verdict": verdict, "promoted": promoted}
    return summary


def _report(options: argparse.Namespace) -> dict:
    departments = read_departments(options.departments) if options.departments else []
    columns = _plan(options).columns
    return data_report(options.data, columns, departments, not options.no_cleaning)


def _evaluate(options: argparse.Namespace) -> dict:
    return evaluate(options.model, _plan(options), OnnxEncoder(options.encoder))


def _usage(message: str) -> SystemExit:
    print(message, file=sys.stderr)
    return SystemExit(2)


if __name__ == "__main__":
    raise SystemExit(main())
