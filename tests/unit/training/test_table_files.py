import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from casework.errors import InvalidInput
from training.table_files import read_rows


def rows(path: Path, data: bytes | str) -> list[tuple[int, dict]]:
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return list(read_rows(path))


CSV = '诉求,单位\n路灯坏了,城管局\n\n"停水了，\n两天",水务\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_in_the_usual_encodings(tmp_path: Path, encoding: str) -> None:
    found = rows(tmp_path / "a.csv", CSV.encode(encoding))
    assert found == [(2, {"诉求": "路灯坏了", "单位": "城管局"}), (4, {"诉求": "停水了，\n两天", "单位": "水务"})]


def test_a_file_glued_from_two_encodings(tmp_path: Path) -> None:
    data = "诉求,单位\n路灯坏了,城管局\n".encode() + "停水了,水务\n".encode("gbk")
    assert [row["诉求"] for _, row in rows(tmp_path / "a.csv", data)] == ["路灯坏了", "停水了"]


def test_each_line_of_a_glued_file_has_its_own_encoding(tmp_path: Path) -> None:
    """Also one that only GB18030 has, in quotes, over two lines, and behind a mark at the start."""
    parts = [
        "诉求,单位\n路灯坏了,城管局\n".encode("utf-8-sig"),
        '"停水了，\n两天",水务\n㐂字路口没有红绿灯,交警\n'.encode("gb18030"),
        "停电了,供电\n".encode(),
    ]
    found = rows(tmp_path / "a.csv", b"".join(parts))
    assert [line for line, _ in found] == [2, 3, 5, 6]
    assert [row["诉求"] for _, row in found] == ["路灯坏了", "停水了，\n两天", "㐂字路口没有红绿灯", "停电了"]
    assert [row["单位"] for _, row in found] == ["城管局", "水务", "交警", "供电"]


def test_nul_bytes_of_an_unclean_export_are_no_part_of_any_cell(tmp_path: Path) -> None:
    data = "text,department\n停水,水务\0\n\0停电\0,供电\n".encode() + b"\0" * 4096
    assert rows(tmp_path / "a.csv", data) == [
        (2, {"text": "停水", "department": "水务"}),
        (3, {"text": "停电", "department": "供电"}),
    ]


def test_short_rows_have_empty_cells_and_trailing_separators_do_no_harm(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", "text,department,time\n停水\n停电,供电,2026-01-01,,\n")
    assert found == [
        (2, {"text": "停水", "department": "", "time": ""}),
        (3, {"text": "停电", "department": "供电", "time": "2026-01-01"}),
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("text,department\n停水,水务\n路灯坏了,没人修,城管局\n", "第3行有3列，而表头只有2列.*双引号"),
        ('text,department\n停水,水务\n"停电,供电\n路灯坏了,城管局\n积水,水务\n', "第3行的英文双引号没有配对"),
        ('text\tdepartment\n停水\t水务\n"停电\t供电\n路灯\t城管\n', "第3行的英文双引号没有配对"),
    ],
)
def test_rows_that_would_teach_a_wrong_label_are_named(tmp_path: Path, data: str, problem: str) -> None:
    name = "a.tsv" if "\t" in data else "a.csv"
    with pytest.raises(InvalidInput, match=problem):
        rows(tmp_path / name, data)


def test_a_quote_in_the_middle_of_a_text_is_part_of_it(tmp_path: Path) -> None:
    data = 'text,department\n他说"停水",水务\n"他说""停电""\n两次",供电\n'
    assert [row["text"] for _, row in rows(tmp_path / "a.csv", data)] == ['他说"停水"', '他说"停电"\n两次']


def test_a_file_is_read_as_a_stream(tmp_path: Path) -> None:
    """The first row is there before the last line, which is broken, is looked at."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,department\n" + "停水,水务\n".encode() * 1000 + b"\xff\xff\n")
    read = read_rows(path)
    assert next(read)[0] == 2
    with pytest.raises(InvalidInput, match="第1002行"):
        list(read)


def test_jsonl_with_blank_lines_and_a_mark_at_the_start(tmp_path: Path) -> None:
    told = "\ufeff" + json.dumps({"text": "停水"}, ensure_ascii=False) + "\n\n" + json.dumps({"text": "停电"}) + "\n"
    assert rows(tmp_path / "a.jsonl", told) == [(1, {"text": "停水"}), (3, {"text": "停电"})]


def test_xlsx_reads_the_first_sheet_by_its_header(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["诉求", "单位", "时间"], ["路灯坏了", "城管局", None], [None, None, None], ["停水", "水务", 3]):
        book.active.append(row)
    book.create_sheet("说明").append(["别读我"])
    book.save(tmp_path / "a.xlsx")
    found = list(read_rows(tmp_path / "a.xlsx"))
    assert [(line, row["诉求"]) for line, row in found] == [(2, "路灯坏了"), (4, "停水")]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.csv", b"", "是空的"),
        ("a.csv", b"\n1,2\n", "列名"),
        ("a.csv", "诉求\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"text\n\xff\xff\xff\n", "第2行"),
        ("a.jsonl", b"{]\n", "第1行"),
        ("a.jsonl", b'{"text": "a"}\n[1]\n', "第2行"),
        ("a.jsonl", b"[" * 100_000, "第1行"),
        ("a.xlsx", b"not a workbook", "xlsx"),
        ("a.doc", b"x", "不支持"),
        ("a", b"x", "不支持"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        rows(tmp_path / name, data)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidInput, match="找不到"):
            list(read_rows(path))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(2 << 30)  # sparse: takes no room
    with pytest.raises(InvalidInput, match=r"2\.0 GB"):
        list(read_rows(path))
