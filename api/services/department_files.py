"""名录文件: the rows of a list of departments, .jsonl, .csv or .xlsx, each with the place a message can name."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from casework.errors import InvalidInput
from knowledge.columns import records
from knowledge.file_content import FileFault, check_format
from knowledge.sheets import read_csv, read_jsonl, read_xlsx

MAX_ROWS = 10_000
COLUMNS = {
    "code": ("代码", "单位代码", "编码", "单位编码", "code"),
    "name": ("名称", "单位名称", "承办单位", "单位", "name"),
    "short_name": ("简称", "单位简称", "shortname"),
    "duties": ("权责清单", "职责", "权责", "主要职责", "duties"),
    "jurisdiction": ("辖区", "管辖区域", "所在区", "jurisdiction"),
    "working_hours": ("工作时间", "办公时间", "workinghours"),
    "contact": ("联系方式", "联系电话", "电话", "contact"),
    "parent": ("上级单位代码", "上级代码", "上级单位", "上级", "parent"),
    "active": ("是否启用", "启用", "状态", "active"),
}
"""Field → names of its column, without blanks and marks."""


def read_departments(name: str, data: bytes) -> list[tuple[str, dict]]:
    """(place, field → value) of each row. `name` is the file's, for its ending.

    Raises: InvalidInput, FileFault.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in (".jsonl", ".csv", ".xlsx"):
        raise InvalidInput("名录请用 .jsonl、.csv 或 .xlsx 文件。")
    if not data.strip():
        raise InvalidInput("文件是空的。")
    check_format(data, suffix)
    rows = []
    for row in _jsonl(data) if suffix == ".jsonl" else _table(data, suffix):
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise InvalidInput(f"名录超过{MAX_ROWS}行，请检查文件是否选对。")
    return rows


def _jsonl(data: bytes) -> Iterator[tuple[str, dict]]:
    rows = read_jsonl(data)
    while True:
        try:
            number, row = next(rows)
        except StopIteration:
            return
        except FileFault as error:
            raise InvalidInput(error.message.replace("有效的问答条目", "有效的单位")) from error
        if not isinstance(row, dict):
            raise InvalidInput(f'第{number}行应是一个单位，例如 {{"code": "gjj", "name": "市住房公积金管理中心"}}。')
        if unknown := sorted(row.keys() - COLUMNS):
            raise InvalidInput(f"第{number}行有不认识的字段“{unknown[0]}”；可用的字段：{'、'.join(COLUMNS)}。")
        yield f"第{number}行", row


def _table(data: bytes, suffix: str) -> Iterator[tuple[str, dict]]:
    found = False
    for sheet in [read_csv(data)] if suffix == ".csv" else read_xlsx(data):
        for row in records(sheet, COLUMNS, _is_header, exact=suffix == ".csv"):
            found = True
            yield row
    if not found:
        raise InvalidInput("表格里没有找到单位：要有“代码”和“名称”两列，下面每行一个单位。")


def _is_header(columns: Mapping[str, object]) -> bool:
    return "code" in columns and "name" in columns
