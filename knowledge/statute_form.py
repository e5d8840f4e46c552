"""法规文本格式: plain lines of a statute (.txt, .docx, .pdf, web page) become title, history and a body in Markdown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.numerals import NUMERAL, to_number

HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_LEVELS = {"编": 2, "分编": 3, "章": 4, "节": 5, "目": 6}
_UNIT = re.compile(
    rf"^第([{NUMERAL}]+)(分编|编|章|节|目)(?:\s*([^\s。；，][^。；，]{{0,40}})|\s+(\S[^。；]{{0,40}}[^。；，：]))?$"
)
_ALONE = {"总则": 4, "附则": 4}
_LEADER = re.compile(r"\s*[.．…·]{2,}\s*\d*$")
_LOCATOR = re.compile(rf"^(第([{NUMERAL}]+)条(?:之[{NUMERAL}]+)?)(.*)$")
_MENTION = re.compile(
    r"^(?:规定|所(?:列|称|规定|指|述)|的|[、，；。至到]|[和或与及]者?第|第.{1,3}[款项]|中(?:的|，|规定|“)|修改为|增加一|删去|作为|改为)"
)
"""What follows a mention of an article at the beginning of a sentence, and never the number of an article itself."""
GAP = 3
"""How many articles may be missing (repealed, or not recognised) before the next that has no blank behind its number."""
_ITEM = re.compile(rf"^[{NUMERAL}]+、")
_ITEM_HEADING = re.compile(rf"^[{NUMERAL}]+、[^。；：，]{{2,25}}$")
_LISTED = re.compile(rf"^[（(][{NUMERAL}]{{1,3}}[)）]")
_META = re.compile(
    r"^(?:索\s*引\s*号|主题分类|公文种类|发文机关|发文机构|发布机构|成文日期|发布日期|发布时间|公布日期|施行日期|生效日期"
    r"|发文字号|文\s*号|来\s*源|时效性|有效性|法律性质|制定机关|效力位阶|字\s*号)\s*[：:]"
)
_TITLED = re.compile(r"^标\s*题\s*[：:]\s*(\S.*)$")
_ORDERED = re.compile(rf"^\S{{2,40}}(?:令|公告)(?:\s*[（(]?\s*第?\s*[{NUMERAL}]+\s*号\s*[）)]?)?$")
_NUMBER = re.compile(
    rf"^(?:[\u3400-\u9fff]{{1,12}}[〔\[［]\d{{4}}[〕\]］]\s*\d+号|[（(]?\s*第\s*[{NUMERAL}]+\s*号\s*[）)]?)$"
)
_TITLE_END = re.compile(
    r"(?:法|条例|规定|规则|规程|办法|细则|决定|决议|意见|通知|通告|公告|批复|解释|方案|标准|章程|制度|纲要)(?:[（(].{1,8}[)）])?$"
)
_HISTORY = re.compile(
    r"^\d{4}年\d{1,2}月\d{1,2}日|现予(?:公布|发布)|^自?\d{4}年.{0,30}(?:通过|公布|发布|施行|修订|修正)"
)
MAX_TITLE = 120
_FIRST_LINES = 60
"""Lines among which title and history are looked for where neither article nor heading tells their end."""


@dataclass(frozen=True, slots=True)
class StatuteForm:
    """法规文本: the title, the lines that tell the history, and the body with `##` headings."""

    title: str
    history: list[str]
    body: list[str]


def is_row(line: str) -> bool:
    """Whether a line is the row of a Markdown table."""
    return len(line) > 2 and line.startswith("|") and line.endswith("|")


def only_table(lines: Iterable[str]) -> bool:
    """Whether a text consists of table rows alone, headings aside."""
    told = [line for line in lines if line and not HEADING.match(line)]
    return bool(told) and all(is_row(line) for line in told)


def statute_form(lines: list[str]) -> StatuteForm | None:
    """Title, history and body of a text; `lines` are stripped. None where no line can be the title."""
    lines = [" ".join(line.split()) for line in lines if line]
    at = next((i for i, line in enumerate(lines) if line.startswith("# ")), None)
    if at is not None:
        before, title, rest = lines[:at], lines[at][2:].strip(), lines[at + 1 :]
    else:
        before, title, rest = _plain_title(lines)
    if not title:
        return None
    history, body = _split_history(rest)
    if not any(HEADING.match(line) for line in body):
        body = _marked(body)
    return StatuteForm(title, before + history, body)


def _plain_title(lines: list[str]) -> tuple[list[str], str, list[str]]:
    """(lines before the title, title, lines after); the title is "" where there is none."""
    end = next((i for i, line in enumerate(lines) if _begins_body(line)), min(len(lines), _FIRST_LINES))
    head = lines[:end]
    titled = next((m.group(1) for line in head if (m := _TITLED.match(line))), "")
    places = [i for i, line in enumerate(head) if not (_META.match(line) or _TITLED.match(line))]
    ordered = any(_ORDERED.match(head[i]) for i in places[:2])
    places = [i for i in places if not (_ORDERED.match(head[i]) or _NUMBER.match(head[i])) and not is_row(head[i])]
    if ordered:  # an order by which the statute is published stands first: its title comes last
        places = [i for i in places if _TITLE_END.search(head[i]) and len(head[i]) <= 60][-1:] or places
    if not places:
        return head, titled, lines[end:]
    first = places[0]
    title, after = head[first], first + 1
    follows = head[after] if after < len(head) else ""
    if (
        not _TITLE_END.search(title)
        and _TITLE_END.search(follows)
        and len(title + follows) <= 60
        and follows[0] not in "（("
    ):
        title, after = title + follows, after + 1
    if titled:
        return lines[:first], titled, lines[after if _bare(title) == _bare(titled) else first :]
    if title.startswith("#") or title.endswith(("。", "；")) or len(title) > MAX_TITLE:
        return head, "", lines[end:]
    return lines[:first], _bare(title).removeprefix("《").removesuffix("》"), lines[after:]


def _bare(title: str) -> str:
    """Without the blanks of letter-spacing: 总 则, 示 范 条 例."""
    words = title.split()
    return "".join(words) if 2 * sum(len(word) == 1 for word in words) >= len(words) else " ".join(words)


def _begins_body(line: str) -> bool:
    return bool(HEADING.match(line) or _UNIT.match(line) or _LOCATOR.match(line) or _ITEM.match(line)) or line.replace(
        " ", ""
    ) in ("目录", *_ALONE)


def _split_history(lines: list[str]) -> tuple[list[str], list[str]]:
    """What stands between title and text in brackets or begins with a date is history; the rest is text."""
    history: list[str] = []
    at = 0
    while at < len(lines) and not _begins_body(lines[at]):
        line = lines[at]
        if line[0] in "（(" and not _LISTED.match(line):
            close = next((i for i in range(at, min(at + 30, len(lines))) if lines[i][-1] in "）)"), at)
            history += lines[at : close + 1]
            at = close + 1
        elif _HISTORY.search(line) or _NUMBER.match(line) or _ORDERED.match(line) or _META.match(line):
            history.append(line)
            at += 1
        else:
            break
    return history, lines[at:]


def _marked(lines: list[str]) -> list[str]:
    """Plain headings as Markdown headings, and a blank behind the number of each article.

    An article without the blank is one only where its number is next, so that a sentence of an article that
    begins with a mention of another (第三条规定的情形…) begins none.
    """
    marked: list[str] = []
    last = 0
    open_heading = False
    current: dict[int, str] = {}
    for at, line in enumerate(lines):
        heading = _heading(line)
        if not heading and _ITEM_HEADING.match(line) and at + 1 < len(lines) and _LOCATOR.match(lines[at + 1]):
            heading = f"#### {line}"  # 二、管辖 between the articles of an interpretation
        if heading:
            level = heading.index(" ")
            if last and current.get(level) == heading:  # the running head of a page
                continue
            current[level] = heading
            marked.append(heading)
            open_heading = bool(re.search(r"[编章节目]$", heading)) and bool(_UNIT.match(line))
            continue
        located = _LOCATOR.match(line)
        number = to_number(located.group(2)) if located else None
        if located and number is not None:
            rest = located.group(3)
            follows = last < number <= last + GAP or (number == last and "之" in located.group(1))
            if not rest or rest[0].isspace() or (follows and not _MENTION.match(rest)):
                last = number
                line = f"{located.group(1)} {rest.strip()}"
        elif open_heading and len(line) <= 30 and not _ITEM.match(line) and line[-1] not in "。；：，":
            marked[-1] += f" {_bare(line)}"  # 第一章 and 总则 on two lines
            open_heading = False
            continue
        open_heading = False
        marked.append(line)
    return marked


def _heading(line: str) -> str:
    alone = _ALONE.get(line.replace(" ", ""))
    if alone:
        return f"{'#' * alone} {line.replace(' ', '')}"
    unit = _UNIT.match(_LEADER.sub("", line))
    if not unit or (unit.group(3) or "").startswith(("的", "所", "规定")):
        return ""
    told = _bare(unit.group(3) or unit.group(4) or "")
    return f"{'#' * _LEVELS[unit.group(2)]} 第{unit.group(1)}{unit.group(2)} {told}".rstrip()
