"""附件类型: by content, agreeing with the name, one thing only."""

import io
import zipfile
import zlib

import pytest

from casework.errors import InvalidInput
from casework.handling.file_type import KINDS, clean_name, recognise

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(range(256)) * 4 + b"\xff\xd9"
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
PDF = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EXE = b"MZ\x90\x00" + b"\x00" * 60 + b"PE\x00\x00" + b"\x00" * 200


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = chunk(b"IHDR", b"\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\x00\x00\x00\x00")) + chunk(b"IEND", b"")


def office(main: str = "word/document.xml", *more: str, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", main, *more):
            archive.writestr(name, "<x/>")
        archive.comment = comment
    return made.getvalue()


def movie(brand: bytes) -> bytes:
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x02\x00isomiso2" + b"\x00" * 60


GOOD = {
    "照片.JPG": (JPEG, "image/jpeg"),
    "a.jpeg": (JPEG, "image/jpeg"),
    "a.png": (png(), "image/png"),
    "a.gif": (GIF, "image/gif"),
    "a.webp": (b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 40, "image/webp"),
    "a.heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 60, "image/heic"),
    "a.pdf": (PDF, "application/pdf"),
    "a.docx": (office(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "a.xlsx": (office("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "a.txt": ("楼下垃圾没人清运\r\n".encode(), "text/plain"),
    "gbk.txt": ("楼下垃圾没人清运".encode("gb18030"), "text/plain"),
    "a.mp3": (b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 50, "audio/mpeg"),
    "a.m4a": (movie(b"M4A "), "audio/mp4"),
    "a.amr": (b"#!AMR\n" + b"\x00" * 50, "audio/amr"),
    "a.wav": (b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 40, "audio/x-wav"),
    "a.mp4": (movie(b"isom"), "video/mp4"),
    "a.mov": (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  " + b"\x00" * 60, "video/quicktime"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_accepted(name: str) -> None:
    content, media = GOOD[name]
    assert recognise(name, content) == media


def test_every_kind_has_a_sample() -> None:
    assert {media for _, media in GOOD.values()} == set(KINDS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("a.html", b"<!doctype html><html><body>x</body></html>"),
        ("a.txt", b"<html><script>alert(1)</script></html>"),
        ("a.txt", b"hello <SCRIPT src=x>"),
        ("a.txt", b"<?xml version='1.0'?><svg/>"),
        ("a.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("a.txt", b"text\x00with\x00zeros"),
        ("a.txt", b"\xff\xfe\x00\x01\x02\x80\x81\xff"),
        ("a.exe", EXE),
        ("a.jpg", EXE),
        ("a.zip", office("a.txt")),
        ("a.docx", office("a.txt")),
        ("a.rar", b"Rar!\x1a\x07\x00" + b"\x00" * 50),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600),
    ],
)
def test_what_is_refused_whatever_it_is_called(name: str, content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"不支持上传|不是有效的Office"):
        recognise(name, content)


def test_a_program_that_is_called_a_picture_is_told_so_and_not_that_pictures_are_allowed() -> None:
    with pytest.raises(InvalidInput, match=r"“现场\.jpg”的内容不是JPEG图片.*重新拍摄"):
        recognise("现场.jpg", EXE)
    with pytest.raises(InvalidInput, match=r"“说明\.txt”的内容不是文本文件"):
        recognise("说明.txt", b"<html><script>alert(1)</script></html>")
    with pytest.raises(InvalidInput, match="可以上传图片"):
        recognise("程序.exe", EXE)
    with pytest.raises(InvalidInput, match=r"在文件名后面加上“\.jpg”"):
        recognise("照片", JPEG)


@pytest.mark.parametrize(
    ("name", "content", "kind", "right"),
    [
        ("a.pdf", JPEG, "JPEG图片", "jpg"),
        ("a.jpg", png(), "PNG图片", "png"),
        ("a.xlsx", office(), "Word文档", "docx"),
        ("a.docx", office("xl/workbook.xml"), "Excel表格", "xlsx"),
        ("a.html", JPEG, "JPEG图片", "jpg"),
        ("photo.jpg.exe", JPEG, "JPEG图片", "jpg"),
        ("照片", JPEG, "JPEG图片", "jpg"),
    ],
)
def test_a_content_that_is_not_what_the_name_says(name: str, content: bytes, kind: str, right: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        recognise(name, content)
    assert f"内容是{kind}" in caught.value.message and f"“.{right}”" in caught.value.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", JPEG + office()),  # a picture that is an archive too
        ("a.gif", GIF + office("a.class")),
        ("a.png", png() + b"<script>alert(1)</script>"),
        ("a.gif", b"GIF89a/*<svg onload=alert(1)>*/"),
        ("a.jpg", JPEG + b"<?php system($_GET[0]); ?>"),
        ("a.jpg", JPEG[:20] + b"%PDF-1.7" + JPEG[20:]),
        ("a.pdf", PDF + office()),
        ("a.docx", office(comment=b"<script>")),
        ("a.docx", office() + JPEG),
    ],
)
def test_two_things_at_once_are_refused(name: str, content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"夹带了其他内容|不支持上传"):
        recognise(name, content)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", office("word/document.xml", "word/vbaProject.bin"), "含有宏"),
        ("a.docx", office("word/document.xml", "word/embeddings/setup.EXE"), "含有宏或程序"),
        ("a.pdf", PDF.replace(b"/Type", b"/S/JavaScript/Type"), "含有脚本"),
        ("a.pdf", PDF.replace(b"/Type", b"/S/Launch/Type"), "含有脚本"),
        ("a.docx", office()[:-30], "损坏|不支持"),
        ("a.jpg", b"", "是空的"),
    ],
)
def test_active_damaged_and_empty_files(name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        recognise(name, content)


def test_a_phones_clip_behind_its_picture_is_nothing_bad() -> None:
    assert recognise("a.jpg", JPEG + movie(b"isom")) == "image/jpeg"


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("照片.jpg", "照片.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\账单.pdf", "账单.pdf"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("", "附件"),
        ("...", "附件"),
        ("长" * 300 + ".docx", "长" * 95 + ".docx"),
    ],
)
def test_names_are_the_files_own(given: str, clean: str) -> None:
    assert clean_name(given) == clean and len(clean_name(given)) <= 100
