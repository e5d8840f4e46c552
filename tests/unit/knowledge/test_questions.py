"""问答: rows by their column names; sources, dates and places as people write them."""

import json
from datetime import date

import pytest

from knowledge.entry import EntryKind, Source
from knowledge.file_content import FileFault
from knowledge.questions import day_of, sources_of
from tests.unit.knowledge.files import book, parse

CHINESE = {
    "编号": "q1",
    "标准问": "租房怎么提取公积金？",
    "相似问": "房租能用公积金付吗；租房提取 | 租房取钱\n公积金付房租；；？",
    "答案": "带上租房合同。",
    "分类": "提取",
    "事项": "租房提取",
    "方面": "流程",
    "来源": "《住房公积金管理条例》",
    "文号": "国务院令第844号",
    "条款": "第二十四条",
    "适用地区": "示范市",
    "生效日期": "2026年9月20日",
    "失效日期": "2030/12/31",
}
ENGLISH = ["id", "Question", "similar_questions", "Answer", "category", "item", "facet", "source", "document_number"]
ENGLISH += ["clause", "region", "effective_from", "effective_to"]


def csv_of(header: list[str], row: list[str]) -> str:
    return "\n".join(",".join(f'"{cell}"' for cell in cells) for cells in (header, row))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", csv_of(list(CHINESE), list(CHINESE.values()))),
        ("a.csv", csv_of(ENGLISH, list(CHINESE.values())).encode("gb18030")),
        ("a.xlsx", book([list(CHINESE), list(CHINESE.values())])),
        ("a.jsonl", json.dumps(CHINESE, ensure_ascii=False)),
        (
            "a.jsonl",
            json.dumps(dict(zip(ENGLISH, CHINESE.values(), strict=True)) | {"question": "租房怎么提取公积金？"}),
        ),
    ],
)
def test_a_row_with_everything(name: str, content: str | bytes) -> None:
    if "Question" in str(content) and name == "a.jsonl":
        content = str(content).replace('"Question": ', '"note": ')
    (entry,) = parse(name, content)
    assert (entry.id, entry.kind, entry.title) == ("q1", EntryKind.FAQ, "租房怎么提取公积金？")
    assert entry.similar_questions == ["房租能用公积金付吗", "租房提取", "租房取钱", "公积金付房租"]
    assert (entry.answer, entry.item_class, entry.item, entry.facet) == ("带上租房合同。", "提取", "租房提取", "流程")
    assert entry.sources == [Source("住房公积金管理条例", "第二十四条", "国务院令第844号")]
    assert (entry.jurisdiction, entry.generated) == ("示范市", False)
    assert (entry.effective_from, entry.effective_to) == (date(2026, 9, 20), date(2030, 12, 31))


def test_only_question_and_answer_are_needed() -> None:
    (entry,) = parse("a.csv", "问题,回答\n甲？,乙\n")
    assert entry.id.startswith("faq-") and entry.jurisdiction == "national"
    assert (entry.sources, entry.effective_from, entry.similar_questions) == ([], None, [])


def test_similar_questions_of_several_columns() -> None:
    (entry,) = parse("a.csv", "标准问,相似问1,相似问2,答案\n甲？,乙？,丙？,丁\n")
    assert entry.similar_questions == ["乙？", "丙？"]


def test_questions_may_be_entries_of_guides() -> None:
    (entry,) = parse("a.csv", "标准问,答案\n甲？,乙\n", kind=EntryKind.GUIDE)
    assert entry.kind is EntryKind.GUIDE
    assert parse("a.txt", '{"standard_question": "甲？", "answer": "乙"}', kind=EntryKind.GUIDE)[0].title == "甲？"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "标准问,答案,生效日期,失效日期\n甲,乙,2026-9-20,2026-9-19\n", "第2行不是有效的条目（失效日期 2026-09-19 早于生效日期 2026-09-20）"),
        ("a.csv", "标准问,答案,生效日期\n甲,乙,明年\n", "第2行不是有效的条目（日期“明年”应写成 2024-01-31 的样子）"),
        ("a.csv", "编号,标准问,答案\nx,甲,乙\nx,丙,丁\n", "第3行的编号“x”与前面重复。"),
        ("a.csv", "标准问,答案\n甲,乙\n丙,丁\n甲,戊\n", "第4行的标准问“甲”与前面重复。"),
        ("a.jsonl", '{"问题": "甲", "答案": ""}', "第1行不是有效的问答条目（“答案”是空的）"),
        (
            "a.jsonl",
            '{"standard_question": "甲", "answer": "乙", "effective_from": "2026-01-02", "effective_to": "2026-01-01"}',
            "失效日期 2026-01-01 早于生效日期 2026-01-02",
        ),
        ("a.docx", b"PK", "内容却是"),
    ],
)  # fmt: skip
def test_bad_rows_are_named(name: str, content: str | bytes, why: str) -> None:
    with pytest.raises(FileFault) as fault:
        parse(name, content)
    assert why in fault.value.message


def test_a_kind_that_the_file_cannot_have_is_named() -> None:
    with pytest.raises(FileFault, match=r"问答请用 \.csv"):
        parse("a.md", "# 条例\n第一条 甲。", kind=EntryKind.FAQ)
    for name in ("a.csv", "a.jsonl"):
        with pytest.raises(FileFault, match=r"法规请用 \.md"):
            parse(name, "标准问,答案\n甲,乙\n", kind=EntryKind.REGULATION)


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("", []),
        ("市公积金中心网站", [Source("市公积金中心网站")]),
        ("《甲条例》第三条", [Source("甲条例", "第三条")]),
        ("《甲条例》（国令第1号）第三条第二款。", [Source("甲条例", "第三条第二款", "国令第1号")]),
        ("《关于〈甲条例〉的通知》（建金〔2026〕5号）；《乙办法》\n问答库", [
            Source("关于〈甲条例〉的通知", "", "建金〔2026〕5号"), Source("乙办法"), Source("问答库"),
        ]),
        ("依照《甲条例》和《乙办法》", [Source("依照《甲条例》和《乙办法》")]),
        ("《甲条例》和《乙办法》", [Source("《甲条例》和《乙办法》")]),
    ],
)  # fmt: skip
def test_sources_as_people_write_them(text: str, sources: list[Source]) -> None:
    assert sources_of(text) == sources


def test_a_number_without_a_title_is_kept() -> None:
    assert sources_of("", "建金〔2026〕5号", "第三条") == [Source("建金〔2026〕5号", "第三条")]


@pytest.mark.parametrize(
    "text", ["2026-09-20", "2026/9/20", "2026.9.20", "2026年9月20日", "20260920", "2026-09-20 00:00"]
)
def test_days_as_people_write_them(text: str) -> None:
    assert day_of(text) == date(2026, 9, 20)


def test_no_day() -> None:
    assert [day_of(text) for text in ("", " ", "长期有效", "-")] == [None] * 4
    for text in ("2026-13-01", "46285", "今年"):
        with pytest.raises(ValueError, match="应写成 2024-01-31 的样子"):
            day_of(text)
