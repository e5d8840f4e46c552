"""Contract of the knowledge entries: bulk writes, the revision that names an index, imported files."""

from dataclasses import fields, replace
from datetime import date

import pytest
from sqlalchemy import event

from casework.errors import InvalidInput, NotFound
from knowledge.entry import EntryKind, ImportedFile, KnowledgeEntry, ReviewState, Source
from tests.integration.storage.conftest import NOW, Backend, Database

FULL = KnowledgeEntry(
    "faq-1",
    EntryKind.FAQ,
    "公积金提取需要什么材料？",
    "身份证、'; DROP TABLE knowledge_entries; --",
    "第一条",
    ["提取公积金带什么", "取公积金的手续"],
    "公积金",
    "提取",
    "材料",
    [Source("住房公积金管理条例", "第二十四条", "国务院令第350号"), Source("办事指南")],
    "示范市",
    date(2024, 1, 1),
    date(2030, 12, 31),
    True,
    ReviewState.DRAFT,
    "faq/gjj.xlsx",
    "公积金子库",
    "faq-2",
    True,
)


def entry(entry_id: str, title: str = "标题", answer: str = "答案", **values: object) -> KnowledgeEntry:
    return KnowledgeEntry(entry_id, EntryKind.FAQ, title, answer, **values)


def put(backend: Backend, *entries: KnowledgeEntry) -> str:
    with backend.unit() as unit:
        unit.knowledge.put_all(entries)
        unit.commit()
        return unit.knowledge.revision()


def test_every_field_comes_back(backend: Backend) -> None:
    plain = entry("faq-2")
    default = [f.name for f in fields(FULL) if getattr(FULL, f.name) == getattr(plain, f.name)]
    assert default == ["kind"], "the test must try every field"
    regulation = replace(plain, id="law-1", kind=EntryKind.REGULATION)
    put(backend, FULL, regulation)
    with backend.unit() as unit:
        assert unit.knowledge.get("faq-1") == FULL
        assert unit.knowledge.all() == [FULL, regulation]
        with pytest.raises(NotFound):
            unit.knowledge.get("faq-9")


def test_entries_are_replaced_by_id_and_the_last_wins(backend: Backend) -> None:
    put(backend, FULL, entry("b"))
    put(backend, entry("b", "旧"), replace(FULL, answer="新答案", sources=[]), entry("b", "新"))
    with backend.unit() as unit:
        assert unit.knowledge.get("faq-1") == replace(FULL, answer="新答案", sources=[])
        assert unit.knowledge.get("b").title == "新"
        assert len(unit.knowledge.all()) == 2


def test_order_is_by_code_point(backend: Backend) -> None:
    ids = ["b", "A", "a", "中", "B-2", "B_1", "10", "9"]
    put(backend, *map(entry, ids))
    with backend.unit() as unit:
        assert [item.id for item in unit.knowledge.all()] == sorted(ids)
        assert [item.id for item in unit.knowledge.list(limit=3, offset=2)[0]] == sorted(ids)[2:5]


def test_entries_are_removed(backend: Backend) -> None:
    put(backend, *(entry(f"{number:04d}") for number in range(1500)))
    with backend.unit() as unit:
        unit.knowledge.remove([f"{number:04d}" for number in range(1499)] + ["unknown"])
        unit.commit()
        assert [item.id for item in unit.knowledge.all()] == ["1499"]


def test_revision_changes_with_every_change_and_only_then(backend: Backend) -> None:
    with backend.unit() as unit:
        seen = [unit.knowledge.revision()]
        unit.knowledge.put_all([])
        unit.knowledge.remove([])
        unit.knowledge.put_imported(ImportedFile("a", "0", 1))
        unit.commit()
        assert unit.knowledge.revision() == seen[0]
    seen.append(put(backend, entry("a")))
    seen.append(put(backend, entry("a", "改")))
    with backend.unit() as unit:
        unit.knowledge.remove(["a"])
        unit.commit()
        seen.append(unit.knowledge.revision())
    assert len(set(seen)) == 4
    with backend.unit() as unit:
        unit.knowledge.put_all([entry("b")])
        lost = unit.knowledge.revision()
    with backend.unit() as unit:
        assert unit.knowledge.revision() == seen[-1], "a rolled back change does not count"
    assert put(backend, entry("c")) != lost, "nor does its name come back for other entries"


