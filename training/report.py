"""训练报告: one self-contained HTML page with tables and inline SVG; opens without a network."""

from collections.abc import Callable, Sequence
from html import escape

from casework.masking import mask_text
from routing.artifact import Manifest
from training import routing_evaluation as evaluation
from training.routing_data import DataReport

_STYLE = """
body{font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.5em 0 1.5em}th,td{border:1px solid #ccc;padding:.25em .6em;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}th{background:#f3f5f8}svg{background:#fafbfc;border:1px solid #ddd}
.row{display:flex;flex-wrap:wrap;gap:2em}h2{margin-top:1.6em;border-bottom:2px solid #e5e8ee}
"""


def report_page(
    manifest: Manifest, report: DataReport, found: evaluation.Outcomes, texts: Sequence[str], truth: Sequence[str]
) -> str:
    """HTML; the figures of the held-out part, the data report and the worst errors, all text escaped."""
    lines, data = manifest.thresholds, manifest.data
    held = manifest.measures["held_out"]
    auto = held["auto"]
    overview = [
        ("测试条数", held["rows"]),
        ("首选准确率", held["top1"]),
        ("前三命中率", held["top3"]),
        ("宏平均 F1", held["macro_f1"]),
        ("校准误差 ECE（十个等量区间）", held["calibration_error"]),
        (f"自动派单占比（目标准确率 {manifest.wanted_precision:.0%}）", auto["coverage"]),
        (f"自动派单准确率（{auto['rows']} 条）", auto["precision"]),
    ]
    parts = [
        f"<h1>派单模型训练报告</h1><p>{escape(manifest.id)}，训练器 {escape(manifest.trainer)}，{escape(manifest.created_at)}</p>",
        "<h2>质量（留出测试，训练时未见）</h2>",
        _table(("指标", "数值"), overview),
        '<div class="row">',
        _chart(
            "可靠性：置信度与实际准确率",
            [(row["confidence"], row["right"]) for row in evaluation.reliability(found)],
            "置信度",
            "准确率",
            True,
        ),
        _chart(
            "自动派单占比与准确率",
            [(row["coverage"], row["precision"]) for row in evaluation.coverage_curve(found)],
            "占比",
            "准确率",
            False,
        ),
        "</div>",
        "<h2>各单位</h2>",
        _table(
            ("单位", "条数", "精确率", "召回率", "F1", "自动派单线", "自动条数", "自动准确率"),
            [tuple(row.values()) for row in evaluation.department_table(found, lines)],
        ),
        "<h2>最易混淆的单位</h2>",
        _table(("实际单位", "误判为", "条数"), [tuple(row.values()) for row in evaluation.confusions(found)]),
        "<h2>把握最大的错误</h2>",
        _table(
            ("诉求", "实际单位", "误判为", "置信度"),
            [
                (mask_text(text), *rest)
                for text, *rest in map(dict.values, evaluation.worst_errors(found, texts, truth))
            ],
        ),
        "<h2>数据</h2>",
        _table(
            ("项目", "数量"),
            [
                ("读入行数", report.rows),
                ("训练部分", data["train_rows"]),
                ("测试部分", data["test_rows"]),
                ("划分方式", "按时间" if data["by_time"] else "按单位分层"),
                ("无正文", report.without_text),
                ("无单位", report.without_label),
                ("完全重复", report.duplicates),
                ("近似重复", report.near_duplicates),
                ("删去经办用语的条数" + ("" if manifest.cleaning["enabled"] else "（清洗已关闭）"), report.cut),
            ],
        ),
        _listing("删去的经办用语举例", [mask_text(cut) for cut in report.cut_examples]),
        _listing("样本不足、一律人工确认的单位", report.rare),
        "<h3>正文相同而单位不同</h3>" if report.conflicts else "",
        _table(
            ("正文", "各单位所在行", "采用"),
            [
                (
                    mask_text(row["text"]),
                    "；".join(f"{k}：{'、'.join(map(str, v[:8]))}" for k, v in row["labels"].items()),
                    row["kept"],
                )
                for row in report.conflicts[:50]
            ],
        )
        if report.conflicts
        else "",
        "<h3>各单位条数</h3>",
        _table(("单位", "条数"), list(report.counts.items())),
    ]
    title = f"派单模型训练报告 {manifest.id}"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _cell(value: object) -> str:
    if value is None:
        return '<td class="n">—</td>'
    if isinstance(value, float):
        return f'<td class="n">{value:.4f}</td>'
    return f'<td class="n">{value}</td>' if isinstance(value, int) else f"<td>{escape(str(value))}</td>"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = (
        "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows) or f'<tr><td colspan="{len(head)}">无</td></tr>'
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _listing(title: str, rows: Sequence[str]) -> str:
    return f"<h3>{escape(title)}</h3><ul>{''.join(f'<li>{escape(row)}</li>' for row in rows)}</ul>" if rows else ""


def _chart(title: str, points: Sequence[tuple[float, float]], across: str, up: str, diagonal: bool) -> str:
    """A line chart of shares, 0–1 both ways."""
    left, top, size = 45, 15, 280
    x: Callable[[float], float] = lambda value: round(left + value * size, 1)  # noqa: E731
    y: Callable[[float], float] = lambda value: round(top + (1 - value) * size, 1)  # noqa: E731
    ticks = "".join(
        f'<line x1="{x(t)}" y1="{y(0)}" x2="{x(t)}" y2="{y(1)}" stroke="#e3e6ea"/>'
        f'<line x1="{x(0)}" y1="{y(t)}" x2="{x(1)}" y2="{y(t)}" stroke="#e3e6ea"/>'
        f'<text x="{x(t)}" y="{y(0) + 16}" font-size="11" text-anchor="middle">{t:.1f}</text>'
        f'<text x="{x(0) - 6}" y="{y(t) + 4}" font-size="11" text-anchor="end">{t:.1f}</text>'
        for t in (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    line = " ".join(f"{x(a)},{y(b)}" for a, b in points)
    dots = "".join(f'<circle cx="{x(a)}" cy="{y(b)}" r="3" fill="#1f6feb"/>' for a, b in points)
    guide = (
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#999" stroke-dasharray="4"/>'
        if diagonal
        else ""
    )
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg width="350" height="345" role="img" aria-label="{escape(title)}">{ticks}{guide}'
        f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="2"/>{dots}'
        f'<text x="{x(0.5)}" y="{y(0) + 34}" font-size="12" text-anchor="middle">{escape(across)}</text>'
        f'<text x="12" y="{y(0.5)}" font-size="12" text-anchor="middle" transform="rotate(-90 12 {y(0.5)})">{escape(up)}</text></svg></figure>'
    )
