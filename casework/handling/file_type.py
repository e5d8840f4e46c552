"""附件类型: what a file is by its content, not by its name; everything that can run, or is two things at once, is refused."""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype

from casework.errors import InvalidInput

MAX_NAME = 100
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class FileKind:
    """文件类型 that is accepted."""

    name: str
    extensions: tuple[str, ...]


KINDS = {
    "image/jpeg": FileKind("JPEG图片", ("jpg", "jpeg", "jfif")),
    "image/png": FileKind("PNG图片", ("png",)),
    "image/gif": FileKind("GIF图片", ("gif",)),
    "image/webp": FileKind("WebP图片", ("webp",)),
    "image/heic": FileKind("HEIC图片", ("heic", "heif")),
    "application/pdf": FileKind("PDF文档", ("pdf",)),
    _WORD: FileKind("Word文档", ("docx",)),
    _SHEET: FileKind("Excel表格", ("xlsx",)),
    "text/plain": FileKind("文本文件", ("txt",)),
    "audio/mpeg": FileKind("MP3录音", ("mp3",)),
    "audio/mp4": FileKind("M4A录音", ("m4a",)),
    "audio/amr": FileKind("AMR录音", ("amr",)),
    "audio/x-wav": FileKind("WAV录音", ("wav",)),
    "video/mp4": FileKind("MP4视频", ("mp4", "m4v")),
    "video/quicktime": FileKind("MOV视频", ("mov",)),
}
"""Media type → what it is called and how its files end."""
ACCEPTED = "图片（jpg、png、gif、webp、heic）、PDF、Word（docx）、Excel（xlsx）、文本（txt）、录音（mp3、m4a、amr、wav）和视频（mp4、mov）"
_MARKUP = (b"<script", b"<html", b"<!doctype html", b"<iframe", b"<?php", b"<svg")
"""Nothing that a photo, a recording or a plain text contains; browsers and servers have run it in all of them."""
_SHORT = (b"<svg",)
"""So short that chance writes it into a long file: looked for at the beginning only."""
_HEAD = 4096
_ACTIVE_PDF = (b"/JavaScript", b"/Launch")
_MAIN_PART = {_WORD: "word/document.xml", _SHEET: "xl/workbook.xml"}
_ACTIVE_PART = re.compile(r"(vbaproject|activex)|\.(exe|dll|js|vbs|bat|cmd|ps1|html?|hta|scr|jar|lnk)$", re.IGNORECASE)
_UNPACKED = 300 * 1024 * 1024
"""Bytes that a document may unpack to on the desk of whoever opens it."""


def clean_name(name: str) -> str:
    """The file's own name: no folders, nothing invisible, not too long; its extension stays."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip(
        " ."
    )
    if len(seen) <= MAX_NAME:
        return seen or "附件"
    stem, dot, extension = seen.rpartition(".")
    return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}" if dot and len(extension) <= 5 else seen[:MAX_NAME]


def recognise(name: str, content: bytes) -> str:
    """The media type of the content, which must be accepted, agree with the name's extension and be one thing only.

    Raises: InvalidInput, saying what is wrong and what to do.
    """
    if not content:
        raise InvalidInput(f"文件“{name}”是空的，请重新选择。")
    media = _media_type(content)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if media is None or media not in KINDS:
        if claimed := next((kind.name for kind in KINDS.values() if extension in kind.extensions), ""):
            raise InvalidInput(
                f"文件“{name}”的内容不是{claimed}，不支持上传：可能已损坏，或者是别的文件改了名。请重新拍摄、导出或另存后再上传。"
            )
        raise InvalidInput(f"不支持上传文件“{name}”。可以上传{ACCEPTED}；其他格式请另存为PDF或图片后再上传。")
    kind = KINDS[media]
    if extension not in kind.extensions:
        told, change = f"与扩展名“.{extension}”不一致", "把扩展名改为"
        if not extension:
            told, change = "但文件名没有扩展名", "在文件名后面加上"
        raise InvalidInput(
            f"文件“{name}”的内容是{kind.name}，{told}。请确认选对了文件，或{change}“.{kind.extensions[0]}”后重新上传。"
        )
    if media in _MAIN_PART:
        _check_office(name, content, _MAIN_PART[media])
    elif media == "application/pdf":
        _check_pdf(name, content)
    elif media != "text/plain":
        _check_media(name, content)
    return media


def _media_type(content: bytes) -> str | None:
    found = filetype.guess(content)
    if found is not None:
        return str(found.mime)
    return "text/plain" if _plain(content) else None


def _plain(content: bytes) -> bool:
    """Readable text, in either encoding that citizens' computers write, which no program would take for a page or a script."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        return False
    if any(unicodedata.category(char) == "Cc" and char not in "\t\r\n\f" for char in text):
        return False
    low = content.lower()
    return not text.startswith("#!") and not any(mark in low for mark in (*_MARKUP, b"<?xml"))


def _check_office(name: str, content: bytes, main: str) -> None:
    """A document of Office is a zip: the right parts, no program among them, and nothing before, after or beside it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            comment = archive.comment
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise InvalidInput(f"文件“{name}”已损坏，无法打开。请重新保存后再上传。") from None
    names = {part.filename for part in parts}
    if main not in names or "[Content_Types].xml" not in names:
        raise InvalidInput(f"文件“{name}”不是有效的Office文档。请用Word或Excel重新保存后再上传。")
    whole = (
        content.rfind(b"PK\x05\x06") + 22 + len(comment) == len(content) and min(p.header_offset for p in parts) == 0
    )
    if not whole or comment:
        _refuse(name)
    if any(_ACTIVE_PART.search(part) for part in names):
        raise InvalidInput(f"文件“{name}”含有宏或程序。请去掉后另存为不带宏的文档，再上传。")
    if sum(part.file_size for part in parts) > _UNPACKED:
        raise InvalidInput(f"文件“{name}”解压后过大，无法上传。")


def _check_pdf(name: str, content: bytes) -> None:
    if any(mark in content for mark in _ACTIVE_PDF):
        raise InvalidInput(f"文件“{name}”含有脚本或程序。请打印为新的PDF，或截图后再上传。")
    if zipfile.is_zipfile(io.BytesIO(content)):
        _refuse(name)


def _check_media(name: str, content: bytes) -> None:
    """Photos and recordings; phones put further pictures and clips behind the first, so a tail alone is nothing bad."""
    low = content.lower()
    marked = any(mark in (low[:_HEAD] if mark in _SHORT else low) for mark in _MARKUP)
    if marked or b"%pdf-" in low[:_HEAD] or zipfile.is_zipfile(io.BytesIO(content)):
        _refuse(name)


def _refuse(name: str) -> None:
    raise InvalidInput(f"文件“{name}”里夹带了其他内容，为了安全不能上传。请重新拍摄或导出后再试。")
