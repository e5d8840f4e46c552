"""文件内容: the bytes of one file: read within bounds, told apart by their first bytes, decoded."""

import codecs
import zipfile
from io import BytesIO
from pathlib import Path

from casework.errors import InvalidInput

MAX_BYTES = 50_000_000
MAX_UNPACKED = 200_000_000
"""Bytes of all parts of a .docx or .xlsx together; a document of laws has a few millions."""
MAX_PART = 100_000_000
MAX_RATIO, RATIO_FROM = 150, 5_000_000
"""A file that unpacks to more than RATIO_FROM bytes and MAX_RATIO times its size is a bomb (office files: 5-40)."""
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SIGNATURES = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "ole"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"II*\x00", "图片"),
    (b"MM\x00*", "图片"),
    (b"{\\rtf", "rtf"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
)
_INSIDE_ZIP = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_NAMES = {
    "docx": "Word 文档",
    "xlsx": "Excel 工作簿",
    "pptx": "演示文稿",
    "pdf": "PDF",
    "rtf": "RTF 文档",
    "zip": "压缩包",
    "ole": "旧版 Office 文件（.doc/.xls）",
    "text": "文本",
}
_WANTED = {".docx": "docx", ".xlsx": "xlsx", ".pdf": "pdf"}
_OLD = {".docx": ".docx", ".xlsx": ".xlsx", ".doc": ".docx", ".wps": ".docx", ".xls": ".xlsx", ".et": ".xlsx"}
OLD_SUFFIXES = frozenset(suffix for suffix, new in _OLD.items() if suffix != new)
"""Endings of old office files: never importable, but named instead of passed over in silence."""


class FileFault(InvalidInput):
    """文件有误: why this one file cannot be imported; the import goes on with the next."""

    code = "file_fault"


def read_bytes(file: Path) -> bytes:
    """Raises: FileFault when empty, too big (looked at before reading) or unreadable."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise FileFault(f"文件超过{MAX_BYTES // 1_000_000}MB，请拆分后再导入。")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)  # it may grow between the two
    except FileNotFoundError as error:
        raise FileFault(f"没有文件 {file}，请检查路径。") from error
    except OSError as error:
        raise FileFault(f"文件无法读取：{error.strerror}。请检查它是不是文件、是否有读取权限。") from error
    if len(data) > MAX_BYTES:
        raise FileFault(f"文件超过{MAX_BYTES // 1_000_000}MB，请拆分后再导入。")
    if not data.strip():
        raise FileFault("文件是空的。")
    return data


def decode(data: bytes) -> str:
    """UTF-8 or UTF-16 by their byte order marks, else UTF-8, else GBK/GB18030. Raises: FileFault when it is not text."""
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise FileFault("文件不是文本（含有二进制内容），请另存为 UTF-8 或 GBK 编码的文本。")
        return text.removeprefix("\ufeff")
    if b"\x00" in data:
        raise FileFault("文件不是文本（含有二进制内容），请另存为 UTF-8 或 GBK 编码的文本。")
    raise FileFault("文件编码无法识别，请另存为 UTF-8 或 GBK 编码。")


def check_format(data: bytes, suffix: str) -> None:
    """Compare what the file is, by its first bytes, with what its name says.

    Raises: FileFault that tells what it is and what to do.
    """
    wanted = _WANTED.get(suffix, "text")
    found = _format_of(data)
    if found == wanted:
        return
    if found == "ole":
        raise FileFault(_about_ole(data, suffix))
    actual = _NAMES.get(found, found)
    advice = f"请用原来的软件打开，另存为 {suffix} 后再导入。"
    if found in ("docx", "xlsx", "pdf"):
        advice = f"请把扩展名改为 .{found} 再导入。"
    if wanted == "text":
        raise FileFault(f"文件不是文本，内容是{actual}，{advice}")
    raise FileFault(f"扩展名是 {suffix}，内容却是{actual}，{advice}")


def open_package(data: bytes) -> zipfile.ZipFile:
    """A .docx or .xlsx as a zip archive whose parts are known to be of bearable size, without any DTD.

    Parts are never read beyond the size that the directory names, so its sum bounds the memory.

    Raises: FileFault.
    """
    try:
        package = zipfile.ZipFile(BytesIO(data))
        parts = package.infolist()
        unpacked = sum(part.file_size for part in parts)
        if (
            unpacked > MAX_UNPACKED
            or max((part.file_size for part in parts), default=0) > MAX_PART
            or (unpacked > RATIO_FROM and unpacked > MAX_RATIO * len(data))
        ):
            raise FileFault(f"文件解压后过大（{unpacked // 1_000_000}MB），疑似压缩炸弹；如内容属实，请拆分后再导入。")
        if any(part.flag_bits & 0x1 for part in parts):
            raise FileFault("文件有密码，请取消密码保护后再导入。")
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                with package.open(part) as stream:
                    head = stream.read(65_536).replace(b"\x00", b"")  # UTF-16 reads as ASCII then
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise FileFault("文件含有外部实体声明（DTD），为安全起见不予导入，请用办公软件重新另存。")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, NotImplementedError, ValueError, EOFError) as error:
        raise damaged() from error
    except Exception as error:  # zlib.error and what a forged directory may provoke
        if isinstance(error, FileFault):
            raise
        raise damaged() from error
    return package


def damaged() -> FileFault:
    """The fault of an office file that its own software would have to repair."""
    return FileFault("文件已损坏或不完整，请用办公软件打开后重新另存。")


def _format_of(data: bytes) -> str:
    head = data[:1024]
    found = next((name for mark, name in _SIGNATURES if head.startswith(mark)), "")
    if found == "zip":
        try:
            names = zipfile.ZipFile(BytesIO(data)).namelist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return "zip"
        return next((kind for start, kind in _INSIDE_ZIP if any(name.startswith(start) for name in names)), "zip")
    if not found and b"%PDF-" in head:
        return "pdf"
    return found or "text"


def _about_ole(data: bytes, suffix: str) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "文件有密码，请取消密码保护后再导入。"
    new = _OLD.get(suffix, ".docx 或 .xlsx")
    return f"内容是旧版 Office 文件（.doc/.xls），请用办公软件另存为 {new} 后再导入。"
