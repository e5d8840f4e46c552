"""法规解析: articles with their path, 之一, items, whole texts, dates of the version."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.regulation import RegulationError, newest_versions, parse_regulation, version_date

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
