"""办事指南: one entry for each field, from tables and from documents; facets that questions really ask for."""

import json
from datetime import date

import pytest

from knowledge.entry import EntryKind, KnowledgeEntry, Source
from knowledge.facets import FACET_WORDS, facet_of
from knowledge.file_content import FileFault
from knowledge.guides import COLUMNS, FIELDS
from tests.unit.knowledge.files import book, paper, parse, word

ITEM = "租房提取住房公积金"
GUIDE = {
    "事项名称": ITEM,
    "设定依据": "《住房公积金管理条例》（国务院令第844号）第二十四条",
    "受理单位": "示范市住房公积金管理中心",
    "受理条件": "连续缴存满3个月，本人及配偶在本市无自有住房。",
    "申请材料": "1.身份证；\n2.租房合同。",
    "办理流程": "网上提交，当日审核。",
    "收费标准": "不收费",
    "办理时限": "3个工作日",
    "办理渠道/地点": "政务大厅2楼公积金窗口",
    "咨询电话": "12329",
}
FACETS = ["规定", "渠道", "条件", "材料", "流程", "费用", "时限", "渠道", "渠道"]


def lines(separator: str = "：\n") -> list[str]:
    return [f"{name}{separator}{text}" for name, text in list(GUIDE.items())[1:]]


MARKDOWN = f"# {ITEM}办事指南\n\n" + "\n".join(f"## 一、{name}\n\n{text}\n" for name, text in list(GUIDE.items())[1:])
HTML = f"<title>{ITEM}办事指南_示范市政务服务网</title><body><div>" + "".join(
    f"<h3>【{name}】</h3><p>{'</p><p>'.join(text.split(chr(10)))}</p>" for name, text in list(GUIDE.items())[1:]
)


def by_answer(entries: list[KnowledgeEntry]) -> dict[str, KnowledgeEntry]:
    return {entry.answer: entry for entry in entries}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("指南.xlsx", book([list(GUIDE), list(GUIDE.values())])),
        ("指南.csv", "\n".join(",".join(f'"{cell}"' for cell in row) for row in (GUIDE, GUIDE.values()))),
        ("指南.jsonl", json.dumps(GUIDE, ensure_ascii=False)),
        ("指南.jsonl", json.dumps(GUIDE | {"申请材料": ["1.身份证；", "2.租房合同。"]})),
        ("指南.md", MARKDOWN),
        ("指南.txt", f"{ITEM}办事指南\n" + "\n".join(lines())),
        ("指南.txt", "\n".join([f"事项名称：{ITEM}", *lines("：")]).encode("gb18030")),
        (f"{ITEM}.txt", "\n".join(lines())),
        ("指南.html", HTML),
        ("指南.docx", word(f"{ITEM}服务指南", *"\n".join(lines()).split("\n"))),
        ("指南.docx", word("办事指南", list(GUIDE.items()))),
        ("指南.pdf", paper(f"{ITEM}办事指南", "\n".join(lines()).split("\n"))),
    ],
)
def test_a_guide_in_every_format(name: str, content: str | bytes) -> None:
    entries = parse(name, content)
    assert [entry.kind for entry in entries] == [EntryKind.GUIDE] * 9
    found = by_answer(entries)
    assert [found[answer].facet for answer in list(GUIDE.values())[1:]] == FACETS
    assert {entry.item for entry in entries} == {ITEM}
    assert all(entry.generated and entry.origin == name for entry in entries)
    assert len({entry.id for entry in entries}) == len({entry.title for entry in entries}) == 9
    materials = found[GUIDE["申请材料"]]
    assert materials.title == f"办理{ITEM}需要什么材料？"
    assert f"{ITEM}要带什么证件" in materials.similar_questions and len(materials.similar_questions) >= 2
    assert Source("住房公积金管理条例", "第二十四条", "国务院令第844号") in materials.sources


def test_the_questions_ask_for_their_facet() -> None:
    facets = {facet for facet, _ in FACET_WORDS}
    for name in ("conditions", "materials", "process", "time_limit", "fee", "channel"):
        one = FIELDS[name]
        assert one.facet in facets and facet_of(one.asks[0].format("租房提取")) == one.facet, name
    assert len({ask for one in FIELDS.values() for ask in one.asks}) == sum(len(one.asks) for one in FIELDS.values())


