"""导入: one file is one unit; a fault names its file and line and stops nothing else."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from casework.errors import InvalidInput
from knowledge.entry import EntryAction, EntryKind, KnowledgeEntry, Source
from knowledge.importing import ImportOptions, ImportReport, find_files, import_files
from tests.fakes import FakeStore

LAW = "# 示范条例\n<!-- INFO END -->\n第一条 甲。\n第二条 乙。\n"


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


def write(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        file = folder / name.replace("__", ".")
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def take(
    store: FakeStore, *paths: Path, on_file: Callable[[str, int, int], None] | None = None, **options: Any
) -> ImportReport:
    return import_files(list(paths), store.unit, ImportOptions(**options), on_file)


def entries(store: FakeStore) -> dict[str, KnowledgeEntry]:
    with store.unit() as unit:
        return {entry.id: entry for entry in unit.knowledge.all()}


def revision(store: FakeStore) -> str:
    with store.unit() as unit:
        return unit.knowledge.revision()


def row(question: str, **more: object) -> str:
    return json.dumps({"standard_question": question, "answer": "答案", **more}, ensure_ascii=False)


def fault(store: FakeStore, folder: Path) -> str:
    """The one fault of an import that must leave nothing behind."""
    report = take(store, folder)
    assert (report.files, report.entries, entries(store)) == (0, 0, {})
    ((_, message),) = report.faults
    return message


def test_a_statute_becomes_its_articles(store: FakeStore, tmp_path: Path) -> None:
    report = take(store, write(tmp_path, 示范条例__md=LAW))
    assert (report.files, report.entries, report.faults) == (1, 2, [])
    first, second = entries(store).values()
    assert {first.locator: first.answer, second.locator: second.answer} == {"第一条": "甲。", "第二条": "乙。"}
    assert first.kind is EntryKind.REGULATION and first.sources == [Source("示范条例", first.locator)]
    assert first.origin == f"{tmp_path.name}/示范条例.md"


def test_the_same_locator_twice_stays_apart(store: FakeStore, tmp_path: Path) -> None:
    take(store, write(tmp_path, a__md=LAW + "第一条 附件的甲。\n"))
    assert {entry.locator for entry in entries(store).values()} == {"第一条", "第二条", "第一条（2）"}


def test_a_question_row_with_everything(store: FakeStore, tmp_path: Path) -> None:
    full = row(
        "怎么提取",
        id="q1",
        similar_questions=["咋取", " 咋取 ", "", "？"],
        **{"class": "公积金"},
        item="租房提取",
        facet="流程",
        sources=[{"title": "条例", "locator": "第三条", "document_number": "国令第1号"}],
        jurisdiction="示范市",
        effective_from="2024-01-01",
        effective_to="2026-12-31",
        local_figures=True,
    )
    take(store, write(tmp_path, a__jsonl=full + "\n\n" + row("没有编号的问题") + "\n"))
    (told, other) = sorted(entries(store).values(), key=lambda entry: entry.id != "q1")
    assert (told.title, told.similar_questions, told.item_class) == ("怎么提取", ["咋取"], "公积金")
    assert (told.item, told.facet, told.jurisdiction, told.local_figures) == ("租房提取", "流程", "示范市", True)
    assert (told.effective_from, told.effective_to) == (date(2024, 1, 1), date(2026, 12, 31))
    assert told.sources[0].cite() == "《条例》（国令第1号）第三条"
    assert other.id.startswith("faq-") and other.similar_questions == []


def test_a_gbk_file_and_one_with_a_byte_order_mark_read_alike(store: FakeStore, tmp_path: Path) -> None:
    write(tmp_path, a__jsonl=row("老系统导出的问题", id="gbk").encode("gb18030"))
    write(tmp_path, b__jsonl=b"\xef\xbb\xbf" + row("带签名的问题", id="bom").encode())
    assert take(store, tmp_path).faults == []
    assert {entry_id: entry.title for entry_id, entry in entries(store).items()} == {
        "gbk": "老系统导出的问题",
        "bom": "带签名的问题",
    }


@pytest.mark.parametrize("content", [b"", b" \n\r\n\t"])
def test_an_empty_file_is_named(store: FakeStore, tmp_path: Path, content: bytes) -> None:
    assert fault(store, write(tmp_path, a__md=content)) == "文件是空的。"


@pytest.mark.parametrize("content", [b"%PDF-1.4\x00\x01\x02", "# 条例\n第一条 甲。".encode("utf-16-le")])
def test_a_binary_file_is_named(store: FakeStore, tmp_path: Path, content: bytes) -> None:
    assert "不是文本" in fault(store, write(tmp_path, a__md=content))


def test_an_unknown_encoding_is_named(store: FakeStore, tmp_path: Path) -> None:
    assert "编码无法识别" in fault(store, write(tmp_path, a__md=b"# \xff\xff\xff\n"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{不是", "不是合法的 JSON"),
        ('{"answer": "没有问题"}', "缺少字段 standard_question"),
        ('{"standard_question": "没有答案"}', "缺少字段 answer"),
        (row("？？"), "标准问和答案不能为空"),
        (row("问", answer=" "), "标准问和答案不能为空"),
        ('["列表"]', "有字段的内容或类型不对"),
        ("12", "有字段的内容或类型不对"),
        (row("问", answer=5), "有字段的内容或类型不对"),
        (row("问", similar_questions="一句话"), "有字段的内容或类型不对"),
        (row("问", id=7), "有字段的内容或类型不对"),
        (row("问", effective_from="2024/1/1"), "日期“2024/1/1”应写成 2024-01-31 的样子"),
        (row("问", sources=[{}]), "缺少字段 title"),
    ],
)
def test_a_broken_line_is_named_and_the_file_left_out_whole(
    store: FakeStore, tmp_path: Path, line: str, why: str
) -> None:
    message = fault(store, write(tmp_path, a__jsonl=f"{row('好的')}\n\n{line}\n{row('也好')}"))
    assert message == f"第3行不是有效的问答条目（{why}）。"


def test_an_id_twice_in_a_file_is_named(store: FakeStore, tmp_path: Path) -> None:
    content = f"{row('甲', id='x')}\n{row('乙', id='x')}"
    assert fault(store, write(tmp_path, a__jsonl=content)) == "第2行的编号“x”与前面重复。"


@pytest.mark.parametrize("content", ["没有标题的文字", "# 只有标题\n"])
def test_a_text_that_is_no_statute_is_named(store: FakeStore, tmp_path: Path, content: str) -> None:
    assert "不是可识别的法规" in fault(store, write(tmp_path, a__txt=content))


def test_one_fault_does_not_stop_the_rest(store: FakeStore, tmp_path: Path) -> None:
    write(tmp_path, a__jsonl="{", b__md="", c__jsonl=row("好", id="good"), d__md=b"\x00", e__md=LAW)
    write(tmp_path, f__jsonl=row("乱码", answer="半个\ud83d字符").encode("utf-8", "surrogatepass"))
    write(tmp_path, g__jsonl='{"standard_question": "乱码", "answer": "半个\\ud83d字符"}')
    told: list[tuple[str, int, int]] = []
    report = take(store, tmp_path, on_file=lambda *progress: told.append(progress))
    assert [Path(name).name for name, _ in report.faults] == ["a.jsonl", "b.md", "d.md", "f.jsonl", "g.jsonl"]
    assert (report.files, report.entries, len(entries(store))) == (2, 3, 3)
    assert [(number, count) for _, number, count in told] == [(n, 7) for n in range(1, 8)]


def test_line_separators_within_a_text_break_no_line(store: FakeStore, tmp_path: Path) -> None:
    write(tmp_path, a__jsonl=row("网页上抄来的", id="web", answer="第一行\u2028第二行\x85第三行"))
    assert take(store, tmp_path).faults == []
    assert entries(store)["web"].answer == "第一行\u2028第二行\x85第三行"


def test_an_unchanged_file_is_passed_over(store: FakeStore, tmp_path: Path) -> None:
    write(tmp_path, a__md=LAW)
    take(store, tmp_path)
    before = revision(store)
    again = take(store, tmp_path)
    assert (again.files, again.unchanged, again.entries, again.removed) == (0, 1, 0, 0)
    assert revision(store) == before, "the index must not be built anew for nothing"


def test_a_changed_file_touches_only_what_changed(store: FakeStore, tmp_path: Path) -> None:
    lines = [row("甲", id="a"), row("乙", id="b"), row("丙", id="c")]
    write(tmp_path, x__jsonl="\n".join(lines), y__jsonl=row("丁", id="d"))
    take(store, tmp_path)
    lines[1] = row("乙", id="b", answer="新的答案")
    write(tmp_path, x__jsonl="\n".join([*lines[1:], row("戊", id="e")]))
    report = take(store, tmp_path)
    assert (report.files, report.unchanged, report.entries, report.removed) == (1, 1, 2, 1)
    assert set(entries(store)) == {"b", "c", "d", "e"} and entries(store)["b"].answer == "新的答案"


def test_what_was_changed_and_removed_is_in_the_history(store: FakeStore, tmp_path: Path) -> None:
    at = datetime(2026, 3, 9, tzinfo=UTC)
    lines = [row("甲", id="a"), row("乙", id="b"), row("丙", id="c")]
    write(tmp_path, x__jsonl="\n".join(lines))
    options = ImportOptions(source="市库", by="admin")
    import_files([tmp_path], store.unit, options, now=lambda: at)
    former = entries(store)
    write(tmp_path, x__jsonl="\n".join([lines[0], row("乙", id="b", answer="新的答案"), row("丁", id="d")]))
    import_files([tmp_path], store.unit, options, now=lambda: at)
    origin = f"市库/{tmp_path.name}/x.jsonl"
    with store.unit() as unit:
        told = {entry_id: unit.knowledge.history(entry_id) for entry_id in "abcd"}
        assert unit.knowledge.imported(origin).imported_by == "admin"
    assert told["a"] == told["d"] == [], "a new entry tells by its file who imported it"
    ((changed,), (removed,)) = told["b"], told["c"]
    assert (changed.action, changed.before) == (EntryAction.IMPORTED, former["b"])
    assert (removed.action, removed.before) == (EntryAction.REMOVED, former["c"])
    assert {(row.version, row.at, row.actor, row.note) for row in (changed, removed)} == {(1, at, "admin", origin)}


def test_where_an_entry_belongs_is_told_by_its_title_or_by_the_options(store: FakeStore, tmp_path: Path) -> None:
    folder = tmp_path / "浙江地方法规"
    folder.mkdir()
    write(folder, a__md=LAW, b__md=LAW.replace("示范条例", "杭州市示范条例"))
    write(tmp_path, c__md=LAW.replace("示范条例", "示范法"), q__jsonl=row("问", **{"class": "公积金"}))
    take(store, tmp_path)
    places = {(entry.title, entry.jurisdiction, entry.library) for entry in entries(store).values()}
    assert places == {
        ("示范条例", "浙江省", "地方法规库"),
        ("杭州市示范条例", "杭州市", "地方法规库"),
        ("示范法", "national", "国家法规库"),
        ("问", "national", "公积金库"),
    }
    take(store, folder / "a.md", source="别处", jurisdiction="江苏省", library="试用库")
    told = {(entry.jurisdiction, entry.library) for entry in entries(store).values() if entry.origin == "别处/a.md"}
    assert told == {("江苏省", "试用库")}


def test_a_removed_article_is_removed(store: FakeStore, tmp_path: Path) -> None:
    write(tmp_path, a__md=LAW)
    take(store, tmp_path)
    write(tmp_path, a__md=LAW.replace("第二条 乙。\n", ""))
    report = take(store, tmp_path)
    assert (report.entries, report.removed) == (0, 1)
    assert [entry.locator for entry in entries(store).values()] == ["第一条"]


def test_a_file_that_became_faulty_loses_nothing(store: FakeStore, tmp_path: Path) -> None:
    write(tmp_path, a__jsonl=row("甲", id="a"))
    take(store, tmp_path)
    write(tmp_path, a__jsonl="{")
    assert len(take(store, tmp_path).faults) == 1
    assert set(entries(store)) == {"a"}


def test_sources_keep_files_of_the_same_name_apart(store: FakeStore, tmp_path: Path) -> None:
    file = write(tmp_path, a__jsonl=row("甲", id="a")) / "a.jsonl"
    take(store, file, source="省库")
    write(tmp_path, a__jsonl=row("乙", id="b"))
    take(store, file, source="市库")
    assert {entry.id: entry.origin for entry in entries(store).values()} == {"a": "省库/a.jsonl", "b": "市库/a.jsonl"}


def test_the_kind_may_be_told(store: FakeStore, tmp_path: Path) -> None:
    take(store, write(tmp_path, a__txt=row("办事指南", id="g")), kind=EntryKind.GUIDE)
    assert entries(store)["g"].kind is EntryKind.GUIDE


def test_what_should_be_looked_at_is_in_the_report(store: FakeStore, tmp_path: Path) -> None:
    report = take(store, write(tmp_path, a__md=LAW + "第一条 附件的甲。\n"))
    assert report.warnings == [
        (f"{tmp_path.name}/a.md", "第一条在文件中出现多次，后出现的已加上序号，请核对是否重复。")
    ]


def test_folders_are_searched_in_order_of_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path, b__md=LAW, a__JSONL=row("甲"), _c__md=LAW, README__rst="", x__pdf="", y__doc="")
    write(tmp_path / "in", d__txt=LAW)
    assert [name for _, name in find_files([tmp_path])] == [
        f"{tmp_path.name}/{name}" for name in ("a.JSONL", "b.md", "in/d.txt", "x.pdf", "y.doc")
    ]


def test_nothing_to_import_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="没有找到可导入的文件"):
        find_files([tmp_path])
    with pytest.raises(InvalidInput, match=r"找不到文件或文件夹：.*missing"):
        find_files([tmp_path / "missing"])


@pytest.mark.parametrize("name", ["演示.pptx", "旧.doc", "无扩展名"])
def test_a_file_of_another_sort_is_named(store: FakeStore, tmp_path: Path, name: str) -> None:
    write(tmp_path, **{name: "甲,乙"}, b__md=LAW)
    report = take(store, tmp_path / name, tmp_path / "b.md")
    assert report.files == 1
    assert [(path, "不支持" in message) for path, message in report.faults] == [(name, True)]
