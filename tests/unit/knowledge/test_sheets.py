"""数据表: csv in its dialects, xlsx with dates, formulas and merged cells, and the places that messages name."""

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from knowledge.columns import plain_name, recognised
from knowledge.file_content import FileFault
from knowledge.sheets import read_csv, read_jsonl, read_xlsx
from tests.unit.knowledge.files import book, parse, with_part

HEADER = ["标准问", "答案", "生效日期"]


def rows(data: bytes) -> list[list[str]]:
    (sheet,) = read_xlsx(data)
    return [cells for _, cells in sheet.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_dialect_and_the_encoding_of_a_csv_are_found(delimiter: str, encoding: str) -> None:
    text = f'问题{delimiter}回答\r\n\r\n怎么取{delimiter}"带{delimiter}身份证;\n带卡,本人去"\r\n咋还{delimiter}网上还；或者柜台\r\n'
    sheet = read_csv(text.encode(encoding))
    assert list(sheet.rows) == [
        (1, ["问题", "回答"]),
        (3, ["怎么取", f"带{delimiter}身份证;\n带卡,本人去"]),
        (5, ["咋还", "网上还；或者柜台"]),
    ]


def test_the_note_on_the_delimiter_is_no_row() -> None:
    assert list(read_csv("sep=;\n问;答\n甲;乙\n".encode()).rows) == [(2, ["问", "答"]), (3, ["甲", "乙"])]


def test_quotes_that_do_not_match_are_named() -> None:
    with pytest.raises(FileFault, match=r"第2行起的引号不配对"):
        parse("a.csv", '标准问,答案\n甲,"没有结束\n乙,丙\n')


def test_cells_as_excel_keeps_them() -> None:
    def percent(workbook: Workbook) -> None:
        workbook.active["E2"].number_format = "0.00%"

    cells = ["甲", date(2026, 9, 20), datetime(2026, 9, 20, 8, 30), 3.0, 0.0325, True, 1234567890123, 0.1, None]
    data = book([["问", "日期", "时间", "数", "率", "是否", "电话", "小数"], cells], change=percent)
    assert rows(data)[1] == ["甲", "2026-09-20", "2026-09-20 08:30", "3", "3.25%", "是", "1234567890123", "0.1"]


def test_a_date_cell_is_an_effective_date() -> None:
    (entry,) = parse("a.xlsx", book([HEADER, ["甲？", "乙", date(2026, 9, 20)]]))
    assert entry.effective_from == date(2026, 9, 20)


def test_cells_merged_downwards_repeat_their_text() -> None:
    def merge(workbook: Workbook) -> None:
        workbook.active.merge_cells("A2:A4")
        workbook.active.merge_cells("B5:C5")

    data = book(
        [["事项", "问题", "答案"], ["提取", "甲", "1"], ["", "乙", "2"], ["", "丙", "3"], ["", "丁", "4"]], change=merge
    )
    assert [cells[0] for cells in rows(data)] == ["事项", "提取", "提取", "提取", ""]
    assert rows(data)[-1] == ["", "丁"], "a cell merged sideways keeps its own place only"


def test_a_formula_gives_the_result_it_was_saved_with() -> None:
    data = book([["标准问", "答案"], ["甲？", "=1+1"]])
    with pytest.raises(FileFault, match="第2行第2列是没有计算结果的公式，请在表格软件中打开并保存一次"):
        parse("a.xlsx", data)

    def saved(xml: bytes) -> bytes:
        return re.sub(rb"(<f>1\+1</f>)<v ?/?>(</v>)?", rb"\1<v>2</v>", xml)

    (entry,) = parse("a.xlsx", with_part(data, "xl/worksheets/sheet1.xml", saved))
    assert entry.answer == "2"


def test_a_formula_that_failed_is_named() -> None:
    with pytest.raises(FileFault, match=r"第2行第2列的公式有错（#REF!）"):
        parse("a.xlsx", book([["标准问", "答案"], ["甲？", "#REF!"]]))


def hide(workbook: Workbook) -> None:
    workbook.worksheets[1].sheet_state = "hidden"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (book([]), "表格是空的"),
        (book([], []), "表格是空的"),
        (book([["标准问", "答案"]]), "没有任何条目"),
        (book([["姓名", "电话"], ["张", "1"]]), "没有找到需要的列名（第一行是：姓名、电话）；问答要有“标准问”和“答案”"),
        (book([["标准问", "分类"], ["张", "1"]]), "没有找到需要的列名（第一行是：标准问、分类）"),
        (book([["标准问", "答案", "答案"], ["甲", "乙", "丙"]]), "有2列都叫“答案”，请合并或改名"),
        (book([["标准问", "答案"], ["甲", ""]]), "第2行不是有效的条目（“答案”是空的）"),
        (book([["说明"]], [["标准问", "答案"], ["", "乙"]]), "“Sheet1”第2行不是有效的条目（“标准问”是空的）"),
    ],
)
def test_bad_sheets_are_named(content: bytes, why: str) -> None:
    with pytest.raises(FileFault) as fault:
        parse("a.xlsx", content)
    assert why in fault.value.message


