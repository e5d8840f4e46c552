"""法规解析: articles with their path, 之一, items, whole texts, dates of the version."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.numerals import to_number, to_numeral
from knowledge.regulation import (
    Regulation,
    RegulationError,
    document_number,
    newest_versions,
    parse_regulation,
    version_date,
)
from tests.unit.knowledge.files import parse

STATUTE = """# 中华人民共和国示范法

1990年1月2日 通过
2020年5月28日 修订
2099年13月40日 误写

<!-- INFO END -->

引言不是条文。

## 第一编 总则

### 第一章 一般规定

第一条　为了示范，制定本法。

第二条 本法所称示范，包括：
（一）演示；
（二）范例。

### 第二章 附则

第一百二十条之一 有下列情形的，处罚款。

第一条规定的情形除外。

## 第二编 其他

第三条
另起一行的条文。

第10条 本法自公布之日起施行。
"""


def test_articles_with_their_headings() -> None:
    regulation = parse_regulation(STATUTE, "示范法")
    assert regulation.title == "中华人民共和国示范法"
    assert [article.locator for article in regulation.articles] == [
        "第一条",
        "第二条",
        "第一百二十条之一",
        "第三条",
        "第10条",
    ]
    first, second, again, third, last = regulation.articles
    assert first.text == "为了示范，制定本法。"
    assert second.text == "本法所称示范，包括：\n（一）演示；\n（二）范例。"
    assert first.path == ("第一编 总则", "第一章 一般规定")
    assert again.path == ("第一编 总则", "第二章 附则")
    assert again.text.endswith("第一条规定的情形除外。"), "a sentence that names an article begins none"
    assert third.text == "另起一行的条文。" and last.path == ("第二编 其他",)
    assert "引言" not in "".join(article.text for article in regulation.articles)


def test_texts_without_articles_are_cut_at_their_items() -> None:
    decision = "# 关于示范的决定\n<!-- INFO END -->\n会议决定：\n一、第一项。\n补充。\n二、第二项。\n十一、末项。"
    articles = parse_regulation(decision, "决定").articles
    assert [(a.locator, a.text) for a in articles] == [
        ("一", "第一项。\n补充。"),
        ("二", "第二项。"),
        ("十一", "末项。"),
    ]


def test_what_has_neither_is_one_entry() -> None:
    reply = parse_regulation("# 关于示范的批复\n## 正文\n同意。\n\n请执行。", "批复")
    assert [(a.locator, a.path, a.text) for a in reply.articles] == [("全文", (), "同意。\n请执行。")]


def test_a_byte_order_mark_and_windows_line_ends() -> None:
    told = parse_regulation("\ufeff" + STATUTE.replace("\n", "\r\n"), "示范法")
    assert told == parse_regulation(STATUTE, "示范法")


@pytest.mark.parametrize("text", ["", "第一条 没有标题。", "## 第二级\n第一条 无。", "#没有空格\n第一条 无。"])
def test_a_text_without_title_is_refused(text: str) -> None:
    with pytest.raises(RegulationError, match="没有找到标题"):
        parse_regulation(text, "无题")


@pytest.mark.parametrize("text", ["# 只有标题", "# 只有标题\n<!-- INFO END -->\n\n## 第一章\n"])
def test_a_title_without_text_is_refused(text: str) -> None:
    with pytest.raises(RegulationError, match="没有正文"):
        parse_regulation(text, "空")


@pytest.mark.parametrize(
    ("name", "history", "day"),
    [
        ("示范法(2021-03-04)", "2020年5月28日 修订", date(2021, 3, 4)),
        ("示范法（2021-03-04）", "", date(2021, 3, 4)),
        ("示范法", "1990年1月2日 通过\n2020年5月28日 修订", date(2020, 5, 28)),
        ("示范法", "2020年13月1日", None),
        ("示范法(2021-02-30)", "", None),
        ("示范法", "", None),
    ],
)
def test_the_date_of_a_version(name: str, history: str, day: date | None) -> None:
    assert version_date(name, history) == day
    assert parse_regulation(STATUTE, "示范法").version_date == date(2020, 5, 28)


def test_the_newest_file_of_each_statute() -> None:
    paths = [Path(f"a/{name}.md") for name in ("甲法(2010-01-01)", "甲法(2020-01-01)", "乙法(2020-01-01)", "乙法")]
    newest = newest_versions(paths)
    assert {short: path.stem for short, path in newest.items()} == {"甲法": "甲法(2020-01-01)", "乙法": "乙法"}


PLAIN = """
　　示范市公共　场所条例

