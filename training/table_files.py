"""数据文件: csv, xlsx and jsonl as a stream of (line number, row); UTF-8 with or without BOM, GBK, and both in one file."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from casework.errors import InvalidInput

MAX_BYTES = 1 << 30
"""A larger file is refused: its texts would not fit into memory as features."""
_FIELD = 10_000_000


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Rows as column → value, with the line (sheet row) they begin on. Empty lines are skipped.

    Raises: InvalidInput with what is wrong and where.
    """
    if not path.is_file():
        raise InvalidInput(f"找不到数据文件“{path}”，请检查路径。")
    size = path.stat().st_size
    if size == 0:
        raise InvalidInput(f"数据文件“{path.name}”是空的。")
    if size > MAX_BYTES:
        raise InvalidInput(f"数据文件“{path.name}”有 {size / 2**30:.1f} GB，超过 1 GB。请按时间拆分或抽样后再训练。")
    readers = {".csv": _csv, ".tsv": _csv, ".xlsx": _xlsx, ".jsonl": _jsonl, ".ndjson": _jsonl}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidInput(f"不支持“{path.suffix or path.name}”格式，请使用 csv、xlsx 或 jsonl 文件。")
    return reader(path)


def _lines(path: Path) -> Iterator[str]:
    """Decoded line by line, since exports are sometimes glued together from two systems."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if number == 1:
                if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                    raise InvalidInput(f"“{path.name}”是 UTF-16 编码，请另存为 UTF-8 或 GBK 后再试。")
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                try:
                    yield line.decode("gb18030")
                except UnicodeDecodeError as error:
                    raise InvalidInput(
                        f"“{path.name}”第{number}行既不是 UTF-8 也不是 GBK 编码，请检查文件是否损坏。"
                    ) from error


def _csv(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    csv.field_size_limit(_FIELD)
    delimiter, told = "\t" if path.suffix.lower() == ".tsv" else ",", []

    def lines() -> Iterator[str]:
        # A file that was not closed properly is filled up with NUL.
        for line in _lines(path):
            told.append(line.replace("\0", ""))
            yield told[-1]

    reader = csv.reader(lines(), delimiter=delimiter)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header):
            raise InvalidInput(f"“{path.name}”的第一行应是列名，但它是空的。")
        line = reader.line_num + 1
        told.clear()
        for row in reader:
            _check_row(path, line, row, header, told, delimiter)
            if any(cell.strip() for cell in row):
                yield line, dict(zip(header, row + [""] * (len(header) - len(row)), strict=False))
            line = reader.line_num + 1
            told.clear()
    except csv.Error as error:
        raise InvalidInput(f"“{path.name}”第{reader.line_num}行附近不是有效的 csv：{error}。") from error


def _check_row(path: Path, line: int, row: list[str], header: list[str], told: list[str], delimiter: str) -> None:
    """Refuse a row that would teach the wrong label. `told` are the lines that it was read from."""
    if any(cell.strip() for cell in row[len(header) :]):
        raise InvalidInput(
            f"“{path.name}”第{line}行有{len(row)}列，而表头只有{len(header)}列。正文里有分隔符时，整段正文要用英文双引号括起来。"
        )
    if len(told) > 1:
        try:
            next(csv.reader(told, delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise InvalidInput(
                    f"“{path.name}”第{line}行的英文双引号没有配对，后面的内容全被当成了这一行。请补上引号后重试。"
                ) from error


def _xlsx(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise InvalidInput(f"“{path.name}”不是有效的 xlsx 文件，请用表格软件重新另存。") from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True) if book.worksheets else iter(())
        header = ["" if cell is None else str(cell).strip() for cell in next(rows, ())]
        if not any(header):
            raise InvalidInput(f"“{path.name}”第一张表的第一行应是列名，但它是空的。")
        for number, row in enumerate(rows, 2):
            if any(cell not in (None, "") for cell in row):
                yield number, dict(zip(header, row, strict=False))
    finally:
        book.close()


def _jsonl(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"“{path.name}”第{number}行不是有效的 JSON：{error}。") from error
        if not isinstance(row, dict):
            raise InvalidInput(f"“{path.name}”第{number}行应是一个 JSON 对象。")
        yield number, row
