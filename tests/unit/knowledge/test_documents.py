"""文档: one statute in every format reads alike; what is no document of its name is told apart and named."""

import io
import zipfile
from pathlib import Path

import pytest

from knowledge import file_content
from knowledge.documents import as_text, read_lines, split_text
from knowledge.entry import KnowledgeEntry
from knowledge.file_content import FileFault, decode, open_package, read_bytes
from tests.unit.knowledge.files import OLE, book, paper, parse, pdf, with_part, word

TITLE = "示范市住房公积金管理条例"
PARAGRAPHS = (
    "（2020年5月28日示范市人民政府令第12号公布　根据2026年8月10日国务院令第844号《国务院关于修改示范条例的决定》修订）",
    "第一章　总　则",
    "第一条　为了加强对住房公积金的管理，维护住房公积金所有者的合法权益，促进城镇住房建设，提高城镇居民的居住水平，制定本条例。",
    "第二条　本条例适用于示范市行政区域内住房公积金的缴存、提取、使用、管理和监督。",
    "本条例所称住房公积金，是指国家机关、国有企业、城镇集体企业、外商投资企业、城镇私营企业及其他城镇企业、事业单位及其在职职工缴存的长期住房储金。",
    "第二章　机　构",
    "第三条　住房公积金管理中心履行下列职责：",
    "（一）编制、执行住房公积金的归集、使用计划，并且定期向住房公积金管理委员会报告执行的情况；",
    "（二）记载职工住房公积金的缴存、提取、使用等情况。",
    "第三章　附　则",
    "第四条　本条例自2026年9月20日起施行。",
)
TEXT = "\n".join((TITLE, *("\u3000\u3000" + paragraph for paragraph in PARAGRAPHS)))
MARKDOWN = f"# {TITLE}\n\n{PARAGRAPHS[0]}\n\n" + "\n\n".join(
    f"## {p}" if p.startswith("第") and "章" in p[:3] else p for p in PARAGRAPHS[1:]
)
PAGE = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{TITLE}_示范市人民政府</title></head><body>
<div class="header"><a href="/">首页</a><a href="/zc">政策文件</a></div>
<ul class="main-nav"><li><a>要闻</a></li><li><a>第一条新闻的标题在这里</a></li></ul>
<table width="100%"><tr><td><div class="wrap"><div class="crumbs">当前位置：首页 &gt; 政策</div><h1>{TITLE}</h1>
<p>索 引 号：000014349/2026-00001</p><p>来源：示范市人民政府　字体：大 中 小</p>
<div class="text"><p align="center"><strong>{TITLE}</strong></p>
{"".join(f"<p>&nbsp;　　{p}</p>" for p in PARAGRAPHS)}
<p>责任编辑：张三</p></div></div></td><td><a>相关解读</a></td></tr></table>
<div id="footer">版权所有：示范市人民政府　网站标识码 1234567890</div><script>var a = "第五条 脚本。";</script></body></html>"""


def articles(entries: list[KnowledgeEntry]) -> list[tuple[str, str]]:
    return [(entry.locator, entry.answer) for entry in entries]


EXPECTED = [
    ("第一条", PARAGRAPHS[2][4:]),
    ("第二条", f"{PARAGRAPHS[3][4:]}\n{PARAGRAPHS[4]}"),
    ("第三条", f"{PARAGRAPHS[6][4:]}\n{PARAGRAPHS[7]}\n{PARAGRAPHS[8]}"),
    ("第四条", PARAGRAPHS[10][4:]),
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("条例.md", MARKDOWN),
        ("条例.txt", TEXT),
        ("条例.txt", TEXT.replace("\n", "\r\n").encode("gb18030")),
        ("条例.txt", TEXT.encode("utf-16")),
        ("条例.txt", b"\xfe\xff" + TEXT.encode("utf-16-be")),
        ("条例.TXT", TEXT.encode("utf-8-sig")),
        ("条例.docx", word(*TEXT.split("\n"))),
        ("条例.pdf", paper(TITLE, PARAGRAPHS)),
        ("条例.pdf", paper(TITLE, PARAGRAPHS, lines=7, indent=0)),
        ("条例.html", PAGE),
        ("条例.htm", PAGE.encode("gb18030")),
    ],
)
def test_one_statute_in_every_format(name: str, content: str | bytes) -> None:
    entries = parse(name, content)
    assert articles(entries) == EXPECTED
    assert {entry.title for entry in entries} == {TITLE}
    assert {entry.sources[0].document_number for entry in entries} == {"国务院令第844号"}
    assert {str(entry.effective_from) for entry in entries} == {"2026-09-20"}


def test_a_table_in_an_article_stays_in_it() -> None:
    rows = (("档次", "每月金额"), ("一档", "100元"))
    for name, content in (
        ("a.docx", word("示范条例", "第一条 分档缴存：", rows, "第二条 乙。")),
        (
            "a.html",
            "<h1>示范条例</h1><p>第一条 分档缴存：<table><tr><th>档次<th>每月金额<tr><td>一档<td>100元</table><p>第二条 乙。",
        ),
    ):
        assert articles(parse(name, content))[0] == ("第一条", "分档缴存：\n| 档次 | 每月金额 |\n| 一档 | 100元 |")


def test_cells_over_several_rows_are_told_in_each() -> None:
    page = "<p>说明<table><tr><td rowspan=2>一档<td>甲<tr><td>乙</table>"
    assert read_lines(page.encode(), ".html")[1:] == [("一档", "甲"), ("一档", "乙")]

    def merge(xml: bytes) -> bytes:
        first, second, third = xml.split(b"<w:tcPr>", 2)
        start = first + b'<w:tcPr><w:vMerge w:val="restart"/>' + second
        before, after = third.split(b"<w:tcPr>", 1)
        return start + b"<w:tcPr>" + before + b"<w:tcPr><w:vMerge/>" + after

    data = with_part(word((("一档", "甲"), ("", "乙"))), "word/document.xml", merge)
    assert read_lines(data, ".docx")[:2] == [("一档", "甲"), ("一档", "乙")]


NUMBERING = """<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:abstractNum w:abstractNumId="3"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>
<w:lvlText w:val="第%1条"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>
</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="3"/></w:num></w:numbering>"""


def test_numbers_that_word_counts_itself_are_read() -> None:
    def number(level: int) -> bytes:
        return f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr></w:pPr>'.encode()

    def listed(xml: bytes) -> bytes:
        for text, level in (("甲。", 0), ("列举。", 1), ("再列。", 1), ("乙。", 0)):
            told = f"<w:r><w:t>{text}".encode()
            xml = xml.replace(b"<w:p>" + told, number(level) + told)
        return xml

    data = with_part(word("示范条例", "甲。", "列举。", "再列。", "乙。"), "word/document.xml", listed)
    data = with_part(data, "word/numbering.xml", lambda _: NUMBERING.encode())
    assert articles(parse("a.docx", data)) == [("第一条", "甲。\n1. 列举。\n2. 再列。"), ("第二条", "乙。")]


def test_inserted_text_is_read_and_deleted_text_is_not() -> None:
    def revised(xml: bytes) -> bytes:
        return xml.replace(
            "<w:r><w:t>改</w:t></w:r>".encode(),
            "<w:ins><w:r><w:t>新增</w:t></w:r></w:ins><w:del><w:r><w:delText>旧</w:delText><w:t>旧</w:t></w:r></w:del>".encode(),
        )

    assert read_lines(with_part(word("改"), "word/document.xml", revised), ".docx") == ["新增"]


def test_a_pdf_locked_against_changes_only_is_read() -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    pages = [[(72, 700, "示范条例"), (72, 680, "第一条　为了示范，制定本条例。")]]
    locked = pdf(pages, StandardEncryption("", ownerPassword="o", canModify=0))
    assert articles(parse("a.pdf", locked)) == [("第一条", "为了示范，制定本条例。")]
    with pytest.raises(FileFault, match="PDF 有密码，请取消密码保护后再导入"):
        parse("a.pdf", pdf(pages, StandardEncryption("secret")))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("扫描.pdf", pdf([[], [], []]), "没有文字，可能是扫描件；请先做文字识别"),
        ("断.pdf", paper(TITLE, PARAGRAPHS)[:300], "PDF 已损坏"),
        ("a.docx", paper(TITLE, PARAGRAPHS), "扩展名是 .docx，内容却是PDF，请把扩展名改为 .pdf"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "扩展名是 .pdf，内容却是图片"),
        ("a.xlsx", word("甲"), "内容却是Word 文档，请把扩展名改为 .docx"),
        ("a.docx", book([["甲"]]), "内容却是Excel 工作簿，请把扩展名改为 .xlsx"),
        ("a.docx", TEXT, "扩展名是 .docx，内容却是文本"),
        ("a.md", paper(TITLE, PARAGRAPHS), "不是文本，内容是PDF，请把扩展名改为 .pdf"),
        ("a.csv", book([["甲"]]), "不是文本，内容是Excel 工作簿"),
        ("a.docx", OLE, "旧版 Office 文件.*另存为 .docx"),
        ("a.xlsx", OLE, "旧版 Office 文件.*另存为 .xlsx"),
        ("a.doc", OLE, "旧版 Office 文件.*另存为 .docx"),
        ("a.xls", OLE, "旧版 Office 文件.*另存为 .xlsx"),
        ("a.wps", b"\x01\x02", "不支持 .wps 文件"),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "文件有密码，请取消密码保护"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "文件有密码，请取消密码保护"),
        ("a.docx", word("甲")[:900], "内容却是压缩包"),
        ("a.docx", with_part(word("甲"), "word/document.xml", lambda xml: xml[:200]), "已损坏"),
        ("a.docx", word((("档次", "金额"), ("一", "10"))), "只有表格，没有条文"),
        ("a.md", "# 收费表\n\n| 档次 | 金额 |\n|---|---|\n| 一 | 10 |\n", "只有表格，没有条文.*另存为 .xlsx 或 .csv"),
        ("a.html", "<html><body><script>render()</script></body></html>", "网页里没有文字"),
        ("a.html", "<!-- -->", "网页"),
        ("a.html", "<p>" * 2_000_000, "网页超过5MB"),
    ],
)
def test_bad_documents_are_named(name: str, content: str | bytes, why: str) -> None:
    with pytest.raises(FileFault, match=why):
        parse(name, content)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_external_entities_are_refused(name: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    part = {"a.docx": "word/document.xml", "a.xlsx": "xl/workbook.xml"}[name]
    whole = word("甲") if name == "a.docx" else book([["标准问", "答案"], ["甲", "乙"]])
    for head in (bomb.encode(), bomb.encode("utf-16")):
        with pytest.raises(FileFault, match="外部实体"):
            parse(name, with_part(whole, part, lambda xml, head=head: head + xml))


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_a_zip_bomb_is_not_unpacked(name: str) -> None:
    part = "word/media/image1.bin" if name == "a.docx" else "xl/media/image1.bin"
    whole = word("甲") if name == "a.docx" else book([["标准问", "答案"]])
    with pytest.raises(FileFault, match="解压后过大（20MB）"):
        parse(name, with_part(whole, part, lambda _: b"\x00" * 20_000_000))


def test_a_part_larger_than_its_directory_says_is_read_no_further() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b"<w>" + b" " * 1_000_000 + b"</w>")
    size = (1_000_007).to_bytes(4, "little")
    assert stream.getvalue().count(size) == 2
    with pytest.raises(FileFault, match="已损坏"):
        parse("a.docx", stream.getvalue().replace(size, (100).to_bytes(4, "little")))


def test_a_part_with_a_password_is_named() -> None:
    data = bytearray(word("甲"))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(FileFault, match="有密码"):
        open_package(bytes(data))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as stream:
        stream.truncate(200_000_000)  # sparse: takes no room on the disk
    with pytest.raises(FileFault, match="超过50MB，请拆分"):
        read_bytes(huge)
    huge.write_bytes(b" \n")
    with pytest.raises(FileFault, match="空的"):
        read_bytes(huge)
    with pytest.raises(FileFault, match=r"没有文件 .*missing\.pdf"):
        read_bytes(tmp_path / "missing.pdf")
    with pytest.raises(FileFault, match="无法读取"):
        read_bytes(tmp_path)


def test_a_page_that_unpacks_without_end_is_refused() -> None:
    import zlib

    content = zlib.compress(b"q Q " * 5_000_000)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n" % len(content) + content + b"\nendstream",
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%s endobj\n" % (n, told) for n, told in enumerate(objects, 1))
    with pytest.raises(FileFault, match="PDF"):
        parse("a.pdf", body + b"trailer<</Root 1 0 R>>")


def test_text_in_its_encodings() -> None:
    for encoding in ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"):
        assert decode("公积金㐀".encode(encoding) if encoding != "gbk" else "公积金".encode("gbk")).startswith("公积金")
    with pytest.raises(FileFault, match="不是文本"):
        decode("公积金 x".encode("utf-16-le"))
    with pytest.raises(FileFault, match="不是文本"):
        decode("公积金".encode("utf-32"))
    with pytest.raises(FileFault, match="编码无法识别"):
        decode(b"\xff\xff\xff")


def test_lines_and_text_are_each_others_reverse() -> None:
    text = "# 标题\n\n| 甲 | 乙 |\n末行"
    assert split_text(text.replace("| 甲 | 乙 |", "| 甲 | 乙 |\n| --- | :-: |")) == ["# 标题", "", ("甲", "乙"), "末行"]
    assert as_text(split_text(text)) == text


def test_the_limits_are_in_the_message() -> None:
    assert file_content.MAX_BYTES == 50_000_000