（2019年3月26日示范市第一届人民代表大会常务委员会第九次会议通过
　　根据2024年5月7日示范市人民代表大会常务委员会公告第12号修正）

　　目　　录
　　第一章　总　则…………1
　　第二章　管　理…………3
　　第三章　附　则…………9

　　第一编　通　则
　　第一章　总　则
　　第一节　目的
　　第一条　为了示范，制定本条例。
　　第二章
　　管　理
　　第二条　分两款。
　　第一条规定的情形除外。
　　第三条规定的另算。
　　附　　则
　　第三条　本条例自2024年7月1日起施行。
"""


def shape(regulation: Regulation) -> list[tuple[str, tuple[str, ...], str]]:
    return [(article.locator, article.path, article.text) for article in regulation.articles]


def test_plain_lines_with_title_history_contents_and_headings() -> None:
    told = parse_regulation(PLAIN, "示范")
    assert (told.title, told.version_date) == ("示范市公共 场所条例", date(2024, 5, 7))
    assert (told.effective_from, told.document_number) == (date(2024, 7, 1), "示范市人民代表大会常务委员会公告第12号")
    assert shape(told) == [
        ("第一条", ("第一编 通则", "第一章 总则", "第一节 目的"), "为了示范，制定本条例。"),
        ("第二条", ("第一编 通则", "第二章 管理"), "分两款。\n第一条规定的情形除外。\n第三条规定的另算。"),
        ("第三条", ("第一编 通则", "附则"), "本条例自2024年7月1日起施行。"),
    ]


def test_articles_without_a_blank_behind_their_number() -> None:
    text = "示范办法\n第一条为了示范。\n第二条（定义）示范是指演示。\n第一条所称示范从宽。\n第二条之一新增。\n第五条前两条已删。"
    assert [(a.locator, a.text) for a in parse_regulation(text, "示范").articles] == [
        ("第一条", "为了示范。"),
        ("第二条", "（定义）示范是指演示。\n第一条所称示范从宽。"),
        ("第二条之一", "新增。"),
        ("第五条", "前两条已删。"),
    ]


def test_a_markdown_title_with_plain_headings() -> None:
    told = parse_regulation(
        "# 示范条例\n\n（2020年5月28日通过）\n\n第一章 总则\n\n第一条 甲。\n\n第二章 附则\n\n第二条 乙。", "示范"
    )
    assert told.version_date == date(2020, 5, 28)
    assert [article.path for article in told.articles] == [("第一章 总则",), ("第二章 附则",)]


def test_a_statute_below_the_order_that_publishes_it() -> None:
    text = """中华人民共和国国务院令
