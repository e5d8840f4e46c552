"""办事指南: a service guide becomes one entry for each of its fields, asked for by a generated question."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from knowledge.columns import plain_name
from knowledge.documents import Lines
from knowledge.entry import EntryKind, KnowledgeEntry, Source
from knowledge.questions import COLUMNS as QUESTION_COLUMNS
from knowledge.questions import check_validity, day_of, place_of, sources_of
from knowledge.text import has_words


@dataclass(frozen=True, slots=True)
class Field:
    """指南要素: `facet` as in `knowledge.facets`; `asks` the questions for it ({} is the item), the first its title."""

    facet: str
    names: tuple[str, ...]
    asks: tuple[str, ...]


FIELDS: dict[str, Field] = {
    "basis": Field(
        "规定",
        ("依据", "设定依据", "实施依据", "办理依据", "法律依据", "法定依据", "政策依据", "办事依据", "basis"),
        ("办理{}有什么规定？", "{}的政策依据是什么", "{}是根据哪个文件办的", "{}的规定"),
    ),
    "conditions": Field(
        "条件",
        ("受理条件", "办理条件", "申请条件", "申报条件", "办事条件", "适用条件", "条件", "服务对象", "申请对象", "conditions"),
        ("申请{}需要符合什么条件？", "什么人可以申请{}", "{}有什么要求", "{}的条件"),
    ),
    "materials": Field(
        "材料",
        ("申请材料", "办理材料", "申报材料", "所需材料", "提交材料", "材料清单", "申请材料目录", "所需资料", "材料", "materials"),
        ("办理{}需要什么材料？", "{}要带什么证件", "{}要准备哪些资料", "{}的材料"),
    ),
    "process": Field(
        "流程",
        ("办理流程", "办事流程", "办理程序", "办理步骤", "受理流程", "申请流程", "流程", "process", "procedure"),
        ("{}怎么办理？", "办理{}的流程是什么", "{}怎么申请", "{}分哪几步"),
    ),
    "time_limit": Field(
        "时限",
        ("办理时限", "承诺时限", "承诺办结时限", "法定时限", "法定办结时限", "办结时限", "审批时限", "时限", "timelimit"),
        ("办理{}需要多长时间？", "{}多久能办好", "{}几天能办完", "{}的时限"),
    ),
    "fee": Field(
        "费用",
        ("收费标准", "收费", "费用", "收费情况", "收费依据及标准", "是否收费", "办理费用", "fee", "fees"),
        ("办理{}收费吗？", "{}要交费用吗", "{}要不要钱", "{}的收费标准"),
    ),
    "channel": Field(
        "渠道",
        ("办理渠道", "办理地点", "办理渠道地点", "办理地点渠道", "办理渠道及地点", "办理方式", "办理窗口", "受理地点", "办理地址",
         "网上办理", "渠道", "地点", "channel", "location"),
        ("{}在哪里办理？", "办理{}去哪个窗口", "{}可以在网上办吗", "{}的办理地点"),
    ),
    "unit": Field(
        "渠道",
        ("受理单位", "受理机构", "受理部门", "办理机构", "办理单位", "办理部门", "实施主体", "实施机关", "承办单位", "主管部门",
         "责任单位", "unit"),
        ("{}去哪个单位办？", "{}归哪个部门管", "哪个单位受理{}"),
    ),
    "hours": Field(
        "渠道",
        ("办公时间", "办理时间", "受理时间", "工作时间", "hours"),
        ("{}什么时候可以去办？", "办理{}的窗口几点上班", "{}的受理时间"),
    ),
    "phone": Field(
        "渠道",
        ("咨询电话", "联系电话", "咨询方式", "联系方式", "咨询渠道", "监督电话", "电话", "phone", "telephone"),
        ("{}打哪个电话咨询？", "{}的咨询电话", "办理{}找谁问"),
    ),
}  # fmt: skip
"""指南要素 → facet, names of its column or heading, questions."""
ITEM = ("事项名称", "事项", "服务事项", "办理事项", "办事事项", "指南名称", "事项全称", "item", "itemname")
CODE = ("事项编码", "事项编号", "实施编码", "编号", "id")
COLUMNS: dict[str, tuple[str, ...]] = {
    "item": ITEM,
    "code": CODE,
    **{name: one.names for name, one in FIELDS.items()},
    **{name: QUESTION_COLUMNS[name] for name in ("class", "document_number", "jurisdiction")},
    **{name: QUESTION_COLUMNS[name] for name in ("effective_from", "effective_to")},
}
ENOUGH = 3
"""A document with headings of this many fields is a guide; 指南 in its title counts as one."""
_HEADING_NAMES = {
    name: key for key, one in FIELDS.items() for name in one.names if len(name) > 1 and not name.isascii()
}
_HEADING_NAMES |= dict.fromkeys(ITEM[:7], "item") | dict.fromkeys(CODE[:3], "code")
_HEADING_NAMES |= {
    name: key
    for key in ("jurisdiction", "effective_from", "effective_to")
    for name in COLUMNS[key]
    if not name.isascii()
}
_LEAD = re.compile(r"^(?:#{1,6}\s*)?(?:\*\*)?\s*(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]\s*)?[【\[]?\s*")
_HEADED = re.compile(
    r"^(?P<name>[^：:】\]*]{2,14})[】\]]?(?:\*\*)?\s*(?:[：:]\s*(?:\*\*)?\s*(?P<text>.*))?$", re.DOTALL
)
_GUIDE_TITLE = re.compile(
    r"^(?:#\s*)?[《“]?(.{2,60}?)[》”]?\s*(?:的?(?:办事|服务|办理)?指南|办理须知|一次性告知单)[》”]?$"
)
_ARTICLE = re.compile(r"^第[一二三四五六七八九十百\d]+条")


def is_guide_header(columns: Mapping[str, object]) -> bool:
    """Whether recognised columns (or keys) are those of a guide: the item and at least one field of a guide."""
    return "item" in columns and any(name in columns for name in FIELDS)


def looks_like_guide(lines: Lines) -> bool:
    """Whether a document has the headings of a guide and no articles."""
    found: set[str] = set()
    for line in lines:
        if isinstance(line, str):
            if _ARTICLE.match(line):
                return False
            if _GUIDE_TITLE.match(line):
                found.add("title")
            elif headed := _headed(line):
                found.add(headed[0])
        else:
            found.update(_HEADING_NAMES[name] for name in map(plain_name, line[::2]) if name in _HEADING_NAMES)
    return len(found) >= ENOUGH and any(name in FIELDS for name in found)


def guide_records(lines: Lines, name: str) -> list[dict[str, str]]:
    """Field → text of each guide in a document; a new one begins at every 事项名称.

    The item is the 事项名称, else what the title says before 办事指南, else `name`, the file's.
    """
    guides = [_Guide()]
    title = ""
    for line in lines:
        guide = guides[-1]
        if isinstance(line, tuple):
            pairs = _pairs(line)
            if not pairs:
                guide.add(" | ".join(cell.replace("\n", " ") for cell in line))
        else:
            told = _GUIDE_TITLE.match(line)
            title = title or (told.group(1) if told else "")
            headed = None if told else _headed(line)
            pairs = [headed] if headed else []
            if not pairs and not told:
                guide.add(line)
        for key, text in pairs:
            if key == "item" and "item" in guide.texts:
                guides.append(guide := _Guide())
            guide.begin(key, text)
    fallback = title or _GUIDE_TITLE.sub(r"\1", name)
    return [{"item": fallback} | record for guide in guides if (record := guide.record())]


@dataclass(slots=True)
class _Guide:
    texts: dict[str, list[str]] = field(default_factory=dict)
    at: str = ""

    def begin(self, key: str, text: str) -> None:
        self.at = key
        self.texts.setdefault(key, [])
        self.add(text)

    def add(self, text: str) -> None:
        if self.at and text.strip():
            self.texts[self.at].append(re.sub(r"^#{1,6}\s+", "", text.strip()))

    def record(self) -> dict[str, str]:
        return {key: text for key, lines in self.texts.items() if (text := "\n".join(lines).strip())}


def _pairs(row: tuple[str, ...]) -> list[tuple[str, str]]:
    """(field, text) of a row such as 受理条件 | … | 办理时限 | …; none for a row of a table of materials."""
    keys = [_HEADING_NAMES.get(plain_name(cell), "") for cell in row]
    if not keys[0] or (len(row) > 2 and any(keys[1::2])):
        return []
    if len(row) == 2 or not any(keys[2::2]):
        return [(keys[0], "\n".join(cell for cell in row[1:] if cell))]
    return [(key, text) for key, text in zip(keys[::2], row[1::2], strict=False) if key]


def _headed(line: str) -> tuple[str, str] | None:
    """(field, text behind the colon) where a line is the heading of a field."""
    bare = _LEAD.sub("", line, count=1)
    told = _HEADED.match(bare)
    if told is None:
        return None
    key = _HEADING_NAMES.get(plain_name(told["name"]))
    return (key, told["text"] or "") if key else None


def guide_entries(record: Mapping[str, str], origin: str) -> Iterator[KnowledgeEntry]:
    """One entry for each field that has words. Raises: ValueError when the item or all fields are missing."""
    told = {name: text.strip() for name, text in record.items()}
    item = told.get("item", "").replace("\n", "")
    if not has_words(item):
        raise ValueError("“事项名称”是空的")
    present = {name: one for name, one in FIELDS.items() if has_words(told.get(name, ""))}
    if not present:
        raise ValueError(f"事项“{item}”没有任何内容，至少要有申请材料、办理流程等其中一项")
    first, last = day_of(told.get("effective_from", "")), day_of(told.get("effective_to", ""))
    check_validity(first, last)
    jurisdiction = place_of(told.get("jurisdiction", ""))
    key = hashlib.sha256(f"{item}|{told.get('code', '')}|{jurisdiction}".encode()).hexdigest()[:12]
    basis = [s for s in sources_of(told.get("basis", ""), told.get("document_number", "")) if len(s.title) <= 80]
    asked = item.removeprefix("办理") or item
    for name, one in present.items():
        guide = Source(f"{item}办事指南", one.names[0])
        questions = [question.format(asked) for question in one.asks]
        yield KnowledgeEntry(
            id=f"guide-{key}-{name}",
            kind=EntryKind.GUIDE,
            title=questions[0],
            answer=told[name],
            similar_questions=questions[1:],
            item_class=told.get("class", ""),
            item=item,
            facet=one.facet,
            sources=[*basis, guide] if name == "basis" else [guide, *basis],
            jurisdiction=jurisdiction,
            effective_from=first,
            effective_to=last,
            origin=origin,
            generated=True,
        )
