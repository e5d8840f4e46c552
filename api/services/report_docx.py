"""报告文档: a periodic report as a Word document (docx), for those who hand it on."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from docx import Document
from docx.document import Document as Word
from docx.oxml.ns import qn

from casework.deadline.calendar import CITY_TIME
from casework.insight.periodic_report import change_words

FONT = "宋体"


def report_docx(content: dict) -> bytes:
    """The document's bytes; figures and sections as on the page."""
    word = Document()
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        # The characters of the East have a font of their own in Word.
        style = word.styles[name]
        style.font.name = FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    word.core_properties.title = f"{content['title']} {content['period']}"
    made = datetime.fromisoformat(content["made_at"]).astimezone(CITY_TIME)
    word.add_heading(content["title"], 0)
    word.add_paragraph(f"{content['period']}（生成时间：{made:%Y-%m-%d %H:%M}）")
    for write in (_volume, _shares, _topics, _rates, _league, _notable):
        write(word, content)
    word.add_heading("统计说明", 1)
    for note in content["notes"]:
        word.add_paragraph(note, style="List Number")
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def _volume(word: Word, content: dict) -> None:
    told = content["volume"]
    change = change_words(told["change"])
    word.add_heading("一、受理情况", 1)
    word.add_paragraph(f"本期共登记诉求{told['count']}件，上期{told['before']}件{change}。")
    if len(told["days"]) > 1:
        _table(word, ("日期", "件数"), ((row["day"], row["count"]) for row in told["days"]))


def _shares(word: Word, content: dict) -> None:
    word.add_heading("二、诉求构成", 1)
    for share in content["shares"]:
        word.add_heading(f"按{share['name']}", 2)
        if not share["rows"]:
            word.add_paragraph("本期没有诉求。")
            continue
        rows: list[Sequence[object]] = [(row["name"], row["count"], f"{row['share']:.1%}") for row in share["rows"]]
        if share["others"]:
            rows.append(("其他", share["others"], f"{share['others'] / share['total']:.1%}"))
        _table(word, (share["name"], "件数", "占比"), [*rows, ("合计", share["total"], "100.0%")])


def _topics(word: Word, content: dict) -> None:
    word.add_heading("三、热点诉求", 1)
    if not content["topics"]:
        word.add_paragraph("本期没有发现新的热点。")
        return
    rows = (
        (
            row["title"],
            row["count"],
            f"{row['span_hours']:.0f}小时{row['span_count']}件",
            "数据不足" if row["usual"] is None else f"{row['usual']:.1f}件",
            f"{row['surprise']:.1f}",
            "、".join(row["districts"]),
        )
        for row in content["topics"]
    )
    _table(word, ("热点", "件数", "突出时段", "平时", "异常度", "区县"), rows)


def _rates(word: Word, content: dict) -> None:
    word.add_heading("四、办理与回访", 1)
    rows = (
        (row["name"], _share(row["share"]), f"{row['numerator']} / {row['denominator']}", row["basis"])
        for row in content["rates"]
    )
    _table(word, ("指标", "比率", "分子 / 分母", "口径"), rows)
    told = content["callbacks"]
    word.add_paragraph(
        f"本期办结{told['closings']}次：已评价{told['answered']}，未联系上{told['unreached']}，等待评价{told['waiting']}，"
        f"拒绝评价{told['refused']}，不需回访{told['excluded']}。"
    )


def _league(word: Word, content: dict) -> None:
    told = content["league"]
    word.add_heading("五、承办单位", 1)
    header = ("名次", "单位", "工单数", *(one["name"] for one in told["measures"]))
    for title, rows in (
        (f"满意率排名（已评价不少于{told['least']}件）", told["ranked"]),
        ("数量较少，不参与排名", told["apart"]),
    ):
        if rows:
            word.add_heading(title, 2)
            _table(word, header, (_department(row, told["measures"]) for row in rows))
    if not told["ranked"] and not told["apart"]:
        word.add_paragraph("本期没有承办单位的数据。")


def _department(row: dict, measures: Sequence[dict]) -> list[object]:
    cells: list[object] = [row["rank"] or "—", row["name"], row["volume"]]
    for one in measures:
        told = row["measures"].get(one["key"])
        cells.append(f"{_share(told['share'])}（{told['numerator']} / {told['denominator']}）" if told else "—")
    return cells


def _notable(word: Word, content: dict) -> None:
    word.add_heading("六、重点工单", 1)
    if not content["notable"]:
        word.add_paragraph("本期没有督办工单。")
        return
    rows = ((row["number"], row["why"], row["category"], row["excerpt"]) for row in content["notable"])
    _table(word, ("工单编号", "事由", "分类", "摘录"), rows)


def _table(word: Word, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = word.add_table(1, len(header), style="Table Grid")
    for cell, name in zip(table.rows[0].cells, header, strict=True):
        cell.text = name
    for row in rows:
        # A control character makes a document that Word refuses.
        told = ["".join(char for char in str(value) if char >= " ") for value in row]
        for cell, text in zip(table.add_row().cells, told, strict=True):
            cell.text = text


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"