第844号
《国务院关于修改〈示范条例〉的决定》已经2026年8月1日国务院第9次常务会议通过，现予公布，自2026年9月20日起施行。
总理　某某
2026年8月10日
示范条例
第一条　甲。"""
    told = parse_regulation(text, "示范")
    assert (told.title, [article.text for article in told.articles]) == ("示范条例", ["甲。"])
    assert told.version_date == told.effective_from == date(2026, 9, 20)


def test_a_notice_with_its_number_and_a_title_of_two_lines() -> None:
    text = "建金〔2026〕5号\n示范市住房公积金管理中心\n关于调整缴存基数的通知\n各单位：\n一、基数为上年月均工资。\n二、自七月起执行。"
    told = parse_regulation(text, "通知")
    assert (told.title, told.document_number) == ("示范市住房公积金管理中心关于调整缴存基数的通知", "建金〔2026〕5号")
    assert [article.locator for article in told.articles] == ["一", "二"]


def test_lines_of_a_page_above_the_title_are_not_the_title() -> None:
    text = "索 引 号：0001/2026\n发文机关：国务院\n标　　题：示范条例\n发文字号：国令第700号\n示范条例\n第一条　甲。"
    assert parse_regulation(text, "示范").title == "示范条例"


def test_headings_with_numbers_between_articles() -> None:
    text = "关于示范的规定\n一、管辖\n第一条 甲：\n一、列举\n二、列举\n二、执行\n第二条 乙。"
    first, second = parse_regulation(text, "示范").articles
    assert first.text == "甲：\n一、列举\n二、列举" and second.path == ("二、执行",)


def test_the_running_head_of_a_chapter_ends_no_article() -> None:
    text = "示范条例\n第一章 总则\n第一条 甲的前半，\n第一章 总则\n甲的后半。\n第二条 乙。"
    assert [a.text for a in parse_regulation(text, "示范").articles] == ["甲的前半，\n甲的后半。", "乙。"]


@pytest.mark.parametrize(
    "text", ["这是一句话，不是标题。\n第一条 甲。", "第一章 总则\n第一条 甲。", "法" * 130 + "\n第一条 甲。"]
)
def test_plain_lines_without_title_are_refused(text: str) -> None:
    with pytest.raises(RegulationError, match="没有找到标题"):
        parse_regulation(text, "无题")


@pytest.mark.parametrize(
    ("last", "name", "day"),
    [
        ("本条例自2026年9月20日起施行。", "示范(2026-08-10)", date(2026, 9, 20)),
        ("本条例自二〇二六年九月二十日起施行。", "示范", date(2026, 9, 20)),
        ("本办法自2026年9月20日起正式实施，有效期五年。", "示范(2026-08-10)", date(2026, 9, 20)),
        ("本条例自1999年4月3日起施行。", "示范(2026-08-10)", date(2026, 8, 10)),
        ("本条例自公布之日起施行。", "示范(2026-08-10)", date(2026, 8, 10)),
        ("本条例自2026年13月20日起施行。", "示范(2026-08-10)", date(2026, 8, 10)),
        ("《旧条例》自2030年1月1日起施行。", "示范(2026-08-10)", date(2026, 8, 10)),
        ("本条例自公布之日起施行。", "示范", None),
    ],
)
def test_the_day_of_entry_into_force(last: str, name: str, day: date | None) -> None:
    text = f"# 示范条例\n2000年1月1日 公布\n<!-- INFO END -->\n第一条 甲。\n第二条 {last}"
    told = parse_regulation(text.replace("2000年1月1日 公布\n", "") if name == "示范" else text, name)
    assert told.effective_from == day
    (_, entry) = parse(f"{name}.md", text if name != "示范" else text.replace("2000年1月1日 公布\n", ""))
    assert entry.effective_from == day


def test_a_later_date_in_the_history_stands() -> None:
    text = "# 示范条例\n2026年12月1日 修订\n<!-- INFO END -->\n第一条 本条例自2026年9月20日起施行。"
    assert parse_regulation(text, "示范(2026-08-10)").effective_from == date(2026, 8, 10), (
        "it may speak of the first version"
    )


def test_the_id_goes_by_the_version_and_not_by_the_day_of_entry_into_force() -> None:
    text = "# 示范条例\n<!-- INFO END -->\n第一条 {}"
    before, after = (
        parse("示范(2026-08-10).md", text.format(last))[0] for last in ("甲。", "本条例自2026年9月20日起施行。")
    )
    assert before.id == after.id and before.effective_from != after.effective_from


@pytest.mark.parametrize(
    ("history", "number"),
    [
        ("1999年4月3日中华人民共和国国务院令第262号发布", "国务院令第262号"),
        ("1999年4月3日国务院令第262号发布　根据2026年8月10日国务院令第844号修订", "国务院令第844号"),
        ("（2021年1月1日财政部、国家税务总局令第五号公布）", "财政部、国家税务总局令第五号"),
        ("由中华人民共和国主席令（2019年）第29号公布", "主席令第29号"),
        ("国发〔2021〕 3号", "国发〔2021〕3号"),
        ("2020年5月28日第十三届全国人民代表大会第三次会议通过", ""),
        ("", ""),
    ],
)
def test_the_number_of_the_document(history: str, number: str) -> None:
    assert document_number(history) == number


def test_articles_that_occur_twice_are_told() -> None:
    warnings: list[str] = []
    entries = parse("a.txt", "示范条例\n第一条 甲。\n第二条 乙。\n第一条 丙。", warn=warnings)
    assert [entry.locator for entry in entries] == ["第一条", "第二条", "第一条（2）"]
    assert warnings == ["第一条在文件中出现多次，后出现的已加上序号，请核对是否重复。"]


def test_numerals() -> None:
    numbers = [1, 9, 10, 11, 20, 99, 100, 101, 110, 120, 505, 1260, 2026]
    assert [to_number(to_numeral(number)) for number in numbers] == numbers
    assert [to_numeral(number) for number in (10, 12, 110, 505)] == ["十", "十二", "一百一十", "五百零五"]
    assert [to_number(told) for told in ("二〇二六", "12", "两百", "十", "", "甲")] == [2026, 12, 200, 10, None, None]