def test_no_name_of_a_column_stands_for_two_fields() -> None:
    names = [name for known in COLUMNS.values() for name in known]
    assert {name for name in names if names.count(name) > 1} == set()


def test_fields_without_words_make_no_entries() -> None:
    header, row = (
        ["事项", "材料", "费用", "时限", "生效日期", "适用地区"],
        ["办理购房提取", "合同", "——", "", "2026/1/1", "示范市"],
    )
    (entry,) = parse("a.xlsx", book([header, row]))
    assert (entry.title, entry.jurisdiction) == ("办理购房提取需要什么材料？", "示范市")
    assert entry.effective_from == date(2026, 1, 1)


def test_several_items_in_one_document() -> None:
    text = "事项名称：甲业务\n申请材料：身份证\n办理时限：1天\n事项名称：乙业务\n申请材料：护照\n办理时限：2天\n"
    entries = parse("a.txt", text)
    assert [(entry.item, entry.facet, entry.answer) for entry in entries] == [
        ("甲业务", "材料", "身份证"),
        ("甲业务", "时限", "1天"),
        ("乙业务", "材料", "护照"),
        ("乙业务", "时限", "2天"),
    ]


def test_a_table_of_materials_stays_in_its_field() -> None:
    rows = (("序号", "材料名称", "份数"), ("1", "身份证", "1"))
    entries = parse("a.docx", word("甲业务办事指南", "申请材料", rows, "办理流程", "去窗口。"))
    assert [entry.answer for entry in entries] == ["序号 | 材料名称 | 份数\n1 | 身份证 | 1", "去窗口。"]


def test_a_table_of_four_columns() -> None:
    rows = (("事项名称", "甲业务", "咨询电话", "12329"), ("办理时限", "3天", "收费标准", "不收费"))
    assert [entry.answer for entry in parse("a.docx", word(rows))] == ["3天", "不收费", "12329"]


def test_a_document_with_articles_is_a_regulation() -> None:
    text = "# 甲办法\n第一条 总的。\n## 申请材料\n第二条 材料。\n## 办理流程\n第三条 流程。\n## 办理时限\n第四条 时限。"
    assert {entry.kind for entry in parse("a.md", text)} == {EntryKind.REGULATION}
    notice = "# 关于甲的通知\n一、申请条件\n符合规定。\n二、其他\n无。\n"
    assert {entry.kind for entry in parse("a.md", notice)} == {EntryKind.REGULATION}


def test_the_kind_may_be_told() -> None:
    (entry,) = parse("甲业务.md", "## 申请材料\n身份证", kind=EntryKind.GUIDE)
    assert (entry.item, entry.answer) == ("甲业务", "身份证")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "事项名称,申请材料\n,身份证\n", "第2行不是有效的条目（“事项名称”是空的）"),
        ("a.csv", "事项名称,申请材料,办理时限\n甲,,\n", "第2行不是有效的条目（事项“甲”没有任何内容"),
        ("a.csv", "事项名称,申请材料\n甲,身份证\n甲,护照\n", "第3行的事项“甲”与前面重复"),
        ("a.csv", "事项名称,申请材料,生效日期,失效日期\n甲,乙,2026-2-1,2026-1-1\n", "早于生效日期"),
        (
            "a.txt",
            "事项名称：甲\n办理时限：1天\n申请材料：乙\n事项名称：甲\n申请材料：丙",
            "第2个事项的事项“甲”与前面重复",
        ),
        ("a.jsonl", '{"事项名称": "甲", "申请材料": null, "办理流程": ""}', "没有任何内容"),
    ],
)
def test_bad_guides_are_named(name: str, content: str, why: str) -> None:
    with pytest.raises(FileFault) as fault:
        parse(name, content)
    assert why in fault.value.message
    with pytest.raises(FileFault, match="不是可识别的办事指南"):
        parse("a.md", "# 甲\n没有小标题。", kind=EntryKind.GUIDE)