def test_a_note_above_the_header_and_a_sheet_of_notes_are_passed_over() -> None:
    warnings: list[str] = []
    data = book(
        [["住房公积金常见问题"], [], ["标准问", "答案"], ["甲", "乙"]],
        [["标准问", "答案"], ["藏", "起来的"]],
        [["填写说明"]],
        change=hide,
    )
    assert [entry.title for entry in parse("a.xlsx", data, warn=warnings)] == ["甲"]
    assert warnings == ["工作表“Sheet2”没有认得的列名，未导入。"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("标准问,答案,分类\n甲,乙\n", "第2行只有2格，表头有3列；空着的格也要保留分隔符"),
        ("标准问,答案\n甲,乙,丙\n", "第2行有3格，表头只有2列；内容里有分隔符或换行的，请用英文双引号括起来"),
        ("标准问,答案\n甲,乙\n\n,丙\n", "第4行不是有效的条目（“标准问”是空的）"),
        ("标准问\n甲\n", "没有找到需要的列名"),
    ],
)
def test_bad_csv_rows_are_named(text: str, why: str) -> None:
    with pytest.raises(FileFault) as fault:
        parse("a.csv", text)
    assert why in fault.value.message


def test_empty_cells_at_the_end_of_a_csv_row_are_no_fault() -> None:
    assert len(parse("a.csv", "标准问,答案,,\n甲,乙,,,,\n丙,丁,\n")) == 2


@pytest.mark.parametrize("change", [lambda xml: xml[:100], lambda _: b"<a/>"])
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_broken_workbook_is_named(part: str, change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(FileFault, match=r"已损坏|是空的|没有找到需要的列名"):
        parse("a.xlsx", with_part(book([["标准问", "答案"], ["甲", "乙"]]), part, change))


def test_lines_of_json() -> None:
    assert list(read_jsonl(b'\xef\xbb\xbf{"a": 1}\n\n[2]')) == [(1, {"a": 1}), (3, [2])]
    with pytest.raises(FileFault, match="第2行不是有效的问答条目（不是合法的 JSON）"):
        list(read_jsonl(b"1\n{"))
    with pytest.raises(FileFault, match="第1行"):
        list(read_jsonl(b"[" * 100_000))


def test_the_names_of_columns() -> None:
    assert [plain_name(name) for name in ("*相似问（选填）", "Standard_Question", "办理渠道/地点：", "有效期 至")] == [
        "相似问",
        "standardquestion",
        "办理渠道地点",
        "有效期至",
    ]
    names = {"q": ("标准问", "问题"), "s": ("相似问",)}
    assert recognised(["问题", "标准问", "相似问1", "相似问2"], names, ("s",)) == {"q": [1], "s": [2, 3]}
