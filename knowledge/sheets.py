"""数据表: the rows of a .csv, .xlsx or .jsonl file as text, each with the place a message can name."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from knowledge.file_content import FileFault, damaged, decode, open_package

MAX_CELL = 1_000_000
"""Characters of one cell; Excel's own limit is 32,767."""
MAX_CHARACTERS = 60_000_000
"""Characters of all cells of a file together."""
MAX_COLUMNS = 1_000
_DELIMITERS = ",;\t"
_SAMPLE = 20
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MAX_MERGED = 50_000
_ROW = re.compile(rb"<(?:\w+:)?row[\s>]")
_CHUNK = 1 << 20
_MAX_ROW_CHUNKS = 8
"""A row that takes more chunks than this of the sheet's part is refused: it would be read as a whole."""


@dataclass(slots=True)
class Sheet:
    """工作表: `rows` are (line number, cells); rows without any text are left out, trailing empty cells too."""

    name: str
    rows: Iterator[tuple[int, list[str]]]

    def place(self, number: int) -> str:
        """第3行, or “问答”第3行 where the file has several sheets."""
        return f"“{self.name}”第{number}行" if self.name else f"第{number}行"


def read_csv(data: bytes) -> Sheet:
    """Comma, semicolon or tab, whichever splits the first rows best. Raises: FileFault, also while rows are read."""
    text = decode(data)
    csv.field_size_limit(10_000_000)
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.strip().lower().startswith("sep=") and len(first.strip()) <= 5:  # Excel's own note on the delimiter
        text, skipped = rest, 1
    return Sheet("", _csv_rows(text, _delimiter(text), skipped))


def _delimiter(text: str) -> str:
    sample = text[:200_000]

    def split(delimiter: str) -> tuple[int, int]:
        widths = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                if any(row):
                    widths.append(len(row))
                if len(widths) == _SAMPLE:
                    break
        except csv.Error:
            pass
        common = max(set(widths), key=widths.count, default=1)
        return (widths.count(common) if common > 1 else 0, common)

    return max(_DELIMITERS, key=split)


def _csv_rows(text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield line + skipped, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileFault(f"第{line + skipped}行起的引号不配对，请检查该行，或用表格软件另存为 .xlsx 再导入。") from error


def read_jsonl(data: bytes) -> Iterator[tuple[int, Any]]:
    """(line number, value) of each line that is not empty. Raises: FileFault at the line that is no JSON."""
    for number, line in enumerate(decode(data).split("\n"), 1):  # not splitlines: JSON may hold U+2028 as it is
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise FileFault(f"第{number}行不是有效的问答条目（不是合法的 JSON）。") from error
            yield number, value


def read_xlsx(data: bytes) -> Iterator[Sheet]:
    """Every sheet that is shown and has text, to be read one after the other. Raises: FileFault, also while rows are read.

    Dates become 2026-09-20, cells merged downwards repeat their text, a formula gives the result it was saved with.
    """
    with open_package(data) as package:
        parts = {part.filename for part in package.infolist()}
        book, formulas = _book(data, True), None
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in shown:
            path = sheet._worksheet_path.lstrip("/")
            if path not in parts:
                raise damaged()
            merged, has_formulas = _look_through(package, path)
            sheet.reset_dimensions()
            twin = None
            if has_formulas:
                formulas = formulas or _book(data, False)
                twin = formulas[sheet.title]
                twin.reset_dimensions()
            name = sheet.title if len(shown) > 1 else ""
            yield Sheet(name, _cells(sheet, twin, merged, f"“{name}”" if name else ""))


def _book(data: bytes, results: bool) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(io.BytesIO(data), read_only=True, data_only=results, keep_links=False)
    except Exception as error:  # openpyxl lets out whatever a broken file provokes
        raise damaged() from error


def _look_through(package: zipfile.ZipFile, path: str) -> tuple[list[str], bool]:
    """The merged ranges of a sheet and whether it has formulas, without building its tree."""
    merged: list[str] = []
    has_formulas, rest, without_row = False, b"", 0
    with package.open(path) as stream:
        while chunk := stream.read(_CHUNK):
            text = rest + chunk
            has_formulas = has_formulas or bool(_FORMULA.search(text))
            without_row = 0 if _ROW.search(text) else without_row + 1
            if without_row > _MAX_ROW_CHUNKS:
                raise FileFault("有一行的内容过多，请拆分后再导入。")
            end = 0
            for found in _MERGED.finditer(text):
                merged.append(found.group(1).decode())
                end = found.end()
            if len(merged) > _MAX_MERGED:
                raise FileFault("合并单元格过多，请取消合并后再导入。")
            rest = text[max(end, len(text) - 200) :]
    return merged, has_formulas


def _cells(sheet: Any, twin: Any, merged: list[str], place: str) -> Iterator[tuple[int, list[str]]]:
    spans = _spans(merged)
    open_spans: list[tuple[int, int, str]] = []  # (last row, column, text of the first cell)
    total = 0
    twins = twin.iter_rows() if twin is not None else None
    try:
        for number, row in enumerate(sheet.iter_rows(), 1):
            formulas = next(twins, ()) if twins is not None else ()
            if len(row) > MAX_COLUMNS:
                raise FileFault(f"{place}第{number}行有{len(row)}列，超过{MAX_COLUMNS}列，请删去多余的列。")
            cells = []
            for column, cell in enumerate(row):
                formula = formulas[column] if column < len(formulas) else None
                text = _told(cell, formula, f"{place}第{number}行第{column + 1}列")
                cells.append(text)
                total += len(text)
            open_spans = [span for span in open_spans if span[0] >= number]
            for _, column, text in open_spans:
                if column < len(cells):
                    cells[column] = cells[column] or text
            while spans and spans[-1][0] <= number:
                _, bottom, column = spans.pop()
                if column < len(cells):
                    open_spans.append((bottom, column, cells[column]))
            if total > MAX_CHARACTERS:
                raise FileFault("表格的文字过多，请拆分后再导入。")
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells
    except FileFault:
        raise
    except Exception as error:  # as when opening
        raise damaged() from error


def _spans(merged: list[str]) -> list[tuple[int, int, int]]:
    """(first row, last row, column from 0) of ranges that reach over several rows, the topmost last."""
    from openpyxl.utils.cell import range_boundaries

    spans = []
    for told in merged:
        left, top, _, bottom = range_boundaries(told)
        if bottom > top:
            spans.append((top, bottom, left - 1))
    return sorted(spans, reverse=True)


def _told(cell: Any, formula: Any, place: str) -> str:
    value = cell.value
    if value is None:
        if formula is not None and formula.data_type == "f":
            raise FileFault(f"{place}是没有计算结果的公式，请在表格软件中打开并保存一次，或粘贴为数值后再导入。")
        return ""
    if cell.data_type == "e":
        raise FileFault(f"{place}的公式有错（{value}），请改正后再导入。")
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float | int):
        if "%" in (cell.number_format or ""):
            return f"{round(value * 100, 6):g}%"
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15g}"
    text = str(value).replace("_x000D_", "").strip()
    if len(text) > MAX_CELL:
        raise FileFault(f"{place}的文字过长，请拆分后再导入。")
    return text
