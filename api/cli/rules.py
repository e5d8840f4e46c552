"""派单规则命令: rules list, test, save."""

import json
from pathlib import Path
from typing import Annotated

import typer

from api.cli.batch import emit
from api.services.rule_views import trial_view
from api.services.rules import LAST, RuleService
from casework.errors import InvalidInput
from routing.rule_checks import RuleProblem, errors_of
from routing.rule_trial import MOST, Trial
from routing.rules import BrokenRule, Rule, Rules, read_rows

BY = "cli"
SHOWN = 20
"""Changed orders that `rules test` prints; `--json` gives more."""
SOURCES = {"database": "已保存", "file": "规则文件", "none": "没有规则"}
VERDICTS = {"right": "改对", "wrong": "改错", "": "　　"}
File = Annotated[Path, typer.Argument(help="规则文件（JSON 数组）")]
Last = Annotated[int, typer.Option("--last", min=1, max=MOST, help="用最近多少张工单试算")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    rules = typer.Typer(no_args_is_help=True, help="查看、试算、保存派单规则。")
    app.add_typer(rules, name="rules")

    @rules.command("list", help="列出现行派单规则，按先后顺序。")
    def list_rules(context: typer.Context, as_json: AsJson = False) -> None:
        told = RuleService(context.obj.instance()).current()
        if as_json:
            emit(told)
            return
        version = f"第{told['version']}版，{told['by']}，{told['note']}" if told["version"] else ""
        print(f"{SOURCES[told['source']]}，共{len(told['rules'])}条。{version}")
        for number, rule in enumerate(Rules.of(told["rules"]).rows, 1):
            print(f"{number}. {described(rule)}")
        _print([RuleProblem(**problem) for problem in told["problems"]])

    @rules.command("test", help="核对规则文件，并用最近的工单试算：有多少张会变，怎么变。")
    def test_rules(context: typer.Context, file: File, last: Last = LAST, as_json: AsJson = False) -> None:
        service = RuleService(context.obj.instance())
        rows = _read(file)
        if as_json:
            told = service.try_checked(rows, last)
            emit(told)
            raise typer.Exit(1 if told["trial"] is None else 0)
        _check(service, rows)
        _print_trial(service.trial(rows, last)[0])

    @rules.command("save", help="核对、试算后保存为新版本，立即生效。")
    def save_rules(
        context: typer.Context,
        file: File,
        note: Annotated[str, typer.Option(help="修改说明，记入历史")],
        last: Last = LAST,
    ) -> None:
        service = RuleService(context.obj.instance())
        rows = _read(file)
        version = service.current()["version"]
        _check(service, rows)
        trial, proof = service.trial(rows, last)
        _print_trial(trial)
        print(f"已保存为第{service.save(rows, note, version, BY, proof)['version']}版，立即生效。")


def described(rule: Rule | BrokenRule) -> str:
    """One line."""
    if isinstance(rule, BrokenRule):
        return f"{rule.problem}（已损坏，排到这里的工单都转人工）"
    quoted = {
        key: "、".join(f"“{term}”" for term in getattr(rule, key)) for key in ("any_terms", "all_terms", "none_terms")
    }
    conditions = (
        ("含任一", quoted["any_terms"]),
        ("含全部", quoted["all_terms"]),
        ("不含", quoted["none_terms"]),
        ("类型为", rule.type),
        ("区县为", rule.district),
        ("分类属于", rule.category),
        ("模型首选为", rule.candidate),
        ("紧急程度为", rule.urgency),
    )
    told = "，".join(f"{name}{value}" for name, value in conditions if value)
    lead = f"派至 {rule.department}" if rule.department else ""
    helped = f"协办 {'、'.join(rule.supporting)}" if rule.supporting else ""
    effect = "，".join(part for part in (lead, helped, "由人工派单" if rule.review else "") if part)
    days = f"（{rule.start or ''}—{rule.end or ''}）" if rule.start or rule.end else ""
    return f"{rule.label}：{told} → {effect}{days}"


def _read(file: Path) -> list:
    """Raises: InvalidInput."""
    if not file.is_file():
        raise InvalidInput(f"没有文件 {file}。")
    try:
        return read_rows(file)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{file} 第{error.lineno}行不是正确的 JSON，请检查。") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} 无法读取：{error}。") from None


def _check(service: RuleService, rows: list) -> None:
    """Print what is wrong; exit 1 with an error among it."""
    problems = service.check(rows)
    _print(problems)
    errors = errors_of(problems)
    if errors:
        raise InvalidInput(f"规则有{len(errors)}处错误，请改正后再试。")


def _print(problems: list[RuleProblem]) -> None:
    for problem in problems:
        place = f"第{problem.row}条：" if problem.row else ""
        print(f"{'提示' if problem.level == 'warning' else '错误'}　{place}{problem.message}")


def _print_trial(trial: Trial) -> None:
    told = trial_view(trial, {})
    print(
        f"试算最近{trial.orders}张工单：{trial.changed}张有变化，自动派单由{trial.auto_before}张变为{trial.auto_after}张。"
    )
    print(
        f"已确定承办单位的{trial.settled}张中，与实际一致的由{trial.right_before}张变为{trial.right_after}张"
        f"（改对{trial.became_right}张，改错{trial.became_wrong}张）。"
    )
    for hit in told["hits"]:
        print(f"  {hit['rule']}：{hit['count']}张" if hit["count"] else f"  {hit['rule']}：没有命中")
    for row in told["rows"][:SHOWN]:
        before, after = row["before"], row["after"]
        text = "（保密工单）" if row["confidential"] else row["excerpt"]
        print(
            f"{VERDICTS[row['verdict']]} {row['number']} {_outcome(before)} → {_outcome(after)}（{row['rule']}） {text}"
        )
    if trial.changed > SHOWN:
        print(f"只列出{SHOWN}张。")


def _outcome(outcome: dict) -> str:
    return f"{outcome['department'] or '无'}{'' if outcome['decision'] == 'auto' else '（人工）'}"
