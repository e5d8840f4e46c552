"""PDF 文档: the text of a .pdf as paragraphs: running heads and page numbers dropped, wrapped lines joined."""

import logging
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pypdf

from knowledge.file_content import FileFault

MAX_PAGES = 3_000
MAX_CHARACTERS = 20_000_000
LIMITS: dict[str, Any] = {"zlib_maximum_output_length": 16_000_000, "stream_parsing_work_maximum_count": 1_000_000}
"""Of pypdf: bytes one stream may unpack to, and operands and operators of a page (some thousands as a rule)."""
EDGE = 3
"""Lines at the top and at the bottom of a page that running heads and page numbers may take."""
FULL = 0.85
"""A line at least this share of the longest one's width may go on in the next line."""

_PAGE_NUMBER = re.compile(r"^[-—–－·.\s第共页/]*\d{1,4}(?:[-—–－·.\s第共页/]+\d{1,4})?[-—–－·.\s第共页/]*$")
_NUMERAL = "[一二三四五六七八九十百千零〇两0-9]+"
_HEADING = re.compile(rf"^第{_NUMERAL}(?:编|分编|章|节)(?:\s?[^\s，。；：、]{{1,25}}){{0,4}}$")
_ARTICLE = re.compile(rf"^第{_NUMERAL}条(?:之[一二三四五六七八九十]+)?(\s|$)?")
_ITEM = re.compile(rf"^(?:[（(]{_NUMERAL}[)）]|{_NUMERAL}、|\d{{1,2}}[.．](?!\d))")
_LABEL = re.compile(r"^(?:[^，。；：]{0,4}[、.．)）])?[\u3400-\u9fff/、]{2,12}[：:]$")
_ENDED = re.compile(r"[。；;：:？！”〉》】]$")
_GAP = re.compile(r"(?<=[\u3400-\u9fff，。、；：）〉》”])[ \t]+(?=[\u3400-\u9fff（〈《“，。、；：）])")
_LOCATOR = re.compile(rf"^(第{_NUMERAL}(?:条(?:之[一二三四五六七八九十]+)?|编|分编|章|节))\s+")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    text: str
    left: float
    """Where the line begins, in points from the left edge of the page."""
    height: float
    """Where it stands above the lower edge, in points."""
    size: float
    """Size of its letters in points; 0 where unknown."""
    page: float
    """Width of the page, in points."""


def read_pdf(data: bytes) -> list[str]:
    """Paragraphs in their order. Raises: FileFault."""
    try:
        with pypdf.apply_configuration(**LIMITS):
            pages = _pages(pypdf.PdfReader(BytesIO(data)))
    except FileFault:
        raise
    except Exception as error:  # pypdf lets out whatever a broken file provokes: KeyError, RecursionError, …
        _log.warning("a pdf cannot be read: %r", error)
        raise FileFault("PDF 已损坏或写法不规范，无法读取；请重新生成 PDF，或另存为 .docx 再导入。") from error
    paragraphs = _joined(_without_edges(pages))
    if sum(len(text) for text in paragraphs) < max(10, 2 * len(pages)):
        raise FileFault("PDF 里没有文字，可能是扫描件；请先做文字识别（OCR），或改用 .docx 再导入。")
    return paragraphs


def _pages(reader: pypdf.PdfReader) -> list[list[_Line]]:
    if reader.is_encrypted and not reader.decrypt(""):  # many are locked against changes only, and open like that
        raise FileFault("PDF 有密码，请取消密码保护后再导入。")
    if len(reader.pages) > MAX_PAGES:
        raise FileFault(f"PDF 有{len(reader.pages)}页，超过{MAX_PAGES}页，请拆分后再导入。")
    pages, characters = [], 0
    for page in reader.pages:
        pages.append(_lines(page))
        characters += sum(len(line.text) for line in pages[-1])
        if characters > MAX_CHARACTERS:
            raise FileFault("PDF 的文字过多，请拆分后再导入。")
    return pages


