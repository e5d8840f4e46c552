"""Documents that the tests of the importers write: .docx, .pdf, .xlsx, and packages with something wrong in them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from docx import Document
from openpyxl import Workbook
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from knowledge.entry import EntryKind, KnowledgeEntry
from knowledge.parsing import parse_file

FONT = "STSong-Light"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


def word(*blocks: str | Sequence[Sequence[str]]) -> bytes:
    """A .docx of paragraphs (texts) and tables (rows of cells)."""
    document = Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
        else:
            table = document.add_table(len(block), len(block[0]))
            for row, cells in enumerate(block):
                for column, text in enumerate(cells):
                    table.cell(row, column).text = text
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def with_part(package: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same package with one part changed (an empty one where it was not there)."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return stream.getvalue()


def pdf(pages: Sequence[Sequence[tuple[float, float, str]]], encrypt: object = None) -> bytes:
    """A .pdf of texts at (x, y) points, in the order given."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(510, 842), encrypt=encrypt)
    for page in pages:
        canvas.setFont(FONT, 12)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def paper(title: str, paragraphs: Sequence[str], lines: int = 12, indent: float = 24) -> bytes:
    """A .pdf as offices print it: wrapped at 30 characters, a running head, a page number, paragraphs indented."""
    pages: list[list[tuple[float, float, str]]] = [[]]

    def put(x: float, text: str) -> None:
        if len(pages[-1]) == lines:
            pages.append([])
        pages[-1].append((x, 700 - 20 * len(pages[-1]), text))

    put(216, title)
    for paragraph in paragraphs:
        room = 30 - round(indent / 12)
        put(72 + indent, paragraph[:room])
        for start in range(room, len(paragraph), 30):
            put(72, paragraph[start : start + 30])
    edges = [[(72, 780, "示范市法规汇编"), (290, 40, f"— {n} —")] for n in range(1, len(pages) + 1)]
    return pdf([edge + page for edge, page in zip(edges, pages, strict=True)])


def book(*sheets: Sequence[Sequence[object]], change: Callable[[Workbook], None] | None = None) -> bytes:
    """An .xlsx of sheets of rows."""
    workbook = Workbook()
    for number, rows in enumerate(sheets):
        sheet = workbook.active if number == 0 else workbook.create_sheet()
        for row in rows:
            sheet.append(list(row))
    if change:
        change(workbook)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def parse(
    name: str, content: str | bytes, kind: EntryKind | None = None, warn: list[str] | None = None
) -> list[KnowledgeEntry]:
    """The entries of a file of that name and content."""
    data = content if isinstance(content, bytes) else content.encode()
    told: list[str] = [] if warn is None else warn
    return parse_file(data, Path(name), name, kind, told.append)