def test_entries_are_found_by_origin_and_text(backend: Backend) -> None:
    put(
        backend,
        entry("a-1", "提取100%", "甲", origin="x.xlsx"),
        entry("a-2", "提取1000", "Ｂ", origin="y.xlsx"),
        entry("a_3", "其他", "见ABC条", origin="x.xlsx"),
    )

    def ids(text: str) -> list[str]:
        with backend.unit() as unit:
            found, count = unit.knowledge.list(text)
        assert count == len(found)
        return [item.id for item in found]

    with backend.unit() as unit:
        assert [item.id for item in unit.knowledge.by_origin("x.xlsx")] == ["a-1", "a_3"]
        assert unit.knowledge.by_origin("%") == []
        assert unit.knowledge.list("提取", limit=1, offset=1)[1] == 2
        assert [item.id for item in unit.knowledge.list("提取", limit=1, offset=1)[0]] == ["a-2"]
        with pytest.raises(InvalidInput):
            unit.knowledge.list("长" * 5000)
    assert ids("") == ["a-1", "a-2", "a_3"]
    assert ids("100%") == ["a-1"]
    assert ids("abc") == ["a_3"]
    assert ids("A_") == ["a_3"]


def test_imported_files_are_remembered(backend: Backend) -> None:
    with backend.unit() as unit:
        assert unit.knowledge.imported("条例.md") is None
        unit.knowledge.put_imported(ImportedFile("条例.md", "aa", 12))
        unit.knowledge.put_imported(ImportedFile("条例.md", "bb", 13))
        unit.commit()
    with backend.unit() as unit:
        assert unit.knowledge.imported("条例.md") == ImportedFile("条例.md", "bb", 13)
        unit.knowledge.put_imported(ImportedFile("条例.md", "cc", 14, NOW, "admin"))
        assert unit.knowledge.imported("条例.md") == ImportedFile("条例.md", "cc", 14, NOW, "admin")


def test_entries_are_listed_by_what_they_are(backend: Backend) -> None:
    put(
        backend,
        entry("a", library="医保", generated=True),
        entry("b", library="医保", review_state=ReviewState.DRAFT, superseded_by="a"),
        entry("c", "条例"),
        replace(entry("d", "条例"), kind=EntryKind.REGULATION),
    )
    with backend.unit() as unit:

        def ids(**wanted: object) -> list[str]:
            found, count = unit.knowledge.list(**wanted)
            assert count == len(found)
            return [item.id for item in found]

        assert ids(library="医保") == ["a", "b"]
        assert ids(library="") == ["c", "d"]
        assert ids(library="没有") == []
        assert ids(state=ReviewState.DRAFT) == ["b"]
        assert ids(kind=EntryKind.REGULATION) == ["d"]
        assert ids(generated=True) == ["a"]
        assert ids(generated=False, kind=EntryKind.FAQ) == ["b", "c"]
        assert ids(text="条例", library="") == ["c", "d"]
        assert list(unit.knowledge.libraries()) == [("", 2), ("医保", 2)]
        assert [item.id for item in unit.knowledge.titled("条例")] == ["c", "d"]
        assert unit.knowledge.titled("条") == []
        assert [item.id for item in unit.knowledge.superseded()] == ["b"]


def test_five_thousand_entries_are_written_in_bulk(database: Database) -> None:
    many = [
        replace(FULL, id=f"e{number}", answer="答案" * 150, similar_questions=["问" * 20] * 8) for number in range(5000)
    ]
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    for _ in ("added", "replaced"):
        put(database, *many)
    assert sum("knowledge_entries" in statement for statement in statements) == 2, "one for all, not one for each"
    with database.unit() as unit:
        assert len(unit.knowledge.all()) == 5000