def _lines(page: pypdf.PageObject) -> list[_Line]:
    lines: list[_Line] = []
    open_line = False
    width = float(page.mediabox.width)

    def take(text: str, page_matrix: list[float], matrix: list[float], _font: object, size: float) -> None:
        nonlocal open_line
        for part in text.splitlines(keepends=True):
            bare = part.rstrip("\r\n")
            if open_line and lines:
                lines[-1].text += bare
            elif bare.strip():
                left = matrix[4] * page_matrix[0] + matrix[5] * page_matrix[2] + page_matrix[4]
                height = matrix[4] * page_matrix[1] + matrix[5] * page_matrix[3] + page_matrix[5]
                lines.append(_Line(bare, left, height, abs(size * matrix[0] * page_matrix[0]), width))
                open_line = True
            if bare != part:
                open_line = False

    page.extract_text(visitor_text=take)
    for line in lines:
        line.left += line.size * (len(line.text) - len(line.text.lstrip("\u3000")))
        text = _LOCATOR.sub(r"\1" + "\n", line.text.strip())  # the blank behind a locator is meant
        line.text = _GAP.sub("", text).replace("\n", "\u3000")
    return [line for line in lines if line.text]


def _without_edges(pages: list[list[_Line]]) -> list[_Line]:
    """All lines but page numbers and what is repeated at the outermost of the pages, digits aside."""
    outermost = [sorted(page, key=lambda line: line.height) for page in pages]
    seen = Counter(told for page in outermost for told in {_place(line) for line in page[:EDGE] + page[-EDGE:]})
    needed = max(2, 0.4 * len(pages))
    dropped: set[int] = set()
    for page in outermost:
        for inwards in (page[:EDGE], page[: -EDGE - 1 : -1]):
            for line in inwards:  # what is further in than a line of the text is text
                if seen[_place(line)] < needed and not _PAGE_NUMBER.match(line.text):
                    break
                dropped.add(id(line))
    return [line for page in pages for line in page if id(line) not in dropped]


def _place(line: _Line) -> tuple[str, int]:
    return re.sub(r"\d+|\s+", "", line.text), round(line.height / 3)


def _joined(lines: list[_Line]) -> list[str]:
    """Paragraphs: a line goes on in the next where it is full and the next is neither indented nor begins a unit."""
    if not lines:
        return []
    margin = Counter(round(line.left) for line in lines).most_common(1)[0][0]
    indents = [max(0.0, (line.left - margin) / line.size) if line.size else 0.0 for line in lines]
    ends = [indent + _width(line.text) for indent, line in zip(indents, lines, strict=True)]
    full = _full(lines, ends, margin)
    paragraphs = [lines[0].text]
    for at in range(1, len(lines)):
        before, text = lines[at - 1].text, lines[at].text
        is_full, indented = ends[at - 1] >= full, 1.2 < indents[at] < 4
        if not is_full or indented or _begins(text, bool(_ENDED.search(before))):
            paragraphs.append(text)
        else:
            latin = before[-1:].isascii() and before[-1:].isalpha() and text[:1].isascii()
            paragraphs[-1] += (" " if latin else "") + text
    return paragraphs


def _full(lines: list[_Line], ends: list[float], margin: int) -> float:
    """From where on a line is full, in letters: where many lines end, else (a text of short lines) the page's width."""
    longest = sorted(ends)[-1 - len(ends) // 50]
    if sum(end >= longest - 1.5 for end in ends) >= max(3, len(ends) / 20):
        return FULL * longest
    rooms = [(line.page - 2 * margin) / line.size for line in lines if line.size > 0 and line.page > 2 * margin]
    return FULL * max(longest, *rooms[:1])


def _begins(text: str, ended: bool) -> bool:
    """Whether a line begins a unit; `ended`: the line before it ends a sentence or a clause."""
    article = _ARTICLE.match(text)
    if _HEADING.match(text) or _LABEL.match(text) or (article and article.group(1) is not None):
        return True
    return ended and bool(article or _ITEM.match(text))


def _width(text: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.5 for char in text)
