import json
from pathlib import Path

import pytest

from casework.errors import InvalidInput
from tests.small_city import DEPARTMENTS, TEXTS, write_appeals
from training.data_report import LISTED, data_report
from training.routing_data import Columns

COLUMNS = Columns(time="created_at")


def add(path: Path, *rows: tuple[str, str]) -> None:
    with path.open("a", encoding="utf-8") as stream:
        for text, department in rows:
            row = {"text": text, "department": department, "created_at": "2026-05-01"}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def test_it_counts_what_training_would_find(tmp_path: Path) -> None:
    path = write_appeals(tmp_path / "a.jsonl")
    twice = TEXTS["water"][0]
    add(path, (twice, "water"), (twice, "power"), ("", "water"), (TEXTS["power"][0] + "了", "power"))
    add(path, ("三楼漏水，请市水务集团核实处理", "water"))
    found = data_report(path, COLUMNS, DEPARTMENTS)
    assert found["problem"] == "" and found["read"] == 45 and found["kept"] == 42
    assert (found["without_text"], found["duplicates"], found["near_duplicates"], found["cut"]) == (1, 2, 1, 1)
    assert found["conflict_count"] == 1 and found["conflicts"][0]["kept"] == "water"
    assert found["counts"]["water"] == 11 and found["from"] < found["to"] == "2026-05-01T00:00:00"
    json.dumps(found)


def test_at_most_twenty_conflicts_are_shown_and_nobody_is_named(tmp_path: Path) -> None:
    path = write_appeals(tmp_path / "a.jsonl")
    kinds = [f"第{chr(0x4E00 + i)}{chr(0x5E00 + i)}号楼漏水，我叫王小明，电话13912345678" for i in range(30)]
    add(path, *((text, code) for text in kinds for code in ("water", "power")))
    found = data_report(path, COLUMNS, DEPARTMENTS)
    assert found["conflict_count"] == 30 and len(found["conflicts"]) == LISTED
    assert all("139****5678" in row["text"] and "王小明" not in row["text"] for row in found["conflicts"])


def test_what_cannot_be_trained_on_is_said_with_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    add(path, *((text, "water") for text in TEXTS["water"]))
    found = data_report(path, COLUMNS, DEPARTMENTS)
    assert "一个单位" in found["problem"] and found["read"] == 10 and found["from"] == "2026-05-01T00:00:00"


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="找不到"):
        data_report(tmp_path / "none.jsonl", COLUMNS)
