"""索引架: only what changed is indexed, the former index stays until the new one is whole, and nothing dropped returns."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from casework.errors import Unavailable
from knowledge.entry import KnowledgeEntry, ReviewState
from knowledge.index import KnowledgeIndex
from knowledge.retriever import Retriever
from knowledge.shelf import MANY_SEGMENTS, IndexShelf
from tests.fake_encoder import FakeEncoder
from tests.fakes import FakeStore
from tests.unit.knowledge.entries import TODAY, base, faq, index_of, scorer

DIMENSION = 96


class FailingEncoder(FakeEncoder):
    """Fails after so many chunks."""

    def __init__(self, chunks: int) -> None:
        super().__init__(dimension=DIMENSION)
        self.chunks = chunks

    def encode(self, texts: Sequence[str], quick: bool = False) -> np.ndarray:
        if self.chunks == 0:
            raise RuntimeError("killed")
        self.chunks -= 1
        return super().encode(texts, quick)


class House:
    """A store of knowledge and the shelf that indexes it."""

    def __init__(self, folder: Path, entries: Sequence[KnowledgeEntry] = ()) -> None:
        self.folder, self.store = folder, FakeStore()
        self.encoder = FakeEncoder(dimension=DIMENSION)
        self.shelf = IndexShelf(folder, self.encoder)
        self.put(*entries)

    def put(self, *entries: KnowledgeEntry) -> None:
        with self.store.unit() as unit:
            unit.knowledge.put_all(entries)
            unit.commit()

    def remove(self, *ids: str) -> None:
        with self.store.unit() as unit:
            unit.knowledge.remove(ids)
            unit.commit()

    @property
    def revision(self) -> str:
        with self.store.unit() as unit:
            return unit.knowledge.revision()

    def sync(self, rebuild: bool = False) -> KnowledgeIndex:
        return self.shelf.sync(self.store.unit, rebuild=rebuild)

    def published(self) -> dict[str, KnowledgeEntry]:
        with self.store.unit() as unit:
            return {entry.id: entry for entry in unit.knowledge.all() if entry.review_state is ReviewState.PUBLISHED}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "shelf", base())


def held(index: KnowledgeIndex) -> dict[str, KnowledgeEntry]:
    """What can be found, by id; each only once."""
    rows = np.flatnonzero(index.in_force(None)).tolist()
    found = {index.entry(row).id: index.entry(row) for row in rows}
    assert len(found) == len(rows) == len(index)
    return found


def search(index: KnowledgeIndex, question: str) -> dict[str, float]:
    """Entry id → share, best first."""
    retriever = Retriever(FakeEncoder(dimension=DIMENSION), scorer())
    return {hit.entry.id: hit.score for hit in retriever.search(index, question, 10, TODAY)}


def numbered(count: int, since: int = 0) -> list[KnowledgeEntry]:
    return [faq(f"n{n}", f"第{n}号事项怎么办理", f"到{n}号窗口办理。") for n in range(since, since + count)]


def test_before_the_first_build_it_says_what_to_do(house: House) -> None:
    with pytest.raises(Unavailable, match="hotline import"):
        house.shelf.current()
    assert not house.shelf.is_current(house.revision)


def test_the_first_sync_indexes_everything(house: House) -> None:
    progress: list[tuple[int, int]] = []
    index = house.shelf.sync(house.store.unit, lambda *told: progress.append(told))
    assert held(index) == house.published() and progress[-1] == (12, 12)
    assert index.revision == house.revision and house.shelf.is_current(house.revision)


def test_reopened_it_gives_the_same_hits(house: House) -> None:
    index = house.sync()
    again = IndexShelf(house.folder, FakeEncoder(dimension=DIMENSION)).current()
    for question in ("租房提取要什么材料", "退休提取", "？"):
        assert search(index, question) == search(again, question)


def test_an_empty_base_is_indexed_too_and_grows(tmp_path: Path) -> None:
    house = House(tmp_path / "shelf")
    assert len(house.sync()) == 0 and house.shelf.is_current(house.revision)
    house.put(*base())
    assert held(house.sync()) == house.published()
    house.remove(*house.published())
    assert len(house.sync()) == 0 and search(house.shelf.current(), "公积金") == {}
    house.put(base()[0])
    assert list(search(house.sync(), "租房")) == ["zf-tj"]


def test_nothing_new_is_nothing_to_do(house: House) -> None:
    index = house.sync()
    house.encoder.seen.clear()
    assert house.sync() is index and house.encoder.seen == []


def test_only_what_changed_is_indexed_and_shows_in_the_next_search(house: House) -> None:
    (first,) = house.sync().segments
    house.encoder.seen.clear()
    changed, new = replace(base()[4], answer="最高一百万元。"), faq("neu", "能不能异地贷款", "可以异地贷款。")
    house.put(changed, new)
    index = house.sync()
    assert sorted(house.encoder.seen) == sorted(
        [
            "公积金贷款最高能贷多少",
            "公积金贷款额度 公积金贷款最高能贷多少 最高一百万元。",
            "能不能异地贷款",
            "能不能异地贷款 可以异地贷款。",
        ]
    )
    kept, added = index.segments
    assert kept is first and [added.entry(row).id for row in range(added.entry_count)] == ["dk-ed", "neu"]
    assert held(index) == house.published() and next(iter(search(index, "异地贷款"))) == "neu"
    assert index.get("dk-ed") == changed


def test_a_draft_shows_once_it_is_published_and_not_when_withdrawn(house: House) -> None:
    draft = replace(faq("neu", "能不能异地贷款", "可以异地贷款。"), review_state=ReviewState.DRAFT)
    house.put(draft)
    assert "neu" not in search(house.sync(), "异地贷款")
    house.put(replace(draft, review_state=ReviewState.PUBLISHED))
    assert next(iter(search(house.sync(), "异地贷款"))) == "neu"
    house.put(replace(draft, review_state=ReviewState.WITHDRAWN))
    assert "neu" not in search(house.sync(), "异地贷款") and house.shelf.current().get("neu") is None


def test_what_was_replaced_or_removed_never_comes_back(house: House) -> None:
    """Through many changes and the merges that they bring, also opened by another."""
    rng = np.random.default_rng(7)
    house.put(*numbered(30))
    house.sync()
    merged = False
    for step in range(15):
        for n in rng.integers(0, 40, 3).tolist():
            if rng.random() < 0.4:
                house.remove(f"n{n}")
            else:
                house.put(replace(numbered(1, n)[0], answer=f"第{step}次改过。"))
        before = {segment.name for segment in house.shelf.current().segments}
        index = house.sync()
        merged |= len(before - {segment.name for segment in index.segments}) > 0
        assert held(index) == house.published() and len(index.segments) <= MANY_SEGMENTS + 1
        if step % 5 == 0:
            assert held(IndexShelf(house.folder, house.encoder).current()) == house.published()
    assert merged
    folders = {folder.name for folder in (house.folder / "segments").iterdir()}
    assert folders >= {segment.name for segment in index.segments} and len(folders) <= 2 * MANY_SEGMENTS + 2
    assert not list((house.folder / "segments").glob(".*")) and len(list(house.folder.glob("list-*.json"))) <= 2


def test_many_small_segments_are_joined_and_find_the_same(house: House, tmp_path: Path) -> None:
    house.put(*numbered(20))
    index = house.sync()
    (large,) = index.segments
    for n in range(20, 20 + MANY_SEGMENTS):
        house.put(*numbered(1, n))
        before, index = index, house.sync()
    assert len(before.segments) == MANY_SEGMENTS and len(index.segments) == 2
    assert index.segments[0] is large and index.segments[1].entry_count == MANY_SEGMENTS
    fresh = index_of(tmp_path / "fresh", list(house.published().values()), house.encoder)
    for question in ("第21号事项怎么办理", "租房提取要什么材料", "第3号窗口"):
        assert search(index, question) == pytest.approx(search(fresh, question), abs=0.02)


def test_segments_that_have_all_grown_large_are_joined_as_well(house: House) -> None:
    for n in range(MANY_SEGMENTS + 1):
        house.put(*numbered(6, 6 * n))
        index = house.sync()
    assert len(index.segments) == 1 and held(index) == house.published()


def test_a_base_of_which_much_was_dropped_is_joined_and_finds_the_same(house: House, tmp_path: Path) -> None:
    house.put(*numbered(20))
    house.sync()
    house.remove("zf-tj", *(f"n{n}" for n in range(6)))
    before = house.sync()
    assert len(before.segments) == 1 and len(before.dropped[0]) == 7
    house.remove("n6")
    index = house.sync()
    assert [len(rows) for rows in index.dropped] == [0] and index.segments[0].entry_count == 18
    fresh = index_of(tmp_path / "fresh", list(house.published().values()), house.encoder)
    for question in ("第9号事项怎么办理", "租房提取要什么材料"):
        assert search(index, question) == pytest.approx(search(fresh, question), abs=0.02)
        assert next(iter(search(before, question))) == next(iter(search(index, question)))


def test_a_rebuild_takes_everything_anew_but_embeds_nothing_again(house: House) -> None:
    house.put(*numbered(60))
    before = house.sync()
    house.encoder.seen.clear()
    index = house.sync(rebuild=True)
    assert house.encoder.seen == [] and held(index) == held(before)
    assert index.segments[0].name != before.segments[0].name
    assert search(index, "第9号事项怎么办理") == pytest.approx(search(before, "第9号事项怎么办理"), abs=1e-3)


@pytest.mark.parametrize("restored", [False, True])
def test_another_database_is_indexed_whole(house: House, restored: bool) -> None:
    house.sync()
    former, house.store = house.store, FakeStore()
    house.put(*(base()[1:] if restored else numbered(3)))
    assert former is not house.store
    index = house.sync()
    assert held(index) == house.published() and index.revision == house.revision


def test_another_encoders_index_is_refused_and_made_anew(house: House) -> None:
    house.sync()
    other = FakeEncoder("fake:other", dimension=64)
    shelf = IndexShelf(house.folder, other)
    with pytest.raises(Unavailable, match="编码器不匹配"):
        shelf.current()
    assert not shelf.is_current(house.revision)
    assert held(shelf.sync(house.store.unit)) == house.published() and len(other.seen) == 12


def spoil(house: House, what: str) -> None:
    current = house.folder / "current"
    listed = house.folder / f"{current.read_text()}.json"
    told = json.loads(listed.read_text())
    segment = house.folder / "segments" / told["segments"][0]["name"]
    match what:
        case "pointer":
            current.write_bytes(b"\xff\xfe")
        case "pointer to nothing":
            current.write_text("list-none")
        case "list":
            listed.write_text(listed.read_text()[:-20])
        case "list of another sort":
            listed.write_text("[]")
        case "segment":
            (segment / "vectors.faiss").write_bytes(b"")
        case "no segment":
            segment.rename(segment.with_name("lost"))
        case "rows that are not there":
            told["segments"][0]["dropped"] = [99]
            listed.write_text(json.dumps(told))
        case "format":
            listed.write_text(json.dumps(told | {"format": 1}))


@pytest.mark.parametrize(
    "what",
    [
        "pointer", "pointer to nothing", "list", "list of another sort", "segment", "no segment",
        "rows that are not there", "format",
    ],
)  # fmt: skip
def test_a_broken_index_is_unavailable_until_it_is_built_anew(house: House, what: str) -> None:
    house.sync()
    spoil(house, what)
    shelf = IndexShelf(house.folder, FakeEncoder(dimension=DIMENSION))
    with pytest.raises(Unavailable, match="hotline import --rebuild"):
        shelf.current()
    assert not shelf.is_current(house.revision)
    assert held(shelf.sync(house.store.unit)) == house.published()
    assert held(IndexShelf(house.folder, house.encoder).current()) == house.published()


def test_a_killed_build_leaves_the_former_and_is_not_embedded_again(house: House) -> None:
    house.sync()
    before = house.revision
    house.put(*numbered(100))
    failing = FailingEncoder(chunks=1)  # the texts; the questions are not reached
    shelf = IndexShelf(house.folder, failing)
    with pytest.raises(RuntimeError, match="killed"):
        shelf.sync(house.store.unit)
    assert shelf.current().revision == before and len(shelf.current()) == 6 and len(failing.seen) == 100
    house.encoder.seen.clear()
    index = house.sync()
    assert len(house.encoder.seen) == 100 and not set(house.encoder.seen) & set(failing.seen)
    assert held(index) == house.published() and not (house.folder / "pending").exists()
    assert not list((house.folder / "segments").glob(".*"))


def test_pending_vectors_that_are_broken_or_another_encoders_are_not_used(house: House) -> None:
    house.put(*numbered(100))
    with pytest.raises(RuntimeError):
        IndexShelf(house.folder, FailingEncoder(chunks=1)).sync(house.store.unit)
    (kept,) = (house.folder / "pending").glob("*/*.npz")
    kept.write_bytes(kept.read_bytes()[:500])
    other = FakeEncoder("fake:other", dimension=64)
    IndexShelf(house.folder, other).sync(house.store.unit)
    assert len(other.seen) == 212
    house.sync()
    assert len(house.encoder.seen) == 212


def test_a_folder_that_is_a_file_is_not_taken_for_a_full_disk(house: House) -> None:
    house.sync()
    house.put(*numbered(1))
    (house.folder / "segments").rename(house.folder / "elsewhere")
    (house.folder / "segments").write_text("")
    with pytest.raises(OSError, match="segments"):
        house.sync()


def test_a_newer_index_of_another_process_is_taken_up_and_the_old_one_can_still_be_read(house: House) -> None:
    old = house.sync()
    other = IndexShelf(house.folder, FakeEncoder(dimension=DIMENSION))
    for n in range(12):
        house.remove(*(f"n{n - 1}",) if n else ())
        house.put(*numbered(1, n), replace(base()[0], answer=str(n)))
        other.sync(house.store.unit, rebuild=n % 4 == 3)
    assert not (house.folder / "segments" / old.segments[0].name).exists()
    assert held(old) == {entry.id: entry for entry in base()} and next(iter(search(old, "租房提取材料"))) == "zf-cl"
    assert house.shelf.current() is house.shelf.current() and held(house.shelf.current()) == house.published()


def test_readers_always_see_a_whole_index(house: House) -> None:
    """Threads that share a shelf, and one that opens its own each time, while another replaces what is read."""
    house.sync()
    faults: list[BaseException] = []
    done = threading.Event()

    def read(shelf: IndexShelf | None) -> None:
        try:
            while not done.is_set():
                index = (shelf or IndexShelf(house.folder, house.encoder)).current()
                found = held(index)
                assert len({entry.answer for entry_id, entry in found.items() if entry_id.startswith("n")}) <= 1
        except BaseException as fault:
            faults.append(fault)

    shared = IndexShelf(house.folder, house.encoder)
    threads = [threading.Thread(target=read, args=(shelf,)) for shelf in (shared, shared, None)]
    for thread in threads:
        thread.start()
    for step in range(6):
        house.put(*(replace(entry, answer=f"第{step}版") for entry in numbered(3)))
        house.sync(rebuild=step % 3 == 2)
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
