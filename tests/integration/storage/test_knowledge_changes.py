"""Contract of what changed since a revision, and of the entries' histories."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from knowledge.entry import EntryAction, EntryChange, KnowledgeChanges, KnowledgeEntry
from tests.integration.storage.conftest import NOW, Backend, Database
from tests.integration.storage.test_knowledge_entries import FULL, entry, put


def revision(backend: Backend) -> str:
    with backend.unit() as unit:
        return unit.knowledge.revision()


def remove(backend: Backend, *ids: str) -> str:
    with backend.unit() as unit:
        unit.knowledge.remove(ids)
        unit.commit()
        return unit.knowledge.revision()


def since(backend: Backend, start: str) -> KnowledgeChanges | None:
    with backend.unit() as unit:
        return unit.knowledge.changes_since(start)


def told(changes: KnowledgeChanges | None) -> tuple[list[str], list[str]]:
    assert changes is not None
    return [item.id for item in changes.entries], list(changes.removed)


def test_changes_lead_from_any_revision_to_the_present(backend: Backend) -> None:
    revisions = [revision(backend)]
    revisions.append(put(backend, FULL, entry("b"), entry("c")))
    revisions.append(put(backend, entry("b", "改")))
    revisions.append(remove(backend, "c", "unknown"))
    revisions.append(put(backend, entry("d")))
    wanted = [
        (["b", "d", "faq-1"], ["c"]),
        (["b", "d"], ["c"]),
        (["d"], ["c"]),
        (["d"], []),
        ([], []),
    ]
    for start, (written, removed) in zip(revisions, wanted, strict=True):
        changes = since(backend, start)
        assert told(changes) == (written, removed)
        assert changes.revision == revisions[-1]
    assert since(backend, revisions[0]).entries[-1] == FULL
    assert since(backend, revisions[1]).entries[0].title == "改"


def test_what_is_removed_and_written_again_is_only_written(backend: Backend) -> None:
    start = put(backend, entry("a"), entry("b"))
    remove(backend, "a", "b")
    middle = put(backend, entry("a", "又来"))
    assert told(since(backend, start)) == (["a"], ["b"])
    assert told(since(backend, middle)) == ([], [])
    remove(backend, "a")
    put(backend, entry("a"))
    remove(backend, "a")
    assert told(since(backend, start)) == ([], ["a", "b"])
    assert told(since(backend, middle)) == ([], ["a"])


@pytest.mark.parametrize(
    "unknown", ["", "-", "0", "0-", "x-1", "-1-ab", "1-ab", "²-ab", f"{2**63}-ab", f"{10**30}-ab", "1 -ab"]
)
def test_a_revision_that_never_was_is_told(backend: Backend, unknown: str) -> None:
    put(backend, entry("a"))
    assert since(backend, unknown) is None


def test_another_database_of_the_same_number_is_told_apart(backend: Backend) -> None:
    mine = put(backend, entry("a"))
    number, _, mark = mine.partition("-")
    assert since(backend, f"{number}-{mark[:-1]}x") is None
    assert since(backend, f"0{number}-{mark}") is None


def test_a_restored_database_does_not_know_what_was_lost(backend: Backend) -> None:
    kept = put(backend, entry("a"))
    with backend.unit() as unit:
        unit.knowledge.put_all([entry("b")])
        lost = unit.knowledge.revision()
        assert told(unit.knowledge.changes_since(kept)) == (["b"], []), "a unit sees its own changes"
    put(backend, entry("c"))
    assert since(backend, lost) is None
    assert told(since(backend, kept)) == (["c"], [])


def test_changes_are_of_one_moment(backend: Backend) -> None:
    """While one entry goes and comes, a copy brought up to date step by step never differs from the base."""
    start = put(backend, entry("still"), entry("restless", "0"))
    stop = threading.Event()
    seen: dict[str, dict[str, str]] = {}

    def change() -> None:
        for number in range(1, 25):
            with backend.unit() as unit:
                if number % 2:
                    unit.knowledge.remove(["restless"])
                else:
                    unit.knowledge.put_all([entry("restless", str(number))])
                unit.commit()
                seen[unit.knowledge.revision()] = {item.id: item.title for item in unit.knowledge.all()}
            time.sleep(0.002)
        stop.set()

    def follow() -> None:
        copy, at = {"still": "标题", "restless": "0"}, start
        while True:
            last = stop.is_set()
            changes = since(backend, at)
            assert changes is not None
            copy |= {item.id: item.title for item in changes.entries}
            for entry_id in changes.removed:
                copy.pop(entry_id, None)
            at = changes.revision
            copies.append((at, dict(copy)))
            if last:
                return

    copies: list[tuple[str, dict[str, str]]] = []
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(change), pool.submit(follow)]:
            done.result()
    assert len({at for at, _ in copies}) > 1
    for at, copy in copies:
        assert at == start or seen[at] == copy


def test_many_entries_are_written_and_followed_in_bulk(database: Database) -> None:
    many = [replace(FULL, id=f"e{number}") for number in range(6000)]
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    with database.unit() as unit:
        start = unit.knowledge.revision()
        unit.knowledge.put_all(many)
        unit.knowledge.record([changed(item.id, EntryAction.IMPORTED) for item in many])
        unit.commit()
        middle = unit.knowledge.revision()
        unit.knowledge.put_all(many[:3])
        unit.knowledge.remove([item.id for item in many[10:5010]])
        unit.commit()
        changes = unit.knowledge.changes_since(middle)
        assert (len(changes.entries), len(changes.removed)) == (3, 5000)
        assert len(unit.knowledge.changes_since(start).entries) == 1000
    assert len(statements) < 70, "one for hundreds, not one for each"


def changed(entry_id: str, action: EntryAction, before: KnowledgeEntry | None = None, **more: object) -> EntryChange:
    return EntryChange(entry_id, 0, NOW, "admin", action, before=before, **more)


def test_history_is_numbered_and_newest_first(backend: Backend) -> None:
    with backend.unit() as unit:
        unit.knowledge.record([])
        unit.knowledge.record([changed("a", EntryAction.CREATED), changed("b", EntryAction.IMPORTED)])
        unit.commit()
    later = replace(changed("a", EntryAction.EDITED, FULL), at=NOW + timedelta(hours=1), note="改正金额")
    with backend.unit() as unit:
        unit.knowledge.record([later, changed("a", EntryAction.REMOVED, replace(FULL, sources=[]))])
        unit.commit()
    with backend.unit() as unit:
        history = unit.knowledge.history("a")
        assert [(item.version, item.action) for item in history] == [
            (3, EntryAction.REMOVED),
            (2, EntryAction.EDITED),
            (1, EntryAction.CREATED),
        ]
        assert history[1] == replace(later, version=2)
        assert history[1].before == FULL
        assert [item.version for item in unit.knowledge.history("b")] == [1]
        assert unit.knowledge.history("c") == []


def test_history_is_rolled_back_with_its_unit(backend: Backend) -> None:
    with backend.unit() as unit:
        unit.knowledge.record([changed("a", EntryAction.CREATED)])
    with backend.unit() as unit:
        assert unit.knowledge.history("a") == []


def test_two_who_write_one_history_both_count(backend: Backend) -> None:
    def write(_: int) -> None:
        with backend.unit() as unit:
            unit.knowledge.record([changed("a", EntryAction.EDITED)])
            unit.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(8)))
    with backend.unit() as unit:
        assert [item.version for item in unit.knowledge.history("a")] == list(range(8, 0, -1))


@pytest.mark.parametrize("statement", ["UPDATE entry_history SET note = 'x'", "DELETE FROM entry_history"])
def test_history_cannot_be_rewritten(database: Database, statement: str) -> None:
    with database.unit() as unit:
        unit.knowledge.record([changed("a", EntryAction.CREATED)])
        unit.commit()
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text(statement))
