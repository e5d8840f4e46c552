"""网页: the article of an .html page as lines of text and rows of tables, without what stands around it."""

import re
from collections.abc import Iterator

from lxml import etree, html

from knowledge.file_content import FileFault

Row = tuple[str, ...]
_DROPPED = {"script", "style", "noscript", "nav", "header", "footer", "aside", "form", "iframe", "button", "select"}
_DROPPED |= {"template", "svg", "object", "video", "audio", "textarea"}
_AROUND = re.compile(
    r"(?:^|[-_ ])(?:nav\w*|menu\w*|breadcrumbs?|crumbs?|location|position|header|footer|foot|sidebar|share\w*|toolbar"
    r"|copyright|pager|pagination|related\w*|print|fontsize|erweima|qrcode|links?)(?:$|[-_ ])",
    re.IGNORECASE,
)
_MAIN = (
    "//*[@id='UCAP-CONTENT']",
    "//*[contains(concat(' ',normalize-space(@class),' '),' TRS_Editor ')]",
    "//*[contains(concat(' ',normalize-space(@class),' '),' pages_content ')]",
    "//*[@id='zoom' or @id='Zoom']",
    "//article",
    "//main",
)
"""Where the sites of Chinese authorities keep a document; else the densest element is taken."""
_BLOCKS = {"p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article"}
_BLOCKS |= {"br", "hr", "tr", "td", "th", "table", "tbody", "thead", "blockquote", "pre", "center", "main", "body"}
_SITE = re.compile(r"\s*[_|]\s*\S.*$|\s+-\s+\S.*$")
_FURNITURE = re.compile(
    r"^(?:责任编辑|编辑|来源|字体|字号|打印|关闭|分享|扫一扫|相关(?:稿件|链接|文档|解读)|版权所有|主办单位|网站标识码"
    r"|上一篇|下一篇|浏览次数|【?(?:打印|关闭|收藏|大 中 小))(?:[：:】\s].*|.{0,12}|本页|当前页.*)$"
)
_ARTICLES = re.compile(r"第一条[\s\u3000].+第二条[\s\u3000]", re.DOTALL)
DENSE = 0.8
"""An element that keeps this share of the text outside links is gone into."""
MAX_PAGE = 5_000_000
"""Characters of a page; more can only be pictures and scripts within it."""
LAYOUT_CELL = 3_000
"""A table with a cell of more characters than this arranges the page; it holds no data."""


def read_page(text: str) -> list[str | Row]:
    """Paragraphs as text and table rows as tuples; the page's own title comes first. Raises: FileFault."""
    if len(text) > MAX_PAGE:
        raise FileFault(f"网页超过{MAX_PAGE // 1_000_000}MB，请在浏览器中复制正文，另存为 .txt 或 .docx 再导入。")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False, no_network=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", "ignore"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise FileFault("网页没有内容或写法不规范，请在浏览器中重新另存。") from error
    title = _title(root)
    for node in list(root.iter()):
        if isinstance(node.tag, str) and _is_around(node) and node.getparent() is not None:
            node.drop_tree()
    lines = [line for line in _lines(_main(root)) if not (isinstance(line, str) and _FURNITURE.match(line))]
    if not lines:
        raise FileFault("网页里没有文字，正文可能由脚本生成；请在浏览器中复制正文，另存为 .txt 或 .docx 再导入。")
    return _with_title(lines, title)


def _is_around(node: html.HtmlElement) -> bool:
    if node.tag in _DROPPED:
        return True
    if node.tag in ("html", "body", "head"):
        return node.tag == "head"
    named = f"{node.get('class', '')} {node.get('id', '')}"
    hidden = "display:none" in node.get("style", "").replace(" ", "").lower()
    return hidden or bool(_AROUND.search(named))


def _title(root: html.HtmlElement) -> str:
    heads = [_bare(node.text_content()) for node in root.iter("h1")]
    if len(heads) == 1 and heads[0]:
        return heads[0]
    found = root.find(".//title")
    return _SITE.sub("", _bare(found.text_content())) if found is not None else ""


def _with_title(lines: list[str | Row], title: str) -> list[str | Row]:
    """Begin with the title; where the text repeats it, what stands before is the site's."""
    if not title:
        return lines
    key = re.sub(r"\s", "", title)
    same = [at for at, line in enumerate(lines[:40]) if isinstance(line, str) and re.sub(r"\s", "", line) == key]
    return lines[same[-1] :] if same else [title, *lines]


def _main(root: html.HtmlElement) -> html.HtmlElement:
    for path in _MAIN:
        found = max(root.xpath(path), key=lambda node: len(node.text_content()), default=None)
        if found is not None and len(found.text_content().strip()) > 50:
            return found
    node = root.find("body") if root.find("body") is not None else root
    weights = _weights(node)
    while True:
        inside = max(node, key=lambda child: weights.get(child, 0), default=None)
        if inside is None or inside.tag not in _BLOCKS - {"p", "tr"} or weights[inside] < DENSE * weights[node]:
            return node
        node = inside


def _weights(root: html.HtmlElement) -> dict[html.HtmlElement, int]:
    """Characters of each element that do not stand in links."""
    weights: dict[html.HtmlElement, int] = {}
    for _, node in etree.iterwalk(root, events=("end",)):
        own = len((node.text or "").strip()) + sum(len((child.tail or "").strip()) for child in node)
        weights[node] = 0 if node.tag == "a" else own + sum(weights[child] for child in node)
    return weights


def _lines(root: html.HtmlElement) -> Iterator[str | Row]:
    told: list[str] = []
    inside: html.HtmlElement | None = None  # the data table that is passed over, since its rows were told
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if inside is None and event == "start" and node.tag == "table" and _holds_data(node):
            yield from _flush(told)
            yield from _rows(node)
            inside = node
        if inside is None:
            if node.tag in _BLOCKS:
                yield from _flush(told)
            if event == "start":
                told.append(node.text or "")
        if inside is node and event == "end":
            inside = None
        if event == "end" and inside is None and node is not root:
            told.append(node.tail or "")
    yield from _flush(told)


def _flush(told: list[str]) -> Iterator[str]:
    line = _bare("".join(told))
    told.clear()
    if line:
        yield line


def _holds_data(table: html.HtmlElement) -> bool:
    """False where a table arranges the page: with headings, articles, another table or one column in it."""
    if any(table.find(f".//{tag}") is not None for tag in ("table", "h1", "h2", "h3")):
        return False
    if _ARTICLES.search(table.text_content()):
        return False
    rows = [[len(cell.text_content()) for cell in row.iter("td", "th")] for row in table.iter("tr")]
    return max(map(len, rows), default=0) > 1 and max((size for row in rows for size in row), default=0) < LAYOUT_CELL


def _rows(table: html.HtmlElement) -> Iterator[Row]:
    """Cells that reach over several rows repeat their text in each."""
    above: dict[int, tuple[int, str]] = {}
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in row.iter("td", "th"):
            while above.get(len(cells), (0, ""))[0] > 0:
                left, text = above[len(cells)]
                above[len(cells)] = (left - 1, text)
                cells.append(text)
            text = "\n".join(line for line in _lines(cell) if isinstance(line, str))
            span = cell.get("rowspan", "1")
            above[len(cells)] = (min(int(span), 1000) - 1 if span.isascii() and span.isdecimal() else 0, text)
            cells.append(text)
        if any(cells):
            yield tuple(cells)


def _bare(text: str) -> str:
    return " ".join(text.split())
