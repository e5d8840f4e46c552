"""报告网页: a periodic report as one self-contained page, fit to be printed; nothing in it runs or is fetched."""

from collections.abc import Iterable
from datetime import datetime
from html import escape

from casework.deadline.calendar import CITY_TIME
from casework.insight.periodic_report import change_words

STYLE = """
body{font:15px/1.7 "Source Han Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1d2733;max-width:960px;margin:24px auto;padding:0 20px}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:32px 0 8px;border-bottom:2px solid #1457a6;padding-bottom:4px}h3{font-size:16px;margin:20px 0 6px}
table{border-collapse:collapse;width:100%;margin:8px 0 16px;font-size:14px}th,td{border:1px solid #c6ced8;padding:4px 8px;text-align:left}
th{background:#eef3f9}td.n{text-align:right;font-variant-numeric:tabular-nums}a{color:#1457a6}.muted{color:#56616f;font-size:13px}
tr{break-inside:avoid}thead{display:table-header-group}
@media print{body{margin:0;max-width:none}a{color:inherit;text-decoration:none}}
"""


def report_html(content: dict, base: str = "") -> str:
    """The page. `base` is where the console is reached, for the links behind the figures ("" = this very site)."""
    return _Page(content, base).html()


class _Page:
    def __init__(self, content: dict, base: str) -> None:
        self._told, self._base = content, base.rstrip("/")

    def html(self) -> str:
        told = self._told
        parts = [
            f"<h1>{escape(told['title'])}</h1>",
            f'<p>{escape(told["period"])}<br><span class="muted">生成时间：{_time(told["made_at"])}。点击数字可在工作台查看对应工单。</span></p>',
            *self._volume(),
            *self._shares(),
            *self._topics(),
            *self._rates(),
            *self._league(),
            *self._notable(),
            "<h2>统计说明</h2>",
            "<ol>" + "".join(f"<li>{escape(note)}</li>" for note in told["notes"]) + "</ol>",
        ]
        title = escape(f"{told['title']} {told['period']}")
        return (
            f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>{"".join(parts)}</body></html>'
        )

    def _link(self, text: object, query: str) -> str:
        return f'<a target="_blank" rel="noopener" href="{escape(self._base)}/console/#/figures?{escape(query)}">{escape(str(text))}</a>'

    def _volume(self) -> Iterable[str]:
        told = self._told["volume"]
        change = change_words(told["change"])
        yield "<h2>一、受理情况</h2>"
        yield (
            f"<p>本期共登记诉求{self._link(told['count'], told['query'])}件，"
            f"上期{self._link(told['before'], told['before_query'])}件{change}。</p>"
        )
        if len(told["days"]) > 1:
            yield _table(
                ("日期", "件数"),
                ((escape(row["day"]), self._link(row["count"], row["query"])) for row in told["days"]),
                (1,),
            )

    def _shares(self) -> Iterable[str]:
        yield "<h2>二、诉求构成</h2>"
        for share in self._told["shares"]:
            yield f"<h3>按{escape(share['name'])}</h3>"
            if not share["rows"]:
                yield "<p>本期没有诉求。</p>"
                continue
            rows = [
                (escape(row["name"]), self._link(row["count"], row["query"]), f"{row['share']:.1%}")
                for row in share["rows"]
            ]
            if share["others"]:
                rows.append(("其他", str(share["others"]), f"{share['others'] / share['total']:.1%}"))
            rows.append(("合计", str(share["total"]), "100.0%"))
            yield _table((share["name"], "件数", "占比"), rows, (1, 2))

    def _topics(self) -> Iterable[str]:
        yield "<h2>三、热点诉求</h2>"
        if not self._told["topics"]:
            yield "<p>本期没有发现新的热点。</p>"
            return
        yield _table(
            ("热点", "件数", "突出时段", "平时", "异常度", "区县", "预警"),
            (
                (
                    escape(row["title"]),
                    self._link(row["count"], row["query"]),
                    f"{row['span_hours']:.0f}小时{row['span_count']}件",
                    "数据不足" if row["usual"] is None else f"{row['usual']:.1f}件",
                    f"{row['surprise']:.1f}",
                    escape("、".join(row["districts"])),
                    "是" if row["alerted"] else "",
                )
                for row in self._told["topics"]
            ),
            (1, 3, 4),
        )

    def _rates(self) -> Iterable[str]:
        yield "<h2>四、办理与回访</h2>"
        yield _table(
            ("指标", "比率", "分子", "分母", "95%区间", "口径"),
            (
                (
                    escape(row["name"]),
                    _share(row["share"]),
                    self._link(row["numerator"], row["numerator_query"]),
                    self._link(row["denominator"], row["denominator_query"]),
                    f"{row['low']:.1%}–{row['high']:.1%}" if row["denominator"] else "—",
                    escape(row["basis"]),
                )
                for row in self._told["rates"]
            ),
            (1, 2, 3, 4),
        )
        told = self._told["callbacks"]
        yield (
            f"<p>本期办结{told['closings']}次：已评价{told['answered']}，未联系上{told['unreached']}，等待评价{told['waiting']}，"
            f"拒绝评价{told['refused']}，不需回访{told['excluded']}。</p>"
        )

    def _league(self) -> Iterable[str]:
        told = self._told["league"]
        yield "<h2>五、承办单位</h2>"
        header = ("名次", "单位", "工单数", *(one["name"] for one in told["measures"]))
        for title, rows in (
            (f"满意率排名（已评价不少于{told['least']}件）", told["ranked"]),
            ("数量较少，不参与排名", told["apart"]),
        ):
            if rows:
                yield f"<h3>{escape(title)}</h3>"
                yield _table(header, (self._department(row) for row in rows), tuple(range(2, len(header))))
        if not told["ranked"] and not told["apart"]:
            yield "<p>本期没有承办单位的数据。</p>"

    def _department(self, row: dict) -> tuple[str, ...]:
        cells = [str(row["rank"] or "—"), escape(row["name"]), self._link(row["volume"], row["volume_query"])]
        for one in self._told["league"]["measures"]:
            told = row["measures"].get(one["key"])
            if told is None:
                cells.append("—")
                continue
            above = self._link(told["numerator"], told["numerator_query"])
            below = self._link(told["denominator"], told["denominator_query"])
            cells.append(f'{_share(told["share"])}<br><span class="muted">{above} / {below}</span>')
        return tuple(cells)

    def _notable(self) -> Iterable[str]:
        yield "<h2>六、重点工单</h2>"
        if not self._told["notable"]:
            yield "<p>本期没有督办工单。</p>"
            return
        yield _table(
            ("工单编号", "事由", "分类", "摘录"),
            (
                (
                    f'<a target="_blank" rel="noopener" href="{escape(self._base)}/console/#/work-orders/{int(row["id"])}">{escape(row["number"])}</a>',
                    escape(row["why"]),
                    escape(row["category"]),
                    escape(row["excerpt"]),
                )
                for row in self._told["notable"]
            ),
        )


def _table(header: Iterable[str], rows: Iterable[Iterable[str]], numbers: tuple[int, ...] = ()) -> str:
    """Cells are HTML already."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(
        "<tr>"
        + "".join(f"<td{' class=n' if place in numbers else ''}>{cell}</td>" for place, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(CITY_TIME):%Y-%m-%d %H:%M}"
