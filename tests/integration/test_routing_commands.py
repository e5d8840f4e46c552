"""`python -m training …` on real parts: the shipped encoder, real files, real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.encoder import SHIPPED, OnnxEncoder
from routing.decision import Router
from routing.duties import Duties
from routing.predictor import Predictor
from routing.registry import ModelRegistry
from tests.small_city import DEPARTMENTS, TEXTS, write_appeals
from training.__main__ import main

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not (SHIPPED / "encoder.onnx").is_file(), reason="the shipped encoder is not there")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_appeals(tmp_path / "appeals.jsonl")


@pytest.fixture
def departments(tmp_path: Path) -> Path:
    path = tmp_path / "departments.jsonl"
    rows = [{"code": d.code, "name": d.name, "short_name": d.short_name, "duties": d.duties} for d in DEPARTMENTS]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def last_line(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_train_register_promote_and_route(data, departments, tmp_path, capsys) -> None:
    command = [
        "routing",
        "--data",
        str(data),
        "--departments",
        str(departments),
        "--registry",
        str(tmp_path / "models"),
    ]
    assert main([*command, "--time", "created_at", "--promote", "--by", "admin"]) == 0
    first = last_line(capsys)
    assert first["promoted"] and first["rows"] == 40 and first["measures"]["held_out"]["rows"] == 8
    registry, encoder = ModelRegistry(tmp_path / "models"), OnnxEncoder(threads=1)
    assert registry.current() == Path(first["folder"])
    router = Router(Predictor.load(registry.current(), encoder), Duties(DEPARTMENTS, encoder), None, DEPARTMENTS)
    found = router.decide("小区门口的路灯一到晚上就不亮，黑灯瞎火的")
    assert (
        found.department == "street" and len(found.candidates) >= 3 and found.evidence["duty"]["department"] == "street"
    )
    # The same data again: a candidate that is not worse takes over, and rollback undoes it.
    assert main([*command, "--time", "created_at", "--promote", "--seed", "7"]) == 0
    second = last_line(capsys)
    assert second["verdict"]["incumbent"] == first["model"] and second["verdict"]["rows"] == 8
    assert second["promoted"] is second["verdict"]["passed"]
    if second["promoted"]:
        assert registry.rollback("admin") == first["model"]
    assert not (tmp_path / "models" / ".trained").exists()


def test_a_worse_candidate_is_registered_but_not_promoted(departments, tmp_path, capsys) -> None:
    good, codes = write_appeals(tmp_path / "good.jsonl"), list(TEXTS)
    wrong = write_appeals(
        tmp_path / "wrong.jsonl",
        {code: TEXTS[codes[(i + 1) % 4]][:8] + TEXTS[code][8:] for i, code in enumerate(codes)},
    )
    command = ["routing", "--registry", str(tmp_path / "models"), "--time", "created_at", "--promote"]
    assert main([*command, "--data", str(good)]) == 0
    first = last_line(capsys)
    assert main([*command, "--data", str(wrong)]) == 0
    second = last_line(capsys)
    assert not second["promoted"] and "不予启用" in second["verdict"]["explanation"]
    states = {row["id"]: row["state"] for row in ModelRegistry(tmp_path / "models").list()}
    assert states == {first["model"]: "current", second["model"]: "candidate"}


def test_evaluate_a_model_on_a_gbk_csv(data, tmp_path, capsys) -> None:
    assert main(["routing", "--data", str(data), "--out", str(tmp_path / "m")]) == 0
    rows = "".join(f'"{text}",{code}\n' for code, own in TEXTS.items() for text in own)
    (tmp_path / "a.csv").write_bytes(("诉求,单位\n" + rows + "归谁管不知道,别处\n").encode("gbk"))
    capsys.readouterr()
    assert (
        main(
            [
                "evaluate-routing",
                "--model",
                str(tmp_path / "m"),
                "--data",
                str(tmp_path / "a.csv"),
                "--text",
                "诉求",
                "--label",
                "单位",
            ]
        )
        == 0
    )
    found = last_line(capsys)
    assert found["measures"]["rows"] == 41 and found["measures"]["top1"] > 0.9 and found["unknown_labels"] == ["别处"]


@pytest.mark.parametrize(
    ("arguments", "content", "told"),
    [
        ([], "诉求,单位\n停水,水务\n", "现有的列：诉求、单位"),
        (["--text", "诉求", "--label", "单位"], "诉求,单位\n停水,水务\n停电,供电\n", "至少需要20条"),
        ([], "", "是空的"),
        ([], "text,department\n" + "".join(f",水务{i % 3}\n" for i in range(30)), "正文列全是空的"),
        ([], "text,department\n" + "".join(f"停水第{chr(0x4E00 + i)}天,水务\n" for i in range(30)), "一个单位"),
    ],
)
def test_bad_data_fails_with_what_to_do(arguments, content, told, tmp_path, capsys) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    assert main(["routing", "--data", str(path), "--out", str(tmp_path / "m"), "--no-vectors", *arguments]) == 1
    said = capsys.readouterr()
    assert told in said.err and said.out == "" and not (tmp_path / "m").exists()


def test_an_unknown_department_fails_before_training(data, departments, tmp_path, capsys) -> None:
    with data.open("a", encoding="utf-8") as stream:
        stream.write('{"text": "水管爆了", "department": "市水务公司", "created_at": "2026-01-01"}\n')
    command = ["routing", "--data", str(data), "--departments", str(departments), "--out", str(tmp_path / "m")]
    assert main(command) == 1
    told = capsys.readouterr().err
    assert "市水务公司" in told and "第41行" in told and "市水务集团" in told and not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["routing"], ["routing", "--data", "x.csv"], ["routing", "--data", "x.csv", "--out", "m", "--promote"], ["fly"],
     ["routing", "--data", "x.csv", "--out", "m", "--precision", "2"]],
)  # fmt: skip
def test_wrong_usage_exits_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_a_killed_training_leaves_the_registry_as_it_was(data, departments, tmp_path) -> None:
    models = tmp_path / "models"
    command = [
        sys.executable,
        "-m",
        "training",
        "routing",
        "--data",
        str(data),
        "--time",
        "created_at",
        "--registry",
        str(models),
    ]
    assert subprocess.run([*command, "--promote"], cwd=ROOT, capture_output=True, check=False).returncode == 0
    before = (models / "registry.json").read_bytes()
    process = subprocess.Popen([*command, "--promote"], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stderr is not None
    for line in process.stderr:
        if "交叉拟合".encode() in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    process.stderr.close()
    time.sleep(0.1)
    registry = ModelRegistry(models)
    assert (models / "registry.json").read_bytes() == before
    assert len(registry.list()) == 1 and registry.current() == registry.path(registry.list()[0]["id"])
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert len(registry.list()) == 2


def test_a_full_disk_is_told_and_leaves_no_half_model(data, tmp_path, capsys) -> None:
    """/dev/full stands for a disk without room: a folder cannot be made under a file."""
    assert main(["routing", "--data", str(data), "--out", "/dev/full/model", "--no-vectors"]) == 1
    assert "无法在" in capsys.readouterr().err


def test_a_data_report_trains_nothing(data, departments, tmp_path, capsys) -> None:
    command = ["data-report", "--data", str(data), "--departments", str(departments)]
    assert main([*command, "--time", "created_at"]) == 0
    found = last_line(capsys)
    assert found["kept"] == 40 and found["counts"] == dict.fromkeys(TEXTS, 10) and found["from"] < found["to"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["appeals.jsonl", "departments.jsonl"]
    assert main(["data-report", "--data", str(tmp_path / "none.csv")]) == 1
    assert "找不到数据文件" in capsys.readouterr().err


def test_what_was_chosen_is_kept_with_the_model(data, tmp_path, capsys) -> None:
    chosen = {"from": "2026-01-01", "to": None, "departments": ["water"]}
    command = ["routing", "--data", str(data), "--registry", str(tmp_path / "models"), "--no-vectors", "--by", "lead"]
    assert main([*command, "--selection", json.dumps(chosen)]) == 0
    last_line(capsys)
    (row,) = ModelRegistry(tmp_path / "models").list()
    assert row["selection"] == chosen and row["by"] == "lead" and row["state"] == "candidate"
