"""诉求分类: the coded tree of categories that appeals are sorted into; the demonstration city's follows DB44/T 2479-2024."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from casework.errors import InvalidInput

COLUMNS = ("code", "name", "parent", "source")
LEVELS = 5
"""At most so many, the first included."""


@dataclass(frozen=True, slots=True)
class Node:
    """分类. `path` is the names from the first level down, joined by "/": what orders and models keep as category."""

    code: str
    name: str
    parent: str
    """The parent's code; "" at the first level."""
    source: str
    path: str


class Taxonomy:
    """诉求分类表. Iterating gives the nodes in the order of their codes, so that children follow their parent."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self._nodes = nodes
        self._codes = {node.path: node.code for node in nodes.values()}
        self._children: dict[str, list[Node]] = {}
        self._named: dict[str, list[Node]] = {}
        for node in nodes.values():
            self._children.setdefault(node.parent, []).append(node)
            self._named.setdefault(node.name, []).append(node)

    @classmethod
    def empty(cls) -> "Taxonomy":
        """The taxonomy of a city that has given none: paths still have levels, only without codes."""
        return cls({})

    @classmethod
    def load(cls, path: Path) -> "Taxonomy":
        """Read a csv with the columns code, name, parent and source (UTF-8, with or without a mark; rows in any order).

        Raises: InvalidInput, naming the line: a missing column, code or name, a code twice, a parent that is not there, more
        than five levels, a "/" in a name, two siblings of one name.
        """
        rows = _read(path)
        paths: dict[str, str] = {}
        taken: dict[str, str] = {}
        for code, row in rows.items():
            paths[code] = "/".join(reversed([rows[one].name for one in _upwards(code, rows)]))
            if paths[code] in taken:
                raise _fault(row.line, f"“{row.name}”与同级的 {taken[paths[code]]} 重名，请换一个名称。")
            taken[paths[code]] = code
        ordered = sorted(rows.items())
        return cls({code: Node(code, row.name, row.parent, row.source, paths[code]) for code, row in ordered})

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    def path(self, code: str) -> str:
        """The path of a code; "" unknown."""
        return self._nodes[code].path if code in self._nodes else ""

    def code(self, path: str) -> str:
        """The code of a path; "" unknown."""
        return self._codes.get(path, "")

    def levels(self, path: str) -> list[dict[str, str]]:
        """[{"code", "name"}] from the first level down; a level that is not in the taxonomy has the code ""."""
        names = path.split("/") if path else []
        return [{"code": self.code("/".join(names[: i + 1])), "name": name} for i, name in enumerate(names)]

    def children(self, code: str) -> list[Node]:
        """The nodes right below a code ("": the first level), in the order of their codes."""
        return list(self._children.get(code, []))

    def matches(self, text: str) -> str:
        """The path that a person means by a code, a path or a name that only one matter bears; "" when none or several.

        The standard has leaves named as the level above them (违法违纪/违法违纪): that is one matter, and the leaf is meant.
        """
        told = "/".join(part.strip() for part in text.strip().split("/"))
        if told in self._nodes:
            return self._nodes[told].path
        if told in self._codes:
            return told
        named = sorted(self._named.get(told, []), key=lambda node: len(node.path))
        if named and all(named[-1].path.startswith(f"{node.path}/") for node in named[:-1]):
            return named[-1].path
        return ""


class _Row(NamedTuple):
    line: int
    name: str
    parent: str
    source: str


def _read(path: Path) -> dict[str, _Row]:
    """The rows by code, each looked at for itself."""
    rows: dict[str, _Row] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise _fault(1, f"缺少列 {'、'.join(missing)}，第一行应为 {','.join(COLUMNS)}。")
            for row in reader:
                code, name, parent, source = (str(row[column] or "").strip() for column in COLUMNS)
                line = reader.line_num
                if None in row:
                    raise _fault(line, "列数多于表头，名称中有逗号时请用英文双引号括起来。")
                if not (code and name):
                    raise _fault(line, "编码和名称都不能为空。")
                if "/" in name:
                    raise _fault(line, f"名称“{name}”中不能有“/”，它用来连接各级名称。")
                if code in rows:
                    raise _fault(line, f"编码 {code} 与第{rows[code].line}行重复。")
                rows[code] = _Row(line, name, parent, source)
    except UnicodeDecodeError:
        raise InvalidInput("诉求分类表不是 UTF-8 编码，请另存为“CSV UTF-8”后再用。") from None
    except csv.Error as error:
        raise InvalidInput(f"诉求分类表不是完整的 csv 文件：{error}。") from None
    return rows


def _upwards(code: str, rows: dict[str, _Row]) -> list[str]:
    """The codes from a node up to its first level; a circle of parents ends as too many levels."""
    chain = [code]
    while parent := rows[chain[-1]].parent:
        line = rows[chain[-1]].line
        if parent not in rows:
            raise _fault(line, f"上级编码 {parent} 不在表中；用表格软件编辑时，请把编码列设为文本，以免丢掉开头的 0。")
        chain.append(parent)
        if len(chain) > LEVELS:
            raise _fault(rows[code].line, f"“{rows[code].name}”超过{LEVELS}级，或上级编码绕成了一圈。")
    return chain


def _fault(line: int, problem: str) -> InvalidInput:
    return InvalidInput(f"诉求分类表第{line}行：{problem}")
