"""文档: .docx, .pdf, .html, .md and .txt in one common form: lines of text, and rows of tables as tuples of cells."""

import re

from knowledge.file_content import decode
from knowledge.statute_form import is_row

Row = tuple[str, ...]
Lines = list[str | Row]

SUFFIXES = (".md", ".txt", ".docx", ".pdf", ".html", ".htm")
_RULE = re.compile(r"^\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?$")


def read_text(data: bytes, suffix: str) -> str:
    """The document as text, a table's row as `| 甲 | 乙 |`. Raises: FileFault."""
    return decode(data) if suffix in (".md", ".txt") else as_text(read_lines(data, suffix))


def read_lines(data: bytes, suffix: str) -> Lines:
    """The document as lines and rows. `suffix` is one of SUFFIXES. Raises: FileFault.

    The readers are imported when they are needed: commands that read no such file start without their libraries.
    """
    if suffix == ".docx":
        from knowledge.word_document import read_word

        return read_word(data)
    if suffix == ".pdf":
        from knowledge.pdf_document import read_pdf

        return list(read_pdf(data))
    text = decode(data)
    if suffix in (".html", ".htm"):
        from knowledge.web_page import read_page

        return read_page(text)
    return split_text(text)


def split_text(text: str) -> Lines:
    """Lines of Markdown or plain text, the rows of Markdown tables as tuples."""
    lines: Lines = []
    for line in map(str.strip, text.splitlines()):
        if not is_row(line):
            lines.append(line)
        elif not _RULE.match(line):
            lines.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return lines


def as_text(lines: Lines) -> str:
    """The reverse of `split_text`: a row stands on one line."""
    return "\n".join(
        line if isinstance(line, str) else f"| {' | '.join(cell.replace(chr(10), ' ') for cell in line)} |"
        for line in lines
    )
