"""Word 文档: a .docx becomes lines of text and rows of tables, with the numbers that Word counts by itself.

The parts are read with lxml: inserted text, content controls and automatic numbers (第%1条) are kept, deleted text
is not; pictures are never unpacked.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from knowledge.file_content import FileFault, damaged, open_package
from knowledge.numerals import to_numeral

Row = tuple[str, ...]
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_SKIPPED = {f"{_W}{name}" for name in ("del", "moveFrom", "rPr", "pPr", "txbxContent")}
_SKIPPED.add("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
_CHINESE = {"chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting"}
_CHINESE |= {"taiwaneseCountingThousand", "ideographTraditional", "chineseLegalSimplified"}
MAX_DEPTH = 50
MAX_XML = 30_000_000
"""Bytes of one part that becomes a tree, which takes some twenty times as much; 1,000 pages have about half."""


def read_word(data: bytes) -> list[str | Row]:
    """Paragraphs as text and table rows as tuples, in their order. Raises: FileFault."""
    with open_package(data) as package:
        body = _part(package, "word/document.xml")
        numbers = _Numbers(_part(package, "word/numbering.xml"), _part(package, "word/styles.xml"))
    root = body.find(f"{_W}body") if body is not None else None
    if root is None:
        raise damaged()
    return list(_blocks(root, numbers, 0))


def _part(package: zipfile.ZipFile, name: str) -> etree._Element | None:
    try:
        if package.getinfo(name).file_size > MAX_XML:
            raise FileFault("文档过长，请按章拆分后再导入。")
        data = package.read(name)
    except KeyError:
        return None
    except FileFault:
        raise
    except Exception as error:  # zlib.error, BadZipFile, a password that only this part has
        raise damaged() from error
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data.replace(_STRICT, _W[1:-1].encode()), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise damaged() from error


def _blocks(parent: etree._Element, numbers: "_Numbers", depth: int) -> Iterator[str | Row]:
    if depth > MAX_DEPTH:
        raise FileFault("文档的表格或控件嵌套过深，请简化版式后再导入。")
    for child in parent:
        if child.tag == f"{_W}p":
            yield from (numbers.of(child) + _text(child)).split("\n")
        elif child.tag == f"{_W}tbl":
            yield from _rows(child, numbers, depth)
        elif child.tag not in _SKIPPED:  # content controls, inserted paragraphs, custom XML
            yield from _blocks(child, numbers, depth + 1)


def _rows(table: etree._Element, numbers: "_Numbers", depth: int) -> Iterator[Row]:
    """Cells merged downwards repeat their text in every row."""
    above: dict[int, str] = {}
    for row in table.iterchildren(f"{_W}tr", f"{_W}sdt"):
        cells, column = [], 0
        for cell in row.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tbl")) is not table:
                continue
            lines = _blocks(cell, numbers, depth + 1)
            text = "\n".join(" ".join(line) if isinstance(line, tuple) else line for line in lines).strip()
            merged = cell.find(f"{_W}tcPr/{_W}vMerge")
            if merged is not None and merged.get(f"{_W}val") != "restart":
                text = text or above.get(column, "")
            above[column] = text
            cells.append(text)
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            column += _integer(span, 1)
        if any(cells):
            yield tuple(cells)


def _text(paragraph: etree._Element) -> str:
    parts: list[str] = []
    stack = [iter(paragraph)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
        elif node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}ptab"):
            parts.append(" ")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            parts.append("\n")
        elif node.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif node.tag not in _SKIPPED:
            stack.append(iter(node))
    return "".join(parts)


def _integer(node: etree._Element | None, default: int) -> int:
    told = "" if node is None else node.get(f"{_W}val", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 9 else default


@dataclass(slots=True)
class _Level:
    start: int
    form: str
    text: str


@dataclass(slots=True)
class _Numbers:
    """自动编号: the numbers Word shows before paragraphs, counted as they are met."""

    numbering: etree._Element | None
    style_sheet: etree._Element | None
    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.numbering is not None:
            for abstract in self.numbering.iterchildren(f"{_W}abstractNum"):
                self.levels[abstract.get(f"{_W}abstractNumId", "")] = {
                    number: _Level(
                        _integer(level.find(f"{_W}start"), 1),
                        _value(level.find(f"{_W}numFmt")),
                        _value(level.find(f"{_W}lvlText")),
                    )
                    for number, level in enumerate(abstract.iterchildren(f"{_W}lvl"))
                }
            for one in self.numbering.iterchildren(f"{_W}num"):
                self.lists[one.get(f"{_W}numId", "")] = _value(one.find(f"{_W}abstractNumId"))
        if self.style_sheet is not None:
            for style in self.style_sheet.iterchildren(f"{_W}style"):
                number = style.find(f"{_W}pPr/{_W}numPr")
                if number is not None:
                    self.styles[style.get(f"{_W}styleId", "")] = _list_and_level(number)

    def of(self, paragraph: etree._Element) -> str:
        """What Word writes before this paragraph, with a blank behind, or ""."""
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return ""
        own = properties.find(f"{_W}numPr")
        style = _value(properties.find(f"{_W}pStyle"))
        number, at = _list_and_level(own) if own is not None else self.styles.get(style, ("", 0))
        abstract = self.lists.get(number, "")
        levels = self.levels.get(abstract, {})
        level = levels.get(at)
        if level is None or level.form in ("bullet", "none"):
            return ""
        counts = self.counts.setdefault(abstract, {})
        counts[at] = counts.get(at, level.start - 1) + 1
        for deeper in [other for other in counts if other > at]:
            del counts[deeper]
        told = level.text
        for other, one in levels.items():
            mark = f"%{other + 1}"
            if mark in told:
                count = counts.get(other, one.start)
                told = told.replace(mark, to_numeral(count) if one.form in _CHINESE else str(count))
        return f"{told} " if told else ""


def _value(node: etree._Element | None) -> str:
    return "" if node is None else node.get(f"{_W}val", "")


def _list_and_level(number: etree._Element) -> tuple[str, int]:
    return _value(number.find(f"{_W}numId")), _integer(number.find(f"{_W}ilvl"), 0)
